"""What a start of the window is asked to show, and how a second start hands it over. No Qt here."""

from __future__ import annotations

import threading
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.domain.account import Mailbox
    from app.domain.draft import Draft
    from app.ports import Clock, Ids

# RFC 6068 §2: header fields a link may fill in; `attach` is not one, a page must not name files.
_MAILTO_LISTS = ("to", "cc", "bcc")


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchRequest:
    """What to open. With no field set: a blank composer, or the welcome if there is no account.

    `page` is "", "compose", "mailroom" or "accounts"; `attach` holds absolute paths; `contact` and
    `deal` hold uids, ids or addresses.
    """

    page: str = ""
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    subject: str = ""
    body: str = ""
    attach: tuple[str, ...] = ()
    sender: str = ""
    contact: tuple[str, ...] = ()
    deal: tuple[str, ...] = ()

    @property
    def is_filled(self) -> bool:
        """Say whether the composer would not be blank."""
        return any(getattr(self, one.name) for one in fields(self) if one.name != "page")

    def with_mailto(self, url: str) -> LaunchRequest:
        """Add what a mailto: link says (RFC 6068); other links add nothing."""
        parts = urlsplit(url)
        if parts.scheme.casefold() != "mailto":
            return self
        found: dict[str, list[str]] = {"to": [unquote(parts.path)]}
        for pair in parts.query.split("&"):
            name, _, value = pair.partition("=")
            # RFC 6068 §5: a plus sign is a plus sign.
            found.setdefault(unquote(name).casefold(), []).append(unquote(value))
        lists: dict[str, Any] = {
            name: (*getattr(self, name), *(one for one in found.get(name, ()) if one))
            for name in _MAILTO_LISTS
        }
        return replace(
            self,
            **lists,
            page="compose",
            subject=self.subject or " ".join("".join(found.get("subject", ())).split()),
            body=self.body or "\n".join(found.get("body", ())).replace("\r\n", "\n"),
        )

    def to_message(self) -> dict[str, object]:
        """Give JSON values for the running instance."""
        return asdict(self)

    @classmethod
    def from_message(cls, message: dict[str, object]) -> LaunchRequest:
        """Read what another start handed over; what is not understood is left out."""
        values: dict[str, Any] = {}
        for one in fields(cls):
            value = message.get(one.name, one.default)
            if isinstance(one.default, tuple):
                found = value if isinstance(value, (list, tuple)) else ()
                values[one.name] = tuple(str(part) for part in found)
            else:
                values[one.name] = value if isinstance(value, str) else ""
        return cls(**values)


class Inbox:
    """Requests of later starts: kept until somebody listens. Any thread may put."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listener: Callable[[LaunchRequest], None] | None = None
        self._early: list[LaunchRequest] = []

    def put(self, message: dict[str, object]) -> None:
        """Take a message from `SingleInstance`."""
        request = LaunchRequest.from_message(message)
        with self._lock:
            listener = self._listener
            if listener is None:
                self._early.append(request)
        if listener is not None:
            listener(request)

    def listen(self, listener: Callable[[LaunchRequest], None]) -> None:
        """Have every request told, those that came early first."""
        with self._lock:
            self._listener = listener
            early, self._early = self._early, []
        for request in early:
            listener(request)


def draft_for(
    request: LaunchRequest, mailboxes: Sequence[Mailbox], *, ids: Ids, clock: Clock
) -> Draft:
    """Make the draft a request asks for. Unreadable addresses are left out."""
    # Not loaded by a start that only hands over: that shall take no longer than it must.
    from app.compose.replying import new_draft
    from app.domain.address import parse_addresses
    from app.domain.draft import Body, Recipients
    from app.mime.html.from_text import text_to_html

    wanted = request.sender.casefold()
    mailbox = next((one for one in mailboxes if one.address.casefold() == wanted), None)
    draft = new_draft(
        ids=ids, clock=clock, mailbox_uid=mailbox.uid if mailbox else None, is_signed=True
    )
    if not request.is_filled:
        return draft
    people = {
        name: parse_addresses(", ".join(getattr(request, name))).addresses for name in _MAILTO_LISTS
    }
    return replace(
        draft,
        recipients=Recipients(**people),
        subject=request.subject,
        body=Body(html=text_to_html(request.body) if request.body else ""),
    )
