"""The real clock and the real mint of ids. The only place that asks the system for either."""

from __future__ import annotations

import secrets
import time
import uuid
from datetime import UTC, datetime

# Linux stops CLOCK_MONOTONIC while the computer sleeps; macOS and Windows let theirs run on.
_ELAPSED: int | None = getattr(time, "CLOCK_BOOTTIME", None)


class SystemClock:
    """Wall and monotonic time of this computer."""

    def now(self) -> datetime:
        """Give the present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Give seconds that never go back and, where the system can, run on through sleep."""
        return time.clock_gettime(_ELAPSED) if _ELAPSED is not None else time.monotonic()


class RandomIds:
    """Ids nobody can guess."""

    def new_uid(self) -> str:
        """Give a UUID as text."""
        return str(uuid.uuid4())

    def new_token(self, size_bytes: int = 12) -> str:
        """Give lower-case hexadecimal text of twice `size_bytes` characters."""
        return secrets.token_hex(size_bytes)
