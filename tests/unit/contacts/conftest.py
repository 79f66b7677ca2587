from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.paths import Paths
from app.services import Services
from app.wiring import open_services


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = open_services(Paths(tmp_path / "profile"))
    yield opened
    opened.close()
