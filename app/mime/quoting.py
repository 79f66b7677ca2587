"""The quoted original below what the person wrote, as plain text and as HTML. Pure.

The original leaves byte for byte: it is evidence, and every reader makes safe what it shows. The one
exception is an original that reaches out of its block: style sheets, base addresses and open
elements would change or hide the person's own words above it, scripts and handlers would go out
under the person's name. Such a one is sanitised as for display.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from app.mime.html.from_text import text_to_html
from app.mime.html.markup import BLANK_PARAGRAPH, element
from app.mime.html.quote import body_of, quote_html, quote_text
from app.mime.html.sanitize import sanitize
from app.mime.html.to_text import html_to_text

if TYPE_CHECKING:
    from app.domain.draft import Quote

# Searched one by one: each starts with a letter that is sought at the speed of memory.
_TAGS = re.compile(
    r"<(?:style|script|base|link|meta|form|iframe|frame|frameset|object|embed|applet|svg|math"
    r"|textarea|title|plaintext|xmp|noscript|noembed|template|select|button|input|[!?])"
)
_HANDLER = re.compile(r"on[a-z]{2,30}\s*=")
_SCHEMES_AND_STYLES = ("javascript", "vbscript", "data:text/html", "position:", "position :")
_BEFORE_ATTRIBUTE = frozenset(" \t\r\n\f\"'/")


def original_text(quote: Quote) -> str:
    """Give the original as text: its own text part, or else what its HTML says."""
    return quote.text if quote.text.strip() else html_to_text(quote.html)


def quoted_text(quote: Quote, *, is_forward: bool = False) -> str:
    """Give attribution and original; a forward stands as it is, below its header block."""
    text = original_text(quote).strip("\r\n")
    if is_forward:
        return f"{quote.attribution}\n\n{text}".strip("\n")
    return quote_text(text, quote.attribution)


def quoted_block(quote: Quote, *, is_forward: bool = False) -> str:
    """Give attribution and original as HTML that stands below other HTML."""
    original = _original_html(quote)
    if is_forward:
        return BLANK_PARAGRAPH + text_to_html(quote.attribution) + element("div", original)
    return BLANK_PARAGRAPH + quote_html(original, quote.attribution)


def _original_html(quote: Quote) -> str:
    if not quote.html.strip():
        return text_to_html(quote.text)
    body = body_of(quote.html)
    return sanitize(body, allow_remote_images=True) if _reaches_out(body) else body


def _reaches_out(body: str) -> bool:
    lowered = body.lower()
    if _TAGS.search(lowered) or any(word in lowered for word in _SCHEMES_AND_STYLES):
        return True
    return any(
        lowered[match.start() - 1] in _BEFORE_ATTRIBUTE
        for match in _HANDLER.finditer(lowered)
        if match.start()
    )
