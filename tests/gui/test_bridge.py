"""Events of any thread become signals on the GUI thread."""

from __future__ import annotations

import threading

import pytest

from app.domain.events import (
    AccountsChanged,
    ConversationsChanged,
    DraftsChanged,
    OutboundChanged,
    StoreChanged,
    UploadProgressed,
)
from app.runtime.bus import Bus
from app.ui.bridge import Bridge


@pytest.fixture
def bus():
    return Bus()


@pytest.fixture
def bridge(qapp, bus):
    made = Bridge(bus)
    yield made
    made.close()
    made.deleteLater()


def publish_elsewhere(bus, *events):
    thread = threading.Thread(target=lambda: [bus.publish(event) for event in events])
    thread.start()
    thread.join()


@pytest.mark.parametrize(
    ("event", "signal", "args"),
    [
        (OutboundChanged("a"), "outbound_changed", ["a"]),
        (DraftsChanged("b"), "drafts_changed", ["b"]),
        (AccountsChanged("c"), "accounts_changed", ["c"]),
        (ConversationsChanged("d"), "conversations_changed", ["d"]),
        (StoreChanged(), "store_changed", []),
        (UploadProgressed("e", 63), "upload_progressed", ["e", 63]),
    ],
)
def test_every_event_has_its_signal(qtbot, bus, bridge, event, signal, args):
    with qtbot.waitSignal(getattr(bridge, signal)) as blocker:
        publish_elsewhere(bus, event)

    assert blocker.args == args


def test_signals_are_emitted_on_the_gui_thread(qtbot, bus, bridge):
    threads = []
    bridge.outbound_changed.connect(lambda _uid: threads.append(threading.get_ident()))

    publish_elsewhere(bus, OutboundChanged("a"))

    qtbot.waitUntil(lambda: threads == [threading.get_ident()])


def test_many_changes_of_one_row_are_told_once_and_progress_by_its_last_value(qtbot, bus, bridge):
    told = []
    bridge.outbound_changed.connect(lambda uid: told.append(uid))
    bridge.upload_progressed.connect(lambda uid, percent: told.append((uid, percent)))

    publish_elsewhere(
        bus,
        *[OutboundChanged("a")] * 100,
        *[UploadProgressed("a", percent) for percent in range(101)],
        OutboundChanged("b"),
    )

    qtbot.waitUntil(lambda: "b" in told)
    assert told == ["a", ("a", 100), "b"]


def test_a_closed_bridge_is_silent(qtbot, bus, bridge):
    told = []
    bridge.outbound_changed.connect(told.append)
    other = Bridge(bus)

    bridge.close()
    with qtbot.waitSignal(other.outbound_changed):
        bus.publish(OutboundChanged("a"))

    assert told == []
    other.close()
