from __future__ import annotations

import pytest

from app.mime.html import markup
from app.mime.html.quote import (
    body_of,
    quote_html,
    quote_text,
    split_quoted_html,
    split_quoted_text,
)

BODY = "<p CLASS=x>Odd  &nbsp;markup<br/>\r\n<B>kept</p>"


@pytest.mark.parametrize(
    "original",
    [
        BODY,
        f"<html><head><title>t</title><style>p{{color:red}}</style></head><body>{BODY}</body></html>",
        f"<!DOCTYPE html><HTML><BODY bgcolor=\"a>b\" onload='x()'>{BODY}</BODY ></HTML>",
        f"<!-- <body>no</body> --><body>{BODY}</body>",
        f"<!doctype html><html><head><meta charset=utf-8></head>{BODY}</html>\n",
    ],
)
def test_the_body_of_the_original_is_quoted_byte_for_byte(original: str) -> None:
    quoted = quote_html(original, "On 3 May, Jo <jo@a.example> wrote:")
    start = f'<blockquote type="cite" style="{markup.BLOCKQUOTE}">'
    assert quoted.endswith(f"{start}{BODY}</blockquote>")
    assert "Jo &lt;jo@a.example&gt; wrote:</p>" in quoted


def test_a_body_that_never_ends_is_taken_to_its_end() -> None:
    assert body_of(f"<body>{BODY}") == BODY
    assert body_of("<body class='x") == "<body class='x"


def test_text_quotes_deepen_and_blank_lines_stay_bare() -> None:
    quoted = quote_text("a\n\n> b\n>> c\n", "Jo wrote:")
    assert quoted == "Jo wrote:\n> a\n>\n>> b\n>>> c"


def test_line_ends_of_the_original_are_used() -> None:
    assert quote_text("a\r\nb", "Jo wrote:") == "Jo wrote:\r\n> a\r\n> b"


ATTRIBUTIONS = [
    "On Tue, 5 Mar 2024 at 10:31, Jo Doe <jo@a.example> wrote:",
    "On Tue, 5 Mar 2024 at 10:31, Jo Doe\n<jo@a.example> wrote:",
    "Am Di., 5. März 2024 um 10:31 Uhr schrieb Jo Doe <jo@a.example>:",
    "Jo Doe <jo@a.example> schrieb am Di., 5. März\n2024 um 10:31 Uhr:",
    "Le mar. 5 mars 2024 à 10:31, Jo Doe <jo@a.example> a écrit :",
    "El mar, 5 mar 2024 a las 10:31, Jo Doe (<jo@a.example>) escribió:",
    "Il giorno mar 5 mar 2024 alle ore 10:31 Jo Doe <jo@a.example> ha scritto:",
    "Op di 5 mrt 2024 om 10:31 schreef Jo Doe <jo@a.example>:",
    "Den tis 5 mars 2024 kl 10:31 skrev Jo Doe <jo@a.example>:",
    "Em ter., 5 de mar. de 2024 às 10:31, Jo Doe <jo@a.example> escreveu:",
    "wt., 5 mar 2024 o 10:31 Jo Doe <jo@a.example> napisał(a):",
    "út 5. 3. 2024 v 10:31 odesílatel Jo Doe <jo@a.example> napsal:",
    "вт, 5 мар. 2024 г. в 10:31, Jo Doe <jo@a.example>:",
    "Jo Doe <jo@a.example>, 5 Mar 2024 Sal, 10:31 tarihinde şunu yazdı:",
    "Jo Doe <jo@a.example> 于2024年3月5日周二 10:31写道：",
    "2024年3月5日(火) 10:31 Jo Doe <jo@a.example>:",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "Begin forwarded message:",
]


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
@pytest.mark.parametrize("original", ["> old\n> words", "old\nwords"])
def test_the_quoted_part_is_found_in_many_languages(attribution: str, original: str) -> None:
    text = f"My answer.\n\nBest\nAnn\n\n{attribution}\n\n{original}\n"
    assert split_quoted_text(text) == ("My answer.\n\nBest\nAnn", f"{attribution}\n\n{original}")


@pytest.mark.parametrize(
    "names",
    ["From Sent To Subject", "Von Gesendet An Betreff", "De Envoyé À Objet", "От Дата Кому Тема"],
)
def test_quoted_headers_begin_the_original(names: str) -> None:
    block = "\n".join(f"{name}: x" for name in names.split())
    assert split_quoted_text(f"Yes.\n\n{block}\n\nOld\n") == ("Yes.", f"{block}\n\nOld")


@pytest.mark.parametrize(
    "text",
    [
        "In 2015 he wrote the following:\n\nI agree.",
        "Q: why?\nA: because\nA: really\nA: yes",
        "Compare:\n\n```\na\n---\nb\n```\n\nDone.",
        "From: here to there\nwe walked.",
        (
            "Sent from the office on Monday morning, the parcel should be with you by now, or so I was told by"
            " the courier who came to pick it up and who promised next-day delivery."
        ),
    ],
)
def test_a_mail_without_a_quote_is_left_whole(text: str) -> None:
    assert split_quoted_text(text) == (text, "")


def test_answers_inside_the_quote_keep_what_they_answer() -> None:
    text = "Jo wrote:\n> Can you come?\nYes.\n> At nine?\nRather ten.\n> Fine\n"
    fresh, rest = split_quoted_text(text)
    assert fresh == "> Can you come?\nYes.\n> At nine?\nRather ten."
    assert rest == "Jo wrote:\n> Fine"


def test_signatures_are_no_text_of_the_answer() -> None:
    assert split_quoted_text("Yes\n\nSent from my iPhone")[0] == "Yes"
    assert split_quoted_text("Yes\n-- \nAnn\nAcme") == ("Yes", "-- \nAnn\nAcme")


OLD = "<p>Old words</p>"


@pytest.mark.parametrize(
    "quoted",
    [
        f'<div class="gmail_quote"><div>On 5 Mar 2024, Jo wrote:</div><blockquote>{OLD}</blockquote></div>',
        f'<div>On 5 Mar 2024, Jo wrote:</div><blockquote type="cite">{OLD}</blockquote>',
        f'<hr><div id="divRplyFwdMsg"><b>From:</b> Jo</div>{OLD}',
        f'<div id="appendonsend"></div><div>From: Jo</div>{OLD}',
        (
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:'
            f"</b> Jo<br><b>Sent:</b> x</p></div>{OLD}"
        ),
        f'<div class="moz-cite-prefix">On 5 Mar 2024, Jo wrote:</div><blockquote type="cite">{OLD}</blockquote>',
        f'<div class="yahoo_quoted">{OLD}</div><div>Sent from my iPhone</div>',
    ],
)
def test_the_quoted_part_of_html_is_found(quoted: str) -> None:
    fresh, rest = split_quoted_html(
        f"<html><body><div><p>My answer</p></div>{quoted}</body></html>"
    )
    assert "My answer" in fresh
    assert "Old words" not in fresh
    assert "Jo" not in fresh
    assert "Old words" in rest


def test_html_answers_below_a_quote_leave_it_in_place() -> None:
    html = f'<p>Hi</p><blockquote type="cite">{OLD}</blockquote><p>My answer</p>'
    assert split_quoted_html(html) == (html, "")
