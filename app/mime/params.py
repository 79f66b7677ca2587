"""Fields of a value and parameters, such as Content-Type (RFC 2045 §5.1, RFC 2231).

Pure. File names go out whole by RFC 2231. For readers that do not know it, the older `name` of
Content-Type carries an ASCII form beside the full one; Content-Disposition holds the full form
only, because several parsers (Python's among them) would prefer an ASCII `filename` to it.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from app.domain.encoded_word import decode_bytes, decode_words, unfold, whole_characters
from app.mime.header_text import UnsafeHeader, checked_name, checked_text, clusters, fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TOKEN = re.compile(r"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]+")
_PARAM_NAME = re.compile(r"[!#$&+\-.0-9A-Z^_`a-z{|}~]{1,40}")
_VALUE = re.compile(r"[!#$&+\-.0-9A-Z^_`a-z{|}~]+(?:/[!#$&+\-.0-9A-Z^_`a-z{|}~]+)?")
_ATTRIBUTE_CHARS = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$&+-.^_`{|}~"
)
# A longer file name goes out in sections. Other values stay whole: hardly any reader puts the
# sections of a boundary together.
_FILE_NAMES = ("filename", "name")
_FALLBACK_NAMES = ("name",)
_VALUE_LIMIT = 60
_OTHER_LIMIT = 200
_NOT_FALLBACK = re.compile(r"[^ !#-.0-9;-\[\]-~]+")

_PIECE = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?$)|\\.|[()]|\r?\n[ \t]*|[^"\\()\r\n]+|.', re.DOTALL)
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)(?:"|\\?$)', re.DOTALL)
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Overrides and embeddings show `exe.pdf` where the name ends in `.exe` (CWE-451).
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SECTION = re.compile(r"([^*]+)\*(?:(?:(0|[1-9]\d{0,3}))(\*)?)?")
_CHARSET = re.compile(r"([^']*)'([^']*)'(.*)", re.DOTALL)
_REPLACEMENT = "\ufffd".encode()
_MAX_PARAMS = 500


def encode_parameterised(name: str, value: str, params: Mapping[str, str]) -> bytes:
    """Return `name: value; param=…` folded; parameters beyond ASCII by RFC 2231.

    Raises:
        UnsafeHeader: a line break of any kind, or something that is no token.
    """
    checked_name(name)
    if not _VALUE.fullmatch(checked_text(name, value)):
        raise UnsafeHeader(name, "parameter")
    pieces = [value]
    for key, text in params.items():
        if not _PARAM_NAME.fullmatch(key):
            raise UnsafeHeader(name, "parameter")
        pieces += _param(key, checked_text(name, text))
    return fold(name, [f"{piece};" for piece in pieces[:-1]] + pieces[-1:])


def _param(key: str, text: str) -> list[str]:
    is_ascii = text.isascii() and (text.isprintable() or not text)
    # Some readers decode RFC 2047 words and charset'language' marks here although they must not.
    is_misread = "=?" in text or text.count("'") > 1
    limit = _VALUE_LIMIT if key.lower() in _FILE_NAMES else _OTHER_LIMIT
    if is_ascii and len(text) <= limit and not is_misread:
        return [f"{key}={quote_value(text)}"]
    extended = _extended(key, text)
    if key.lower() in _FALLBACK_NAMES:
        return [f"{key}={quote_value(ascii_fallback(text))}", *extended]
    return extended


def quote_value(text: str) -> str:
    """Return an ASCII parameter value, in quotes unless it is a token."""
    if _TOKEN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def ascii_fallback(file_name: str) -> str:
    """Return a file name in ASCII that still says what it is: accents off, ending kept."""
    plain = unicodedata.normalize("NFKD", file_name.replace("ß", "ss"))
    plain = "".join(char for char in plain if not unicodedata.combining(char)).replace("=?", "_")
    stem, dot, ending = plain.rpartition(".")
    if not dot:
        stem, ending = plain, ""
    stem = _NOT_FALLBACK.sub("_", stem).strip() or "_"
    ending = _NOT_FALLBACK.sub("_", ending).strip()[:16]
    room = _VALUE_LIMIT - len(ending) - len(dot)
    return f"{stem[:room]}{dot}{ending}"


def _extended(key: str, text: str) -> list[str]:
    """Return `key*=utf-8''…`, in numbered sections if it is long (RFC 2231 §3 and §4)."""
    sections = [""]
    room = _VALUE_LIMIT - len(key)
    for quoted in _quoted_pieces(text, room):
        if len(sections[-1]) + len(quoted) > room and sections[-1]:
            sections.append("")
        sections[-1] += quoted
    if len(sections) == 1:
        return [f"{key}*=utf-8''{sections[0]}"]
    return [
        f"{key}*{index}*=" + ("utf-8''" if index == 0 else "") + section
        for index, section in enumerate(sections)
    ]


def _quoted_pieces(text: str, room: int) -> Iterator[str]:
    for cluster in clusters(text):
        quoted = _percent(cluster)
        if len(quoted) <= room:
            yield quoted
        else:
            yield from map(_percent, cluster)


def _percent(text: str) -> str:
    return "".join(
        chr(octet) if octet in _ATTRIBUTE_CHARS else f"%{octet:02X}"
        for octet in text.encode("utf-8")
    )


def decode_params(text: str) -> tuple[str, dict[str, str]]:
    """Return (value in lower case, {name in lower case: text}) of a field body, never an error.

    The first of two equal parameters counts; an extended one beats a plain one (RFC 2231 §5 and
    RFC 6266 §4.3); a missing section ends a value. A name with a broken `*` ending is kept as it
    is if nothing else gives its value.
    """
    items = _items(whole_characters(text))
    value = "".join(next(items, "").split()).lower()
    params = _Params()
    for _, item in zip(range(_MAX_PARAMS), items, strict=False):
        key, equals, raw = item.partition("=")
        key = "".join(key.split()).lower()
        if equals and key and raw.strip():
            params.take(key, _unquoted(raw))
    return value, params.found()


@dataclass(slots=True)
class _Params:
    """The parameters of one field, sorted by how they are written."""

    plain: dict[str, str] = field(default_factory=dict)
    extended: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[int, tuple[str, bool]]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    repeated: set[str] = field(default_factory=set)

    def take(self, key: str, raw: str) -> None:
        match = _SECTION.fullmatch(key)
        if "*" not in key:
            self.plain.setdefault(key, _clean(decode_words(raw) if "=?" in raw else raw))
        elif match is None:
            self.broken.setdefault(key, _clean(raw))
        elif match[2] is not None:
            self._take_section(match[1], int(match[2]), (raw, bool(match[3])))
        elif (decoded := _decoded(raw)) is not None:
            self.extended.setdefault(match[1], decoded)

    def _take_section(self, key: str, number: int, section: tuple[str, bool]) -> None:
        # A section that comes twice begins a second value, of which nothing may be mixed in.
        sections = self.sections.setdefault(key, {})
        if number in sections:
            self.repeated.add(key)
        if key not in self.repeated:
            sections[number] = section

    def found(self) -> dict[str, str]:
        found = dict(self.plain)
        joined = {key: _joined(parts) for key, parts in self.sections.items()}
        found.update({key: text for key, text in joined.items() if text})
        found.update(self.extended)
        broken = {k: v for k, v in self.broken.items() if k.partition("*")[0] not in found}
        return found | broken


def _joined(parts: dict[int, tuple[str, bool]]) -> str:
    """Return sections 0, 1, 2 … as one text; the first says which charset all percents are in."""
    first, is_extended = parts.get(0, ("", False))
    charset, out = "utf-8", bytearray()
    if is_extended and (match := _CHARSET.fullmatch(first)):
        charset, first = match[1] or "utf-8", match[3]
    index = 0
    while index in parts:
        raw, is_extended = (first, is_extended) if index == 0 else parts[index]
        out += unquote_to_bytes(raw) if is_extended else _octets(raw, charset)
        index += 1
    return _clean(decode_bytes(bytes(out), charset))


def _octets(text: str, charset: str) -> bytes:
    try:
        return text.encode(charset)
    except (LookupError, UnicodeError):
        return text.encode("utf-8", "replace")


def _decoded(raw: str) -> str | None:
    """Return an extended value (`charset'language'percents`), None if its octets make no sense."""
    match = _CHARSET.fullmatch(raw)
    if match is None:
        charset, octets = "utf-8", raw.rpartition("'")[2]
    else:
        charset, octets = match[1] or "utf-8", match[3]
    data = unquote_to_bytes(octets)
    text = decode_bytes(data, charset)
    if "\ufffd" not in text or _REPLACEMENT in data:
        return _clean(text)
    return None if match is None or match[1] else _clean(octets)


def _items(text: str) -> Iterator[str]:
    """Yield what stands between semicolons; quotes are kept, comments are not.

    A fold after a whole parameter counts as a semicolon: some senders forget it.
    """
    out: list[str] = []
    depth = 0
    for piece in _PIECE.findall(text):
        if piece == "(" and (depth or not _continues_word(out)):
            depth += 1
        elif piece == ")" and depth:
            depth -= 1
        elif depth:
            continue
        elif piece[0] == '"':
            out.append(piece)
        elif piece[0] in "\r\n":
            out.append(" ;" if _ends_item(out) else " ")
        else:
            out.append(piece)
    yield from _split(out)


def _continues_word(out: list[str]) -> bool:
    # `filename=report(1).pdf` is no comment; one stands apart, as in `us-ascii (Plain text)`.
    return bool(out) and out[-1][-1] not in " \t;=/"


def _ends_item(out: list[str]) -> bool:
    last = "".join(out[-3:]).strip()
    return bool(last) and last[-1] not in ";="


def _split(pieces: list[str]) -> Iterator[str]:
    item: list[str] = []
    for piece in pieces:
        if piece[0] == '"':
            item.append(piece)
            continue
        head, *rest = piece.split(";")
        item.append(head)
        for part in rest:
            yield "".join(item)
            item = [part]
    yield "".join(item)


def _unquoted(raw: str) -> str:
    raw = raw.strip()
    if raw[:1] == '"' and (match := _QUOTED.match(raw)):
        return _QUOTED_PAIR.sub(r"\1", unfold(match[1]))
    return raw.split(None, 1)[0] if raw else ""


def _clean(text: str) -> str:
    return _BIDI.sub(" ", _CONTROLS.sub("", text))
