"""Reads mail HTML into an editor's document; the mirror of `serializer`.

Our own markup comes back exactly. Anything else must have passed `sanitize` or `clean_paste`
first; elements unknown here leave their words. Nothing is loaded from anywhere.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from PySide6.QtGui import (
    QTextCharFormat,
    QTextCursor,
)

from app.ui.compose import formats
from app.ui.compose.formats import Kind
from app.ui.compose.loader_parts import (
    TableBuilder,
    direct,
    picture_format,
    style_value,
    styled,
)

if TYPE_CHECKING:
    from PySide6.QtGui import QTextDocument, QTextList

LINE = "\u2028"
NO_BREAK = "\xa0"
_SPACES = re.compile(r"[ \t\r\n\f]+")
_BLOCKS = frozenset(
    "p div h1 h2 h3 h4 h5 h6 pre blockquote ul ol li table tr td th hr center address article"
    " section header footer main figure figcaption dl dt dd tbody thead tfoot caption".split()
)
_VOID = frozenset({"br", "img", "hr", "wbr", "col", "meta", "link", "input"})
_SKIPPED = frozenset({"style", "script", "title", "head"})


def load(document: QTextDocument, html: str) -> None:
    """Fill an empty or used document; its undo history starts anew."""
    document.setUndoRedoEnabled(False)
    document.clear()
    cursor = QTextCursor(document)
    insert(cursor, html)
    document.setUndoRedoEnabled(True)
    document.setModified(False)


def insert(cursor: QTextCursor, html: str) -> None:
    """Put HTML at the cursor, as one step of undo; a lone paragraph joins the one it lands in."""
    cursor.beginEditBlock()
    try:
        cursor.removeSelectedText()
        insertion = Insertion(cursor)
        insertion.feed(html)
        insertion.finish()
    finally:
        cursor.endEditBlock()


class Insertion:
    """HTML put in at a cursor, piece by piece; the steps of undo are the caller's."""

    def __init__(self, cursor: QTextCursor) -> None:
        self._reader = _Reader(cursor)

    def feed(self, html: str) -> None:
        """Put the next piece in; it may end anywhere."""
        self._reader.feed(html)

    def finish(self) -> None:
        """Close what was left open."""
        self._reader.close()
        self._reader.finish()


