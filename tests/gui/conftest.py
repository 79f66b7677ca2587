"""Fixtures of the window tests: the theme is applied once, in light."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtGui import QGuiApplication

from app.runtime import threads
from app.ui.theme import Theme


@pytest.fixture(scope="session", autouse=True)
def _clipboard_is_qts_own_at_the_end() -> Iterator[None]:
    """Qt frees the clipboard after Python has ended: data that Python made would crash there."""
    yield
    if QGuiApplication.instance() is not None:
        QGuiApplication.clipboard().clear()


@pytest.fixture(autouse=True)
def _gui_thread_is_marked() -> Iterator[None]:
    """Slow work on this thread is a bug, and found."""
    threads.mark_gui_thread()
    yield
    threads.unmark_gui_thread()


@pytest.fixture
def theme(qapp) -> Iterator[Theme]:
    made = Theme(choice="light")
    made.apply(qapp)
    yield made
    made.deleteLater()
