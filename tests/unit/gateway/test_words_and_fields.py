from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import errors
from app.domain.conversation import ThreadRef
from app.domain.errors import AppError, DraftRejected
from app.gateway import dialect_workspace
from app.gateway.dialects import WORKSPACE
from app.gateway.drafting import fragment
from app.gateway.refusals import CODES, Refusal, refusal_of
from app.gateway.sending import fingerprint
from app.gateway.words import conversation_id, conversation_of


def _tree(kind: type[AppError]) -> list[type[AppError]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _tree(child))]


@pytest.mark.parametrize(
    "kind",
    [one for one in _tree(AppError) if one.__module__ == errors.__name__ and one is not AppError],
    ids=lambda kind: kind.__name__,
)
def test_every_expected_failure_has_its_status_and_a_sentence(kind: type[AppError]) -> None:
    refusal = refusal_of(kind([]) if kind is DraftRejected else kind())

    assert refusal.status != 500
    assert refusal.code in {*CODES.values(), "too_late"}
    assert refusal.message.endswith(".")


@given(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1))
def test_id_of_a_conversation_says_which_one(thread: str) -> None:
    ref = ThreadRef("3c90c3cc-0d44-4b50-8888-8dd25736052a", thread)
    assert conversation_of(conversation_id(ref)) == ref


@given(st.text(max_size=40))
def test_any_other_id_is_none_of_ours_or_reads_whole(text: str) -> None:
    found = conversation_of("cv_" + text)
    assert found is None or (found.account_uid and found.thread_id)


def test_order_of_names_is_no_difference_and_order_of_people_is() -> None:
    one = {"to": ["a", "b"], "subject": "s"}
    assert fingerprint(one) == fingerprint(dict(reversed(one.items())))
    assert fingerprint(one) != fingerprint({**one, "to": ["b", "a"]})


@pytest.mark.parametrize(
    ("html", "inner"),
    [
        ("<p>x</p>", "<p>x</p>"),
        ("<html><body><p>x</p></body></html>", "<p>x</p>"),
        ("<HTML><BODY class='a'><p>x", "<p>x"),
        (
            "<html><head><title>t</title><style>p{}</style></head><body>x</body></html>",
            "<style>p{}</style>x",
        ),
    ],
)
def test_inside_of_a_whole_document_is_the_body(html: str, inner: str) -> None:
    assert fragment(html) == inner


JSONISH: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


NAMES = [*dialect_workspace.WorkspaceSend.model_fields, "other"]


@given(st.dictionaries(st.sampled_from(NAMES), JSONISH, max_size=6))
def test_any_body_is_an_order_or_a_refusal_with_details(body: dict[str, Any]) -> None:
    try:
        order = WORKSPACE.read(body).order
    except Refusal as refusal:
        found = refusal
    else:
        assert order is not None
        return
    assert found.status == 400
    assert found.details


@pytest.mark.parametrize(
    "html", ["<body" * 200_000, "<style" * 200_000 + "<body>", "<body>" + "</body " * 200_000]
)
def test_broken_documents_cost_no_more_than_whole_ones(html: str) -> None:
    # A look that went back would take minutes here.
    begun = time.process_time()
    fragment(html)
    assert time.process_time() - begun < 5