class _Reader(HTMLParser):
    """Turns elements into blocks and letters, as they come."""

    def __init__(self, cursor: QTextCursor) -> None:
        super().__init__(convert_charrefs=True)
        self._cursor = cursor
        block = cursor.block()
        # The block we land in is used first: as it is if it holds text, in our format if empty.
        self._is_fresh = True
        self._keeps_format = bool(block.text()) or formats.table_at(cursor) is not None
        self._opened = False
        self._letters = [QTextCharFormat()]
        self._tags: list[str] = []
        self._lists: list[tuple[str, QTextList | None]] = []
        self._item_pending = False
        self._quotes = 0
        self._heading = 0
        self._align = ""
        self._rtl = False
        self._pre = 0
        self._skipped = 0
        self._break = False
        self._space = False
        self._at_start = True
        self._table: TableBuilder | None = None
        # In a cell already: tables in what comes are taken apart, one in another suits no mail.
        self._tables = 1 if formats.table_at(cursor) is not None else 0

    # --- elements ------------------------------------------------------------------------------

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _SKIPPED:
            self._skipped += 1
            return
        match tag:
            case "br":
                self._line_break()
            case "img":
                self._picture(values)
            case "hr":
                self._begin_block(kind=Kind.RULE)
                self._end_block()
            case _ if tag in _BLOCKS:
                self._start_block_element(tag, values)
        if tag not in _VOID:
            self._tags.append(tag)
            self._letters.append(styled(self._letters[-1], tag, values))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipped = max(0, self._skipped - 1)
            return
        if tag in _VOID or tag not in self._tags:
            return
        while self._tags:
            closing = self._tags.pop()
            self._letters.pop()
            if closing in _BLOCKS:
                self._end_block_element(closing)
            if closing == tag:
                return

    def _start_block_element(self, tag: str, values: dict[str, str]) -> None:
        if tag in {"ul", "ol"}:
            if not self._item_pending:
                self._end_block()
            self._item_pending = False
            self._lists.append((tag, None))
            return
        if self._item_pending and tag == "p":
            return  # <li><p>: the paragraph is the item
        self._end_block()
        style = values.get("style", "")
        self._align = style_value(style, "text-align") or values.get("align", "")
        self._rtl = values.get("dir", "").lower() == "rtl"
        match tag:
            case "blockquote":
                self._quotes += 1
            case "li":
                self._item_pending = True
            case "pre":
                self._pre += 1
            case "table" | "tr" | "td" | "th":
                self._start_table_part(tag)
            case _ if tag[0] == "h" and tag[1:].isdigit():
                self._heading = min(int(tag[1:]), formats.MAX_HEADING)

    def _end_block_element(self, tag: str) -> None:
        match tag:
            case "li" | "p" | "td" | "th" if not self._opened and tag != "li":
                if tag == "p" and not self._item_pending:
                    self._begin_block()
            case "li" if self._item_pending:
                self._begin_block()
            case _:
                pass
        self._end_block()
        match tag:
            case "ul" | "ol":
                if self._lists:
                    self._lists.pop()
            case "blockquote":
                self._quotes -= 1
            case "li":
                self._item_pending = False
            case "pre":
                self._pre -= 1
            case "table" | "td" | "th":
                self._end_table_part(tag)
            case _ if tag[0] == "h":
                self._heading = 0
        self._align, self._rtl = "", False

    # --- tables --------------------------------------------------------------------------------

    def _start_table_part(self, tag: str) -> None:
        if tag == "table":
            self._tables += 1
            if self._tables == 1:
                self._table = TableBuilder(self._cursor, is_fresh=self._is_fresh)
        elif self._tables == 1 and self._table is not None:
            if tag == "tr":
                self._table.start_row()
            else:
                self._table.start_cell()
                self._is_fresh = True
                self._keeps_format = False

    def _end_table_part(self, tag: str) -> None:
        if tag != "table" or not self._tables:
            return
        self._tables -= 1
        if not self._tables and self._table is not None:
            self._is_fresh = self._table.leave()
            self._keeps_format = False
            self._table = None

    # --- blocks --------------------------------------------------------------------------------

    def _begin_block(self, *, kind: Kind = Kind.TEXT) -> None:
        if self._pre and kind is Kind.TEXT:
            kind = Kind.CODE
        in_list = bool(self._lists) and kind is Kind.TEXT and not self._heading
        form = (
            formats.item_format(quote=self._quotes)
            if in_list
            else formats.block_format(kind=kind, heading=self._heading, quote=self._quotes)
        )
        direct(form, align=self._align, rtl=self._rtl)
        if self._is_fresh and self._keeps_format:
            pass
        elif self._is_fresh:
            self._cursor.setBlockFormat(form)
        else:
            self._cursor.insertBlock(form, QTextCharFormat())
        if not (self._is_fresh and self._keeps_format):
            self._cursor.setBlockCharFormat(QTextCharFormat())
            if in_list:
                self._join_list()
        self._is_fresh = self._keeps_format = False
        self._opened, self._at_start = True, True
        self._break = self._space = False
        self._item_pending = False

    def _join_list(self) -> None:
        tag, made = self._lists[-1]
        if made is None:
            form = formats.list_format(ordered=tag == "ol", level=len(self._lists))
            self._lists[-1] = (tag, self._cursor.createList(form))
        else:
            made.add(self._cursor.block())

    def _end_block(self) -> None:
        self._opened = False
        self._break = self._space = False

    def finish(self) -> None:
        """Close what was left open."""
        while self._tags:
            self.handle_endtag(self._tags[-1])

    # --- letters -------------------------------------------------------------------------------

    def handle_data(self, data: str) -> None:
        if self._skipped:
            return
        if self._pre:
            self._code_text(data)
            return
        text = _SPACES.sub(" ", data)
        if not self._opened:
            text = text.lstrip(" ")
            if not text or (self._table is not None and not {"td", "th"} & set(self._tags)):
                return
            if text == NO_BREAK and self._tags and self._tags[-1] == "p":
                self._begin_block()  # the blank paragraph of our markup
                return
            self._begin_block()
        elif (self._at_start or self._break or self._space) and text.startswith(" "):
            text = text[1:]
        if not text:
            return
        self._flush_break()
        self._space = text.endswith(" ")
        self._at_start = False
        self._cursor.insertText(text, self._letters[-1])

    def _code_text(self, data: str) -> None:
        if not self._opened and data.startswith("\n"):
            data = data[1:]
        for number, line in enumerate(data.replace("\r", "").split("\n")):
            if number or not self._opened:
                self._begin_block()
            if line:
                self._cursor.insertText(line, self._letters[-1])

    def _line_break(self) -> None:
        if self._pre:
            self._code_text("\n")
            return
        if not self._opened:
            self._begin_block()
        elif self._break:
            self._cursor.insertText(LINE, self._letters[-1])
        self._break = True

    def _flush_break(self) -> None:
        if self._break:
            self._cursor.insertText(LINE, self._letters[-1])
            self._break = False

    def _picture(self, values: dict[str, str]) -> None:
        source = values.get("src", "")
        if not source.startswith("cid:"):
            return
        if not self._opened:
            self._begin_block()
        self._flush_break()
        self._cursor.insertImage(picture_format(values))
        self._at_start = self._space = False
