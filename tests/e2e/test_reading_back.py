"""When a sent copy is compared: at once for a person, after all that is due for programs, never not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.outbound import OutboundEmail, OutboundState
from app.domain.submission import Submission
from app.ports import OutboxView
from app.services import Services
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, make_profile, open_profile
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

MAILS = 5
# All at once: an account that rests between two mails of a burst has copies read meanwhile.
UNPACED = {"limits.gmail_per_second": 100, "limits.outlook_per_second": 100}


@pytest.fixture
def url() -> Iterator[str]:
    with sandbox() as server:
        yield server.url


def submit(core: Services, number: int, source: str = "api") -> str:
    (box,) = {box.account_uid: box for box in core.book.list_mailboxes()}.values()
    draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
        core.clock.now(),
        subject=f"mail {number}",
        recipients=Recipients(to=(Address("jane@northwind.example"),)),
        body=Body(BodyMode.PLAIN, "", f"Number {number}"),
    )
    return core.submitter.submit(Submission(draft=draft, source=source)).uid


def records(core: Services) -> list[OutboundEmail]:
    return core.records.list_records(OutboxView.ALL)


def are_sent(core: Services) -> bool:
    return all(one.state is OutboundState.SENT for one in records(core))


def readings(core: Services) -> list[int]:
    return [
        sum(step.event == "read_back" for step in core.records.history(one.uid))
        for one in records(core)
    ]


def deliver(core: Services, until: Callable[[Services], bool]) -> None:
    core.dispatcher.start()
    wait_until(lambda: until(core), what=lambda: [one.state for one in records(core)])


def are_read(core: Services) -> bool:
    return all(readings(core))


def places(core: Services, control: ControlClient) -> tuple[list[int], list[int]]:
    """Give at which requests messages were sent, and at which sent ones were read."""
    asked = [(one["method"], one["path"]) for one in control.requests()]
    sends = [at for at, (_, path) in enumerate(asked) if path.endswith("/send")]
    copies = tuple(
        f"/messages/{one.receipt.provider_message_id}" for one in records(core) if one.receipt
    )
    reads = [
        at
        for at, (method, path) in enumerate(asked)
        if method == "GET" and unquote(path).endswith(copies)
    ]
    return sends, reads


@pytest.mark.parametrize("address", [ADA_GMAIL, ADA_OUTLOOK])
def test_mail_of_programs_is_read_back_when_no_more_is_due(
    tmp_path: Path, url: str, address: str
) -> None:
    control = ControlClient(url)
    make_profile(tmp_path, url, [address])
    with open_profile(tmp_path, url, **UNPACED) as core:
        for number in range(MAILS):
            submit(core, number)
        deliver(core, are_read)
        sends, reads = places(core, control)

        assert readings(core) == [1] * MAILS
        assert (len(sends), len(reads)) == (MAILS, MAILS)
        assert max(sends) < min(reads)


def test_mail_of_a_person_is_read_back_before_the_next_one_goes(tmp_path: Path, url: str) -> None:
    control = ControlClient(url)
    make_profile(tmp_path, url, [ADA_GMAIL])
    with open_profile(tmp_path, url) as core:
        for number in range(2):
            submit(core, number, "window")
        deliver(core, are_read)
        sends, reads = places(core, control)

    assert sorted(sends + reads) == [sends[0], reads[0], sends[1], reads[1]]


def test_copies_left_unread_by_a_process_that_ended_are_read_by_the_next(
    tmp_path: Path, url: str
) -> None:
    control = ControlClient(url)
    make_profile(tmp_path, url, [ADA_GMAIL])
    for _ in range(100):
        control.fault("read_back", "status_before", status=503)
    with open_profile(tmp_path, url) as core:
        for number in range(MAILS):
            submit(core, number)
        deliver(core, are_sent)
    control.call("DELETE", "/faults")

    with open_profile(tmp_path, url) as core:
        assert readings(core) == [0] * MAILS
        deliver(core, are_read)
        assert readings(core) == [1] * MAILS
    assert len(control.deliveries()) == MAILS
