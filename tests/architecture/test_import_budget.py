"""What may be loaded by which entrance: start-up is paid for by every window and every command.

Measured on two cores: QtWidgets 80 ms, httpx 64, msal 91, google_auth_oauthlib 146,
keyring 101, fastapi 224. So they are loaded when first needed, never by an import of ours.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.support.sources import ROOT, app_sources

HEAVY = (
    "httpcore",
    "httpx",
    "msal",
    "google",
    "google_auth_oauthlib",
    "requests",
    "keyring",
    "fastapi",
    "starlette",
    "uvicorn",
    "pydantic",
)
# Loaded when a window is wanted.
WINDOWS = {"ui", "wiring_window"}
# Loaded by a request or a sign-in, not by a start.
LATE = {"auth", "gateway", "providers", "sandbox"}

_SCRIPT = """
import importlib, json, sys
modules, unwanted = json.loads(sys.argv[1])
found = []
for module in modules:
    importlib.import_module(module)
    for name in unwanted:
        if name in sys.modules:
            found.append(f"{module} loads {name}")
            unwanted.remove(name)
print(json.dumps(found))
"""


def _loaded_by(modules: list[str], unwanted: tuple[str, ...]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, json.dumps([modules, unwanted])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        pytest.fail(done.stderr, pytrace=False)
    return json.loads(done.stdout)


def _modules(*, late: bool, ui: bool) -> list[str]:
    return [
        source.module
        for source in app_sources()
        if (source.package in LATE) is late and (source.package in WINDOWS) is ui
    ]


def test_no_command_and_no_core_module_loads_qt_or_a_heavy_library():
    modules = _modules(late=False, ui=False)

    assert "app.domain" in modules
    assert _loaded_by(modules, ("PySide6", *HEAVY)) == []


def test_no_window_loads_a_heavy_library():
    modules = _modules(late=False, ui=True)

    assert _loaded_by(modules, HEAVY) == []


def test_adapters_do_without_qt():
    modules = _modules(late=True, ui=False)

    assert _loaded_by(modules, ("PySide6",)) == []


@pytest.mark.parametrize("library", ["httpx", "keyring"])
def test_the_probe_sees_what_is_loaded(library):
    assert _loaded_by([library], (library,)) == [f"{library} loads {library}"]
