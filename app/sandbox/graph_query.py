"""OData as Graph's mail takes it: $filter, $search, $orderby, $select, $expand. Pure.

What Graph refuses is refused here too: an order by a property the filter does not start with
(InefficientFilter), and $search together with $filter or $orderby.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.sandbox.graph_errors import refuse
from app.sandbox.records import GraphItem

_COMPARE = re.compile(r"^([\w/]+)\s+(eq|ne|ge|gt|le|lt)\s+('(?:[^']|'')*'|[^\s]+)$")
_CALL = re.compile(r"^(startswith|contains)\(([\w/]+),\s*'((?:[^']|'')*)'\)$", re.IGNORECASE)
_PROPERTY = re.compile(
    r"^singleValueExtendedProperties/any\((\w+):\s*\1/id eq '([^']*)'\s+and\s+"
    r"\1/value (eq|ne) '?([^')]*)'?\)$",
    re.IGNORECASE,
)
_WORD = re.compile(r'(?:(\w+):)?(?:"([^"]*)"|(\S+))')

Test = Callable[[GraphItem, dict[str, Any]], bool]


def _invalid(text: str) -> Exception:
    return refuse(400, "ErrorInvalidUrlQueryFilter", f"The query filter contains an error: {text}")


def split_and(text: str) -> list[str]:
    """Split at `and` outside quotes and parentheses."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, char in enumerate(text):
        if char == "'":
            quoted = not quoted
        elif not quoted and char in "()":
            depth += 1 if char == "(" else -1
        elif not quoted and depth == 0 and text[at : at + 5].lower() == " and ":
            parts.append(text[start:at].strip())
            start = at + 5
    return [*parts, text[start:].strip()]


def compile_filter(text: str) -> list[tuple[str, Test]]:
    """Return (property, test) for each condition."""
    return [_condition(part) for part in split_and(text)] if text else []


def _condition(part: str) -> tuple[str, Test]:
    if hit := _PROPERTY.match(part):
        name, positive, value = hit[2], hit[3] == "eq", hit[4]
        return "singleValueExtendedProperties", (
            lambda item, _shown: (item.properties.get(name) == value) == positive
        )
    if hit := _CALL.match(part):
        path, wanted = hit[2], hit[3].replace("''", "'").casefold()
        begins = hit[1].lower() == "startswith"
        return path, (lambda _item, shown: _holds(_value(shown, path), wanted, begins=begins))
    hit = _COMPARE.match(part)
    if hit is None:
        raise _invalid(part)
    path, operator, literal = hit[1], hit[2], _literal(hit[3])
    return path, (lambda _item, shown: _compare(_value(shown, path), operator, literal))


def _holds(value: Any, wanted: str, *, begins: bool) -> bool:
    text = str(value or "").casefold()
    return text.startswith(wanted) if begins else wanted in text


def _literal(text: str) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    return {"true": True, "false": False, "null": None}.get(text.lower(), text)


def _value(shown: dict[str, Any], path: str) -> Any:
    value: Any = shown
    for name in path.split("/"):
        if not isinstance(value, dict) or name not in value:
            raise _invalid(f"Could not find a property named '{name}'.")
        value = value[name]
    return value


def _compare(value: Any, operator: str, literal: Any) -> bool:
    if operator in {"eq", "ne"}:
        both_text = isinstance(value, str) and isinstance(literal, str)
        same = value.casefold() == literal.casefold() if both_text else value == literal
        return bool(same == (operator == "eq"))
    left, right = str(value), str(literal)
    order = {"ge": left >= right, "gt": left > right, "le": left <= right, "lt": left < right}
    return order[operator]


def order_keys(text: str, filtered: list[str]) -> list[tuple[str, bool]]:
    """Return (property, descending) and refuse what Exchange finds too complex."""
    keys = []
    for piece in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, direction = piece.partition(" ")
        keys.append((name, direction.strip().lower() == "desc"))
    ordered = [name for name, _ in keys]
    if filtered and ordered and filtered[: len(ordered)] != ordered:
        raise refuse(
            400,
            "InefficientFilter",
            "The restriction or sort order is too complex for this operation.",
        )
    return keys


def ordered(rows: list[tuple[GraphItem, dict[str, Any]]], keys: list[tuple[str, bool]]) -> None:
    for name, descending in reversed(keys or [("receivedDateTime", True)]):
        rows.sort(key=lambda row: str(_value(row[1], name)), reverse=descending)


def search_test(text: str) -> Callable[[GraphItem], bool]:
    """Compile KQL: words, and `subject:`, `from:`, `to:`, `participants:`."""
    inner = text.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == '"':
        inner = inner[1:-1].replace('\\"', '"')
    words = [(op.lower(), (quoted or bare).casefold()) for op, quoted, bare in _WORD.findall(inner)]
    words = [word for word in words if word[1] != "and"]
    return lambda item: all(value in _haystack(item, op) for op, value in words)


def _haystack(item: GraphItem, operator: str) -> str:
    everybody = [*item.to, *item.cc, *item.bcc]
    match operator:
        case "subject":
            pieces = [item.subject]
        case "from":
            pieces = list(item.from_.values())
        case "to" | "cc" | "recipients":
            pieces = [value for one in everybody for value in one.values()]
        case "participants":
            pieces = [value for one in [item.from_, *everybody] for value in one.values()]
        case _:
            names = [a.name for a in item.attachments]
            people = [value for one in [item.from_, *everybody] for value in one.values()]
            pieces = [item.subject, item.body, *people, *names]
    return " ".join(pieces).casefold()


def select(shown: dict[str, Any], extra: dict[str, Any], names: str) -> dict[str, Any]:
    if not names:
        return shown
    wanted = [name.strip() for name in names.split(",")]
    everything = {**shown, **extra}
    unknown = [name for name in wanted if name not in everything and name not in {"from", "sender"}]
    if unknown:
        raise refuse(
            400,
            "RequestBroker--ParseUri",
            f"Could not find a property named '{unknown[0]}' on type 'microsoft.graph.message'.",
        )
    kept = {name: everything[name] for name in wanted if name in everything}
    return {"@odata.etag": shown["@odata.etag"], "id": shown["id"], **kept}
