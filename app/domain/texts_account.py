"""Accounts in words: what one may do, what state it is in, where its tokens are. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.account import AccountState, Capability
from app.domain.texts_values import moment_text, plural

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from app.domain.account import Account

_CAPABILITIES: tuple[tuple[Capability, str], ...] = (
    (Capability.SEND, "sends"),
    (Capability.DRAFTS, "drafts"),
    (Capability.READ, "conversations"),
)
_MISSING: dict[Capability, str] = {
    Capability.SEND: "It may not send: sign in again and allow it.",
    Capability.DRAFTS: "It may not write drafts, so each send is one request.",
    Capability.READ: "It may not read mail, so there are no conversations to pick.",
    Capability.RECONCILE: "It may not look into Sent, so an unclear send stays for you to decide.",
    Capability.DEFER: "",
}
_WHY_IT_ENDS = (
    "ends sign-ins after 7 days while a client id is in Testing; the README says how to publish it."
)
# Clocks differ, and the last token outlives the sign-in by up to an hour.
_NEARLY = timedelta(hours=1)
_VAULT = {
    "keyring": "Tokens are sealed with a key from your system’s keyring.",
    "passphrase": "Tokens are sealed with your passphrase.",
    "session": "Tokens are kept for this session only; sign in again after a restart.",
    "file-key": "Tokens of the sandbox are sealed with a key in its folder.",
}


def capability_sentence(account: Account, aliases: int = 0) -> str:
    """Say what an account may do: `Sends, drafts, conversations, 2 aliases`."""
    words = [word for one, word in _CAPABILITIES if one in account.capabilities]
    if aliases:
        words.append(plural(aliases, "alias", "aliases"))
    text = ", ".join(words) or "may do nothing yet"
    return text[:1].upper() + text[1:]


def missing_sentences(account: Account) -> tuple[str, ...]:
    """Say what an account may not do and what follows from it."""
    if not account.capabilities:
        return (_MISSING[Capability.SEND],)
    return tuple(text for one, text in _MISSING.items() if text and one not in account.capabilities)


def state_sentence(account: Account, waiting: int, now: datetime, tz: tzinfo | None = None) -> str:
    """Say that an account is signed out and what waits for it; empty if all is well."""
    if account.state is AccountState.CONNECTED:
        return ""
    since = f" at {moment_text(account.state_since, now, tz)}" if account.state_since else ""
    text = f"Signed out by {account.provider.company}{since}"
    if account.ends_at is not None and (account.state_since or now) >= account.ends_at - _NEARLY:
        text += f": the sign-in was over. {account.provider.company} {_WHY_IT_ENDS}"
    if waiting:
        text += f" · {plural(waiting, 'mail is', 'mails are')} waiting"
    return text


def ending_sentence(account: Account, now: datetime, tz: tzinfo | None = None) -> str:
    """Say that a sign-in will end by itself; empty if it lasts."""
    if account.ends_at is None or account.state is not AccountState.CONNECTED:
        return ""
    when = moment_text(account.ends_at, now, tz)
    return (
        f"This sign-in ends by itself: {when}. {account.provider.company} {_WHY_IT_ENDS}"
        " Sign in again before then, or mail waits from then on."
    )


def vault_sentence(mode: str) -> str:
    """Say how tokens are kept; `mode` is the way in force, not the one wished for."""
    return _VAULT.get(mode, "")


def removal_sentence(account: Account, waiting: int, kept: int) -> str:
    """Say what becomes of open mail when an account is removed; empty if there is none.

    Args:
        account: the one to be removed.
        waiting: how many records are open, `kept` of them with the provider until their time.
        kept: how many the provider sends by itself.
    """
    said = []
    if kept:
        mails = plural(kept, "scheduled mail is", "scheduled mails are")
        goes = "goes" if kept == 1 else "go"
        said.append(
            f"{mails} with {account.provider.label} already and {goes} out from there all the same."
        )
    if waiting > kept:
        said.append("Mail that waits for this account stays in the Outbox, unsent.")
    return " ".join(said)
