"""Accounts and the mailboxes they may send from. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from app.domain.address import Address

if TYPE_CHECKING:
    from datetime import datetime

MEGABYTE = 1_000_000


class ProviderKind(StrEnum):
    """Who carries the mail."""

    GMAIL = "gmail"
    MICROSOFT = "microsoft"

    @property
    def label(self) -> str:
        """Name it as people do."""
        return "Gmail" if self is ProviderKind.GMAIL else "Outlook"

    @property
    def company(self) -> str:
        """Name who signs people in."""
        return "Google" if self is ProviderKind.GMAIL else "Microsoft"

    @property
    def files_limit_bytes(self) -> int:
        """Give how much a message's files may have together.

        Gmail: 25 MB (support.google.com/mail/answer/6584). Outlook: mailboxes take messages of
        35 MB unless set otherwise (Exchange Online limits), of which a quarter is base64.
        """
        return 25 * MEGABYTE if self is ProviderKind.GMAIL else 26 * MEGABYTE

    @classmethod
    def parse(cls, text: str) -> ProviderKind:
        """Read a provider's name or a wire synonym of it.

        Raises:
            ValueError: the name is none of ours.
        """
        word = text.strip().casefold()
        synonyms = {"google": "gmail", "outlook": "microsoft", "office365": "microsoft"}
        return cls(synonyms.get(word, word))


class AccountState(StrEnum):
    """Whether the account's tokens work."""

    CONNECTED = "connected"
    SIGNED_OUT = "signed_out"


class Capability(StrEnum):
    """What the granted scopes allow; features ask, they do not assume."""

    SEND = "send"
    DRAFTS = "drafts"
    READ = "read"
    RECONCILE = "reconcile"
    DEFER = "defer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One sign-in at a provider. Its tokens are in the vault, never here.

    `ends_at` is when the provider ends the sign-in by itself, if it said so.
    """

    uid: str
    provider: ProviderKind
    address: str
    display_name: str
    state: AccountState
    capabilities: frozenset[Capability]
    added_at: datetime
    scopes: tuple[str, ...] = ()
    state_since: datetime | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An address one may send from."""

    uid: str
    account_uid: str
    provider: ProviderKind
    address: str
    display_name: str = ""
    is_default: bool = False
    reply_to: str = ""
    signature_html: str = ""

    @property
    def sender(self) -> Address:
        """Give the From address."""
        return Address(self.address, self.display_name)
