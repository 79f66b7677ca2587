"""Sentences of the three documents that no other test holds, one test each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from app.domain.permission import Permission
from app.runtime.cancel import CancelToken
from app.sandbox.server import SandboxServer
from tests.support.gateway import ACCOUNT, MAILBOX, WORKSPACE, Answer, Desk, desk
from tests.support.profile import ADA_GMAIL, ADA_OUTLOOK, make_profile
from tests.support.sandbox import sandbox
from tests.support.waiting import wait_until

BOTH = pytest.mark.parametrize("sender", [ADA_GMAIL, ADA_OUTLOOK])


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as made:
        yield made


@pytest.fixture(scope="module")
def at(server: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("sentences") / "profile"
    make_profile(folder, server.url, [ADA_GMAIL, ADA_OUTLOOK])
    with desk(folder, server) as made:
        yield made


def workspace(at: Desk, **fields: Any) -> Answer:
    body = {"to": "jane@example.com", "subject": "Hello", "body_text": "Hi", **fields}
    return at.caller.post(WORKSPACE, {k: v for k, v in body.items() if v is not ...})


def mailbox(at: Desk, sender: str = ADA_GMAIL, **fields: Any) -> Answer:
    body = {"from": sender, "to": ["jane@example.com"], "body": "Hi", **fields}
    return at.caller.post(MAILBOX, body)


def account(at: Desk, sender: str = ADA_GMAIL, **fields: Any) -> Answer:
    fresh = {"from_account_id": at.account(sender)}
    body = {**fresh, "to": ["jane@example.com"], "subject": "Hello", "body_text": "Hi", **fields}
    return at.caller.post(ACCOUNT, {k: v for k, v in body.items() if v is not ...})


# --- workspace ---


def test_reply_to_is_the_sending_mailbox_when_left_out(at: Desk) -> None:
    workspace(at)

    mail = at.mails()[-1]
    assert mail["Reply-To"] is None
    assert ADA_GMAIL in mail["From"]


def test_without_a_thread_id_each_message_has_its_own_thread(at: Desk) -> None:
    first, second = workspace(at).json["data"], workspace(at).json["data"]

    assert first["thread_id"] != second["thread_id"]
    assert all(one["thread_id"] for one in (first, second))


def test_answer_has_the_documented_fields_and_no_other(at: Desk) -> None:
    answer = workspace(at).json

    assert list(answer) == ["data"]
    assert list(answer["data"]) == ["id", "thread_id", "provider", "status", "sent_at"]
    assert answer["data"]["provider"] == "gmail"
    moment = datetime.strptime(answer["data"]["sent_at"], "%Y-%m-%dT%H:%M:%S%z")
    assert moment.utcoffset() is not None


def test_html_alone_and_text_alone_are_sent_as_they_are(at: Desk) -> None:
    workspace(at, body_text="Only text")
    workspace(at, body_text=..., body_html="<p>Only <b>HTML</b></p>")

    text, html = at.mails()[-2:]
    assert text.get_content_type() == "text/plain"
    part = html.get_body(("html",))
    assert part is not None
    assert "Only <b>HTML</b>" in part.get_content()


def test_key_is_as_good_for_one_dialect_as_for_the_others(at: Desk) -> None:
    reader = at.key(Permission.READ)

    for path in (WORKSPACE, MAILBOX, ACCOUNT):
        answer = reader.post(path, {})
        assert (answer.status, answer.code) == (403, "insufficient_permissions")
        assert "write:email" in answer.json["error"]["message"]


# --- mailbox ---


@BOTH
def test_recipient_alone_does_not_continue_a_thread(sender: str, at: Desk) -> None:
    first, second = mailbox(at, sender).json, mailbox(at, sender).json

    assert first["threadId"] != second["threadId"]
    assert first["conversationId"] != second["conversationId"]


@BOTH
def test_thread_id_comes_from_answer_conversation_list_and_message(sender: str, at: Desk) -> None:
    answer = mailbox(at, sender, subject="Report").json
    conversation = at.caller.get(f"/api/conversation/{answer['conversationId']}").json
    account_uid = at.account(sender)
    at.services.conversations.sync(account_uid, CancelToken())
    listed = at.caller.get("/api/conversation?limit=200").json["conversations"]

    assert conversation["channelIdentifier"] == answer["threadId"]
    assert answer["threadId"] in {one["channelIdentifier"] for one in listed}
    stored = {one["emailMetadata"]["threadId"] for one in conversation["messages"]}
    assert stored == {answer["threadId"]}
    again = mailbox(at, sender, threadId=answer["threadId"]).json
    assert again["threadId"] == answer["threadId"]
    assert again["conversationId"] == answer["conversationId"]


@BOTH
def test_reply_refers_to_the_latest_message_of_the_thread(sender: str, at: Desk) -> None:
    first = mailbox(at, sender, subject="Report").json
    second = mailbox(at, sender, threadId=first["threadId"]).json
    mailbox(at, sender, threadId=first["threadId"])

    one, two, three = at.mails()[-3:]
    assert second["message"]["subject"] == "Re: Report"
    assert two["In-Reply-To"].strip() == one["Message-ID"].strip()
    assert three["In-Reply-To"].strip() == two["Message-ID"].strip()
    assert three["References"].split() == [one["Message-ID"].strip(), two["Message-ID"].strip()]


def test_thread_of_another_mailbox_is_refused(at: Desk) -> None:
    thread = mailbox(at, ADA_GMAIL).json["threadId"]

    answer = mailbox(at, ADA_OUTLOOK, threadId=thread)

    assert (answer.status, answer.code) == (400, "validation_error")


def test_message_document_has_the_documented_fields(at: Desk) -> None:
    message = mailbox(at).json["message"]

    documented = {
        *("_id", "organizationId", "conversationId", "userId", "channelType", "isIncoming"),
        *("isInternal", "status", "body", "attachments", "createdAt", "updatedAt"),
    }
    assert documented <= message.keys()
    assert (message["channelType"], message["isIncoming"], message["isInternal"]) == (
        "email",
        False,
        False,
    )
    assert (message["status"], message["attachments"]) == ("delivered", [])
    assert message["createdAt"].endswith("Z")
    assert len(message["createdAt"]) == len("2026-05-18T12:34:56.000Z")


def test_contact_of_the_message_is_named(at: Desk) -> None:
    table = b"Id,Name,Email\n1,Jane,jane@example.com\n"
    at.services.contacts.import_contacts(table)
    contact = at.services.contacts.get("jane@example.com")
    sent = workspace(at, contact_id=contact.uid)
    uid = sent.headers["location"].rpartition("/")[2]
    thread = sent.json["data"]["thread_id"]

    conversations = at.caller.get(f"/api/conversation/{uid}").json

    assert conversations["channelIdentifier"] == thread
    assert conversations["messages"][0]["contactId"] == contact.uid


# --- account ---


def test_answer_is_the_outbound_record_s_details(at: Desk) -> None:
    answer = account(at).json

    assert list(answer) == [
        "outbound_email_uid",
        "provider_message_id",
        "provider_thread_id",
        "status",
        "sent_at",
    ]
    record = at.caller.get(f"/api/email/outbound/{answer['outbound_email_uid']}").json
    assert {name: record[name] for name in answer} == answer
    assert record["history"][0]["event"] == "submitted"


def test_failure_is_on_the_record_with_its_error(at: Desk) -> None:
    body = {"error": {"code": 400, "message": "Invalid attachment"}}
    at.sandbox.control.fault("send", "status_before", status=400, body=body)

    answer = account(at)

    record = at.caller.get(answer.headers["location"]).json
    assert (answer.status, answer.code) == (502, "provider_error")
    assert (record["status"], record["provider_message_id"]) == ("failed", None)
    assert "Invalid attachment" in record["detail"]


@BOTH
def test_html_takes_precedence_beside_text(sender: str, at: Desk) -> None:
    account(at, sender, body_text="Plain", body_html="<html><body><p>Rich</p></body></html>")

    def mail() -> Any:
        return at.mails()[-1]

    wait_until(lambda: mail().get_body(("html",)) is not None, what="the mail")
    html, text = mail().get_body(("html",)), mail().get_body(("plain",))
    assert mail().get_content_type() == "multipart/alternative"
    assert "Rich" in html.get_content()
    assert text is None or "Plain" in text.get_content() or sender == ADA_OUTLOOK


def test_fields_are_resolved_by_prepare_and_then_sent(at: Desk) -> None:
    asked = {
        "to": ["jane@example.com"],
        "subject": "For {{contact.nickname|you}}",
        "body_text": "x",
    }

    ready = at.caller.post("/api/email/prepare", asked).json
    sent = account(at, subject=ready["subject"], body_text=ready["body_text"])

    assert (ready["is_ready"], ready["missing"]) == (True, [])
    assert sent.status == 200
    assert at.mails()[-1]["Subject"] == "For you"
