"""Facts about the endpoints one signs in at. Pure."""

from __future__ import annotations

import ipaddress
from dataclasses import fields
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from app.settings import Endpoints


def is_loopback(url: str) -> bool:
    """Say whether the URL's host is this computer."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def all_loopback(endpoints: Endpoints) -> bool:
    """Say whether every endpoint is on this computer, which makes it the sandbox."""
    names = [field.name for field in fields(endpoints) if field.name.endswith("_url")]
    return all(is_loopback(getattr(endpoints, name)) for name in names)
