from __future__ import annotations

import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.gateway.strict_json import MAX_DEPTH, NotJson, depth_of, parse

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(VALUES)
def test_whatever_json_writes_is_read_back(value: object) -> None:
    assert parse(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")) == value
    assert parse(json.dumps(value).encode()) == value


@given(st.binary(max_size=60))
def test_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    with contextlib.suppress(NotJson):
        parse(data)


@pytest.mark.parametrize("depth", [1, MAX_DEPTH])
def test_depth_within_the_bound_is_read(depth: int) -> None:
    assert depth_of(b"[" * depth + b"]" * depth) == depth
    parse(b"[" * depth + b"]" * depth)


def test_brackets_in_texts_are_no_depth() -> None:
    text = '["' + "[{" * 100 + '\\"[[[\\\\"]'
    assert depth_of(text.encode()) == 1
    assert parse(text.encode()) == ["[{" * 100 + '"[[[\\']


@pytest.mark.parametrize(
    "data", [b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), b"[" * 1_000_000, b'{"a":' * 100_000]
)
def test_more_depth_is_refused_without_recursion(data: bytes) -> None:
    with pytest.raises(NotJson, match="levels deep"):
        parse(data)


@pytest.mark.parametrize("data", [b'"\\ud83d\\ude00"', '"😀"'.encode()])
def test_whole_pairs_of_surrogates_are_one_character(data: bytes) -> None:
    assert parse(data) == "😀"


@pytest.mark.parametrize("data", [b'"\\ud83d"', b'{"\\udc00": 1}', b'["x\\uDfFfx"]'])
def test_half_characters_are_refused(data: bytes) -> None:
    with pytest.raises(NotJson, match="half a character"):
        parse(data)


@pytest.mark.parametrize(
    "data",
    [
        b'{"a":"' + b'\\"' * 1_000_000,
        b'["' * 1_000_000,
        b'"' * 1_000_001,
        b'{"a":"' + b"\\" * 1_000_001,
        b'{"a":"' + b'\\x"\\' * 1_000_000,
    ],
    ids=["escaped quotes", "opened strings", "quotes", "backslashes", "mixed"],
)
def test_broken_strings_cost_no_more_than_whole_ones(data: bytes) -> None:
    # A look that went back would take hours here.
    begun = time.process_time()
    with pytest.raises(NotJson):
        parse(data)
    assert time.process_time() - begun < 10


def test_brackets_behind_an_open_string_are_no_depth() -> None:
    assert depth_of(b'{"a": "' + b"[" * 100) == 1
    assert depth_of(b'{"a": "\\"[[[", "b": [[') == 3
