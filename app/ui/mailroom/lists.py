"""The content of each tab: reads it, keeps it fresh by events, row by row. Paints nothing."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app.domain.outbound import OutboundState, Reason
from app.domain.texts import Action, actions_of
from app.ui import tasks
from app.ui.mailroom.bulk import offers_of_all
from app.ui.mailroom.model import RowModel
from app.ui.mailroom.rows import belongs, draft_row, is_listed, page_rows, record_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from concurrent.futures import Future

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.domain.outbound import OutboundEmail
    from app.ports import OutboxView
    from app.ui.mailroom.host import MailroomHost
    from app.ui.mailroom.rows import RowPage
    from app.ui.tasks import Task

PAGE = 100
DRAFTS = 500
# Shorter than the pause between two keys of a quick typist: the list follows the typing.
FILTER_PAUSE_MS = 40

# Changes are gathered this long; many at once (something done with all rows) are read together.
CHANGES_MS = 30
MANY_CHANGES = 20
MUCH_MS = 500


class RowList(QObject):
    """One tab. `count` is what the tab's badge shows; `failed` carries AppErrors."""

    loaded = Signal()
    counted = Signal(int)
    failed = Signal(object)

    def __init__(self, *, host: MailroomHost, parent: QObject) -> None:
        super().__init__(parent)
        self.model = RowModel(self)
        self._host = host
        self._text = ""
        self._reading: Task | None = None
        self._pause = QTimer(self, singleShot=True, interval=FILTER_PAUSE_MS)
        self._pause.timeout.connect(self.read)
        self.model.more_wanted.connect(self.read_more)
        self._is_shown = True
        self._is_stale = False
        host.bridge.store_changed.connect(self._on_store_changed)

    def set_shown(self, shown: bool) -> None:
        """Keep fresh what is looked at; the rest is counted, and read when one turns to it."""
        self._is_shown = shown
        if shown and self._is_stale:
            self.read()

    def count(self) -> None:
        """Count anew what the tab's badge shows."""
        raise NotImplementedError

    def _on_store_changed(self) -> None:
        self._is_stale = not self._is_shown
        (self.read if self._is_shown else self.count)()

    def set_filter(self, text: str) -> None:
        """Show only what holds every word, after a pause in typing."""
        if text != self._text:
            self._text = text
            self._pause.start()

    def read(self) -> None:
        """Read everything that is shown again; the newest reading wins."""
        raise NotImplementedError

    def read_more(self) -> None:
        """Read the page after the last row."""
        raise NotImplementedError

    @property
    def has_more(self) -> bool:
        """Say whether the list goes on below what is loaded."""
        raise NotImplementedError

    def count_all(self, done: Callable[[int, dict[Action, int]], None]) -> None:
        """Count all of the list, what is not loaded too, and what can be done with how many."""
        raise NotImplementedError

    def find_all(self, action: Action) -> Future[list[str]]:
        """Give the uid of all of the list with which this can be done."""
        raise NotImplementedError

    def _expect(self, task: Task) -> None:
        if self._reading is not None:
            self._reading.drop()
        self._reading = task


