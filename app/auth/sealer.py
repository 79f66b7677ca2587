"""Seals short-lived handles (an upload's address with its token) for the database. On a worker.

The key is one of the vault's secrets, so what is sealed here can be read wherever the vault can be
opened and nowhere else. A session-only vault forgets its key: the upload then begins anew.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ports import Vault

KEY_NAME = "handles"
_KEY_BYTES = 32
_NONCE_BYTES = 12
# Says what was sealed, so that nothing else sealed under this key passes for it.
_PURPOSE = b"postrider handle 1"


class HandleSealer:
    """Implements `ports.Sealer` with AES-GCM under a key from the vault. Safe from any thread."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._lock = threading.Lock()

    def seal(self, text: str) -> str:
        """Seal a text.

        Raises:
            VaultUnavailable: the key cannot be read or kept.
        """
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._key()).encrypt(nonce, text.encode("utf-8"), _PURPOSE)
        return base64.b64encode(nonce + sealed).decode("ascii")

    def unseal(self, sealed: str) -> str:
        """Give the text back; an empty one if it was sealed under a key that is no more.

        Raises:
            VaultUnavailable: the key cannot be read.
        """
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._vault.load(KEY_NAME)
        if key is None:
            return ""
        try:
            raw = base64.b64decode(sealed, validate=True)
            clear = AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], _PURPOSE)
            return clear.decode("utf-8")
        except (binascii.Error, InvalidTag, ValueError):
            return ""

    def _key(self) -> bytes:
        with self._lock:
            key = self._vault.load(KEY_NAME)
            if key is None:
                key = secrets.token_bytes(_KEY_BYTES)
                self._vault.save(KEY_NAME, key)
            return key
