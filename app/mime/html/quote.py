"""Quoting an original in a reply or forward, in HTML and in text.

Pure. The original is placed as it is: what is quoted is evidence, so not one byte of its body is
changed. Making it safe to *show* is the caller's work (`sanitize`), and so is sanitising before it
when the original must stand in front of text of our own: markup that a stranger left open (a
comment, a `textarea`) swallows whatever follows it.
"""

from __future__ import annotations

import html as _html
import re

from app.mime.html import markup
from app.mime.html.quote_html import split_quoted_html
from app.mime.html.quote_split import split_quoted_text

__all__ = ["body_of", "quote_html", "quote_text", "split_quoted_html", "split_quoted_text"]

_BODY_START = re.compile(r"<body(?=[\s/>])", re.IGNORECASE)
_REST_OF_TAG = re.compile(r"(?:[^>\"']++|\"[^\"]*+\"|'[^']*+')*+>")
_BODY_END = re.compile(r"</body\s*>", re.IGNORECASE)
_DOCUMENT_PART = re.compile(
    r"\s*(?:<!doctype[^>]*>|<html\b[^>]*>|<head\b.*?</head\s*>)", re.IGNORECASE | re.DOTALL
)
_HTML_END = re.compile(r"(?:</body\s*>|</html\s*>|\s)+$", re.IGNORECASE)
_TAIL_CHARS = 2_000


def quote_html(original_html: str, attribution: str) -> str:
    """Return `original_html` quoted: the attribution, then its body byte for byte in a blockquote.

    Of a whole document only what is inside `body` is taken: its head (style sheets, title) would
    apply to the reply as well. A fragment is taken whole.

    Args:
        original_html: the original, as received or sanitised.
        attribution: a line of plain text like "On 3 May, Jane Doe wrote:"; may be empty.
    """
    lead = ""
    if attribution:
        lead = markup.element("p", _html.escape(attribution, quote=False), style=markup.P_SPACED)
    start = f'<blockquote type="cite" style="{markup.BLOCKQUOTE}">'
    return f"{lead}{start}{body_of(original_html)}</blockquote>"


def body_of(document: str) -> str:
    """Return what is inside the body of `document`, unchanged; a fragment comes back whole."""
    start = _body_start(document)
    if start is None:
        return _without_shell(document)
    end = len(document)
    for match in _BODY_END.finditer(document, max(start, end - _TAIL_CHARS)):
        end = match.start()
    return document[start:end]


def _body_start(document: str) -> int | None:
    """Return where the body begins; a `<body>` inside a comment is none."""
    at = 0
    while match := _BODY_START.search(document, at):
        comment = document.rfind("<!--", at, match.start())
        close = document.find("-->", comment) if comment >= 0 else match.start()
        if close > match.start():
            at = close
            continue
        rest = _REST_OF_TAG.match(document, match.end())
        return rest.end() if rest else None
    return None


def _without_shell(document: str) -> str:
    """Take off doctype, html and head of a document whose body tag was left out."""
    at = 0
    while match := _DOCUMENT_PART.match(document, at):
        at = match.end()
    if not at:
        return document
    tail_from = max(at, len(document) - _TAIL_CHARS)
    return document[at:tail_from] + _HTML_END.sub("", document[tail_from:])


def quote_text(original: str, attribution: str) -> str:
    """Return `original` quoted: the attribution, then each line behind a quote mark.

    Quotes inside it deepen as `>>` (RFC 3676 §4.5), a blank line is a bare `>`: a space at its end
    would flow it into the next. Line ends stay those of the original.
    """
    end = "\r\n" if "\r\n" in original else "\n"
    body = original.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n")
    lines = [_marked(line) for line in body.split("\n")]
    return end.join([attribution, *lines] if attribution else lines)


def _marked(line: str) -> str:
    if line.startswith(">"):
        return f">{line}"
    return f"> {line}" if line else ">"
