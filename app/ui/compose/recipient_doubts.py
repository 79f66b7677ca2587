"""Marks recipients whose domain looks like a slip, and offers the one that was probably meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.domain.address_check import lacks_dot
from app.domain.texts_problems import address_reason_sentence
from app.ui.compose.doubts import Doubt, KnownDomains
from app.ui.compose.notice_bar import Notice

if TYPE_CHECKING:
    from app.domain.address import Address
    from app.domain.conversation import Conversation
    from app.ui.compose.window import ComposeWindow

_FIELDS = ("to", "cc", "bcc")


class RecipientDoubts(QObject):
    """Asks once about each address."""

    def __init__(self, window: ComposeWindow) -> None:
        super().__init__(window)
        self._window = window
        self._known = KnownDomains()
        self._kept: set[str] = set()
        self._shown: set[str] = set()
        window.panel.browser.finder.found.connect(self._on_found)

    def _on_found(self, rows: list[Conversation]) -> None:
        self._known.learn(rows, own=self._window.controller.own_addresses)
        self.look()

    def look(self) -> None:
        """Look at every recipient again."""
        found: dict[str, tuple[str, Doubt]] = {}
        for name in _FIELDS:
            for chip in self._window.header.fields[name].chips:
                doubt = None
                if chip.address is not None and chip.address.key not in self._kept:
                    doubt = self._known.doubt(chip.address)
                chip.set_warned(*_mark(chip.address, doubt))
                if doubt is not None:
                    found[doubt.address.key] = (name, doubt)
        for key in self._shown - set(found):
            self._window.notices.drop(f"doubt:{key}")
        for key, (name, doubt) in found.items():
            self._show(key, name, doubt)
        self._shown = set(found)

    def _show(self, key: str, field: str, doubt: Doubt) -> None:
        def use() -> None:
            self._window.header.fields[field].replace_address(doubt.address, doubt.meant)

        def keep() -> None:
            self._kept.add(key)
            self.look()

        self._window.notices.show_notice(
            Notice(
                key=f"doubt:{key}",
                text=doubt.sentence,
                strong=(doubt.address.addr_spec, doubt.meant.domain),
                actions=((f"Use {doubt.meant.addr_spec}", use), ("Keep", keep)),
            )
        )


def _mark(address: Address | None, doubt: Doubt | None) -> tuple[bool, str]:
    """Say whether a chip is marked, and why."""
    if address is not None and lacks_dot(address.addr_spec):
        return True, address_reason_sentence("no_dot", address.addr_spec)
    return doubt is not None, doubt.sentence if doubt else ""
