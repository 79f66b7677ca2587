"""The story: connect Gmail and Outlook, write, drop a file, send; answer a conversation; look it up."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from app.domain.account import ProviderKind
from app.ports import OutboxView
from app.ui.demo.hands import click, drop, find, window, write
from app.ui.demo.scene import Scene

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.ui.compose.window import ComposeWindow
    from app.ui.demo.player import Story

DECK = "deck.pdf"
DECK_BYTES = 2_000_000
POINTS = (
    "list price stays at $24,000 for 40 seats",
    "onboarding is included until 30 September",
    "the two-year option saves another 8 %",
)


class DayStory(Scene):
    """A day with two accounts."""

    def steps(self) -> Story:
        """Play everything."""
        # Any bytes will do; the same ones every time make the proof repeatable.
        deck = self._out / DECK
        deck.write_bytes(random.Random(7).randbytes(DECK_BYTES))  # noqa: S311
        yield from self._connect_gmail()
        yield from self._connect_outlook()
        yield from self._write_from_gmail()
        yield from self._reply_from_outlook()
        yield from self._refuse_nobody()
        yield from self._look_at_mailroom()

    # --- accounts ---

    def _connect_gmail(self) -> Story:
        yield "the welcome", lambda: window("welcome_window")
        welcome = self._shown("welcome_window")
        self._camera.shoot(welcome, "welcome")
        click(welcome, "welcome.gmail")
        yield "the Gmail account", lambda: self._boxes(ProviderKind.GMAIL)
        yield "a composer after the first account", lambda: self._program.windows.composers

    def _connect_outlook(self) -> Story:
        accounts = self._shown("accounts")
        click(accounts, "accounts.add.microsoft")
        click(accounts, "sign_in.flow.device")
        yield "the device code", lambda: find(accounts, "sign_in.code").isVisible()
        self._camera.shoot(accounts, "device-code")
        yield "the Outlook account", lambda: self._boxes(ProviderKind.MICROSOFT)
        yield "the card to go", lambda: not find(accounts, "sign_in").isVisible()
        self._camera.shoot(accounts, "accounts")
        accounts.close()

    # --- writing ---

    def _write_from_gmail(self) -> Story:
        composer = self._composer()
        box = self._boxes(ProviderKind.GMAIL)[0]
        yield from self._choose(composer, box)
        self._camera.shoot(composer, "composer-new")
        people = "Jane Doe <jane@northwind.example>, Raj Patel <raj@northwind.example>,"
        write(composer.header.fields["to"].line, people)
        write(composer.header.subject, "Pricing for Q3: what changes")
        self._write_body(composer)
        drop(find(composer, "composer.body"), self._out / DECK)
        yield "the file to be kept", lambda: composer.controller.draft.attachments
        yield "the draft to be saved", lambda: not composer.controller.needs_saving
        self._camera.shoot(composer, "composer-attachment")
        # As a rep has it: the Mailroom open beside the composers, so the program stays.
        self._program.windows.open_mailroom("Outbox")
        yield from self._send(composer, "undo")

    def _write_body(self, composer: ComposeWindow) -> None:
        editor, bar = composer.editor, composer.format_bar
        write(editor, "Hi Jane,\nas promised, here is what changes in Q3 for the ")
        click(bar, "format.bold")
        write(editor, "Northwind renewal")
        click(bar, "format.bold")
        write(editor, ":\n")
        click(bar, "format.bullets")
        write(editor, "\n".join(POINTS))
        QTest.keyClick(editor, Qt.Key.Key_Return)
        click(bar, "format.bullets")
        write(editor, "The deck is attached. Shall we say Thursday, 10:00?")

    def _reply_from_outlook(self) -> Story:
        self._program.windows.open_new()
        composer = self._composer()
        yield from self._choose(composer, self._boxes(ProviderKind.MICROSOFT)[0])
        rows = composer.panel.browser
        yield "conversations", lambda: rows.model.rows
        row = next(one for one in rows.model.rows if one.subject.endswith("Pricing for Q3"))
        rows.select(row.ref)
        rows.pick_current()
        yield "the reply", lambda: composer.controller.draft.reply
        write(
            composer.editor,
            "Hi Raj,\nyes, the price per seat is fixed for both years. See you on Thursday.",
        )
        yield "the draft to be saved", lambda: not composer.controller.needs_saving
        self._camera.shoot(composer, "composer-reply")
        yield from self._send(composer, "")

    def _refuse_nobody(self) -> Story:
        self._program.windows.open_new()
        composer = self._composer()
        yield "the From list", lambda: composer.controller.chosen
        write(composer.header.fields["to"].line, "jane@@northwind,")
        write(composer.editor, "Hello")
        click(composer, "composer.send")
        yield "the notice", lambda: composer.notices.isVisible()
        self._camera.shoot(composer, "composer-error")
        composer.controller.discard_stored()
        composer.closing.close_now()
        yield "the window to be gone", lambda: not self._program.windows.composers

    def _send(self, composer: ComposeWindow, picture: str) -> Story:
        before = len(self._records(OutboxView.SENT))
        yield from self._hand_over(composer)
        bar = window("undo_bar")
        if picture and bar is not None:
            self._camera.shoot(bar, picture)
        count = len(self._program.windows.composers)
        yield "acceptance", lambda: len(self._records(OutboxView.SENT)) > before
        yield "the window to go", lambda: len(self._program.windows.composers) < count or count == 0

    # --- the Mailroom ---

    def _look_at_mailroom(self) -> Story:
        self._program.windows.open_mailroom("Sent")
        yield "the copies in Sent to be read back", self._are_read_back
        mailroom, sent = self._shown("mailroom"), len(self._records(OutboxView.SENT))
        rows = self._rows(mailroom)
        yield "the rows", lambda: rows.model().rowCount() == sent
        rows.setCurrentIndex(rows.model().index(0, 0))
        history: QWidget = find(mailroom, "detail.history")
        yield "what happened", lambda: history.findChildren(QLabel)
        yield "one look more", lambda: True
        self._camera.shoot(mailroom, "mailroom")
