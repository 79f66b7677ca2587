"""The whole window program over a real profile: start, crash and return, leave, hand-over."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QPushButton

from app.domain.draft import LinkKind
from app.domain.errors import SchemaTooNew
from app.domain.events import OutboundChanged
from app.domain.outbound import OutboundState, Reason
from app.paths import Paths
from app.runtime import threads
from app.ui.application import CANNOT_OPEN, GuiProgram, _open_profile, run_gui
from app.ui.crash import CrashDialog, CrashGuard, make_report
from app.ui.launch import Inbox, LaunchRequest
from app.ui.leaving import is_on_its_way
from app.ui.notifier import Notifier, needs_person
from app.ui.open_drafts import OpenDrafts
from app.wiring import open_services
from tests.support.mailroom_host import MemoryMailroomHost
from tests.support.mailroom_values import make_account, make_draft, make_mailbox, make_record

S, R = OutboundState, Reason
# The accounts of these tests have no tokens.
pytestmark = pytest.mark.expects_log("auth: the mailboxes of gmail-1 could not be read")
HEAVY = ("httpx", "msal", "google_auth_oauthlib", "keyring", "fastapi")


class Run:
    """One run of the program over a profile, in the test's own event loop."""

    def __init__(self, qtbot, qapp, folder, launch, *, prepare=None, trial=None):
        threads.unmark_gui_thread()
        self.qtbot = qtbot
        self.inbox = Inbox()
        self.ready = []
        self.trials = []
        paths = Paths.choose(folder)

        def opened():
            services = open_services(paths)
            if prepare is not None:
                prepare(services)
            return services

        self.program = GuiProgram(
            app=qapp,
            opened=_open_profile(opened),
            opener=lambda _url: True,
            start_trial=(lambda: self.trials.append(1)) if trial else None,
            on_ready=self.ready.append,
        )
        self.program.start(launch, self.inbox)
        self.left = []
        self.program.finished.connect(lambda: self.left.append(1))

    @property
    def windows(self):
        return self.program.windows

    def wait(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=20_000)

    def wait_ready(self):
        self.wait(lambda: self.ready)

    def close(self):
        if self.windows.count:
            self.program.quit()
            self.wait(lambda: self.windows.count == 0)
            self.wait(lambda: self.left)
        self.program.stop()


@pytest.fixture
def start(qtbot, qapp, tmp_path):
    runs = []

    def make(launch=None, **options):
        run = Run(qtbot, qapp, tmp_path / "profile", launch or LaunchRequest(), **options)
        runs.append(run)
        return run

    yield make
    for run in runs:
        if run.program is not None:
            run.close()


def connected(services):
    services.accounts.save(make_account(), [make_mailbox()])


def finish(run):
    run.close()
    run.program = None


def test_without_an_account_there_is_the_welcome(start):
    run = start(trial=True)
    run.wait_ready()

    window = run.windows._welcome
    assert window.isVisible()
    window.findChild(QPushButton, "welcome.trial").click()

    assert run.trials == [1]
    run.wait(lambda: run.windows.count == 0)


def test_the_first_account_turns_the_welcome_into_a_composer(start):
    run = start()
    run.wait_ready()

    run.program.services.executors.run_store(connected, run.program.services).result()
    run.program.services.executors.run_store(
        run.program.services.book.make_default, "box-1"
    ).result()

    run.wait(lambda: len(run.windows.composers) == 1)
    assert run.windows._welcome is None


def test_a_filled_request_opens_its_composer(start):
    run = start(LaunchRequest(to=("Jane <jane@x.example>",), subject="Hello", page="compose"))

    (composer,) = run.windows.composers
    assert composer.controller.draft.subject == "Hello"
    assert composer.isVisible()


def test_contacts_and_deals_of_a_request_are_linked_and_strangers_are_named(start):
    people = b"Id,Name,Email\n1,Jane,jane@x.example\n"

    def prepare(services):
        connected(services)
        services.contacts.import_contacts(people)

    run = start(
        LaunchRequest(page="compose", contact=("jane@x.example", "nobody"), deal=("4711",)),
        prepare=prepare,
    )

    (composer,) = run.windows.composers
    run.wait(lambda: composer.controller.draft.links)
    (link,) = composer.controller.draft.links
    assert (link.kind, link.label) == (LinkKind.CONTACT, "Jane")
    told = " ".join(composer.notices.texts.values())
    assert "No contact is called “nobody”" in told
    assert "No deal is called “4711”" in told


def test_nothing_heavy_is_delivered_before_the_first_paint(start):
    run = start(LaunchRequest(page="compose"))

    assert run.program.services.dispatcher._thread is None
    run.wait_ready()
    run.wait(lambda: run.program.services.dispatcher._thread is not None)


