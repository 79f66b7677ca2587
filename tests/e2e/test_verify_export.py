"""Records as evidence: whatever is changed in the profile afterwards is found, and what is exported says so."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

import pytest

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import Body, BodyMode, Recipients
from app.domain.history import chain_hash
from app.domain.outbound import OutboundState, Reason
from app.domain.submission import Submission
from app.outbox.receipts import export_record, verify_record
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, environment, open_profile, run, sign_in
from tests.support.profile import settle as settle_all
from tests.support.sandbox import sandbox


@pytest.fixture(scope="module")
def server():
    with sandbox() as running:
        yield running


@pytest.fixture
def core(server, tmp_path):
    server.control.clear_faults()
    server.control.reset()
    with open_profile(tmp_path / "profile", server.url, **{"send.timeout_s": 5.0}) as services:
        sign_in(services, ADA_GMAIL)
        yield services


def submit(core, subject, *, not_before=None, bcc=()):
    box = core.book.list_mailboxes()[0]
    draft = new_draft(ids=core.ids, clock=core.clock, mailbox_uid=box.uid).edited(
        core.clock.now(),
        subject=subject,
        recipients=Recipients(to=(Address("jane@northwind.example"),), bcc=bcc),
        body=Body(BodyMode.PLAIN, "", f"Hello {subject}"),
    )
    return core.submitter.submit(Submission(draft=draft, not_before=not_before)).uid


@pytest.fixture
def sent(core):
    """Give the uid of an accepted record whose copy was read."""
    uid = submit(core, "kept", bcc=(Address("boss@acme.example"),))

    def is_read(records):
        return records[0].state is OutboundState.SENT and records[0].receipt.wire_message_id

    settle_all(core, is_read)
    core.dispatcher.stop()
    assert verdict(core, uid) == ""
    return uid


def verdict(core, uid):
    return verify_record(core.records.find(uid), records=core.records, blobs=core.blobs).fault


def tamper(core, sql, *values):
    with core.records._database.write() as connection:
        assert connection.execute(sql, values).rowcount >= 1, sql


CHANGES: dict[str, tuple[str, str]] = {
    "a step says something else": (
        "UPDATE outbound_history SET detail = '{}' WHERE uid = ? AND event = 'accepted'",
        "chain",
    ),
    "a step has no time": (
        (
            "UPDATE outbound_history SET at = replace(at, 'T', 'T0') WHERE uid = ?"
            " AND event = 'accepted'"
        ),
        "chain",
    ),
    "a step is gone": (
        "DELETE FROM outbound_history WHERE uid = ? AND event = 'handing_over'",
        "chain",
    ),
    "the beginning is gone": (
        "DELETE FROM outbound_history WHERE uid = ? AND event = 'submitted'",
        "chain",
    ),
    "the end is gone": (
        "DELETE FROM outbound_history WHERE uid = ? AND event IN ('accepted', 'read_back')",
        "end",
    ),
    "all of it is gone": ("DELETE FROM outbound_history WHERE uid = ?", "chain"),
    "it was never sent": (
        "UPDATE outbound SET state = 'cancelled' WHERE uid = ?",
        "end",
    ),
    "the provider's id is another": (
        (
            "UPDATE outbound SET receipt = json_set(receipt, '$.provider_message_id', 'x')"
            " WHERE uid = ?"
        ),
        "end",
    ),
    "it went to somebody else": (
        (
            "UPDATE outbound_content SET content ="
            " replace(content, 'jane@northwind', 'eve@northwind') WHERE uid = ?"
        ),
        "envelope",
    ),
    "the hidden recipient is gone": (
        (
            "UPDATE outbound_content SET content = replace(content, 'boss@acme', 'b@acme')"
            " WHERE uid = ?"
        ),
        "envelope",
    ),
    "the frozen hash is another": (
        "UPDATE outbound SET frozen_hash = 'ff' WHERE uid = ?",
        "envelope",
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whatever_is_changed_afterwards_is_found(core, sent, change):
    sql, fault = CHANGES[change]
    tamper(core, sql, sent)
    assert verdict(core, sent) == fault


def test_bytes_that_were_changed_or_are_gone_are_found(core, sent):
    sha256 = core.records.find(sent).message.sha256
    tamper(core, "UPDATE spool SET data = x'00' WHERE sha256 = ?", sha256)
    assert verdict(core, sent) == "bytes"
    tamper(core, "DELETE FROM spool WHERE sha256 = ?", sha256)
    assert verdict(core, sent) == "bytes_gone"


def test_a_history_moved_to_another_record_does_not_hold(core, sent):
    other = submit(core, "other", not_before=datetime.now(UTC) + timedelta(days=1))
    tamper(core, "DELETE FROM outbound_history WHERE uid = ?", other)
    tamper(core, "UPDATE outbound_history SET uid = ? WHERE uid = ?", other, sent)
    assert verdict(core, other) == "chain"
    assert verdict(core, sent) == "chain"


def test_the_command_names_the_record_and_what_is_wrong(core, sent, server):
    tamper(core, CHANGES["a step is gone"][0], sent)
    good = submit(core, "good", not_before=datetime.now(UTC) + timedelta(days=1))
    env = environment(core.paths.profile, server.url)
    code, answers, _ = run(["outbox", "verify", "--json"], env)
    assert code == 65
    found = {one["uid"]: (one["ok"], one["fault"]) for one in answers}
    assert found == {sent: (False, "chain"), good: (True, "")}


def test_an_export_can_be_checked_without_us_and_says_if_it_does_not_hold(core, sent, tmp_path):
    target = tmp_path / "message.eml"
    beside = export_record(sent, target, records=core.records, blobs=core.blobs)
    document = json.loads(beside.read_text("utf-8"))
    assert hashlib.sha256(target.read_bytes()).hexdigest() == document["sha256"]
    assert document["check"] == {"ok": True, "fault": "", "step": ""}
    assert document["envelope"]["bcc"] == ["boss@acme.example"]
    previous = ""
    for entry, kept in zip(document["history"], core.records.history(sent), strict=True):
        previous = chain_hash(previous, sent, kept)
        assert entry["hash"] == previous

    tamper(core, CHANGES["the end is gone"][0], sent)
    export_record(sent, target, records=core.records, blobs=core.blobs)
    assert json.loads(beside.read_text("utf-8"))["check"]["fault"] == "end"


def test_an_export_never_writes_the_record_over_the_message(core, sent, tmp_path):
    target = tmp_path / "message.json"
    beside = export_record(sent, target, records=core.records, blobs=core.blobs)
    assert beside != target
    assert target.read_bytes().startswith(b"From:") or b"\r\n" in target.read_bytes()
    assert json.loads(beside.read_text("utf-8"))["uid"] == sent


@pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
def test_recipients_changed_before_the_send_stop_it(core, server, address):
    if address != ADA_GMAIL:
        core.book.remove(core.book.list_accounts()[0].uid)
        sign_in(core, address)
    uid = submit(core, "tampered")
    tamper(core, CHANGES["it went to somebody else"][0], uid)
    settle_all(core, lambda records: records[0].state is OutboundState.FAILED)
    assert core.records.find(uid).reason is Reason.CONTENT_CHANGED
    assert server.control.deliveries() == []
    assert [one for one in server.control.requests() if "create" in one["operation"]] == []
