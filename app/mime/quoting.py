"""The quoted original below what the person wrote, as plain text and as HTML. Pure.

`Quote.html` is kept as it came. What leaves under the person's name is sanitised here, by the same
policy that shows it: nobody signs for another's scripts, trackers or style sheets.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.mime.html.from_text import text_to_html
from app.mime.html.markup import BLANK_PARAGRAPH, BLOCKQUOTE, element
from app.mime.html.sanitize import sanitize
from app.mime.html.to_text import html_to_text

if TYPE_CHECKING:
    from app.domain.draft import Quote

_LINE_END = re.compile(r"\r\n|\r|\n")


def original_text(quote: Quote) -> str:
    """Give the original as text: its own text part, or else what its HTML says."""
    return quote.text if quote.text.strip() else html_to_text(quote.html)


def quote_lines(text: str) -> str:
    """Put a quote mark before each line; quotes in it go one deeper (RFC 3676 §4.5)."""
    # Without spaces at line ends: "> -- " would begin a signature, "> x " a flowed paragraph.
    lines = (line.rstrip() for line in _LINE_END.split(text.strip("\r\n")))
    return "\n".join(f"{'>' if line[:1] in {'', '>'} else '> '}{line}" for line in lines)


def quoted_text(quote: Quote, *, is_forward: bool = False) -> str:
    """Give attribution and original; a forward stands as it is, below its header block."""
    text = original_text(quote).strip("\r\n")
    if is_forward:
        return f"{quote.attribution}\n\n{text}".strip("\n")
    return f"{quote.attribution}\n{quote_lines(text)}".strip("\n")


def quote_block(quote: Quote, *, is_forward: bool = False) -> str:
    """Give attribution and original as HTML."""
    heading = text_to_html(quote.attribution)
    original = sanitize(quote.html, allow_remote_images=True) if quote.html.strip() else ""
    original = original or text_to_html(quote.text)
    if is_forward:
        return BLANK_PARAGRAPH + heading + element("div", original)
    block = element("blockquote", original, style=BLOCKQUOTE, type="cite")
    return BLANK_PARAGRAPH + heading + block
