"""The signature of a mailbox below what the person wrote, as HTML and as text. Pure.

It is the mailbox's, not the draft's: another From brings another one, and nothing the person wrote
changes. Gmail's API does not append signatures, so what Gmail keeps is put in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.mime.html.markup import BLANK_PARAGRAPH, element
from app.mime.html.sanitize import sanitize
from app.mime.html.to_text import html_to_text

if TYPE_CHECKING:
    from app.domain.account import Mailbox
    from app.domain.draft import Draft

# RFC 3676 §4.3: what readers know a signature by; the blank belongs to it.
SEPARATOR = "-- "


def signature_of(draft: Draft, mailbox: Mailbox) -> str:
    """Give the signature that goes with a draft, as it is kept; empty if none does."""
    return mailbox.signature_html.strip() if draft.is_signed else ""


def signature_block(signature: str) -> str:
    """Give a signature as HTML that stands below other HTML; pictures on the web stay."""
    safe = sanitize(signature, allow_remote_images=True).strip() if signature else ""
    return BLANK_PARAGRAPH + element("div", safe) if safe else ""


def signature_text(signature: str) -> str:
    """Give a signature as text, set off as RFC 3676 wants it."""
    text = html_to_text(signature).strip() if signature else ""
    return f"{SEPARATOR}\n{text}" if text else ""
