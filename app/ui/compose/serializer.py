"""Writes an editor's document as our mail HTML: the markup of `app.mime.html.markup` and no other.

Reads the document, never changes it. Runs on the GUI thread when the person pauses, so what a
format means is worked out once per format, not once per letter.
"""

from __future__ import annotations

import html as _html
import re
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QTextCharFormat, QTextFormat, QTextTable

from app.mime.html import markup
from app.ui.compose import formats
from app.ui.compose.formats import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QTextBlock, QTextDocument

LINE = "\u2028"
OBJECT = "\ufffc"
NO_BREAK = "\xa0"
_FOLDED = re.compile(r"^ +|(?<=\u2028) +| {2,}| +(?=\u2028)| +$")
_SPECIAL = re.compile("[&<>\xa0\t\u2028\ufffc\ufdd0\ufdd1\x00-\x08\x0b-\x1f]")
_WRITTEN = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    NO_BREAK: "&nbsp;",
    "\t": "&nbsp;&nbsp;&nbsp;&nbsp;",
    LINE: "<br>",
}
_UNSAFE_NAME = re.compile("[\"'&<>;]")
_Wrap = tuple[str, str]


def serialize(document: QTextDocument) -> str:
    """Return the document as a fragment of mail HTML; one without any content gives nothing."""
    return _Writer(document).write()


