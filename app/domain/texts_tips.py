"""What the provider knows of the recipients, as sentences: one for a chip, one for all of them. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.texts_values import moment_text, plural, sentence_part

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, tzinfo

    from app.domain.address import Address
    from app.domain.mail_tips import MailTip

# Exchange's own threshold unless an organisation sets another (MailTipsLargeAudienceThreshold).
LARGE_AUDIENCE = 25
_MOST_NAMED = 3
_LONGEST_QUOTE = 120
_OUR_WORDS = ("mail to ", "this goes ")


def tip_sentence(tip: MailTip, now: datetime, tz: tzinfo | None = None) -> str:
    """Say everything that is known of one recipient; empty if there is nothing to say."""
    said = [*_hindrances(tip, now, tz)]
    if tip.is_away(now):
        said.append(f"Automatic reply: “{_shortened(tip.away)}”.")
    if tip.custom:
        said.append(f"{sentence_part(tip.custom)}.")
    if tip.members > 1:
        outside = f", {tip.outside:,} of them outside your organisation" if tip.outside else ""
        said.append(f"A list of {tip.members:,} people{outside}.")
    return " ".join(said)


def _hindrances(tip: MailTip, now: datetime, tz: tzinfo | None) -> list[str]:
    said = []
    if tip.is_unknown:
        said.append("Outlook does not know this address.")
    if tip.is_full:
        said.append("The mailbox is full and takes no mail.")
    if tip.is_restricted:
        said.append("It takes mail from certain senders only; yours may be refused.")
    if tip.is_moderated:
        said.append("A moderator looks at mail to it first.")
    if tip.is_away(now):
        until = f" until {moment_text(tip.away_until, now, tz)}" if tip.away_until else ""
        said.append(f"Out of office{until}.")
    return said


def tips_sentence(
    found: Sequence[tuple[Address, MailTip]], now: datetime, tz: tzinfo | None = None
) -> str:
    """Say in a line what the person should know of the recipients together; empty: nothing.

    Args:
        found: every recipient with what is known of it, in the order they are shown.
        now: the present moment.
        tz: the person's zone; None is the computer's own.
    """
    said = [
        _of(found, "{who} {is_are} not known to Outlook", lambda tip: tip.is_unknown),
        _of(found, "{who} {has_have} a full mailbox", lambda tip: tip.is_full),
        _of(found, "{who} may refuse mail from you", lambda tip: tip.is_restricted),
        _of(found, "mail to {who} is looked at by a moderator", lambda tip: tip.is_moderated),
        _away(found, now, tz),
        _audience(found),
        _outside(found),
        *(_custom(person, tip) for person, tip in found if tip.custom),
    ]
    sentence = "; ".join(part for part in said if part)
    if sentence.startswith(_OUR_WORDS):
        # Not a name or an address: those stay as they are written.
        sentence = sentence[:1].upper() + sentence[1:]
    return f"{sentence}." if sentence else ""


def _of(found: Sequence[tuple[Address, MailTip]], words: str, holds: object) -> str:
    who = [person for person, tip in found if holds(tip)]  # type: ignore[operator]
    if not who:
        return ""
    one = len(who) == 1
    return words.format(
        who=_names(who), is_are="is" if one else "are", has_have="has" if one else "have"
    )


def _away(found: Sequence[tuple[Address, MailTip]], now: datetime, tz: tzinfo | None) -> str:
    away = [(person, tip) for person, tip in found if tip.is_away(now)]
    if len(away) == 1 and away[0][1].away_until is not None:
        until = moment_text(away[0][1].away_until, now, tz)
        return f"{away[0][0].label} is out of office until {until}"
    return _of(found, "{who} {is_are} out of office", lambda tip: tip.is_away(now))


def _audience(found: Sequence[tuple[Address, MailTip]]) -> str:
    people = sum(max(1, tip.members) for _, tip in found)
    if people < LARGE_AUDIENCE or all(tip.members <= 1 for _, tip in found):
        return ""
    outside = sum(tip.outside for _, tip in found)
    tail = f", {outside:,} of them outside your organisation" if outside else ""
    return f"this goes to {people:,} people{tail}"


def _outside(found: Sequence[tuple[Address, MailTip]]) -> str:
    """Name who is outside only where others are inside: a rep writes to customers all day."""
    outside = [person for person, tip in found if tip.is_outside]
    if not outside or not any(tip.is_outside is False for _, tip in found):
        return ""
    return f"{_names(outside)} {'is' if len(outside) == 1 else 'are'} outside your organisation"


def _custom(person: Address, tip: MailTip) -> str:
    return f"{person.label}: {_shortened(tip.custom)}"


def _names(people: Sequence[Address]) -> str:
    named = [person.label for person in people[:_MOST_NAMED]]
    left = len(people) - len(named)
    if left:
        named.append(plural(left, "other"))
    if len(named) == 1:
        return named[0]
    return f"{', '.join(named[:-1])} and {named[-1]}"


def _shortened(text: str) -> str:
    flat = sentence_part(" ".join(text.split()))
    return flat if len(flat) <= _LONGEST_QUOTE else f"{flat[: _LONGEST_QUOTE - 1].rstrip()}…"
