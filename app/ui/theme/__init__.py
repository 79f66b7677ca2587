"""The looks: tokens, one style sheet built from them, icons tinted by them. No widget of its own."""

from __future__ import annotations

from app.ui.theme.theme import Theme
from app.ui.theme.tokens import DARK, LIGHT, Tokens

__all__ = ["DARK", "LIGHT", "Theme", "Tokens"]
