"""Changing settings of a running profile: the person's own file stays theirs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from app.domain.events import SettingsChanged
from app.preferences import Preferences
from app.runtime.bus import Bus
from app.runtime.file_lock import lock_file, unlock_file
from app.settings import SettingError, Settings

BY_HAND = """# mine
[ui]
theme = "dark"  # at night

[limits]
gmail_per_day = 100
unknown = [1, 2]
"""


class Made:
    def __init__(self, path: Path, flags: dict[str, object] | None = None) -> None:
        self.bus = Bus()
        self.settings = Settings.load(path, flags)
        self.preferences = Preferences(path=path, settings=self.settings, bus=self.bus)
        self.told: list[frozenset[str]] = []
        self.bus.subscribe(SettingsChanged, lambda event: self.told.append(event.names))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "settings.toml"


def test_a_change_is_in_force_at_once_told_and_there_at_the_next_start(path: Path) -> None:
    made = Made(path)

    made.preferences.change(Settings.undo_s, 30.0)
    made.preferences.change(Settings.gateway_enabled, True)

    assert made.settings.undo_s == 30.0
    assert made.told == [frozenset({"send.undo_s"}), frozenset({"gateway.enabled"})]
    assert Settings.load(path).undo_s == 30.0
    assert Settings.load(path).gateway_enabled is True
    assert path.stat().st_mode & 0o777 == 0o600


def test_comments_and_what_is_not_ours_stay(path: Path) -> None:
    path.write_text(BY_HAND, encoding="utf-8")

    Made(path).preferences.change(Settings.undo_s, 5.0)

    written = path.read_text(encoding="utf-8")
    assert written.startswith(BY_HAND)
    assert written.removeprefix(BY_HAND).split() == ["[send]", "undo_s", "=", "5.0"]


def test_dotted_keys_are_changed_where_they_stand(path: Path) -> None:
    path.write_text('ui.theme = "dark"\nsend.undo_s = 7\n', encoding="utf-8")

    Made(path).preferences.change(Settings.theme, "light")

    assert path.read_text(encoding="utf-8") == 'ui.theme = "light"\nsend.undo_s = 7\n'


def test_a_link_to_a_file_elsewhere_stays_a_link(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("", encoding="utf-8")
    path.symlink_to(real)

    Made(path).preferences.change(Settings.theme, "dark")

    assert path.is_symlink()
    assert "dark" in real.read_text(encoding="utf-8")


def test_what_another_program_writes_is_taken_and_told_once(path: Path) -> None:
    one, other = Made(path), Made(path)

    other.preferences.change(Settings.theme, "dark")

    assert one.preferences.refresh()
    assert one.settings.theme == "dark"
    assert one.told == [frozenset({"ui.theme"})]
    assert not one.preferences.refresh()


def test_a_setting_that_is_gone_from_the_file_is_the_default_again(path: Path) -> None:
    path.write_text("send.undo_s = 3\n", encoding="utf-8")
    made = Made(path)

    path.unlink()

    assert made.preferences.refresh()
    assert made.settings.undo_s == 10.0


@pytest.mark.parametrize("text", ["[ui\ntheme", "send.undo_s = 'soon'\n", "ui = \udcff"])
def test_a_file_that_cannot_be_understood_changes_nothing(path: Path, text: str) -> None:
    path.write_text("send.undo_s = 3\n", encoding="utf-8")
    made = Made(path)

    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    assert not made.preferences.refresh()
    assert made.settings.undo_s == 3.0
    assert made.told == []


def test_a_broken_file_is_not_overwritten(path: Path) -> None:
    made = Made(path)
    path.write_text("[ui\n", encoding="utf-8")

    with pytest.raises(SettingError):
        made.preferences.change(Settings.theme, "dark")

    assert path.read_text(encoding="utf-8") == "[ui\n"
    assert made.settings.theme == "system"


def test_flags_and_variables_win_and_are_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTRIDER_GATEWAY_PORT", "9000")
    made = Made(path, {"ui.theme": "dark"})

    made.preferences.change(Settings.theme, "light")

    assert made.settings.theme == "dark"
    assert made.told == []
    assert made.preferences.forced_by(Settings.theme) == "flag"
    assert made.preferences.forced_by(Settings.gateway_port) == "environment POSTRIDER_GATEWAY_PORT"
    assert made.preferences.forced_by(Settings.undo_s) == ""


def test_writers_wait_for_each_other(path: Path) -> None:
    made = Made(path)
    held = lock_file(path.with_suffix(".lock"))
    assert held is not None
    writer = threading.Thread(target=made.preferences.change, args=(Settings.theme, "dark"))

    writer.start()
    assert not path.exists()
    unlock_file(held)
    writer.join(30)

    assert made.settings.theme == "dark"
