"""The files of a message, fetched piece by piece from both providers."""

from __future__ import annotations

import base64
import json
import tracemalloc
from dataclasses import replace

import pytest

from app.domain.account import ProviderKind
from app.domain.conversation import OriginalKind
from app.domain.errors import (
    Cancelled,
    NeedsPerson,
    NotFound,
    SignInRequired,
    Throttled,
    Unavailable,
)
from app.providers.gmail_files import DataField
from app.runtime.cancel import CancelToken
from tests.support.filed_mail import (
    INSIDE,
    PIXEL,
    attached,
    filed_mail,
    linked,
    message_inside,
    part,
    pictured,
)

GMAIL, MICROSOFT = ProviderKind.GMAIL, ProviderKind.MICROSOFT
ADDRESS = {GMAIL: "ada@acme.example", MICROSOFT: "nina@fabrikam.example"}
BOTH = pytest.mark.parametrize("kind", [GMAIL, MICROSOFT])
MB = 1024 * 1024


def received(server, provider, kind, *parts, html="<p>See the files</p>"):
    """Let a message arrive and give it as one answers to it."""
    server.control.receive(ADDRESS[kind], filed_mail(ADDRESS[kind], *parts, html=html))
    listed = provider.list_conversations(limit=50).conversations
    return provider.fetch_latest(next(one.ref for one in listed if one.subject == "Filed"))


def fetched(provider, original, file, cancel=None):
    pieces = []
    provider.fetch_attachment(
        original.provider_message_id, file, pieces.append, cancel or CancelToken()
    )
    return b"".join(pieces)


