"""Conversations, latest messages and mailboxes of both providers."""

from __future__ import annotations

import pytest

from app.domain.account import Capability, ProviderKind
from app.domain.conversation import ThreadRef
from app.domain.errors import NeedsPerson, NotFound, Rejected, SignInRequired
from app.domain.outbound import Reason
from app.ports import Verdict
from tests.support.carriages import Parcel

GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
ADDRESS = {GMAIL: "ada@acme.example", MICROSOFT: "nina@fabrikam.example"}
BOTH = pytest.mark.parametrize("kind", [GMAIL, MICROSOFT])


def receive(server, kind, lines, body="Hello"):
    head = {
        "From": '"Doe, Jane" <jane@northwind.example>',
        "To": f"Me <{ADDRESS[kind]}>, Raj <raj@northwind.example>",
        "Subject": "Fresh news",
        "Message-ID": "<fresh-1@northwind.example>",
        "Date": "Mon, 05 Jan 2026 10:00:00 +0000",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        **lines,
    }
    raw = "".join(f"{name}: {value}\r\n" for name, value in head.items()) + f"\r\n{body}"
    server.control.receive(ADDRESS[kind], raw if isinstance(raw, bytes) else raw.encode())


@BOTH
def test_lists_conversations_newest_first(either, kind):
    page = either.list_conversations(limit=20)
    assert page.conversations
    dates = [one.last_at for one in page.conversations]
    assert dates == sorted(dates, reverse=True)
    for one in page.conversations:
        assert one.ref.account_uid == f"uid-{kind.value}"
        assert one.subject
        assert one.participants
        assert one.message_count >= 1
        assert one.last_sender
        assert one.last_at.tzinfo is not None
    assert len({one.ref for one in page.conversations}) == len(page.conversations)


@BOTH
def test_pages_go_on_to_the_end(either, kind):
    everything = {one.ref for one in either.list_conversations(limit=100).conversations}
    found, page, rounds = set(), "", 0
    while True:
        got = either.list_conversations(page=page, limit=2)
        found |= {one.ref for one in got.conversations}
        page, rounds = got.next_page, rounds + 1
        if not page:
            break
    assert found == everything
    assert rounds > 1


@BOTH
def test_names_are_decoded_and_oneself_left_out(server, either, kind):
    receive(server, kind, {"From": "=?utf-8?q?J=C3=B8rn=2C_Kai?= <kai@northwind.example>"})
    newest = next(
        c for c in either.list_conversations(limit=50).conversations if c.subject == "Fresh news"
    )
    assert newest.last_sender == "Jørn, Kai"
    specs = {one.addr_spec for one in newest.participants}
    assert specs == {"kai@northwind.example", "raj@northwind.example"}


@BOTH
def test_search_finds_and_does_not_find(server, either, kind):
    receive(server, kind, {"Subject": "Zebra crossing"})
    found = either.search_conversations("zebra").conversations
    assert [one.subject for one in found] == ["Zebra crossing"]
    assert either.search_conversations("nobodyeverwrotethis").conversations == ()


@BOTH
@pytest.mark.parametrize("text", ['"', 'quo"ted zebra', "back\\slash", "a:b:c", "' or 1 eq 1"])
def test_search_takes_any_text(either, kind, text):
    assert either.search_conversations(text).conversations is not None


@BOTH
def test_latest_message_is_whole(server, either, kind):
    receive(
        server,
        kind,
        {
            "References": "<one@x.example> <two@x.example>",
            "In-Reply-To": "<two@x.example>",
            "Subject": "Fresh news",
        },
        "Grüße aus Köln",
    )
    page = either.list_conversations(limit=50)
    ref = next(c.ref for c in page.conversations if c.subject == "Fresh news")
    latest = either.fetch_latest(ref)
    assert latest.ref == ref
    assert latest.message_id == "<fresh-1@northwind.example>"
    assert latest.in_reply_to == "<two@x.example>"
    assert latest.references == ("<one@x.example>", "<two@x.example>")
    assert latest.sender.name == "Doe, Jane"
    assert {one.addr_spec for one in latest.to} == {ADDRESS[kind], "raj@northwind.example"}
    assert "Grüße aus Köln" in latest.text + latest.html
    assert latest.sent_at is not None
    assert latest.provider_message_id


def test_gmail_reads_reply_addresses(server, gmail):
    receive(
        server,
        GMAIL,
        {"Reply-To": "desk@x.example", "Mail-Followup-To": "list@x.example, a@x.example"},
    )
    ref = gmail.search_conversations("subject:news").conversations[0].ref
    latest = gmail.fetch_latest(ref)
    assert [a.addr_spec for a in latest.reply_to] == ["desk@x.example"]
    assert [a.addr_spec for a in latest.mail_followup_to] == ["list@x.example", "a@x.example"]


