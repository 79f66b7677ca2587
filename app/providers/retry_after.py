"""When the other side wants to be asked again: Retry-After in its forms, or a time in a sentence. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_S = 24 * 3600.0
_SECONDS = re.compile(r"[+-]?\d{1,12}(\.\d*)?")
# "User-rate limit exceeded.  Retry after 2026-01-21T12:57:51.196Z"
_IN_TEXT = re.compile(
    r"[Rr]etry after (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))"
)


def retry_after_s(headers: Mapping[str, str], now: datetime, message: str = "") -> float | None:
    """Give the seconds to wait; None if nothing readable was said (RFC 9110 §10.2.3).

    A moment is one by the clock of whoever named it: the Date of the same answer says how that
    stands, whatever this computer's clock says.
    """
    now = _date(headers.get("date", "")) or now
    header = headers.get("retry-after", "")
    found = _from_header(header.strip(), now)
    if found is None and (match := _IN_TEXT.search(message)):
        found = _until(_parse_iso(match[1]), now)
    return None if found is None else min(max(found, 0.0), _LONGEST_S)


def _from_header(value: str, now: datetime) -> float | None:
    if not value:
        return None
    if _SECONDS.fullmatch(value):
        return float(value)
    return _until(_date(value) or _parse_iso(value), now)


def _date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _parse_iso(value: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _until(moment: datetime | None, now: datetime) -> float | None:
    return None if moment is None else (moment - now).total_seconds()
