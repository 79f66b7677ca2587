"""What every rendered message must keep to, looked at octet by octet, without our own parser."""

from __future__ import annotations

import re

_WORD = re.compile(rb"=\?[^?\s]+\?[bBqQ]\?[^?]*\?=")
_BASE64 = re.compile(rb"[A-Za-z0-9+/]{0,76}={0,2}")
_BOUNDARY = re.compile(rb'boundary="([^"]+)"')


def violations(raw: bytes) -> list[str]:
    """Give what is wrong with the octets of a message; empty if nothing is."""
    found: list[str] = []
    if re.search(rb"(?<!\r)\n|\r(?!\n)", raw):
        found.append("bare line end")
    if not raw.endswith(b"\r\n"):
        found.append("no line end at the end")
    if b"\0" in raw or not raw.isascii():
        found.append("NUL or 8-bit octet")
    if any(len(line) > 998 for line in raw.split(b"\r\n")):
        found.append("line over 998")
    head, _, body = raw.partition(b"\r\n\r\n")
    found += _of_head(head)
    found += _of_part(head, body)
    return found


def _of_head(head: bytes) -> list[str]:
    found = []
    names = [line.split(b":")[0].lower() for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    found += [f"twice: {name!r}" for name in set(names) if names.count(name) > 1]
    required = (b"from", b"date", b"message-id", b"mime-version", b"subject")
    found += [f"missing: {name!r}" for name in required if name not in names]
    found += [f"long word: {w!r}" for w in _WORD.findall(head) if len(w) > 75]
    for line in head.split(b"\r\n"):
        if not line.strip():
            found.append("blank header line")
        if len(line) > 78 and max(map(len, line.split())) < 70:
            found.append(f"could be folded: {line!r}")
    return found


def _of_part(head: bytes, body: bytes) -> list[str]:
    boundary = _BOUNDARY.search(head)
    if boundary:
        return _of_multipart(boundary[1], body)
    found = []
    encoding = re.search(rb"Content-Transfer-Encoding: (\S+)", head)
    lines = body.split(b"\r\n")
    match encoding[1] if encoding else b"7bit":
        case b"base64":
            if any(not _BASE64.fullmatch(line) for line in lines):
                found.append("bad base64 line")
            if any(b"=" in line for line in lines[:-2]):
                found.append("padding before the end")
        case b"quoted-printable":
            if any(len(line) > 76 or line.endswith((b" ", b"\t")) for line in lines):
                found.append("bad quoted-printable line")
        case b"7bit":
            if any(line.startswith(b"From ") for line in lines) and b"rfc822" not in head:
                found.append("a line a mailbox file would change")
    return found


def _of_multipart(boundary: bytes, body: bytes) -> list[str]:
    pieces = re.split(rb"(?:^|\r\n)--" + re.escape(boundary) + rb"(--)?(?=\r\n)", body)
    closings = pieces[1::2]
    found = []
    if closings.count(b"--") != 1 or closings[-1] != b"--":
        found.append("not closed once, at the end")
    parts = pieces[2:-1:2]
    if len(parts) < 2:
        found.append("multipart of fewer than two")
    for part in parts:
        head, _, inner = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        found += _of_part(head, inner)
    return found
