"""A small tree of elements, for those who read or rebuild HTML (to text, paste, quotes).

Parsing is selectolax's (lexbor, HTML5 rules); the tree here is plain Python, of bounded depth, so
that walking it by recursion is safe. Pure. Nothing here makes HTML safe: that is `sanitize`.
"""

from __future__ import annotations

import html as _html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.mime.html import guard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selectolax.lexbor import LexborNode

MAX_DEPTH = 120
# Ten times what the longest newsletters hold; it bounds the time of whatever walks the tree.
MAX_ELEMENTS = 200_000

VOID = frozenset("area base br col embed hr img input link meta source track wbr".split())
UNREAD = frozenset(
    "script style title noscript template iframe frameset object embed applet noembed noframes"
    " audio video canvas datalist head meta link base param svg annotation annotation-xml xml".split()
)


@dataclass(slots=True)
class Element:
    """An element; `children` holds elements and, as `str`, text. Comments are not kept."""

    tag: str
    attrs: dict[str, str] = field(default_factory=dict)
    children: list[Element | str] = field(default_factory=list)

    def elements(self) -> Iterator[Element]:
        """Yield the children that are elements."""
        return (child for child in self.children if isinstance(child, Element))

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it, in document order."""
        stack = [self]
        while stack:
            element = stack.pop()
            yield element
            stack += [child for child in reversed(element.children) if isinstance(child, Element)]

    def rows(self) -> Iterator[Element]:
        """Yield the rows of a table and whatever else stands beside them, without columns."""
        for part in self.elements():
            if part.tag in ("thead", "tbody", "tfoot"):
                yield from part.elements()
            elif part.tag not in ("colgroup", "col"):
                yield part

    def text(self) -> str:
        """Return the text of this element and all below it, as it stands in the source."""
        found: list[str] = []
        stack: list[Element | str] = [self]
        while stack:
            match stack.pop():
                case str() as text:
                    found.append(text)
                case Element() as element:
                    stack += reversed(element.children)
        return "".join(found)


def parse(html: str) -> Element:
    """Return the body of `html`, a document or fragment, as a tree at most `MAX_DEPTH` deep.

    What lies deeper is hung up at that depth, in order; past `MAX_ELEMENTS` only the words are
    kept; what is never read (scripts, styles, embedded foreign content) is left out.
    """
    from selectolax.lexbor import LexborHTMLParser

    root = Element("body")
    parser = LexborHTMLParser(guard.prepare(html))
    body = parser.body
    if body is not None:
        root.attrs = _attributes(body)
        _fill(root, body)
    return root


def _fill(root: Element, body: LexborNode) -> None:
    # A stack of (our element, next lexbor node): no recursion over a stranger's nesting.
    stack: list[tuple[Element, LexborNode | None, int]] = [(root, body.first_child, 1)]
    room = MAX_ELEMENTS
    while stack:
        parent, node, depth = stack.pop()
        while node is not None:
            following = node.next
            tag = node.tag or ""
            if tag == "-text":
                parent.children.append(node.text_content or "")
            elif tag not in UNREAD and not tag.startswith(("-", "!")):
                if room > 0:
                    child = Element(tag, _attributes(node))
                    parent.children.append(child)
                else:
                    child = parent
                    parent.children.append(" ")
                room -= 1
                if (first := node.first_child) is not None:
                    stack.append((parent, following, depth))
                    stack.append((child if depth < MAX_DEPTH else parent, first, depth + 1))
                    break
            node = following


def _attributes(node: LexborNode) -> dict[str, str]:
    return {name: value or "" for name, value in node.attributes.items()}


def serialize(element: Element, *, outer: bool = False) -> str:
    """Return the HTML of what is in `element`, or of the element itself if `outer`."""
    out: list[str] = []
    _write(element, out, outer=outer)
    return "".join(out)


def _write(element: Element, out: list[str], *, outer: bool) -> None:
    if outer:
        attrs = "".join(f' {name}="{_html.escape(value)}"' for name, value in element.attrs.items())
        out.append(f"<{element.tag}{attrs}>")
    for child in element.children:
        if isinstance(child, str):
            out.append(_html.escape(child, quote=False))
        else:
            _write(child, out, outer=True)
    if outer and element.tag not in VOID:
        out.append(f"</{element.tag}>")
