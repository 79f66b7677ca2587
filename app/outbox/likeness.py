"""What makes two messages look the same to the person who gets them. Pure.

Not the fingerprint of an idempotency key: that tells equal requests, this tells a message that was
probably sent twice by mistake, from another window or address, in another order of recipients.
"""

from __future__ import annotations

import hashlib
import html
import re
from typing import TYPE_CHECKING

from app.domain.draft import BodyMode

if TYPE_CHECKING:
    from app.domain.draft import Body, Draft

# Never past the next tag and possessive: a text of broken tags is not looked at twice.
_MARKUP = re.compile(r"<[^<>]*+>")


def likeness(draft: Draft) -> str:
    """Give the SHA-256 of who gets it, its subject and its words."""
    people = sorted(one.key for one in draft.recipients.everybody)
    parts = (" ".join(people), _words(draft.subject).casefold(), _words(_text(draft.body)))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _text(body: Body) -> str:
    if body.mode is BodyMode.HTML and body.html:
        return html.unescape(_MARKUP.sub(" ", body.html))
    return body.text


def _words(text: str) -> str:
    return " ".join(text.split())
