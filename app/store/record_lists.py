"""Pages of records for lists of any length. Reads only.

A page is found in `outbound_listing`, an index that holds all a filter looks at, and begins where
the page before ended (https://www.sqlite.org/rowvalue.html, "Scrolling Window Queries"), so that
neither a long list nor a deep page costs more. Bodies are left out: no list shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.domain.outbound import OutboundState, Reason
from app.ports import OutboxView, RecordPage
from app.store.record_rows import COLUMNS, load_record

if TYPE_CHECKING:
    from collections.abc import Collection

    from app.ports import Standing
    from app.store.database import Database

VIEWS = {
    # Written so that the states alone find the few rows in the index.
    OutboxView.OUTBOX: "o.state IN ('queued', 'sending', 'uncertain', 'held', 'failed', 'scheduled')"
    " AND (o.state <> 'scheduled' OR o.reason = 'undo_window')",
    OutboxView.SCHEDULED: "o.state = 'scheduled' AND o.reason <> 'undo_window'",
    OutboxView.SENT: "o.state = 'sent'",
    OutboxView.NOT_SENT: "o.state = 'cancelled'",
    OutboxView.ALL: "1",
}
# As many of the newest are simply looked at: a filter finds most of what it finds there.
NEWEST = 2_000
# A word of one or two letters is looked for by the runs that begin with it; one that begins more runs
# than this is so common that simply looking finds a page of it at once.
MOST_RUNS = 200
# Beside a longer word only a rare one helps.
MOST_RUNS_BESIDE = 20
_RUN = 3
_LAST = "\U0010ffff"
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

    def tally(self, view: OutboxView, text: str = "") -> dict[Standing, int]:
        """Count the records of a view that hold every word of `text`, by state and reason."""
        where, values = _all_of(view, text)
        rows = self._database.query(
            f"SELECT o.state, o.reason, count(*) FROM outbound o WHERE {where} GROUP BY 1, 2",
            values,
        )
        return {(OutboundState(row[0]), Reason(row[1])): row[2] for row in rows}

    def uids(
        self, view: OutboxView, text: str = "", standing: Collection[Standing] | None = None
    ) -> list[str]:
        """Give every such record, newest first; with `standing` only those that stand so."""
        where, values = _all_of(view, text)
        if standing is not None:
            pairs = ", ".join("(?, ?)" for _ in standing)
            where += f" AND (o.state, o.reason) IN (VALUES {pairs or '(NULL, NULL)'})"
            values += [part.value for pair in standing for part in pair]
        # The index of lists has no uid: the places first, then the rows they are in.
        rows = self._database.query(
            "SELECT uid FROM outbound WHERE seq IN"
            f" (SELECT o.seq FROM outbound o WHERE {where}) ORDER BY seq DESC",
            values,
        )
        return [row[0] for row in rows]

    def _find(
        self, view: OutboxView, words: list[str], before: int | None, limit: int
    ) -> list[int]:
        search = _Search(view=view, words=words, before=before)
        if not words:
            return self._look(search, limit)
        edge = self._edge(search)
        if edge is None:
            return self._look(search, limit)
        found = self._look(replace(search, after=edge), limit)
        if len(found) < limit:
            found += self._find_by_runs(replace(search, before=edge), limit - len(found))
        return found

    def _edge(self, search: _Search) -> int | None:
        """Give where the newest end; None if there are no others."""
        where, values = search.where("o.seq")
        rows = self._database.query(
            f"SELECT o.seq FROM outbound o WHERE {where} ORDER BY o.seq DESC LIMIT 1 OFFSET ?",
            (*values, NEWEST),
        )
        return int(rows[0][0]) if rows else None

    def _look(self, search: _Search, limit: int) -> list[int]:
        """Look at record after record, newest first."""
        where, values = search.where("o.seq")
        where += " AND instr(o.haystack, ?) > 0" * len(search.words)
        rows = self._database.query(
            f"SELECT o.seq FROM outbound o WHERE {where} ORDER BY o.seq DESC LIMIT ?",
            (*values, *search.words, limit),
        )
        return [row[0] for row in rows]

    def _find_by_runs(self, search: _Search, limit: int) -> list[int]:
        """Look only at records that have the words' runs of letters."""
        match = self._match(search.words)
        if match is None:
            return []
        if not match:
            return self._look(search, limit)
        where, values = search.where("w.rowid")
        where += " AND instr(o.haystack, ?) > 0" * len(search.words)
        rows = self._database.query(
            "SELECT w.rowid FROM outbound_words w JOIN outbound o ON o.seq = w.rowid"
            f" WHERE w.outbound_words MATCH ? AND {where} ORDER BY w.rowid DESC LIMIT ?",
            (match, *values, *search.words, limit),
        )
        return [row[0] for row in rows]

    def _match(self, words: list[str]) -> str | None:
        """Give what must be found in the index of runs: "" if it cannot help, None if nothing has it."""
        parts = set()
        for word in words:
            if _is_long(word):
                parts |= {_quoted(word[at : at + _RUN]) for at in range(len(word) - _RUN + 1)}
                continue
            runs = self._runs_from(word)
            if not runs:
                return None
            if len(runs) <= (MOST_RUNS_BESIDE if any(map(_is_long, words)) else MOST_RUNS):
                parts.add(f"({' OR '.join(map(_quoted, runs))})")
        return " AND ".join(sorted(parts))

    def _runs_from(self, start: str) -> list[str]:
        """Give the runs that begin with one or two letters, at most one more than MOST_RUNS.

        From run to run, not by one query: the table has a row for every record of a run.
        """
        runs: list[str] = []
        after = start
        while len(runs) <= MOST_RUNS:
            rows = self._database.query(
                "SELECT term FROM outbound_runs WHERE term >= ? AND term <= ? LIMIT 1",
                (after, start + _LAST),
            )
            if not rows:
                break
            runs.append(rows[0][0])
            after = runs[-1] + "\x01"  # every run has three letters: nothing lies in between
        return runs

    def count(self, view: OutboxView) -> int:
        """Count the records of a view."""
        rows = self._database.query(f"SELECT count(*) FROM outbound o WHERE {VIEWS[view]}")
        return int(rows[0][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Search:
    """What is looked for: a view's records that hold all the words, between two places."""

    view: OutboxView
    words: list[str]
    before: int | None = None
    after: int | None = None

    def where(self, place: str) -> tuple[str, list[int]]:
        """Give the condition but for the words."""
        parts, values = [f"({VIEWS[self.view]})"], []
        for bound, comparison in ((self.before, "<"), (self.after, ">=")):
            if bound is not None:
                parts.append(f"{place} {comparison} ?")
                values.append(bound)
        return " AND ".join(parts), values


def _all_of(view: OutboxView, text: str) -> tuple[str, list[object]]:
    words = text.casefold().split()
    return f"({VIEWS[view]})" + " AND instr(o.haystack, ?) > 0" * len(words), [*words]


def _is_long(word: str) -> bool:
    return len(word) >= _RUN


def _quoted(run: str) -> str:
    return '"' + run.replace('"', '""') + '"'
