r"""Fields in a text: `{{contact.first_name|there}}` becomes a value. Pure; no code, no templates engine.

One pass from left to right: what a value holds is never read again, so a contact called
`{{me.phone}}` stays that. In HTML a value is escaped for where it stands; where nothing safe can be
written (tag names, styles, scripts, comments, attributes without quotes) a field is refused as
foreign. `\{{` writes two braces.
"""

from __future__ import annotations

import html as _html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from app.domain.fields_zones import Zone, attribute_before, zones
from app.domain.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from app.domain.draft import Draft

NAMESPACES = ("contact", "deal", "me")
# Longer than this nothing is a field, so that a stray pair of braces costs little to pass.
_LONGEST = 400
_TEXT_FIELD = re.compile(rf"\\?\{{\{{([^{{}}]{{0,{_LONGEST}}})\}}\}}|\\?\{{\{{")
# An editor may have put format tags between the braces; they are kept behind the value. In links
# the braces may be percent-encoded (RFC 3986 §2.1).
_HTML_FIELD = re.compile(
    rf"\\?\{{\{{((?:[^{{}}<>]|<[^<>{{}}]{{0,300}}>){{0,{_LONGEST}}})\}}\}}"
    rf"|\\?\{{\{{"
    rf"|%7[Bb]%7[Bb]([^{{}}<>\"']{{0,{_LONGEST}}}?)%7[Dd]%7[Dd]"
)
_NAME = re.compile(rf"(?:{'|'.join(NAMESPACES)})\.\w+(?:\.\w+)*")
_OWN_BEGINNING = re.compile(rf"\s*(?:{'|'.join(NAMESPACES)})\s*\.", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{0,300}>")
_GAPS = re.compile(r"[\s\-]+")
_LINE_BREAKS = re.compile("[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]+")
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SAFE_LINK = re.compile(r"(?:https?://|mailto:)[^\s<>\"'`\\]+", re.IGNORECASE)
_LINKS = frozenset({"href", "src"})
_WORDS = frozenset({"title", "alt"})


@dataclass(frozen=True, slots=True)
class Resolved:
    """A text with its values, and the names that have none: ours without a value, and others'."""

    text: str
    missing: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Filled:
    """A draft with its values, and a problem for each field that stops the send."""

    draft: Draft
    problems: tuple[Problem, ...] = ()


def has_fields(text: str) -> bool:
    """Say whether `resolve` may find anything to do."""
    return "{{" in text or "%7b%7b" in text.lower()


def resolve(
    text: str, values: Mapping[str, str], *, html: bool = False, one_line: bool = False
) -> Resolved:
    """Put values in the place of fields.

    Args:
        text: what was written.
        values: by name, such as `contact.first_name`; an empty value counts as none.
        html: the text is HTML: values are escaped for where they stand.
        one_line: the text is a header field: line breaks in values become blanks.
    """
    if not has_fields(text):
        return Resolved(text)
    return _Pass(text, values, html=html, one_line=one_line).run()


def field_problems(field: str, resolved: Resolved) -> Iterator[Problem]:
    """Give what stops the send: each name that has no value, and each that is not ours."""
    for reason, names in (("missing", resolved.missing), ("foreign", resolved.foreign)):
        for name in names:
            yield Problem(
                code="unresolved_field", field=field, params={"field_name": name, "reason": reason}
            )


class _Pass:
    """One walk over one text."""

    def __init__(self, text: str, values: Mapping[str, str], *, html: bool, one_line: bool) -> None:
        self._text = text
        self._values = values
        self._html = html
        self._one_line = one_line
        self._missing: dict[str, None] = {}
        self._foreign: dict[str, None] = {}
        self._at = 0

    def run(self) -> Resolved:
        pieces: list[str] = []
        position = 0
        walk = zones(self._text) if self._html else iter(())
        zone = next(walk, None)
        for found in (_HTML_FIELD if self._html else _TEXT_FIELD).finditer(self._text):
            while zone is not None and zone.end <= found.start():
                zone = next(walk, None)
            here = zone if zone is not None and zone.start <= found.start() else None
            self._at = found.start()
            pieces += [self._text[position : self._at], self._replaced(found, here)]
            position = found.end()
        pieces.append(self._text[position:])
        return Resolved("".join(pieces), tuple(self._missing), tuple(self._foreign))

    def _replaced(self, found: re.Match[str], zone: Zone | None) -> str:
        whole = found[0]
        if whole.startswith("\\"):
            return whole[1:]
        if self._html and found[2] is not None:
            # Outside a tag these are somebody's literal percent signs.
            return self._value(whole, unquote(found[2]), zone) if zone and zone.is_tag else whole
        if found[1] is None:
            self._judge_lone(found.end())
            return whole
        tags = "".join(_TAG.findall(found[1])) if self._html else ""
        inner = _html.unescape(_TAG.sub("", found[1])) if self._html else found[1]
        return self._value(whole, inner, zone) + tags

    def _judge_lone(self, end: int) -> None:
        """Find fault with braces that begin a field and do not end one."""
        tail = self._text[end : end + _LONGEST]
        if self._html:
            tail = _html.unescape(_TAG.sub("", tail))
        inner, closing, _ = tail.partition("}}")
        if _OWN_BEGINNING.match(tail):
            words = re.split(r"[\s|}<]", inner.strip(), maxsplit=1)
            self._missing[_shown(words[0])] = None
        elif closing:
            self._foreign[_shown(inner)] = None

    def _value(self, whole: str, inner: str, zone: Zone | None) -> str:
        """Give what stands in the place of one field, or the field itself if it is at fault."""
        before, bar, fallback = inner.partition("|")
        name = _GAPS.sub("_", before.strip()).casefold()
        if not _NAME.fullmatch(name):
            self._foreign[_shown(before)] = None
            return whole
        value = self._values.get(name, "").strip() or fallback.strip()
        if not value and not bar:
            self._missing[name] = None
            return whole
        written = self._written(value, zone)
        if written is None:
            self._foreign[name] = None
            return whole
        return written

    def _written(self, value: str, zone: Zone | None) -> str | None:
        """Give a value fit for where it stands; None where nothing is safe."""
        plain = _CONTROLS.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
        if self._one_line:
            return " ".join(_CONTROLS.sub("", _LINE_BREAKS.sub(" ", value)).split())
        if not self._html:
            return plain
        if zone is None:
            return _html.escape(plain).replace("\n", "<br>")
        if not zone.is_tag:
            return None
        return _in_attribute(plain, *attribute_before(self._text, zone.start, self._at))


def _in_attribute(value: str, name: str, before: str) -> str | None:
    if name in _WORDS:
        return _html.escape(" ".join(value.split()))
    if name not in _LINKS:
        return None
    if before:
        # Percent-encoded it can neither end the attribute nor add a part to the address.
        return quote(value, safe="")
    return _html.escape(value) if _SAFE_LINK.fullmatch(value) else None


def _shown(name: str) -> str:
    words = " ".join(name.split())
    return words if len(words) <= 60 else f"{words[:60]}…"
