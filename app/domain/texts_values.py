"""Times, sizes, counts and people in words. Pure.

Every time is given as an aware UTC datetime and shown in `tz`; None is the computer's own zone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime, tzinfo

    from app.domain.address import Address

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEK_DAYS = 7
_KB = 1000
_MANY = 3


class Params(dict[str, object]):
    """Values for a template; what is missing is shown as nothing."""

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__(values)

    def __missing__(self, key: str) -> str:
        return ""


def fill(template: str, values: Mapping[str, object]) -> str:
    """Fill a template; a value that is missing leaves no gap."""
    return " ".join(template.format_map(Params(values)).split())


def fill_sentence(
    template: str, given: Mapping[str, object], defaults: Mapping[str, object]
) -> str:
    """Fill a template that may begin with a value; a word of ours at the beginning is capitalised."""
    text = fill(template, {**defaults, **given})
    opening = template[1 : template.find("}")] if template.startswith("{") else ""
    return text if opening in given else text[:1].upper() + text[1:]


def sentence_part(text: object) -> str:
    """Make foreign words fit into a sentence of ours: one line, no full stop at the end."""
    return " ".join(str(text).split()).rstrip(". ")


def clock_text(at: datetime, tz: tzinfo | None = None, *, seconds: bool = False) -> str:
    """Give `14:06`, or `14:06:32`."""
    return at.astimezone(tz).strftime("%H:%M:%S" if seconds else "%H:%M")


def moment_text(at: datetime, now: datetime, tz: tzinfo | None = None) -> str:
    """Give the shortest unmistakable time: `14:06`, `Tue 14:06`, `3 Nov 14:06`, `3 Nov 2024`."""
    here, today = at.astimezone(tz), now.astimezone(tz)
    distance = (here.date() - today.date()).days
    if distance == 0:
        return clock_text(at, tz)
    if 0 < abs(distance) < _WEEK_DAYS:
        return f"{_DAYS[here.weekday()]} {clock_text(at, tz)}"
    day = f"{here.day} {_MONTHS[here.month - 1]}"
    return f"{day} {clock_text(at, tz)}" if here.year == today.year else f"{day} {here.year}"


def span_text(seconds: float) -> str:
    """Give a length of time as people say it: `40 s`, `14 min`, `3 h`, `2 days`."""
    whole = max(0, round(seconds))
    for size_s, unit in ((86_400, "day"), (3_600, "h"), (60, "min")):
        if whole >= 2 * size_s or (whole >= size_s and unit != "day"):
            count = whole // size_s
            return plural(count, unit) if unit == "day" else f"{count} {unit}"
    return f"{whole} s"


def size_text(size_bytes: int) -> str:
    """Give a size in decimal units, as providers state their limits: `310 KB`, `4.2 MB`."""
    if size_bytes < _KB:
        return f"{size_bytes} B"
    value, unit = size_bytes / _KB, "KB"
    for bigger in ("MB", "GB"):
        if round(value) < _KB:
            break
        value, unit = value / _KB, bigger
    return f"{value:.1f} {unit}" if unit != "KB" and value < 10 else f"{value:.0f} {unit}"


def plural(count: int, one: str, many: str = "") -> str:
    """Give `1 file` or `2 files`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def usage_text(used: int, cap: int, elsewhere: int = 0) -> str:
    """Give `312 of 2,000 today`, and how many of them other programs sent to."""
    other = f", {elsewhere:,} from other programs" if elsewhere else ""
    return f"{used:,} of {cap:,} today{other}"


def people_text(people: Sequence[Address]) -> str:
    """Name up to three people and count the others."""
    names = [person.label for person in people[:_MANY]]
    left = len(people) - len(names)
    return ", ".join(names) + (f" and {plural(left, 'other')}" if left else "")
