"""The API described as OpenAPI 3.1, with the documented examples. Pure.

Requests are described by the models that read them, so that neither can know a field the other does
not; answers are written down here and held against real ones by the tests.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app.gateway import openapi_answers as answers
from app.gateway.dialects import DIALECTS
from app.gateway.draft_desk import DraftBody, PrepareBody
from app.gateway.openapi_examples import REQUESTS, RESPONSES
from app.gateway.refusals import CODES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.gateway.api import Route

_REF = "#/components/schemas/{model}"
_BODIES: dict[str, Any] = {
    **{f"send_{one.name}": one.model for one in DIALECTS},
    "create_draft": DraftBody,
    "change_draft": DraftBody,
    "prepare_email": PrepareBody,
}
_SUMMARIES = {
    "health": "Say that the gateway answers",
    "send_workspace": "Send an email from the workspace's connected account",
    "send_mailbox": "Send an email from a mailbox named by its address",
    "send_account": "Send an email from an account, a draft, or into a conversation",
    "create_draft": "Keep a draft; planned_send_at schedules it",
    "list_drafts": "List the drafts",
    "get_draft": "Get a draft, or what became of it",
    "change_draft": "Change the fields that are given",
    "discard_draft": "Throw a draft away",
    "prepare_email": "Fill the {{fields}} and say what is missing; nothing is sent",
    "list_outbound": "List the records of what was sent",
    "withdraw_outbound": "Cancel a message that waits, or dismiss one that failed; its history stays",
    "get_outbound": "Get one record with its history",
    "list_conversations": "List the newest conversations known here",
    "get_conversation": "Get a conversation with its messages",
    "upload_file": "Keep a file to attach later",
}
_HEADERS = {
    "X-Request-ID": ("Names this answer in the log.", "string"),
    "X-RateLimit-Limit": ("The limit that is nearer: calls a second or messages a day.", "integer"),
    "X-RateLimit-Remaining": ("What is left of it.", "integer"),
    "X-RateLimit-Reset": ("When it is whole again, as Unix time in seconds.", "integer"),
}
_PARAMETERS: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "list_outbound": [
        ("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": 200}),
        ("before", "next_before of the page before.", {"type": "integer", "minimum": 1,
                                                       "maximum": 1 << 53}),
    ],
    "list_conversations": [
        ("limit", "How many at most.", {"type": "integer", "minimum": 1, "maximum": 200}),
        ("q", "Words they must hold.", {"type": "string"}),
    ],
}  # fmt: skip
_ERRORS = (400, 401, 403, 404, 405, 409, 429, 500, 503)
_ERRORS_OF_BODIES = (408, 413, 415)
_ERRORS_OF_NETWORK = (502,)
_FAR = {"send_workspace", "send_mailbox", "send_account", "create_draft", "change_draft"}
_FAR |= {"get_conversation"}


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Describe every route."""
    paths: dict[str, dict[str, Any]] = {"/healthz": {"get": _health()}}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Postrider local API",
            "version": "1",
            "description": "Three dialects of one outbox, on this computer only.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": {**_models(), **answers.SCHEMAS},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"key": []}],
    }


def _models() -> dict[str, Any]:
    from pydantic.json_schema import models_json_schema

    models = list(dict.fromkeys(_BODIES.values()))
    _, definitions = models_json_schema(
        [(model, "validation") for model in models], ref_template=_REF
    )
    found: dict[str, Any] = definitions["$defs"]
    for name, changes in answers.RULES.items():
        found[name] = {**found[name], **changes}
    return found


def _operation(route: Route) -> dict[str, Any]:
    made: dict[str, Any] = {
        "operationId": route.name,
        "summary": _SUMMARIES[route.name],
        "description": f"Needs a key with `{route.permission.value}`.",
        "parameters": _parameters(route),
        "responses": _responses(route),
    }
    if route.name == "upload_file":
        made["requestBody"] = {
            "required": True,
            "content": {"multipart/form-data": {"schema": {"$ref": _ref("Upload")}}},
        }
    elif route.name in _BODIES:
        made["requestBody"] = {"required": True, "content": {"application/json": _body(route)}}
    return made


def _body(route: Route) -> dict[str, Any]:
    made: dict[str, Any] = {"schema": {"$ref": _ref(_BODIES[route.name].__name__)}}
    if route.name in REQUESTS:
        made["examples"] = {name: {"value": value} for name, value in REQUESTS[route.name].items()}
    return made


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": part.strip("{}"),
            "in": "path",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
        }
        for part in route.path.split("/")
        if part.startswith("{")
    ]
    found += [
        {"name": name, "in": "query", "description": about, "schema": schema}
        for name, about, schema in _PARAMETERS.get(route.name, ())
    ]
    if route.name.startswith("send_"):
        found += answers.SEND_HEADERS
    return found


def _responses(route: Route) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for status, schema in answers.ANSWERS[route.name].items():
        found[str(status)] = _answer(route.name, status, schema)
    errors = set(_ERRORS)
    if route.name in _BODIES or route.name == "upload_file":
        errors |= set(_ERRORS_OF_BODIES)
    if route.name in _FAR:
        errors |= set(_ERRORS_OF_NETWORK)
    for status in sorted(errors):
        found[str(status)] = {
            "description": f"`{CODES[status]}`",
            "headers": _headers(),
            "content": {"application/json": {"schema": {"$ref": _ref("Error")}}},
        }
    return found


def _answer(name: str, status: int, schema: str) -> dict[str, Any]:
    made: dict[str, Any] = {"description": answers.MEANINGS[status], "headers": _headers()}
    if schema:
        content: dict[str, Any] = {"schema": {"$ref": _ref(schema)}}
        if status == 200 and name in RESPONSES:
            content["example"] = RESPONSES[name]
        made["content"] = {"application/json": content}
    return made


def _health() -> dict[str, Any]:
    return {
        "operationId": "health",
        "summary": _SUMMARIES["health"],
        "security": [],
        "responses": {
            "200": _answer("health", 200, "Health"),
            "403": {
                "description": "`insufficient_permissions`",
                "headers": _headers(),
                "content": {"application/json": {"schema": {"$ref": _ref("Error")}}},
            },
        },
    }


def _headers() -> dict[str, Any]:
    return {
        name: {"description": about, "required": True, "schema": {"type": kind}}
        for name, (about, kind) in _HEADERS.items()
    }


def _ref(name: str) -> str:
    return _REF.format(model=name)