class _Writer:
    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._out: list[str] = []
        self._lists: list[str] = []
        self._quotes = 0
        self._code: list[str] = []
        self._has_content = False
        self._wraps: dict[tuple[int, bool], _Wrap] = {}

    def write(self) -> str:
        tables = {
            frame.firstPosition(): frame
            for frame in self._document.rootFrame().childFrames()
            if isinstance(frame, QTextTable)
        }
        block = self._document.begin()
        while block.isValid():
            table = tables.get(block.position()) if tables else None
            if table is not None:
                self._table(table)
                block = self._document.findBlock(table.lastPosition() + 1)
                if not block.text() and (
                    not block.next().isValid() or block.next().position() in tables
                ):
                    block = block.next()  # Qt needs a block after each table; the person did not
                continue
            leads_table = bool(tables) and block.blockNumber() == 0
            if not (leads_table and not block.text() and block.next().position() in tables):
                self._block(block)
            block = block.next()
        self._close_all()
        return "".join(self._out) if self._has_content else ""

    # --- blocks --------------------------------------------------------------------------------

    def _block(self, block: QTextBlock) -> None:
        form = block.blockFormat()
        kind = formats.kind_of(form)
        items = formats.list_of(block)
        self._enter_quotes(formats.quote_level(form))
        if kind is Kind.CODE and items is None:
            self._close_lists()
            self._code.append(self._inline(block, code=True))
            self._has_content = self._has_content or bool(block.text())
            return
        self._close_code()
        if items is not None:
            list_form = items.format()
            tag = "ol" if formats.is_ordered(list_form) else "ul"
            self._enter_item(max(1, list_form.indent()), tag)
            self._out.append(self._start("li", markup.LI, block))
            self._out.append(self._inline(block) or "<br>")
            self._has_content = True
            return
        self._close_lists()
        if kind is Kind.RULE:
            self._has_content = True
            self._out.append(f'<hr style="{markup.RULE}">')
            if not block.text():
                return
        self._paragraph(block, form.headingLevel())

    def _paragraph(self, block: QTextBlock, heading: int) -> None:
        inner = self._inline(block, heading=bool(heading))
        if not inner or inner == "&nbsp;":
            self._out.append(markup.BLANK_PARAGRAPH)
            return
        self._has_content = True
        if heading:
            level = min(heading, formats.MAX_HEADING)
            tag, style = f"h{level}", markup.HEADINGS[level]
        else:
            tag, style = "p", markup.P_SPACED
        self._out.append(f"{self._start(tag, style, block)}{inner}</{tag}>")

    @staticmethod
    def _start(tag: str, style: str, block: QTextBlock) -> str:
        form = block.blockFormat()
        align = formats.alignment_name(form) if form.hasProperty(_ALIGNMENT) else ""
        text = block.text()
        rtl = (
            not text.isascii() and block.textDirection() == Qt.LayoutDirection.RightToLeft
        ) or form.layoutDirection() == Qt.LayoutDirection.RightToLeft
        direction = ' dir="rtl"' if rtl else ""
        aligned = f";text-align:{align}" if align and not (rtl and align == "right") else ""
        return f'<{tag}{direction} style="{style}{aligned}">'

    # --- what is open --------------------------------------------------------------------------

    def _enter_quotes(self, level: int) -> None:
        if level == self._quotes:
            return
        self._close_lists()
        self._close_code()
        while self._quotes > level:
            self._out.append("</blockquote>")
            self._quotes -= 1
        while self._quotes < level:
            self._out.append(f'<blockquote type="cite" style="{markup.BLOCKQUOTE}">')
            self._quotes += 1

    def _enter_item(self, level: int, tag: str) -> None:
        while len(self._lists) > level:
            self._out.append(f"</li></{self._lists.pop()}>")
        if len(self._lists) == level:
            self._out.append("</li>")
            if self._lists[-1] != tag:
                self._out.append(f"</{self._lists.pop()}>")
        while len(self._lists) < level:
            style = markup.NESTED_LIST if self._lists else markup.LIST
            self._lists.append(tag)
            self._out.append(f'<{tag} style="{style}">')
            if len(self._lists) < level:
                self._out.append(f'<li style="{markup.LI}">')

    def _close_lists(self) -> None:
        while self._lists:
            self._out.append(f"</li></{self._lists.pop()}>")

    def _close_code(self) -> None:
        if self._code:
            text = "\n".join(self._code)
            lead = "\n" if text.startswith("\n") else ""  # the parser drops the first line end
            self._out.append(f'<pre style="{markup.PRE}">{lead}{text}</pre>')
            self._code = []

    def _close_all(self) -> None:
        self._enter_quotes(0)
        self._close_lists()
        self._close_code()

    # --- tables --------------------------------------------------------------------------------

    def _table(self, table: QTextTable) -> None:
        self._close_all()
        self._has_content = True
        rows = [
            [self._cell(table, row, column) for column in range(table.columns())]
            for row in range(table.rows())
        ]
        self._out.append(markup.table(rows))

    def _cell(self, table: QTextTable, row: int, column: int) -> str:
        cell = table.cellAt(row, column)
        block = cell.firstCursorPosition().block()
        last = cell.lastCursorPosition().block()
        is_plain = (
            block == last
            and formats.list_of(block) is None
            and not block.blockFormat().headingLevel()
            and not formats.quote_level(block.blockFormat())
            and formats.kind_of(block.blockFormat()) is Kind.TEXT
            and "dir=" not in (start := self._start("p", "", block))
            and "text-align" not in start
        )
        if is_plain:
            return self._inline(block) or "<br>"
        inner = _Writer(self._document)
        while block.isValid():
            inner._block(block)
            if block == last:
                break
            block = block.next()
        inner._close_all()
        return "".join(inner._out)

    # --- letters -------------------------------------------------------------------------------

    def _inline(self, block: QTextBlock, *, heading: bool = False, code: bool = False) -> str:
        text = block.text()
        if not text:
            return ""
        is_kept = code or not ("  " in text or text[0] == " " or text[-1] == " " or LINE in text)
        slices = None if is_kept else _slices(_FOLDED.sub(_unfolded, text))
        start = block.position()
        out = []
        iterator = block.begin()
        while not iterator.atEnd():
            fragment = iterator.fragment()
            if slices is None:
                piece = fragment.text()
            else:
                at = fragment.position() - start
                piece = slices(at, at + fragment.length())
            out.append(self._fragment(piece, fragment, heading=heading, code=code))
            iterator += 1
        written = _joined(out)
        return f"{written}<br>" if text[-1] == LINE and not code else written

    def _fragment(
        self, piece: str, fragment: object, *, heading: bool, code: bool
    ) -> tuple[_Wrap, str]:
        index = fragment.charFormatIndex()  # type: ignore[attr-defined]
        wrap = self._wraps.get((index, heading or code))
        if wrap is None:
            form = fragment.charFormat()  # type: ignore[attr-defined]
            if form.isImageFormat():
                return ("", ""), _image(form) * piece.count(OBJECT)
            wrap = _wrap(form, heading=heading, code=code)
            self._wraps[index, heading or code] = wrap
        if _SPECIAL.search(piece):
            if code:
                piece = piece.replace(LINE, "\n")
                piece = _html.escape(piece, quote=False)
                piece = piece.replace(OBJECT, "")
            else:
                piece = _SPECIAL.sub(lambda found: _WRITTEN.get(found[0], ""), piece)
        return wrap, piece


