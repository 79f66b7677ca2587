"""What every dialect asks for, in one form: whom from, whom to, what, into which conversation. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.domain.account import ProviderKind
    from app.domain.address import Address
    from app.domain.draft import ContextLink


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOrder:
    """One file to attach: its bytes, an uploaded file, or a web address."""

    field: str
    filename: str = ""
    media_type: str = ""
    data: bytes | None = None
    storage_key: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadOrder:
    """Which conversation to continue, as the caller said it, and what the headers must say."""

    field: str
    thread_id: str = ""
    message_uid: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderOrder:
    """Who sends: an address, an account, or (neither) the conversation's own or the default."""

    field: str
    address: Address | None = None
    provider: ProviderKind | None = None
    account_uid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One message to send."""

    sender: SenderOrder
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    thread: ThreadOrder | None = None
    files: tuple[FileOrder, ...] = ()
    links: tuple[ContextLink, ...] = ()

    @property
    def is_far(self) -> bool:
        """Say whether the network is needed before it can be sent."""
        return self.thread is not None or any(one.url for one in self.files)
