"""Pages of records for lists of any length. Reads only.

A page is found in `outbound_listing`, an index that holds all a filter looks at, and begins where
the page before ended (https://www.sqlite.org/rowvalue.html, "Scrolling Window Queries"), so that
neither a long list nor a deep page costs more. Bodies are left out: no list shows them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ports import OutboxView, RecordPage
from app.store.record_rows import COLUMNS, load_record

if TYPE_CHECKING:
    from app.store.database import Database

VIEWS = {
    # Written so that the states alone find the few rows in the index.
    OutboxView.OUTBOX: "o.state IN ('queued', 'sending', 'uncertain', 'held', 'failed', 'scheduled')"
    " AND (o.state <> 'scheduled' OR o.reason = 'undo_window')",
    OutboxView.SCHEDULED: "o.state = 'scheduled' AND o.reason <> 'undo_window'",
    OutboxView.SENT: "o.state = 'sent'",
    OutboxView.ALL: "1",
}
# Lists that grow for ever; in the others the states alone leave few rows to look at.
_LONG = frozenset({OutboxView.SENT, OutboxView.ALL})
_RUN = 3
_LISTED = (
    f"SELECT {', '.join('o.' + name for name in COLUMNS)},"
    " json_remove(c.content, '$.text', '$.html'), c.reply, c.links"
    " FROM outbound o JOIN outbound_content c ON c.uid = o.uid WHERE o.seq IN ({marks})"
    " ORDER BY o.seq DESC"
)


class SqliteLists:
    """Implements `ports.OutboxLists`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self, view: OutboxView, text: str = "", before: int | None = None, limit: int = 100
    ) -> RecordPage:
        """Give the next records of a view, newest first, that hold every word of `text`."""
        found = self._find(view, text.casefold().split(), before, limit + 1)
        shown = found[:limit]
        marks = ", ".join("?" * len(shown))
        rows = self._database.query(_LISTED.format(marks=marks), shown) if shown else []
        return RecordPage(
            records=tuple(load_record(row) for row in rows),
            before=shown[-1] if len(found) > limit else None,
        )

    def _find(
        self, view: OutboxView, words: list[str], before: int | None, limit: int
    ) -> list[int]:
        source, where = "outbound o", [f"({VIEWS[view]})"]
        values: list[object] = []
        runs = _runs(words) if view in _LONG else ""
        if runs:
            source = "outbound_words w JOIN outbound o ON o.seq = w.rowid"
            where.insert(0, "w.outbound_words MATCH ?")
            values.append(runs)
        where += ["instr(o.haystack, ?) > 0"] * len(words)
        values += words
        place = "w.rowid" if runs else "o.seq"
        if before is not None:
            where.append(f"{place} < ?")
            values.append(before)
        sql = f"SELECT {place} FROM {source} WHERE {' AND '.join(where)}"
        rows = self._database.query(f"{sql} ORDER BY {place} DESC LIMIT ?", (*values, limit))
        return [row[0] for row in rows]

    def count(self, view: OutboxView) -> int:
        """Count the records of a view."""
        rows = self._database.query(f"SELECT count(*) FROM outbound o WHERE {VIEWS[view]}")
        return int(rows[0][0])


def _runs(words: list[str]) -> str:
    """Give what must be found together in the index of runs of three letters; "" if it cannot help."""
    runs = {word[at : at + _RUN] for word in words for at in range(len(word) - _RUN + 1)}
    return " AND ".join('"' + run.replace('"', '""') + '"' for run in sorted(runs))
