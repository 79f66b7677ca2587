"""The header lines of a message and of its attachments. Pure.

Order is fixed, so that the same content gives the same bytes. No User-Agent: it helps nobody and
tells strangers what runs here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import DraftRejected
from app.domain.problem import Problem
from app.mime.filenames import clean_filename
from app.mime.headers import (
    UnsafeHeader,
    encode_addresses,
    encode_date,
    encode_msgids,
    encode_parameterised,
    encode_unstructured,
)
from app.mime.msgid import is_msgid

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.domain.attachment import Attachment
    from app.domain.outbound import MessageContent

MARKER_FIELD = "X-Postrider-Id"
_ADDRESS_REASONS = frozenset({"address", "domain", "non_ascii_local_part"})


def message_head(content: MessageContent, *, include_bcc: bool = True) -> bytes:
    """Give the header of a message up to MIME-Version.

    Raises:
        DraftRejected: with every field that is not safe to write.
    """
    envelope = content.envelope
    people = [
        ("From", (envelope.sender,)),
        ("To", envelope.to),
        ("Cc", envelope.cc),
        ("Bcc", envelope.bcc if include_bcc else ()),
        ("Reply-To", content.reply_to),
    ]
    in_reply_to = (content.in_reply_to,) if content.in_reply_to else ()
    steps: list[Callable[[], bytes]] = [
        *(lambda n=name, a=addresses: encode_addresses(n, a) for name, addresses in people),
        lambda: encode_unstructured("Subject", content.subject),
        lambda: encode_date(content.date),
        lambda: encode_msgids("Message-ID", (content.message_id,)),
        lambda: encode_msgids("In-Reply-To", in_reply_to),
        lambda: encode_msgids("References", content.references),
    ]
    if content.marker:
        steps.append(lambda: encode_unstructured(MARKER_FIELD, content.marker))
    return _all_safe(steps) + b"MIME-Version: 1.0\r\n"


def _all_safe(steps: list[Callable[[], bytes]]) -> bytes:
    lines: list[bytes] = []
    problems: list[Problem] = []
    for step in steps:
        try:
            lines.append(step())
        except UnsafeHeader as error:
            problems.append(unsafe_problem(error))
    if problems:
        raise DraftRejected(problems)
    return b"".join(lines)


def unsafe_problem(error: UnsafeHeader) -> Problem:
    """Say which field cannot be written and why."""
    code = "bad_address" if error.reason in _ADDRESS_REASONS else "unsafe_header"
    field = error.field.lower().replace("-", "_")
    return Problem(code=code, field=field, params={"field": error.field, "reason": error.reason})


def part_head(
    attachment: Attachment, *, media_type: str, charset: str, encoding: str, is_inline: bool
) -> bytes:
    """Give the header lines of an attachment's part.

    Raises:
        DraftRejected: its Content-ID is not safe to write.
    """
    name = clean_filename(attachment.filename, media_type)
    parameters = {"charset": charset} if charset else {}
    disposition = "inline" if is_inline else "attachment"
    cid = attachment.content_id.strip().strip("<>")
    if is_inline and not is_msgid(f"<{cid}>"):
        error = UnsafeHeader("Content-ID", "message_id")
        raise DraftRejected([unsafe_problem(error)]) from error
    lines = [
        encode_parameterised("Content-Type", media_type, {**parameters, "name": name}),
        f"Content-Transfer-Encoding: {encoding}\r\n".encode("ascii"),
        encode_parameterised("Content-Disposition", disposition, {"filename": name}),
    ]
    if is_inline:
        lines.append(encode_msgids("Content-ID", (cid,)))
    return b"".join(lines)
