"""What happened, by id only; listeners re-read the store. Pure values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OutboundChanged:
    """A record was created or changed."""

    uid: str


@dataclass(frozen=True, slots=True)
class OutboundRested:
    """A record was scheduled, accepted, failed or cancelled: what others keep books of."""

    uid: str


@dataclass(frozen=True, slots=True)
class DraftsChanged:
    """A draft was saved or discarded."""

    uid: str


@dataclass(frozen=True, slots=True)
class AccountsChanged:
    """An account or its state changed."""

    uid: str


@dataclass(frozen=True, slots=True)
class ConversationsChanged:
    """The local index of an account changed."""

    account_uid: str


@dataclass(frozen=True, slots=True)
class SyncProgressed:
    """The index of an account was filled further: messages read in this round, and whether it ended."""

    account_uid: str
    done: int
    is_complete: bool


@dataclass(frozen=True, slots=True)
class StoreChanged:
    """Another process wrote to the profile: re-read what is shown."""


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Settings of the profile's file have other values than before."""

    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class LocalApiChanged:
    """The local API came up, went down or cannot come up."""


@dataclass(frozen=True, slots=True)
class UploadProgressed:
    """Bytes of a record's message went to the provider."""

    uid: str
    percent: int


Event = (
    OutboundChanged
    | OutboundRested
    | DraftsChanged
    | AccountsChanged
    | ConversationsChanged
    | SyncProgressed
    | StoreChanged
    | SettingsChanged
    | LocalApiChanged
    | UploadProgressed
)
