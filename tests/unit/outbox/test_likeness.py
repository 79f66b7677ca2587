"""What looks the same is found quickly, whatever is written."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from app.domain.draft import Body, BodyMode, Draft
from app.outbox.likeness import likeness

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def draft(html: str) -> Draft:
    body = Body(BodyMode.HTML, html, "")
    return Draft(uid="d", created_at=NOW, updated_at=NOW, subject="S", body=body)


def test_tags_are_no_difference_and_words_are() -> None:
    assert likeness(draft("<p>Hi <b>Jane</b></p>")) == likeness(draft("<div>Hi Jane</div>"))
    assert likeness(draft("<p>Hi Jane</p>")) != likeness(draft("<p>Hi Joan</p>"))


@pytest.mark.parametrize("html", ["<" * 500_000, "<body" * 100_000, "&" * 500_000])
def test_broken_markup_costs_no_more_than_whole(html: str) -> None:
    # A look that went back would take minutes here.
    begun = time.process_time()
    likeness(draft(html))
    assert time.process_time() - begun < 5