def test_gmail_drafts_are_no_latest_message(server, gmail):
    conversation = gmail.list_conversations(limit=5).conversations[0]
    before = gmail.fetch_latest(conversation.ref)
    from app.domain.draft import ReplyContext, ReplyMode

    reply = ReplyContext(
        ref=conversation.ref,
        mode=ReplyMode.REPLY,
        provider_message_id=before.provider_message_id,
        message_id=before.message_id,
        references=before.references,
        subject=before.subject,
    )
    gmail.create_draft(Parcel(sender=ADDRESS[GMAIL], reply=reply).carriage())
    assert gmail.fetch_latest(conversation.ref) == before


@BOTH
def test_attachments_are_named(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind], files={"deck.pdf": b"x" * 4000})
    carriage = parcel.carriage()
    receipt = either.send_draft(either.create_draft(carriage), carriage)
    thread = either.read_back(receipt, carriage).provider_thread_id
    latest = either.fetch_latest(ThreadRef(f"uid-{kind.value}", thread))
    [file] = latest.attachments
    assert file.filename == "deck.pdf"
    assert file.size_bytes >= 4000
    assert "<b>quote</b>" in latest.html
    listed = either.list_conversations(limit=50).conversations
    assert next(c for c in listed if c.ref.thread_id == thread).has_attachments


@BOTH
def test_an_unknown_conversation_is_said(either, kind):
    with pytest.raises(NotFound):
        either.fetch_latest(ThreadRef("uid", "ffffffffffff'&$x"))


def test_another_servers_page_is_refused(graph):
    with pytest.raises(Rejected):
        graph.list_conversations(page="https://evil.example/graph/v1.0/me/messages")


def test_gmail_mailboxes_with_aliases(gmail):
    found = {one.address: one for one in gmail.fetch_mailboxes()}
    own = found["ada@acme.example"]
    assert own.is_default
    assert own.display_name == "Ada Reyes"
    assert "Account Executive" in own.signature_html
    assert len(found) > 1


def test_outlook_mailbox(graph):
    [found] = graph.fetch_mailboxes()
    assert found.address == "nina@fabrikam.example"
    assert found.display_name == "Nina Weber"
    assert found.is_default


def test_without_reading_everything_else_still_works(server, connect):
    _, gmail = connect(GMAIL, unticked=["https://www.googleapis.com/auth/gmail.readonly"])
    assert gmail.capabilities == {Capability.SEND, Capability.DRAFTS}
    for ask in (gmail.list_conversations, lambda: gmail.search_conversations("x")):
        with pytest.raises(NeedsPerson) as caught:
            ask()
        assert caught.value.params["reason"] is Reason.SIGN_IN
    parcel = Parcel(sender=ADDRESS[GMAIL])
    carriage = parcel.carriage()
    draft = gmail.create_draft(carriage)
    assert gmail.find_draft(carriage) == draft
    receipt = gmail.send_draft(draft, carriage)
    assert gmail.read_back(receipt, carriage) == receipt
    evidence = gmail.ask_outcome(draft, carriage, carriage.message.content.date)
    assert evidence.verdict is Verdict.UNKNOWN
    assert [one.address for one in gmail.fetch_mailboxes()] == [ADDRESS[GMAIL]]


@BOTH
def test_a_revoked_account_asks_to_sign_in(server, either, kind):
    either.list_conversations(limit=1)
    server.control.revoke(ADDRESS[kind])
    with pytest.raises(SignInRequired):
        either.list_conversations(limit=1)


@BOTH
def test_one_refused_token_is_renewed_unseen(server, either, kind):
    server.control.fault("list", "unauthorized", count=1)
    assert either.list_conversations(limit=1).conversations


@BOTH
def test_a_refused_token_on_send_is_renewed_and_sends_once(server, either, kind):
    carriage = Parcel(sender=ADDRESS[kind]).carriage()
    draft = either.create_draft(carriage)
    server.control.fault("send", "unauthorized", count=1)
    either.send_draft(draft, carriage)
    assert len(server.control.deliveries()) == 1


@BOTH
def test_a_token_refused_for_ever_asks_to_sign_in(server, either, kind):
    carriage = Parcel(sender=ADDRESS[kind]).carriage()
    draft = either.create_draft(carriage)
    server.control.fault("send", "unauthorized", count=-1)
    with pytest.raises(SignInRequired):
        either.send_draft(draft, carriage)
    assert not server.control.deliveries()
