"""Colours that can be read, one sheet, icons for every name."""

from __future__ import annotations

import re

import pytest
from PySide6.QtWidgets import QPushButton

from app.ui import icons
from app.ui.theme import DARK, LIGHT, Theme
from app.ui.theme.stylesheet import build_stylesheet

BACKGROUNDS = ("background", "surface", "raised")
TEXTS = ("text", "muted", "accent", "warn", "ok", "danger")
SOFT = (
    ("accent", "accent_soft"),
    ("text", "accent_soft"),
    ("warn", "warn_soft"),
    ("ok", "ok_soft"),
    ("danger", "danger_soft"),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
)


def luminance(colour):
    """WCAG 2.2, definition of relative luminance."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read_on_every_ground_it_stands_on(tokens):
    pairs = [(text, ground) for text in TEXTS for ground in BACKGROUNDS] + list(SOFT)

    weak = [
        (text, ground, round(contrast(getattr(tokens, text), getattr(tokens, ground)), 2))
        for text, ground in pairs
        if contrast(getattr(tokens, text), getattr(tokens, ground)) < 4.5
    ]

    assert weak == []


@pytest.mark.parametrize("tokens", [LIGHT, DARK], ids=["light", "dark"])
def test_the_sheet_names_no_colour_that_is_no_token(tokens):
    known = {getattr(tokens, name) for name in tokens.__dataclass_fields__}

    used = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", build_stylesheet(tokens)))

    assert used
    assert used <= known


def test_switching_repaints_the_application_and_says_so(qtbot, qapp, theme):
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")

    assert theme.tokens is DARK
    assert DARK.background in qapp.styleSheet()
    assert qapp.palette().window().color().name() == DARK.background
    theme.choose("light")


def test_choosing_what_is_in_force_changes_nothing(qtbot, theme):
    with qtbot.assertNotEmitted(theme.changed):
        theme.choose("light")


def test_an_unknown_choice_follows_the_system(qapp):
    theme = Theme(choice="system")
    theme.choose("purple")

    assert theme.choice == "system"


def test_every_icon_draws_something_in_the_colour_asked_for(qapp):
    names = sorted(path.stem for path in (icons.resources_dir() / "icons").glob("*.svg"))
    assert len(names) > 40

    for name in names:
        image = icons.draw(name, "#ff0000", 16, 2.0).toImage()
        colours = {
            image.pixelColor(x, y).name()
            for x in range(image.width())
            for y in range(image.height())
            if image.pixelColor(x, y).alpha() == 255
        }
        assert colours == {"#ff0000"}, name


def test_the_sheet_is_read_without_a_complaint(qtbot, theme):
    button = QPushButton("Send")
    button.setProperty("role", "primary")
    qtbot.addWidget(button)

    button.ensurePolished()

    assert button.sizeHint().height() == 32
