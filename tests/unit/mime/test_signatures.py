"""Signatures: below the text and above the quote, in both forms, safe, and only where wanted."""

from __future__ import annotations

import json

import pytest

from app.domain.draft import Body, BodyMode, Quote
from app.mime.draft_json import draft_from_dict, draft_to_dict
from app.mime.finalize import finalize
from tests.support.drafts import NOW, draft, mailbox

SIGNATURE = '<div dir="ltr"><b>Ada Reyes</b><br><a href="https://acme.example">Acme</a></div>'
QUOTE = Quote(attribution="On Monday, Jane wrote:", html="<p>Earlier</p>", text="Earlier")


def finished(signature=SIGNATURE, **changes):
    return finalize(
        draft(**{"is_signed": True, **changes}),
        mailbox=mailbox(signature_html=signature),
        now=NOW,
        message_id="<1@acme.example>",
        marker="m",
    )


def rich(html="<p>Hi Jane</p>"):
    return Body(BodyMode.HTML, html, "")


def test_it_stands_between_text_and_quote():
    content = finished(body=rich(), quote=QUOTE)
    html = content.html
    assert html.index("Hi Jane") < html.index("Ada Reyes") < html.index("Earlier")
    text = content.text
    assert text.index("Hi Jane") < text.index("-- \nAda Reyes") < text.index("Earlier")


def test_plain_mail_has_it_as_text_after_the_separator():
    content = finished(body=Body(BodyMode.PLAIN, "", "Hi Jane"))
    assert content.html == ""
    assert content.text.startswith("Hi Jane\n\n-- \nAda Reyes\nAcme")


@pytest.mark.parametrize("signature", ["", "  ", "<div><br></div>"])
def test_without_one_nothing_is_added(signature):
    assert "-- " not in finished(signature, body=rich()).text


def test_only_where_it_is_wanted():
    content = finished(body=rich(), is_signed=False)
    assert "Ada Reyes" not in content.html + content.text


def test_another_mailbox_brings_its_own():
    content = finished("<p>The sales team</p>", body=rich())
    assert "The sales team" in content.html
    assert "Ada Reyes" not in content.html


def test_it_brings_pictures_of_the_web_and_no_scripts():
    html = finished(
        '<img src="https://acme.example/logo.png" alt="Acme"><script>x()</script>'
        '<p onclick="y()">Ada</p></div></body>',
        body=rich(),
        quote=QUOTE,
    ).html
    assert "https://acme.example/logo.png" in html
    assert "script" not in html
    assert "onclick" not in html
    assert html.index("Ada") < html.index("Earlier")


def test_drafts_remember_it_and_older_ones_have_none():
    signed, unsigned = draft(is_signed=True), draft()
    assert draft_from_dict(json.loads(json.dumps(draft_to_dict(signed)))) == signed
    assert draft_from_dict(draft_to_dict(unsigned)) == unsigned
    assert "signed" not in draft_to_dict(unsigned)
    assert "coming" not in draft_to_dict(unsigned)
