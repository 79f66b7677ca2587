"""Cuts a recipient text into words, quoted strings, comments, <…> and separators.

Pure. Every character is looked at a bounded number of times, whatever the input: a quote, bracket
or parenthesis that is never closed is remembered, not searched for again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# An <…> or a quoted string longer than a header line may be (RFC 5322 §2.1.1) is no address.
_WINDOW = 1200

_ZERO_WIDTH_AND_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ufeff]+")
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_SPACES = re.compile(r"[\s]+")
_PARENTHESIS = re.compile(r"\\.|[()]|(?:\r\n|\r|\n)(?![ \t])", re.DOTALL)
_TOKEN = re.compile(
    r"""
      (?P<gap>   [^\S\r\n\t\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+ )
    | (?P<fold>  (?:\r\n|\r|\n)(?=[ \t]) | \t )
    | (?P<line>  [\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+ )
    | (?P<word>  (?: =\?[^?\s]{1,80}\?[BbQq]\?[^?\s]{0,500}\?=
                   | @\[[^\]\s<>@]{0,255}\]
                   | \\[^\r\n]
                   | [^\s"(),:;<>\\，；] )+ )
    | (?P<angle> <[^<>"(\\\r\n]*> )
    | (?P<comma> [,，] )
    | (?P<semi>  [;；] )
    | (?P<colon> : )
    | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r'"((?:[^"\\\r\n]|\\[^\r\n]|(?:\r\n|\r|\n)[ \t])*)"')
_ANGLE = re.compile(
    r"""<( (?: [^<>"\\\r\n] | "(?:[^"\\\r\n]|\\[^\r\n])*" | \\[^\r\n] | (?:\r\n|\r|\n)[ \t]
             | "(?=[^"\r\n]*>) )* )>""",
    re.VERBOSE,
)


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    COMMENT = auto()
    ANGLE = auto()
    OPEN = auto()
    COMMA = auto()
    SEMICOLON = auto()
    LINE = auto()
    SOFT = auto()
    COLON = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: `raw` as written, `text` without its quotes or brackets.

    `apart` says that white space or a comment stands before it.
    """

    kind: Kind
    raw: str
    text: str
    apart: bool = False


_KINDS = {
    "fold": Kind.SOFT,
    "line": Kind.LINE,
    "comma": Kind.COMMA,
    "semi": Kind.SEMICOLON,
    "colon": Kind.COLON,
}


def scan(text: str) -> Iterator[Token]:
    """Yield the tokens of `text`; quotes and brackets that pair with nothing are left out."""
    return _Scanner(_ZERO_WIDTH_AND_CONTROLS.sub("", text)).tokens()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0
        self._apart = False
        self._closing: dict[int, int] = {}
        self._no_quote_before = 0

    def tokens(self) -> Iterator[Token]:
        while self._position < len(self._text):
            match = _TOKEN.match(self._text, self._position)
            if match is None or match.lastgroup is None:  # every character matches
                break
            token = self._token(match, match.lastgroup)
            if token is not None:
                yield token

    def _token(self, match: re.Match[str], group: str) -> Token | None:
        raw = match[0]
        if group == "other":
            return self._bracketed(raw)
        self._position = match.end()
        if group == "gap":
            self._apart = True
            return None
        if group == "word":
            return self._make(Kind.WORD, raw, raw)
        if group == "angle":
            return self._make(Kind.ANGLE, raw, raw[1:-1])
        self._apart = True
        return Token(kind=_KINDS[group], raw=raw, text=raw)

    def _bracketed(self, mark: str) -> Token | None:
        start = self._position
        if mark == '"' and (match := self._quoted()) is not None:
            self._position = match.end()
            return self._make(Kind.QUOTED, match[0], unescape(match[1]))
        if mark == "<":
            return self._angle()
        if mark == "(" and (end := self._comment_end(start)) > 0:
            self._position = end
            inner = self._text[start + 1 : end - 1]
            token = Token(Kind.COMMENT, self._text[start:end], unescape(inner).strip())
            self._apart = True
            return token
        self._position += 1
        if mark in "()":  # unbalanced: part of a name, as in "Testing)"
            return self._make(Kind.WORD, mark, mark)
        self._apart = True  # a quote or > that pairs with nothing means nothing
        return None

    def _quoted(self) -> re.Match[str] | None:
        start = self._position
        if start < self._no_quote_before:
            return None
        limit = start + _WINDOW
        match = _QUOTED.match(self._text, start, limit)
        if match is None:
            line = re.compile(r"[\r\n](?![ \t])").search(self._text, start, limit)
            self._no_quote_before = line.start() if line else min(limit, len(self._text))
        return match

    def _angle(self) -> Token:
        match = _ANGLE.match(self._text, self._position, self._position + _WINDOW)
        if match is None:
            self._position += 1
            return self._make(Kind.OPEN, "<", "")
        self._position = match.end()
        return self._make(Kind.ANGLE, match[0], strip_comments(match[1]))

    def _comment_end(self, start: int) -> int:
        """Return where the comment at `start` ends, or -1; one pass serves all it passes by."""
        if start not in self._closing:
            open_at: list[int] = []
            for match in _PARENTHESIS.finditer(self._text, start, start + _WINDOW):
                if match[0] == "(":
                    open_at.append(match.start())
                elif match[0] == ")":
                    self._closing[open_at.pop()] = match.end()
                elif not match[0].startswith("\\"):
                    break
                if not open_at:
                    break
            self._closing.update(dict.fromkeys(open_at, -1))
        return self._closing[start]

    def _make(self, kind: Kind, raw: str, text: str) -> Token:
        token = Token(kind=kind, raw=raw, text=text, apart=self._apart)
        self._apart = False
        return token


def unescape(text: str) -> str:
    """Return the content of a quoted string or comment: quoted pairs resolved, unfolded."""
    if "\\" in text:
        text = _QUOTED_PAIR.sub(r"\1", text)
    return _SPACES.sub(_one_space, text) if _has_odd_space(text) else text


def strip_comments(text: str) -> str:
    """Return `text` without balanced (comments); quoted strings are left alone."""
    if "(" not in text:
        return text
    out: list[str] = []
    depth = 0
    for piece in re.findall(r'"(?:[^"\\]|\\.)*"|\\.|[()]|[^"\\()]+|.', text, re.DOTALL):
        if piece == "(":
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif not depth:
            out.append(piece)
    return "".join(out)


def _one_space(match: re.Match[str]) -> str:
    return match[0] if match[0].strip(" ") == "" else " "


def _has_odd_space(text: str) -> bool:
    return any(mark in text for mark in "\t\r\n")
