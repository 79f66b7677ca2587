"""Where the local API stands: off, starting, answering, or why it cannot. Pure values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ApiStatus(StrEnum):
    """What a person sees of it."""

    OFF = "off"
    STARTING = "starting"
    ON = "on"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalApiState:
    """`url` while it answers; `problem` is a sentence, set if it failed or is started anew."""

    status: ApiStatus = ApiStatus.OFF
    url: str = ""
    problem: str = ""
    is_port: bool = False
    """Whether another port would help."""
