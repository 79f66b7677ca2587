"""Names of attachments made safe to write, to show and to save. Pure."""

from __future__ import annotations

import mimetypes
import re

MAX_CHARS = 200
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
# They turn "gpj.exe" into "exe.jpg" for the eye (UAX #9, CWE-451).
_DIRECTION = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_SEPARATORS = re.compile(r"[/\\]")


def clean_filename(name: str, media_type: str = "") -> str:
    """Give a file name without path, controls and direction overrides; never an empty one.

    Args:
        name: as the file or the sender called it.
        media_type: gives the ending where there is no name at all.
    """
    name = _DIRECTION.sub("", _CONTROLS.sub(" ", name))
    name = _SEPARATORS.sub("_", name).strip(" ")
    if not name.strip("."):
        return f"attachment{extension_for(media_type)}"
    if len(name) <= MAX_CHARS:
        return name
    stem, dot, ending = name.rpartition(".")
    if not dot or len(ending) > 20:
        return name[:MAX_CHARS]
    return f"{stem[: MAX_CHARS - len(ending) - 1]}.{ending}"


def extension_for(media_type: str) -> str:
    """Give the usual ending of a media type, with its dot; "" if there is none."""
    if media_type == "message/rfc822":
        return ".eml"
    # The library's own table, not the machine's: the same bytes everywhere.
    return _TYPES.guess_extension(media_type, strict=False) or ""


_TYPES = mimetypes.MimeTypes()
