"""HTML turned into plain text that keeps what the eye would see: structure, links, tables.

Pure. Used for the text alternative of what is sent, for previews and for quoting in plain mode.
Hidden text, scripts and styles are no text. Nothing is fetched.
"""

from __future__ import annotations

import re

from app.mime.html import numbering
from app.mime.html.grid import Cell, lay_out
from app.mime.html.page import (
    BLANK_LINE,
    HELD_SPACE,
    NEW_LINE,
    NO_MARGIN,
    Page,
    trimmed,
    wrap_line,
)
from app.mime.html.tree import Element, parse

MAX_TABLE_WIDTH = 120
MAX_INDENTS = 24
MAX_IMAGE_URL_CHARS = 100
RULE = "-" * 40
_SMALLEST_PICTURE_PX = 3

_LINE_BLOCKS = frozenset(
    "address article aside center details div dt fieldset figcaption figure footer form header"
    " legend main nav section summary tr td th caption tbody thead tfoot li option".split()
)
_PARAGRAPHS = frozenset("p h1 h2 h3 h4 h5 h6".split())
_HIDDEN = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|font-size:0(?:px|pt|em)?(?:;|!|$)"
    r"|(?:^|;)(?:max-)?height:0(?:px)?(?:;|!|$)(?=.*overflow:hidden)"
    r"|overflow:hidden.*;(?:max-)?height:0(?:px)?(?:;|!|$)"
)
_TIGHT = re.compile(r"(?:^|;)margin(?:-bottom)?:0[a-z]*(?:0[a-z]*)*(?:;|!|$)")
_PREFORMATTED = re.compile(r"white-space:pre")
_BLOCK = re.compile(r"display:(?:block|flex|grid|table|list-item)(?:;|!|$)")
_INDENT = re.compile(r"border(?:-left)?:(?:none|0|medium)")
_WRITTEN_BARE = re.compile(r"(?:mailto|tel):", re.IGNORECASE)
_NEVER_SHOWN = re.compile(r"(?:javascript|vbscript|data|about|file|cid):|#", re.IGNORECASE)


def html_to_text(html: str, *, width: int | None = None) -> str:
    """Return what `html` says as plain text, without an end-of-line at the end.

    Args:
        html: a document or fragment; need not be sanitised.
        width: wrap paragraphs at this many characters; None leaves each paragraph one line.
            Preformatted text, tables and addresses are never broken.
    """
    page = Page()
    _Renderer(width or MAX_TABLE_WIDTH).children(parse(html), page, is_pre=False)
    lines = [line.replace("\xa0", " ") for line in trimmed(page.finished())]
    if width:
        lines = [part for line in lines for part in wrap_line(line, width)]
    return "\n".join(line.replace(HELD_SPACE, " ").rstrip() for line in lines)


def _style(element: Element) -> str:
    """Return the inline style without blanks, lower-cased, for the patterns above."""
    style = element.attrs.get("style", "")
    return "".join(style.split()).lower()[:2000] if style else ""


