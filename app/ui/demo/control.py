"""Asks the demo's sandbox what it received and orders what shall go wrong. No Qt here."""

from __future__ import annotations

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from app.ui.demo.browser import TIMEOUT_S, read_page


def read_control(url: str, path: str) -> list[dict[str, Any]]:
    """Ask the sandbox's control endpoint."""
    return list(json.loads(read_page(f"{url}/control{path}")))


def order(url: str, path: str, value: object, method: str = "POST") -> None:
    """Give the sandbox an order.

    Raises:
        OSError: nobody answers.
        LookupError: it does not take the order.
    """
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=TIMEOUT_S)
    try:
        connection.request(method, f"/control{path}", body=json.dumps(value))
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise LookupError(f"{path}: {text.decode('utf-8', 'replace')}")
