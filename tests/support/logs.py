"""Log records that a test did not expect: collected here, reported by tests/conftest.py."""

from __future__ import annotations

import logging
import re


class LogGuard(logging.Handler):
    """Keeps every record from WARNING up that no pattern allows; safe from any thread."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._allowed: list[re.Pattern[str]] = []
        self._records: list[logging.LogRecord] = []

    def allow(self, *patterns: str) -> None:
        """Allow records whose `logger: message` matches one of the patterns (re.search)."""
        self._allowed.extend(re.compile(pattern) for pattern in patterns)

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(record)

    def seen(self) -> list[str]:
        """Return `LEVEL logger: message` of every record."""
        return [f"{each.levelname} {each.name}: {each.getMessage()}" for each in self._records]

    def unexpected(self) -> list[str]:
        """Return `LEVEL logger: message` of every record that no pattern allows."""
        found = []
        for record in self._records:
            line = f"{record.name}: {record.getMessage()}"
            if not any(pattern.search(line) for pattern in self._allowed):
                found.append(f"{record.levelname} {line}")
        return found
