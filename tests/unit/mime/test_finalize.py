from __future__ import annotations

from typing import Any

from app.domain.address import Address
from app.domain.attachment import Attachment, Disposition
from app.domain.draft import Body, BodyMode, Quote, Recipients, ReplyMode
from app.domain.outbound import MessageContent
from app.mime.finalize import finalize
from app.mime.reply import make_quote, reply_context
from tests.support.drafts import ADA, JANE, NOW, RAJ, draft, mailbox, original

ORIGINAL = '<p>Dear Ada,<br>what&nbsp;does it <b STYLE="color:RED">cost</B>?<p>Jane'


def final(text_only: bool | None = None, **changes: Any) -> MessageContent:
    return finalize(
        draft(**changes),
        mailbox=mailbox(),
        now=NOW,
        message_id="<new@acme.example>",
        marker="m",
        text_only=text_only,
    )


def html_body(html: str) -> Body:
    return Body(BodyMode.HTML, html)


def test_plain_mode_has_no_html_part() -> None:
    made = final(body=Body(BodyMode.PLAIN, "", "Hi Jane\r\nbye"))
    assert (made.text, made.html) == ("Hi Jane\nbye", "")
    assert made.envelope.sender == ADA
    assert made.date == NOW


def test_html_mode_derives_the_text_and_keeps_the_fragment() -> None:
    made = final(body=html_body("<p>Hi <b>Jane</b></p><ul><li>one</li></ul>"))
    assert "<p>Hi <b>Jane</b></p><ul><li>one</li></ul>" in made.html
    assert made.html.startswith("<!DOCTYPE html>")
    assert made.text.startswith("Hi Jane")
    assert "one" in made.text


def test_text_given_with_html_is_sent_as_given() -> None:
    made = final(body=Body(BodyMode.HTML, "<p>Hi</p>", "HI THERE"))
    assert made.text == "HI THERE"


def test_text_only_drops_the_html() -> None:
    made = final(text_only=True, body=html_body("<p>Hi</p>"))
    assert (made.text, made.html) == ("Hi", "")


def test_plain_text_sent_as_html_is_escaped() -> None:
    made = final(text_only=False, body=Body(BodyMode.PLAIN, "", "a < b"))
    assert "a &lt; b" in made.html


def test_the_original_stands_below_byte_for_byte() -> None:
    quote = Quote(attribution="On Tue, Jane wrote:", html=ORIGINAL, text="what does it cost?")
    made = final(body=html_body("<p>Four.</p>"), quote=quote)
    assert ORIGINAL in made.html
    assert made.html.index("<p>Four.</p>") < made.html.index("On Tue") < made.html.index(ORIGINAL)
    assert made.text == "Four.\n\nOn Tue, Jane wrote:\n> what does it cost?"


def test_an_original_that_reaches_out_of_its_block_is_made_safe() -> None:
    reaching = (
        "<style>p{display:none}</style>",
        "<img src=x onerror=alert(1)>",
        "<!-- hides the rest",
        '<a href="javascript:alert(1)">x</a>',
        "<base href='https://evil.example'>",
    )
    for html in reaching:
        quote = Quote(attribution="", html=f"<p>kept</p>{html}", text="")
        made = final(body=html_body("<p>Mine.</p>"), quote=quote)
        assert html not in made.html
        assert "kept" in made.html


def test_words_that_only_look_like_handlers_leave_the_original_alone() -> None:
    html = '<p>version=2 <a href="https://x.example/?contact=1&amp;on=2">x</a> onset = now</p>'
    # "onset =" after a blank could be an attribute; without the blank it is text.
    html = html.replace("onset =", "non-onset")
    made = final(body=html_body("x"), quote=Quote(attribution="", html=html, text=""))
    assert html in made.html


def test_text_of_an_original_without_text_comes_from_its_html() -> None:
    made = final(body=html_body("x"), quote=Quote(attribution="A:", html="<p>only html", text=""))
    assert made.text.endswith("A:\n> only html")


def test_a_forward_stands_as_it_is_and_continues_no_conversation() -> None:
    source = original(html="")
    made = final(
        quote=make_quote(source, ReplyMode.FORWARD),
        reply=reply_context(source, ReplyMode.FORWARD),
    )
    assert "\nWhat does it cost?" in made.text
    assert "From: Jane Doe <jane@northwind.example>" in made.text
    assert (made.in_reply_to, made.references) == ("", ())


def test_a_reply_names_its_parent_last() -> None:
    made = final(reply=reply_context(original(), ReplyMode.REPLY))
    assert made.in_reply_to == "<3@northwind.example>"
    assert made.references == (
        "<1@acme.example>",
        "<2@northwind.example>",
        "<3@northwind.example>",
    )


def test_ids_that_cannot_be_written_are_left_out() -> None:
    source = original(references=("<a b@x>", "<ok@x>"), message_id="<3@northwind.example>")
    made = final(reply=reply_context(source, ReplyMode.REPLY))
    assert made.references == ("<ok@x>", "<3@northwind.example>")
    made = final(reply=reply_context(original(message_id="<ü@x>"), ReplyMode.REPLY))
    assert (made.in_reply_to, made.references) == ("", ())


def test_everybody_is_named_once_in_the_most_visible_field() -> None:
    shouting = Address("JANE@NORTHWIND.example")
    made = final(recipients=Recipients(to=(JANE, JANE), cc=(RAJ, shouting), bcc=(RAJ, ADA)))
    assert made.envelope.to == (JANE,)
    assert made.envelope.cc == (RAJ,)
    assert made.envelope.bcc == (ADA,)


def test_reply_to_is_the_drafts_or_else_the_mailboxs() -> None:
    assert final(recipients=Recipients(to=(JANE,), reply_to=(RAJ,))).reply_to == (RAJ,)
    made = finalize(
        draft(),
        mailbox=mailbox(reply_to="Team <team@acme.example>"),
        now=NOW,
        message_id="<n@x>",
        marker="m",
    )
    assert made.reply_to == (Address("team@acme.example", "Team"),)


def _picture(cid: str) -> Attachment:
    return Attachment(
        uid=cid,
        filename="i.png",
        media_type="image/png",
        size_bytes=1,
        sha256="0" * 64,
        disposition=Disposition.INLINE,
        content_id=cid,
    )


def test_pictures_taken_out_of_the_text_are_not_sent() -> None:
    pictures = (_picture("a@x"), _picture("b&c@x"), _picture("d@x"))
    made = final(
        body=html_body('<img src="cid:a@x"><img src="cid:b&amp;c@x">'), attachments=pictures
    )
    assert made.attachments == pictures[:2]


def test_without_html_pictures_go_as_files() -> None:
    made = final(attachments=(_picture("a@x"),))
    assert [a.disposition for a in made.attachments] == [Disposition.ATTACHMENT]


def test_controls_are_taken_out_of_texts_and_subject() -> None:
    made = final(subject=" in\x01voice\t2 ", body=Body(BodyMode.PLAIN, "", "a\x00b\x07c\td"))
    assert made.subject == "invoice 2"
    assert made.text == "abc\td"


def test_right_to_left_text_says_so() -> None:
    assert 'dir="rtl"' in final(body=html_body("<p>שלום עולם</p>")).html
    assert 'dir="rtl"' not in final(body=html_body("<p>1. Hello</p>")).html
