"""The pure helpers: comparing copies, reading foreign JSON and octets, people, a few at a time."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address import Address
from app.domain.conversation import participants
from app.providers import values
from app.providers.charsets import charset_of, text_of
from app.providers.compare import SentCopy, SentFile, differences
from app.providers.parallel import in_parallel
from tests.support.carriages import Parcel

PARCEL = Parcel(sender="ada@acme.example", files={"deck.pdf": b"12345", "logo.png": b"1"})
CONTENT = PARCEL.content
SAME = SentCopy(
    sender=Address("ADA@acme.example", "Somebody Else"),
    to=CONTENT.envelope.to,
    cc=CONTENT.envelope.cc,
    bcc=CONTENT.envelope.bcc,
    subject=f"  {CONTENT.subject} ",
    thread_id="t1",
    files=(SentFile("deck.pdf", 5), SentFile("logo.png")),
)


def compare(**changes):
    return differences(CONTENT, replace(SAME, **changes), label="Gmail", thread_id="t1")


def test_the_same_message_has_no_differences():
    assert compare() == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sender": Address("x@y.example")}, "replaced the sender: x@y.example"),
        ({"to": ()}, "keeps To without raj@northwind.example"),
        ({"cc": (*CONTENT.envelope.cc, Address("new@x.example"))}, "Cc with new@x.example added"),
        ({"bcc": ()}, "keeps Bcc without boss@hidden.example"),
        ({"subject": "Other"}, "keeps the subject as “Other”"),
        ({"thread_id": "t2"}, "began a new conversation"),
        ({"files": (SentFile("logo.png"),)}, "without the file deck.pdf"),
        ({"files": (SentFile("deck.pdf", 4), SentFile("logo.png"))}, "deck.pdf in another size"),
    ],
)
def test_each_difference_is_said(changes, said):
    [line] = compare(**changes)
    assert said in line


def test_what_cannot_be_read_is_no_difference():
    assert compare(files=None, sender=None, thread_id="") == ()


def test_inline_images_without_a_name_are_no_difference():
    assert compare(files=(SentFile("deck.pdf", 5),)) == ()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(_JSON, st.sampled_from(["a", "id", ""]))
def test_foreign_json_never_raises(found, key):
    for shape in (found, {key: found}):
        assert isinstance(values.text(shape, key), str)
        assert isinstance(values.inner(shape, key), dict)
        assert isinstance(values.number(shape, key), int)
        assert all(isinstance(row, dict) for row in values.rows(shape, key))
        assert all(isinstance(row, str) for row in values.texts(shape, key))


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("Grüße".encode(), "utf-8", "Grüße"),
        ("Grüße".encode(), "iso-8859-1", "Grüße"),
        ("Grüße".encode("latin-1"), "iso-8859-1", "Grüße"),
        ("Привет".encode("koi8-r"), "koi8-r", "Привет"),
        ("日本".encode("iso-2022-jp"), "iso-2022-jp", "日本"),
        (b"\x93quoted\x94", "nonsense-charset", "“quoted”"),
        (b"\x93quoted\x94", "", "“quoted”"),
        (b"", "", ""),
    ],
)
def test_octets_become_text(data, charset, text):
    assert text_of(data, charset) == text


@given(st.binary(), st.sampled_from(["", "utf-8", "utf-16", "cp037", "rot13", "hex", "x\0y"]))
def test_any_octets_become_some_text(data, charset):
    assert isinstance(text_of(data, charset), str)


@pytest.mark.parametrize(
    ("header", "charset"),
    [
        ('text/plain; charset="UTF-8"', "UTF-8"),
        ("text/html; Charset = koi8-r", "koi8-r"),
        ("x", ""),
    ],
)
def test_charset_of_a_content_type(header, charset):
    assert charset_of(header) == charset


def test_participants_once_named_and_without_oneself():
    me, jane = Address("me@x.example", "Me"), Address("jane@x.example")
    found = participants([jane, me, Address("JANE@x.example", "Jane"), jane], ["ME@x.example"])
    assert found == (Address("JANE@x.example", "Jane"),)
    assert participants([me, me], ["me@x.example"]) == (me,)


def test_answers_keep_the_order_of_the_questions():
    gate = threading.Barrier(3)

    def ask(number):
        gate.wait(10)
        return number * 2

    assert in_parallel(ask, [3, 1, 2], 3) == [6, 2, 4]
    assert in_parallel(lambda n: n, [], 3) == []


def test_the_first_error_ends_it():
    def ask(number):
        if number == 1:
            raise KeyError(number)
        return number

    with pytest.raises(KeyError):
        in_parallel(ask, [0, 1, 2, 3], 2)
