"""Mail for later and the local API: what it plans stays here, what Outlook keeps is shown as scheduled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.outbound import Keeper
from app.domain.submission import Submission
from tests.support.gateway import Desk, desk
from tests.support.profile import ADA_OUTLOOK, make_profile
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Desk]:
    with sandbox() as server:
        make_profile(tmp_path / "profile", server.url, [ADA_OUTLOOK])
        with desk(tmp_path / "profile", server) as made:
            yield made


def test_planned_draft_from_outlook_is_kept_here_and_can_be_changed_at_once(at: Desk) -> None:
    body = {
        "from_account_id": at.account(ADA_OUTLOOK),
        "to": ["jane@x.example"],
        "subject": "Later",
        "body_text": "x",
        "planned_send_at": (datetime.now(UTC) + timedelta(days=1)).isoformat(),
    }
    draft = at.caller.post("/api/email/drafts", body).json
    record = at.services.records.find(draft["outbound_email_uid"])
    assert record is not None
    assert record.keeper is Keeper.COMPUTER

    path = f"/api/email/drafts/{draft['draft_uid']}"
    changed = at.caller.call("PATCH", path, {"subject": "Other"})

    assert (changed.status, changed.json["subject"]) == (200, "Other")
    assert changed.json["planned_send_at"] == draft["planned_send_at"]


def test_mail_that_outlook_keeps_is_scheduled_and_not_changed_here(at: Desk) -> None:
    services = at.services
    uid = at.account(ADA_OUTLOOK)
    box = next(one for one in services.book.list_mailboxes() if one.account_uid == uid)
    moment = services.clock.now() + timedelta(days=1)
    value = new_draft(ids=services.ids, clock=services.clock, mailbox_uid=box.uid).edited(
        services.clock.now(),
        subject="Kept",
        recipients=Recipients(to=(Address("jane@x.example"),)),
        body=Body(BodyMode.PLAIN, "", "x"),
    )
    record = services.submitter.submit(Submission(draft=value, not_before=moment))
    path = f"/api/email/outbound/{record.uid}"
    wait_until(lambda: at.caller.get(path).json["reason"] == "at_provider")

    shown = at.caller.get(path).json
    assert shown["state"] == "scheduled"
    assert shown["planned_send_at"] == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert at.sandbox.control.delivered() == []