@BOTH
@pytest.mark.parametrize("size", [1, 2, 3, 5000, 6 * MB])
def test_a_file_comes_byte_for_byte(server, either, kind, size):
    data = bytes(range(256)) * (size // 256 + 1)
    original = received(server, either, kind, attached("deck.pdf", data[:size]))
    [file] = original.attachments
    assert (file.filename, file.media_type, file.kind) == (
        "deck.pdf",
        "application/pdf",
        OriginalKind.FILE,
    )
    assert fetched(either, original, file) == data[:size]


@BOTH
def test_pictures_of_the_text_have_their_content_id(server, either, kind):
    html = '<p><img src="cid:logo@northwind.example"></p>'
    original = received(server, either, kind, pictured("logo@northwind.example"), html=html)
    [file] = original.attachments
    assert file.content_id == "logo@northwind.example"
    assert file.media_type == "image/png"
    assert fetched(either, original, file) == PIXEL


@BOTH
def test_a_message_inside_is_one_file_and_its_text_not_ours(server, either, kind):
    original = received(server, either, kind, message_inside(), attached("b.pdf", b"b"))
    inside, file = original.attachments
    assert inside.kind is OriginalKind.MESSAGE
    assert inside.filename == "Earlier thoughts.eml"
    assert inside.media_type == "message/rfc822"
    assert b"What was said before." in fetched(either, original, inside)
    assert b"Subject: Earlier thoughts" in fetched(either, original, inside)
    assert file.filename == "b.pdf"
    assert "What was said before" not in original.text + original.html
    assert original.subject == "Filed"


def test_outlook_tells_links_from_files(server, graph):
    original = received(server, graph, MICROSOFT, linked("plan.docx"), attached("b.pdf", b"b"))
    link, file = original.attachments
    assert (link.filename, link.kind) == ("plan.docx", OriginalKind.LINK)
    assert file.kind is OriginalKind.FILE
    before = len(server.control.requests())
    with pytest.raises(NotFound):
        fetched(graph, original, link)
    assert len(server.control.requests()) == before, "a link has no bytes to ask for"


@BOTH
def test_a_text_file_is_a_file(server, either, kind):
    text = attached("notes.txt", "Grüße\r\n".encode(), "text/plain; charset=utf-8")
    original = received(server, either, kind, text)
    [file] = original.attachments
    assert fetched(either, original, file) == "Grüße\r\n".encode()


@BOTH
def test_awkward_names_are_made_safe(server, either, kind):
    original = received(
        server,
        either,
        kind,
        part("image/png", PIXEL, 'Content-Disposition: attachment; filename="../../etc/p"'),
    )
    [file] = original.attachments
    assert "/" not in file.filename


def test_gmail_finds_a_file_again_though_its_id_changes(server, gmail):
    original = received(server, gmail, GMAIL, attached("deck.pdf", b"deck"))
    [file] = original.attachments
    again = gmail.fetch_latest(original.ref).attachments
    assert again == (file,), "what is kept names the part, not the id of one reading"
    assert fetched(gmail, original, file) == b"deck"
    assert fetched(gmail, original, file) == b"deck"


@BOTH
def test_what_is_gone_is_said(server, either, kind):
    original = received(server, either, kind, attached("deck.pdf", b"deck"))
    [file] = original.attachments
    with pytest.raises(NotFound):
        fetched(either, replace(original, provider_message_id="nosuch"), file)
    with pytest.raises(NotFound):
        fetched(either, original, replace(file, provider_id="7.7", filename="other.pdf"))


def test_gmail_files_kept_by_an_earlier_version_are_found_by_name_and_size(server, gmail):
    original = received(server, gmail, GMAIL, attached("deck.pdf", b"deck"))
    [file] = original.attachments
    old = replace(file, provider_id="ANGjdJ-of-another-reading")
    assert fetched(gmail, original, old) == b"deck"
    with pytest.raises(NotFound):
        fetched(gmail, original, replace(old, size_bytes=5))


@BOTH
def test_it_stops_when_it_is_cancelled(server, either, kind):
    original = received(server, either, kind, attached("big.bin", b"x" * 4 * MB))
    [file] = original.attachments
    cancel, pieces = CancelToken(), []

    def take(piece):
        pieces.append(piece)
        cancel.cancel()

    with pytest.raises(Cancelled):
        either.fetch_attachment(original.provider_message_id, file, take, cancel)
    assert len(pieces) == 1


FAULTS = [
    ("half_answer", {}, Unavailable),
    ("refuse_before", {}, Unavailable),
    ("status_before", {"status": 503}, (Unavailable, Throttled)),
    ("throttle", {"form": "seconds", "delay_s": 7}, Throttled),
    ("revoked", {}, SignInRequired),
]


@BOTH
@pytest.mark.parametrize(("fault", "more", "error"), FAULTS)
def test_a_broken_fetch_is_told_and_can_be_repeated(server, either, kind, fault, more, error):
    original = received(server, either, kind, attached("deck.pdf", b"d" * 300_000))
    [file] = original.attachments
    server.control.fault("attachment", fault, **more)
    with pytest.raises(error):
        fetched(either, original, file)
    if fault != "revoked":
        assert fetched(either, original, file) == b"d" * 300_000


@BOTH
def test_a_refused_token_is_renewed_unseen(server, either, kind):
    original = received(server, either, kind, attached("deck.pdf", b"deck"))
    server.control.fault("attachment", "unauthorized", count=1)
    assert fetched(either, original, original.attachments[0]) == b"deck"


def test_without_the_right_to_read_nothing_is_asked(server, connect, gmail):
    original = received(server, gmail, GMAIL, attached("deck.pdf", b"deck"))
    server.control.revoke(ADDRESS[GMAIL])
    _, reduced = connect(GMAIL, unticked=["https://www.googleapis.com/auth/gmail.readonly"])
    with pytest.raises(NeedsPerson):
        fetched(reduced, original, original.attachments[0])


class TestDataField:
    """Gmail's answer, cut anywhere."""

    DATA = bytes(range(256)) * 3

    @staticmethod
    def read(text, step):
        found = []
        field = DataField(found.append)
        for at in range(0, len(text), step):
            field.feed(text[at : at + step])
        field.close()
        return b"".join(found)

    @pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 767, 768])
    @pytest.mark.parametrize("step", [1, 2, 3, 5, 64, 10_000])
    def test_it_is_read_wherever_it_is_cut(self, length, step):
        data = self.DATA[:length]
        value = {"size": length, "data": base64.urlsafe_b64encode(data).decode(), "x": 'a"data":"'}
        assert self.read(json.dumps(value).encode(), step) == data
        pretty = json.dumps(value, indent=2).replace("=", "\\u003d").encode()
        assert self.read(pretty, step) == data
        bare = json.dumps({**value, "data": value["data"].rstrip("=")}).encode()
        assert self.read(bare, step) == data

    def test_an_empty_file_has_no_data(self):
        assert self.read(b'{"size": 0}', 3) == b""

    def test_a_large_file_never_stands_in_memory(self):
        piece, count = b"A" * 65_536, [0]

        def take(data):
            count[0] += len(data)

        tracemalloc.start()
        field = DataField(take)
        field.feed(b'{"size": 25165824, "data": "')
        for _ in range(512):
            field.feed(piece)
        field.feed(b'"}')
        field.close()
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count[0] == 512 * 65_536 * 3 // 4
        assert peak < MB

    @pytest.mark.parametrize(
        "text",
        [
            b'{"size": 9, "data": "AAAA',
            b"<html>please log in</html>",
            b'{"size": 3, "data": "A!!A"}',
            b'{"size": 3, "data": "A"}',
            b"",
            b"x" * 70_000,
        ],
    )
    def test_what_is_no_whole_answer_is_refused(self, text):
        with pytest.raises(Unavailable):
            self.read(text, 1000)


def test_inside_message_is_what_was_sent(server, graph):
    original = received(server, graph, MICROSOFT, message_inside())
    raw = fetched(graph, original, original.attachments[0])
    assert raw.replace(b"\r\n", b"\n") == INSIDE.replace(b"\r\n", b"\n")
