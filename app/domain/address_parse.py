"""Reads recipients as people type and paste them, and as header fields hold them.

Pure. Understood: commas, semicolons, line ends and tabs between addresses; names with commas
(`Doe, Jane <jane@x.example>`); quotes, comments, groups, routes; encoded words; mailto links
(their `to` field is read, `cc`, `bcc` and all other fields are not); spreadsheet rows (one
address cell, the name from the cells beside it); Outlook's `Name [mailto:a@x.example]` and
'a@x.example' in apostrophes. What is no address is returned as text with a reason.

It does not judge: `bob@` is unreadable, but `bob@nowhere` is an address. Reasons: `no_address`,
`no_local`, `no_domain`, `many_ats`, `group_name`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.domain.address import Address, ParsedAddresses, Unreadable
from app.domain.address_paste import SIMPLE_ADDRESS, unpack
from app.domain.address_scan import Kind, Token, scan
from app.domain.encoded_word import decode_words

if TYPE_CHECKING:
    from collections.abc import Sequence

_INVISIBLE = re.compile(r"[\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
_ROUTE = re.compile(r"\s*@[^:<>\"]*:")
_AROUND_DOT_OR_AT = re.compile(r'("(?:[^"\\]|\\.)*")|\s*([.@])\s*', re.DOTALL)
_LONE_DOT = re.compile(r" \. ?")
_LONE_AT = re.compile(r" ?@ ?")
_BULLET = re.compile(r"[\d\s.)\-*+:#\u00b7\u2022\u2023\u2043\u2013\u2014]+")
_PAIRS = {"'": "'", "[": "]", "{": "}", "\u201c": "\u201d", "\u2018": "\u2019", "\u00ab": "\u00bb"}
_QUOTED_PART = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
# "Doe, Jr., Jane": more pieces than this before a name in <…> are people of their own.
_NAME_PIECES = 3


def parse(text: str) -> ParsedAddresses:
    """Return the addresses in `text`, in order, and what could not be read."""
    reader = _Reader()
    for token in scan(unpack(text)):
        reader.take(token)
    return reader.result()


@dataclass(slots=True)
class _Piece:
    """What stands between two separators."""

    words: list[Token] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    angle: str | None = None
    before_open: list[Token] = field(default_factory=list)
    is_open: bool = False
    is_tail: bool = False
    has_at: bool = False

    @property
    def is_blank(self) -> bool:
        return not (self.words or self.before_open or self.comments) and self.angle is None

    @property
    def is_complete(self) -> bool:
        return self.angle is not None or self.has_at


class _Reader:
    """Collects pieces; the state is the current piece and the text pieces a name may need."""

    def __init__(self) -> None:
        self._addresses: list[Address] = []
        self._unreadable: list[Unreadable] = []
        self._piece = _Piece()
        self._pending: list[str] = []
        self._group = ""
        self._soft = False

    def take(self, token: Token) -> None:
        match token.kind:
            case Kind.SOFT:
                self._soft = True
                return
            case Kind.COMMENT:
                self._piece.comments += [token.text] if token.text else []
                return
            case Kind.COMMA:
                self._end_piece(joins=True)
            case Kind.SEMICOLON | Kind.LINE:
                self._end_piece()
            case Kind.COLON:
                self._name_group()
            case Kind.WORD | Kind.QUOTED:
                self._take_word(token)
            case Kind.ANGLE | Kind.OPEN:
                self._take_angle(token)
        self._soft = False

    def result(self) -> ParsedAddresses:
        self._end_piece()
        return ParsedAddresses(tuple(self._addresses), tuple(self._unreadable))

    def _take_word(self, token: Token) -> None:
        if self._piece.angle is not None:
            self._end_piece()
            self._piece.is_tail = True
        elif self._soft and self._piece.is_complete:
            self._end_piece()
        self._piece.words.append(token)
        self._piece.has_at |= "@" in token.raw

    def _take_angle(self, token: Token) -> None:
        if self._piece.angle is not None:
            self._end_piece()
        if token.kind is Kind.OPEN:
            self._piece.is_open = True
            self._piece.before_open += self._piece.words
            self._piece.words = []
            return
        if _is_list(token.text):
            self._end_piece()
            self._take_all(parse(token.text))
            return
        self._piece.angle = token.text

    def _take_all(self, inner: ParsedAddresses) -> None:
        self._addresses += inner.addresses
        self._unreadable += inner.unreadable

    def _name_group(self) -> None:
        """A colon makes what stands before it the name of a group, which is no recipient."""
        piece, self._piece = self._piece, _Piece()
        self._drop_pending()
        text = _text_of(piece)
        if piece.is_complete:  # an address that names a group is a trick or a slip: show it
            self._unreadable.append(Unreadable(text, "group_name"))
        self._group = f"{text}: " if text and not piece.is_complete else ""

    def _end_piece(self, *, joins: bool = False) -> None:
        piece, self._piece = self._piece, _Piece()
        group, self._group = self._group, ""
        if not piece.is_blank:
            self._finish(piece, group, joins=joins)
        if not joins:
            self._drop_pending()

    def _finish(self, piece: _Piece, group: str, *, joins: bool) -> None:
        if piece.angle is not None and piece.angle.strip():
            self._finish_angle(piece)
            return
        found = _bare_addresses(piece)
        if found:
            if piece.before_open:
                found[0] = (found[0][0], self._with_pending(found[0][1]))
            self._drop_pending()
            for spec, name in found:
                self._add(spec, name)
        else:
            self._text_piece(piece, group, joins=joins)

    def _finish_angle(self, piece: _Piece) -> None:
        spec = _clean_angle(piece.angle or "")
        words = piece.before_open + piece.words
        name = _phrase(words) or _comment_name(piece.comments)
        name = _unpair(self._with_pending(name) if words else name)
        self._drop_pending()
        same = name.casefold() == spec.casefold() and not _is_quoted(words)
        self._add(spec, "" if same else name, needs_at=False)

    def _with_pending(self, name: str) -> str:
        """Return a name with the pieces before its commas: `Doe, Jane <jane@x.example>`."""
        if name and self._pending:
            name = ", ".join((*self._pending[-_NAME_PIECES:], name))
            del self._pending[-_NAME_PIECES:]
        return name

    def _take_comment(self, piece: _Piece) -> bool:
        """Read `Evan (evan@x.example)`: the only address is the comment."""
        for comment in piece.comments:
            if SIMPLE_ADDRESS.fullmatch(comment) and piece.angle is None:
                self._drop_pending()
                self._add(comment, _unpair(_phrase(piece.words)))
                return True
        return False

    def _text_piece(self, piece: _Piece, group: str, *, joins: bool) -> None:
        if self._take_comment(piece):
            return
        text = _text_of(piece)
        if piece.is_tail or not text.strip():  # "<jane@x.example> Junior"
            return
        if joins and not piece.is_open and piece.angle is None:
            self._pending.append(group + text)
        else:
            self._drop_pending()
            self._unreadable.append(Unreadable(group + text, "no_address"))

    def _drop_pending(self) -> None:
        self._unreadable += [Unreadable(text, "no_address") for text in self._pending]
        self._pending.clear()

    def _add(self, spec: str, name: str, *, needs_at: bool = True) -> None:
        reason = _fault(spec, needs_at=needs_at)
        if reason is None:
            self._addresses.append(Address(spec, name))
        else:
            self._unreadable.append(Unreadable(f"{name} <{spec}>" if name else spec, reason))


def _fault(spec: str, *, needs_at: bool) -> str | None:
    """Return why `spec` has not the form of an address."""
    outside = _QUOTED_PART.sub("q", spec)
    if "@" not in outside:
        # In <…> a word without @ is a name in somebody's own list: kept, and judged later.
        return "no_address" if needs_at or not outside.strip() else None
    local, _, domain = outside.rpartition("@")
    if not local:
        return "no_local"
    if not domain.strip("."):
        return "no_domain"
    return "many_ats" if "@" in local else None


def _is_list(text: str) -> bool:
    """Say whether <…> holds several addresses: `<a@x.example, b@y.example>`."""
    outside = _QUOTED_PART.sub("q", text)
    has_separator = "," in outside or ";" in outside
    return has_separator and outside.count("@") > 1 and not _ROUTE.match(text)


def _clean_angle(text: str) -> str:
    text = _INVISIBLE.sub("", _ROUTE.sub("", text, count=1))
    if "@" in text and re.search(r"\s", text):
        text = _AROUND_DOT_OR_AT.sub(lambda match: match[1] or match[2], text)
    return " ".join(text.split()) if '"' not in text else text.strip()


def _bare_addresses(piece: _Piece) -> list[tuple[str, str]]:
    """Return the (address, name) pairs among words without <…>."""
    words = _merged(piece.words)
    if len(words) == 1 and SIMPLE_ADDRESS.fullmatch(_unquoted(words[0])):  # a list in quotes
        words = [_unquoted(words[0])]
    at = [index for index, word in enumerate(words) if _has_at(word)]
    if not at:
        return []
    names = _names_between(words, at)
    if piece.before_open:  # `Joe <joe@x.example` without the end
        names[0] = _unpair(_phrase(piece.before_open))
    if not any(names):
        names[-1] = _comment_name(piece.comments)
    return [(_trim(words[index]), name) for index, name in zip(at, names, strict=True)]


def _names_between(words: list[str], at: list[int]) -> list[str]:
    """Give each address the words before it; if it starts with an address, those after it."""
    edges = [-1, *at, len(words)]
    gaps = [words[edges[n] + 1 : edges[n + 1]] for n in range(len(edges) - 1)]
    chosen = gaps[:-1] if gaps[0] or not gaps[-1] else gaps[1:]
    names = (_unpair(_decoded(" ".join(_unquoted(word) for word in gap))) for gap in chosen)
    return ["" if _BULLET.fullmatch(name) else name for name in names]


def _merged(tokens: Sequence[Token]) -> list[str]:
    """Return the words, quoted strings joined to what touches them, spaced-out addresses closed."""
    words: list[str] = []
    for token in tokens:
        touches = words and not token.apart
        if touches and _is_one_word(words[-1], token):
            words[-1] += token.raw
        else:
            words.append(token.raw)
    if sum(word.count("@") for word in words) == 1 and not any('"' in word for word in words):
        line = _LONE_AT.sub("@", _LONE_DOT.sub(".", " ".join(words)))
        return line.split(" ")
    return words


def _is_one_word(before: str, token: Token) -> bool:
    # "Jane"jane@x.example is a name and an address, "jane doe"@x.example is one address.
    return not before.endswith('"') or token.raw[0] in '@."'


def _has_at(word: str) -> bool:
    return "@" in word and "@" in _QUOTED_PART.sub("", word) and not word.startswith("=?")


def _trim(word: str) -> str:
    word = _INVISIBLE.sub("", word).replace("\uff20", "@")
    while len(word) > 2 and _PAIRS.get(word[0]) == word[-1]:
        word = word[1:-1]
    if word.endswith(".") and not word.endswith(".."):  # the end of a sentence
        word = word[:-1]
    return word


def _phrase(words: Sequence[Token]) -> str:
    """Return words as a name: quotes resolved, encoded words decoded."""
    out = ""
    for word in words:
        out += f" {word.text}" if out and word.apart else word.text
    return _decoded(out)


def _decoded(text: str) -> str:
    return decode_words(text).strip() if "=?" in text else text.strip()


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] == '"' else word


def _unpair(name: str) -> str:
    """Strip apostrophes or typographic quotes around a whole name, as Outlook writes them."""
    if len(name) > 2 and _PAIRS.get(name[0]) == name[-1] and name[0] not in "[{":
        return name[1:-1].strip()
    return name


def _comment_name(comments: Sequence[str]) -> str:
    return _decoded(" ".join(comment for comment in comments if comment))


def _is_quoted(words: Sequence[Token]) -> bool:
    return any(word.kind is Kind.QUOTED for word in words)


def _text_of(piece: _Piece) -> str:
    text = _phrase(piece.before_open + piece.words)
    comments = "".join(f" ({comment})" for comment in piece.comments)
    angle = f" <{piece.angle}>" if piece.angle is not None else ""
    return f"{text}{comments}{angle}".strip()
