"""The quoted original, folded below the text. Shows it and reports what is wanted; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from app.ui.compose.safe_view import SafeView
from app.ui.widgets import button, label, look, surface

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from app.domain.draft import Quote
    from app.ui.theme import Theme

_MIN_HEIGHT = 60
_AROUND = 62  # the line above the original and the margins


class QuoteBlock(QWidget):
    """One line while folded; `wanted` asks for the safe HTML the first time it opens."""

    wanted = Signal()
    edit_requested = Signal()
    remove_requested = Signal()
    opened = Signal()

    def __init__(self, *, theme: Theme) -> None:
        super().__init__()
        self._quote: Quote | None = None
        self._is_filled = False
        self.setObjectName("composer.quote")
        outer = QHBoxLayout(self)
        outer.setContentsMargins(24, 4, 24, 12)
        outer.setSpacing(0)
        bar = QFrame()
        look(bar, line="v", weight="strong")
        bar.setFixedWidth(3)
        outer.addWidget(bar)
        box = surface("raised")
        outer.addWidget(box, 1)
        column = QVBoxLayout(box)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(10)
        self._text = label(name="composer.quote.text", tone="muted")
        row.addWidget(self._text, 1)
        self.toggle = button(
            "Show", name="composer.quote.show", clicked=self._on_toggle, role="link"
        )
        row.addWidget(self.toggle)
        for text, name, signal in (
            ("Edit inline", "edit", self.edit_requested),
            ("Remove", "remove", self.remove_requested),
        ):
            row.addWidget(
                button(text, name=f"composer.quote.{name}", clicked=signal.emit, role="link")
            )
        column.addLayout(row)
        self.view = SafeView(theme=theme, name="composer.quote.view", label="Quoted original")
        self._room = 0
        self.view.setFixedHeight(_MIN_HEIGHT)
        self.view.hide()
        column.addWidget(self.view)
        self.hide()

    @property
    def is_filled(self) -> bool:
        """Say whether the original is shown (or was, and is folded)."""
        return self._is_filled

    def add_picture(self, content_id: str, image: QImage) -> None:
        """Show a picture of the original."""
        self.view.add_picture(content_id, image)
        self._fit()
        self.opened.emit()

    @property
    def quote(self) -> Quote | None:
        """Give what is shown."""
        return self._quote

    def show_quote(self, quote: Quote | None) -> None:
        """Fold up and show this one, or nothing."""
        if quote is self._quote:
            return
        self._quote = quote
        self._is_filled = False
        self._fold(folded=True)
        self.setVisible(quote is not None)
        if quote is not None:
            self._text.setText(f"⋯  {_heading(quote.attribution)}")

    def fill(self, html: str) -> None:
        """Show the original, made safe."""
        self._is_filled = True
        self.view.show_html(html)
        self._fit()
        self.opened.emit()

    def set_room(self, height: int) -> None:
        """Say how high it may grow when it is open."""
        self._room = height
        self._fit()

    def _fit(self) -> None:
        needs = round(self.view.document().size().height()) + 4
        height = max(_MIN_HEIGHT, min(needs, self._room - _AROUND))
        if height != self.view.height():
            self.view.setFixedHeight(height)

    def _on_toggle(self) -> None:
        folded = not self.view.isHidden()
        self._fold(folded=folded)
        if not folded and not self._is_filled:
            self.wanted.emit()
        self.opened.emit()

    def _fold(self, *, folded: bool) -> None:
        self.view.setHidden(folded)
        self.toggle.setText("Show" if folded else "Hide")


def _heading(attribution: str) -> str:
    """Give one line for what stands above the original."""
    lines = [line.strip() for line in attribution.strip().splitlines()]
    if not lines:
        return "Quoted original"
    if not lines[0].startswith("--"):
        return lines[0].rstrip(":")
    author = next((line for line in lines[1:] if line.startswith("From:")), "")
    title = lines[0].strip("- ")
    return f"{title}, {author.replace('From:', 'from', 1)}" if author else title
