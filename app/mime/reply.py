"""What a reply, reply-all or forward starts from. Pure rules over an original message.

Policies where mail programs differ, with the reason for ours:

- Reply-all: people in the original To stay in To, people in Cc stay in Cc (as Thunderbird, K-9 and
  notmuch; Mailspring and Geary move all to Cc). Who was addressed directly stays addressed directly.
- Reply-To replaces From (RFC 5322 §3.6.2), unless it only repeats an address the message already went
  to: a list that rewrote Reply-To. Then the author is answered, so that a private word does not go to
  the whole list (as notmuch and Thunderbird).
- Answering one's own message writes to the people it went to, as a follow-up does (all but one
  client agree); Reply-To is one's own then and does not count.
- Bcc of the original is never carried over: a blind copy stays blind.
- Mail-Followup-To is what reply-all goes to when the author set one, and nobody else.
- A list post without Reply-To is answered to the author (as Thunderbird and notmuch).
- Forward: no In-Reply-To and no References; it opens a conversation with other people.
"""

from __future__ import annotations

from datetime import UTC, tzinfo
from typing import TYPE_CHECKING

from app.domain.address import format_addresses
from app.domain.draft import Quote, Recipients, ReplyContext, ReplyMode
from app.mime.subjects import bare_subject, forward_subject, reply_subject

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import datetime

    from app.domain.address import Address
    from app.domain.conversation import OriginalMessage

__all__ = [
    "attribution",
    "bare_subject",
    "forward_subject",
    "make_quote",
    "own_address_of",
    "references_for",
    "reply_context",
    "reply_recipients",
    "reply_subject",
    "subject_for",
]

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Both providers deliver dot and tag forms to the same mailbox; RFC 5322 sets no length for
# References, but relays refuse lines over 998 octets, and old ancestors help nobody.
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})
_MAX_REFERENCES = 100


def identity_key(address: str) -> str:
    """Give one key for all spellings of an address that reach the same mailbox here.

    Gmail and Exchange Online deliver `name+tag@` to `name@`; Gmail ignores dots.
    """
    local, at, domain = address.strip().casefold().rpartition("@")
    local = local.split("+", 1)[0] or local
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}{at}{domain}"


def reply_recipients(
    original: OriginalMessage, own: Collection[str], mode: ReplyMode
) -> Recipients:
    """Say whom the answer goes to.

    Args:
        original: the message being answered.
        own: every address the person may send from.
        mode: reply, reply-all or forward (nobody yet).
    """
    if mode is ReplyMode.FORWARD:
        return Recipients()
    keys = {identity_key(address) for address in own}

    def is_own(address: Address) -> bool:
        return identity_key(address.addr_spec) in keys

    if mode is ReplyMode.REPLY_ALL and original.mail_followup_to:
        return Recipients(to=_others(original.mail_followup_to, is_own))
    if original.sender and is_own(original.sender):
        return _follow_up(original, is_own, mode)
    authors = _authors(original, is_own)
    if mode is ReplyMode.REPLY:
        return Recipients(to=authors or _others(original.to, is_own))
    to = _unique((*authors, *original.to), is_own)
    return _with_cc(original, to, is_own)


def _follow_up(
    original: OriginalMessage, is_own: Callable[[Address], bool], mode: ReplyMode
) -> Recipients:
    to = _others(original.to, is_own)
    if mode is ReplyMode.REPLY:
        sender = (original.sender,) if original.sender else ()
        return Recipients(to=to or _others(original.cc, is_own) or sender)
    return _with_cc(original, to, is_own)


def _with_cc(
    original: OriginalMessage, to: tuple[Address, ...], is_own: Callable[[Address], bool]
) -> Recipients:
    taken = {address.key for address in to}
    cc = tuple(a for a in _unique(original.cc, is_own) if a.key not in taken)
    if not (to or cc) and original.sender:
        # A note to oneself: answer it to oneself.
        return Recipients(to=(original.sender,))
    return Recipients(to=to, cc=cc)


def _authors(original: OriginalMessage, is_own: Callable[[Address], bool]) -> tuple[Address, ...]:
    """Give those the author wants answers to go to, without ourselves."""
    sender = (original.sender,) if original.sender else ()
    went_to = {address.key for address in (*original.to, *original.cc)}
    munged = len(original.reply_to) == 1 and original.reply_to[0].key in went_to
    wanted = sender if munged and sender else original.reply_to or sender
    return _unique(wanted, is_own) or _unique(sender, is_own)


