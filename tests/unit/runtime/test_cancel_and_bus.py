from __future__ import annotations

import threading

import pytest

from app.domain.errors import Cancelled
from app.domain.events import DraftsChanged, OutboundChanged
from app.runtime.bus import Bus
from app.runtime.cancel import CancelToken


def test_waiting_ends_as_soon_as_stopping_is_asked_for() -> None:
    token = CancelToken()
    threading.Timer(0.02, token.cancel).start()
    assert token.wait(30)
    with pytest.raises(Cancelled):
        token.check()


def test_waiting_without_cancel_ends_with_its_time() -> None:
    token = CancelToken()
    assert not token.wait(0.01)
    token.check()


def test_callbacks_run_once_also_when_they_come_late() -> None:
    token, called = CancelToken(), []
    token.on_cancel(lambda: called.append("early"))
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: called.append("late"))
    assert called == ["early", "late"]


def test_listeners_hear_their_kind_until_they_leave() -> None:
    bus, heard = Bus(), []
    leave = bus.subscribe(OutboundChanged, lambda event: heard.append(event.uid))
    bus.publish(OutboundChanged("a"))
    bus.publish(DraftsChanged("x"))
    leave()
    bus.publish(OutboundChanged("b"))
    assert heard == ["a"]


@pytest.mark.expects_log("runtime: a listener of OutboundChanged failed")
def test_listener_whose_window_is_gone_stops_no_other() -> None:
    bus, heard = Bus(), []

    def gone(_: OutboundChanged) -> None:
        raise RuntimeError("Internal C++ object already deleted")

    bus.subscribe(OutboundChanged, gone)
    bus.subscribe(OutboundChanged, lambda event: heard.append(event.uid))
    bus.publish(OutboundChanged("a"))
    assert heard == ["a"]
