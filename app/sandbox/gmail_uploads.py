"""Gmail API uploads: media, multipart and resumable (the protocol of Google's media uploads)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from app.sandbox import gmail_send
from app.sandbox.gmail_api import COMPOSE, SEND
from app.sandbox.gmail_errors import invalid, not_found, too_large
from app.sandbox.gmail_send import MOST_BYTES, Submitted, read_submitted
from app.sandbox.wire import Response, Route
from app.sandbox.world import Call, Upload, opaque

CHUNK_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes (?:(\d+)-(\d+)|\*)/(\d+|\*)")

Commit = Callable[[Call, Submitted], Response]
_COMMITS: dict[str, tuple[Commit, bool]] = {
    "drafts.create": (gmail_send.create, True),
    "drafts.update": (gmail_send.update, True),
    "drafts.send": (gmail_send.send_draft, True),
    "messages.send": (gmail_send.send_message, False),
}


def upload(call: Call) -> Response:
    """Take an upload; the kind stands in `uploadType`, `upload_id` names a session."""
    if call.request.param("upload_id"):
        return continue_upload(call)
    method = call.route.operation.removeprefix("gmail.upload.")
    if len(call.request.body) > MOST_BYTES + 64 * 1024:
        raise too_large()
    match call.request.param("uploadType"):
        case "media":
            _check_media_type(call.request.header("content-type"))
            return _commit(call, method, {}, call.request.body)
        case "multipart":
            resource, media = split_related(call)
            return _commit(call, method, resource, media)
        case "resumable":
            return _start(call, method)
        case other:
            raise invalid(f"Invalid upload type: {other}")


def _commit(call: Call, method: str, resource: dict[str, Any], media: bytes) -> Response:
    commit, is_draft = _COMMITS[method]
    return commit(call, read_submitted(resource, is_draft=is_draft, media=media))


def _check_media_type(value: str) -> None:
    if value.partition(";")[0].strip().lower() != "message/rfc822":
        raise invalid(f"Media type '{value}' is not supported. Valid media types: [message/*]")


def split_related(call: Call) -> tuple[dict[str, Any], bytes]:
    """Take a multipart/related body apart without copying the message more than once."""
    hit = re.search(r'boundary="?([^";]+)"?', call.request.header("content-type"))
    if not hit:
        raise invalid("Missing boundary in multipart body")
    mark = b"--" + hit[1].encode()
    pieces = call.request.body.split(mark)
    if len(pieces) != 4 or not pieces[3].startswith(b"--"):
        raise invalid("Multipart body must have exactly two parts")
    (_, metadata), (head, media) = _piece(pieces[1]), _piece(pieces[2])
    kind = re.search(rb"(?im)^content-type:\s*([^;\r\n]+)", head)
    _check_media_type(kind[1].decode("latin-1") if kind else "")
    try:
        resource = json.loads(metadata or b"{}")
    except ValueError as error:
        raise invalid("Invalid JSON payload received.") from error
    return resource, media


def _piece(piece: bytes) -> tuple[bytes, bytes]:
    piece = piece.removeprefix(b"\r\n").removeprefix(b"\n")
    cut = min((at for at in (piece.find(b"\r\n\r\n"), piece.find(b"\n\n")) if at >= 0), default=-1)
    if cut < 0:
        raise invalid("Malformed multipart body")
    width = 4 if piece[cut : cut + 4] == b"\r\n\r\n" else 2
    return piece[:cut], piece[cut + width :].removesuffix(b"\n").removesuffix(b"\r")


def _start(call: Call, method: str) -> Response:
    request = call.request
    declared = request.header("x-upload-content-length")
    if declared.isdigit() and int(declared) > MOST_BYTES:
        raise too_large()
    if request.header("x-upload-content-type"):
        _check_media_type(request.header("x-upload-content-type"))
    try:
        resource = request.json()
    except ValueError as error:
        raise invalid("Invalid JSON payload received.") from error
    session = Upload(
        id=opaque("AH", 30),
        account=call.account,
        total=int(declared) if declared.isdigit() else None,
        started_at=call.sandbox.now(),
        target={"method": method, "resource": resource, "params": dict(call.params)},
    )
    call.sandbox.uploads[session.id] = session
    location = f"{request.base_url}{request.path}?uploadType=resumable&upload_id={session.id}"
    return Response(headers={"Location": location, "X-GUploader-UploadID": session.id})


def continue_upload(call: Call) -> Response:
    """Take a chunk, or tell how far the upload has come (`Content-Range: bytes */N`)."""
    session = call.sandbox.uploads.get(call.request.param("upload_id"))
    if session is None or session.account != call.account:
        raise not_found()
    if session.finished is not None:
        finished: Response = session.finished
        return replace(finished)
    header = call.request.header("content-range")
    if not header:
        return _append(call, session, 0, len(call.request.body), len(call.request.body))
    hit = _RANGE.fullmatch(header.strip())
    if not hit:
        raise invalid("Failed to parse Content-Range header.")
    if hit[1] is None:
        return _incomplete(session)
    start, end = int(hit[1]), int(hit[2]) + 1
    total = None if hit[3] == "*" else int(hit[3])
    return _append(call, session, start, end, total)


def _append(call: Call, session: Upload, start: int, end: int, total: int | None) -> Response:
    body = call.request.body
    if end - start != len(body) or start > len(session.data):
        raise invalid(f"Invalid request.  There were {len(body)} byte(s) in the request body.")
    if total is not None and session.total is not None and total != session.total:
        raise invalid("Content-Range does not fit the declared length.")
    if (total or end) > MOST_BYTES:
        raise too_large()
    final = total is not None and end == total
    if not final and len(body) % CHUNK_BYTES:
        raise invalid(f"Chunk size must be a multiple of {CHUNK_BYTES} bytes.")
    session.data[start:] = body
    session.total = total if total is not None else session.total
    if not final:
        return _incomplete(session)
    target = session.target
    call.params.update(target["params"])
    answer = _commit(call, target["method"], target["resource"], bytes(session.data))
    session.finished, session.data = answer, bytearray()
    return answer


def _incomplete(session: Upload) -> Response:
    headers = {"X-GUploader-UploadID": session.id}
    if session.data:
        headers["Range"] = f"bytes=0-{len(session.data) - 1}"
    return Response(status=308, headers=headers)


def is_last_chunk(content_range: str) -> bool:
    hit = _RANGE.fullmatch(content_range.strip())
    return not content_range or bool(hit and hit[2] and hit[3] == str(int(hit[2]) + 1))


def _routes() -> list[Route]:
    found: list[Route] = []
    for method, path, name, group in (
        ("POST", "/drafts", "drafts.create", "create_draft"),
        ("POST", "/drafts/send", "drafts.send", "send"),
        ("PUT", "/drafts/{id}", "drafts.update", "update_draft"),
        ("POST", "/messages/send", "messages.send", "send"),
    ):
        scopes = SEND if name == "messages.send" else COMPOSE
        template = "/upload/gmail/v1/users/{user}" + path
        found.extend(
            Route(
                method=verb,
                template=template,
                operation=f"gmail.upload.{name}",
                groups=(group, "upload"),
                provider="gmail",
                scopes=scopes,
                handler=upload,
            )
            for verb in dict.fromkeys((method, "PUT"))
        )
    return found


ROUTES = _routes()
