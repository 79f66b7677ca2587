"""Draft, send, read back, ask: both providers end to end against the sandbox."""

from __future__ import annotations

import base64
import email
import email.policy
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.domain.account import ProviderKind
from app.domain.conversation import ThreadRef
from app.domain.draft import ReplyContext, ReplyMode
from app.domain.errors import (
    Cancelled,
    DeliveryUncertain,
    DraftGone,
    Rejected,
    Throttled,
    Unavailable,
)
from app.ports import ProviderDraft, Verdict
from tests.support.carriages import Parcel
from tests.support.waiting import wait_until

GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
ADDRESS = {GMAIL: "ada@acme.example", MICROSOFT: "nina@fabrikam.example"}
BOTH = pytest.mark.parametrize("kind", [GMAIL, MICROSOFT])
MB = 1024 * 1024


def delivered(server, recipient):
    rows = server.control.delivered(recipient=recipient)
    return [
        email.message_from_bytes(base64.b64decode(row["raw_base64"]), policy=email.policy.default)
        for row in rows
    ]


def files_of(message):
    return {part.get_filename(): part.get_content() for part in message.iter_attachments()}


def drafts_of(server):
    boxes = {box["address"]: box for box in server.control.mailboxes()}
    rows = boxes[ADDRESS[MICROSOFT]]["messages"]
    return {row["immutable_id"] for row in rows if row["folder"] == "drafts"}


def carry(provider, parcel):
    carriage = parcel.carriage()
    draft = provider.create_draft(carriage)
    return draft, provider.send_draft(draft, carriage)


def reply_to(provider, mode=ReplyMode.REPLY):
    found = provider.list_conversations(limit=20).conversations
    for conversation in found:
        latest = provider.fetch_latest(conversation.ref)
        if latest.sender and latest.message_id:
            subject = latest.subject
            if not subject.lower().startswith("re:"):
                subject = f"Re: {subject}"
            return ReplyContext(
                ref=conversation.ref,
                mode=mode,
                provider_message_id=latest.provider_message_id,
                message_id=latest.message_id,
                references=latest.references,
                subject=subject,
            )
    raise AssertionError("no conversation to answer")


@BOTH
def test_a_message_arrives_as_composed(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind], files={"deck.pdf": os.urandom(50_000)})
    _, receipt = carry(either, parcel)
    assert receipt.http_status in {200, 202}
    for person in ("raj@northwind.example", "jane@northwind.example", "boss@hidden.example"):
        [message] = delivered(server, person)
        assert message["Subject"] == parcel.content.subject
        assert message["Bcc"] is None
        assert message.get_body(("plain",)).get_content().strip() == (
            parcel.content.text.strip().replace("\r\n", "\n")
        )
        assert "<b>quote</b>" in message.get_body(("html",)).get_content()
        assert files_of(message) == parcel.files
    assert len(server.control.deliveries()) == 1


@BOTH
def test_the_sent_copy_is_compared(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind], files={"deck.pdf": b"%PDF" * 500})
    _, receipt = carry(either, parcel)
    found = either.read_back(receipt, parcel.carriage())
    assert found.differences == ()
    assert found.provider_message_id
    assert found.provider_thread_id
    assert found.wire_message_id.startswith("<")
    assert found.http_status == receipt.http_status
    [message] = delivered(server, "raj@northwind.example")
    assert message["Message-ID"] == found.wire_message_id


@BOTH
def test_a_reply_joins_the_conversation(server, either, kind):
    reply = reply_to(either)
    parcel = Parcel(sender=ADDRESS[kind], reply=reply)
    _, receipt = carry(either, parcel)
    found = either.read_back(receipt, parcel.carriage())
    assert found.differences == ()
    assert found.provider_thread_id == reply.ref.thread_id
    [message] = delivered(server, "raj@northwind.example")
    assert message["In-Reply-To"] == reply.message_id
    assert reply.message_id in message["References"]
    assert message["Subject"] == reply.subject


