"""What the imports of contacts and deals share: reading the file, saying what became of each row."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli.exits import BAD_DATA, DONE
from app.domain.errors import DraftRejected
from app.domain.problem import Problem
from app.domain.texts_contacts import report_sentence, row_error_sentence

if TYPE_CHECKING:
    from app.cli.output import Output
    from app.domain.contact import ImportReport, TimelineEntry


def read_bytes(name: str) -> bytes:
    """Read a file, or standard input for `-`.

    Raises:
        DraftRejected: it cannot be read; the sentence says why.
    """
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except FileNotFoundError as error:
        raise unreadable_file(name, "there is no such file") from error
    except IsADirectoryError as error:
        raise unreadable_file(name, "it is a folder") from error
    except (OSError, ValueError) as error:
        raise unreadable_file(
            name, getattr(error, "strerror", None) or "it is no file name"
        ) from error


def unreadable_file(name: str, detail: str) -> DraftRejected:
    """Say that a file cannot be read, and why."""
    problem = Problem(code="unreadable_file", field="file", params={"text": name, "detail": detail})
    return DraftRejected([problem])


def show_report(report: ImportReport, output: Output) -> int:
    """Write each row that was left out and the sum; give the exit code."""
    for error in report.errors:
        sentence = row_error_sentence(error)
        value: dict[str, Any] = {
            "row": error.row,
            "column": error.column,
            "reason": error.reason,
            "value": error.value,
            "message": sentence,
        }
        output.row(value, sentence)
    value = {
        "rows": report.rows,
        "created": report.created,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "left_out": len(report.errors),
        "encoding": report.encoding,
    }
    output.row(value, report_sentence(report))
    return BAD_DATA if report.errors else DONE


def entry_value(entry: TimelineEntry) -> dict[str, Any]:
    """Give a timeline's entry as JSON."""
    return {
        "record_uid": entry.record_uid,
        "state": entry.state.value,
        "at": entry.at.isoformat(),
        "subject": entry.subject,
        "from": entry.sender,
        "recipients": list(entry.recipients),
        "provider": entry.provider,
    }


def entry_line(entry: TimelineEntry) -> str:
    """Give a timeline's entry as a line."""
    people = ", ".join(entry.recipients)
    return f"  {entry.at:%Y-%m-%d %H:%M}  {entry.state.value:9}  {entry.subject!r} to {people}"