def _unique(addresses: Iterable[Address], is_own: Callable[[Address], bool]) -> tuple[Address, ...]:
    """Drop own addresses and repetitions; the first spelling wins, a name if any has one."""
    found: dict[str, Address] = {}
    for address in addresses:
        if is_own(address) or not address.addr_spec:
            continue
        known = found.get(address.key)
        if known is None or (address.name and not known.name):
            found[address.key] = address
    return tuple(found.values())


def _others(addresses: Iterable[Address], is_own: Callable[[Address], bool]) -> tuple[Address, ...]:
    """Drop own addresses, unless nobody else is there."""
    listed = tuple(addresses)
    return _unique(listed, is_own) or _unique(listed, lambda _: False)


def own_address_of(original: OriginalMessage, own: Collection[str]) -> str | None:
    """Give the own address the message came to (or was sent from); None if none is named.

    To counts before Cc: who is addressed answers with the address that was addressed.
    """
    by_key: dict[str, str] = {}
    exact = {address.strip().casefold(): address for address in own}
    for address in own:
        by_key.setdefault(identity_key(address), address)
    sender = (original.sender,) if original.sender else ()
    for address in (*original.to, *original.cc, *sender):
        found = exact.get(address.addr_spec.casefold()) or by_key.get(
            identity_key(address.addr_spec)
        )
        if found:
            return found
    return None


def subject_for(original: OriginalMessage, mode: ReplyMode) -> str:
    """Give the subject an answer or forward starts with."""
    make = forward_subject if mode is ReplyMode.FORWARD else reply_subject
    return make(original.subject)


def references_for(original: OriginalMessage) -> tuple[str, ...]:
    """Give the References of an answer: the original's, then its own id (RFC 5322 §3.6.4).

    Without References the original's In-Reply-To stands in, if it names one message. A long chain
    keeps its first id (the root threads hang on) and the latest.
    """
    chain = original.references or ((original.in_reply_to,) if original.in_reply_to else ())
    chain = tuple(dict.fromkeys(i for i in chain if i and i != original.message_id))
    if original.message_id:
        chain = (*chain, original.message_id)
    if len(chain) > _MAX_REFERENCES:
        chain = (chain[0], *chain[-(_MAX_REFERENCES - 1) :])
    return chain


def reply_context(original: OriginalMessage, mode: ReplyMode) -> ReplyContext:
    """Say which message a draft answers.

    `references` are the ancestors of the original; finalising adds the original's own id.
    """
    chain = references_for(original)
    return ReplyContext(
        ref=original.ref,
        mode=mode,
        provider_message_id=original.provider_message_id,
        message_id=original.message_id,
        references=chain[:-1] if original.message_id else chain,
        subject=original.subject,
    )


def attribution(original: OriginalMessage, *, zone: tzinfo = UTC) -> str:
    """Give the line above a quote: "On Tue 14 Jul 2026 at 09:41, Jane Doe wrote:"."""
    sender = original.sender
    who = (sender.name or sender.addr_spec) if sender else "Somebody"
    # On one line, whatever the name holds: it becomes text of ours.
    who = " ".join(who.split())
    if original.sent_at is None:
        return f"{who} wrote:"
    return f"On {_when(original.sent_at, zone)}, {who} wrote:"


def forward_header(original: OriginalMessage, *, zone: tzinfo = UTC) -> str:
    """Give the block above a forwarded message: who, when, what, to whom; never its Bcc."""
    rows = [
        ("From", original.sender.format() if original.sender else ""),
        ("Date", _when(original.sent_at, zone) if original.sent_at else ""),
        ("Subject", " ".join(original.subject.split())),
        ("To", format_addresses(original.to)),
        ("Cc", format_addresses(original.cc)),
    ]
    lines = [f"{name}: {' '.join(value.split())}" for name, value in rows if value]
    return "\n".join(["---------- Forwarded message ----------", *lines])


def make_quote(
    original: OriginalMessage, mode: ReplyMode = ReplyMode.REPLY, *, zone: tzinfo = UTC
) -> Quote:
    """Make the quoted block of a draft.

    `html` is the original's, byte for byte and unsafe as it came: it is sanitised where it is shown,
    and where it leaves as ours (`finalize`).
    """
    heading = forward_header if mode is ReplyMode.FORWARD else attribution
    return Quote(attribution=heading(original, zone=zone), html=original.html, text=original.text)


def _when(at: datetime, zone: tzinfo) -> str:
    # strftime would follow the process's locale; the sentence around it is English.
    try:
        at = at.astimezone(zone)
    except OverflowError:
        at = at.astimezone(UTC)
    day = f"{_DAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]} {at.year:04}"
    return f"{day} at {at.hour:02}:{at.minute:02}"
