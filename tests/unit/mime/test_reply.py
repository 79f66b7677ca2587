from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.address import Address
from app.domain.draft import Recipients, ReplyMode
from app.mime.reply import (
    attribution,
    bare_subject,
    forward_subject,
    make_quote,
    own_address_of,
    references_for,
    reply_context,
    reply_recipients,
    reply_subject,
)
from tests.support.drafts import ADA, JANE, RAJ, original

OWN = ("ada@acme.example", "sales@acme.example")
ALL = ReplyMode.REPLY_ALL
LIST = Address("list@x.example", "The list")
LISA = Address("lisa@x.example")


def answer(mode: ReplyMode = ReplyMode.REPLY, **changes: Any) -> Recipients:
    return reply_recipients(original(**changes), OWN, mode)


def test_reply_goes_to_the_author() -> None:
    assert answer(to=(ADA, RAJ), cc=(LISA,)) == Recipients(to=(JANE,))


def test_reply_all_keeps_to_in_to_and_cc_in_cc() -> None:
    assert answer(ALL, to=(ADA, RAJ), cc=(LISA,)) == Recipients(to=(JANE, RAJ), cc=(LISA,))


def test_nobody_is_named_twice_and_names_are_kept() -> None:
    nameless = Address("RAJ@northwind.example")
    made = answer(ALL, to=(nameless, RAJ, JANE, LISA), cc=(LISA, RAJ))
    assert made == Recipients(to=(JANE, RAJ, LISA))


@pytest.mark.parametrize("own", ["ADA@acme.example", "ada+q3@acme.example", "sales@acme.example"])
def test_own_addresses_are_out_in_every_spelling(own: str) -> None:
    assert answer(ALL, to=(Address(own), RAJ)) == Recipients(to=(JANE, RAJ))


def test_dots_count_except_at_gmail() -> None:
    source = original(to=(Address("a.d.a@gmail.com"), Address("a.da@acme.example")))
    made = reply_recipients(source, ("ada@googlemail.com", "ada@acme.example"), ALL)
    assert made.to == (JANE, Address("a.da@acme.example"))


def test_reply_to_replaces_the_author() -> None:
    assert answer(reply_to=(RAJ, LISA)) == Recipients(to=(RAJ, LISA))
    assert answer(ALL, reply_to=(RAJ,), to=(ADA, LISA)) == Recipients(to=(RAJ, LISA))


def test_reply_to_that_a_list_wrote_is_no_wish_of_the_author() -> None:
    assert answer(reply_to=(LIST,), to=(LIST,)) == Recipients(to=(JANE,))
    assert answer(ALL, reply_to=(LIST,), to=(LIST,)) == Recipients(to=(JANE, LIST))


def test_reply_to_that_is_our_own_leaves_the_author() -> None:
    assert answer(reply_to=(ADA,)) == Recipients(to=(JANE,))


def test_follow_up_goes_where_the_own_message_went() -> None:
    sent = {"sender": ADA, "to": (JANE,), "cc": (RAJ,), "reply_to": (LISA,)}
    assert answer(**sent) == Recipients(to=(JANE,))
    assert answer(ALL, **sent) == Recipients(to=(JANE,), cc=(RAJ,))


def test_a_note_to_oneself_is_answered_to_oneself() -> None:
    for mode in (ReplyMode.REPLY, ALL):
        assert answer(mode, sender=ADA, to=(ADA,)) == Recipients(to=(ADA,))


def test_mail_followup_to_is_all_that_reply_all_writes_to() -> None:
    made = answer(ALL, mail_followup_to=(LIST, ADA), to=(LIST, RAJ), cc=(LISA,))
    assert made == Recipients(to=(LIST,))
    assert answer(mail_followup_to=(LIST,)) == Recipients(to=(JANE,))


def test_a_forward_goes_to_nobody_yet() -> None:
    assert answer(ReplyMode.FORWARD, cc=(RAJ,)) == Recipients()


def test_an_author_without_address_is_not_written_to() -> None:
    nameless = Address("", "MAILER DAEMON")
    assert answer(ALL, sender=nameless, to=(ADA, RAJ)) == Recipients(to=(RAJ,))


