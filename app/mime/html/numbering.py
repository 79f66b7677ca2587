"""What stands before the items of an HTML list: bullets, numbers, letters, Roman numbers.

Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.mime.html.tree import Element

BULLET = "* "
_LARGEST_ROMAN = 3999
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"),
    (50, "l"), (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
_TYPES = {
    "a": "lower-alpha",
    "A": "upper-alpha",
    "i": "lower-roman",
    "I": "upper-roman",
    "1": "decimal",
}
_KINDS = ("lower-alpha", "upper-alpha", "lower-latin", "upper-latin", "lower-roman", "upper-roman")


def markers(element: Element) -> dict[int, str]:
    """Return the marker of each item of a `ul` or `ol`, by the `id()` of its element."""
    items = [child for child in element.elements() if child.tag == "li"]
    if element.tag != "ol":
        return {id(item): BULLET for item in items}
    kind = _kind(element)
    step = -1 if "reversed" in element.attrs else 1
    number = _integer(element.attrs.get("start"), len(items) if step < 0 else 1)
    found = {}
    for item in items:
        number = _integer(item.attrs.get("value"), number)
        found[id(item)] = f"{label(number, kind)}. "
        number += step
    return found


def label(number: int, kind: str) -> str:
    """Return a number in the style `kind` of CSS; numbers it has no form for stay digits."""
    match kind:
        case "lower-alpha" | "lower-latin" if number > 0:
            return _letters(number)
        case "upper-alpha" | "upper-latin" if number > 0:
            return _letters(number).upper()
        case "lower-roman" if 0 < number <= _LARGEST_ROMAN:
            return _roman(number)
        case "upper-roman" if 0 < number <= _LARGEST_ROMAN:
            return _roman(number).upper()
        case _:
            return str(number)


def _kind(element: Element) -> str:
    style = element.attrs.get("style", "").lower()
    if "list-style" in style:
        for kind in _KINDS:
            if kind in style:
                return kind
    return _TYPES.get(element.attrs.get("type", ""), "decimal")


def _integer(value: str | None, default: int) -> int:
    text = (value or "").strip()[:9]
    return int(text) if text.removeprefix("-").isdecimal() else default


def _letters(number: int) -> str:
    out = ""
    while number > 0:
        number, digit = divmod(number - 1, 26)
        out = chr(ord("a") + digit) + out
    return out


def _roman(number: int) -> str:
    out = ""
    for value, letters in _ROMAN:
        count, number = divmod(number, value)
        out += letters * count
    return out