def test_a_later_start_opens_another_window_here(start):
    run = start(LaunchRequest(page="compose"))
    run.inbox.put({"page": "mailroom"})
    run.wait_ready()

    run.wait(lambda: run.windows._mailroom is not None)
    run.inbox.put({"to": ["raj@x.example"]})

    run.wait(lambda: len(run.windows.composers) == 2)
    assert run.windows.composers[1].controller.draft.recipients.to[0].addr_spec == "raj@x.example"


def test_drafts_that_were_open_at_a_crash_come_back(start, tmp_path):
    def crashed(services):
        connected(services)
        for uid in ("d1", "d2", "closed"):
            services.drafts.save(make_draft(uid))
        OpenDrafts(services.paths.profile).remember(["d1", "d2", "never saved"])

    run = start(prepare=crashed)

    assert [one.controller.draft.uid for one in run.windows.composers] == ["d1", "d2"]


def test_a_clean_end_brings_nothing_back(start):
    def one_draft(services):
        connected(services)
        services.drafts.save(make_draft("d1"))

    first = start(prepare=one_draft)
    first.wait_ready()
    first.windows.open_draft(make_draft("d1"))
    finish(first)
    second = start()

    uids = [one.controller.draft.uid for one in second.windows.composers]
    assert len(uids) == 1
    assert "d1" not in uids


def test_a_draft_has_one_window(start):
    run = start(LaunchRequest(page="compose"), prepare=connected)

    first = run.windows.open_draft(make_draft("d1"))
    second = run.windows.open_draft(make_draft("d1"))

    assert first is second


def test_a_saved_draft_shows_in_the_mailroom(start, qtbot):
    run = start(LaunchRequest(page="compose"), prepare=connected)
    run.wait_ready()
    run.windows.open_mailroom("Drafts")
    (composer,) = run.windows.composers

    composer.controller.session.set_subject("Fresh")

    rows = run.windows._mailroom._lists["Drafts"].model.rows
    run.wait(lambda: [row.title for row in rows()] == ["Fresh"])


def test_the_program_stays_until_mail_on_its_way_is_gone(start):
    def sending(services):
        connected(services)

    run = start(LaunchRequest(page="mailroom"), prepare=sending)
    run.wait_ready()
    answers = [[make_record(S.SCHEDULED, R.UNDO_WINDOW)], []]

    class Records:
        """Answers as the store would, before and after the send."""

        def list_records(self, _view):
            return answers[0] if len(answers) == 1 else answers.pop(0)

    services = run.program.services
    from dataclasses import replace

    run.program._leaving._services = replace(services, records=Records())
    run.windows._mailroom.close()
    run.wait(lambda: len(answers) == 1)
    assert run.left == []
    services.bus.publish(OutboundChanged("x"))

    run.wait(lambda: run.left == [1])


@pytest.mark.parametrize(
    ("state", "reason", "stays"),
    [
        (S.SENDING, R.NONE, True),
        (S.SCHEDULED, R.UNDO_WINDOW, True),
        (S.SCHEDULED, R.SCHEDULED, False),
        (S.SCHEDULED, R.HAND_OVER, True),
        (S.SCHEDULED, R.AT_PROVIDER, False),
        (S.QUEUED, R.NONE, True),
        (S.QUEUED, R.OFFLINE, False),
        (S.UNCERTAIN, R.SETTLING, False),
        (S.HELD, R.SIGN_IN, False),
        (S.FAILED, R.REJECTED, False),
    ],
)
def test_what_is_waited_for(state, reason, stays):
    assert is_on_its_way(make_record(state, reason)) is stays


def test_mail_that_outlook_did_not_take_at_once_keeps_no_program_open():
    assert not is_on_its_way(make_record(S.SCHEDULED, R.HAND_OVER, attempts=1))


@pytest.mark.expects_log("ui: a bug")
def test_a_bug_shows_a_report_that_can_be_copied_and_the_program_goes_on(start, qapp):
    run = start(LaunchRequest(page="compose"))
    run.wait_ready()
    error = ZeroDivisionError("with ada@acme.example in it")
    sys.excepthook(ZeroDivisionError, error, None)

    def dialogs():
        return [one for one in QApplication.topLevelWidgets() if isinstance(one, CrashDialog)]

    run.wait(dialogs)
    dialog = dialogs()[0]
    dialog.findChild(QPushButton, "crash.copy").click()

    copied = qapp.clipboard().text()
    assert "ZeroDivisionError" in copied
    assert "ada@acme.example" not in copied
    assert copied == dialog.findChild(QPlainTextEdit, "crash.report").toPlainText()
    dialog.close()
    assert run.windows.composers[0].isVisible()


