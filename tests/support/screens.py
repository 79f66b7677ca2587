"""Pictures of the windows in light and dark: `python -m tests.support.screens FOLDER [NAME…]`.

Everything in them is made up here; nothing is read from a profile. For looking at, not for comparing.
"""

from __future__ import annotations

import os
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TZ", "UTC")

from PySide6.QtCore import QDeadlineTimer, QEventLoop
from PySide6.QtWidgets import QApplication, QDialog, QLineEdit, QPushButton, QToolButton, QWidget

from app.domain.account import AccountState, ProviderKind
from app.domain.address import Address
from app.domain.attachment import Attachment
from app.domain.errors import SignInDenied
from app.domain.events import UploadProgressed
from app.domain.local_api import ApiStatus
from app.domain.outbound import (
    DeliveryStep,
    Envelope,
    HistoryEntry,
    OutboundEmail,
    OutboundState,
    Reason,
)
from app.domain.permission import Permission
from app.settings import Settings
from app.ui.theme import Theme
from tests.support.accounts_host import ScriptedAccountsHost
from tests.support.mailroom_host import MemoryMailroomHost
from tests.support.mailroom_values import (
    ADA,
    make_account,
    make_draft,
    make_record,
    minutes,
)

_S, _R = OutboundState, Reason


def settle(condition: Callable[[], bool], seconds: float = 5) -> None:
    """Run the event loop until something is so."""
    deadline = QDeadlineTimer(int(seconds * 1000))
    while not condition() and not deadline.hasExpired():
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents, 20)
    QApplication.processEvents()


def sample_records() -> list[OutboundEmail]:
    """Give one record for each thing a row can say."""
    lee, maria = (
        Address("lee@sung.example", "Lee Sung"),
        Address("m@fabrikam.example", "Maria Silva"),
    )
    files = tuple(
        Attachment(uid=str(n), filename=f"plan-{n}.pdf", media_type="application/pdf",
                   size_bytes=28_000_000, sha256="0" * 64)
        for n in range(3)
    )  # fmt: skip
    outlook = {"provider": ProviderKind.MICROSOFT, "account_uid": "outlook-1"}
    sales = Address("sales@acme.example", "Acme Sales")
    return [
        make_record(_S.SENDING, uid="r1", step=DeliveryStep.DRAFTING, attempts=1, **outlook,
                    content={"subject": "Proposal with drawings", "attachments": files,
                             "envelope": Envelope(sender=ADA, to=(lee,))}),
        make_record(_S.UNCERTAIN, _R.SETTLING, uid="r2", uncertain_at=minutes(-1), attempts=1),
        make_record(_S.QUEUED, _R.THROTTLED, uid="r3", due_at=minutes(13), attempts=1,
                    content={"subject": "Intro, Acme × Fabrikam",
                             "envelope": Envelope(sender=ADA, to=(maria, lee))}),
        make_record(_S.HELD, _R.SIGN_IN, uid="r4", updated_at=minutes(-295), attempts=1, **outlook,
                    content={"subject": "Follow-up on our meeting",
                             "envelope": Envelope(sender=sales, to=(Address("jane@example.com"),))}),
        make_record(_S.FAILED, _R.REJECTED, uid="r5", attempts=1, detail="Invalid To header",
                    content={"subject": "契約更新のご相談",
                             "envelope": Envelope(sender=ADA, to=(Address("t@x.example", "田中 健"),))}),
        make_record(_S.SCHEDULED, _R.UNDO_WINDOW, uid="r6", due_at=minutes(0.15),
                    content={"subject": "Thanks for today"}),
        make_record(_S.SCHEDULED, _R.SCHEDULED, uid="r7", due_at=minutes(60 * 19)),
        *[
            make_record(_S.SENT, uid=f"s{n}", sent_at=minutes(-n * 700), attempts=1)
            for n in range(1, 6)
        ],
    ]  # fmt: skip


def sample_history() -> list[HistoryEntry]:
    """Give the steps of a message whose answer was lost."""
    steps = (
        (-1.03, "submitted", {"frozen": "3f9c1a" + "0" * 56 + "09e1"}),
        (-1.03, "claimed", {"attempt": "1"}),
        (-1.02, "draft_made", {"draft": "r-7719"}),
        (-1, "handing_over", {}),
        (-0.98, "answer_lost", {"error": "delivery_uncertain", "detail": "connection reset"}),
        (-0.5, "asked", {"found": "the draft is gone; Sent does not list it yet"}),
    )
    return [
        HistoryEntry(at=minutes(at), state=_S.SENDING, event=event, detail=detail)
        for at, event, detail in steps
    ]


def mailroom(theme: Theme, tab: str = "Outbox") -> QWidget:
    """Show the Mailroom."""
    from app.ui.mailroom.window import MailroomWindow

    host = MemoryMailroomHost(
        sample_records(),
        [make_draft(f"d{n}") for n in range(3)],
        sample_history(),
    )
    window = MailroomWindow(host=host, theme=theme)
    window.show()
    settle(lambda: host.reads >= 3)
    settle(lambda: False, 0.3)
    host.bus.publish(UploadProgressed("r1", 63))
    window.show_tab(tab, "r2")
    settle(lambda: False, 0.3)
    window.destroyed.connect(host.close)
    return window


