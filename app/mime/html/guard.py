"""What stands before every HTML parser here: input cut to size and to a bounded nesting.

HTML5 tree building is quadratic in places (each block start walks the stack of open elements, each
closed paragraph reopens every formatting element that was left open; HTML Living Standard §13.2.4.3
and §13.2.6). Mail is hostile input, so the shape is bounded before a parser sees it. Only tags are
taken away or added, never words. Safety does not rest on this: the sanitiser parses what comes out.
"""

from __future__ import annotations

import re

MAX_CHARS = 16_000_000
MAX_NESTING = 100
MAX_REOPENED = 200_000
MAX_FOSTERED = 2_000

_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_SURROGATES = re.compile("[\ud800-\udfff]")
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr keygen bgsound".split()
)
# Elements whose end tag is implied: an unclosed one is a habit of writers, not nesting.
_IMPLIED = frozenset(
    "p li dt dd tr td th tbody thead tfoot colgroup caption option optgroup rp rt"
    " html head body".split()
)
_TABLE_PARTS = frozenset("table tbody thead tfoot tr colgroup col".split())
_CELLS = frozenset({"td", "th", "caption"})
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())


def prepare(html: str) -> str:
    """Return `html` in a form that any HTML5 parser reads in linear time.

    Lone surrogates (no UTF-8 form) become U+FFFD, NUL goes, tags nested deeper than `MAX_NESTING` are
    dropped, and what lies behind `MAX_CHARS` is cut: no mail a person reads is that long.
    """
    html = html[:MAX_CHARS].replace("\x00", "")
    html = _SURROGATES.sub("\ufffd", html)
    if html.count("<") <= MAX_NESTING:
        return _without_crowds(html)
    return _without_crowds(_Nesting(html).bounded())


def _without_crowds(html: str) -> str:
    """Drop the attributes of tags that have hundreds: parsers compare each name with all before."""
    if html.count("=") + html.count(" ") < _CROWD:
        return html
    out = []
    copied = 0
    for match in _CROWDED_TAG.finditer(html):
        if match.start() >= copied:
            end = html.find(">", match.end())
            out += [html[copied : match.start()], "<", match[1]]
            # A tag without an end is dropped by any parser, and so is all behind it.
            copied = end if end >= 0 else len(html)
    return "".join([*out, html[copied:]])


_CROWD = 200
_CROWDED_TAG = re.compile(
    r"<([a-zA-Z][a-zA-Z0-9]{0,15})"
    r"(?:[\s/]++[^\s\"'<>=/]++(?:=(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>]*+))?+){200,}+"
)


class _Nesting:
    """One pass over the tags of a text, dropping what nests too deep."""

    def __init__(self, html: str) -> None:
        self._html = html
        self._out: list[str] = []
        self._copied = 0
        self._depth = 0
        self._formatting: list[str] = []
        self._reopened = 0
        self._in_gap = False
        self._fostered = 0
        self._no_more_ends = False

    def bounded(self) -> str:
        for match in _TAG.finditer(self._html):
            if match.start() < self._copied:
                continue
            name = match[2].lower()
            if self._is_fostered_flood(name, is_end=bool(match[1])):
                self._drop(match.start())
            elif name in _VOID:
                continue
            elif name in _IMPLIED:
                self._count_reopened(match.start())
            elif match[1]:
                self._end(name, match.start())
            else:
                self._start(name, match.start())
        self._out.append(self._html[self._copied :])
        return "".join(self._out)

    def _is_fostered_flood(self, name: str, *, is_end: bool) -> bool:
        """Tell if this tag stands between the cells of a table with thousands of its kind.

        Parsers move such an element in front of its table (§13.2.6.1), looking for the place anew
        each time.
        """
        if name in _TABLE_PARTS:
            self._in_gap = not (name == "table" and is_end)
        elif name in _CELLS:
            self._in_gap = is_end
        elif self._in_gap:
            self._fostered += 1
            return self._fostered > MAX_FOSTERED
        return False

    def _start(self, name: str, at: int) -> None:
        self._depth += 1
        if self._depth > MAX_NESTING:
            self._drop(at)
        elif name in _FORMATTING:
            self._formatting.append(name)
        else:
            self._count_reopened(at)

    def _end(self, name: str, at: int) -> None:
        if self._depth > MAX_NESTING:
            self._drop(at)
        elif self._formatting and name == self._formatting[-1]:
            self._formatting.pop()
        self._depth = max(0, self._depth - 1)

    def _count_reopened(self, at: int) -> None:
        """Close formatting left open once reopening it in each block has become a flood."""
        self._reopened += len(self._formatting)
        if self._reopened <= MAX_REOPENED or not self._formatting:
            return
        self._out.append(self._html[self._copied : at])
        self._out += [f"</{name}>" for name in reversed(self._formatting)]
        self._copied = at
        self._depth = max(0, self._depth - len(self._formatting))
        self._formatting.clear()

    def _drop(self, at: int) -> None:
        end = -1 if self._no_more_ends else self._html.find(">", at)
        if end < 0:
            # An unfinished tag at the end is no tag for a parser either.
            self._no_more_ends = True
            return
        self._out.append(self._html[self._copied : at])
        self._copied = end + 1