class _Renderer:
    """Walks the tree; recursion is safe, since the tree is of bounded depth."""

    def __init__(self, max_table_width: int) -> None:
        self._max_table_width = max_table_width
        self._indents = 0

    def children(self, element: Element, page: Page, *, is_pre: bool) -> None:
        for child in element.children:
            if isinstance(child, Element):
                self.element(child, page, is_pre=is_pre)
            elif is_pre:
                page.add_preformatted(child)
            else:
                page.add_text(child)

    def element(self, element: Element, page: Page, *, is_pre: bool) -> None:
        style = _style(element)
        if "hidden" in element.attrs or (style and _HIDDEN.search(style)):
            return
        is_pre = is_pre or bool(style and _PREFORMATTED.search(style))
        match element.tag:
            case "br":
                page.add_break()
            case "img":
                page.add_text(_picture(element))
            case "hr":
                page.add_lines([RULE], BLANK_LINE)
            case "a":
                self._link(element, page, style, is_pre=is_pre)
            case "ul" | "ol" | "menu" | "dir" | "blockquote" | "dd" | "table":
                self._indented(element, page, style)
            case "wbr" | "input":
                pass
            case _:
                self._plain(element, page, style, is_pre=is_pre or element.tag in ("pre", "xmp"))

    def _indented(self, element: Element, page: Page, style: str) -> None:
        """Write what sets its lines apart; beyond a depth nobody reads, as a plain block."""
        if self._indents >= MAX_INDENTS:
            self._plain(element, page, style, is_pre=False)
            return
        self._indents += 1
        match element.tag:
            case "blockquote":
                self._quote(element, page, style)
            case "dd":
                page.add_lines(_prefixed(self._lines(element), "    ", "    "), NEW_LINE)
            case "table":
                self._table(element, page)
            case _:
                self._list(element, page)
        self._indents -= 1

    def _plain(self, element: Element, page: Page, style: str, *, is_pre: bool) -> None:
        margin = _margin(element, style)
        if margin:
            page.part(margin)
        self.children(element, page, is_pre=is_pre)
        if margin:
            page.part(margin)

    def _lines(self, element: Element) -> list[str]:
        if all(isinstance(child, str) for child in element.children):
            folded = " ".join(re.split(r"[ \t\n\r\f]+", element.text())).strip(" ")
            return trimmed([folded])
        page = Page()
        self.children(element, page, is_pre=False)
        return trimmed(page.finished())

    def _quote(self, element: Element, page: Page, style: str) -> None:
        lines = self._lines(element)
        # Gmail writes an indent as a blockquote without a border: that is nobody's quoted text.
        if _INDENT.search(style) and element.attrs.get("type", "") != "cite":
            page.add_lines(_prefixed(lines, "    ", "    "), BLANK_LINE)
        else:
            page.add_lines([_quoted(line) for line in lines], BLANK_LINE)

    def _link(self, element: Element, page: Page, style: str, *, is_pre: bool) -> None:
        is_block = bool(style and _BLOCK.search(style))
        if is_block:
            page.part(NEW_LINE)
        self.children(element, page, is_pre=is_pre)
        page.add_text(_link_address(element))
        if is_block:
            page.part(NEW_LINE)

    def _list(self, element: Element, page: Page) -> None:
        lines: list[str] = []
        markers = numbering.markers(element)
        indent = " " * max((len(marker) for marker in markers.values()), default=2)
        loose = Page()
        for child in element.children:
            if isinstance(child, Element) and child.tag == "li":
                lines += _prefixed(trimmed(loose.finished()), indent, indent)
                loose = Page()
                marker = markers[id(child)].ljust(len(indent))
                lines += _prefixed(self._item(child) or [""], marker, indent)
            elif isinstance(child, Element):
                self.element(child, loose, is_pre=False)
            else:
                loose.add_text(child)
        lines += _prefixed(trimmed(loose.finished()), indent, indent)
        page.add_lines(lines, BLANK_LINE)

    def _item(self, item: Element) -> list[str]:
        if _HIDDEN.search(_style(item)):
            return []
        page = Page()
        for child in item.children:
            # A list inside an item belongs to it: no blank line between.
            if isinstance(child, Element) and child.tag in ("ul", "ol"):
                inner = Page()
                self.element(child, inner, is_pre=False)
                page.add_lines(trimmed(inner.finished()), NEW_LINE)
            else:
                self.children(Element("li", {}, [child]), page, is_pre=False)
        return trimmed(page.finished())

    def _table(self, table: Element, page: Page) -> None:
        page.part(BLANK_LINE)
        rows: list[list[Cell]] = []
        for part in table.rows():
            if part.tag == "tr":
                rows.append([self._cell(cell) for cell in part.elements() if _is_cell(cell)])
            else:
                page.add_lines(self._lines(part), NEW_LINE)
        lines = lay_out(rows, max_width=self._max_table_width)
        page.add_lines(_stacked(rows, self._max_table_width) if lines is None else lines, NEW_LINE)
        page.part(BLANK_LINE)

    def _cell(self, cell: Element) -> Cell:
        style = _style(cell)
        if not cell.attrs:
            return Cell(lines=self._lines(cell))
        is_hidden = bool(style and _HIDDEN.search(style))
        align = re.search(r"text-align:(right|center)", style)
        valign = re.search(r"vertical-align:(middle|bottom)", style)
        return Cell(
            lines=[] if is_hidden else self._lines(cell),
            columns=_number(cell.attrs.get("colspan")),
            rows=_number(cell.attrs.get("rowspan")),
            align=align[1] if align else cell.attrs.get("align", "").lower(),
            valign=valign[1] if valign else cell.attrs.get("valign", "").lower(),
        )