_ALIGNMENT = QTextFormat.Property.BlockAlignment


def _slices(text: str) -> Callable[[int, int], str]:
    """Give a way to cut a text by a document's positions, which count UTF-16 units."""
    if text.isascii() or max(text) < "\U00010000":
        return lambda start, end: text[start:end]
    units = text.encode("utf-16-le")
    return lambda start, end: units[2 * start : 2 * end].decode("utf-16-le")


def _joined(pieces: list[tuple[_Wrap, str]]) -> str:
    """Write neighbours that look the same inside one element."""
    out: list[str] = []
    current: _Wrap = ("", "")
    for wrap, piece in pieces:
        if not piece:
            continue
        if wrap != current:
            out += [current[1], wrap[0]]
            current = wrap
        out.append(piece)
    out.append(current[1])
    return "".join(out)


def _unfolded(match: re.Match[str]) -> str:
    """Keep spaces that HTML would fold, by the same number of characters."""
    run = match[0]
    is_edge = match.start() == 0 or match.string[match.start() - 1] == LINE
    after = match.string[match.end() : match.end() + 1]
    if is_edge or after in {"", LINE}:
        return NO_BREAK * len(run)
    return NO_BREAK * (len(run) - 1) + " "


def _image(form: QTextCharFormat) -> str:
    picture = form.toImageFormat()
    alt = str(picture.property(QTextFormat.Property.ImageAltText) or "")
    width, height = round(picture.width()) or None, round(picture.height()) or None
    return markup.image(picture.name(), alt=alt, width=width, height=height)


def _wrap(form: QTextCharFormat, *, heading: bool, code: bool) -> _Wrap:
    """Work out the elements around letters of this format, outermost first."""
    tags: list[tuple[str, str]] = []
    href = form.anchorHref() if form.isAnchor() else ""
    if href:
        tags.append(("a", f' href="{_html.escape(href)}" style="{markup.LINK}"'))
    styles = _styles(form, is_link=bool(href), fixed=code)
    if styles:
        tags.append(("span", f' style="{";".join(styles)}"'))
    if form.fontFixedPitch() and not code:
        tags.append(("code", f' style="{markup.CODE}"'))
    if form.fontWeight() > QFont.Weight.Medium and not heading:
        tags.append(("b", ""))
    if form.fontItalic():
        tags.append(("i", ""))
    if form.fontUnderline() and not href:
        tags.append(("u", ""))
    if form.fontStrikeOut():
        tags.append(("s", ""))
    alignment = form.verticalAlignment()
    if alignment == QTextCharFormat.VerticalAlignment.AlignSuperScript:
        tags.append(("sup", ""))
    elif alignment == QTextCharFormat.VerticalAlignment.AlignSubScript:
        tags.append(("sub", ""))
    opening = "".join(f"<{tag}{rest}>" for tag, rest in tags)
    return opening, "".join(f"</{tag}>" for tag, _ in reversed(tags))


def _styles(form: QTextCharFormat, *, is_link: bool, fixed: bool) -> list[str]:
    prop = QTextFormat.Property
    found = []
    if form.hasProperty(prop.ForegroundBrush) and not is_link:
        found.append(f"color:{form.foreground().color().name()}")
    if form.hasProperty(prop.BackgroundBrush) and form.background().style().value:
        found.append(f"background-color:{form.background().color().name()}")
    if form.hasProperty(prop.FontPixelSize) and not fixed:
        found.append(f"font-size:{form.intProperty(prop.FontPixelSize)}px")
    if form.hasProperty(prop.FontFamilies) and not (form.fontFixedPitch() or fixed):
        names = [name for name in form.fontFamilies() or [] if not _UNSAFE_NAME.search(name)]
        if names:
            written = ",".join(_family(name) for name in names)
            found.append(f"font-family:{written}")
    return found


def _family(name: str) -> str:
    return f"'{name}'" if " " in name else name
