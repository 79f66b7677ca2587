"""How often and how long an upload may be broken off before the whole attempt is given up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import ProviderError

if TYPE_CHECKING:
    from app.runtime.cancel import CancelToken

_MOST_BREAKS = 5
_FIRST_S = 0.25
# What takes longer is the outbox's to wait for: there other mail goes on meanwhile.
_LONGEST_S = 20.0


class Pauses:
    """The breaks of one upload since it last came forward."""

    def __init__(self, cancel: CancelToken) -> None:
        self._cancel = cancel
        self._breaks = 0

    def after(self, error: ProviderError) -> None:
        """Wait before the next try.

        Raises:
            ProviderError: it broke too often, or the server wants more time than one waits here.
            Cancelled: the person gave up.
        """
        self._breaks += 1
        asked_s = error.retry_after_s
        if self._breaks > _MOST_BREAKS or (asked_s is not None and asked_s > _LONGEST_S):
            raise error
        self._cancel.wait(asked_s if asked_s is not None else _FIRST_S * 2**self._breaks)
        self._cancel.check()

    def forget(self) -> None:
        """Count anew: the upload came forward."""
        self._breaks = 0
