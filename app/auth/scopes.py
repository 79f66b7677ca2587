"""What is asked for at sign-in, and what the granted scopes allow. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.account import Capability, ProviderKind
from app.domain.errors import ScopesMissing

if TYPE_CHECKING:
    from collections.abc import Iterable

_G = "https://www.googleapis.com/auth/"
GMAIL_FULL = "https://mail.google.com/"
# `openid email profile` come back under their long names; the answer is compared by meaning only.
GOOGLE_SCOPES = ("openid", "email", "profile", f"{_G}gmail.compose", f"{_G}gmail.readonly")
# For a client that is registered without the restricted scopes (docs: choose Gmail API scopes).
GOOGLE_SEND_SCOPES = ("openid", "email", "profile", f"{_G}gmail.send")
# MSAL adds openid, profile and offline_access itself and refuses them here.
MICROSOFT_SCOPES = ("User.Read", "Mail.Send", "Mail.ReadWrite")

# Which scopes carry which methods: gmail.v1.json, Graph permissions reference.
_GMAIL_WRITES = frozenset({f"{_G}gmail.compose", f"{_G}gmail.modify", GMAIL_FULL})
_GMAIL_SENDS = _GMAIL_WRITES | {f"{_G}gmail.send"}
_GMAIL_READS = frozenset({f"{_G}gmail.readonly", f"{_G}gmail.modify", GMAIL_FULL})
_GMAIL_LISTS = _GMAIL_READS | {f"{_G}gmail.metadata"}


def google_scopes(access: str) -> tuple[str, ...]:
    """Give what is asked of Google: everything, or with `send` only the right to send."""
    return GOOGLE_SEND_SCOPES if access.strip().casefold() == "send" else GOOGLE_SCOPES


def capabilities_of(provider: ProviderKind, scopes: Iterable[str]) -> frozenset[Capability]:
    """Say what the granted scopes allow."""
    if provider is ProviderKind.GMAIL:
        return _gmail(frozenset(scopes))
    return _microsoft(frozenset(scope.rpartition("/")[2].casefold() for scope in scopes))


def check_can_send(provider: ProviderKind, scopes: tuple[str, ...]) -> frozenset[Capability]:
    """Give the capabilities.

    Raises:
        ScopesMissing: nothing could be sent with these scopes.
    """
    found = capabilities_of(provider, scopes)
    if Capability.SEND not in found:
        wanted = (f"{_G}gmail.compose",) if provider is ProviderKind.GMAIL else ("Mail.Send",)
        raise ScopesMissing(provider=provider.value, scopes=wanted)
    return found


def _gmail(scopes: frozenset[str]) -> frozenset[Capability]:
    found = set()
    if scopes & _GMAIL_SENDS:
        found.add(Capability.SEND)
    if scopes & _GMAIL_WRITES:
        found.add(Capability.DRAFTS)
    if scopes & _GMAIL_READS:
        found.add(Capability.READ)
    # Asking needs the draft and the list of what has the SENT label.
    if scopes & _GMAIL_WRITES and scopes & _GMAIL_LISTS:
        found.add(Capability.RECONCILE)
    return frozenset(found)


def _microsoft(scopes: frozenset[str]) -> frozenset[Capability]:
    found = set()
    if "mail.send" in scopes:
        found.add(Capability.SEND)
    if "mail.readwrite" in scopes:
        found |= {Capability.DRAFTS, Capability.READ}
    elif "mail.read" in scopes:
        found.add(Capability.READ)
    if {"mail.send", "mail.readwrite"} <= scopes:
        found |= {Capability.RECONCILE, Capability.DEFER}
    return frozenset(found)
