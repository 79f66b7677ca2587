"""Reads a draft that was written as JSON by hand or by a program. Refuses what it does not understand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from app.cli.importing import read_bytes
from app.domain.attachment import Disposition
from app.domain.errors import DraftRejected
from app.domain.problem import Problem
from app.mime.draft_json import attachment_to_dict, draft_from_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.compose.attach import Attacher
    from app.domain.draft import Draft

LARGEST_BYTES = 50_000_000
_DEEPEST = 40
_OF_FILES = frozenset({"path", "filename", "media_type", "disposition", "content_id"})
# Whatever some reader takes for the end of a line, and NUL: none of it may stand in a header.
_BREAKS = re.compile("[\r\n\0\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Texts of several lines; everything else becomes a header field or an id.
_BODIES = frozenset({"body.html", "body.text", "quote.html", "quote.text", "quote.attribution"})


def read_draft(name: str, attacher: Attacher) -> tuple[Draft, frozenset[str]]:
    """Read a draft from a file, or from standard input for `-`; give the fields it names too.

    An attachment may be `{"path": …}`: the file is copied in, from beside the draft's own file.

    Raises:
        DraftRejected: it is no draft; the sentence names the field.
        AttachmentMissing: the file, or one it names, cannot be read.
    """
    value = _parse(read_bytes(name))
    for path, text in _texts(value, ""):
        if path not in _BODIES and _BREAKS.search(text):
            _refuse(path, f"{path} holds a line break. Write it on one line.")
    if isinstance(value, dict) and isinstance(value.get("attachments"), list):
        beside = Path() if name == "-" else Path(name).parent
        files = [
            _taken(one, f"attachments[{index}]", beside, attacher)
            for index, one in enumerate(value["attachments"])
        ]
        value = {**value, "attachments": files}
    try:
        draft = draft_from_dict(value)
    except ValueError as error:
        _refuse("draft", str(error), error)
    return draft, frozenset(value)


def _taken(value: Any, where: str, beside: Path, attacher: Attacher) -> Any:
    """Copy a file in that is named by its path; anything else is given as it is."""
    if not isinstance(value, dict) or "path" not in value:
        return value
    strangers = sorted(str(one) for one in value.keys() - _OF_FILES)
    if strangers:
        _refuse(where, f"{where}.{strangers[0]} is not a field of a file named by its path.")
    path, kind = value["path"], value.get("disposition", Disposition.ATTACHMENT.value)
    if not isinstance(path, str) or not path:
        _refuse(where, f"{where}.path is not the name of a file.")
    if kind not in set(Disposition):
        _refuse(where, f"{where}.disposition is not one of {', '.join(Disposition)}.")
    disposition = Disposition(kind)
    made = attacher.attach_file(beside / path, disposition=disposition)
    named = {key: text for key, text in value.items() if key != "path"}
    return attachment_to_dict(made) | named


def _parse(data: bytes) -> Any:
    if len(data) > LARGEST_BYTES:
        _refuse("draft", "it is larger than 50 MB.")
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_no_doubles)
    except UnicodeDecodeError as error:
        _refuse("draft", "it is not UTF-8.", error)
    except RecursionError as error:
        _refuse("draft", "it is nested too deeply.", error)
    except json.JSONDecodeError as error:
        _refuse("draft", f"it is not JSON at line {error.lineno}, column {error.colno}.", error)
    except ValueError as error:
        _refuse("draft", str(error), error)


def _no_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice} is written twice.")
    return found


def _texts(value: object, path: str, depth: int = 0) -> Iterator[tuple[str, str]]:
    """Give every text and where it stands; names of fields count as texts."""
    if depth > _DEEPEST:
        _refuse("draft", "it is nested too deeply.")
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            where = f"{path}.{name}" if path else str(name)
            yield "a name", str(name)
            yield from _texts(inner, where, depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, f"{path}[{index}]", depth + 1)


def _refuse(field: str, detail: str, cause: Exception | None = None) -> NoReturn:
    raise DraftRejected(
        [Problem(code="bad_draft", field=field, params={"detail": detail.rstrip(".")})]
    ) from cause
