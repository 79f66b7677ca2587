from __future__ import annotations

from app.compose.session import ComposeSession
from app.domain.address import Address
from app.domain.draft import Body, Draft
from app.runtime.clock import SystemClock
from tests.support.mailroom_values import make_draft


def session_of(draft: Draft) -> tuple[ComposeSession, list[Draft]]:
    heard: list[Draft] = []
    session = ComposeSession(draft=draft, clock=SystemClock())
    session.on_changed(heard.append)
    return session, heard


def test_every_edit_is_a_new_revision_and_is_told() -> None:
    first = make_draft()
    session, heard = session_of(first)
    session.set_subject("Two")
    session.set_recipients("cc", [Address("raj@northwind.example")])
    session.set_body(Body(html="<p>x</p>"))
    assert [draft.revision for draft in heard] == [4, 5, 6]
    assert session.draft.recipients.to == first.recipients.to
    assert first.subject == "Quote for 40 seats"


def test_edit_that_changes_nothing_is_none() -> None:
    draft = make_draft()
    session, heard = session_of(draft)
    session.set_subject(draft.subject)
    session.set_recipients("to", draft.recipients.to)
    assert heard == []
    assert session.draft is draft
