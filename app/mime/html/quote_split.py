"""Finding where the quoted part of a plain text mail begins.

Each line is classed by what it is (text, quote, who-wrote-when, quoted header, rule, phone
signature); then rules over the order of classes tell what the person wrote from what was carried
along. Text between quotes is an answer inline, so those quotes stay with it. Pure and linear.
"""

from __future__ import annotations

import re

from app.mime.html.quote_words import FORWARDED, HEADER, LEAD, SIGNATURE, WROTE

MAX_LINES = 50_000
# A who-wrote-when line that a mail program folded: no longer than this, in so many lines.
_MAX_ATTRIBUTION_CHARS = 400
_MAX_ATTRIBUTION_LINES = 4
_MAX_SIGNATURE_CHARS = 140
# Text below a quote at the end is a footer of a list or a service up to this many lines.
_MAX_FOOTER_LINES = 6
_MIN_HEADERS = 3

TEXT, EMPTY, QUOTE, MARK, HEAD, RULE, DEVICE, GONE = "teqbhdsx"

_QUOTED = re.compile(r"[ \t]{0,3}(?:>|\|[ \t]|[A-Z]{1,3}>)")
_RULE = re.compile(r"[ \t]*(?:[-_=+~#*—–ᐧ]{2,}|[—ᐧ])[ \t]*")
_BANNER = re.compile(r"[ \t]*[-_=*]{3,}[ \t]*[^\W\d_].{2,70}?[ \t]*[-_=*]{2,}[ \t]*")
_FENCE = re.compile(r"[ \t]{0,3}(```|~~~)")
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w.-]{1,100}")
_DATE = re.compile(
    r"\d{1,2}[:.h]\d{2}\b"
    r"|\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b"
    r"|\b\d{1,2}(?:st|nd|rd|th|\.|º)?[ -](?:de )?[^\W\d_]{3,12}\.?,?[ -](?:de )?\d{2,4}\b"
    r"|\b[^\W\d_]{3,12}\.? \d{1,2}(?:st|nd|rd|th)?,? (?:at )?\d{2,4}\b"
    r"|\d{1,4}[年월月]"
)
_STAMP = re.compile(
    r"\d{4}[-/]\d{1,2}[-/]\d{1,2},? \d{1,2}:\d{2}(?::\d{2})? (?:GMT|UTC)?(?:[+-]\d{1,2}:?\d{2})?[ :].*"
)
# Marks of direction that mail programs put around names and addresses.
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CLOSED = re.compile(r"[:：][*_]?\s*$|(?:----?|>)\s*$")
_HEADER_BLOCK = re.compile(f"{HEAD}(?:[{HEAD}{TEXT}]{{0,12}}{HEAD})?")
_MARK_BELOW_TEXT = re.compile(f"{TEXT}{EMPTY}*{MARK}")
_PGP = re.compile(r"-----(BEGIN|END) PGP (SIGNED MESSAGE|SIGNATURE)-----\s*")


