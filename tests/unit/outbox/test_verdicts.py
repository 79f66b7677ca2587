from __future__ import annotations

from datetime import timedelta

import pytest

from app.domain.errors import (
    AppError,
    AttachmentChanged,
    DeliveryUncertain,
    DraftGone,
    NeedsPerson,
    Rejected,
    SignInRequired,
    StoreFull,
    Throttled,
    Unavailable,
    VaultUnavailable,
)
from app.domain.outbound import DeliveryStep, OutboundState, Reason
from app.outbox.verdicts import (
    LONGEST_PAUSE_S,
    Timing,
    after_crash,
    after_failure,
    after_unknown,
    after_vanished,
    pause_s,
)
from tests.support.mailroom_values import NOW, make_record

TIMING = Timing(backoff_s=5, grace_s=75, settle_s=600)


@pytest.mark.parametrize(
    ("error", "state", "reason"),
    [
        (Unavailable(), OutboundState.QUEUED, Reason.OFFLINE),
        (Unavailable(status=503), OutboundState.QUEUED, Reason.PROVIDER_DOWN),
        (Throttled(retry_after_s=900), OutboundState.QUEUED, Reason.THROTTLED),
        (SignInRequired(), OutboundState.HELD, Reason.SIGN_IN),
        (VaultUnavailable(), OutboundState.HELD, Reason.VAULT),
        (NeedsPerson(reason=Reason.DAILY_LIMIT), OutboundState.HELD, Reason.DAILY_LIMIT),
        (NeedsPerson(), OutboundState.HELD, Reason.POLICY),
        (Rejected(status=400), OutboundState.FAILED, Reason.REJECTED),
        (Rejected(status=413), OutboundState.FAILED, Reason.TOO_LARGE),
        (AttachmentChanged(), OutboundState.FAILED, Reason.CONTENT_CHANGED),
        (StoreFull(), OutboundState.QUEUED, Reason.NONE),
    ],
)
@pytest.mark.parametrize("step", [DeliveryStep.DRAFTING, DeliveryStep.SENDING])
def test_what_was_not_accepted_rests_where_its_error_says(
    error: AppError, state: OutboundState, reason: Reason, step: DeliveryStep
) -> None:
    record = make_record(OutboundState.SENDING, step=step, attempts=1)
    following = after_failure(record, error, NOW, TIMING)
    assert (following.state, following.reason) == (state, reason)
    assert following.step is not DeliveryStep.SENDING


def test_lost_answer_of_the_final_request_is_uncertain_until_the_grace_is_over() -> None:
    record = make_record(OutboundState.SENDING, step=DeliveryStep.SENDING, attempts=1)
    following = after_failure(record, DeliveryUncertain(), NOW, TIMING)
    assert following.state is OutboundState.UNCERTAIN
    assert following.due_at == NOW + timedelta(seconds=75)
    assert following.step is DeliveryStep.SENDING


def test_lost_answer_while_drafting_is_no_uncertainty() -> None:
    record = make_record(OutboundState.SENDING, step=DeliveryStep.DRAFTING, attempts=1)
    assert after_failure(record, DeliveryUncertain(), NOW, TIMING).state is OutboundState.QUEUED


def test_provider_time_is_honoured() -> None:
    record = make_record(OutboundState.SENDING, step=DeliveryStep.DRAFTED, attempts=1)
    following = after_failure(record, Throttled(retry_after_s=900), NOW, TIMING)
    assert following.due_at == NOW + timedelta(seconds=900)


def test_vanished_draft_is_asked_about_before_anything_else() -> None:
    record = make_record(OutboundState.SENDING, step=DeliveryStep.SENDING, attempts=1)
    following = after_failure(record, DraftGone(), NOW, TIMING)
    assert (following.state, following.due_at) == (OutboundState.UNCERTAIN, NOW)


def test_vanished_draft_that_nobody_sent_is_made_again_a_few_times() -> None:
    record = make_record(OutboundState.UNCERTAIN, step=DeliveryStep.SENDING, attempts=1)
    again = after_vanished(record, NOW, TIMING)
    assert (again.state, again.step) == (OutboundState.QUEUED, DeliveryStep.NONE)
    tired = make_record(OutboundState.UNCERTAIN, step=DeliveryStep.SENDING, attempts=3)
    assert after_vanished(tired, NOW, TIMING).state is OutboundState.FAILED


def test_crash_before_the_point_of_no_return_queues_and_after_it_asks() -> None:
    for step in (DeliveryStep.NONE, DeliveryStep.DRAFTING, DeliveryStep.DRAFTED):
        record = make_record(OutboundState.SENDING, step=step)
        assert after_crash(record, NOW, TIMING).state is OutboundState.QUEUED
    record = make_record(OutboundState.SENDING, step=DeliveryStep.SENDING, updated_at=NOW)
    following = after_crash(record, NOW + timedelta(seconds=30), TIMING)
    assert following.state is OutboundState.UNCERTAIN
    assert following.due_at == NOW + timedelta(seconds=75)


def test_clock_set_back_lengthens_no_grace() -> None:
    record = make_record(OutboundState.SENDING, step=DeliveryStep.SENDING, updated_at=NOW)
    yesterday = NOW - timedelta(days=1)
    assert after_crash(record, yesterday, TIMING).due_at == yesterday + timedelta(seconds=75)


def test_unknown_is_asked_again_and_then_shown() -> None:
    record = make_record(OutboundState.UNCERTAIN, uncertain_at=NOW)
    asked = after_unknown(record, NOW + timedelta(seconds=80), TIMING)
    assert (asked.state, asked.reason) == (OutboundState.UNCERTAIN, Reason.SETTLING)
    shown = after_unknown(record, NOW + timedelta(seconds=601), TIMING)
    assert (shown.state, shown.reason) == (OutboundState.UNCERTAIN, Reason.UNSETTLED)


def test_pauses_grow_and_stay_bounded() -> None:
    assert 4 <= pause_s(1, TIMING) <= 6
    assert pause_s(3, TIMING) > pause_s(1, TIMING)
    assert all(pause_s(count, TIMING) <= LONGEST_PAUSE_S * 1.2 for count in range(1, 200))
