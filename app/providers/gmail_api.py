"""Gmail's URLs, and reading its messages: headers, parts, bodies. Sends nothing itself."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from app.domain.address import Address, parse_addresses
from app.mime.headers import decode_header
from app.providers.http import Call, params
from app.providers.values import Json, inner, number, rows, text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.providers.http import Answer, Http
    from app.runtime.cancel import CancelToken

MARKER_HEADER = "X-Postrider-Id"


@dataclass(frozen=True, slots=True)
class GmailApi:
    """The mailbox's address space: {api}/gmail/v1/users/me and its upload twin."""

    http: Http
    base_url: str

    def url(self, path: str) -> str:
        """Give the URL of a method."""
        return f"{self.base_url}/gmail/v1/users/me/{path}"

    def upload_url(self, path: str) -> str:
        """Give the URL of a method's upload form."""
        return f"{self.base_url}/upload/gmail/v1/users/me/{path}"

    def get(
        self,
        path: str,
        query: tuple[tuple[str, str], ...] = (),
        *,
        fine: frozenset[int] = frozenset(),
        cancel: CancelToken | None = None,
    ) -> Answer:
        """Ask for a resource."""
        url = self.url(path)
        return self.http.call(Call(method="GET", url=url, params=query, fine=fine, cancel=cancel))

    def message(self, message_id: str, *headers: str, cancel: CancelToken | None = None) -> Json:
        """Give a message's metadata with these headers; an empty object if it is gone."""
        query = params(format="metadata", metadataHeaders=list(headers))
        path = f"messages/{quote(message_id, safe='')}"
        answer = self.get(path, query, fine=frozenset({404}), cancel=cancel)
        return answer.json() if answer.is_ok else {}


def header(message: Json, name: str) -> str:
    """Give a header's text: unfolded and decoded, whether Gmail decoded it or not."""
    for row in rows(inner(message, "payload"), "headers"):
        if text(row, "name").lower() == name.lower():
            return decode_header(text(row, "value"))
    return ""


def raw_header(message: Json, name: str) -> str:
    """Give a header as it came: ids and addresses are not to be decoded as a whole."""
    for row in rows(inner(message, "payload"), "headers"):
        if text(row, "name").lower() == name.lower():
            return text(row, "value")
    return ""


def addresses(message: Json, name: str) -> tuple[Address, ...]:
    """Give a header's addresses with decoded names.

    Split before decoding: an encoded name may hold a comma (RFC 2047 §5).
    """
    written = raw_header(message, name)
    return _parsed(written) if written else ()


# In one mailbox most headers were seen before: its own address, and the same few correspondents.
@lru_cache(maxsize=1024)
def _parsed(written: str) -> tuple[Address, ...]:
    found = parse_addresses(written).addresses
    return tuple(Address(one.addr_spec, decode_header(one.name)) for one in found)


def sent_at(message: Json) -> datetime | None:
    """Give the time Gmail sorts a message by."""
    milliseconds = number(message, "internalDate")
    return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None


def part_header(part: Json, name: str) -> str:
    """Give a header of one part as it came."""
    for row in rows(part, "headers"):
        if text(row, "name").lower() == name.lower():
            return text(row, "value")
    return ""


def parts(payload: Json) -> Iterator[Json]:
    """Walk all parts, depth first, without recursion: the nesting is somebody else's.

    A message inside the message is one part: its own parts are not this message's.
    """
    waiting = [payload]
    while waiting:
        part = waiting.pop()
        yield part
        if text(part, "mimeType") != "message/rfc822":
            waiting.extend(reversed(rows(part, "parts")))


def decoded(data: str) -> bytes:
    """Decode base64url with or without padding; broken data reads as nothing."""
    try:
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4))
    except (binascii.Error, ValueError):
        return b""


def is_draft(message: Json) -> bool:
    """Say whether the message is somebody's unfinished one."""
    labels = message.get("labelIds")
    return isinstance(labels, list) and "DRAFT" in labels
