"""Rules that a linter sees only in part: no fixed pauses, no patched tests, one clock, no leftovers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.sources import (
    ROOT,
    Source,
    app_sources,
    dotted,
    imported_names,
    project_files,
    sources_of_tests,
)

# Full name, and the files where it stands for a reason.
BANNED: dict[str, set[str]] = {
    "time.sleep": set(),
    "unittest.mock": set(),
    "PySide6.QtCore.QThread": set(),
    "PySide6.QtWidgets.QMessageBox": {"app/ui/dialogs/", "tests/gui/"},
    "PySide6.QtWebEngineWidgets": set(),
}
# A delay ordered of the sandbox is one: it makes a slow provider.
SLEEPS = {"time.sleep": set(), "qtbot.wait": set(), "asyncio.sleep": {"app/sandbox/asgi.py"}}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
CLOCK_FILES = {"app/runtime/clock.py"}

# In pieces, so that this file does not find itself.
LEFTOVERS = re.compile(
    "|".join(
        [
            "/" + r"tmp/[a-z]",
            r"(?<![\w./:-])/" + "work/",
            r"https?://(registry|deb|files|pypi)" + r"\.",
            r"\b(TO" + r"DO|FIX" + r"ME|XXX)\b",
            r"\bissue " + r"#?\d",
        ]
    )
)
_BINARY = {".png", ".ico", ".icns", ".qm", ".eml", ".db", ".woff2", ".ttf", ".gz"}


def _is_at(source: Source, places: set[str]) -> bool:
    return any(source.path.startswith(place) for place in places)


def _calls(source: Source) -> Iterator[tuple[str, str]]:
    """Give place and name of every call: `app/x.py:7`, `time.sleep`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            yield f"{source.path}:{node.lineno}", dotted(node.func)


def test_banned_names_are_not_imported():
    found = [
        f"{source.path}:{line} imports {name}"
        for source in app_sources() + sources_of_tests()
        for line, name in imported_names(source)
        for banned, places in BANNED.items()
        if (name == banned or name.startswith(f"{banned}.")) and not _is_at(source, places)
    ]

    assert found == []


def test_nothing_waits_for_a_fixed_time():
    found = [
        f"{place} calls {name}"
        for source in app_sources() + sources_of_tests()
        for place, name in _calls(source)
        if name in SLEEPS and not _is_at(source, SLEEPS[name])
    ]

    assert found == []


def test_only_the_clock_reads_the_time_of_day():
    found = [
        f"{place} calls {name}"
        for source in app_sources()
        if not _is_at(source, CLOCK_FILES)
        for place, name in _calls(source)
        if ".".join(name.split(".")[-2:]) in CLOCKS
    ]

    assert found == []


def test_every_module_says_what_it_is():
    silent = [source.path for source in app_sources() if not ast.get_docstring(source.tree)]

    assert silent == []


def test_no_leftovers_and_no_paths_of_one_machine():
    found = []
    for path in project_files():
        if path.suffix in _BINARY or path.name == "test_house_rules.py":
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            hit = LEFTOVERS.search(line)
            if hit:
                found.append(f"{path.relative_to(ROOT)}:{number} {hit.group()}")

    assert found == []


def test_the_top_level_holds_what_the_architecture_names():
    expected = {
        "app", "packaging", "resources", "tests",
        "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "README.md", "pyproject.toml",
    }  # fmt: skip
    found = {
        path.relative_to(ROOT).parts[0]
        for path in project_files()
        if not path.relative_to(ROOT).parts[0].startswith(".")
    }

    assert found <= expected


# Where a bug must not end more than the one thing it happened in; each says why at the spot.
CATCH_ALL_FILES = {
    # Hands every error to whoever waits for that part of the batch.
    "app/gateway/batching.py",
    "app/gateway/guard.py",
    "app/outbox/dispatcher.py",
    # Hands every error to whoever has the future, as the standard pools do.
    "app/runtime/daemon_pool.py",
    # Gives every error back to the thread whose write it was.
    "app/store/sharing.py",
    "app/ui/tasks.py",
    "app/ui/excepthook.py",
    "app/sandbox/server.py",
}


def _swallows(handler: ast.ExceptHandler) -> bool:
    caught = dotted(handler.type) if handler.type else "BaseException"
    raises = any(isinstance(node, ast.Raise) for node in ast.walk(handler))
    return caught in {"Exception", "BaseException"} and not raises


def test_nothing_swallows_every_error():
    found = [
        f"{source.path}:{node.lineno}"
        for source in app_sources()
        if not _is_at(source, CATCH_ALL_FILES)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _swallows(node)
    ]

    assert found == []
