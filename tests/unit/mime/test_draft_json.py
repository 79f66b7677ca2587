from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest

from app.domain.attachment import Attachment, Disposition
from app.domain.draft import (
    Body,
    BodyMode,
    ContextLink,
    LinkKind,
    Quote,
    Recipients,
    ReplyMode,
)
from app.domain.errors import DraftRejected
from app.mime.draft_json import (
    content_from_dict,
    content_to_dict,
    draft_from_dict,
    draft_to_dict,
    links_from_list,
    links_to_list,
)
from app.mime.finalize import finalize
from app.mime.render import render
from app.mime.reply import reply_context
from tests.support.drafts import ADA, JANE, NOW, RAJ, draft, mailbox, original
from tests.support.mime_random import Blobs, Boundaries, random_content

FULL = draft(
    revision=7,
    mailbox_uid="m1",
    recipients=Recipients((JANE,), (RAJ,), (ADA,), (JANE,)),
    body=Body(BodyMode.HTML, "<p>Größe</p>", "t"),
    quote=Quote(attribution="A", html="<P>", text="q"),
    reply=reply_context(original(), ReplyMode.REPLY_ALL),
    attachments=(
        Attachment(
            uid="u",
            filename="ü.png",
            media_type="image/png",
            size_bytes=3,
            sha256="ab",
            disposition=Disposition.INLINE,
            content_id="c@x",
        ),
    ),
    links=(ContextLink(LinkKind.CONTEXT, "77", "ticket", "Ticket 77"),),
)


def through_json(value: object) -> Any:
    return json.loads(json.dumps(value))


def test_a_draft_comes_back_whole() -> None:
    assert draft_from_dict(through_json(draft_to_dict(FULL))) == FULL
    assert draft_from_dict(through_json(draft_to_dict(draft()))) == draft()


def test_half_characters_are_replaced_so_that_the_draft_can_be_kept() -> None:
    written = draft_to_dict(draft(subject="a\ud800b \ud83c\udf89", body=Body(text="\udfff")))
    assert (written["subject"], written["body"]["text"]) == ("a\ufffdb 🎉", "\ufffd")


def test_contents_come_back_whole() -> None:
    for seed in range(20):
        content = random_content(random.Random(seed), Blobs())
        assert content_from_dict(through_json(content_to_dict(content))) == content


def test_links_come_back_whole() -> None:
    assert links_from_list(through_json(links_to_list(FULL.links))) == FULL.links


def test_a_draft_written_by_hand_needs_little() -> None:
    made = draft_from_dict(
        {"recipients": {"to": ["jane@x.example"]}, "subject": "Hi", "body": {"text": "Hello"}}
    )
    assert made.body == Body(BodyMode.PLAIN, "", "Hello")
    assert [a.addr_spec for a in made.recipients.to] == ["jane@x.example"]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"subject": 3}, "subject must be text."),
        ({"revision": True}, "revision must be a whole number."),
        ({"revision": -1}, "revision must not be negative."),
        ({"created_at": "yesterday"}, "created_at must be a time with an offset (ISO 8601)."),
        ({"created_at": "2026-01-01T00:00:00"}, "created_at must be a time with an offset"),
        ({"recipients": []}, "recipients must be an object."),
        ({"recipients": {"to": [{"name": "x"}]}}, "recipients.to[0].address is missing."),
        ({"recipients": {"to": "x"}}, "recipients.to must be a list."),
        ({"body": {"mode": "rtf"}}, "body.mode must be one of: html, plain."),
        ({"reply": {"references": [1]}}, "reply.references[0] must be text."),
        ({"attachments": [{"filename": "x"}]}, "attachments[0].size_bytes is missing."),
        ({"links": [{"kind": "deal"}]}, "links[0].uid is missing."),
        ({"version": 99}, "version is newer than this program understands"),
        ({"subjekt": "x"}, "subjekt is not a field of this document."),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        draft_from_dict({**draft_to_dict(draft()), **change})
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("value", [None, 3, "x", [], [{}]], ids=str)
def test_what_is_no_object_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="must be an object"):
        draft_from_dict(value)
    with pytest.raises(ValueError, match="must be an object"):
        content_from_dict(value)


@pytest.mark.parametrize(
    ("field", "poisoned"),
    [
        ("subject", {"subject": "a\r\nBcc: x@evil.example"}),
        ("to", {"recipients": {"to": ["a@b.example\r\nBcc: x@evil.example"]}}),
        (
            "cc",
            {"recipients": {"cc": [{"address": "a@b.example", "name": "a\nBcc: x@evil.example"}]}},
        ),
    ],
)
def test_injection_through_a_draft_document_is_refused(
    field: str, poisoned: dict[str, object]
) -> None:
    read = draft_from_dict({**draft_to_dict(draft()), **poisoned})
    made = finalize(read, mailbox=mailbox(), now=NOW, message_id="<n@x>", marker="m")
    with pytest.raises(DraftRejected) as caught:
        render(made, open_blob=Blobs().open, out=io.BytesIO(), boundary=Boundaries())
    assert [p.field for p in caught.value.problems] == [field]