@pytest.mark.expects_log("ui: a bug")
def test_a_bug_that_comes_again_and_again_is_shown_once(qtbot, qapp):
    guard = CrashGuard(qapp)
    told = []
    guard.crashed.connect(told.append)
    guard.start()

    for _ in range(50):
        sys.excepthook(ValueError, ValueError("same"), None)
    sys.excepthook(ValueError, ValueError("other"), None)

    qtbot.waitUntil(lambda: len(told) == 2)
    assert "other" in guard._dialog._report.toPlainText()
    guard.stop()
    guard._dialog.close()
    guard.deleteLater()


@pytest.mark.expects_log("ui: a bug")
def test_a_report_after_its_dialog_is_gone_opens_another(qtbot, qapp):
    guard = CrashGuard(qapp)
    told = []
    guard.crashed.connect(told.append)
    guard.start()
    sys.excepthook(ValueError, ValueError("one"), None)
    qtbot.waitUntil(lambda: len(told) == 1)
    with qtbot.waitSignal(guard._dialog.destroyed):
        guard._dialog.deleteLater()

    sys.excepthook(ValueError, ValueError("two"), None)

    qtbot.waitUntil(lambda: len(told) == 2)
    assert guard._dialog.isVisible()
    guard.stop()
    guard._dialog.close()
    guard.deleteLater()


def test_a_report_names_the_versions(qapp):
    report = make_report(ValueError, ValueError("x"), None)

    assert "PySide6" in report
    assert report.rstrip().endswith("ValueError: x")


def test_only_what_needs_the_person_is_told_and_once(qtbot, qapp):
    host = MemoryMailroomHost([make_record(S.QUEUED, R.OFFLINE, uid="a")])
    told = []
    notifier = Notifier(
        bridge=host.bridge, find_records=host.find_records, clock=host.clock, parent=qapp
    )
    notifier.noticed.connect(lambda title, why: told.append(title))

    host.change(make_record(S.QUEUED, R.OFFLINE, uid="a"))
    host.change(make_record(S.HELD, R.SIGN_IN, uid="a"))
    qtbot.waitUntil(lambda: len(told) == 1)
    host.change(make_record(S.HELD, R.SIGN_IN, uid="a"))
    host.change(make_record(S.FAILED, R.REJECTED, uid="b"))
    qtbot.waitUntil(lambda: len(told) == 2)

    assert told[0] == "Sign in again: Re: Pricing for Q3 to Jane Doe, Raj Patel"
    assert told[1].startswith("Refused")
    notifier.deleteLater()
    host.close()


def test_a_flood_of_trouble_is_one_notification(qtbot, qapp):
    host = MemoryMailroomHost([])
    told = []
    notifier = Notifier(
        bridge=host.bridge, find_records=host.find_records, clock=host.clock, parent=qapp
    )
    notifier.noticed.connect(lambda title, why: told.append(title))

    for number in range(300):
        host.change(make_record(S.HELD, R.SIGN_IN, uid=f"r{number}"))
    qtbot.waitUntil(lambda: len(told) >= 1)

    assert told == ["300 messages need you"]
    notifier.deleteLater()
    host.close()


@pytest.mark.parametrize(
    ("state", "reason", "expected"),
    [
        (S.UNCERTAIN, R.SETTLING, False),
        (S.UNCERTAIN, R.UNSETTLED, True),
        (S.HELD, R.MISSED, True),
        (S.FAILED, R.GAVE_UP, True),
        (S.SENT, R.NONE, False),
        (S.SENT, R.TOO_LATE, True),
        (S.SCHEDULED, R.AT_PROVIDER, False),
        (S.QUEUED, R.THROTTLED, False),
    ],
)
def test_what_needs_the_person(state, reason, expected):
    assert needs_person(make_record(state, reason)) is expected


@pytest.mark.expects_log("ui: the profile cannot be opened")
def test_a_profile_that_cannot_be_opened_is_said_and_the_run_ends(qapp):
    threads.unmark_gui_thread()
    shown = []

    def too_new():
        raise SchemaTooNew(path="x", found=9, known=1)

    def close():
        boxes = [one for one in qapp.topLevelWidgets() if one.objectName() == "dialog"]
        shown.extend(box.text() for box in boxes)
        for box in boxes:
            box.close()

    closing = QTimer(interval=20)
    closing.timeout.connect(close)
    closing.start()
    code = run_gui(open_services=too_new, launch=LaunchRequest(), inbox=Inbox())
    closing.stop()

    assert code == CANNOT_OPEN
    assert "newer Postrider" in shown[0]
