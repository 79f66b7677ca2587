"""Turns a parsed body into a request model, or into the list of everything wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from app.gateway.refusals import Detail, Refusal, invalid

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")
Rule = Callable[[Mapping[str, Any]], Iterable[Detail]]

_SENTENCES = {
    "missing": "{field} is required.",
    "extra_forbidden": "{field} is not a field of this request.",
    "string_type": "{field} must be text.",
    "bool_type": "{field} must be true or false.",
    "list_type": "{field} must be a list.",
    "model_type": "{field} must be an object.",
    "model_attributes_type": "{field} must be an object.",
    "dict_type": "{field} must be an object.",
    "int_type": "{field} must be a whole number.",
    "string_too_short": "{field} must not be empty.",
    "string_too_long": "{field} must not be longer than {max_length} characters.",
    "too_short": "{field} must not be empty.",
    "too_long": "{field} must not have more than {max_length} entries.",
    "people_type": "{field} must be an address or a list of addresses.",
    "literal_error": "{field} must be {expected}.",
    "value_error": "{field} {error}",
}
MAX_DETAILS = 100
_PEOPLE = frozenset({"to", "cc", "bcc"})
# Nothing in them is as good as not giving them.
_REQUIRED = frozenset({"to", "from", "subject", "body"})


def read(model: type[M], value: Any, rules: Iterable[Rule] = ()) -> M:
    """Read a request.

    Args:
        model: what it should be.
        value: the parsed body.
        rules: what is judged across fields, whether or not each field is right.

    Raises:
        Refusal: 400 with everything that is wrong.
    """
    from pydantic import ValidationError

    if not isinstance(value, dict):
        raise Refusal(400, "The body must be a JSON object.")
    details = [detail for rule in rules for detail in rule(value)]
    try:
        made = model.model_validate(value)
    except ValidationError as error:
        found = error.errors(include_url=False)
        details = [*(_detail(one, value) for one in found[:MAX_DETAILS]), *details]
        raise invalid(details) from None
    if details:
        raise invalid(details)
    return made


def _detail(error: Any, value: Mapping[str, Any]) -> Detail:
    location = _asked_at(error["loc"], value)
    field = _path(location)
    template = _SENTENCES.get(_kind(error, location), "{field} is not valid.")
    context = {key: str(value) for key, value in error.get("ctx", {}).items()}
    return Detail(field, template.format(**{"error": "is not valid.", **context, "field": field}))


def _asked_at(location: tuple[int | str, ...], value: Mapping[str, Any]) -> tuple[int | str, ...]:
    """Give the place in what was sent: one address that stands for a list of one is its own field."""
    if location[1:] == (0,) and isinstance(value.get(str(location[0])), str):
        return location[:1]
    return location


def _kind(error: Any, location: tuple[int | str, ...]) -> str:
    """Give what is wrong, nearer than the library says it."""
    kind, given, last = str(error["type"]), error["input"], location[-1]
    if isinstance(last, str):
        if given is None or (given == "" and last in _REQUIRED):
            return "missing"
        if kind == "list_type" and last in _PEOPLE:
            return "people_type"
    if kind == "too_long" and isinstance(given, str):
        return "string_too_long"
    return kind


def _path(location: tuple[int | str, ...]) -> str:
    text = ""
    for part in location:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            shown = part[:100].encode("utf-8", "replace").decode()
            text += f".{shown}" if text else shown
    return text


def is_given(value: Mapping[str, Any], name: str) -> bool:
    """Say whether a field is there and not null."""
    return value.get(name) is not None


def needs(*names: str) -> Rule:
    """Require fields to be given."""

    def rule(value: Mapping[str, Any]) -> Iterable[Detail]:
        return [Detail(name, f"{name} is required.") for name in names if not is_given(value, name)]

    return rule


def exactly_one(where: str, first: str, second: str) -> Rule:
    """Require one of two fields in every object of a list."""

    def rule(value: Mapping[str, Any]) -> Iterable[Detail]:
        items = value.get(where)
        for index, item in enumerate(items if isinstance(items, list) else []):
            if isinstance(item, dict) and is_given(item, first) == is_given(item, second):
                yield Detail(f"{where}[{index}]", f"Give either {first} or {second}.")

    return rule
