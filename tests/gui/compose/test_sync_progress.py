"""How far a long reading of the mailbox is, is said in the panel; short looks are not worth a word."""

from __future__ import annotations

from app.domain.events import SyncProgressed
from tests.support.composer import GMAIL, OUTLOOK


def test_a_long_reading_is_told_until_it_ends(desk, page):
    told = []
    page.window.panel.browser.finder.status.connect(told.append)

    desk.services.bus.publish(SyncProgressed(OUTLOOK.uid, 40, is_complete=False))
    desk.services.bus.publish(SyncProgressed(GMAIL.uid, 1_250, is_complete=False))
    page.until(lambda: told)
    assert told == ["Reading your mail: 1,250 messages so far…"]

    desk.services.bus.publish(SyncProgressed(GMAIL.uid, 1_300, is_complete=True))
    page.until(lambda: len(told) > 1)
    assert told[1:] == [""]


def test_a_short_look_says_nothing(desk, page):
    told = []
    page.window.panel.browser.finder.status.connect(told.append)
    seen = []
    desk.bridge.sync_progressed.connect(lambda *values: seen.append(values))
    desk.services.bus.publish(SyncProgressed(GMAIL.uid, 2, is_complete=True))
    page.until(lambda: seen)
    assert seen == [(GMAIL.uid, 2, True)]
    assert told == []
