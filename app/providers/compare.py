"""Compare what was composed with the copy the provider keeps, in sentences for the record. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.domain.address import Address

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.domain.outbound import MessageContent


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of the Sent copy; size -1 where the provider does not tell the exact one."""

    filename: str
    size_bytes: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class SentCopy:
    """What the provider shows of a message it sent; `files` is None where it cannot be read."""

    sender: Address | None
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    thread_id: str
    files: tuple[SentFile, ...] | None = None


def differences(
    content: MessageContent, copy: SentCopy, *, label: str, thread_id: str = ""
) -> tuple[str, ...]:
    """Say what differs; nothing if the copy is as composed.

    Args:
        content: what was composed.
        copy: what the provider keeps.
        label: the provider's name for people.
        thread_id: the conversation it was to join, if any.
    """
    found: list[str] = []
    wanted = content.envelope.sender
    if copy.sender is not None and copy.sender.key != wanted.key:
        found.append(
            f"{label} replaced the sender: {copy.sender.addr_spec} instead of {wanted.addr_spec}"
        )
    found += _people("To", content.envelope.to, copy.to, label)
    found += _people("Cc", content.envelope.cc, copy.cc, label)
    found += _people("Bcc", content.envelope.bcc, copy.bcc, label)
    if " ".join(copy.subject.split()) != " ".join(content.subject.split()):
        found.append(f"{label} keeps the subject as “{copy.subject}”")
    if thread_id and copy.thread_id and copy.thread_id != thread_id:
        found.append(f"{label} began a new conversation instead of continuing the chosen one")
    if copy.files is not None:
        found += _files(content, copy.files, label)
    return tuple(found)


def _people(
    field: str, wanted: Sequence[Address], kept: Sequence[Address], label: str
) -> list[str]:
    ours = {address.key: address.addr_spec for address in wanted}
    theirs = {address.key: address.addr_spec for address in kept}
    lost = [spec for key, spec in ours.items() if key not in theirs]
    added = [spec for key, spec in theirs.items() if key not in ours]
    found = [f"{label} keeps {field} without {', '.join(lost)}"] if lost else []
    if added:
        found.append(f"{label} keeps {field} with {', '.join(added)} added")
    return found


def _files(content: MessageContent, kept: Sequence[SentFile], label: str) -> list[str]:
    found = []
    names = Counter(file.filename for file in kept)
    for attachment in content.attachments:
        if names[attachment.filename] > 0:
            names[attachment.filename] -= 1
        elif not attachment.is_inline:
            found.append(f"{label} keeps the message without the file {attachment.filename}")
    sizes = {(file.filename, file.size_bytes) for file in kept}
    known = {file.filename for file in kept if file.size_bytes >= 0}
    found += [
        f"{label} keeps the file {a.filename} in another size"
        for a in content.attachments
        if a.filename in known and (a.filename, a.size_bytes) not in sizes
    ]
    return found
