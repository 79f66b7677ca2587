"""Every documented field, mode and header of the three dialects does what its document says."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from app.domain.account import AccountState
from app.domain.draft import ContextLink, LinkKind
from app.domain.permission import Permission
from app.ports import OutboxView
from app.runtime.cancel import CancelToken
from app.sandbox.server import SandboxServer
from tests.support.gateway import ACCOUNT, MAILBOX, WORKSPACE, Answer, Desk, desk
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, make_profile
from tests.support.sandbox import ControlClient, sandbox
from tests.support.waiting import wait_until

UUID = "123e4567-e89b-12d3-a456-426614174000"
PDF = base64.b64encode(b"%PDF-1.7 offer").decode()


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture
def at(server: SandboxServer, tmp_path: Path) -> Iterator[Desk]:
    ControlClient(server.url).call("POST", "/reset", {})
    make_profile(tmp_path / "profile", server.url, [ADA_GMAIL, ADA_OUTLOOK])
    with desk(tmp_path / "profile", server, **{"gateway.loopback_files": True}) as made:
        yield made


def workspace(at: Desk, **fields: Any) -> Answer:
    body = {"to": "jane@example.com", "subject": "Hello", "body_text": "Hi", **fields}
    return at.caller.post(WORKSPACE, {k: v for k, v in body.items() if v is not ...})


def mailbox(at: Desk, **fields: Any) -> Answer:
    given = {"from_": ADA_GMAIL, "to": ["jane@example.com"], "body": "Hi", **fields}
    body = {name.rstrip("_"): value for name, value in given.items() if value is not ...}
    return at.caller.post(MAILBOX, body)


def account(at: Desk, **fields: Any) -> Answer:
    body = {"to": ["jane@example.com"], "subject": "Hello", "body_text": "Hi", **fields}
    if "from_account_id" not in body:
        body["from_account_id"] = at.account(ADA_GMAIL)
    return at.caller.post(ACCOUNT, {k: v for k, v in body.items() if v is not ...})


# --- all dialects ---


@pytest.mark.parametrize("send", [workspace, mailbox, account])
def test_recipients_in_cc_and_bcc_get_it_and_bcc_is_not_told(send: Any, at: Desk) -> None:
    answer = send(at, to=["a@x.example"], cc=["Bea <b@x.example>"], bcc=["c@x.example"])

    assert answer.status == 200
    assert sorted(at.recipients()[0]) == ["a@x.example", "b@x.example", "c@x.example"]
    assert "b@x.example" in at.mail["Cc"]
    seen = at.sandbox.control.delivered(recipient="a@x.example")
    assert seen
    for one in seen:
        assert b"c@x.example" not in base64.b64decode(one["raw_base64"])


@pytest.mark.parametrize("send", [workspace, mailbox, account])
@pytest.mark.parametrize("to", ["jane@x.example", '"Doe, Jane" <jane@x.example>'])
def test_to_is_one_address_or_a_list_bare_or_with_a_name(send: Any, to: str, at: Desk) -> None:
    statuses = [send(at, to=to).status, send(at, to=[to, "b@x.example"]).status]

    assert statuses == [200, 200]
    assert [len(one) for one in at.recipients()] == [1, 2]


@pytest.mark.parametrize("send", [workspace, mailbox, account])
def test_every_answer_carries_rate_and_request_headers(send: Any, at: Desk) -> None:
    for answer in (
        send(at),
        send(at, to=...),
        at.caller.get("/nowhere"),
        at.caller.get("/healthz"),
    ):
        limit, remaining = (
            int(answer.headers[f"x-ratelimit-{name}"]) for name in ("limit", "remaining")
        )
        assert 0 <= remaining <= limit
        assert int(answer.headers["x-ratelimit-reset"]) > 1_700_000_000
        assert answer.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("send", [workspace, mailbox, account])
def test_unknown_fields_are_named(send: Any, at: Desk) -> None:
    answer = send(at, subjekt="x", cc_="y")

    assert (answer.status, answer.code) == (400, "validation_error")
    assert "subjekt" in answer.fields
    assert at.mails() == []


@pytest.mark.parametrize("send", [workspace, mailbox, account])
def test_no_connected_account_is_insufficient_permissions(send: Any, at: Desk) -> None:
    for one in at.services.book.list_accounts():
        at.services.accounts.set_state(one.uid, AccountState.SIGNED_OUT, one.added_at)

    answer = send(at)

    assert (answer.status, answer.code) == (403, "insufficient_permissions")
    assert at.services.records.list_records(OutboxView.ALL) == []


@pytest.mark.parametrize("path", [WORKSPACE, MAILBOX, ACCOUNT])
def test_key_without_write_permission_may_not_send(path: str, at: Desk) -> None:
    answer = at.key(Permission.READ).post(path, {})

    assert (answer.status, answer.code) == (403, "insufficient_permissions")
    assert "write:email" in answer.json["error"]["message"]


@pytest.mark.parametrize("send", [workspace, mailbox, account])
def test_refusal_of_the_provider_is_a_provider_error_with_the_record(send: Any, at: Desk) -> None:
    at.sandbox.control.fault("send", "status_before", status=400, body={"error": {"code": 400}})

    answer = send(at)

    assert (answer.status, answer.code) == (502, "provider_error")
    assert at.caller.get(answer.headers["location"]).json["status"] == "failed"


def test_an_outage_is_waited_for_and_answered_as_queued(server: SandboxServer, at: Desk) -> None:
    at.sandbox.control.fault("create_draft", "status_before", status=503, count=100)

    answer = at.caller.post(
        WORKSPACE, {"to": "a@x.example", "subject": "S", "body_text": "x"}, Prefer="wait=0.3"
    )

    assert answer.status == 202
    data = answer.json["data"]
    assert (data["status"], data["sent_at"], data["thread_id"]) == ("queued", None, None)
    assert data["id"] == answer.headers["location"].rpartition("/")[2]


# --- POST /v1/email/send ---


def test_workspace_sends_from_the_default_mailbox(at: Desk) -> None:
    boxes = at.services.book.list_mailboxes()
    outlook = next(box for box in boxes if box.address == ADA_OUTLOOK)
    at.services.accounts.set_default(outlook.uid)

    data = workspace(at).json["data"]

    assert data["provider"] == "microsoft"
    assert ADA_OUTLOOK in at.mail["From"]


def test_workspace_with_both_bodies_is_multipart_alternative(at: Desk) -> None:
    workspace(at, body_html="<p>rich</p>", body_text="plain words")

    assert at.mail.get_content_type() == "multipart/alternative"
    plain, rich = at.mail.iter_parts()
    assert plain.get_content().strip() == "plain words"
    assert "<p>rich</p>" in rich.get_content()


def test_workspace_needs_to_subject_and_a_body_and_says_all_at_once(at: Desk) -> None:
    answer = workspace(at, to=..., subject=..., body_text=...)

    assert answer.status == 400
    assert set(answer.fields) == {"to", "subject", "body_html", "body_text"}
    assert answer.told["to"] == "to is required."


def test_workspace_subject_may_have_998_characters(at: Desk) -> None:
    fits, over = workspace(at, subject="s" * 998), workspace(at, subject="s" * 999)

    assert (fits.status, over.status, over.fields) == (200, 400, ["subject"])


def test_workspace_reply_to_is_where_answers_go(at: Desk) -> None:
    workspace(at, reply_to="Desk <desk@x.example>")

    assert at.mail["Reply-To"] == "Desk <desk@x.example>"


def test_workspace_links_contact_and_deal(at: Desk) -> None:
    workspace(at, contact_id=UUID, deal_id=UUID.upper())

    record = at.services.records.list_records(OutboxView.ALL)[0]
    assert [(one.kind, one.uid) for one in record.links] == [
        (LinkKind.CONTACT, UUID),
        (LinkKind.DEAL, UUID),
    ]
    link = ContextLink(LinkKind.CONTACT, UUID)
    wait_until(lambda: at.services.timelines.list_timeline(link))
    assert workspace(at, contact_id="42").fields == ["contact_id"]


def test_workspace_thread_id_replies_from_the_thread_s_own_mailbox(at: Desk) -> None:
    thread, original = _conversation(at, ADA_OUTLOOK)

    answer = workspace(at, thread_id=thread, subject=f"Re: {original['subject']}")

    assert answer.status == 200
    assert answer.json["data"]["provider"] == "microsoft"
    assert answer.json["data"]["thread_id"] == thread
    assert at.mail["In-Reply-To"] == original["emailMetadata"]["messageId"]


def test_workspace_unknown_thread_is_a_validation_error(at: Desk) -> None:
    answer = workspace(at, thread_id="18c9a4b2e7ff21aa")

    assert (answer.status, answer.fields) == (400, ["thread_id"])


def test_workspace_attachments_by_base64_and_by_storage_path(at: Desk) -> None:
    kept = at.caller.upload("Angebot für Ω.pdf", b"%PDF-1.7 kept").json

    answer = workspace(
        at,
        attachments=[
            {"filename": "offer.pdf", "mime_type": "application/pdf", "content_base64": PDF},
            {"filename": "kept.pdf", "storage_path": kept["storage_path"]},
        ],
    )

    assert answer.status == 200
    found = {one.get_filename(): one.get_content() for one in at.mail.iter_attachments()}
    assert found == {"offer.pdf": b"%PDF-1.7 offer", "kept.pdf": b"%PDF-1.7 kept"}


def test_workspace_attachment_needs_exactly_one_source(at: Desk) -> None:
    neither = workspace(at, attachments=[{"filename": "a.pdf"}])
    both = workspace(
        at, attachments=[{"filename": "a", "content_base64": PDF, "storage_path": "files/x"}]
    )

    assert (neither.fields, both.fields) == (["attachments[0]"], ["attachments[0]"])


# --- POST /api/email/messages/send ---


def test_mailbox_from_chooses_the_mailbox(at: Desk) -> None:
    mailbox(at, from_=ADA_OUTLOOK.upper())

    assert ADA_OUTLOOK in at.mail["From"]


def test_mailbox_that_is_not_connected_is_insufficient_permissions(at: Desk) -> None:
    answer = mailbox(at, from_="who@else.example")

    assert (answer.status, answer.code) == (403, "insufficient_permissions")


def test_mailbox_provider_breaks_ties(at: Desk) -> None:
    boxes = at.services.book.list_mailboxes()
    gmail = next(box for box in boxes if box.address == ADA_GMAIL)
    outlook = next(one for one in at.services.book.list_accounts() if one.address == ADA_OUTLOOK)
    twin = type(gmail)(
        uid=str(uuid.uuid4()),
        account_uid=outlook.uid,
        provider=outlook.provider,
        address=ADA_GMAIL,
    )
    at.services.accounts.save(outlook, [twin])

    tied = mailbox(at)
    chosen = mailbox(at, provider="gmail")

    assert (tied.status, tied.fields) == (400, ["provider"])
    assert chosen.status == 200
    assert mailbox(at, provider="yahoo").fields == ["provider"]


def test_mailbox_is_html_sends_html(at: Desk) -> None:
    mailbox(at, body="<p>x &amp; y</p>", isHtml=True)
    mailbox(at, body="<p>x</p>")

    rich, plain = at.mails()
    assert "<p>x &amp; y</p>" in rich.get_body(("html",)).get_content()
    assert plain.get_content_type() == "text/plain"
    assert plain.get_content().strip() == "<p>x</p>"


def test_mailbox_subject_is_no_subject_on_a_new_thread_and_the_thread_s_on_a_reply(
    at: Desk,
) -> None:
    thread, original = _conversation(at, ADA_GMAIL)

    mailbox(at)
    answer = mailbox(at, threadId=thread)

    fresh, reply = at.mails()
    assert fresh["Subject"] == "(no subject)"
    bare = original["subject"].removeprefix("Re: ")
    assert reply["Subject"] == f"Re: {bare}"
    assert answer.json["threadId"] == thread


def test_mailbox_reply_fills_in_reply_to_and_references_unless_given(at: Desk) -> None:
    thread, original = _conversation(at, ADA_GMAIL)
    subject = f"Re: {original['subject'].removeprefix('Re: ')}"

    mailbox(at, threadId=thread, subject=subject)
    mailbox(
        at,
        threadId=thread,
        subject=subject,
        inReplyTo="<own@x.example>",
        references="<first@x.example> <own@x.example>",
    )

    filled, given = at.mails()
    assert filled["In-Reply-To"] == original["emailMetadata"]["messageId"]
    assert filled["References"].split()[-1] == original["emailMetadata"]["messageId"]
    assert given["In-Reply-To"] == "<own@x.example>"
    assert given["References"].split() == ["<first@x.example>", "<own@x.example>"]


def test_mailbox_headers_alone_thread_a_message(at: Desk) -> None:
    answer = mailbox(at, inReplyTo="<own@x.example>")

    assert answer.status == 200
    assert at.mail["In-Reply-To"] == "<own@x.example>"
    assert mailbox(at, inReplyTo="own@x.example").fields == ["inReplyTo"]
    assert mailbox(at, references="none").fields == ["references"]


def test_mailbox_internal_notes_are_refused(at: Desk) -> None:
    answer = mailbox(at, isInternal=True)

    assert (answer.status, answer.fields) == (400, ["isInternal"])
    assert mailbox(at, isInternal=False).status == 200


def test_mailbox_attachments_by_storage_key_and_by_url(at: Desk) -> None:
    kept = at.caller.upload("kept.pdf", b"%PDF-1.7 kept").json

    answer = mailbox(
        at,
        attachments=[
            {"storageKey": kept["storageKey"]},
            {"url": f"{at.sandbox.url}/control/deliveries"},
        ],
    )

    assert answer.status == 200
    names = [one.get_filename() for one in at.mail.iter_attachments()]
    assert names == ["kept.pdf", "deliveries"]
    assert [one["filename"] for one in answer.json["message"]["attachments"]] == names
    assert mailbox(at, attachments=[{}]).fields == ["attachments[0]"]


def test_mailbox_missing_fields_are_named(at: Desk) -> None:
    answer = mailbox(at, from_=..., to=..., body=...)

    assert sorted(answer.fields) == ["body", "from", "to"]


def test_conversation_of_an_answer_can_be_asked_for(at: Desk) -> None:
    answer = mailbox(at, body="Hello there", subject="S").json

    found = at.caller.get(f"/api/conversation/{answer['conversationId']}").json

    assert found["channelIdentifier"] == answer["threadId"]
    assert found["messages"][0]["_id"] == answer["message"]["_id"]
    assert found["messages"][0]["emailMetadata"]["threadId"] == answer["threadId"]
    listed = at.caller.get("/api/conversation").json["conversations"]
    assert all(one["channelIdentifier"] for one in listed)


# --- POST /api/email/send ---


def test_account_sends_from_the_account_that_is_named(at: Desk) -> None:
    account(at, from_account_id=at.account(ADA_OUTLOOK))

    assert ADA_OUTLOOK in at.mail["From"]
    assert account(at, from_account_id=UUID).fields == ["from_account_id"]


@pytest.mark.parametrize(
    ("fields", "missing"),
    [
        ({"from_account_id": ..., "to": ..., "subject": ...}, {"from_account_id", "to", "subject"}),
        ({"to": ..., "subject": ..., "reply_to_message_uid": UUID}, {"to", "subject"}),
        ({"draft_uid": UUID}, {"from_account_id", "to", "subject", "body_text"}),
    ],
)
def test_account_modes_require_their_fields(
    fields: dict[str, Any], missing: set[str], at: Desk
) -> None:
    answer = account(at, **fields)

    assert answer.status == 400
    assert set(answer.fields) == missing


def test_account_sends_a_draft_once(at: Desk) -> None:
    body = {"to": ["jane@x.example"], "subject": "Planned words", "body_html": "<p>a</p>"}
    uid = at.caller.post("/api/email/drafts", body).json["draft_uid"]

    first = at.caller.post(ACCOUNT, {"draft_uid": uid})
    again = at.caller.post(ACCOUNT, {"draft_uid": uid})

    assert (first.status, first.json["status"]) == (200, "sent")
    assert again.json["outbound_email_uid"] == first.json["outbound_email_uid"]
    assert at.mail["Subject"] == "Planned words"
    assert at.caller.post(ACCOUNT, {"draft_uid": UUID}).status == 404


def test_account_reply_threads_and_ignores_the_account_given(at: Desk) -> None:
    first = account(at).json

    answer = account(
        at,
        from_account_id=at.account(ADA_OUTLOOK),
        subject="Re: Hello",
        reply_to_message_uid=first["outbound_email_uid"],
    )

    sent, reply = at.mails()
    message_id = sent["Message-ID"].strip()
    assert answer.json["provider_thread_id"] == first["provider_thread_id"]
    assert ADA_GMAIL in reply["From"]
    assert reply["In-Reply-To"].strip() == message_id
    assert message_id in reply["References"]


def test_account_replies_to_a_message_somebody_wrote(at: Desk) -> None:
    thread, original = _conversation(at, ADA_GMAIL)

    answer = account(
        at,
        from_account_id=...,
        subject=f"Re: {original['subject'].removeprefix('Re: ')}",
        reply_to_message_uid=original["_id"],
    )

    assert answer.json["provider_thread_id"] == thread
    assert at.mail["In-Reply-To"] == original["emailMetadata"]["messageId"]


def test_account_reply_that_cannot_be_resolved_says_what_is_missing(at: Desk) -> None:
    unknown = account(at, reply_to_message_uid=UUID)
    first = account(at).json
    at.services.book.remove(at.account(ADA_GMAIL))
    orphan = account(at, from_account_id=..., reply_to_message_uid=first["outbound_email_uid"])

    assert (unknown.status, unknown.fields) == (400, ["reply_to_message_uid"])
    assert orphan.status == 400
    assert "no longer connected" in orphan.told["reply_to_message_uid"]


def test_account_reply_to_a_message_that_was_not_sent_is_refused_with_details(at: Desk) -> None:
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    body = {"to": ["a@x.example"], "subject": "S", "body_text": "x", "planned_send_at": later}
    planned = at.caller.post("/api/email/drafts", body).json["outbound_email_uid"]

    answer = account(at, reply_to_message_uid=planned)

    messages = [one["message"] for one in answer.json["error"]["details"]]
    assert any("Message-ID" in one for one in messages)
    assert any("conversation" in one for one in messages)


def test_account_html_and_text_and_attachments_go_out(at: Desk) -> None:
    file = {"filename": "a.pdf", "content_type": "application/pdf", "data_base64": PDF}

    account(at, body_html="<html><body><b>x</b></body></html>", attachments=[file])

    html = at.mail.get_body(("html",)).get_content()
    assert html.count("<body") == 1
    assert "<b>x</b>" in html
    assert [one.get_content() for one in at.mail.iter_attachments()] == [b"%PDF-1.7 offer"]


def test_account_context_is_linked(at: Desk) -> None:
    uid = account(at, context_type="invoice", context_id=UUID).json["outbound_email_uid"]

    record = at.caller.get(f"/api/email/outbound/{uid}").json
    assert record["links"] == [{"kind": "context", "id": UUID, "type": "invoice"}]
    assert account(at, context_type="invoice").fields == ["context_id"]


def test_account_draft_with_a_time_is_sent_at_that_time(at: Desk) -> None:
    at_time = datetime.now(UTC) + timedelta(seconds=2)
    body = {
        "to": ["jane@x.example"],
        "subject": "Later",
        "body_text": "x",
        "planned_send_at": at_time.isoformat(),
    }
    draft = at.caller.post("/api/email/drafts", body)

    assert draft.status == 201
    assert draft.json["status"] == "scheduled"
    path = f"/api/email/drafts/{draft.json['draft_uid']}"
    wait_until(lambda: at.caller.get(path).json["status"] == "sent")
    assert datetime.now(UTC) >= at_time
    assert len(at.mails()) == 1


def _conversation(at: Desk, address: str) -> tuple[str, dict[str, Any]]:
    """Give the thread id of a conversation the sandbox has, and its latest message as it is shown."""
    uid = at.account(address)
    at.services.conversations.refresh(uid, CancelToken())
    listed = at.caller.get("/api/conversation?limit=200").json["conversations"]
    found = next(one for one in listed if one["accountId"] == uid)
    whole = at.caller.get(f"/api/conversation/{found['_id']}").json
    return found["channelIdentifier"], whole["messages"][-1]
