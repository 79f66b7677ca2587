"""Hostile shapes cost no more than their length: eight times the input, no square of the time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.mime import flowed
from app.mime.html.from_text import text_to_html
from app.mime.html.paste import clean_paste
from app.mime.html.quote import quote_html, quote_text, split_quoted_html, split_quoted_text
from app.mime.html.sanitize import sanitize
from app.mime.html.to_text import html_to_text
from tests.support.html_judge import growth

# Eight times the input: linear is 8, quadratic 64.
LIMIT = 24.0
SIZE = 16_000

HTML_SHAPES: dict[str, Callable[[int], str]] = {
    "nested": lambda n: "<div>" * (n // 5),
    "nested formatting": lambda n: "".join(f"<b id={i}>" for i in range(n // 10)),
    "formatting left open": lambda n: (
        "".join(f"<font color=#{i:06d}>" for i in range(90)) + "<p>x" * (n // 4)
    ),
    "links around blocks": lambda n: "<a><div>" * (n // 8),
    "one tag with many attributes": lambda n: "<p " + " ".join(f"a{i}=1" for i in range(n // 7)),
    "closed tag with many attributes": lambda n: (
        "<p " + " ".join(f"a{i}=1" for i in range(n // 7)) + ">x"
    ),
    "unfinished tags": lambda n: "<a " * (n // 3),
    "unfinished comments": lambda n: "<!--" * (n // 4),
    "unfinished quotes": lambda n: '<a href="' * (n // 9),
    "giant attribute": lambda n: '<p style="' + "color:red;" * (n // 10) + '">x</p>',
    "brackets in a style": lambda n: '<p style="' + "'(" * (n // 2) + '">x</p>',
    "nested lists": lambda n: "<ul><li>a" * (n // 9),
    "nested quotes": lambda n: "<blockquote type=cite>a" * (n // 23),
    "quotes in a row": lambda n: "<blockquote type=cite>a</blockquote>" * (n // 36) + "end",
    "nested tables": lambda n: "<table><tr><td>" * (n // 15),
    "table without cells": lambda n: "<table>" + "<p>" * (n // 3),
    "cells": lambda n: "<table>" + "<tr><td>a<td>b" * (n // 14),
    "spans": lambda n: "<table><tr>" + "<td colspan=999 rowspan=9999>a" * (n // 30),
    "white space": lambda n: " \n" * (n // 2),
    "line breaks": lambda n: "<br>" * (n // 4),
    "body tags": lambda n: "<body " * (n // 6),
    "word lists": lambda n: "".join(
        f'<p style="mso-list:l0 level{i % 9 + 1} lfo1">x</p>' for i in range(n // 45)
    ),
}
TEXT_SHAPES: dict[str, Callable[[int], str]] = {
    "quote marks": lambda n: ">" * n,
    "quoted lines": lambda n: "> a\nb\n" * (n // 6),
    "addresses": lambda n: "a@" * (n // 2),
    "dots": lambda n: "http://a" + "." * n,
    "brackets": lambda n: "http://a" + "()" * (n // 4) + ")" * (n // 2),
    "headers": lambda n: "From: a\n" * (n // 8),
    "who wrote": lambda n: "On 10:30 a@b.example\n" * (n // 21),
    "spaces": lambda n: "a" + " " * n + "b",
    "rules": lambda n: "---- a" * (n // 6),
    "blank lines": lambda n: "\n" * n,
}


@pytest.mark.parametrize("shape", HTML_SHAPES)
@pytest.mark.parametrize(
    "work",
    [sanitize, clean_paste, html_to_text, split_quoted_html, lambda html: quote_html(html, "x")],
    ids=["sanitize", "clean_paste", "html_to_text", "split_quoted_html", "quote_html"],
)
def test_html_work_grows_with_the_length_only(work: Callable[[str], object], shape: str) -> None:
    assert growth(work, HTML_SHAPES[shape], SIZE) < LIMIT


@pytest.mark.parametrize("shape", TEXT_SHAPES)
@pytest.mark.parametrize(
    "work",
    [
        text_to_html,
        split_quoted_text,
        lambda text: quote_text(text, "x"),
        flowed.flow,
        lambda text: flowed.deflow(text, True),
    ],
    ids=["text_to_html", "split_quoted_text", "quote_text", "flow", "deflow"],
)
def test_text_work_grows_with_the_length_only(work: Callable[[str], object], shape: str) -> None:
    assert growth(work, TEXT_SHAPES[shape], SIZE) < LIMIT
