from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.mime.html.paste import clean_paste
from tests.support.html_judge import dangers, tags_of, text_of, words_of


def word_item(level: int, marker: str, text: str, *, list_id: str = "l0") -> str:
    return (
        f"<p class=MsoListParagraphCxSpMiddle style='margin-left:{level}in;text-indent:-.25in;"
        f"mso-list:{list_id} level{level} lfo1'><![if !supportLists]><span style='font-family:"
        f"Symbol'><span style='mso-list:Ignore'>{marker}<span style='font:7.0pt \"Times New "
        f"Roman\"'>&nbsp;&nbsp;&nbsp; </span></span></span><![endif]>{text}<o:p></o:p></p>\n"
    )


def shape(html: str) -> str:
    return " ".join(tags_of(html))


def test_word_bullets_become_a_nested_list() -> None:
    html = word_item(1, "·", "Fruit") + word_item(2, "o", "Apple") + word_item(1, "·", "Bread")
    assert clean_paste(html) == "<ul><li>Fruit<ul><li>Apple</li></ul></li><li>Bread</li></ul>"


def test_word_numbers_keep_their_kind_and_start() -> None:
    html = word_item(1, "iv.", "Fourth") + word_item(1, "v.", "Fifth")
    clean = clean_paste(html)
    assert shape(clean) == "ol li li"
    assert 'type="i"' in clean
    assert 'start="4"' in clean


def test_letters_after_roman_numbers_are_told_apart() -> None:
    html = word_item(1, "a)", "One") + word_item(1, "b)", "Two") + word_item(1, "c)", "Three")
    assert clean_paste(html).startswith('<ol type="a"><li>One</li>')


def test_a_list_that_counts_from_one_again_is_another_list() -> None:
    html = "".join(word_item(1, f"{n}.", "x") for n in (1, 2, 1))
    assert shape(clean_paste(html)) == "ol li li ol li"


def test_a_skipped_number_is_said_on_its_item() -> None:
    html = word_item(1, "1.", "a") + word_item(1, "4.", "b")
    assert clean_paste(html) == '<ol><li>a</li><li value="4">b</li></ol>'


def test_a_bulleted_list_under_a_number_is_nested() -> None:
    html = word_item(1, "1.", "a") + word_item(2, "·", "b") + word_item(1, "2.", "c")
    assert shape(clean_paste(html)) == "ol li ul li li"


def test_a_marker_that_is_a_sentence_stays_text() -> None:
    html = word_item(1, "Clause 4:", "Payment")
    assert clean_paste(html) == "<p>Clause 4: Payment</p>"


def test_numbered_headings_stay_headings_with_their_number() -> None:
    html = "<h2 style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>2.&nbsp;&nbsp;</span>Scope</h2>"
    assert clean_paste(html) == "<h2>2. Scope</h2>"


def test_lists_split_by_level_in_word_for_the_web_are_joined() -> None:
    html = (
        "<div class='ListContainerWrapper'><ul><li data-aria-level='1'><p>a</p></li></ul></div>"
        "<div class='ListContainerWrapper'><ul><li data-aria-level='2'><p>b</p></li></ul></div>"
    )
    assert clean_paste(html) == "<ul><li>a<ul><li>b</li></ul></li></ul>"


def test_a_list_beside_its_item_moves_into_it() -> None:
    html = "<ul><li>a</li><ul><li>b</li></ul><li>c</li></ul>"
    assert clean_paste(html) == "<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"


def test_docs_styles_become_elements_and_its_wrapper_goes() -> None:
    html = (
        '<b style="font-weight:normal" id="docs-internal-guid-1"><p dir="ltr" style="line-height:1.38">'
        '<span style="font-size:11pt;font-family:Arial;color:#000000;font-weight:700">Bold</span>'
        '<span style="font-style:italic;color:#ff0000"> red</span>'
        '<span style="text-decoration:line-through"> gone</span>'
        '<span style="vertical-align:super;font-size:0.6em">2</span></p></b>'
    )
    assert clean_paste(html) == (
        '<p><b>Bold</b><i><span style="color:#ff0000"> red</span></i><s> gone</s><sup>2</sup></p>'
    )


