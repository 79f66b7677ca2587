"""What is sealed in the vault for each account, and how it is written. Pure values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GoogleTokens:
    """Tokens of one grant at Google. The values never appear in a log or an error."""

    refresh_token: str
    access_token: str
    expires_at: datetime
    scopes: tuple[str, ...]

    def __repr__(self) -> str:
        return "GoogleTokens(…)"

    def to_bytes(self) -> bytes:
        """Write for the vault."""
        return json.dumps(
            {
                "refresh_token": self.refresh_token,
                "access_token": self.access_token,
                "expires_at": self.expires_at.isoformat(),
                "scopes": list(self.scopes),
            }
        ).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> GoogleTokens | None:
        """Read from the vault; None if it is not what we write."""
        try:
            found = json.loads(raw)
            return cls(
                refresh_token=str(found["refresh_token"]),
                access_token=str(found["access_token"]),
                expires_at=datetime.fromisoformat(found["expires_at"]),
                scopes=tuple(str(scope) for scope in found["scopes"]),
            )
        except (ValueError, KeyError, TypeError):
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class MicrosoftTokens:
    """MSAL's serialized cache of one account, and which account of it is meant."""

    cache: str
    home_account_id: str

    def __repr__(self) -> str:
        return "MicrosoftTokens(…)"

    def to_bytes(self) -> bytes:
        """Write for the vault."""
        return json.dumps({"cache": self.cache, "home_account_id": self.home_account_id}).encode()

    @classmethod
    def from_bytes(cls, raw: bytes) -> MicrosoftTokens | None:
        """Read from the vault; None if it is not what we write."""
        try:
            found = json.loads(raw)
            return cls(cache=str(found["cache"]), home_account_id=str(found["home_account_id"]))
        except (ValueError, KeyError, TypeError):
            return None
