"""Where the vault's 32-byte key comes from: keyring, passphrase or a file for the sandbox.

Never a silent fall-back to plain text: a keyring that keeps passwords readable is refused.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from app.domain.errors import VaultUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_BYTES = 32
SERVICE_NAME = "postrider"
PASSPHRASE_VARIABLE = "POSTRIDER_VAULT_PASSPHRASE"
# keyring's own "no backend" and "forget everything" backends; keyrings.alt keeps plain text or
# weakly sealed files and is picked silently where it is installed.
_REFUSED_MODULES = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")
# RFC 7914 §2: N is the cost, r the block size, p the parallelism; 64 MB and about 0.1 s.
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**16, 8, 1


class KeySource(Protocol):
    """One way to keep or make the key; `header` is what the vault file notes about it."""

    @property
    def kind(self) -> str: ...
    def find(self, header: dict[str, str]) -> bytes | None:
        """Give the key of a vault with this header; None if it is gone for good.

        Raises:
            VaultUnavailable: it cannot be asked for now.
        """
        ...

    def mint(self) -> tuple[bytes, dict[str, str]]:
        """Make a new key, keep it, and give it with the header to write. Raises VaultUnavailable."""
        ...


@dataclass(frozen=True, slots=True)
class KeyringKey:
    """The key in the operating system's keyring, one per profile."""

    profile_id: str
    backend: Callable[[], Any] | None = None
    kind: str = "keyring"

    def find(self, header: dict[str, str]) -> bytes | None:
        """Ask the keyring for the key. Raises VaultUnavailable."""
        del header
        text = self._ask(lambda ring: ring.get_password(SERVICE_NAME, self.profile_id))
        if text is None:
            return None
        try:
            key = base64.b64decode(str(text), validate=True)
        except (binascii.Error, ValueError):
            return None
        return key if len(key) == KEY_BYTES else None

    def mint(self) -> tuple[bytes, dict[str, str]]:
        """Put a new key in the keyring and check that it comes back. Raises VaultUnavailable."""
        key = secrets.token_bytes(KEY_BYTES)
        text = base64.b64encode(key).decode("ascii")
        self._ask(lambda ring: ring.set_password(SERVICE_NAME, self.profile_id, text))
        if self.find({}) != key:
            raise VaultUnavailable(reason="keyring_forgets")
        return key, {}

    def check(self) -> None:
        """Say whether there is a keyring worth the name. Raises VaultUnavailable."""
        self._backend()

    def _backend(self) -> Any:
        import keyring

        ring = self.backend() if self.backend else keyring.get_keyring()
        members = getattr(ring, "backends", None) or [ring]
        modules = [type(member).__module__ for member in members]
        # A chain writes to its first member, so the first decides (keyring.backends.chainer).
        if modules[0].startswith(_REFUSED_MODULES):
            reason = "no_keyring" if modules[0].startswith("keyring.") else "plaintext_keyring"
            raise VaultUnavailable(reason=reason)
        return ring

    def _ask(self, question: Callable[[Any], Any]) -> Any:
        from keyring.errors import KeyringError, KeyringLocked, NoKeyringError

        ring = self._backend()
        try:
            return question(ring)
        except NoKeyringError as error:
            raise VaultUnavailable(reason="no_keyring") from error
        except KeyringLocked as error:
            raise VaultUnavailable(reason="keyring_locked") from error
        except (KeyringError, OSError, RuntimeError) as error:
            # Backends let errors of D-Bus and of the platform through as they are.
            raise VaultUnavailable(reason="keyring_failed", detail=type(error).__name__) from error


@dataclass(frozen=True, slots=True)
class PassphraseKey:
    """The key made from a passphrase by scrypt; the salt stands in the vault's header."""

    ask: Callable[[], str]
    kind: str = "passphrase"

    def find(self, header: dict[str, str]) -> bytes | None:
        """Derive the key with the header's salt and costs. Raises VaultUnavailable."""
        try:
            salt = base64.b64decode(header["salt"], validate=True)
            n, r, p = int(header["n"]), int(header["r"]), int(header["p"])
        except (KeyError, ValueError) as error:
            raise VaultUnavailable(reason="damaged") from error
        return self._derive(salt, n, r, p)

    def mint(self) -> tuple[bytes, dict[str, str]]:
        """Derive a key with a new salt. Raises VaultUnavailable."""
        salt = secrets.token_bytes(16)
        key = self._derive(salt, _SCRYPT_N, _SCRYPT_R, _SCRYPT_P)
        header = {
            "salt": base64.b64encode(salt).decode("ascii"),
            "n": str(_SCRYPT_N),
            "r": str(_SCRYPT_R),
            "p": str(_SCRYPT_P),
        }
        return key, header

    def _derive(self, salt: bytes, n: int, r: int, p: int) -> bytes:
        from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

        # A header that asks for absurd costs is not ours and must not eat the memory.
        if n > 2**20 or r > 32 or p > 16:
            raise VaultUnavailable(reason="damaged")
        passphrase = self.ask()
        if not passphrase:
            raise VaultUnavailable(reason="no_passphrase")
        try:
            kdf = Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p)
        except ValueError as error:
            raise VaultUnavailable(reason="damaged") from error
        return kdf.derive(passphrase.encode("utf-8"))


@dataclass(frozen=True, slots=True)
class FileKey:
    """The key in a file beside the vault: only for the sandbox, whose tokens open nothing."""

    path: Path
    kind: str = "file-key"

    def find(self, header: dict[str, str]) -> bytes | None:
        """Read the key file. Raises VaultUnavailable."""
        del header
        try:
            key = self.path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise VaultUnavailable(reason="unreadable", detail=type(error).__name__) from error
        return key if len(key) == KEY_BYTES else None

    def mint(self) -> tuple[bytes, dict[str, str]]:
        """Write a new key file (0600). Raises VaultUnavailable."""
        key = secrets.token_bytes(KEY_BYTES)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(key)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise VaultUnavailable(reason="unwritable", detail=type(error).__name__) from error
        return key, {}


def passphrase_from_environment() -> str:
    """Give the passphrase of POSTRIDER_VAULT_PASSPHRASE, or nothing."""
    return os.environ.get(PASSPHRASE_VARIABLE, "")
