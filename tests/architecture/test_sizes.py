"""Modules, classes and functions stay small enough to be read in one go."""

from __future__ import annotations

import ast

from tests.support.sources import Source, app_sources

MODULE_LINES = 350
CLASS_LINES = 250
FUNCTION_LINES = 60

# Name and reason of what may be larger. Best empty.
REASONED: dict[str, str] = {}


def _length(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _too_large(source: Source) -> list[str]:
    lines = source.text.count("\n")
    found = [f"{source.path}: {lines} lines"] if lines > MODULE_LINES else []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ClassDef):
            limit = CLASS_LINES
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            limit = FUNCTION_LINES
        else:
            continue
        if _length(node) > limit:
            found.append(f"{source.path}:{node.lineno} {node.name}: {_length(node)} lines")
    return found


def test_nothing_is_too_large_to_read():
    found = [
        line
        for source in app_sources()
        if source.path not in REASONED
        for line in _too_large(source)
    ]

    assert found == []
