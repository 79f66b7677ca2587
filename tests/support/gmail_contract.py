"""Checks requests and answers against Google's own contract: gmail.v1.json of the official client."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import googleapiclient

_UPLOAD_PARAMETERS = {"uploadType", "upload_id"}


@functools.cache
def contract() -> dict[str, Any]:
    package = Path(googleapiclient.__file__).parent
    path = package / "discovery_cache" / "documents" / "gmail.v1.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _methods(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from node.get("methods", {}).values()
    for child in node.get("resources", {}).values():
        yield from _methods(child)


@functools.cache
def methods() -> list[tuple[str, re.Pattern[str], dict[str, Any], bool]]:
    """Return verb, path, method and whether it is the upload form, the most literal path first."""
    found = []
    for method in _methods(contract()):
        paths = [("/" + method["path"], False)]
        protocols = method.get("mediaUpload", {}).get("protocols", {})
        paths += [(path, True) for path in {one["path"] for one in protocols.values()}]
        for path, uploads in paths:
            pattern = re.compile(re.sub(r"\{\+?\w+\}", "[^/]+", path) + "$")
            found.append((method["httpMethod"], pattern, method, uploads))
    # A literal segment (drafts/send) wins over a parameter (drafts/{id}).
    return sorted(found, key=lambda row: row[1].pattern.count("[^/]+"))


def violations(rows: Iterable[dict[str, Any]]) -> list[str]:
    """Return what the contract does not know in rows of the sandbox's request log."""
    return [text for row in rows if "gmail/v1" in row["path"] for text in _violations(row)]


def _violations(row: dict[str, Any]) -> list[str]:
    where = f"{row['method']} {row['path']}"
    for http_method, pattern, method, uploads in methods():
        # The later requests of a resumable upload are PUTs to the session's address.
        same = row["method"] == http_method or (uploads and row["method"] == "PUT")
        if same and pattern.match(row["path"]):
            known = {*method.get("parameters", {}), *contract()["parameters"]}
            known |= _UPLOAD_PARAMETERS if uploads else set()
            given = {name for name, _ in parse_qsl(row["query"], keep_blank_values=True)}
            return [f"{where}: no parameter {name}" for name in sorted(given - known)]
    return [f"{where}: no such method"]


def unknown_fields(schema: str, value: Any, where: str = "") -> list[str]:
    """Return the fields of an answer, or of a request body, that the schema does not have."""
    return _unknown({"$ref": schema}, value, where or schema)


def _unknown(schema: dict[str, Any], value: Any, where: str) -> list[str]:
    if "$ref" in schema:
        schema = contract()["schemas"][schema["$ref"]]
    match schema.get("type"):
        case "array" if isinstance(value, list):
            return [text for one in value for text in _unknown(schema["items"], one, f"{where}[]")]
        case "object" if isinstance(value, dict):
            return _unknown_in_object(schema, value, where)
        case "string" if not isinstance(value, str):
            return [f"{where} must be a string"]
        case "boolean" if not isinstance(value, bool):
            return [f"{where} must be a boolean"]
        case "integer" if not isinstance(value, int):
            return [f"{where} must be an integer"]
        case "array" | "object":
            return [f"{where} must be of type {schema['type']}"]
    return []


def _unknown_in_object(schema: dict[str, Any], value: dict[str, Any], where: str) -> list[str]:
    properties = schema.get("properties", {})
    found = [f"{where}.{name} is not in the contract" for name in value if name not in properties]
    for name, one in value.items():
        if name in properties:
            found += _unknown(properties[name], one, f"{where}.{name}")
    return found