def _margin(element: Element, style: str) -> int:
    """Return how an element stands off from what is around it."""
    tag = element.tag
    if tag in _PARAGRAPHS:
        # Outlook's paragraphs have no margin: it writes empty ones where a blank line is meant.
        is_tight = "msonormal" in element.attrs.get("class", "").lower() or _TIGHT.search(style)
        return NEW_LINE if tag == "p" and is_tight else BLANK_LINE
    if tag in ("pre", "dl", "xmp"):
        return BLANK_LINE
    if tag in _LINE_BLOCKS or (style and _BLOCK.search(style)):
        return NEW_LINE
    return NO_MARGIN


def _prefixed(lines: list[str], first: str, rest: str) -> list[str]:
    return [(rest if number else first) + line for number, line in enumerate(lines)]


def _quoted(line: str) -> str:
    """Put a quote mark before a line, in the form of RFC 3676 §4.5: `>> text`."""
    if line.startswith(">"):
        return f">{line}"
    return f"> {line}" if line else ">"


def _picture(element: Element) -> str:
    """Return what stands for a picture: its text and, where short enough to read, its address."""
    if any(_is_tiny(element.attrs.get(side, "")) for side in ("width", "height")):
        return ""
    alt = element.attrs.get("alt", "").strip()
    src = element.attrs.get("src", "").strip()
    if not src or len(src) > MAX_IMAGE_URL_CHARS or _NEVER_SHOWN.match(src):
        return alt
    return f"{alt} [{src}]".strip()


def _is_tiny(size: str) -> bool:
    digits = size.strip().removesuffix("px")
    return digits.isdecimal() and int(digits[:6]) <= _SMALLEST_PICTURE_PX


def _link_address(element: Element) -> str:
    """Return ` <address>` to follow the text of a link, or nothing if the text says it already."""
    href = "".join(element.attrs.get("href", "").split())
    if not href or _NEVER_SHOWN.match(href):
        return ""
    shown = href[7:] if href.lower().startswith("mailto:") else href
    text = "".join(element.text().split())
    if not text and not any(child.tag == "img" for child in element.walk()):
        return ""
    return "" if _bare(text) == _bare(shown) else f" <{shown}>"


def _bare(url: str) -> str:
    return _WRITTEN_BARE.sub("", url, count=1).rstrip("/").casefold()


def _number(value: str | None) -> int:
    text = (value or "1").strip()[:6]
    return int(text) if text.isdecimal() and int(text) else 1


def _is_cell(element: Element) -> bool:
    return element.tag in ("td", "th")


def _stacked(rows: list[list[Cell]], max_width: int) -> list[str]:
    """Lay out a table that does not fit: short rows on a line each, else cell under cell."""
    out: list[str] = []
    for row in rows:
        cells = [cell.lines for cell in row if cell.lines]
        joined = "  ".join(cell[0] for cell in cells if len(cell) == 1)
        if len(cells) > 1 and all(len(cell) == 1 for cell in cells) and len(joined) <= max_width:
            out.append(joined)
        else:
            out += [line for cell in cells for line in cell]
    return out
