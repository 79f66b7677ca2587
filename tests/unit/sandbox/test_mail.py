from __future__ import annotations

import email
from email.header import decode_header

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sandbox import mail
from app.sandbox.judge import complaints
from app.sandbox.seeds import plant
from app.sandbox.world import Sandbox

RAW = (
    b"Received: a\r\nBcc: one@x.example,\r\n two@x.example\r\nSubject: S\r\n"
    b"bcc: three@x.example\r\n\r\nBcc: in the body\r\n"
)


def test_headers_are_cut_with_their_folds_and_nothing_else():
    assert mail.without_headers(RAW, "Bcc") == (
        b"Received: a\r\nSubject: S\r\n\r\nBcc: in the body\r\n"
    )


def test_a_header_is_replaced_in_its_place_or_added():
    assert b"Received: a\r\nSubject: T\r\n" in mail.with_header(
        mail.without_headers(RAW, "Bcc"), "Subject", "T"
    )
    added = mail.with_header(RAW, "Date", "now")
    assert added.index(b"Date: now\r\n\r\n") > added.index(b"three@")


@pytest.mark.parametrize(
    ("raw", "head"),
    [
        (b"A: 1\r\n\r\nx\n\ny", b"A: 1\r\n"),
        (b"A: 1\n\nx\r\n\r\ny", b"A: 1\n"),
        (b"A: 1\r\n", b"A: 1\r\n"),
        (b"", b""),
    ],
)
def test_the_head_ends_at_the_first_empty_line(raw, head):
    found, rest = mail.split_head(raw)
    assert (found, found + rest) == (head, raw)


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200))
def test_encoded_words_are_short_and_come_back_whole(text):
    written = mail.encoded(text)
    if not text.isascii():
        assert all(len(word) <= 75 for word in written.split("\r\n "))
        pieces = decode_header(written.replace("\r\n", ""))
        assert b"".join(piece for piece, _ in pieces).decode() == text


@given(st.binary(max_size=300))
def test_anything_can_be_read_and_judged(raw):
    assert isinstance(complaints(raw), list)
    head, rest = mail.split_head(raw)
    assert head + rest == raw
    assert isinstance(mail.subject_of(email.message_from_bytes(raw)), str)


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: AW: Fwd:  Pricing  for Q3", "pricing for q3"),
        ("RE[2]: x", "x"),
        ("Regarding: x", "regarding: x"),
        ("返信: 契約更新", "契約更新"),
        ("", ""),
    ],
)
def test_subjects_are_compared_without_prefixes(subject, base):
    assert mail.base_subject(subject) == base
    assert mail.base_subject(f"Re: {subject}") == base


@pytest.mark.parametrize(
    ("value", "addresses"),
    [
        ('"Doe, Jane" <j@x.example>, k@x.example', ["j@x.example", "k@x.example"]),
        ("=?utf-8?q?J=C3=BCrgen?= <j@x.example>", ["j@x.example"]),
        ("undisclosed-recipients:;", []),
        ("Jürgen <j@straße.example>", ["j@straße.example"]),
    ],
)
def test_recipients_that_are_fine(value, addresses):
    message = email.message_from_bytes(f"To: {value}\r\n\r\n".encode())
    found = mail.checked_recipients(message)["to"]
    assert [address for _, address in found] == addresses


def test_the_seeded_mail_is_without_complaint():
    world = Sandbox(seed=plant).world
    raws = [m.raw for box in world.gmail.values() for m in box.messages.values()]
    raws += [item.mime for box in world.graph.values() for item in box.items.values()]
    assert len(raws) > 80
    assert [complaint for raw in raws for complaint in complaints(raw)] == []
