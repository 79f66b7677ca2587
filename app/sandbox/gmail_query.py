"""Gmail's search (`q`): the operators a mail composer asks for. Pure.

The index lags: a message is found by words or operators only some time after it came.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.message import Message

from app.sandbox import mail
from app.sandbox.records import GmailMessage

_TOKEN = re.compile(r'(-?)(?:(\w+):)?(?:"([^"]*)"|\(([^)]*)\)|(\S+))')
_DAYS = {"d": 1, "m": 30, "y": 365}
_SYSTEM = {
    "sent": "SENT",
    "inbox": "INBOX",
    "draft": "DRAFT",
    "drafts": "DRAFT",
    "trash": "TRASH",
    "spam": "SPAM",
    "unread": "UNREAD",
    "starred": "STARRED",
    "important": "IMPORTANT",
}


def search(messages: Iterable[GmailMessage], query: str, now: float) -> list[GmailMessage]:
    tokens = _TOKEN.findall(query)
    indexed = [message for message in messages if message.indexed_at <= now]
    return [message for message in indexed if _matches(message, tokens, now)]


def _matches(message: GmailMessage, tokens: list[tuple[str, ...]], now: float) -> bool:
    searched = _Searched(message)
    for minus, operator, quoted, grouped, bare in tokens:
        value = (quoted or grouped or bare).casefold()
        if operator == "" and value in {"or", "and"}:
            continue
        if searched.holds(operator.lower(), value, now) == bool(minus):
            return False
    return True


class _Searched:
    """One message while it is compared; text is read once."""

    def __init__(self, message: GmailMessage) -> None:
        self.message = message
        self.head = mail.head_of(message.raw)
        self._text: str | None = None

    @property
    def text(self) -> str:
        if self._text is None:
            parsed = mail.parse(self.message.raw)
            bodies = [mail.body_text(parsed, "plain") or mail.body_text(parsed, "html") or ""]
            names = [mail.decoded(part.get_filename() or "") for part in mail.leaf_parts(parsed)]
            people = [self._people("From", "To", "Cc", "Bcc")]
            self._text = " ".join([mail.subject_of(self.head), *bodies, *names, *people]).casefold()
        return self._text

    def _people(self, *names: str) -> str:
        pairs = mail.addresses(self.head, *names)
        return " ".join(f"{name} {address}" for name, address in pairs).casefold()

    def holds(  # noqa: PLR0911 - one return per operator
        self, operator: str, value: str, now: float
    ) -> bool:
        match operator:
            case "from":
                return value in self._people("From")
            case "to":
                return value in self._people("To", "Cc", "Bcc")
            case "cc" | "bcc":
                return value in self._people(operator)
            case "subject":
                return value in mail.subject_of(self.head).casefold()
            case "in" | "is" | "label":
                return self._labelled(value)
            case "rfc822msgid":
                return mail.message_id_of(self.head).strip("<>").casefold() == value.strip("<>")
            case "has":
                return value == "attachment" and any(map(mail.is_attachment, self._leaves()))
            case "newer_than" | "older_than":
                return self._age(value, now) == (operator == "newer_than")
            case "after" | "before":
                return (self.message.internal_ms / 1000 >= _moment(value)) == (operator == "after")
            case "":
                return value in self.text
        return f"{operator}:{value}" in self.text

    def _leaves(self) -> list[Message]:
        return mail.leaf_parts(mail.parse(self.message.raw))

    def _labelled(self, value: str) -> bool:
        if value == "anywhere":
            return True
        if value == "read":
            return "UNREAD" not in self.message.labels
        return _SYSTEM.get(value, value.upper()) in self.message.labels

    def _age(self, value: str, now: float) -> bool:
        hit = re.fullmatch(r"(\d+)([dmy])", value)
        days = int(hit[1]) * _DAYS[hit[2]] if hit else 0
        return self.message.internal_ms / 1000 >= now - days * 86400


def _moment(value: str) -> float:
    if value.isdigit():
        return float(value)
    numbers = [int(number) for number in re.findall(r"\d+", value)][:3]
    if len(numbers) < 3:
        return 0.0
    return datetime(numbers[0], numbers[1], numbers[2], tzinfo=UTC).timestamp()