def test_the_answer_comes_from_the_address_the_message_went_to() -> None:
    sales = Address("Sales@acme.example")
    assert own_address_of(original(to=(RAJ,), cc=(sales,)), OWN) == "sales@acme.example"
    assert own_address_of(original(to=(ADA,), cc=(sales,)), OWN) == "ada@acme.example"
    assert own_address_of(original(to=(RAJ,)), OWN) is None


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("Pricing", "Pricing"),
        ("Re: Pricing", "Pricing"),
        ("RE: AW: Re[2]: Pricing", "Pricing"),
        ("Fwd: Re: Pricing", "Pricing"),
        ("WG: Angebot", "Angebot"),
        ("Sv: VS: Pris", "Pris"),
        ("Re (3) : Pricing", "Pricing"),
        ("回复：价格", "价格"),
        ("RE：价格", "价格"),
        ("Ответ: Цена", "Цена"),
        ("Trả lời: Giá", "Giá"),
        ("R: I: Preventivo", "Preventivo"),
        ("re:re:re:", ""),
        ("Resume: what next", "Resume: what next"),
        ("Regarding: x", "Regarding: x"),
        ("Ref: 12", "Ref: 12"),
        ("At: noon", "At: noon"),
        ("Re: [EXT] Pricing", "[EXT] Pricing"),
        ("[list] Re: x", "[list] Re: x"),
        ("a\r\n b", "a b"),
        ("", ""),
    ],
)
def test_prefixes_in_every_language_go(subject: str, bare: str) -> None:
    assert bare_subject(subject) == bare
    assert reply_subject(subject) == f"Re: {bare}".strip()
    assert forward_subject(subject) == f"Fwd: {bare}".strip()


@given(st.text(max_size=80))
def test_prefixes_never_stack(subject: str) -> None:
    once = reply_subject(subject)
    assert reply_subject(once) == once
    assert bare_subject(forward_subject(once)) == bare_subject(subject)


def test_references_end_with_the_message_answered() -> None:
    assert references_for(original())[-1] == "<3@northwind.example>"
    alone = original(references=(), in_reply_to="<p@x>")
    assert references_for(alone) == ("<p@x>", "<3@northwind.example>")
    doubled = original(references=("<a@x>", "<3@northwind.example>", "<a@x>"))
    assert references_for(doubled) == ("<a@x>", "<3@northwind.example>")
    assert references_for(original(references=(), message_id="")) == ()


def test_a_very_long_chain_keeps_its_root_and_its_end() -> None:
    chain = tuple(f"<{n}@x>" for n in range(500))
    made = references_for(original(references=chain))
    assert len(made) == 100
    assert (made[0], made[-2:]) == ("<0@x>", ("<499@x>", "<3@northwind.example>"))


def test_context_holds_the_ancestors_and_the_message() -> None:
    context = reply_context(original(), ALL)
    assert context.message_id == "<3@northwind.example>"
    assert context.references == ("<1@acme.example>", "<2@northwind.example>")
    assert context.mode is ALL


def test_attribution_says_who_and_when() -> None:
    berlin = timezone(timedelta(hours=2))
    assert attribution(original()) == "On Tue 14 Jul 2026 at 09:41, Jane Doe wrote:"
    assert attribution(original(), zone=berlin).startswith("On Tue 14 Jul 2026 at 11:41")
    assert attribution(original(sent_at=None)) == "Jane Doe wrote:"
    assert attribution(original(sender=None, sent_at=None)) == "Somebody wrote:"
    crafted = original(sender=Address("x@x.example", "a\nInjected: b"), sent_at=None)
    assert attribution(crafted) == "a Injected: b wrote:"


def test_a_date_at_the_end_of_time_is_survived() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    west = timezone(timedelta(hours=14))
    assert "9999" in attribution(original(sent_at=last), zone=west)


def test_quote_keeps_the_original_as_it_came() -> None:
    quote = make_quote(original(html="<P>x<script>", text="x"))
    assert (quote.html, quote.text) == ("<P>x<script>", "x")


def test_a_forward_says_what_is_forwarded_and_no_blind_copy() -> None:
    quote = make_quote(original(cc=(RAJ,)), ReplyMode.FORWARD)
    assert quote.attribution.splitlines() == [
        "---------- Forwarded message ----------",
        "From: Jane Doe <jane@northwind.example>",
        "Date: Tue 14 Jul 2026 at 09:41",
        "Subject: Pricing for Q3",
        "To: Ada Reyes <ada@acme.example>",
        "Cc: Raj <raj@northwind.example>",
    ]
