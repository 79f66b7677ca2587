"""Lists of a paste made real lists.

Word writes a list as paragraphs that carry `mso-list:l0 level2 lfo1` and their bullet or number as
text; Word for the web writes one list per item with its level in an attribute; Docs and Word put a
nested list beside the item it belongs to. Here they all become nested `ul`/`ol`. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.mime.html.tree import Element

MAX_LEVEL = 9

_MSO_LIST = re.compile(r"mso-list:\s*(?:\S+\s+)?level(\d+)", re.IGNORECASE)
_IGNORE = re.compile(r"mso-list:\s*ignore", re.IGNORECASE)
_NUMBER = re.compile(
    r"\(?((?:\d{1,6}\.)*)(\d{1,6}|[ivxlcdm]{1,9}|[IVXLCDM]{1,9}|[a-zA-Z]{1,3})([.):]|\.\))?"
)
_ROMAN = re.compile(r"m{0,3}(?:cm|cd|d?c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}
# Bullets that Symbol, Wingdings and Courier draw with a letter.
_LETTER_BULLETS = frozenset("oOvVØøüÜqQnNàÀèÈuwlmpstFEGHJK§¡¨ÿ")
_PARAGRAPHS = frozenset({"p", "div", "pre"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """One item of a list to be: `kind` is a list type of HTML, empty for a bullet.

    `number` is what Word counted, None where it is not said or is a part of a number like 2.1.3.
    """

    level: int
    kind: str
    number: int | None
    content: Element
    marker: Element | None = None


def gather(body: Element) -> None:
    """Turn list paragraphs and scattered list items below `body` into nested lists, in place."""
    for element in list(body.walk()):
        if element.tag == "div" and "ListContainerWrapper" in element.attrs.get("class", ""):
            element.tag = "span"
    stack = [body]
    while stack:
        element = stack.pop()
        if any(_may_be_items(child) for child in element.elements()):
            element.children = _gathered(_without_wrappers(element.children))
        stack += element.elements()


def _may_be_items(element: Element) -> bool:
    if element.tag in _PARAGRAPHS:
        return _level(element) > 0
    return element.tag in ("ul", "ol", "span")


def nest_strays(body: Element) -> None:
    """Move each list that stands directly in a list into the item before it, in place."""
    # From the inside out: an outer list may become its only inner one.
    for element in reversed(list(body.walk())):
        if element.tag in ("ul", "ol"):
            _nest_strays_of(element)


def _nest_strays_of(parent: Element) -> None:
    kept: list[Element | str] = []
    last: Element | None = None
    for child in parent.children:
        if isinstance(child, str):
            if child.strip():
                last = Element("li", {}, [child])
                kept.append(last)
        elif child.tag == "li":
            last = child
            kept.append(child)
        elif last is None:
            last = Element("li", {}, [child])
            kept.append(last)
        else:
            last.children.append(child)
    if len(kept) == 1 and last and not last.attrs and _is_lone_list(last):
        # A list in nothing but a list is an indent that no reader asked for.
        inner = next(last.elements())
        parent.tag, parent.attrs, kept = inner.tag, inner.attrs, inner.children
    parent.children = kept


def _is_lone_list(item: Element) -> bool:
    words = any(isinstance(child, str) and child.strip() for child in item.children)
    inner = list(item.elements())
    return not words and len(inner) == 1 and inner[0].tag in ("ul", "ol")


def _without_wrappers(children: list[Element | str]) -> list[Element | str]:
    out: list[Element | str] = []
    for child in children:
        if isinstance(child, Element) and child.tag == "span" and _wraps_list(child):
            out += child.children
        else:
            out.append(child)
    return out


def _wraps_list(element: Element) -> bool:
    return any(child.tag in ("ul", "ol") for child in element.elements())


def _gathered(children: list[Element | str]) -> list[Element | str]:
    out: list[Element | str] = []
    run: list[_Item] = []
    for child in children:
        if isinstance(child, str) and not child.strip(" \t\r\n\f"):
            if not run:
                out.append(child)
            continue
        items = _items(child) if isinstance(child, Element) else []
        if items:
            run += items
            continue
        out += _built(run)
        run = []
        out.append(child)
    return out + _built(run)


def _items(element: Element) -> list[_Item]:
    """Return the list items that `element` stands for; none if it is no list."""
    if element.tag == "span" and _wraps_list(element):
        return [item for child in element.elements() for item in _items(child)]
    if element.tag in _PARAGRAPHS:
        item = _paragraph_item(element)
        return [item] if item else []
    if element.tag in ("ul", "ol"):
        items = _list_items(element)
        # A list that says nothing of levels is right as it is.
        return items if any(_level(item.content) for item in items) else []
    return []


def _level(element: Element) -> int:
    match = _MSO_LIST.search(element.attrs.get("style", ""))
    level = match[1] if match else element.attrs.get("data-aria-level", "")
    return min(int(level[:3]), MAX_LEVEL) if level.isdecimal() else 0


def _paragraph_item(element: Element) -> _Item | None:
    level = _level(element)
    marker = _marker(element) if level else None
    if marker is None:
        return None
    text = " ".join(marker.text().replace("\xa0", " ").split())
    read = _read_marker(text)
    if read is None:
        return None
    kind, number = read
    return _Item(level=level, kind=kind, number=number, content=element, marker=marker)


def _list_items(element: Element, depth: int = 1) -> list[_Item]:
    """Flatten a list, nested ones included, into items that know their level."""
    kind = (element.attrs.get("type") or "1") if element.tag == "ol" else ""
    start = element.attrs.get("start", "")
    number = int(start[:6]) if kind and start.isdecimal() else None
    items: list[_Item] = []
    for child in element.children:
        if isinstance(child, str):
            if child.strip():
                items.append(_stray_item(child, depth, kind))
        elif child.tag == "li":
            level = _level(child) or depth
            items.append(_Item(level=level, kind=kind, number=number, content=child))
            number = None
        elif child.tag in ("ul", "ol"):
            items += _list_items(child, depth + 1)
        else:
            items.append(_stray_item(child, depth, kind))
    return items


def _stray_item(child: Element | str, level: int, kind: str) -> _Item:
    """Return an item for what stands in a list outside of any item."""
    content = Element("li", {}, [child])
    return _Item(level=level, kind=kind, number=None, content=content)


def is_marker(element: Element) -> bool:
    """Tell if this is the bullet or number that Word wrote as text."""
    return bool(_IGNORE.search(element.attrs.get("style", "")))


def _marker(element: Element) -> Element | None:
    return next((part for part in element.walk() if is_marker(part)), None)


def _read_marker(text: str) -> tuple[str, int | None] | None:
    """Return (kind, number) of the text of a marker, or None if it says more than a list can."""
    if not text or (len(text) == 1 and (not text.isalnum() or text in _LETTER_BULLETS)):
        return "", None
    match = _NUMBER.fullmatch(text)
    if not match:
        return ("", None) if not any(c.isalnum() for c in text) else None
    outer, value, closer = match.groups()
    if value.isdecimal():
        return "1", None if outer else int(value)
    if not closer and not text.startswith("("):
        return None
    upper = value.isupper()
    low = value.lower()
    if _ROMAN.fullmatch(low) and (len(low) > 1 or low == "i"):
        return ("I" if upper else "i"), _roman(low)
    if len(low) > 1 and _ROMAN.fullmatch(low):
        return None
    return ("A" if upper else "a"), _letters(low)


def _roman(text: str) -> int:
    values = [_ROMAN_VALUES[letter] for letter in text]
    pairs = zip(values, [*values[1:], 0], strict=True)
    return sum(-value if value < following else value for value, following in pairs)


def _letters(text: str) -> int:
    number = 0
    for letter in text:
        number = number * 26 + ord(letter) - ord("a") + 1
    return number


@dataclass(slots=True, kw_only=True)
class _Open:
    """A list being filled."""

    level: int
    kind: str
    next_number: int
    element: Element

    def takes(self, item: _Item) -> bool:
        """Tell if `item` goes on with this list: the same sort, and no new count from one."""
        if bool(item.kind) != bool(self.kind):
            return False
        restarts = self.level == 1 and self.number_of(item) == 1 and self.next_number > 1
        return not restarts

    def add(self, item: _Item) -> None:
        number = self.number_of(item)
        element = _as_item(item)
        if number is not None and self.kind and number != self.next_number:
            element.attrs["value"] = str(number)
            self.next_number = number
        self.element.children.append(element)
        self.next_number += 1

    def number_of(self, item: _Item) -> int | None:
        """Return the number of `item` as this list counts: `v.` after `iv.` is five, no letter."""
        text = item.kind
        if self.kind in ("i", "I") and text in ("a", "A") and item.number is not None:
            letter = chr(ord("a") + item.number - 1) if item.number <= 26 else ""
            return _ROMAN_VALUES.get(letter)
        if self.kind in ("a", "A") and text in ("i", "I"):
            return 9 if item.number == 1 else item.number
        return item.number


def _built(run: list[_Item]) -> list[Element | str]:
    """Build nested lists from a run of items."""
    roots: list[Element | str] = []
    stack: list[_Open] = []
    for item in run:
        _close_to(stack, item.level)
        if stack and stack[-1].level == item.level and not stack[-1].takes(item):
            stack.pop()
        if not stack or stack[-1].level < item.level:
            opened = _open(item)
            last = _last_item(stack[-1].element) if stack else None
            (last.children if last else roots).append(opened.element)
            stack.append(opened)
        stack[-1].add(item)
    return roots


def _close_to(stack: list[_Open], level: int) -> None:
    """Close lists deeper than `level`; one opened past it by a jump goes on as that level."""
    closed: _Open | None = None
    while stack and stack[-1].level > level:
        closed = stack.pop()
    if closed and stack and stack[-1].level < level:
        closed.level = level
        stack.append(closed)


def _open(item: _Item) -> _Open:
    first = item.number if item.number is not None else 1
    attrs = {"type": item.kind} if item.kind not in ("", "1") else {}
    if item.kind and first != 1:
        attrs["start"] = str(first)
    element = Element("ol" if item.kind else "ul", attrs)
    return _Open(level=item.level, kind=item.kind, next_number=first, element=element)


def _last_item(element: Element) -> Element | None:
    items = [child for child in element.elements() if child.tag == "li"]
    return items[-1] if items else None


def _as_item(item: _Item) -> Element:
    if item.marker:
        # The list draws it now.
        item.marker.children = []
    attrs = dict(item.content.attrs)
    attrs.pop("data-aria-level", None)
    if "style" in attrs:
        attrs["style"] = _MSO_LIST.sub("", attrs["style"])
    return Element("li", attrs, item.content.children)
