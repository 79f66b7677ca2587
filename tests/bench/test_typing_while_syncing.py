"""A keystroke in the composer while 20,000 threads are read in the background, beside one in peace."""

from __future__ import annotations

import statistics
import time
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.conversations.background import BackgroundSync
from app.conversations.people import People
from app.conversations.sync import Pace, Synchronizer
from app.store.database import Database
from app.store.people import SqlitePeople
from app.store.sync import SqliteSync
from tests.support.composer import GMAIL, Desk
from tests.support.made_up_mail import Crowd, MadeUpSource

THREADS = 20_000
KEYS = 400
FRAME_MS = 1000 / 60
TEXT = "Dear Jane, here are the numbers you asked for. "


class OneSource:
    def __init__(self, source):
        self._source = source

    def provider(self, _account):
        return self._source


def keystrokes(editor, between_s):
    """Type, one key each few milliseconds as a fast hand would; give the time to the painted letter."""
    times = []
    for number in range(KEYS):
        started = time.perf_counter()
        QTest.keyClick(editor, TEXT[number % len(TEXT)])
        QApplication.sendPostedEvents()
        editor.grab()
        times.append((time.perf_counter() - started) * 1000)
        due = started + between_s
        while time.perf_counter() < due:
            QApplication.processEvents()
    return times


def report(name, times):
    ordered = sorted(times)
    print(
        f"{name}: median {statistics.median(times):.2f} ms, p95 {ordered[int(len(ordered) * 0.95)]:.2f}"
        f" ms, slowest {ordered[-1]:.2f} ms"
    )
    return ordered[int(len(ordered) * 0.95)]


def synchronizer(services, database, source, pace):
    people = People(store=SqlitePeople(database), accounts=services.accounts, clock=services.clock)
    made = Synchronizer(
        store=SqliteSync(database),
        accounts=services.accounts,
        providers=OneSource(source),
        people=people,
        is_sending=lambda _uid: False,
        clock=services.clock,
        bus=services.bus,
        pace=pace,
    )
    return BackgroundSync(
        synchronizer=made,
        accounts=services.accounts,
        people=people,
        run=services.executors.run_net,
        clock=services.clock,
        bus=services.bus,
        pace=pace,
    )


def test_typing_stays_within_a_frame_while_20_000_threads_come(qapp, qtbot, tmp_path):
    desk = Desk(tmp_path / "profile", accounts=(GMAIL,))
    window = desk.compose(replace(desk.blank(), subject="Numbers"))
    window.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    window.show()
    qtbot.waitExposed(window)
    qtbot.waitUntil(lambda: bool(window.controller.senders), timeout=30_000)
    editor = window.editor
    editor.setFocus()
    keystrokes(editor, 0.0)
    peace = report("\nin peace", keystrokes(editor, 0.02))
    source = MadeUpSource(list(Crowd().headers(GMAIL.uid, THREADS, days=170)), page_size=60)
    database = Database(desk.services.paths.database)
    # Eight times as fast as the product reads.
    pace = Pace(days=100_000, pause_s=0.5, every_s=1.0, pages_a_turn=10_000)
    background = synchronizer(desk.services, database, source, pace)
    background.start()
    busy = report("while synchronising", keystrokes(editor, 0.02))
    print(f"pages read meanwhile: {len(source.asked)} of {len(source._headers) // 60}")
    assert len(source.asked) > 5
    background.stop()
    window.closing.close_now()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    desk.close()
    database.close()
    # On a machine that is busy with other things, peace itself is longer than a frame.
    assert busy <= max(FRAME_MS, 2 * peace), f"{busy:.1f} ms, in peace {peace:.1f} ms"
