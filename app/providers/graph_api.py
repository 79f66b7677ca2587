"""Graph's URLs and headers, and reading its messages. Immutable ids everywhere. Sends nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.address import Address
from app.providers.http import Call, params
from app.providers.values import Json, inner, rows, text

if TYPE_CHECKING:
    from app.providers.body import Body
    from app.providers.http import Answer, Http
    from app.runtime.cancel import CancelToken

# On every request: an id asked for without it changes when the message moves to Sent Items.
IMMUTABLE = ("Prefer", 'IdType="ImmutableId"')


@dataclass(frozen=True, slots=True)
class GraphApi:
    """The mailbox's address space: {graph}/me."""

    http: Http
    base_url: str

    def url(self, path: str) -> str:
        """Give the URL of a resource."""
        return f"{self.base_url}/me/{path}" if path else f"{self.base_url}/me"

    def message_url(self, message_id: str, path: str = "") -> str:
        """Give the URL of a message or of something in it."""
        tail = f"/{path}" if path else ""
        return self.url(f"messages/{quote(message_id, safe='')}{tail}")

    def get(
        self,
        url: str,
        query: tuple[tuple[str, str], ...] = (),
        *,
        fine: frozenset[int] = frozenset(),
        cancel: CancelToken | None = None,
    ) -> Answer:
        """Ask for a resource."""
        return self.http.call(
            Call(
                method="GET", url=url, params=query, headers=(IMMUTABLE,), fine=fine, cancel=cancel
            )
        )

    def write(
        self, method: str, url: str, body: Body | None, cancel: CancelToken | None = None
    ) -> Answer:
        """Create, change or delete a resource; something that is gone already is no error to delete."""
        fine = frozenset({404}) if method == "DELETE" else frozenset()
        return self.http.call(
            Call(method=method, url=url, headers=(IMMUTABLE,), body=body, fine=fine, cancel=cancel)
        )

    def find_by_message_id(
        self, folder: str, message_id: str, select: str, cancel: CancelToken | None
    ) -> Json:
        """Give the message of a folder with that Message-ID, or an empty object."""
        if not message_id:
            return {}
        quoted = message_id.replace("'", "''")
        query = params(_filter=f"internetMessageId eq '{quoted}'", _select=select, _top=5)
        listed = self.get(self.url(f"mailFolders/{folder}/messages"), query, cancel=cancel).json()
        found = rows(listed, "value")
        return found[0] if found else {}


def address(found: object) -> Address | None:
    """Read an emailAddress object."""
    value = inner(found, "emailAddress")
    spec = text(value, "address")
    name = text(value, "name")
    # Graph repeats the address as the name where there is none.
    return Address(spec, "" if name.casefold() == spec.casefold() else name) if spec else None


def addresses(message: Json, key: str) -> tuple[Address, ...]:
    """Read a list of recipients."""
    return tuple(one for one in map(address, rows(message, key)) if one is not None)


def recipient(person: Address) -> Json:
    """Write one recipient."""
    value = {"address": person.addr_spec}
    if person.name:
        value["name"] = person.name
    return {"emailAddress": value}


def moment(message: Json, key: str) -> datetime | None:
    """Read a time; Graph writes UTC with a Z."""
    try:
        found = datetime.fromisoformat(text(message, key))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
