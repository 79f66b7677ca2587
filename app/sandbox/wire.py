"""HTTP as the sandbox sees it: requests, responses, routes. Pure; knows no server and no provider."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request; the body is complete unless only the head has been read so far."""

    method: str
    path: str
    query_string: str
    headers: Mapping[str, str]
    base_url: str
    body: bytes = b""

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(self.query_string, keep_blank_values=True)

    def param(self, name: str, default: str = "") -> str:
        return self.query.get(name, [default])[-1]

    def header(self, name: str, default: str = "") -> str:
        return self.headers.get(name.lower(), default)

    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    def json(self) -> dict[str, Any]:
        """Return the JSON object of the body, {} for an empty one.

        Raises:
            ValueError: the body is no JSON object.
        """
        if not self.body.strip():
            return {}
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("not a JSON object")
        return value


@dataclass(slots=True, kw_only=True)
class Response:
    """An answer; with `cut` the connection breaks in the middle of the body."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False


class Refusal(Exception):
    """Raised by a handler: answer this instead, nothing was committed."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(
        status=status, body=body, headers={"Content-Type": JSON_TYPE, **(headers or {})}
    )


def html_response(page: str, status: int = 200) -> Response:
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    return Response(status=status, body=page.encode(), headers=headers)


def redirect(location: str) -> Response:
    return Response(status=302, headers={"Location": location, "Cache-Control": "no-store"})


Names = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One method of one API.

    Attributes:
        operation: its full name, e.g. `gmail.drafts.create`.
        groups: short names a fault may use for it, e.g. `create_draft`.
        provider: `gmail`, `microsoft` or empty (control).
        scopes: any one of them is enough; empty means that no token is asked for.
    """

    method: str
    template: str
    operation: str
    groups: Names
    provider: str
    scopes: frozenset[str]
    handler: Callable[..., Response]


class Router:
    """Finds the route of a method and path."""

    def __init__(self, routes: list[Route]) -> None:
        self._exact: dict[tuple[str, str], Route] = {}
        self._patterns: list[tuple[str, re.Pattern[str], Route]] = []
        for route in routes:
            if "{" in route.template:
                pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.template.replace("$", r"\$"))
                self._patterns.append((route.method, re.compile(pattern + r"/?$"), route))
            else:
                self._exact[route.method, route.template] = route

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, {}
        for candidate, pattern, route in self._patterns:
            if candidate == method and (hit := pattern.match(path)):
                return route, {name: unquote(value) for name, value in hit.groupdict().items()}
        return None
