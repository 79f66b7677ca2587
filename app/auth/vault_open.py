"""Choose the vault by the setting `vault.mode`: auto, keyring, passphrase, session or file-key.

The choice is made at first use, on a worker: asking a keyring may take long or show a dialog.
"""

from __future__ import annotations

import json
import threading
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from app.auth.endpoints import all_loopback
from app.auth.vault import MemoryVault, SealedVault
from app.auth.vault_keys import (
    FileKey,
    KeyringKey,
    KeySource,
    PassphraseKey,
    passphrase_from_environment,
)
from app.domain.errors import VaultUnavailable
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.ports import Vault
    from app.settings import Endpoints


class VaultMode(StrEnum):
    """Where secrets are kept."""

    AUTO = "auto"
    KEYRING = "keyring"
    PASSPHRASE = "passphrase"
    SESSION = "session"
    FILE_KEY = "file-key"


class ChosenVault:
    """The vault of a profile; which kind is decided when it is first needed."""

    def __init__(
        self,
        *,
        directory: Path,
        profile_id: str,
        mode: VaultMode,
        endpoints: Endpoints,
        ask_passphrase: Callable[[], str] | None = None,
        keyring_backend: Callable[[], Any] | None = None,
    ) -> None:
        self._directory = directory
        self._mode = mode
        self._is_sandbox = all_loopback(endpoints)
        self._keyring = KeyringKey(profile_id, keyring_backend)
        self._ask = ask_passphrase
        self._lock = threading.Lock()
        self._vault: Vault | None = None
        self._kind = "session"

    def load(self, name: str) -> bytes | None:
        """Give the secret of that name. Raises VaultUnavailable."""
        return self._choose().load(name)

    def save(self, name: str, secret: bytes) -> None:
        """Seal the secret. Raises VaultUnavailable."""
        self._choose().save(name, secret)

    def forget(self, name: str) -> None:
        """Remove the secret. Raises VaultUnavailable."""
        self._choose().forget(name)

    def describe(self) -> str:
        """Name the kind of vault in use, for `doctor`. Raises VaultUnavailable."""
        self._choose()
        return self._kind

    def _choose(self) -> Vault:
        forbid_gui_thread()
        with self._lock:
            if self._vault is None:
                self._vault = self._make()
            return self._vault

    def _make(self) -> Vault:
        if self._mode is VaultMode.SESSION:
            return MemoryVault()
        source = self._source()
        self._kind = source.kind
        return SealedVault(path=self._directory / "vault", key=source)

    def _source(self) -> KeySource:
        match self._mode:
            case VaultMode.KEYRING:
                # Asked now, so that it is known before somebody signs in for nothing.
                self._keyring.check()
                return self._keyring
            case VaultMode.PASSPHRASE:
                return PassphraseKey(self._passphrase)
            case VaultMode.FILE_KEY:
                return self._file_key()
            case _:
                return self._automatic()

    def _automatic(self) -> KeySource:
        """Go on with what sealed the file; else the keyring, else a passphrase that is at hand."""
        match self._kind_on_disk():
            case "keyring":
                return self._keyring
            case "passphrase":
                return PassphraseKey(self._passphrase)
            case "file-key":
                return self._file_key()
        try:
            self._keyring.check()
        except VaultUnavailable:
            if self._ask is None and not passphrase_from_environment():
                raise
            return PassphraseKey(self._passphrase)
        return self._keyring

    def _file_key(self) -> KeySource:
        if not self._is_sandbox:
            raise VaultUnavailable(reason="file_key_not_sandbox")
        return FileKey(self._directory / "vault.key")

    def _passphrase(self) -> str:
        return passphrase_from_environment() or (self._ask() if self._ask else "")

    def _kind_on_disk(self) -> str:
        try:
            with (self._directory / "vault").open("rb") as file:
                return str(json.loads(file.readline(4096)).get("kind", ""))
        except (OSError, ValueError, AttributeError):
            return ""