@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<span style='color:windowtext;background:white'>a</span>", "a"),
        ("<span style='font-size:11.0pt;mso-ansi-language:EN-US'>a</span>", "a"),
        ("<span style='font-size:20.0pt'>a</span>", '<span style="font-size:20pt">a</span>'),
        ("<font color='#ff0000' size=5>a</font>", '<span style="color:#ff0000;font-size:18pt">a</span>'),
        ("<span style='background:yellow;mso-highlight:yellow'>a</span>", '<span style="background-color:yellow">a</span>'),
        ("<span style='font-family:Consolas'>x = 1</span>", "<code>x = 1</code>"),
        ("<math><mi>x</mi><annotation>x</annotation></math>", "x"),
        ("<strong>a</strong> <em>b</em>", "<b>a</b> <i>b</i>"),
        ("<p align=center>a</p>", '<p style="text-align:center">a</p>'),
        ("<p class=MsoNormal style='margin:0cm;tab-stops:45pt'>a\nb<o:p></o:p></p>", "<p>a b</p>"),
        ("<st1:City w:st='on'>Bonn</st1:City>", "Bonn"),
        ("<a name='_GoBack'>a</a>", "a"),
        ("<a href='https://a.example/' style='color:blue'><span>a</span></a>", '<a href="https://a.example/">a</a>'),
        ("<a href='file:///C:/secret.doc'>a</a>", "a"),
        ("<img src='file:///C:/x.png' alt='Chart'>", "Chart"),
        ("<img src='https://pics.example/x.png'>", ""),
        ("<img src='cid:a@b' alt='Logo' width=40 height=20>", '<img src="cid:a@b" alt="Logo" width="40" height="20">'),
        ("<p>a<br class='Apple-interchange-newline'></p>", "<p>a</p>"),
        ("<pre>a\n  b</pre>", "<pre>a\n  b</pre>"),
        ("<article><header>a</header></article>", "<div><div>a</div></div>"),
    ],
)  # fmt: skip
def test_looks_are_kept_in_one_plain_form(html: str, clean: str) -> None:
    assert clean_paste(html) == clean


def test_clipboard_headers_markers_and_comments_go() -> None:
    html = (
        "\ufeffVersion:1.0\r\nStartHTML:0000000105\r\nEndHTML:0000000200\r\nSourceURL:https://x.example/\r\n"
        "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><style>p{color:red}</style>"
        "<!--[if gte mso 9]><xml><w:WordDocument></w:WordDocument></xml><![endif]--></head>"
        "<body><!--StartFragment--><p>Words</p><!--EndFragment--></body></html>"
    )
    assert clean_paste(html) == "<p>Words</p>"


def test_styles_of_a_spreadsheet_are_read_from_its_sheet() -> None:
    html = (
        "<html><head><style><!-- .xl65 {font-weight:700; color:#C00000; text-align:right;} --></style></head>"
        "<body><table><tr><td class=xl65>42</td><td>7</td></tr></table></body></html>"
    )
    clean = clean_paste(html)
    assert '<b><span style="color:#C00000">42</span></b>' in clean
    assert "text-align:right" in clean


def test_tables_keep_shape_borders_and_fills() -> None:
    html = (
        "<table class=MsoTableGrid border=1 style='border-collapse:collapse;mso-yfti-tbllook:1184'><tr>"
        "<td colspan=2 style='border:solid windowtext 1.0pt;background:#D9E2F3;padding:0cm 5.4pt'>"
        "<p class=MsoNormal>Head<o:p></o:p></p></td></tr><tr><td>a</td><td>b</td></tr></table>"
    )
    clean = clean_paste(html)
    assert shape(clean) == "table tbody tr td p tr td td"
    assert 'colspan="2"' in clean
    assert "background-color:#D9E2F3" in clean
    assert 'border="1"' in clean
    assert "mso" not in clean


def test_blank_paragraphs_stay_blank_lines() -> None:
    html = "<p class=MsoNormal>a</p><p class=MsoNormal><o:p>&nbsp;</o:p></p><p>b</p>"
    assert clean_paste(html) == "<p>a</p><p>&nbsp;</p><p>b</p>"


_WORDS = st.text("abcxyz", min_size=1, max_size=6)
_LEAF = _WORDS.map(lambda word: f" {word} ")
_TAGS = st.sampled_from(
    ["p", "div", "span", "b", "ul", "li", "ol", "o:p", "font", "h1", "blockquote",
     "a href='#x'", "span style='mso-spacerun:yes'", "p style='mso-list:l0 level2 lfo1'", "li data-aria-level=3",
     "section", "pre", "u", "center", "p style='mso-list:l0 level1 lfo1'"]
)  # fmt: skip
_TREES = st.recursive(
    _LEAF,
    lambda inner: st.tuples(_TAGS, st.lists(inner, max_size=4)).map(
        lambda pair: f"<{pair[0]}>{''.join(pair[1])}</{pair[0].split()[0]}>"
    ),
    max_leaves=25,
)


@given(_TREES)
def test_every_word_survives_in_order(html: str) -> None:
    clean = clean_paste(html)
    letters = "".join(words_of(text_of(html)))
    assert "".join(words_of(text_of(clean))) == letters
    assert dangers(clean) == []