@pytest.mark.parametrize("mode", list(ReplyMode))
def test_outlook_answers_carry_exactly_what_was_composed(server, graph, mode):
    reply = reply_to(graph, mode)
    parcel = Parcel(sender=ADDRESS[MICROSOFT], reply=reply, files={"new.pdf": b"x" * 2000})
    _, receipt = carry(graph, parcel)
    assert graph.read_back(receipt, parcel.carriage()).differences == ()
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == parcel.files
    html = message.get_body(("html",)).get_content()
    assert parcel.content.html in html
    assert html.count("<hr") == 0


def test_outlook_answers_in_plain_text(server, graph):
    parcel = Parcel(sender=ADDRESS[MICROSOFT], reply=reply_to(graph), html="")
    carry(graph, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert message.get_content_type() == "text/plain"
    assert message.get_content().strip() == parcel.content.text.strip()


def test_inline_images_keep_their_content_id(server, graph):
    parcel = Parcel(
        sender=ADDRESS[MICROSOFT],
        reply=reply_to(graph),
        files={"logo.png": b"\x89PNG" + b"0" * 500},
        html='<p><img src="cid:logo.png@acme.example"></p>',
    )
    carry(graph, parcel)
    [message] = delivered(server, "raj@northwind.example")
    [image] = [p for p in message.walk() if p.get_content_type() == "image/png"]
    assert image["Content-ID"] == "<logo.png@acme.example>"
    assert image.get_content() == parcel.files["logo.png"]


@BOTH
@pytest.mark.parametrize("size", [2 * MB, 3 * MB - 1, 3 * MB, 7 * MB])
def test_files_of_every_way_arrive_whole(server, either, kind, size):
    data = os.urandom(size)
    parcel = Parcel(sender=ADDRESS[kind], files={"big.pdf": data, "small.pdf": b"small"})
    _, receipt = carry(either, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == parcel.files
    assert either.read_back(receipt, parcel.carriage()).differences == ()
    done = [step[0] for step in parcel.progress]
    assert done == sorted(done)
    assert parcel.progress[-1][0] == parcel.progress[-1][1]


@BOTH
def test_large_answers_arrive_whole(server, either, kind):
    parcel = Parcel(
        sender=ADDRESS[kind], reply=reply_to(either), files={"big.pdf": os.urandom(4 * MB)}
    )
    carry(either, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == parcel.files


@BOTH
def test_a_broken_upload_goes_on_where_it_stood(server, either, kind):
    server.control.fault("upload", "refuse_before", skip=1, count=1)
    server.control.fault("upload", "drop_after", skip=1, count=1)
    data = os.urandom(9 * MB)
    parcel = Parcel(sender=ADDRESS[kind], files={"big.pdf": data})
    carry(either, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == {"big.pdf": data}
    assert len(server.control.deliveries()) == 1


@BOTH
def test_a_lost_last_answer_of_an_upload_is_no_second_copy(server, either, kind):
    operation = "gmail.upload.drafts.create" if kind is GMAIL else "graph.uploadSession"
    skip = 0 if kind is GMAIL else 1
    server.control.fault(operation, "drop_after", skip=skip, count=1)
    data = os.urandom(6 * MB)
    parcel = Parcel(sender=ADDRESS[kind], files={"big.pdf": data, "other.pdf": b"o" * 10})
    _, receipt = carry(either, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == parcel.files
    assert any(row["hits"] for row in server.control.faults())
    assert either.read_back(receipt, parcel.carriage()).differences == ()


@pytest.mark.parametrize(("refusals", "arrives"), [(1, True), (2, False)])
def test_at_the_border_the_server_decides(server, graph, refusals, arrives):
    """Refused as too large for the small way, then as too small for a session: the small way again."""
    body = {"error": {"code": "ErrorMessageSizeExceeded", "message": "No."}}
    server.control.fault(
        "graph.attachments.create", "status_before", status=413, body=body, count=refusals
    )
    parcel = Parcel(
        sender=ADDRESS[MICROSOFT], reply=reply_to(graph), files={"edge.pdf": os.urandom(3 * MB - 9)}
    )
    if not arrives:
        with pytest.raises(Rejected):
            graph.create_draft(parcel.carriage())
        return
    carry(graph, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == parcel.files
    asked = [row["operation"] for row in server.control.requests()]
    assert "graph.attachments.createUploadSession" in asked


@BOTH
@pytest.mark.parametrize("forms", [{"delay_s": 0}, {"delay_s": 600}])
def test_a_throttled_upload_waits_a_little_or_leaves_it_to_the_outbox(server, either, kind, forms):
    server.control.fault("upload", "throttle", count=1, **forms)
    parcel = Parcel(sender=ADDRESS[kind], files={"big.pdf": os.urandom(6 * MB)})
    if forms["delay_s"]:
        with pytest.raises(Throttled) as caught:
            either.create_draft(parcel.carriage())
        assert caught.value.retry_after_s > 500
    else:
        carry(either, parcel)
        assert len(server.control.deliveries()) == 1


@BOTH
def test_an_upload_can_be_cancelled(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind], files={"big.pdf": os.urandom(9 * MB)})
    carriage = replace(
        parcel.carriage(),
        progress=lambda done, total: parcel.cancel.cancel() if done > 5 * MB else None,
    )
    with pytest.raises(Cancelled):
        either.create_draft(carriage)
    assert not server.control.deliveries()


def test_a_large_answer_to_a_gone_thread_still_goes_out(server, gmail):
    reply = reply_to(gmail)
    gone = replace(reply, ref=ThreadRef(reply.ref.account_uid, "ffffffffffffffff"))
    parcel = Parcel(sender=ADDRESS[GMAIL], reply=gone, files={"big.pdf": os.urandom(5 * MB)})
    carry(gmail, parcel)
    [message] = delivered(server, "raj@northwind.example")
    assert files_of(message) == parcel.files


def test_a_sent_message_is_found_beyond_the_first_page(server, gmail):
    parcel = Parcel(sender=ADDRESS[GMAIL], marker="the-one")
    carriage = parcel.carriage()
    draft = gmail.create_draft(carriage)
    gmail.send_draft(draft, carriage)
    for number in range(55):
        carry(gmail, Parcel(sender=ADDRESS[GMAIL], marker=f"later-{number}"))
    evidence = gmail.ask_outcome(draft, carriage, datetime.now(UTC))
    assert evidence.verdict is Verdict.SENT


@BOTH
def test_a_lost_answer_is_uncertain_and_found_as_sent(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind])
    carriage = parcel.carriage()
    draft = either.create_draft(carriage)
    server.control.fault("send", "drop_after")
    with pytest.raises(DeliveryUncertain):
        either.send_draft(draft, carriage)
    evidence = either.ask_outcome(draft, carriage, datetime.now(UTC))
    assert evidence.verdict is Verdict.SENT
    assert evidence.receipt.provider_message_id
    back = either.read_back(evidence.receipt, carriage)
    assert back.differences == ()
    assert len(server.control.deliveries()) == 1


@BOTH
@pytest.mark.parametrize("kind_of_fault", ["status_after", "stall"])
def test_other_lost_answers_are_uncertain_too(server, either, kind, kind_of_fault):
    parcel = Parcel(sender=ADDRESS[kind])
    carriage = parcel.carriage()
    draft = either.create_draft(carriage)
    more = {"status": 504} if kind_of_fault == "status_after" else {"when": "after", "delay_s": 30}
    server.control.fault("send", kind_of_fault, **more)
    with pytest.raises(DeliveryUncertain):
        either.send_draft(draft, carriage)
    server.control.release()
    evidence = wait_until(
        lambda: (
            (found := either.ask_outcome(draft, carriage, datetime.now(UTC))).verdict
            is Verdict.SENT
            and found
        )
    )
    assert evidence.receipt
    assert len(server.control.deliveries()) == 1


@BOTH
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_before_anything_was_done_is_uncertain_and_found_as_not_sent(
    server, either, kind, status
):
    parcel = Parcel(sender=ADDRESS[kind])
    carriage = parcel.carriage()
    draft = either.create_draft(carriage)
    server.control.fault("send", "status_before", status=status)
    with pytest.raises(DeliveryUncertain):
        either.send_draft(draft, carriage)
    evidence = either.ask_outcome(draft, carriage, datetime.now(UTC))
    assert evidence.verdict is Verdict.NOT_SENT
    either.send_draft(draft, carriage)
    assert len(server.control.deliveries()) == 1


@BOTH
def test_a_draft_that_vanished_is_said_and_never_called_sent(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind])
    carriage = parcel.carriage()
    draft = either.create_draft(carriage)
    either.discard_draft(draft)
    either.discard_draft(draft)
    with pytest.raises(DraftGone):
        either.send_draft(draft, carriage)
    assert either.ask_outcome(draft, carriage, datetime.now(UTC)).verdict is Verdict.UNKNOWN
    assert not server.control.deliveries()


@BOTH
def test_sending_a_consumed_draft_again_sends_nothing(server, either, kind):
    parcel = Parcel(sender=ADDRESS[kind])
    draft, _ = carry(either, parcel)
    with pytest.raises((DraftGone, DeliveryUncertain)):
        either.send_draft(draft, parcel.carriage())
    evidence = either.ask_outcome(draft, parcel.carriage(), datetime.now(UTC))
    assert evidence.verdict is Verdict.SENT
    assert len(server.control.deliveries()) == 1


@BOTH
def test_another_messages_copy_is_not_taken_for_ours(server, either, kind):
    other = Parcel(sender=ADDRESS[kind], marker="other")
    carry(either, other)
    mine = Parcel(sender=ADDRESS[kind], marker="mine")
    draft = either.create_draft(mine.carriage())
    either.discard_draft(draft)
    evidence = either.ask_outcome(draft, mine.carriage(), datetime.now(UTC) - timedelta(days=1))
    assert evidence.verdict is Verdict.UNKNOWN


@BOTH
def test_a_draft_whose_answer_was_lost_is_found(server, either, kind):
    server.control.fault("create_draft", "drop_after")
    parcel = Parcel(sender=ADDRESS[kind])
    carriage = parcel.carriage()
    assert either.find_draft(carriage) is None
    with pytest.raises(Unavailable):
        either.create_draft(carriage)
    draft = either.find_draft(carriage)
    either.send_draft(draft, carriage)
    assert len(delivered(server, "raj@northwind.example")) == 1
    assert either.find_draft(carriage) is None


def test_an_unfinished_outlook_draft_is_never_found(server, graph):
    parcel = Parcel(sender=ADDRESS[MICROSOFT], reply=reply_to(graph), files={"a.pdf": b"a" * 1000})
    before = len(server.control.mailboxes()[-1]["messages"])
    server.control.fault("attach", "refuse_before")
    with pytest.raises(Unavailable):
        graph.create_draft(parcel.carriage())
    assert graph.find_draft(parcel.carriage()) is None
    assert len(server.control.mailboxes()[-1]["messages"]) == before


@pytest.mark.parametrize("is_reply", [True, False])
def test_a_half_made_outlook_draft_of_a_killed_attempt_is_swept(server, graph, is_reply):
    other = Parcel(sender=ADDRESS[MICROSOFT], marker="somebody-else")
    kept = graph.create_draft(other.carriage())
    parcel = Parcel(
        sender=ADDRESS[MICROSOFT],
        reply=reply_to(graph) if is_reply else None,
        files={"a.pdf": b"a" * 2 * MB, "b.pdf": b"b" * 2 * MB},
    )
    before = drafts_of(server)
    # As if killed between the draft's first and its last request: nothing could be cleaned up.
    server.control.fault("attach", "refuse_before", count=-1)
    server.control.fault("delete_draft", "refuse_before", count=1)
    with pytest.raises(Unavailable):
        graph.create_draft(parcel.carriage())
    assert len(drafts_of(server)) == len(before) + 1
    assert graph.find_draft(parcel.carriage()) is None
    assert drafts_of(server) == before
    assert graph.find_draft(other.carriage()) == kept


def test_an_answer_to_a_deleted_original_still_goes_out(server, graph):
    reply = reply_to(graph)
    gone = ReplyContext(
        ref=reply.ref,
        mode=reply.mode,
        provider_message_id="AAMkGone",
        message_id=reply.message_id,
        references=reply.references,
        subject=reply.subject,
    )
    parcel = Parcel(sender=ADDRESS[MICROSOFT], reply=gone)
    _, receipt = carry(graph, parcel)
    found = graph.read_back(receipt, parcel.carriage())
    assert any("new conversation" in line for line in found.differences)
    [message] = delivered(server, "raj@northwind.example")
    assert message["In-Reply-To"] == reply.message_id


def test_gmail_says_when_the_thread_is_gone(server, gmail):
    reply = reply_to(gmail)
    gone = ReplyContext(
        ref=type(reply.ref)(reply.ref.account_uid, "ffffffffffffffff"),
        mode=reply.mode,
        provider_message_id=reply.provider_message_id,
        message_id="<nobody@x.example>",
        references=(),
        subject=reply.subject,
    )
    parcel = Parcel(sender=ADDRESS[GMAIL], reply=gone)
    _, receipt = carry(gmail, parcel)
    found = gmail.read_back(receipt, parcel.carriage())
    assert any("new conversation" in line for line in found.differences)


def test_a_replaced_sender_is_said(server, gmail):
    parcel = Parcel(sender="stranger@elsewhere.example")
    _, receipt = carry(gmail, parcel)
    found = gmail.read_back(receipt, parcel.carriage())
    assert [line for line in found.differences if "replaced the sender" in line]


@BOTH
@pytest.mark.parametrize(
    ("when", "verdict"), [("after", Verdict.SENT), ("before", Verdict.NOT_SENT)]
)
def test_a_2xx_that_says_nothing_is_asked_about(server, either, kind, when, verdict):
    parcel = Parcel(sender=ADDRESS[kind])
    carriage = parcel.carriage()
    draft = either.create_draft(carriage)
    server.control.fault("send", "wrong_json", when=when, body="<html>Sign in to the Wi-Fi</html>")
    with pytest.raises(DeliveryUncertain):
        either.send_draft(draft, carriage)
    evidence = either.ask_outcome(draft, carriage, datetime.now(UTC))
    assert evidence.verdict is verdict
    assert len(server.control.deliveries()) == (1 if verdict is Verdict.SENT else 0)


def test_202_with_retry_after_is_not_repeated(server, graph):
    server.control.fault("send", "accepted_retry_after")
    carry(graph, Parcel(sender=ADDRESS[MICROSOFT]))
    assert len(server.control.deliveries()) == 1


def test_a_sent_copy_that_takes_a_moment_is_waited_for(server, graph):
    server.control.settings(sent_move_delay_s=0.5)
    parcel = Parcel(sender=ADDRESS[MICROSOFT])
    _, receipt = carry(graph, parcel)
    assert graph.read_back(receipt, parcel.carriage()).differences == ()


def test_a_late_sent_copy_is_still_not_called_lost(server, graph):
    server.control.settings(sent_move_delay_s=30.0)
    graph._waits_s = (0.01,)
    parcel = Parcel(sender=ADDRESS[MICROSOFT])
    _, receipt = carry(graph, parcel)
    with pytest.raises(Unavailable):
        graph.read_back(receipt, parcel.carriage())


def test_a_changed_handle_is_found_by_the_message_id(server, graph):
    parcel = Parcel(sender=ADDRESS[MICROSOFT])
    carriage = parcel.carriage()
    draft = graph.create_draft(carriage)
    server.control.fault("send", "no_immutable_id")
    graph.send_draft(draft, carriage)
    evidence = graph.ask_outcome(draft, carriage, datetime.now(UTC))
    assert evidence.verdict is Verdict.SENT


def test_a_draft_id_is_quoted_into_the_path(gmail):
    odd = ProviderDraft(draft_id="../messages?x=1#y")
    with pytest.raises(DraftGone):
        gmail.send_draft(odd, Parcel(sender="a@b.example").carriage())
    gmail.discard_draft(odd)
