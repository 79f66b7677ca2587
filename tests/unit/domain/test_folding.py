"""Words for the index and words of a question meet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.folding import index_words, query_words


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("Crème brûlée", "CREME bru"),
        ("Straße nach Köln", "strasse koln"),
        ("jane.doe@northwind.example", "northwind jane"),
        ("契約更新のご相談", "更新"),
        ("契約更新のご相談", "談"),
        ("契約更新のご相談", "契約更新"),
        ("가격 문의드립니다", "문의"),
        ("ﾃｽﾄ ＡＢＣ", "テスト abc"),
        ("Q3 2026: 24%", "q3 24"),
        ("ใบเสนอราคา", "ราคา"),
    ],
)
def test_what_is_written_is_found_by_what_is_typed(written, typed):
    words = index_words([written]).split()
    assert query_words(typed)
    for start in query_words(typed):
        assert any(word.startswith(start) for word in words), (start, words)


@pytest.mark.parametrize(
    ("written", "typed"), [("pricing", "icing"), ("契約更新", "更契"), ("が", "か")]
)
def test_other_words_are_not_found(written, typed):
    words = index_words([written]).split()
    assert not all(any(w.startswith(start) for w in words) for start in query_words(typed))


@pytest.mark.parametrize("text", ["", "  ", "€", "→ !", "___"])
def test_signs_alone_are_no_words(text):
    assert query_words(text) == ()


@given(st.text(max_size=60))
def test_every_text_is_found_by_itself(text):
    words = index_words([text]).split()
    for start in query_words(text):
        assert any(word.startswith(start) for word in words)


@given(st.text(max_size=60))
def test_words_hold_nothing_that_a_query_could_mean_otherwise(text):
    for word in query_words(text):
        assert word
        assert not set(word) & set(" \t\n\"'*()^:-+")
