"""The composer window: puts the parts together and connects them. Decides nothing about mail.

What it holds is in `controller`; what it asks of the program goes through `ComposerHost`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QVBoxLayout, QWidget
from shiboken6 import isValid

from app.domain.draft import Body, BodyMode, ReplyMode
from app.ui.compose.attach_flow import AttachFlow
from app.ui.compose.attachment_tray import AttachmentTray
from app.ui.compose.body_editor import BodyEditor
from app.ui.compose.closing import Closing
from app.ui.compose.controller import ComposeController
from app.ui.compose.conversation_panel import ConversationPanel
from app.ui.compose.drops import FileDrops
from app.ui.compose.editing import Editing
from app.ui.compose.fetch_flow import FetchFlow
from app.ui.compose.format_bar import FormatBar
from app.ui.compose.header_form import HeaderForm
from app.ui.compose.late_insert import LatePaste
from app.ui.compose.notice_bar import Notice, NoticeBar
from app.ui.compose.picture_flow import PictureFlow
from app.ui.compose.quote_block import QuoteBlock
from app.ui.compose.quote_flow import QuoteFlow
from app.ui.compose.recipient_doubts import RecipientDoubts
from app.ui.compose.recipient_tips import RecipientTips
from app.ui.compose.reply_flow import ReplyFlow
from app.ui.compose.send_bar import SendBar
from app.ui.compose.send_flow import SendFlow
from app.ui.compose.sent import AfterSend
from app.ui.compose.shortcuts import add_shortcuts, order_focus
from app.ui.compose.signature_block import SignatureBlock
from app.ui.compose.signature_flow import SignatureFlow
from app.ui.compose.standing import Standing
from app.ui.compose.suggestions import suggest_people
from app.ui.compose.thread_picker import ThreadPicker
from app.ui.compose.writing_pane import WritingPane
from app.ui.widgets import line, look

if TYPE_CHECKING:
    from PySide6.QtGui import QCloseEvent, QResizeEvent

    from app.domain.draft import Draft
    from app.ui.compose.host import ComposerHost, Sender
    from app.ui.compose.send_later import Planned
    from app.ui.theme import Theme

_WIDE = 920
_NARROW = 735
_PANEL_WIDTH = 300


class ComposeWindow(QMainWindow):
    """One mail being written."""

    closed = Signal()

    def __init__(self, *, host: ComposerHost, theme: Theme, draft: Draft) -> None:
        super().__init__()
        self.host = host
        self.theme = theme
        self._is_reading_header = False
        self._focus_before: QWidget | None = None
        self.setObjectName("composer")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.controller = ComposeController(host=host, draft=draft, parent=self)
        self.attaching = AttachFlow(self.controller)
        self.replying = ReplyFlow(self.controller)
        self.sending = SendFlow(self.controller)
        self.header = HeaderForm(theme=theme)
        self.thread_picker = ThreadPicker(theme=theme, host=host)
        self.header.add_to_from_row(self.thread_picker)
        self.notices = NoticeBar(theme=theme)
        self.editor = BodyEditor(theme=theme)
        self.format_bar = FormatBar(theme=theme, editor=self.editor)
        self.signature = SignatureBlock(theme=theme)
        self.quote = QuoteBlock(theme=theme)
        self.panel = ConversationPanel(theme=theme, host=host)
        self.tray = AttachmentTray(theme=theme)
        self.fetching = FetchFlow(self.controller, tray=self.tray)
        self.send_bar = SendBar(theme=theme)
        self.editing = Editing(self)
        self.quoting = QuoteFlow(self.controller, editor=self.editor, block=self.quote)
        self.signing = SignatureFlow(self.controller, block=self.signature)
        self.suggestions = suggest_people(
            self.header.fields.values(), host, lambda: self.controller.chosen
        )
        self.doubts = RecipientDoubts(self)
        self.tips = RecipientTips(self)
        self.pictures = PictureFlow(self)
        self.pasting = LatePaste(self.controller, editor=self.editor)
        self.standing = Standing(self.controller, self.send_bar)
        self.after_send = AfterSend(self)
        self.closing = Closing(self)
        self.drops = FileDrops(self)
        self._lay_out()
        self._connect()
        add_shortcuts(self)
        self.controller.read_body = self._read_body
        self._show_body(draft)
        self._on_changed(draft)
        self.controller.load_senders()
        self.resize(1180, 780)
        self.setMinimumSize(640, 480)

    # --- building ------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        central = QWidget()
        look(central, surface="surface")
        self.setCentralWidget(central)
        rows = QVBoxLayout(central)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.header)
        rows.addWidget(self.notices)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        writing = QVBoxLayout()
        writing.setSpacing(0)
        for widget in (self.format_bar, line("h-faint")):
            writing.addWidget(widget)
        pane = WritingPane(editor=self.editor, signature=self.signature, quote=self.quote)
        writing.addWidget(pane, 1)
        middle.addLayout(writing, 1)
        self._panel_line = line("v")
        middle.addWidget(self._panel_line)
        self.panel.setFixedWidth(_PANEL_WIDTH)
        middle.addWidget(self.panel)
        rows.addLayout(middle, 1)
        rows.addWidget(self.tray)
        rows.addWidget(self.send_bar)
        order_focus(self)

    def _connect(self) -> None:
        control, session = self.controller, self.controller.session
        control.changed.connect(self._on_changed)
        control.status.connect(lambda text, failed: self.send_bar.show_saved(text, failed=failed))
        control.noticed.connect(self.notices.show_notice)
        control.notice_dropped.connect(self.notices.drop)
        control.senders_changed.connect(self._on_senders)
        self.header.mailbox.chosen.connect(control.choose_mailbox)
        self.header.mailbox.accounts_requested.connect(self.host.open_accounts)
        self.header.recipients_changed.connect(self._on_recipients)
        self.header.subject_changed.connect(session.set_subject)
        self.header.links_changed.connect(session.set_links)
        self.editor.edited.connect(control.body_edited)
        for source in (self.thread_picker, self.panel):
            source.leave_requested.connect(self.replying.leave)
        for answered in (self.thread_picker.picked, self.panel.reply_requested):
            answered.connect(lambda row, mode: self.replying.pick(row, ReplyMode(mode)))
        self.fetching.frozen.connect(self._on_busy)
        self.replying.answered.connect(self._on_answered)
        self._connect_sending()

    def _connect_sending(self) -> None:
        bar, sending = self.send_bar, self.sending
        bar.send_requested.connect(self.send)
        bar.send_now_requested.connect(lambda: self.send(undo_s=0.0))
        bar.send_later_requested.connect(self.after_send.ask_time)
        bar.attach_requested.connect(self.drops.ask)
        bar.discard_requested.connect(self.closing.discard)
        bar.mailroom_requested.connect(self.host.open_mailroom)
        bar.settings_requested.connect(self.host.open_settings)
        sending.busy.connect(self._on_busy)
        sending.focus_requested.connect(self.focus_field)
        sending.submitted.connect(self.after_send.on_submitted)

    # --- the draft on screen -------------------------------------------------------------------

    def _read_body(self) -> Body:
        if self.editor.is_plain:
            return Body(BodyMode.PLAIN, "", self.editor.text())
        return Body(BodyMode.HTML, self.editor.html(), "")

    def _show_body(self, draft: Draft) -> None:
        if draft.body.mode is BodyMode.PLAIN:
            self.editor.load_text(draft.body.text)
        else:
            self.editor.load_html(draft.body.html)
            self.pictures.load()
        self.format_bar.show_mode(plain=self.editor.is_plain)

    def show_version(self, draft: Draft) -> None:
        """Show exactly this version and write on from it."""
        self.controller.resume(draft)
        self._show_body(draft)

    def _on_changed(self, draft: Draft) -> None:
        if not self._is_reading_header:
            self.header.show_draft(draft)
        self.header.mailbox.set_current(draft.mailbox_uid)
        self.quote.show_quote(draft.quote)
        self.tray.show_attachments(draft.attachments)
        self.fetching.follow(draft)
        self.thread_picker.show_reply(draft.reply, draft.subject)
        self.panel.show_reply(draft.reply)
        self.doubts.look()
        self.setWindowTitle(f"{draft.subject.strip() or 'New message'} — Postrider")
        self._show_sender()

    def _on_recipients(self, field: str) -> None:
        # One person stands in one field: a change of one may have emptied another.
        self._is_reading_header = True
        for name in ("to", "cc", "bcc") if field != "reply_to" else (field,):
            addresses = self.header.fields[name].addresses
            self.controller.session.set_recipients(name, addresses)
        self._is_reading_header = False
        self.doubts.look()
        self.tips.look()

    def _on_senders(self, senders: list[Sender]) -> None:
        self.header.mailbox.set_senders(senders)
        self.header.mailbox.set_current(self.controller.draft.mailbox_uid)
        self._show_sender()
        if not senders:
            self.notices.show_notice(_welcome(self.host))
        else:
            self.notices.drop("welcome")

    def _show_sender(self) -> None:
        sender = self.controller.chosen
        account_uid = sender.account.uid if sender else ""
        self.panel.set_account(account_uid)
        self.thread_picker.set_account(account_uid)
        self.tray.set_limit(self.attaching.limit_bytes)
        self.attaching.check_total()
        self.standing.show_sender(sender)
        self.tips.look()

    # --- sending -------------------------------------------------------------------------------

    def send(self, *, undo_s: float | None = None, planned: Planned | None = None) -> None:
        """Commit what is half typed and send."""
        self.header.commit()
        self.controller.flush()
        if coming := _coming(self):
            self.notices.show_notice(Notice(key="send", text=coming))
            return
        if not self.fetching.may_send(lambda: self.send(undo_s=undo_s, planned=planned)):
            return
        self.sending.start(
            self.header.problems,
            undo_s=self.host.undo_s if undo_s is None else undo_s,
            planned=planned,
        )

    def _on_answered(self) -> None:
        """Go on where writing goes on, unless it is being written already."""
        focus = self.focusWidget()
        half_typed = any(field.line.text() for field in self.header.fields.values())
        if focus not in {self.editor, self.header.subject} and not half_typed:
            self._focus_start(Qt.FocusReason.OtherFocusReason)

    def _on_busy(self, busy: bool) -> None:
        if busy:
            self._focus_before = self.focusWidget()
        self.send_bar.set_busy(busy)
        for part in (self.header, self.format_bar, self.tray, self.panel):
            part.setEnabled(not busy)
        self.editor.setReadOnly(busy)
        # Greying the widget that has the focus passes it on to a neighbour.
        if not busy and self._focus_before is not None and isValid(self._focus_before):
            self._focus_before.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus_field(self, field: str) -> None:
        """Put the cursor where a problem is."""
        if field in {"body", "text", "html"}:
            self.editor.setFocus(Qt.FocusReason.OtherFocusReason)
        elif field == "attachments":
            self.send_bar.attach.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.header.focus_field(field)

    # --- window --------------------------------------------------------------------------------

    def showEvent(self, event: QEvent) -> None:
        """Start where writing goes on."""
        super().showEvent(event)  # type: ignore[arg-type]
        self._focus_start(Qt.FocusReason.ActiveWindowFocusReason)

    def _focus_start(self, reason: Qt.FocusReason) -> None:
        to = self.header.fields["to"]
        (to.line if to.is_empty else self.editor).setFocus(reason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give narrow windows to the text; the Conversation button stays."""
        super().resizeEvent(event)
        wide = self.width() >= _WIDE
        self.panel.setVisible(wide)
        self._panel_line.setVisible(wide)
        self.thread_picker.set_narrow(self.width() < _NARROW)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Save first; close once everything is on disk."""
        if self.closing.may_close():
            event.accept()
            self.closed.emit()
        else:
            event.ignore()


def _coming(window: ComposeWindow) -> str:
    """Say what is not in the mail yet, if anything."""
    if window.attaching.is_busy:
        return "Files are still being attached. Send once they are there."
    if window.pictures.is_busy or window.pasting.is_busy:
        return "What you pasted is still being put into the text. Send once it is there."
    return ""


def _welcome(host: ComposerHost) -> Notice:
    return Notice(
        key="welcome",
        text="No account is connected yet. Add one to send; what you write is kept.",
        actions=(("Add account", host.open_accounts),),
    )
