"""What an import found, as sentences. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.texts_values import fill, plural

if TYPE_CHECKING:
    from app.domain.contact import ImportReport, RowError

_VALUE_SHOWN = 60

ROW_ERROR_TEXTS: dict[str, str] = {
    "bad_email": "“{value}” is not an address mail can go to. Correct it.",
    "no_key": "There is neither an e-mail address nor an id. Add one, so that a second import"
    " finds the row again.",
    "no_name": "There is no name. Add one.",
    "bad_uid": "“{value}” is not a UUID. Correct it or leave it empty.",
    "two_contacts": "The row names two contacts that are kept apart. Correct its id or its"
    " addresses.",
    "other_uid": "This one is kept under another UUID. Leave the UUID empty, or correct it.",
    "email_taken": "“{value}” belongs to a contact with another id. Correct one of the two.",
    "unknown_contact": "“{value}” is no contact yet. Import the contacts first.",
    "bad_amount": "“{value}” is not an amount. Write it like 24000.50.",
    "bad_date": "“{value}” is not a day. Write it like 2026-07-14.",
    "too_long": "The text is longer than a field may be. Shorten it.",
    "too_many_cells": "The row has more cells than the heading. Put quotes around cells with the"
    " separator in them.",
    "open_quote": "A quote is opened and never closed. Close it or double it.",
    "unfinished_card": "The card has no end. The file may have been cut off.",
    "no_header": "The first row does not say which column is which. Name one of them “email”.",
    "no_rows": "There is nothing in the file.",
    "not_text": "The file is not a table or a set of cards. Export it as CSV or vCard.",
    "too_large": "The file is larger than an import takes. Split it.",
}


def row_error_sentence(error: RowError) -> str:
    """Say which row was left out and why."""
    column = f", {error.column}" if error.column else ""
    value = error.value if len(error.value) <= _VALUE_SHOWN else f"{error.value[:_VALUE_SHOWN]}…"
    return f"Row {error.row}{column}: {fill(ROW_ERROR_TEXTS[error.reason], {'value': value})}"


def report_sentence(report: ImportReport) -> str:
    """Sum up an import."""
    parts = [f"{report.created:,} new", f"{report.updated:,} updated"]
    parts += [f"{report.unchanged:,} as before"]
    left_out = f"; {plural(len(report.errors), 'row')} left out" if report.errors else ""
    return f"{plural(report.rows, 'row')} read: {', '.join(parts)}{left_out}."
