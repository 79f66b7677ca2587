from __future__ import annotations

from pathlib import Path

import pytest

from app.settings import SETTINGS, SettingError, Settings


def test_flag_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    name = "send.undo_s"
    levels = {
        "file": {name: 3.0},
        "environment": {"POSTRIDER_SEND_UNDO_S": "5"},
        "flags": {name: 7},
    }
    assert Settings().undo_s == 10.0
    assert Settings(file=levels["file"]).undo_s == 3.0
    assert Settings(file=levels["file"], environment=levels["environment"]).undo_s == 5.0
    assert Settings(**levels).undo_s == 7.0


def test_file_is_read_and_a_missing_one_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    assert Settings.load(path).google_client_id == ""
    path.write_text('[google]\nclient_id = "abc"\n', encoding="utf-8")
    assert Settings.load(path).google_client_id == "abc"


@pytest.mark.parametrize(
    "text", ["[google\n", "[send]\nundo_s = 'soon'\n", "[send]\nundo_s = true\n"]
)
def test_unreadable_file_names_what_is_wrong(text: str, tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingError) as caught:
        Settings.load(path)
    assert caught.value.params["name"] in {"settings.toml", "send.undo_s"}


def test_sandbox_replaces_every_endpoint() -> None:
    endpoints = Settings({"sandbox.url": "http://127.0.0.1:8/"}).endpoints
    urls = [
        value
        for name in endpoints.__slots__
        if "url" in name
        for value in [getattr(endpoints, name)]
    ]
    assert len(urls) == 7
    assert all(url.startswith("http://127.0.0.1:8") and "//" not in url[7:] for url in urls)


def test_origins_name_every_setting_once_and_hide_secrets() -> None:
    settings = Settings({"google.client_secret": "GOCSPX-1"})
    origins = {one.name: one for one in settings.origins()}
    assert len(origins) == len(SETTINGS)
    assert origins["google.client_secret"].value == "•••"
    assert origins["google.client_secret"].origin == "flag"
    assert origins["send.undo_s"].origin == "default"
