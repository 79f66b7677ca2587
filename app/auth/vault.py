"""The vault: secrets by name in one AES-GCM sealed file, or in memory for this session only.

File: one line of JSON (format, kind of key, its header, a check of the key), then the nonce, then
the sealed JSON object. The line is authenticated with the rest. Never called on the GUI thread.
A file that cannot be opened is never overwritten: it is renamed and kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import os
import secrets
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.auth.filelock import locked
from app.domain.errors import VaultUnavailable
from app.runtime.threads import forbid_gui_thread

if TYPE_CHECKING:
    from pathlib import Path

    from app.auth.vault_keys import KeySource

log = logging.getLogger("auth")

_FORMAT = "postrider-vault-1"
_NONCE_BYTES = 12
_MAX_HEADER_BYTES = 4096
# Reasons for which the next sign-in begins a new vault, while the old file is kept under another name.
_HOPELESS = frozenset({"damaged", "key_lost", "other_key_kind"})


def is_hopeless(error: VaultUnavailable) -> bool:
    """Say whether what the vault held cannot be had back, so that signing in again is the way out."""
    return error.params.get("reason") in _HOPELESS


class MemoryVault:
    """Secrets for this session only: the person chose it, nothing is written."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secrets: dict[str, bytes] = {}

    def load(self, name: str) -> bytes | None:
        """Give the secret of that name."""
        with self._lock:
            return self._secrets.get(name)

    def save(self, name: str, secret: bytes) -> None:
        """Keep the secret until the program ends."""
        with self._lock:
            self._secrets[name] = secret

    def forget(self, name: str) -> None:
        """Drop the secret."""
        with self._lock:
            self._secrets.pop(name, None)


@dataclass(frozen=True, slots=True)
class _Opened:
    """What a vault file held, and which file that was (inode, time, size)."""

    stamp: tuple[int, int, int]
    header: dict[str, str]
    key: bytes
    secrets: dict[str, bytes]


class SealedVault:
    """Secrets in one sealed file that several processes may share."""

    def __init__(self, *, path: Path, key: KeySource) -> None:
        self._path = path
        self._source = key
        self._lock = threading.RLock()
        self._opened: _Opened | None = None

    def load(self, name: str) -> bytes | None:
        """Give the secret of that name. Raises VaultUnavailable."""
        forbid_gui_thread()
        with self._lock:
            opened = self._refresh()
            return opened.secrets.get(name) if opened else None

    def save(self, name: str, secret: bytes) -> None:
        """Seal the secret; durable when this returns. Raises VaultUnavailable."""
        self._change(name, secret)

    def forget(self, name: str) -> None:
        """Remove the secret. Raises VaultUnavailable."""
        self._change(name, None)

    def _change(self, name: str, secret: bytes | None) -> None:
        forbid_gui_thread()
        with self._lock:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                with locked(self._path.with_name(self._path.name + ".lock")):
                    self._change_locked(name, secret)
            except TimeoutError as error:
                raise VaultUnavailable(reason="busy") from error
            except OSError as error:
                raise VaultUnavailable(reason="unwritable", detail=type(error).__name__) from error

    def _change_locked(self, name: str, secret: bytes | None) -> None:
        opened = self._refresh() if secret is None else self._refresh_or_set_aside()
        if opened is None and secret is None:
            return
        if opened is None:
            key, extra = self._source.mint()
            header = {"format": _FORMAT, "kind": self._source.kind, "check": _check(key), **extra}
            kept: dict[str, bytes] = {}
        else:
            key, header, kept = opened.key, opened.header, dict(opened.secrets)
        if secret is None:
            kept.pop(name, None)
        else:
            kept[name] = secret
        self._write(_seal(header, key, kept))
        self._opened = _Opened(_stamp(self._path), header, key, kept)

    def _refresh(self) -> _Opened | None:
        """Read the file again if it is another one than we know."""
        try:
            stamp = _stamp(self._path)
            if self._opened and self._opened.stamp == stamp:
                return self._opened
            raw = self._path.read_bytes()
        except FileNotFoundError:
            self._opened = None
            return None
        except OSError as error:
            raise VaultUnavailable(reason="unreadable", detail=type(error).__name__) from error
        self._opened = self._open(stamp, raw)
        return self._opened

    def _open(self, stamp: tuple[int, int, int], raw: bytes) -> _Opened:
        header = _read_header(raw)
        if header["kind"] != self._source.kind:
            raise VaultUnavailable(reason="other_key_kind", kind=header["kind"])
        if self._opened and self._opened.header == header:
            # Asking the keyring or scrypt again would give the same key.
            key: bytes | None = self._opened.key
        else:
            key = self._source.find(header)
        if key is None:
            raise VaultUnavailable(reason="key_lost")
        if not hmac.compare_digest(_check(key), header.get("check", "")):
            wrong = header["kind"] == "passphrase"
            raise VaultUnavailable(reason="wrong_passphrase" if wrong else "key_lost")
        return _Opened(stamp, header, key, _unseal(raw, key))

    def _refresh_or_set_aside(self) -> _Opened | None:
        try:
            return self._refresh()
        except VaultUnavailable as error:
            if not is_hopeless(error):
                raise
        kept_as = self._path.with_name(f"{self._path.name}.unreadable-{secrets.token_hex(4)}")
        self._path.rename(kept_as)
        self._opened = None
        log.error("the vault could not be opened; kept as %s, a new one is begun", kept_as.name)
        return None

    def _write(self, raw: bytes) -> None:
        temporary = self._path.with_name(f"{self._path.name}.{secrets.token_hex(4)}.new")
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(fd, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        _sync_directory(self._path.parent)


def _stamp(path: Path) -> tuple[int, int, int]:
    stat = path.stat()
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _check(key: bytes) -> str:
    """Tell a wrong key from a damaged file, without telling the key."""
    return hashlib.sha256(b"postrider vault key check\0" + key).hexdigest()[:32]


def _read_header(raw: bytes) -> dict[str, str]:
    line, newline, _ = raw[:_MAX_HEADER_BYTES].partition(b"\n")
    try:
        header = json.loads(line)
        good = newline and header["format"] == _FORMAT and isinstance(header["kind"], str)
    except (ValueError, KeyError, TypeError) as error:
        raise VaultUnavailable(reason="damaged") from error
    if not good:
        raise VaultUnavailable(reason="damaged")
    return {str(name): str(value) for name, value in header.items()}


def _seal(header: dict[str, str], key: bytes, kept: dict[str, bytes]) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    line = json.dumps(header, sort_keys=True).encode("ascii")
    inside = {name: base64.b64encode(secret).decode("ascii") for name, secret in kept.items()}
    nonce = secrets.token_bytes(_NONCE_BYTES)
    sealed = AESGCM(key).encrypt(nonce, json.dumps(inside).encode("utf-8"), line)
    return line + b"\n" + nonce + sealed


def _unseal(raw: bytes, key: bytes) -> dict[str, bytes]:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    line, _, rest = raw.partition(b"\n")
    try:
        clear = AESGCM(key).decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], line)
        inside = json.loads(clear)
        return {name: base64.b64decode(text, validate=True) for name, text in inside.items()}
    except (InvalidTag, ValueError, AttributeError, TypeError) as error:
        raise VaultUnavailable(reason="damaged") from error


def _sync_directory(directory: Path) -> None:
    """Make the rename itself durable; Windows has no such thing and needs none."""
    if os.name == "nt":
        return
    fd = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
