"""The documents speak of what is there."""

from __future__ import annotations

import re
import tomllib

from tests.support.sources import ROOT

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "app/ARCHITECTURE.md")
_LINK = re.compile(r"\]\(([^)#\s]+)")
_TARGET = re.compile(r"`make ([a-z]+)`")


def _text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def test_every_local_link_and_picture_leads_somewhere():
    broken = [
        f"{name}: {link}"
        for name in DOCUMENTS
        for link in _LINK.findall(_text(name))
        if "://" not in link and not (ROOT / name).parent.joinpath(link).exists()
    ]

    assert broken == []


def test_every_make_target_that_is_named_exists():
    makefile = _text("Makefile")
    named = {target for name in DOCUMENTS for target in _TARGET.findall(_text(name))}

    assert {"run", "test", "check"} <= named
    assert [target for target in sorted(named) if f"\n{target}:" not in makefile] == []


def test_the_readme_names_every_library_and_no_other():
    project = tomllib.loads(_text("pyproject.toml"))["project"]
    declared = {re.split(r"[<>=!~ ;\[]", line)[0] for line in project["dependencies"]}
    table = _text("README.md").partition("## Libraries")[2].partition("*Late*")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ")][1:]
    named = {name.strip() for row in rows for name in row.split(",")}

    assert named == declared


def test_the_readme_names_the_settings_by_which_accounts_are_connected():
    from app.settings import SETTINGS

    readme = _text("README.md")

    for name in ("google.client_id", "google.client_secret", "microsoft.client_id"):
        variable = next(setting.variable for setting in SETTINGS if setting.name == name)
        assert variable in readme


def test_the_readme_names_every_command_and_no_other():
    from app.cli.parser import make_parser

    usage = make_parser().format_help()
    known = set(re.findall(r"^    ([a-z]+) ", usage, flags=re.MULTILINE))
    named = set(re.findall(r"`postrider ([a-z]+)", _text("README.md")))

    assert "send" in known
    assert named == known
