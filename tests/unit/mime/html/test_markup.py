from __future__ import annotations

import pytest

from app.mime.html import markup
from app.mime.html.sanitize import sanitize
from tests.support.html_judge import dangers, tags_of


def test_a_document_holds_its_body_unchanged() -> None:
    document = markup.document("<p>a &amp; b</p>", lang="en")
    assert document.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert '<meta charset="utf-8">' in document
    assert "\n<p>a &amp; b</p>\n</body>" in document


def test_direction_and_language_are_said() -> None:
    assert '<html lang="he" dir="rtl">' in markup.document("", lang="he", rtl=True)
    assert "<html>" in markup.document("", lang="")


def test_values_are_escaped() -> None:
    assert markup.link('https://a.example/"x', "a").startswith(
        '<a href="https://a.example/&quot;x"'
    )
    assert 'alt="&quot;&gt;"' in markup.image("cid:a", alt='">')


def test_a_picture_says_its_size_and_text() -> None:
    html = markup.image("cid:a", alt="", width=10, height=20)
    assert html == '<img src="cid:a" width="10" height="20" style="border:0" alt="">'


def test_a_table_has_a_head_and_the_attributes_word_reads() -> None:
    html = markup.table([["a", "b"], ["1", "2"]], header=True)
    assert tags_of(html) == ["table", "tbody", "tr", "th", "th", "tr", "td", "td"]
    assert 'cellpadding="6"' in html


@pytest.mark.parametrize(
    "style",
    [markup.P, markup.P_SPACED, markup.LIST, markup.LI, markup.BLOCKQUOTE, markup.LINK, markup.TABLE,
     markup.CELL, markup.HEADER_CELL, markup.PRE, markup.CODE, *markup.HEADINGS.values()],
)  # fmt: skip
def test_what_we_write_passes_our_own_sanitiser(style: str) -> None:
    html = f'<p style="{style}">a</p>'
    assert sanitize(html) == html
    assert dangers(html) == []
