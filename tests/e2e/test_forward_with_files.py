"""Forwarding with everything: what the original held arrives at the next person, byte for byte."""

from __future__ import annotations

import base64
import email
import email.policy
from dataclasses import replace

import pytest

from app.compose.forwarding import bring_files
from app.compose.replying import new_draft, reply_draft
from app.domain.address import Address
from app.domain.draft import Recipients, ReplyMode
from app.domain.errors import DraftRejected, NotConnected, NotFound, Unavailable
from app.domain.outbound import OutboundState
from app.domain.submission import Submission
from app.runtime.cancel import CancelToken
from tests.support.filed_mail import PIXEL, attached, filed_mail, message_inside, pictured
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, open_profile, settle, sign_in
from tests.support.sandbox import sandbox

HTML = '<p>Dear Ada, <img src="cid:logo@northwind.example" alt="Northwind"> see the deck.</p>'
BOTH = pytest.mark.parametrize("address", [ADA_GMAIL, NINA_OUTLOOK])
DECK = bytes(range(256)) * 16_400  # over what Graph takes in one request


@pytest.fixture
def server():
    with sandbox() as running:
        yield running


def opened(folder, server):
    """Open a profile that has time for large answers."""
    return open_profile(folder, server.url, **{"send.timeout_s": 20.0, "send.grace_s": 21.0})


def forward(services, server, address, *parts):
    """Let a message with files arrive and start forwarding it."""
    server.control.receive(address, filed_mail(address, *parts, html=HTML))
    [account] = services.book.list_accounts()
    services.conversations.refresh(account.uid, CancelToken())
    row = next(r for r in services.conversations.recent(account.uid) if r.subject == "Filed")
    original = services.conversations.latest(row.ref)
    blank = new_draft(ids=services.ids, clock=services.clock)
    start = replace(blank, recipients=Recipients(to=(Address("raj@northwind.example"),)))
    made = reply_draft(
        start, original, ReplyMode.FORWARD, frozenset({address}), services.clock.now()
    )
    return bring_files(made, original, ReplyMode.FORWARD, services.ids.new_uid)


def fetch(services, coming, told=lambda *_: None):
    return services.original_files.fetch(coming, cancel=CancelToken(), progress=told)


def completed(services, draft):
    kept = tuple(fetch(services, one) for one in draft.coming)
    return replace(draft, attachments=(*draft.attachments, *kept), coming=())


def delivered_files(server):
    [copy] = server.control.delivered(recipient="raj@northwind.example")
    message = email.message_from_bytes(
        base64.b64decode(copy["raw_base64"]), policy=email.policy.default
    )
    found = {}
    for part in message.walk():
        if part.get_content_type() == "message/rfc822":
            found["message"] = part.get_payload()[0].as_bytes()
        elif part.get("Content-ID"):
            found[part["Content-ID"].strip()] = part.get_payload(decode=True)
        elif part.get_filename():
            found[part.get_filename()] = part.get_payload(decode=True)
    return message, found


@BOTH
def test_files_pictures_and_messages_arrive(server, tmp_path, address):
    with opened(tmp_path, server) as services:
        sign_in(services, address)
        parts = attached("deck.pdf", DECK), pictured("logo@northwind.example"), message_inside()
        draft = forward(services, server, address, *parts)
        told = []
        one = draft.coming[0]
        fetch(services, one, lambda done, total: told.append((done, total)))
        assert told == sorted(told)
        assert told[-1][0] == len(DECK)
        services.submitter.submit(Submission(draft=completed(services, draft)))
        settle(services, lambda rows: [row.state for row in rows] == [OutboundState.SENT])

    message, files = delivered_files(server)
    assert files["deck.pdf"] == DECK
    assert files["<logo@northwind.example>"] == PIXEL
    assert b"What was said before." in files["message"]
    html = message.get_body(("html",)).get_content()
    assert 'src="cid:logo@northwind.example"' in html
    assert len(files) == 3, "what Exchange copies by itself is not there a second time"


@BOTH
def test_a_draft_goes_on_after_a_restart_and_is_not_sent_before(server, tmp_path, address):
    with opened(tmp_path, server) as services:
        sign_in(services, address)
        draft = forward(services, server, address, attached("deck.pdf", b"deck"))
        services.drafts.save(draft)
        with pytest.raises(DraftRejected) as refused:
            services.submitter.submit(Submission(draft=draft))
        assert [one.code for one in refused.value.problems] == ["files_coming"]
    with opened(tmp_path, server) as services:
        again = services.drafts.load(draft.uid)
        assert again == draft
        services.submitter.submit(Submission(draft=completed(services, again)))
        settle(services, lambda rows: [row.state for row in rows] == [OutboundState.SENT])
    assert delivered_files(server)[1] == {"deck.pdf": b"deck"}


@BOTH
def test_an_outage_is_told_leaves_nothing_and_passes(server, tmp_path, address):
    with opened(tmp_path, server) as services:
        sign_in(services, address)
        draft = forward(services, server, address, attached("deck.pdf", DECK))
        [coming] = draft.coming
        before = set(services.paths.blobs.rglob("*"))
        server.control.fault("attachment", "half_answer")
        with pytest.raises(Unavailable):
            fetch(services, coming)
        assert set(services.paths.blobs.rglob("*")) == before
        assert fetch(services, coming).size_bytes == len(DECK)


@BOTH
def test_what_is_gone_is_told(server, tmp_path, address):
    with opened(tmp_path, server) as services:
        sign_in(services, address)
        [coming] = forward(services, server, address, attached("deck.pdf", b"deck")).coming
        with pytest.raises(NotFound):
            fetch(services, replace(coming, message_id="gone"))
        with pytest.raises(NotConnected):
            fetch(services, replace(coming, account_uid="another"))


def test_calendar_entries_and_people_get_their_own_endings(server, tmp_path):
    """Graph gives an item as what it is; only its first line tells."""
    with opened(tmp_path, server) as services:
        sign_in(services, NINA_OUTLOOK)
        draft = forward(services, server, NINA_OUTLOOK, message_inside())
        for item in server.sandbox.world.graph[NINA_OUTLOOK].items.values():
            for one in item.attachments:
                if one.kind == "item":
                    one.data = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nEND:VCALENDAR\r\n"
        kept = fetch(services, draft.coming[0])
    assert (kept.filename, kept.media_type) == ("Earlier thoughts.ics", "text/calendar")
