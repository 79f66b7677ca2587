"""Saves the sandbox's memory to a file and reads it back: JSON, bytes as base64, written atomically."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from app.sandbox import records

_TYPES: dict[str, type[Any]] = {
    name: value
    for name, value in vars(records).items()
    if isinstance(value, type) and dataclasses.is_dataclass(value)
}


class SnapshotUnreadable(ValueError):
    """The file is no snapshot of this version."""


def save(world: records.World, path: Path) -> None:
    """Write the whole memory; a crash leaves the old file or the new one."""
    write(to_plain(world), path)


def write(plain: Any, path: Path) -> None:
    """Write what `to_plain` made; needs no lock."""
    text = json.dumps(plain, ensure_ascii=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def load(path: Path) -> records.World:
    """Read a snapshot.

    Raises:
        SnapshotUnreadable: damaged or of another version.
    """
    try:
        world = from_plain(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError) as error:
        raise SnapshotUnreadable(str(path)) from error
    if not isinstance(world, records.World) or world.version != records.World().version:
        raise SnapshotUnreadable(str(path))
    return world


def to_plain(value: Any) -> Any:
    match value:
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case dict():
            return {key: to_plain(item) for key, item in value.items()}
        case list() | tuple():
            return [to_plain(item) for item in value]
    if dataclasses.is_dataclass(value):
        fields = {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"$type": type(value).__name__, **fields}
    return value


def from_plain(value: Any) -> Any:
    match value:
        case {"$bytes": text}:
            return base64.b64decode(text)
        case {"$type": name, **fields}:
            return _TYPES[name](**{str(key): from_plain(item) for key, item in fields.items()})
        case dict():
            return {key: from_plain(item) for key, item in value.items()}
        case list():
            return [from_plain(item) for item in value]
    return value