def split_quoted_text(text: str) -> tuple[str, str]:
    """Return (what was written, what was quoted or appended) of a mail's text.

    The second holds quotes at the end, who-wrote-when lines, quoted headers, forwarded messages and
    signatures, line by line as they stood. Line ends become line feeds.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kinds = _classes(lines[:MAX_LINES])
    kept = _kept("".join(kinds), lines)
    fresh = [line for line, keep in zip(lines, kept, strict=False) if keep]
    rest = [line for line, keep in zip(lines, kept, strict=False) if not keep]
    rest += lines[MAX_LINES:]
    return "\n".join(fresh).strip("\n"), "\n".join(rest).strip("\n")


def _classes(lines: list[str]) -> list[str]:
    kinds = [_class(line) for line in lines]
    _mark_code(lines, kinds)
    _mark_pgp(lines, kinds)
    _mark_attributions(lines, kinds)
    return kinds


def _class(line: str) -> str:
    if not line.strip(" \t\xa0"):
        return EMPTY
    if _QUOTED.match(line):
        return QUOTE
    short = len(line) <= _MAX_SIGNATURE_CHARS
    if short and _RULE.fullmatch(line):
        return RULE
    if short and (_BANNER.fullmatch(line) or FORWARDED.fullmatch(line)):
        return MARK
    if short and SIGNATURE.fullmatch(line):
        return DEVICE
    return HEAD if HEADER.match(line) else TEXT


def _mark_code(lines: list[str], kinds: list[str]) -> None:
    """Class all lines of a closed code fence as text: rules in code part nothing."""
    opened: tuple[int, str] | None = None
    for number, line in enumerate(lines[: len(kinds)]):
        match = _FENCE.match(line)
        if not match:
            continue
        if opened is None:
            opened = (number, match[1])
        elif match[1] == opened[1]:
            kinds[opened[0] : number + 1] = TEXT * (number + 1 - opened[0])
            opened = None


def _mark_pgp(lines: list[str], kinds: list[str]) -> None:
    """Class the armour of a signed message as no text (RFC 9580 §7)."""
    inside = ""
    for number, line in enumerate(lines[: len(kinds)]):
        match = _PGP.fullmatch(line) if line.startswith("-----") else None
        if match:
            kinds[number] = GONE
            inside = match[2] if match[1] == "BEGIN" else ""
        elif inside == "SIGNED MESSAGE" and kinds[number] == EMPTY:
            inside = ""
        elif inside:
            kinds[number] = GONE


def _mark_attributions(lines: list[str], kinds: list[str]) -> None:
    for number, kind in enumerate(kinds):
        if kind not in (TEXT, HEAD, MARK):
            continue
        count = _attribution_lines(lines, kinds, number)
        for at in range(number, number + count):
            kinds[at] = MARK


def _attribution_lines(lines: list[str], kinds: list[str], first: int) -> int:
    """Return how many lines from `first` on say who wrote when; 0 if they do not."""
    if len(lines[first]) > _MAX_ATTRIBUTION_CHARS:
        return 0
    if _STAMP.fullmatch(lines[first].strip()):
        return 1
    may_fold = bool(
        LEAD.match(lines[first]) or _EMAIL.search(lines[first]) or _DATE.search(lines[first])
    )
    joined = ""
    for count in range(1, _MAX_ATTRIBUTION_LINES + 1 if may_fold else 2):
        at = first + count - 1
        if at >= len(kinds) or kinds[at] in (EMPTY, RULE):
            return 0
        # A folded line of a quoted attribution may begin with the ">" that closed an address.
        if kinds[at] == QUOTE and lines[at].strip(" ") not in (">:", "> :"):
            return 0
        joined = f"{joined} {lines[at].strip()}".strip()
        if len(joined) > _MAX_ATTRIBUTION_CHARS:
            return 0
        if _says_who_wrote(joined, is_before_quote=_is_before_quote(kinds, at)):
            return 0 if _begins_later(lines[first : at + 1]) else count
    return 0


def _begins_later(folded: list[str]) -> bool:
    """Tell if the first of these lines is text above an attribution that is whole without it."""
    if LEAD.match(folded[0]):
        return False
    return any(
        LEAD.match(line)
        and line.lstrip()[:1].isupper()
        and _says_who_wrote(" ".join(folded[number:]), is_before_quote=False)
        for number, line in enumerate(folded)
        if number
    )


def _says_who_wrote(line: str, *, is_before_quote: bool) -> bool:
    line = _BIDI.sub("", line)
    if not _CLOSED.search(line):
        return False
    has_date, has_email = bool(_DATE.search(line)), bool(_EMAIL.search(line))
    if not WROTE.search(line):
        # Several languages say it without a verb: "12.03.2024, 13:41, Jane <jane@example.com>:".
        return has_date and has_email and line.rstrip(" *_").endswith((":", "："))
    if has_date or has_email:
        return True
    return is_before_quote and len(line) <= _MAX_SIGNATURE_CHARS


def _is_before_quote(kinds: list[str], at: int) -> bool:
    following = next((kind for kind in kinds[at + 1 : at + 4] if kind != EMPTY), "")
    return following == QUOTE


def _kept(kinds: str, lines: list[str]) -> list[bool]:
    """Tell for each line whether it was written here, given the classes of all lines."""
    rule = kinds.find(RULE)
    order = [
        number
        for number, kind in enumerate(kinds if rule < 0 else kinds[:rule])
        if kind not in (DEVICE, GONE)
    ]
    order = _before_marks(order, kinds)
    order = [number for number in order if kinds[number] != MARK]
    order = _before_headers(order, kinds, lines)
    if any(kinds[number] in (TEXT, HEAD) for number in order):
        while order and kinds[order[-1]] in (EMPTY, QUOTE):
            order.pop()
    elif not any(_says_something(lines[number]) for number in order):
        order = []
    keep = set(order)
    return [number in keep for number in range(len(kinds))]


def _says_something(line: str) -> bool:
    """Tell if a quoted line holds words that are not only who wrote when."""
    bare = line.lstrip("> \t")
    return bool(bare) and not _says_who_wrote(bare, is_before_quote=True)


def _before_marks(order: list[int], kinds: str) -> list[int]:
    """Cut at a who-wrote-when line or banner behind text, unless answers follow inside the quote."""
    seen = "".join(kinds[number] for number in order)
    # No quote marks after it: everything below is the original.
    if match := _MARK_BELOW_TEXT.search(seen, seen.rfind(QUOTE) + 1):
        order = order[: match.start() + 1]
        seen = seen[: match.start() + 1]
    # Quotes after it, with at most a footer below them.
    core = seen.rstrip(TEXT + EMPTY)
    above = core.rstrip(EMPTY + QUOTE + MARK + HEAD)
    is_marked = core[len(above) :].lstrip(EMPTY).startswith(MARK)
    if above.endswith(TEXT) and is_marked and seen.count(TEXT, len(core)) <= _MAX_FOOTER_LINES:
        order = order[: len(above)]
        seen = seen[: len(above)]
    # A quote that ends the mail.
    above = seen.rstrip(QUOTE + MARK + EMPTY)
    return order[: len(above)] if above.endswith(TEXT) else order


def _before_headers(order: list[int], kinds: str, lines: list[str]) -> list[int]:
    """Cut at a block of quoted headers behind text; a block at the top goes, its text stays."""
    seen = "".join(kinds[number] for number in order)
    for block in _HEADER_BLOCK.finditer(seen):
        if _header_count(order[block.start() : block.end()], lines) < _MIN_HEADERS:
            continue
        above = seen[: block.start()].rstrip(EMPTY + QUOTE)
        if above.endswith(TEXT):
            return order[: len(above)]
        return order[: block.start()] + order[block.end() :]
    return order


def _header_count(numbers: list[int], lines: list[str]) -> int:
    """Count the different headers in some lines; "A:" three times is no header block."""
    found = (HEADER.match(lines[number]) for number in numbers)
    return len({match[0].strip(" *_:：\t").casefold() for match in found if match})
