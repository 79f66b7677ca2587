"""Results of workers come back on the GUI thread, or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
from PySide6.QtCore import QObject

from app.domain.errors import Cancelled, NotFound
from app.ui import tasks


@pytest.fixture
def worker():
    with ThreadPoolExecutor(1) as executor:
        yield executor


@pytest.fixture
def owner(qapp):
    made = QObject()
    yield made
    made.deleteLater()


def test_a_result_arrives_on_the_gui_thread(qtbot, worker, owner):
    arrived = []

    tasks.run(
        owner,
        worker.submit(threading.get_ident),
        done=lambda ident: arrived.append((ident, threading.get_ident())),
    )

    qtbot.waitUntil(lambda: arrived != [])
    worker_ident, here = arrived[0]
    assert here == threading.get_ident()
    assert worker_ident != here


def test_a_result_that_is_there_already_arrives_later_too(qtbot, owner):
    future = Future()
    future.set_result(7)
    arrived = []

    tasks.run(owner, future, done=arrived.append)

    assert arrived == []
    qtbot.waitUntil(lambda: arrived == [7])


def test_an_expected_error_goes_to_failed(qtbot, owner):
    future = Future()
    failed = []
    tasks.run(owner, future, done=lambda _: failed.append("done"), failed=failed.append)

    future.set_exception(NotFound(kind="draft", uid="1"))

    qtbot.waitUntil(lambda: failed != [])
    assert failed[0].code == "not_found"


def test_giving_up_tells_nobody(qtbot, owner):
    given_up, marker = Future(), Future()
    told = []
    tasks.run(owner, given_up, done=told.append, failed=told.append)
    tasks.run(owner, marker, done=told.append)

    given_up.set_exception(Cancelled())
    marker.set_result("after")

    qtbot.waitUntil(lambda: told == ["after"])


def test_a_result_for_an_owner_that_is_gone_is_dropped(qtbot, qapp):
    future, marker = Future(), Future()
    gone, here = QObject(), QObject()
    told = []
    tasks.run(gone, future, done=told.append, failed=told.append)
    tasks.run(here, marker, done=told.append)
    with qtbot.waitSignal(gone.destroyed):
        gone.deleteLater()

    future.set_result("late")
    marker.set_result("marker")

    qtbot.waitUntil(lambda: told == ["marker"])


def test_a_dropped_task_tells_nothing(qtbot, owner):
    future, marker = Future(), Future()
    told = []
    tasks.run(owner, future, done=told.append).drop()
    tasks.run(owner, marker, done=told.append)

    future.set_result("dropped")
    marker.set_result("kept")

    qtbot.waitUntil(lambda: told == ["kept"])


def test_a_bug_surfaces_in_the_event_loop(qtbot, owner):
    future = Future()
    tasks.run(owner, future)

    with qtbot.captureExceptions() as caught:
        future.set_exception(ZeroDivisionError("bug"))
        qtbot.waitUntil(lambda: caught != [])

    assert caught[0][0] is ZeroDivisionError


def test_a_thousand_results_from_four_workers_all_arrive(qtbot, owner):
    arrived = []
    with ThreadPoolExecutor(4) as executor:
        for number in range(1000):
            tasks.run(owner, executor.submit(int, number), done=arrived.append)
        qtbot.waitUntil(lambda: len(arrived) == 1000, timeout=30_000)

    assert sorted(arrived) == list(range(1000))


def test_what_a_worker_says_meanwhile_arrives_on_the_gui_thread(qtbot, worker, owner):
    told = []
    tell = tasks.from_worker(owner, lambda value: told.append((value, threading.get_ident())))

    worker.submit(tell, "half way")

    qtbot.waitUntil(lambda: told == [("half way", threading.get_ident())])


def test_what_a_worker_says_to_an_owner_that_is_gone_is_dropped(qtbot, worker, owner):
    gone = QObject()
    told = []
    to_gone = tasks.from_worker(gone, told.append)
    to_owner = tasks.from_worker(owner, told.append)
    with qtbot.waitSignal(gone.destroyed):
        gone.deleteLater()

    worker.submit(to_gone, "late")
    worker.submit(to_owner, "marker")

    qtbot.waitUntil(lambda: told == ["marker"])
