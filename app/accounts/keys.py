"""API keys of the loopback gateway: made, listed, revoked, recognised. Never on the GUI thread.

A key is `pr_<id>_<secret>`. The secret has 256 random bits, so one round of SHA-256 keeps it as
well as a slow hash would; it is shown once and kept nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from app.domain.errors import KeyInvalid, NotFound
from app.domain.permission import Permission
from app.ports.gateway import ApiKey

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from app.ports import Clock, Ids
    from app.ports.gateway import KeyStore

ID_BYTES = 6
SECRET_BYTES = 32
# "Last used" is for people; it is written at most this often.
TOUCH_EVERY = timedelta(minutes=1)
_TOKEN = re.compile(r"pr_([0-9a-f]{12})_([0-9a-f]{64})")
# Compared against when there is no such key, so that both ways take as long.
_NOBODY = hashlib.sha256(b"nobody").hexdigest()


class ApiKeys:
    """The keys of one profile."""

    def __init__(self, *, store: KeyStore, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    def create(
        self,
        name: str,
        permissions: Iterable[Permission],
        expires_at: datetime | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; give it and the text to call with, which cannot be given again."""
        secret = self._ids.new_token(SECRET_BYTES)
        key = ApiKey(
            uid=self._ids.new_token(ID_BYTES),
            name=name,
            secret_sha256=_hash(secret),
            permissions=frozenset(permissions),
            created_at=self._clock.now(),
            expires_at=expires_at,
        )
        self._store.save_key(key)
        return key, f"pr_{key.uid}_{secret}"

    def list_keys(self) -> list[ApiKey]:
        """Give every key, the revoked ones too."""
        return self._store.list_keys()

    def revoke(self, uid: str) -> ApiKey:
        """Make a key useless from now on.

        Raises:
            NotFound: there is none with that id.
        """
        self._store.revoke_key(uid, self._clock.now())
        key = self._store.find_key(uid)
        if key is None:
            raise NotFound(kind="key", uid=uid)
        return key

    def recognise(self, token: str) -> ApiKey:
        """Give the key a caller shows.

        Raises:
            KeyInvalid: it is unknown, revoked or expired.
        """
        match = _TOKEN.fullmatch(token)
        key = self._store.find_key(match[1]) if match else None
        known = key.secret_sha256 if key else _NOBODY
        shown = _hash(match[2] if match else token)
        now = self._clock.now()
        if not hmac.compare_digest(known, shown) or key is None or not key.is_good(now):
            raise KeyInvalid
        if key.last_used_at is None or now - key.last_used_at >= TOUCH_EVERY:
            self._store.touch_key(key.uid, now)
            key = replace(key, last_used_at=now)
        return key


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
