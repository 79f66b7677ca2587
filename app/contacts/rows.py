"""Rows of a table as contacts and deals on their way in. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from app.contacts.cells import (
    CellError,
    as_uuid,
    clean,
    read_day,
    read_emails,
    read_money,
    read_uid,
)
from app.contacts.columns import CONTACT_COLUMNS, DEAL_COLUMNS, name_columns
from app.contacts.table import find_separator, read_rows
from app.domain.contact import Contact, Deal, RowError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from app.contacts.table import TableRow

# A table with more columns is none that a person made.
_MOST_COLUMNS = 300
_KEYS_OF_CONTACTS = frozenset({"emails", "external_id", "uid"})


@dataclass(frozen=True, slots=True)
class IncomingContact:
    """One readable row; its uid is empty if the row has none."""

    row: int
    contact: Contact


@dataclass(frozen=True, slots=True)
class IncomingDeal:
    """One readable row, and the addresses of the contacts it belongs to."""

    row: int
    deal: Deal
    emails: tuple[str, ...] = ()


@dataclass(slots=True)
class _Cells:
    """The cells of one row by field; several cells may feed one."""

    texts: dict[str, str]
    several: dict[str, list[str]]
    extras: dict[str, str]


def contacts_of_table(
    text: str, now: datetime, separator: str = ""
) -> Iterator[IncomingContact | RowError]:
    """Read a table of contacts, row by row."""
    rows = _Rows(text, separator, CONTACT_COLUMNS)
    if rows.fault is None and not rows.fields & _KEYS_OF_CONTACTS:
        rows.fault = RowError(row=1, column="", reason="no_header")
    for item in rows:
        if isinstance(item, RowError):
            yield item
            continue
        number, cells = item
        try:
            yield IncomingContact(number, _contact(cells, now))
        except _BadCell as error:
            yield error.in_row(number)


def deals_of_table(
    text: str, now: datetime, separator: str = ""
) -> Iterator[IncomingDeal | RowError]:
    """Read a table of deals, row by row."""
    rows = _Rows(text, separator, DEAL_COLUMNS)
    if rows.fault is None and "name" not in rows.fields:
        rows.fault = RowError(row=1, column="", reason="no_header")
    for item in rows:
        if isinstance(item, RowError):
            yield item
            continue
        number, cells = item
        try:
            yield _deal(number, cells, now)
        except _BadCell as error:
            yield error.in_row(number)


class _BadCell(Exception):
    """A cell that cannot be taken, and its column."""

    def __init__(self, column: str, error: CellError) -> None:
        super().__init__(column)
        self._column = column
        self._error = error

    def in_row(self, row: int) -> RowError:
        return RowError(
            row=row, column=self._column, reason=self._error.reason, value=self._error.value
        )


class _Rows:
    """The rows of a table under its heading; `fault` is what makes the whole of it useless."""

    def __init__(self, text: str, separator: str, known: dict[str, str]) -> None:
        self._rows = read_rows(text, separator or find_separator(text))
        heading = next(self._rows, None)
        self.fault = None
        if heading is None:
            self.fault = RowError(row=1, column="", reason="no_rows")
        elif heading.fault or len(heading.cells) > _MOST_COLUMNS:
            self.fault = RowError(row=1, column="", reason=heading.fault or "no_header")
        self._columns = name_columns(heading.cells, known) if heading else []
        self.fields = {field for field, _ in self._columns}

    def __iter__(self) -> Iterator[tuple[int, _Cells] | RowError]:
        if self.fault is not None:
            yield self.fault
            return
        for row in self._rows:
            try:
                yield row.number, self._cells(row)
            except _BadCell as error:
                yield error.in_row(row.number)

    def _cells(self, row: TableRow) -> _Cells:
        width = len(self._columns)
        if row.fault or any(cell.strip() for cell in row.cells[width:]):
            raise _BadCell("", CellError(row.fault or "too_many_cells"))
        found = _Cells({}, {}, {})
        for (field, word), cell in zip(self._columns, row.cells, strict=False):
            if not cell:
                continue
            try:
                text = clean(cell)
            except CellError as error:
                raise _BadCell(field or word, error) from error
            if not text:
                continue
            if field == "contacts" and "@" not in text:
                # Many exports name people here; only an address says who it is.
                found.extras[word] = text
            elif field in {"emails", "contacts", "contact_uids"}:
                found.several.setdefault(field, []).append(text)
            elif field:
                found.texts[field] = text
            elif word:
                found.extras[word] = text
        return found


def _read(column: str, read: Any, text: str) -> Any:
    try:
        return read(text)
    except CellError as error:
        raise _BadCell(column, error) from error


def _uid(cells: _Cells) -> str:
    """Give the uid of a row: its own column, or an id that is a UUID already."""
    text = cells.texts.pop("uid", "")
    if text:
        return str(_read("uid", read_uid, text))
    return as_uuid(cells.texts.get("external_id", "")) or ""


def _emails(cells: _Cells, field: str) -> tuple[str, ...]:
    found = (_read("email", read_emails, text) for text in cells.several.get(field, ()))
    return tuple(dict.fromkeys(chain.from_iterable(found)))


def _contact(cells: _Cells, now: datetime) -> Contact:
    uid = _uid(cells)
    contact = Contact(
        uid=uid,
        emails=_emails(cells, "emails"),
        **cells.texts,
        extras=tuple(cells.extras.items()),
        created_at=now,
        updated_at=now,
    )
    return checked_contact(contact)


def checked_contact(contact: Contact) -> Contact:
    """Give a contact that a second import will find again.

    Raises:
        _BadCell: it has nothing to be found by.
    """
    if not (contact.emails or contact.external_id or contact.uid):
        raise _BadCell("", CellError("no_key"))
    return contact


def _deal(row: int, cells: _Cells, now: datetime) -> IncomingDeal:
    uid = _uid(cells)
    texts = cells.texts
    if not texts.get("name"):
        raise _BadCell("name", CellError("no_name"))
    money = _read("amount", read_money, texts.pop("amount")) if "amount" in texts else None
    day = _read("closes_on", read_day, texts.pop("closes_on")) if "closes_on" in texts else None
    currency = texts.pop("currency", "") or (money.currency if money else "")
    uids = [
        _read("contact_uid", read_uid, one)
        for text in cells.several.get("contact_uids", ())
        for one in text.replace(";", " ").replace(",", " ").split()
    ]
    deal = Deal(
        uid=uid,
        **texts,
        amount=money.amount if money else None,
        currency=currency.upper(),
        closes_on=day,
        contact_uids=tuple(dict.fromkeys(uids)),
        extras=tuple(cells.extras.items()),
        created_at=now,
        updated_at=now,
    )
    return IncomingDeal(row, deal, _emails(cells, "contacts"))
