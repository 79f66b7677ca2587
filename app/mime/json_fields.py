"""Typed access to a JSON object that says in a sentence which field is wrong. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)

_NAMES = {
    str: "text",
    int: "a whole number",
    bool: "true or false",
    list: "a list",
    dict: "an object",
}


class Fields:
    """One JSON object and where it stands, for error sentences."""

    def __init__(self, value: object, where: str = "") -> None:
        if not isinstance(value, dict):
            raise ValueError(f"{where or 'The document'} must be an object.")
        self._value = value
        self._where = where

    def path(self, name: str) -> str:
        """Give the full name of a field."""
        return f"{self._where}.{name}" if self._where else name

    def has(self, name: str) -> bool:
        """Say whether the field is there and not null."""
        return self._value.get(name) is not None

    def unknown(self, known: frozenset[str]) -> list[str]:
        """Give the names nobody knows, for a strict reader."""
        return sorted(str(name) for name in self._value if name not in known)

    def _typed(self, name: str, kind: type[T], default: T | None) -> T:
        value = self._value.get(name)
        if value is None:
            if default is None:
                raise ValueError(f"{self.path(name)} is missing.")
            return default
        # bool is an int in Python; JSON keeps them apart.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ValueError(f"{self.path(name)} must be {_NAMES[kind]}.")
        return value

    def text(self, name: str, default: str | None = None) -> str:
        """Give a text field."""
        return self._typed(name, str, default)

    def number(self, name: str, default: int | None = None) -> int:
        """Give a whole number that is not negative."""
        value = self._typed(name, int, default)
        if value < 0:
            raise ValueError(f"{self.path(name)} must not be negative.")
        return value

    def flag(self, name: str) -> bool:
        """Give a yes or no; no if it is not there."""
        return self._typed(name, bool, default=False)

    def choice(self, name: str, kind: type[E], default: E | None = None) -> E:
        """Give a word out of a fixed list."""
        word = self._typed(name, str, default.value if default else None)
        try:
            return kind(word)
        except ValueError:
            words = ", ".join(member.value for member in kind)
            raise ValueError(f"{self.path(name)} must be one of: {words}.") from None

    def time(self, name: str, default: datetime | None = None) -> datetime:
        """Give an instant as aware UTC."""
        word = self._typed(name, str, default.isoformat() if default else None)
        try:
            value = datetime.fromisoformat(word)
        except ValueError:
            value = None
        if value is None or value.tzinfo is None:
            raise ValueError(f"{self.path(name)} must be a time with an offset (ISO 8601).")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            raise ValueError(f"{self.path(name)} is out of range.") from None

    def texts(self, name: str) -> tuple[str, ...]:
        """Give a list of texts; missing means empty."""
        values = self._typed(name, list, [])
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise ValueError(f"{self.path(name)}[{index}] must be text.")
        return tuple(values)

    def items(self, name: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """Give a list read item by item; missing means empty."""
        values = self._typed(name, list, [])
        return tuple(read(value, f"{self.path(name)}[{i}]") for i, value in enumerate(values))

    def one(self, name: str, read: Callable[[object, str], T]) -> T | None:
        """Give an object, or None where there is none."""
        return read(self._value[name], self.path(name)) if self.has(name) else None


def time_text(at: datetime) -> str:
    """Write an instant as ISO 8601 in UTC."""
    return at.astimezone(UTC).isoformat()
