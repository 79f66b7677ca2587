"""One window process per profile: a second start hands its request over and ends. No Qt here.

The first process listens on 127.0.0.1 and writes port and a random token to a 0600 file; the file's
lock, which the system releases when the process dies, says whether the listener is alive.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socket
import threading
from typing import IO, TYPE_CHECKING

from app.runtime.file_lock import lock_file, unlock_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger("runtime")
CONNECT_TIMEOUT_S = 2.0
MAX_MESSAGE_BYTES = 65_536


class SingleInstance:
    """Holds, or finds the holder of, the right to show windows for a profile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock_path = path.with_suffix(".lock")
        self._lock: IO[bytes] | None = None
        self._server: socket.socket | None = None

    def acquire(self, on_message: Callable[[dict[str, object]], None]) -> bool:
        """Become the one instance; `on_message` is called on a listener thread for each hand-over.

        False: another process is it.
        """
        self._lock = lock_file(self._lock_path)
        if self._lock is None:
            return False
        token = secrets.token_hex(16)
        self._server = socket.create_server(("127.0.0.1", 0))
        address = {"port": self._server.getsockname()[1], "token": token, "pid": os.getpid()}
        temporary = self._path.with_suffix(".new")
        with open(temporary, "w", opener=_private, encoding="utf-8") as out:
            json.dump(address, out)
        temporary.replace(self._path)
        threading.Thread(
            target=self._listen,
            args=(self._server, token, on_message),
            name="instance",
            daemon=True,
        ).start()
        return True

    def hand_over(self, message: dict[str, object]) -> bool:
        """Give `message` to the running instance; False if nobody took it."""
        try:
            address = json.loads(self._path.read_text(encoding="utf-8"))
            with socket.create_connection(
                ("127.0.0.1", int(address["port"])), CONNECT_TIMEOUT_S
            ) as peer:
                line = json.dumps({"token": address["token"], "message": message})
                peer.sendall(line.encode() + b"\n")
                return peer.recv(16).startswith(b"ok")
        except (OSError, ValueError, KeyError):
            return False

    def release(self) -> None:
        """Stop listening and give the right up."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            unlock_file(self._lock)
            self._lock = None

    def _listen(
        self, server: socket.socket, token: str, on_message: Callable[[dict[str, object]], None]
    ) -> None:
        while True:
            try:
                peer, _ = server.accept()
            except OSError:
                return
            with peer:
                message = _read_message(peer, token)
                if message is not None:
                    peer.sendall(b"ok\n")
            if message is not None:
                on_message(message)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _read_message(peer: socket.socket, token: str) -> dict[str, object] | None:
    peer.settimeout(CONNECT_TIMEOUT_S)
    try:
        with peer.makefile("rb") as lines:
            data = json.loads(lines.readline(MAX_MESSAGE_BYTES))
        if secrets.compare_digest(str(data.get("token")), token):
            return dict(data["message"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        log.info("a hand-over could not be read")
    return None
