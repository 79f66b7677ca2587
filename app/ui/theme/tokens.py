"""Colours and measures by purpose, for light and for dark. Pure values; no Qt here.

Text tokens keep a contrast of at least 4.5 : 1 on every background they are used on (WCAG 2.2,
success criterion 1.4.3); `faint` is for decoration and placeholders only.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """One palette. Every colour in the interface is one of these."""

    is_dark: bool
    background: str
    surface: str
    raised: str
    line: str
    line_faint: str
    text: str
    muted: str
    faint: str
    accent: str
    accent_hover: str
    accent_soft: str
    on_accent: str
    warn: str
    warn_soft: str
    ok: str
    ok_soft: str
    danger: str
    danger_soft: str
    gmail: str
    outlook: str

    def provider(self, provider: str) -> str:
        """Give the dot colour of a provider by its wire name."""
        return self.gmail if provider == "gmail" else self.outlook

    def tone(self, tone: str) -> str:
        """Give the text colour of a tone: plain, muted, accent, warn, ok or danger."""
        return str(getattr(self, "text" if tone == "plain" else tone))


LIGHT = Tokens(
    is_dark=False,
    background="#f4f5f8",
    surface="#ffffff",
    raised="#fbfbfd",
    line="#e2e5ec",
    line_faint="#eceef3",
    text="#1a1d26",
    muted="#667085",
    faint="#98a1b2",
    accent="#2f5bea",
    accent_hover="#264dcb",
    accent_soft="#e9eefe",
    on_accent="#ffffff",
    warn="#b54708",
    warn_soft="#fff4e5",
    ok="#067647",
    ok_soft="#e7f6ee",
    danger="#b42318",
    danger_soft="#fdeceb",
    gmail="#d93025",
    outlook="#0f6cbd",
)

DARK = Tokens(
    is_dark=True,
    background="#15171c",
    surface="#1c1f26",
    raised="#22262f",
    line="#2f3440",
    line_faint="#282c36",
    text="#e8eaf0",
    muted="#9aa3b5",
    faint="#737d90",
    accent="#7394ff",
    accent_hover="#8ba6ff",
    accent_soft="#26304d",
    on_accent="#0d1120",
    warn="#f7b267",
    warn_soft="#3a2a14",
    ok="#6fcf97",
    ok_soft="#173226",
    danger="#ff8f85",
    danger_soft="#3d2120",
    gmail="#f28b82",
    outlook="#6cb8ff",
)

# An 8-px grid; heights and radii in device-independent pixels.
GRID = 8
ROW_HEIGHT = 36
CHIP_HEIGHT = 24
BUTTON_HEIGHT = 28
PRIMARY_HEIGHT = 32
RADIUS = 6
RADIUS_TRAY = 8
RADIUS_CARD = 10
RADIUS_CHIP = 12
TEXT_PX = 13
SMALL_PX = 12
DOCUMENT_PX = 14
TITLE_PX = 18
