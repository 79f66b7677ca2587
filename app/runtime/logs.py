"""Logs: one file per profile, rotated, with a net that removes secrets and addresses. No Qt here.

Topics: runtime, outbox, provider, auth, store, gateway, ui, sandbox. At INFO only ids are logged;
the filter is a net below that rule, not the rule.
"""

from __future__ import annotations

import logging
import re
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TOPICS = ("runtime", "outbox", "provider", "auth", "store", "gateway", "ui", "sandbox")
MAX_BYTES = 2_000_000
_SECRETS = re.compile(
    r"(?i)(bearer\s+|(?:access_token|refresh_token|id_token|client_secret|code|code_verifier|"
    r"device_code|assertion|uploadUrl|upload_id|authtoken|password|passphrase)"
    r"(?:['\"]?\s*[:=]\s*['\"]?))[^\s'\"&,;}]+"
)
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[\w.-]+\.\w+")


def redact(text: str) -> str:
    """Replace tokens, codes and mail addresses."""
    return _ADDRESS.sub("<address>", _SECRETS.sub(r"\1<secret>", text))


class RedactingFormatter(logging.Formatter):
    """Formats, then redacts the whole line, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the redacted line."""
        return redact(super().format(record))


def set_up_logs(log_dir: Path, *, level: int = logging.INFO) -> None:
    """Write our topics to `postrider.log` in `log_dir`; libraries only from WARNING on."""
    handler = RotatingFileHandler(
        log_dir / "postrider.log", maxBytes=MAX_BYTES, backupCount=3, encoding="utf-8", delay=True
    )
    handler.setFormatter(
        RedactingFormatter("%(asctime)s %(levelname)s %(threadName)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for topic in TOPICS:
        logging.getLogger(topic).setLevel(level)
    # Its DEBUG lines hold codes and tokens in full.
    logging.getLogger("requests_oauthlib").setLevel(logging.WARNING)
