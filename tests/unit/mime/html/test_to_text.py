from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.html.from_text import text_to_html
from app.mime.html.to_text import html_to_text
from tests.support.html_judge import dangers


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One\ntwo</p><p>three</p>", "One two\n\nthree"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("a<br>b<br><br>c", "a\nb\n\nc"),
        ("<div>a</div><div><br></div><div>b</div>", "a\n\nb"),
        ("<h1>Head</h1>text<h2>Sub</h2>", "Head\n\ntext\n\nSub"),
        ("<p>x <b>y</b><i> z</i></p>", "x y z"),
        ("<ul><li>a</li><li>b<ul><li>c</li></ul></li></ul>", "* a\n* b\n  * c"),
        ("<ol start=9><li>a</li><li>b</li></ol>", "9.  a\n10. b"),
        ("<ol type=a><li>x</li><li value=26>y</li><li>z</li></ol>", "a.  x\nz.  y\naa. z"),
        ("<ol type=I><li>x</li><li>y</li></ol>", "I.  x\nII. y"),
        ("<ol reversed><li>x</li><li>y</li></ol>", "2. x\n1. y"),
        ("<dl><dt>Term</dt><dd>Meaning</dd></dl>", "Term\n    Meaning"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>c", "> a\n>\n>> b\n\nc"),
        ("<pre>if x:\n    y  = 1</pre>", "if x:\n    y  = 1"),
        ('<a href="https://a.example/x">here</a>', "here <https://a.example/x>"),
        ('<a href="https://a.example/">https://a.example</a>', "https://a.example"),
        ('<a href="mailto:jo@a.example">jo@a.example</a>', "jo@a.example"),
        ('<a href="#top">up</a> <a href="javascript:x()">run</a>', "up run"),
        ('<img src="cid:x" alt="Our logo">', "Our logo"),
        ('<img src="https://t.example/p.gif" width=1 height=1>x', "x"),
        (
            '<a href="https://a.example"><img src="cid:x" alt="Shop"></a>',
            "Shop <https://a.example>",
        ),
        ("<p>a</p><script>b()</script><style>c{}</style><!-- d --><p>e</p>", "a\n\ne"),
        ('<div style="display:none">preview</div>seen', "seen"),
        ('<span style="mso-hide:all">x</span><p hidden>y</p>seen', "seen"),
        ("<p>caf&eacute; &lt;b&gt; &amp; &#8364;</p>", "café <b> & €"),
        ("&nbsp;&nbsp;two spaces&nbsp;in", "  two spaces in"),
        ("<math><mi>x</mi><mo>=</mo><mn>1</mn></math>", "x=1"),
        ("a<hr>b", f"a\n\n{'-' * 40}\n\nb"),
        ("<p class=MsoNormal>a</p><p class=MsoNormal>b</p>", "a\nb"),
        ('<p style="margin:0">a</p><p style="margin:0">b</p>', "a\nb"),
        ('<blockquote style="margin:0 0 0 40px;border:none">in</blockquote>', "    in"),
        ('<span style="white-space:pre">a  b\nc</span>', "a  b\nc"),
        ("", ""),
        ("<p> </p><div></div>", ""),
    ],
)
def test_structure_becomes_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_tables_are_laid_out_in_columns() -> None:
    html = (
        "<table><tr><th>Item</th><th>Price</th></tr><tr><td>Chair</td><td align=right>9</td></tr>"
        "<tr><td>Long table</td><td align=right>120</td></tr></table>"
    )
    assert html_to_text(html).split("\n") == [
        "Item        Price",
        "Chair           9",
        "Long table    120",
    ]


def test_spanning_cells_push_the_others_aside() -> None:
    html = (
        "<table><tr><td rowspan=2>a</td><td>b</td></tr><tr><td>c</td></tr>"
        "<tr><td colspan=2>wide cell</td></tr></table>"
    )
    assert html_to_text(html) == "a  b\n   c\nwide cell"


def test_a_table_in_a_cell_moves_as_one_block() -> None:
    inner = "<table><tr><td>x</td><td>yy</td></tr><tr><td>1</td><td>2</td></tr></table>"
    html = f"<table><tr><td>A long head</td><td>b</td></tr><tr><td align=right>{inner}</td><td>c</td></tr></table>"
    assert html_to_text(html).split("\n") == ["A long head  b", "      x  yy  c", "      1  2"]


def test_a_table_for_layout_is_read_cell_by_cell() -> None:
    long = "word " * 40
    html = f"<table><tr><td>{long}</td><td><p>{long}</p></td></tr></table>"
    assert html_to_text(html).split("\n") == [long.strip(), long.strip()]


def test_paragraphs_wrap_but_code_and_addresses_do_not() -> None:
    url = "https://example.com/" + "x" * 60
    html = f"<p>{'word ' * 20}</p><p>{url}</p><pre>{'code ' * 20}</pre><ul><li>{'item ' * 20}</li></ul>"
    lines = html_to_text(html, width=40).split("\n")
    assert url in lines
    assert ("code " * 20).strip() in lines
    assert all(len(line) <= 40 for line in lines if line.startswith(("word", "*", "  item")))
    assert "  item item item item item item item" in lines


def test_wrapped_quotes_keep_their_marks() -> None:
    lines = html_to_text(f"<blockquote>{'word ' * 20}</blockquote>", width=30).split("\n")
    assert len(lines) > 3
    assert all(line.startswith("> word") for line in lines)


def test_deep_lists_and_quotes_still_say_all() -> None:
    text = html_to_text("<blockquote><ul><li>" * 60 + "bottom")
    assert text.endswith("bottom")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <b> & c", "a &lt;b&gt; &amp; c"),
        ("see https://a.example/x?y=1&z=2.", ">https://a.example/x?y=1&amp;z=2</a>."),
        ("(https://a.example/x_(y))", 'href="https://a.example/x_(y)"'),
        ("www.example.com!", 'href="http://www.example.com"'),
        ("write jo@example.com, please", 'href="mailto:jo@example.com"'),
        ("  two  spaces", "&nbsp; two&nbsp; spaces"),
    ],
)
def test_text_is_escaped_and_linked(text: str, html: str) -> None:
    assert html in text_to_html(text)


def test_quote_marks_become_nested_quotes() -> None:
    html = text_to_html("answer\n> first\n>> second\n> > third")
    assert html.count("<blockquote") == 2
    assert html_to_text(html) == "answer\n\n> first\n>\n>> second\n>> third"


_LINE = st.text(st.sampled_from([*"abc&<>\"' ", "é", "."]), max_size=30).map(str.strip)


@given(st.lists(_LINE.filter(lambda line: not line.startswith(">"))))
def test_text_comes_back_from_its_html(lines: list[str]) -> None:
    text = "\n".join(lines).strip("\n")
    while "\n\n\n\n" in text:
        text = text.replace("\n\n\n\n", "\n\n\n")
    assert html_to_text(text_to_html(text)) == text


@given(st.text(max_size=300))
def test_no_text_becomes_dangerous_html(text: str) -> None:
    assert dangers(text_to_html(text)) == []
