"""The tables of threats and dialects name tests that are there, and every field of a request."""

from __future__ import annotations

import ast
import re

import pytest

from app.gateway.dialects import DIALECTS
from tests.support.sources import ROOT, sources_of_tests

_TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def _section() -> str:
    text = (ROOT / "app/ARCHITECTURE.md").read_text(encoding="utf-8")
    return text.partition("The local API\n")[2]


def test_every_test_that_is_named_exists() -> None:
    known = {
        (source.path, node.name)
        for source in sources_of_tests()
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef)
    }
    named = set(_TEST.findall(_section()))

    assert len(named) > 40
    assert sorted(named - known) == []


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda one: one.name)
def test_every_field_of_a_dialect_is_in_the_table(dialect) -> None:
    table = _section().partition("### Dialects")[2]
    named = set(re.findall(r"`([\w-]+)", table))
    fields = {field.alias or name for name, field in dialect.model.model_fields.items()}

    assert sorted(fields - named) == []
