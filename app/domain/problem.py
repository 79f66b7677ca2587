"""What is wrong with a draft before it is sent. Pure."""

from __future__ import annotations

import dataclasses
from enum import StrEnum


class Severity(StrEnum):
    """Whether a problem stops the send or asks first."""

    ERROR = "error"
    WARNING = "warning"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One finding; the sentence is made from `code` and `params` by `domain.texts`."""

    code: str
    field: str
    severity: Severity = Severity.ERROR
    params: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def is_error(self) -> bool:
        """Say whether it stops the send."""
        return self.severity is Severity.ERROR
