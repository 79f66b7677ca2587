"""Date fields: RFC 5322 out; RFC 5322, RFC 822, asctime, ISO 8601 and slips of senders in.

Pure. Reads no clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from app.mime.header_text import checked_name

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH_NUMBERS = {name.lower(): number for number, name in enumerate(_MONTHS, 1)}
# RFC 5322 §4.3. The single military letters were published with the wrong sign: no zone at all.
_ZONES = {
    "ut": 0, "utc": 0, "gmt": 0, "z": 0, "wet": 0, "bst": 60, "cet": 60, "met": 60, "mez": 60,
    "west": 60, "cest": 120, "mest": 120, "mesz": 120, "eet": 120, "eest": 180, "msk": 180,
    "est": -300, "edt": -240, "cst": -360, "cdt": -300, "mst": -420, "mdt": -360, "pst": -480,
    "pdt": -420, "akst": -540, "akdt": -480, "hst": -600, "jst": 540, "kst": 540, "aest": 600,
    "aedt": 660, "nzst": 720, "nzdt": 780,
}  # fmt: skip

_COMMENT = re.compile(r"\([^()]*\)")
_TIME = r"(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?"
_ZONE = r"(?:\s*(?P<zone>[+-]\s?\d{1,2}:?\d{2}|[A-Za-z]{1,5}))?"
_MAIL = re.compile(
    rf"(?:[A-Za-z]+\.?\s*,?\s*)??(?P<day>\d{{1,2}})[\s.\-/]*(?P<month>[A-Za-z]{{3,9}})[\s.,\-/]*"
    rf"(?P<year>\d{{2,4}})[\s,T]+{_TIME}{_ZONE}",
)
_ASCTIME = re.compile(
    rf"(?:[A-Za-z]+\.?\s*,?\s+)??(?P<month>[A-Za-z]{{3,9}})\.?\s+(?P<day>\d{{1,2}}),?\s+"
    rf"(?:(?P<year>\d{{4}}),?\s+{_TIME}(?:\s*(?P<half>[AaPp][Mm]))?{_ZONE}"
    r"|(?P<hour2>\d{1,2}):(?P<minute2>\d{2}):(?P<second2>\d{2})\s+"
    r"(?:(?P<zone2>[+-]\d{4}|[A-Z]{1,5})\s+)?(?P<year2>\d{4})(?:\s+(?P<zone3>[+-]\d{4}))?)",
)
_ISO = re.compile(
    rf"(?P<year>\d{{4}})[-/](?P<month>\d{{1,2}})[-/](?P<day>\d{{1,2}})[T\s]+{_TIME}{_ZONE}",
)


def encode_date(moment: datetime, name: str = "Date") -> bytes:
    """Return the whole date field in the offset that `moment` has.

    Raises:
        ValueError: `moment` is naive.
    """
    return f"{checked_name(name)}: {format_date(moment)}\r\n".encode("ascii")


def format_date(moment: datetime) -> str:
    """Return `Fri, 20 Nov 2026 18:44:15 +0000` (RFC 5322 §3.3), whatever the locale."""
    offset = moment.utcoffset()
    if offset is None:
        message = "a date in a header needs its offset from UTC"
        raise ValueError(message)
    minutes = round(offset.total_seconds() / 60)
    sign = "-" if minutes < 0 else "+"
    hours, rest = divmod(abs(minutes), 60)
    day = _DAYS[moment.weekday()]
    return (
        f"{day}, {moment.day} {_MONTHS[moment.month - 1]} {moment.year:04d} "
        f"{moment:%H:%M:%S} {sign}{hours:02d}{rest:02d}"
    )


def parse_date(text: str) -> datetime | None:
    """Return an aware datetime in the offset written (UTC where none is), or None."""
    line = " ".join(_without_comments(text).split())[:200]
    for pattern in (_MAIL, _ASCTIME, _ISO):
        match = pattern.match(line)
        if match is not None:
            return _moment({key: value for key, value in match.groupdict().items() if value})
    return None


def _without_comments(text: str) -> str:
    for _ in range(5):  # nested comments are rare, deeper ones hostile
        shorter = _COMMENT.sub(" ", text)
        if shorter == text:
            break
        text = shorter
    return text


def _moment(parts: dict[str, str]) -> datetime | None:
    fields = {key.rstrip("23"): value for key, value in parts.items()}
    month = _month(fields["month"])
    if month is None:
        return None
    hour = int(fields["hour"])
    if half := fields.get("half"):
        hour = hour % 12 + (12 if half.lower() == "pm" else 0)
    # A leap second has no place in a datetime; it is the last one of its minute.
    second = min(int(fields.get("second", "0")), 59)
    try:
        return datetime(
            _year(fields["year"]),
            month,
            int(fields["day"]),
            hour,
            int(fields["minute"]),
            second,
            tzinfo=_zone(fields.get("zone", "")),
        )
    except ValueError:
        return None


def _month(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    return _MONTH_NUMBERS.get(text[:3].lower())


def _year(text: str) -> int:
    """Return the year; two and three digits as RFC 5322 §4.3 reads them."""
    year = int(text)
    if len(text) == 2:
        return year + (2000 if year < 50 else 1900)
    return year + 1900 if len(text) == 3 else year


def _zone(text: str) -> timezone:
    if text[:1] in ("+", "-") and text:
        digits = re.sub(r"\D", "", text).rjust(4, "0")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes >= 24 * 60:
            return UTC
        return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
    minutes = _ZONES.get(text.lower(), 0)
    return timezone(timedelta(minutes=minutes)) if minutes else UTC
