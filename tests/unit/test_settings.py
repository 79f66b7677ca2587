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


def test_shipped_clients_are_used_until_a_setting_says_otherwise(tmp_path: Path) -> None:
    folder = tmp_path / "oauth"
    folder.mkdir()
    text = '{"google": {"client_id": "ours", "api_url": "x"}, "microsoft": {"tenant": "acme"}}'
    (folder / "clients.json").write_text(text, encoding="utf-8")
    path = tmp_path / "settings.toml"
    shipped = Settings.load(path, resources=tmp_path)
    assert (shipped.google_client_id, shipped.microsoft_tenant) == ("ours", "acme")
    # Registrations only: an address in that file is not believed.
    assert shipped.google_api_url == "https://gmail.googleapis.com"
    assert "oauth/clients.json" in {one.origin for one in shipped.origins()}
    path.write_text('[google]\nclient_id = "mine"\n', encoding="utf-8")
    assert Settings.load(path, resources=tmp_path).google_client_id == "mine"


def test_unreadable_shipped_clients_are_said(tmp_path: Path) -> None:
    folder = tmp_path / "oauth"
    folder.mkdir()
    (folder / "clients.json").write_text("{", encoding="utf-8")
    with pytest.raises(SettingError):
        Settings.load(tmp_path / "settings.toml", resources=tmp_path)
