"""Cards of an address book: vCard 2.1, 3.0 (RFC 2426) and 4.0 (RFC 6350). Pure and tolerant.

Phones and webmails export dialects that strict readers refuse whole; here one broken line costs
that line, one broken card that card. Pictures, sounds and keys are passed over.
"""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from app.contacts.cells import CellError, as_uuid, clean, read_emails
from app.contacts.rows import IncomingContact
from app.domain.contact import Contact, RowError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_HEAD = re.compile(r"\s*(?:[\w-]+\.)?([A-Za-z][\w-]*)((?:;(?:\"[^\"]*\"|[^\":;])*)*):")
_PARAMETER = re.compile(r";((?:\"[^\"]*\"|[^\":;])*)")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_STRUCTURE = re.compile(r"((?:\\.|[^\\;])*)(?:;|$)", re.DOTALL)
_SKIPPED = frozenset({"PHOTO", "LOGO", "SOUND", "KEY"})
# What becomes a field of its own beside the known ones.
_EXTRAS = {"URL": "website", "NICKNAME": "nickname", "BDAY": "birthday", "ROLE": "role"}
_LAST_PLACE = 100


@dataclass(slots=True)
class _Line:
    """One property: its name, its parameters in capitals, its raw value."""

    name: str
    parameters: dict[str, str]
    value: str

    def text(self) -> str:
        """Give the value as one text."""
        return clean(_unescape(self.decoded()))

    def parts(self) -> list[str]:
        """Give the parts of a structured value, such as N and ORG."""
        return [clean(_unescape(part)) for part in _STRUCTURE.findall(self.decoded())]

    def decoded(self) -> str:
        encoding = self.parameters.get("ENCODING", "")
        if encoding != "QUOTED-PRINTABLE":
            return self.value
        data = quopri.decodestring(self.value.encode("utf-8", "replace"))
        try:
            return data.decode(self.parameters.get("CHARSET", "utf-8"))
        except (LookupError, UnicodeDecodeError):
            return data.decode("cp1252", "replace")

    @property
    def place(self) -> int:
        """Give where it stands among its like: 1 is preferred (RFC 6350 §5.3)."""
        place = self.parameters.get("PREF", "")
        if place.isdigit():
            return int(place)
        return 1 if "PREF" in self.parameters.get("TYPE", "").split(",") else _LAST_PLACE


@dataclass(slots=True)
class _Card:
    lines: dict[str, list[_Line]] = field(default_factory=dict)

    def first(self, name: str) -> _Line | None:
        found = sorted(self.lines.get(name, ()), key=lambda line: line.place)
        return found[0] if found else None

    def text(self, name: str) -> str:
        line = self.first(name)
        return line.text() if line else ""


def is_cards(text: str) -> bool:
    """Say whether a text is a set of cards."""
    return text.lstrip("\ufeff \t\r\n")[:11].upper() == "BEGIN:VCARD"


def contacts_of_cards(text: str, now: datetime) -> Iterator[IncomingContact | RowError]:
    """Read a set of cards, one by one."""
    number = 0
    card: _Card | None = None
    for line in _unfolded(text):
        word = line.strip().upper().replace(" ", "")
        if word in {"BEGIN:VCARD", "END:VCARD"}:
            is_begin = word.startswith("BEGIN")
            if card is not None:
                yield _unfinished(number) if is_begin else _read(card, number, now)
            number += is_begin
            card = _Card() if is_begin else None
        elif card is not None and (made := _line(line)) is not None:
            card.lines.setdefault(made.name, []).append(made)
    if card is not None:
        yield _unfinished(number)
    elif number == 0:
        yield RowError(row=1, column="", reason="no_rows")


def _unfinished(number: int) -> RowError:
    return RowError(row=number, column="", reason="unfinished_card")


def _unfolded(text: str) -> Iterator[str]:
    """Join what was folded: by blanks (RFC 6350 §3.2), or by a last = in vCard 2.1."""
    pieces: list[str] = []
    is_soft = False
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if pieces and is_soft:
            pieces[-1] = pieces[-1][:-1]
            pieces.append(line)
        elif pieces and line[:1] in {" ", "\t"}:
            pieces.append(line[1:])
        else:
            if pieces:
                yield "".join(pieces)
            pieces = [line]
        head = pieces[0].upper()
        is_soft = line.endswith("=") and "QUOTED-PRINTABLE" in head.partition(":")[0]
    if pieces:
        yield "".join(pieces)


def _line(text: str) -> _Line | None:
    head = _HEAD.match(text)
    if head is None or head[1].upper() in _SKIPPED:
        return None
    parameters: dict[str, str] = {}
    for piece in _PARAMETER.findall(head[2]):
        name, equals, value = piece.partition("=")
        if not equals:
            # vCard 2.1: the bare value stands for its parameter.
            is_encoding = piece.strip().upper() in {"QUOTED-PRINTABLE", "BASE64", "8BIT"}
            name, value = ("ENCODING" if is_encoding else "TYPE"), piece
        key = name.strip().upper()
        joined = f"{parameters[key]},{value}" if key in parameters else value
        parameters[key] = joined.strip().strip('"').upper()
    return _Line(head[1].upper(), parameters, text[head.end() :])


def _unescape(text: str) -> str:
    """Undo backslashes (RFC 6350 §3.4)."""
    if "\\" not in text:
        return text
    return _ESCAPED.sub(lambda found: "\n" if found[1] in "nN" else found[1], text)


def _read(card: _Card, number: int, now: datetime) -> IncomingContact | RowError:
    try:
        contact = _contact(card, now)
    except CellError as error:
        return RowError(row=number, column="", reason=error.reason, value=error.value)
    if not (contact.emails or contact.external_id or contact.uid):
        return RowError(row=number, column="EMAIL", reason="no_key")
    return IncomingContact(number, contact)


def _contact(card: _Card, now: datetime) -> Contact:
    name_line = card.first("N")
    last, first = [*name_line.parts(), "", ""][:2] if name_line else ("", "")
    org_line = card.first("ORG")
    own_id = card.text("UID")
    uid = as_uuid(own_id.lower()) or ""
    extras = ((slug, card.text(name)) for name, slug in _EXTRAS.items())
    return Contact(
        uid=uid,
        external_id="" if uid else own_id,
        emails=_emails(card),
        name=card.text("FN"),
        first_name=first,
        last_name=last,
        company=org_line.parts()[0] if org_line else "",
        title=card.text("TITLE"),
        phone=card.text("TEL").removeprefix("tel:"),
        extras=tuple((name, text) for name, text in extras if text),
        created_at=now,
        updated_at=now,
    )


def _emails(card: _Card) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for line in sorted(card.lines.get("EMAIL", ()), key=lambda line: line.place):
        text = line.text().removeprefix("mailto:")
        if text:
            found.update(dict.fromkeys(read_emails(text)))
    return tuple(found)