class RecordList(RowList):
    """Records of one view of the outbox."""

    def __init__(self, *, host: MailroomHost, view: OutboxView, parent: QObject) -> None:
        super().__init__(host=host, parent=parent)
        self._view = view
        self._shown_text = ""
        self._before: int | None = None
        self._percent: dict[str, int] = {}
        self._changed: set[str] = set()
        self._soon = QTimer(self, singleShot=True, interval=CHANGES_MS)
        self._soon.timeout.connect(self._look)
        host.bridge.outbound_changed.connect(self._on_record_changed)
        host.bridge.upload_progressed.connect(self._on_progress)

    def read(self) -> None:
        """Read the list: as much as is shown, or the first page under another filter."""
        shown = self.model.rowCount() if self._text == self._shown_text else 0
        self._shown_text, self._is_stale = self._text, False
        future = self._page(None, max(PAGE, shown))
        self._expect(tasks.run(self, future, done=self._on_read, failed=self.failed.emit))
        self.count()

    def read_more(self) -> None:
        """Read the page after the last row."""
        if self._before is None or self._reading is not None:
            return
        future = self._page(self._before, PAGE)
        self._expect(tasks.run(self, future, done=self._on_more, failed=self.failed.emit))

    def _page(self, before: int | None, limit: int) -> Future[RowPage]:
        """Read a page; its rows are worded on the worker: a hundred take as long as a frame."""
        word = partial(page_rows, now=self._host.clock.now(), percents=dict(self._percent))
        return self._host.page(self._view, self._text, before, limit, word)

    def _on_read(self, page: RowPage) -> None:
        self._reading, self._before = None, page.before
        self.model.set_rows(page.rows, has_more=page.before is not None)
        self.loaded.emit()

    def _on_more(self, page: RowPage) -> None:
        self._reading, self._before = None, page.before
        self.model.append(page.rows, has_more=page.before is not None)
        self.loaded.emit()

    def count(self) -> None:
        """Count the records of the view."""
        counting = self._host.count(self._view)
        tasks.run(self, counting, done=self.counted.emit, failed=self.failed.emit)

    @property
    def has_more(self) -> bool:
        """Say whether the list goes on below what is loaded."""
        return self._before is not None

    def count_all(self, done: Callable[[int, dict[Action, int]], None]) -> None:
        """Count all of the list."""
        tallying = self._host.tally(self._view, self._text)
        tasks.run(
            self,
            tallying,
            done=lambda tally: done(sum(tally.values()), offers_of_all(tally)),
            failed=self.failed.emit,
        )

    def find_all(self, action: Action) -> Future[list[str]]:
        """Give the uid of all of the list with which this can be done."""
        standing = [
            (state, reason)
            for state in OutboundState
            for reason in Reason
            if action in actions_of(state, reason)
        ]
        return self._host.uids(self._view, self._text, standing)

    def _on_record_changed(self, uid: str) -> None:
        self._changed.add(uid)
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        """Read what changed: row by row, or the list if it is much, and then less often."""
        changed, self._changed = self._changed, set()
        is_much = len(changed) > MANY_CHANGES
        self._soon.setInterval(MUCH_MS if is_much else CHANGES_MS)
        if is_much:
            self._on_store_changed()
            return
        for uid in changed:
            found = self._host.find_record(uid)
            tasks.run(self, found, done=self._on_found, failed=self.failed.emit)
        self.count()

    def _on_found(self, record: OutboundEmail | None) -> None:
        if record is None:
            return
        if not belongs(record, self._view):
            self._percent.pop(record.uid, None)
            self.model.drop(record.uid)
        elif self.model.find(record.uid) is None and (self._text or not self._is_newest(record)):
            self._pause.start()  # only the store can say whether and where it is in the list
        else:
            percent = self._percent.get(record.uid, 0)
            self.model.put(record_row(record, self._host.clock.now(), percent))
        self.loaded.emit()

    def _is_newest(self, record: OutboundEmail) -> bool:
        first = self.model.row(self.model.index(0, 0))
        newest = first.record if first is not None else None
        return newest is None or newest.created_at <= record.created_at

    def _on_progress(self, uid: str, percent: int) -> None:
        row = self.model.find(uid)
        if row is not None and row.record is not None:
            self._percent[uid] = percent
            self.model.put(record_row(row.record, self._host.clock.now(), percent))


class DraftList(RowList):
    """What is being written."""

    def __init__(self, *, host: MailroomHost, parent: QObject) -> None:
        super().__init__(host=host, parent=parent)
        self._mailboxes: dict[str, Mailbox] = {}
        self._limit = DRAFTS
        self._has_more = False
        host.bridge.drafts_changed.connect(self._on_drafts_changed)
        host.bridge.accounts_changed.connect(self._on_accounts_changed)

    def read(self) -> None:
        """Read the list."""
        if not self._mailboxes:
            self._read_mailboxes()
        future = self._host.list_drafts(self._limit)
        self._expect(tasks.run(self, future, done=self._on_read, failed=self.failed.emit))

    def count(self) -> None:
        """Count them, which is to read them: blank ones are not listed."""
        self.read()

    def read_more(self) -> None:
        """Read more of them."""
        self._limit += DRAFTS
        self.read()

    @property
    def has_more(self) -> bool:
        """Say whether there are more than are loaded."""
        return self._has_more

    def count_all(self, done: Callable[[int, dict[Action, int]], None]) -> None:
        """Count all drafts."""
        tasks.run(
            self,
            self._host.draft_uids(self._text),
            done=lambda uids: done(len(uids), {Action.DISCARD: len(uids)}),
            failed=self.failed.emit,
        )

    def find_all(self, action: Action) -> Future[list[str]]:
        """Give the uid of every draft."""
        del action  # every draft can be discarded, and nothing else is done with many
        return self._host.draft_uids(self._text)

    def _on_drafts_changed(self, _uid: str) -> None:
        self._pause.start()

    def _on_accounts_changed(self, _uid: str) -> None:
        self._read_mailboxes()

    def _read_mailboxes(self) -> None:
        future = self._host.mailboxes()
        tasks.run(self, future, done=self._on_mailboxes, failed=self.failed.emit)

    def _on_mailboxes(self, mailboxes: Sequence[Mailbox]) -> None:
        self._mailboxes = {one.uid: one for one in mailboxes}
        now = self._host.clock.now()
        for row in self.model.rows():
            if row.draft is not None:
                self.model.put(draft_row(row.draft, self._mailboxes, now))

    def _on_read(self, drafts: Sequence[Draft]) -> None:
        self._reading = None
        now = self._host.clock.now()
        found = [one for one in drafts if is_listed(one, self._text)]
        self._has_more = len(drafts) >= self._limit
        rows = [draft_row(one, self._mailboxes, now) for one in found]
        self.model.set_rows(rows, has_more=self._has_more)
        if not self._text:
            self.counted.emit(len(rows))
        self.loaded.emit()
