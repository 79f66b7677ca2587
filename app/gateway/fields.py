"""The kinds of fields requests are made of, each with its own sentence when it is wrong. Pure."""

from __future__ import annotations

import binascii
import re
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from app.domain.address import Address, parse_addresses
from app.domain.address_check import check_address
from app.domain.problem import Problem
from app.domain.texts import problem_sentence
from app.mime.msgid import is_msgid

MAX_PEOPLE = 2000
MAX_FILES = 100
MAX_SUBJECT = 998
MAX_ID = 1000
# Whatever some reader takes for the end of a line, and NUL (CWE-93).
_LINE_ENDS = re.compile("[\r\n\0\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_UUID = re.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]{1,100}/[A-Za-z0-9!#$&^_.+-]{1,100}")


class Strict(BaseModel):
    """A request object: no type is guessed, no field is ignored."""

    model_config = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True)


def one_line(text: str) -> str:
    """Refuse text that could end its header field and begin another."""
    if _LINE_ENDS.search(text):
        raise ValueError("must not hold line breaks or NUL.")
    return text


def address(text: str) -> Address:
    """Read exactly one address."""
    one_line(text)
    parsed = parse_addresses(text)
    if parsed.unreadable or len(parsed.addresses) != 1:
        what = "holds more than one address." if len(parsed.addresses) > 1 else "is no address."
        raise ValueError(what)
    found = parsed.addresses[0]
    reason = check_address(found.addr_spec)
    if reason is not None:
        params = {"address": found.format(), "reason": reason}
        raise ValueError(
            "cannot be written to: "
            + problem_sentence(Problem(code="bad_address", field="to", params=params))
        )
    return found


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueError("must be a UUID.")
    return text.lower()


def _base64(text: str) -> bytes:
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (ValueError, binascii.Error):
        raise ValueError("must be base64 without line breaks.") from None
    if not data:
        raise ValueError("must not be empty.")
    return data


def _media_type(text: str) -> str:
    if not _MEDIA_TYPE.fullmatch(text):
        raise ValueError("must be a media type such as application/pdf.")
    return text.lower()


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        # Without an offset nobody knows which moment is meant.
        in_utc = moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        in_utc = None
    if in_utc is None:
        raise ValueError("must be a time with an offset, such as 2026-04-17T10:22:11Z.")
    return in_utc


def _msgid(text: str) -> str:
    if not is_msgid(one_line(text).strip()):
        raise ValueError("must be one Message-ID in angle brackets.")
    return text.strip()


def _msgids(text: str) -> tuple[str, ...]:
    ids = one_line(text).split()
    if not ids or not all(is_msgid(one) for one in ids):
        raise ValueError("must be Message-IDs in angle brackets with spaces between.")
    return tuple(ids)


def _text(about: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "description": about, **more})


_ADDRESS = {
    "type": "string",
    "description": "A bare address or an RFC 5322 mailbox.",
    "examples": ["jane@example.com", "Jane Doe <jane@example.com>"],
}
AddressField: TypeAlias = Annotated[str, AfterValidator(address), WithJsonSchema(_ADDRESS)]
# One address or a list of them.
People: TypeAlias = Annotated[
    list[AddressField],
    BeforeValidator(_as_list),
    Field(min_length=1, max_length=MAX_PEOPLE),
    WithJsonSchema(
        {"anyOf": [_ADDRESS, {"type": "array", "items": _ADDRESS, "minItems": 1}]},
    ),
]
MorePeople: TypeAlias = Annotated[
    list[AddressField], BeforeValidator(_as_list), Field(max_length=MAX_PEOPLE),
    WithJsonSchema({"anyOf": [{"type": "array", "items": _ADDRESS}, _ADDRESS]}),
]  # fmt: skip
Subject: TypeAlias = Annotated[str, AfterValidator(one_line), Field(max_length=MAX_SUBJECT)]
Line: TypeAlias = Annotated[str, AfterValidator(one_line), Field(min_length=1, max_length=MAX_ID)]
Uuid: TypeAlias = Annotated[str, AfterValidator(_uuid), _text("A UUID.", format="uuid")]
Base64: TypeAlias = Annotated[
    str, AfterValidator(_base64), _text("The file.", contentEncoding="base64", minLength=4)
]
MediaType: TypeAlias = Annotated[
    str, AfterValidator(_media_type), _text("Its type.", examples=["application/pdf"])
]
Moment: TypeAlias = Annotated[
    str, AfterValidator(_moment), _text("ISO 8601 with an offset.", format="date-time")
]
MessageId: TypeAlias = Annotated[str, AfterValidator(_msgid), _text("A Message-ID.")]
MessageIds: TypeAlias = Annotated[str, AfterValidator(_msgids), _text("Message-IDs.")]
