from __future__ import annotations

from datetime import timedelta

from app.store.database import Database
from app.store.drafts import SqliteDrafts
from tests.support.mailroom_values import NOW, make_draft


def test_newest_revision_wins_whatever_the_order(database: Database) -> None:
    drafts = SqliteDrafts(database)
    old = make_draft(subject="one")
    new = old.edited(NOW, subject="two")
    drafts.save(new)
    drafts.save(old)
    assert drafts.load(old.uid) == new


def test_drafts_are_listed_newest_first(database: Database) -> None:
    drafts = SqliteDrafts(database)
    drafts.save(make_draft(uid="old", updated_at=NOW - timedelta(days=1)))
    drafts.save(make_draft(uid="new", updated_at=NOW))
    assert [draft.uid for draft in drafts.list_drafts()] == ["new", "old"]


def test_discarded_draft_is_gone(database: Database) -> None:
    drafts = SqliteDrafts(database)
    draft = make_draft()
    drafts.save(draft)
    drafts.discard(draft.uid)
    assert drafts.load(draft.uid) is None
