"""Each layer uses the libraries given to it here, and no others."""

from __future__ import annotations

import sys
import tomllib

from tests.support.sources import ROOT, Source, app_sources, imported_names

_ASGI = {"fastapi", "starlette", "uvicorn", "pydantic", "python_multipart"}

# A layer that is not named here gets along with the standard library.
ALLOWED: dict[str, set[str]] = {
    # requests and oauthlib are what google-auth-oauthlib speaks by: their errors are mapped there.
    "auth": {
        "cryptography",
        "google",
        "google_auth_oauthlib",
        "httpx",
        "keyring",
        "msal",
        "oauthlib",
        "requests",
    },
    "domain": {"email_validator", "idna"},
    "gateway": _ASGI,
    "mime": {"nh3", "email_validator", "selectolax"},
    "paths": {"platformdirs"},
    "preferences": {"tomlkit"},
    # What httpx sends with, for the requests of an account; the sign-ins and far files use httpx.
    "providers": {"httpx", "httpcore"},
    "sandbox": _ASGI | {"cryptography"},
    "settings": {"platformdirs"},
    "ui": {"PySide6", "shiboken6"},
}
# Parts of the standard library that have one home as well.
HOMES = {
    "asyncio": {"gateway", "sandbox"},
    "sqlite3": {"store"},
    "tkinter": set(),
    # Its reading of the proxies that the system names.
    "urllib.request": {"providers"},
}


def _foreign_roots(source: Source) -> list[tuple[int, str]]:
    roots = ((line, name.partition(".")[0]) for line, name in imported_names(source))
    return [
        (line, root)
        for line, root in roots
        if root not in sys.stdlib_module_names and root != "app"
    ]


def test_a_layer_imports_only_its_own_libraries():
    strangers = [
        f"{source.path}:{line} imports {root}"
        for source in app_sources()
        for line, root in _foreign_roots(source)
        if root not in ALLOWED.get(source.package, set())
    ]

    assert strangers == []


def test_sqlite_and_its_like_stay_at_home():
    strays = [
        f"{source.path}:{line} imports {name}"
        for source in app_sources()
        for line, name in imported_names(source)
        for home, layers in HOMES.items()
        if (name == home or name.startswith(f"{home}.")) and source.package not in layers
    ]

    assert strays == []


def test_every_library_in_the_table_is_a_declared_dependency():
    names = {
        "email_validator": "email-validator",
        "google": "google-auth-oauthlib",
        "google_auth_oauthlib": "google-auth-oauthlib",
        "oauthlib": "google-auth-oauthlib",
        "PySide6": "pyside6-essentials",
        "pydantic": "fastapi",
        "python_multipart": "python-multipart",
        "requests": "google-auth-oauthlib",
        "shiboken6": "pyside6-essentials",
        "starlette": "fastapi",
    }
    declared = " ".join(
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ).lower()

    wanted = {names.get(root, root) for roots in ALLOWED.values() for root in roots}

    assert [name for name in sorted(wanted) if name not in declared] == []