def accounts(theme: Theme, flow: str = "") -> QWidget:
    """Show the accounts, with a sign-in under way if a flow is named."""
    from app.ui.accounts.dialog import AccountsDialog

    outlook = make_account(
        uid="outlook-1", provider=ProviderKind.MICROSOFT, address="ada@acme.onmicrosoft.example",
        state=AccountState.SIGNED_OUT, state_since=minutes(-295),
    )  # fmt: skip
    host = ScriptedAccountsHost([make_account(), outlook])
    host.waiting = {"outlook-1": 1}
    host.today = {"gmail-1": (312, 2000)}
    dialog = AccountsDialog(host=host, theme=theme)
    dialog.show()
    settle(lambda: dialog.findChild(QWidget, "account.outlook-1") is not None)
    if flow:
        dialog.add(ProviderKind.MICROSOFT)
        settle(lambda: False, 0.2)
    if flow == "device":
        dialog.findChild(QToolButton, "sign_in.flow.device").click()
    if flow == "failed":
        host.finish(SignInDenied(provider="microsoft"))
    settle(lambda: False, 0.3)
    dialog.destroyed.connect(host.close)
    return dialog


def settings(theme: Theme, page: str = "general", *, kind: str = "") -> QWidget:
    """Show the settings: `kind` is empty for a profile without keys, on or taken."""
    from app.runtime import threads
    from tests.support.settings_desk import SettingsDesk

    threads.unmark_gui_thread()
    folder = tempfile.TemporaryDirectory()
    desk = SettingsDesk(Path(folder.name) / "profile", theme)
    if kind in {"on", "taken"}:
        desk.key("Invoice script", *Permission, days=90)
        desk.key(
            "The CRM’s nightly export of everything that was sent to anybody by anyone",
            Permission.READ,
        )
        desk.key("Old", Permission.READ, days=-3)  # fmt: skip
    taken = socket.create_server(("127.0.0.1", 0)) if kind == "taken" else None
    if kind in {"on", "taken"}:
        desk.services.local_api.start()
        port = taken.getsockname()[1] if taken is not None else 0
        desk.host.change(Settings.gateway_port, port).result()
        desk.host.change(Settings.gateway_enabled, True).result()
        settle(lambda: desk.host.api_state.status in {ApiStatus.ON, ApiStatus.FAILED}, 30)
    dialog = desk.show(page)
    settle(lambda: False, 0.4)
    dialog.destroyed.connect(lambda: (desk.close(), taken and taken.close(), folder.cleanup()))
    return dialog


def new_key(theme: Theme, *, made: bool) -> QWidget:
    """Show the making of a key, or the key."""
    window = settings(theme, "api")
    window.findChild(QPushButton, "settings.api.new_key").click()
    dialog = window.findChild(QDialog, "new_key")
    if made:
        dialog.findChild(QLineEdit, "new_key.name").setText("Invoice script")
        dialog.findChild(QPushButton, "new_key.create").click()
    settle(lambda: False, 0.4)
    dialog.destroyed.connect(window.deleteLater)
    return dialog


def welcome(theme: Theme, registered: frozenset[ProviderKind]) -> QWidget:
    """Show the welcome."""
    from app.ui.welcome import WelcomePane, WelcomeWindow

    window = WelcomeWindow(WelcomePane(theme=theme, registered=registered))
    window.show()
    settle(lambda: False, 0.1)
    return window


SCREENS: dict[str, Callable[[Theme], QWidget]] = {
    "mailroom": mailroom,
    "mailroom-drafts": lambda theme: mailroom(theme, "Drafts"),
    "accounts": accounts,
    "accounts-browser": lambda theme: accounts(theme, "loopback"),
    "accounts-code": lambda theme: accounts(theme, "device"),
    "accounts-failed": lambda theme: accounts(theme, "failed"),
    "settings": settings,
    "settings-api": lambda theme: settings(theme, "api"),
    "settings-api-on": lambda theme: settings(theme, "api", kind="on"),
    "settings-key": lambda theme: new_key(theme, made=False),
    "settings-key-made": lambda theme: new_key(theme, made=True),
    "settings-api-taken": lambda theme: settings(theme, "api", kind="taken"),
    "welcome": lambda theme: welcome(theme, frozenset(ProviderKind)),
    "welcome-unregistered": lambda theme: welcome(theme, frozenset()),
    "mailroom-sent": lambda theme: mailroom(theme, "Sent"),
}


def main(folder: Path, names: list[str]) -> None:
    """Write the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    app = QApplication([])
    for choice in ("light", "dark"):
        theme = Theme(choice=choice)
        theme.apply(app)
        for name, show in SCREENS.items():
            if not names or name in names:
                window = show(theme)
                window.grab().save(str(folder / f"{name}-{choice}.png"))
                window.close()
                window.deleteLater()
                settle(lambda: False, 0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
