"""What a courier writes down around the point of no return, when it is stopped, and for whom it reads."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.account import ProviderKind
from app.domain.outbound import DeliveryStep, OutboundState
from app.outbox.courier import Paced
from app.outbox.submitter import BULK_PRIORITY
from app.runtime.cancel import CancelToken
from tests.support.outbox_lab import OutboxLab


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[OutboxLab]:
    made = OutboxLab(tmp_path, ProviderKind.GMAIL)
    yield made
    made.close()


def events(lab: OutboxLab) -> list[str]:
    return [one.event for one in lab.records.history("u")]


def test_the_draft_and_the_point_of_no_return_stand_before_the_send(lab: OutboxLab) -> None:
    seen: list[tuple[DeliveryStep, str]] = []

    def look() -> None:
        record = lab.get("u")
        seen.append((record.step, record.provider_draft_id))

    lab.submit("u")
    lab.carrier.script = {"send before": look}
    lab.work("u")

    assert seen == [(DeliveryStep.SENDING, "draft-1")]
    assert events(lab)[:5] == ["submitted", "claimed", "draft_made", "handing_over", "accepted"]


def test_stopped_after_the_draft_was_made_it_is_written_down_and_used_next_time(
    lab: OutboxLab,
) -> None:
    stopping = CancelToken()
    lab.submit("u")
    lab.carrier.script = {"create after": stopping.cancel}

    lab.courier.run("u", stopping)

    record = lab.get("u")
    assert (record.state, record.step) == (OutboundState.QUEUED, DeliveryStep.DRAFTED)
    assert (record.provider_draft_id, lab.carrier.accepted) == ("draft-1", [])
    assert events(lab) == ["submitted", "claimed", "draft_made", "stopped"]

    lab.work("u")

    assert (lab.get("u").state, lab.carrier.accepted) == (OutboundState.SENT, ["u"])
    assert lab.carrier.drafts == {}


@pytest.mark.parametrize(("priority", "answer"), [(0, True), (1, True), (BULK_PRIORITY, None)])
def test_only_copies_of_programs_mail_are_left_to_be_read(
    lab: OutboxLab, priority: int, answer: bool | None
) -> None:
    lab.submit("u", priority=priority)

    assert lab.courier.run("u", CancelToken()) is answer
    assert ("read_back" in events(lab)) is bool(answer)

    # The next time it is for reading that it is taken up.
    assert lab.courier.run("u", CancelToken()) is True
    assert events(lab).count("read_back") >= 1
    assert lab.carrier.accepted == ["u"]


def test_a_burst_waits_unwritten_and_holds_no_courier(tmp_path: Path) -> None:
    lab = OutboxLab(tmp_path, ProviderKind.GMAIL, per_second=1)
    lab.submit("first")
    lab.submit("second")
    lab.work("first")
    before = lab.get("second")

    with pytest.raises(Paced) as pause:
        lab.courier.run("second", CancelToken())

    assert 0 < pause.value.wait_s <= 1
    assert lab.get("second") == before
    lab.clock.run_on(pause.value.wait_s)
    lab.work("second")
    assert lab.carrier.accepted == ["first", "second"]
    lab.close()
