from __future__ import annotations

import stat
from pathlib import Path

import pytest

from app.domain.errors import StoreError
from app.paths import Paths, default_profile


def test_argument_beats_environment_beats_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Paths.choose().profile == default_profile().absolute()
    monkeypatch.setenv("POSTRIDER_PROFILE", str(tmp_path / "one"))
    assert Paths.choose().profile == tmp_path / "one"
    assert Paths.choose(tmp_path / "two").profile == tmp_path / "two"


def test_directories_are_private(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "profile")
    paths.ensure()
    for folder in (paths.profile, paths.blobs, paths.log_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_profile_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder")
    with pytest.raises(StoreError) as caught:
        Paths(in_the_way / "profile").ensure()
    assert str(in_the_way) in str(caught.value.params["path"])
