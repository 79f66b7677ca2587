"""The table behind the Mailroom keeps Qt's contract and changes only the row that changed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QModelIndex, Qt

from app.domain.outbound import OutboundState, Reason
from app.ports import OutboxView
from app.ui.mailroom.model import ROW_ROLE, RowModel
from app.ui.mailroom.rows import belongs, draft_matches, draft_row, record_row
from tests.support.mailroom_values import NOW, make_draft, make_mailbox, make_record


def row(uid, subject="Hello", **changes):
    return record_row(make_record(uid=uid, content={"subject": subject}, **changes), NOW)


@pytest.fixture
def model(qapp):
    return RowModel()


def test_it_is_a_model_qt_can_rely_on(qtmodeltester, model):
    model.set_rows([row("a"), row("b"), row("c")])

    qtmodeltester.check(model, force_py=True)


def test_an_empty_one_is_a_model_too(qtmodeltester, model):
    qtmodeltester.check(model, force_py=True)


def test_cells_read_aloud_say_state_reason_and_actions(model):
    model.set_rows([row("a", state=OutboundState.UNCERTAIN, reason=Reason.UNSETTLED)])
    role = Qt.ItemDataRole.AccessibleTextRole

    assert model.data(model.index(0, 0), role).startswith("Not certain")
    assert "Show evidence · It was sent · Send again…" in model.data(model.index(0, 3), role)


def test_a_change_touches_its_row_alone(qtbot, model):
    model.set_rows([row("a"), row("b"), row("c")])

    with qtbot.waitSignal(model.dataChanged) as changed, qtbot.assertNotEmitted(model.modelReset):
        model.put(row("b", state=OutboundState.SENDING))

    assert (changed.args[0].row(), changed.args[1].row()) == (1, 1)
    assert model.data(model.index(1, 0), ROW_ROLE).words.state == "Preparing"


def test_a_change_that_shows_the_same_is_none(qtbot, model):
    model.set_rows([row("a")])

    with qtbot.assertNotEmitted(model.dataChanged):
        model.put(row("a"))


def test_new_rows_come_first_and_gone_ones_go(model):
    model.set_rows([row("a"), row("b")])

    model.put(row("c"))
    model.drop("a")
    model.drop("never there")

    assert [one.uid for one in model.rows()] == ["c", "b"]
    assert model.place("b") == 1


def test_the_same_rows_read_again_are_no_reset(qtbot, model):
    model.set_rows([row("a"), row("b")])

    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged) as changed:
        model.set_rows([row("a"), row("b", state=OutboundState.SENDING)])

    assert changed.args[0].row() == 1


def test_the_next_page_is_appended_without_a_reset(qtbot, model):
    model.set_rows([row("a"), row("b")], has_more=True)
    assert model.canFetchMore(QModelIndex())

    with qtbot.waitSignal(model.more_wanted):
        model.fetchMore(QModelIndex())
    with qtbot.waitSignal(model.rowsInserted) as inserted, qtbot.assertNotEmitted(model.modelReset):
        model.set_rows([row("a"), row("b"), row("c")])

    assert inserted.args[1:] == [2, 2]
    assert not model.canFetchMore(QModelIndex())


@pytest.mark.parametrize(
    ("state", "reason", "views"),
    [
        (OutboundState.SCHEDULED, Reason.UNDO_WINDOW, {OutboxView.OUTBOX}),
        (OutboundState.SCHEDULED, Reason.SCHEDULED, {OutboxView.SCHEDULED}),
        (OutboundState.QUEUED, Reason.NONE, {OutboxView.OUTBOX}),
        (OutboundState.SENDING, Reason.NONE, {OutboxView.OUTBOX}),
        (OutboundState.UNCERTAIN, Reason.SETTLING, {OutboxView.OUTBOX}),
        (OutboundState.HELD, Reason.SIGN_IN, {OutboxView.OUTBOX}),
        (OutboundState.FAILED, Reason.REJECTED, {OutboxView.OUTBOX}),
        (OutboundState.SENT, Reason.NONE, {OutboxView.SENT}),
        (OutboundState.CANCELLED, Reason.BY_PERSON, {OutboxView.NOT_SENT}),
    ],
)
def test_every_state_is_in_its_list(state, reason, views):
    record = make_record(state, reason)

    assert {view for view in OutboxView if belongs(record, view)} == views | {OutboxView.ALL}


def test_drafts_are_found_by_subject_people_and_text():
    draft = make_draft()

    assert draft_matches(draft, "jane QUOTE")
    assert draft_matches(draft, "")
    assert not draft_matches(draft, "jane invoice")


def test_a_draft_without_account_or_people_says_so():
    row = draft_row(make_draft(mailbox_uid=None), {}, NOW)
    known = draft_row(make_draft(), {"box-1": make_mailbox()}, NOW)

    assert row.text(2) == "no account chosen"
    assert known.text(2) == "ada@acme.example\nGmail"
