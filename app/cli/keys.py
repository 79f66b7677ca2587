"""`postrider keys create|list|revoke`: who may call the local API."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from app.cli.exits import DONE
from app.domain.permission import Permission

if TYPE_CHECKING:
    import argparse

    from app.cli.entrances import Entrances
    from app.cli.output import Output
    from app.ports.gateway import ApiKey
    from app.services import Services


def run(arguments: argparse.Namespace, services: Services, output: Output, _: Entrances) -> int:
    """Run one of the acts."""
    match arguments.act:
        case "create":
            permissions = [Permission(one) for one in arguments.permission or Permission]
            now = services.clock.now()
            expires_at = now + timedelta(days=arguments.days) if arguments.days else None
            key, token = services.keys.create(arguments.name, permissions, expires_at)
            output.row(key_value(key, services) | {"token": token}, token)
            output.note("This is the only time the key is shown. Keep it like a password.")
        case "list":
            for key in services.keys.list_keys():
                output.row(key_value(key, services), _line(key, services))
        case _:
            key = services.keys.revoke(arguments.uid)
            output.row(key_value(key, services), f"{key.name} can no longer be used.")
    return DONE


def key_value(key: ApiKey, services: Services) -> dict[str, Any]:
    """Give a key as JSON; never its secret."""
    return {
        "uid": key.uid,
        "name": key.name,
        "permissions": sorted(key.permissions),
        "is_good": key.is_good(services.clock.now()),
        "created_at": key.created_at.isoformat(),
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
        "revoked_at": key.revoked_at.isoformat() if key.revoked_at else None,
        "last_used_at": key.last_used_at.isoformat() if key.last_used_at else None,
    }


def _line(key: ApiKey, services: Services) -> str:
    state = "revoked" if key.revoked_at else "good"
    if state == "good" and not key.is_good(services.clock.now()):
        state = "expired"
    used = f"{key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
    return f"{key.uid}  {state:8} {used:16} {' '.join(sorted(key.permissions))}  {key.name}"
