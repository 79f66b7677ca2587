from __future__ import annotations

from app.mime.html import tree
from tests.support.html_judge import words_of


def test_the_tree_is_no_deeper_than_its_limit_and_loses_no_word() -> None:
    body = tree.parse("<table><tr><td>a" * 90 + "<i>end</i>")
    depth, level = 0, [body]
    while level:
        depth += 1
        level = [child for element in level for child in element.elements()]
    assert depth <= tree.MAX_DEPTH + 1
    assert words_of(body.text())[-1].endswith("end")
    assert body.text().count("a") == 90


def test_past_the_limit_of_elements_only_words_are_kept() -> None:
    html = "<b>x</b>" * (tree.MAX_ELEMENTS + 500)
    body = tree.parse(html)
    assert sum(1 for _ in body.walk()) == tree.MAX_ELEMENTS + 1
    assert body.text().count("x") == tree.MAX_ELEMENTS + 500


def test_serialising_gives_the_markup_back() -> None:
    html = '<p title="&quot;a&quot;">x &lt; y &amp; z<br><b>k</b></p>'
    assert tree.serialize(tree.parse(html)) == html
