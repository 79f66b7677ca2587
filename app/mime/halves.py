"""Half characters: lone surrogates, which some editors and JSON escapes leave in text. Pure.

No charset can carry them, so a text that holds one can be neither stored nor sent.
"""

from __future__ import annotations

import json
from typing import Any


def whole_characters(text: str) -> str:
    """Give text with pairs of surrogates joined and lone ones replaced by U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def whole_json(value: dict[str, Any]) -> dict[str, Any]:
    """Give a JSON object with every text in it made whole."""
    try:
        # One call for all of its texts; hardly ever is there anything to be done.
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return _whole_object(value)
    return value


def _whole_object(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _whole(item) for key, item in value.items()}


def _whole(value: Any) -> Any:
    match value:
        case str():
            return whole_characters(value)
        case list():
            return [_whole(item) for item in value]
        case dict():
            return _whole_object(value)
        case _:
            return value
