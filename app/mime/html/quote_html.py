"""Finding where the quoted part of an HTML mail begins.

Mail programs mark it: Gmail, Yahoo, Proton and Thunderbird by class, Apple by `blockquote
type="cite"`, Outlook by an id or by a rule above a block of headers. Pure; the halves are rebuilt
markup, equal in meaning but not byte for byte, and are not sanitised.
"""

from __future__ import annotations

import re

from app.mime.html.quote_split import split_quoted_text
from app.mime.html.quote_words import HEADER, WROTE
from app.mime.html.tree import Element, parse, serialize

_QUOTE_CLASSES = re.compile(
    r"(?:^|\s)(?:gmail_quote(?:_container)?|gmail_extra|yahoo_quoted|protonmail_quote|moz-cite-prefix|"
    r"moz-forward-container|zmail_extra|tutanota_quote|ms-outlook-mobile-reference-message|"
    r"OutlookMessageHeader|WordSection1-quoted|hushmail_quote|mailbird_quote|"
    r"front-blockquote|cloudHQ__gmail_quote)(?:\s|$)",
    re.IGNORECASE,
)
_QUOTE_IDS = frozenset(
    "divRplyFwdMsg appendonsend replySplit mail-editor-reference-message-container"
    " OLK_SRC_BODY_SECTION isForwardContent reply-intro".split()
)
_OUTLOOK_RULE = re.compile(r"border:none;border-top:solid#[a-z0-9]{6}1\.0pt", re.IGNORECASE)
_MAX_ATTRIBUTION_CHARS = 400
# Looking for words below each of thousands of forged quotes would be quadratic.
_MAX_CANDIDATES = 200


def split_quoted_html(html: str) -> tuple[str, str]:
    """Return (what was written, what was quoted) of an HTML mail; the second may be empty.

    A quote with words of the writer below it is an inline answer and stays where it is.
    """
    body = parse(html)
    path = _path_to_quote(body)
    if path is None:
        return serialize(body), ""
    quoted = _cut_after(path)
    _take_attribution(path, quoted)
    return serialize(body), serialize(quoted)


def _path_to_quote(body: Element) -> list[tuple[Element, int]] | None:
    """Return the (element, child number) steps down to where the quoted part begins."""
    stack: list[list[tuple[Element, int]]] = [[(body, 0)]]
    candidates = 0
    while stack:
        path = stack.pop()
        element, number = path[-1]
        if number >= len(element.children):
            continue
        stack.append([*path[:-1], (element, number + 1)])
        child = element.children[number]
        if not isinstance(child, Element):
            continue
        if _begins_quote(child):
            candidates += 1
            if candidates > _MAX_CANDIDATES:
                return None
            if _holds_all_below(child) or not _words_below(path):
                return path
        if child.children:
            stack.append([*path, (child, 0)])
    return None


def _begins_quote(element: Element) -> bool:
    if element.attrs.get("id", "").removeprefix("x_") in _QUOTE_IDS:
        return True
    classes = element.attrs.get("class", "")
    if classes and _QUOTE_CLASSES.search(classes):
        return True
    if element.tag == "blockquote" and element.attrs.get("type", "").lower() == "cite":
        return True
    style = "".join(element.attrs.get("style", "").split())
    return bool(_OUTLOOK_RULE.search(style)) and _starts_with_header(element)


def _holds_all_below(element: Element) -> bool:
    """Tell if this marker stands above the quote instead of around it."""
    identity = element.attrs.get("id", "").removeprefix("x_")
    classes = element.attrs.get("class", "")
    return (
        identity in _QUOTE_IDS
        or "cite-prefix" in classes
        or (element.tag == "div" and (_starts_with_header(element)))
    )


def _starts_with_header(element: Element) -> bool:
    return bool(HEADER.match(element.text()[:_MAX_ATTRIBUTION_CHARS].lstrip()))


def _words_below(path: list[tuple[Element, int]]) -> bool:
    """Tell if the writer goes on below: signatures and other quotes are no words of theirs."""
    for element, number in path:
        for child in element.children[number + 1 :]:
            if isinstance(child, str):
                words = child
            elif _begins_quote(child):
                continue
            else:
                words = child.text()
            if split_quoted_text(words.strip())[0].strip():
                return True
    return False


def _cut_after(path: list[tuple[Element, int]]) -> Element:
    """Take everything from the end of `path` on out of its tree; return it."""
    quoted: list[Element | str] = []
    for depth, (element, number) in reversed(list(enumerate(path))):
        first = number if depth == len(path) - 1 else number + 1
        tail = element.children[first:]
        del element.children[first:]
        quoted = [*quoted, *tail]
        if depth and quoted:
            quoted = [Element(element.tag, dict(element.attrs), quoted)]
    return Element("body", {}, quoted)


def _take_attribution(path: list[tuple[Element, int]], quoted: Element) -> None:
    """Move the who-wrote-when line above a quote, and the blank lines there, to the quote."""
    parent = path[-1][0]
    at = len(parent.children)
    while at:
        child = parent.children[at - 1]
        text = child if isinstance(child, str) else child.text()
        is_blank = not text.strip() and not _has_picture(child)
        if not is_blank:
            words = " ".join(text.split())
            if len(words) <= _MAX_ATTRIBUTION_CHARS and words.endswith(":") and WROTE.search(words):
                quoted.children[:0] = parent.children[at - 1 :]
                del parent.children[at - 1 :]
            return
        at -= 1


def _has_picture(child: Element | str) -> bool:
    return isinstance(child, Element) and any(part.tag == "img" for part in child.walk())
