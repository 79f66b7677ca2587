"""Plain text turned into the product's own HTML: paragraphs, line breaks, links, quotes.

Pure. Every character of the text is escaped; the only markup in the result is what is made here.
"""

from __future__ import annotations

import html as _html
import re
from itertools import groupby

from app.mime.html import markup

MAX_QUOTE_DEPTH = 50

_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_QUOTE = re.compile(r"(?:> ?)+")
_LINK = re.compile(
    r"(?P<url>\bhttps?://[^\s<>\"]{1,2000})"
    r"|(?P<www>\bwww\.[a-z0-9][^\s<>\"]{1,2000})"
    r"|(?P<mail>(?:\bmailto:)?(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8})",
    re.IGNORECASE,
)
_SPACES = re.compile(r"^ | {2,}")
_CLOSERS = {")": "(", "]": "[", "}": "{"}


def text_to_html(text: str) -> str:
    """Return `text` as HTML: blank lines part paragraphs, `>` marks become quotes, addresses links."""
    lines = [_depth_and_rest(line) for line in _LINE_ENDS.split(text.expandtabs(4))]
    return _blocks(lines, 0)


def _depth_and_rest(line: str) -> tuple[int, str]:
    match = _QUOTE.match(line)
    if not match:
        return 0, line
    return min(match[0].count(">"), MAX_QUOTE_DEPTH), line[match.end() :]


def _blocks(lines: list[tuple[int, str]], depth: int) -> str:
    out = []
    for is_quoted, group in groupby(lines, key=lambda line: line[0] > depth):
        if is_quoted:
            inner = _blocks(list(group), depth + 1)
            out.append(markup.element("blockquote", inner, style=markup.BLOCKQUOTE, type="cite"))
        else:
            out.append(_paragraphs([rest for _, rest in group]))
    return "".join(out)


def _paragraphs(lines: list[str]) -> str:
    """Write paragraphs; each blank line beyond the first between two is a line break of its own."""
    out: list[str] = []
    current: list[str] = []
    blanks = 0
    for line in lines:
        if line.strip():
            if blanks and current:
                out.append(_paragraph(current, extra=blanks - 1))
                current = []
            blanks = 0
            current.append(_inline(line))
        else:
            blanks += 1
    if current:
        out.append(_paragraph(current, extra=0))
    return "".join(out)


def _paragraph(lines: list[str], *, extra: int) -> str:
    inner = "<br>".join(lines) + "<br>" * (extra + 1 if extra else 0)
    return markup.element("p", inner, style=markup.P_SPACED)


def _inline(line: str) -> str:
    out = []
    done = 0
    for match in _LINK.finditer(line):
        shown = _without_trailing_punctuation(match[0])
        out.append(_escape(line[done : match.start()]))
        out.append(markup.link(_target(match, shown), _html.escape(shown, quote=False)))
        done = match.start() + len(shown)
    out.append(_escape(line[done:]))
    return "".join(out)


def _target(match: re.Match[str], shown: str) -> str:
    if match["url"] or shown.lower().startswith("mailto:"):
        return shown
    return f"http://{shown}" if match["www"] else f"mailto:{shown}"


def _without_trailing_punctuation(url: str) -> str:
    """Leave out what ends the sentence, not the address; a bracket opened inside stays."""
    while url:
        last = url[-1]
        unbalanced = last in _CLOSERS and url.count(last) > url.count(_CLOSERS[last])
        if last not in ".,;:!?'*_" and not unbalanced:
            break
        url = url[:-1]
    return url


def _escape(text: str) -> str:
    """Escape, and keep runs of spaces and indents, which HTML would fold."""
    kept = _SPACES.sub(lambda run: "\xa0" * (len(run[0]) - 1) + " ", text)
    if text.startswith(" "):
        kept = "\xa0" + kept[1:]
    return _html.escape(kept, quote=False).replace("\xa0", "&nbsp;")
