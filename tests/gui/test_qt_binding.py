"""The Qt binding keeps count of the objects it borrows.

PySide6 6.12.0 on Python 3.11 loses a reference to True at each signal emit and one to None at each
void call, and aborts after some thousands; a short run does not show it. pyproject.toml excludes it,
this test would notice the next one.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QObject, Signal

CALLS = 20_000
# Other code may take or drop a few meanwhile; a leak of one in two calls is still seen.
SLACK = 1_000


class _Emitter(QObject):
    switched = Signal(bool)
    happened = Signal()


def test_emitting_true_twenty_thousand_times_keeps_its_references(qapp):
    emitter = _Emitter()
    received = [0]

    def count(value):
        received[0] += value

    emitter.switched.connect(count)
    before = sys.getrefcount(True)

    for _ in range(CALLS):
        emitter.switched.emit(True)

    assert received[0] == CALLS
    assert abs(sys.getrefcount(True) - before) < SLACK


def test_void_calls_twenty_thousand_times_keep_the_references_to_none(qapp):
    emitter = _Emitter()
    before = sys.getrefcount(None)

    for _ in range(CALLS):
        emitter.setObjectName("a")
        emitter.happened.emit()

    assert abs(sys.getrefcount(None) - before) < SLACK
