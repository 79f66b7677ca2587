"""The Settings window over a real profile; the local API is served by its real process."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)
from shiboken6 import isValid

from app.domain.local_api import ApiStatus
from app.domain.permission import Permission
from app.ports.gateway import ApiKey
from app.preferences import Preferences
from app.settings import Settings
from app.ui.settings.parts import Elided
from app.ui.settings.words import curl_call, key_words
from app.wiring import open_services
from tests.support.composer import GMAIL, MAILBOXES, on_worker
from tests.support.settings_desk import SettingsDesk

LOAD_S = 60_000


class SettingsPage:
    """The window as a person sees it."""

    def __init__(self, qtbot, desk, dialog):
        self.qtbot, self.desk, self.dialog = qtbot, desk, dialog

    def find(self, kind, name):
        found = self.dialog.findChild(kind, name)
        assert found is not None, name
        return found

    def press(self, name):
        made = self.find(QAbstractButton, name)
        assert made.isVisible(), name
        self.qtbot.mouseClick(made, Qt.MouseButton.LeftButton)

    def text(self, name):
        return self.find(QLabel, name).text()

    def wait(self, condition):
        self.qtbot.waitUntil(lambda: bool(condition()), timeout=LOAD_S)

    def wait_status(self, status):
        self.wait(lambda: self.desk.host.api_state.status is status)
        QApplication.processEvents()

    def answer(self, name):
        box = next(one for one in QApplication.topLevelWidgets() if isinstance(one, QMessageBox))
        self.qtbot.mouseClick(box.findChild(QPushButton, name), Qt.MouseButton.LeftButton)

    @property
    def notice(self):
        return self.dialog._notice.text

    def rows(self):
        return [
            one.text() for one in self.dialog.findChildren(Elided) if one.objectName().startswith("key.")
            and one.isVisible()
        ]  # fmt: skip


@pytest.fixture
def open_page(qtbot, theme, tmp_path):
    desks = []

    def make(page="api", **options):
        desk = SettingsDesk(tmp_path / "profile", theme, **options)
        dialog = desk.show(page)
        desks.append((desk, dialog))
        return SettingsPage(qtbot, desk, dialog)

    yield make
    for desk, dialog in desks:
        if isValid(dialog):
            dialog.close()
        desk.close()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def send(url, token):
    return httpx.post(
        f"{url}/v1/email/send",
        json={"to": "jane@example.com", "subject": "Hello", "body_text": "Hi"},
        headers={"Authorization": f"Bearer {token}", "Prefer": "wait=0"},
        timeout=60,
    )


def test_switched_on_it_serves_at_once_and_switched_off_no_more(open_page):
    page = open_page()
    page.desk.services.local_api.start()
    page.press("settings.api.any_port")
    page.wait(lambda: page.desk.services.settings.gateway_port == 0)

    page.press("settings.api.enabled")
    page.wait_status(ApiStatus.ON)
    url = page.text("settings.api.url")

    assert httpx.get(f"{url}/healthz", timeout=60).json() == {"status": "ok"}
    page.press("settings.api.copy_url")
    assert QGuiApplication.clipboard().text() == url
    page.press("settings.api.openapi")
    assert httpx.get(page.desk.opened[-1], timeout=60).json()["openapi"] == "3.1.0"
    assert url in page.find(QPlainTextEdit, "settings.api.curl").toPlainText()

    page.press("settings.api.enabled")
    page.wait_status(ApiStatus.OFF)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", timeout=60)
    assert page.text("settings.api.status") == "Nothing listens."


def test_a_key_that_is_made_here_sends_and_a_revoked_one_does_not(open_page):
    page = open_page()
    page.desk.services.local_api.start()
    page.press("settings.api.any_port")
    page.press("settings.api.enabled")
    page.wait_status(ApiStatus.ON)
    url = page.text("settings.api.url")

    page.press("settings.api.new_key")
    page.find(QLineEdit, "new_key.name").setText("  invoice   script ")
    page.press("new_key.create")
    page.wait(lambda: page.find(QPlainTextEdit, "new_key.secret").toPlainText())
    page.press("new_key.copy")
    token = QGuiApplication.clipboard().text()
    page.press("new_key.done")

    assert send(url, token).status_code == 202
    page.wait(lambda: page.rows() == ["invoice script"])
    [key] = page.desk.keys()
    page.desk.bridge.store_changed.emit()
    page.wait(lambda: "1 of 10,000 sent today" in page.text(f"key.{key.uid}.detail"))
    assert "last used" in page.text(f"key.{key.uid}.detail")
    assert page.text(f"key.{key.uid}.detail").startswith("Send mail, read · made ")

    page.press(f"key.{key.uid}.revoke")
    page.answer("dialog.no")
    assert send(url, token).status_code == 202
    page.press(f"key.{key.uid}.revoke")
    page.answer("dialog.yes")
    page.wait(lambda: page.notice == "The key of “invoice script” can no longer be used.")
    assert send(url, token).status_code == 401
    page.wait(lambda: page.rows() == [])
    page.press("settings.api.ended")
    page.wait(lambda: page.rows() == ["invoice script"])
    assert "revoked" in page.text(f"key.{key.uid}.detail")


def test_a_taken_port_is_said_with_the_next_step_which_helps(open_page):
    page = open_page()
    page.desk.services.local_api.start()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        field = page.find(QLineEdit, "settings.api.port")
        field.setText(str(port))
        QTest.keyClick(field, Qt.Key.Key_Return)
        page.press("settings.api.enabled")
        page.wait_status(ApiStatus.FAILED)

        assert page.text("settings.api.problem") == (
            f"Port {port} is used by another program. Choose another port, or any free one."
        )
        page.press("settings.api.use_free")
        page.wait_status(ApiStatus.ON)
    assert not page.find(QLabel, "settings.api.problem").isVisible()
    assert httpx.get(page.text("settings.api.url") + "/healthz", timeout=60).status_code == 200


def test_try_again_takes_a_port_that_is_free_now(open_page):
    page = open_page()
    page.desk.services.local_api.start()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        page.desk.host.change(Settings.gateway_port, port).result()
        page.press("settings.api.enabled")
        page.wait_status(ApiStatus.FAILED)

    page.press("settings.api.again")

    page.wait(lambda: page.text("settings.api.url") == f"http://127.0.0.1:{port}")


def test_what_is_set_is_there_after_a_restart_and_starts_serving(open_page, tmp_path):
    page = open_page()
    port = free_port()
    field = page.find(QLineEdit, "settings.api.port")
    field.setText(str(port))
    QTest.keyClick(field, Qt.Key.Key_Return)
    page.press("settings.api.enabled")
    page.wait(lambda: page.desk.services.settings.gateway_enabled)

    again = on_worker(open_services, page.desk.services.paths)
    again.local_api.start()
    page.wait(lambda: again.local_api.state.status is ApiStatus.ON)
    url = again.local_api.state.url
    on_worker(again.close)

    assert url == f"http://127.0.0.1:{port}"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/healthz", timeout=60)


def test_what_another_program_changes_is_seen(open_page, theme):
    page = open_page("general")
    services = page.desk.services
    other = Preferences(
        path=services.paths.settings,
        settings=Settings.load(services.paths.settings),
        bus=type(services.bus)(),
    )

    on_worker(other.change, Settings.theme, "dark")
    page.wait(lambda: theme.tokens.is_dark)
    on_worker(other.change, Settings.undo_s, 45.0)
    page.wait(lambda: services.settings.undo_s == 45.0)
    page.wait(lambda: page.find(QComboBox, "settings.undo").currentText() == "45 s")

    assert page.find(QAbstractButton, "settings.theme.dark").isChecked()
    page.press("settings.theme.light")
    page.wait(lambda: not theme.tokens.is_dark)


def test_keys_made_by_the_command_line_appear(open_page):
    page = open_page()
    page.wait(lambda: page.find(QLabel, "settings.api.no_keys").isVisible())

    page.desk.key("from the shell", Permission.READ)
    page.desk.bridge.store_changed.emit()

    page.wait(lambda: page.rows() == ["from the shell"])


def test_the_default_mailbox_and_the_time_to_undo_are_chosen(open_page):
    page = open_page("general")
    boxes = page.find(QComboBox, "settings.mailbox")
    page.wait(lambda: boxes.count() == 3)
    assert boxes.currentText() == "Ada Reyes <ada@acme.example> · Gmail"

    boxes.setCurrentIndex(1)
    boxes.activated.emit(1)
    chosen = boxes.itemData(1)
    page.wait(
        lambda: next(box for box in on_worker(page.desk.services.book.list_mailboxes) if box.is_default).uid == chosen
    )  # fmt: skip
    undo = page.find(QComboBox, "settings.undo")
    undo.activated.emit(undo.findText("None: send at once"))
    page.wait(lambda: page.desk.services.settings.undo_s == 0)


def test_what_a_flag_or_a_variable_sets_cannot_be_changed_here_and_says_why(open_page, monkeypatch):
    monkeypatch.setenv("POSTRIDER_GATEWAY_PORT", "9000")
    page = open_page(flags={"gateway.enabled": True})

    assert not page.find(QAbstractButton, "settings.api.enabled").isEnabled()
    assert not page.find(QLineEdit, "settings.api.port").isEnabled()
    assert "with; it holds until the next start." in page.text("settings.api.note")
    texts = [one.text() for one in page.dialog.findChildren(QLabel)]
    assert "Set by the variable POSTRIDER_GATEWAY_PORT; change it there." in texts


def test_a_key_needs_a_name_and_a_permission(open_page):
    page = open_page()
    page.press("settings.api.new_key")

    page.press("new_key.create")
    assert page.text("new_key.hint").startswith("Give the key a name")
    page.find(QLineEdit, "new_key.name").setText("x")
    for permission in Permission:
        page.press(f"new_key.{permission.value}")
    page.press("new_key.create")

    assert page.text("new_key.hint").startswith("Tick at least one")
    assert page.desk.keys() == []
    page.press("new_key.cancel")


def test_a_key_for_reading_that_ends(open_page):
    page = open_page()
    page.press("settings.api.new_key")
    page.find(QLineEdit, "new_key.name").setText("reader")
    page.press("new_key.write:email")
    expiry = page.find(QComboBox, "new_key.expiry")
    expiry.setCurrentIndex(expiry.findText("In 30 days"))
    page.press("new_key.create")
    page.wait(page.desk.keys)

    [key] = page.desk.keys()
    assert key.permissions == {Permission.READ}
    assert abs(key.expires_at - key.created_at - timedelta(days=30)) < timedelta(minutes=5)


def test_leaving_without_copying_asks_and_the_secret_is_kept_nowhere(open_page):
    page = open_page()
    page.press("settings.api.new_key")
    page.find(QLineEdit, "new_key.name").setText("x")
    page.press("new_key.create")
    secret = page.find(QPlainTextEdit, "new_key.secret")
    page.wait(lambda: secret.toPlainText().startswith("pr_"))
    token = secret.toPlainText()
    assert "only time" in page.text("new_key.once")

    QTest.keyClick(secret, Qt.Key.Key_Escape)
    page.answer("dialog.no")
    assert secret.isVisible()
    page.press("new_key.done")
    page.answer("dialog.yes")
    page.wait(lambda: page.dialog.findChild(QPlainTextEdit, "new_key.secret") is None)

    everything = b"".join(
        path.read_bytes() for path in page.desk.services.paths.profile.rglob("*") if path.is_file()
    )
    assert token.encode() not in everything


def test_the_keyboard_reaches_everything(open_page):
    page = open_page("general")
    nav = page.find(QListWidget, "settings.pages")
    nav.setFocus()
    page.dialog.activateWindow()
    page.wait(page.dialog.isActiveWindow)
    QTest.keySequence(page.dialog, QKeySequence("Ctrl+3"))
    assert nav.currentRow() == 2

    stops = []
    for _ in range(30):
        QTest.keyClick(page.dialog.focusWidget(), Qt.Key.Key_Tab)
        stops.append(page.dialog.focusWidget().objectName())
    for name in (
        "settings.api.enabled",
        "settings.api.port",
        "settings.api.any_port",
        "settings.api.new_key",
        "settings.api.curl",
        "settings.api.copy_curl",
        "settings.pages",
    ):
        assert name in stops, name
    assert stops.index("settings.api.enabled") < stops.index("settings.api.new_key")
    assert stops.index("settings.api.new_key") < stops.index("settings.api.copy_curl")
    QTest.keyClick(page.dialog, Qt.Key.Key_Escape)
    page.wait(lambda: not isValid(page.dialog) or not page.dialog.isVisible())


def test_everything_that_takes_the_focus_has_a_name(open_page):
    page = open_page()
    nameless = [
        one.objectName() or type(one).__name__
        for one in page.dialog.findChildren(QWidget)
        if one.focusPolicy() != Qt.FocusPolicy.NoFocus
        and one.isVisible()
        and not (one.accessibleName() or getattr(one, "text", lambda: "")())
        and not one.objectName().startswith("qt_")
    ]

    assert nameless == []


def test_long_names_are_cut_and_narrow_windows_hold_everything(open_page):
    page = open_page()
    page.desk.key("n" * 80, *Permission)
    page.desk.bridge.store_changed.emit()
    page.wait(page.rows)

    page.dialog.resize(page.dialog.minimumSize())
    QApplication.processEvents()

    area = page.dialog._api
    assert area.widget().width() <= area.viewport().width()


def test_focus_stays_where_it_is_while_keys_are_read_again(open_page):
    page = open_page()
    key, _ = page.desk.key("busy", *Permission)
    page.desk.bridge.store_changed.emit()
    page.wait(page.rows)
    revoke = page.find(QPushButton, f"key.{key.uid}.revoke")
    revoke.setFocus()

    on_worker(page.desk.services.gateway.uses.take, key.uid, _today(page), 10_000)
    page.desk.bridge.store_changed.emit()
    page.wait(lambda: "1 of 10,000 sent today" in page.text(f"key.{key.uid}.detail"))

    assert page.dialog.focusWidget() is revoke


def _today(page):
    return page.desk.services.clock.now().date().isoformat()


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
@pytest.mark.parametrize("dialect", ["workspace", "mailbox", "account"])
def test_the_calls_are_what_a_shell_reads_as_json(dialect):
    call = curl_call(dialect, "http://127.0.0.1:8025", MAILBOXES[GMAIL.uid][0])

    body = subprocess.run(
        ["sh", "-c", call.replace("curl", "printf '%s\\n'", 1)],
        capture_output=True, text=True, check=True,
    ).stdout.partition("\n-d\n")[2]  # fmt: skip

    assert "ada@acme.example" in str(json.loads(body))


def test_the_words_of_a_key():
    now = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)
    key = ApiKey(
        uid="k1", name="n", secret_sha256="", permissions=frozenset({Permission.READ}),
        created_at=now - timedelta(days=40), expires_at=now + timedelta(days=2),
        last_used_at=now - timedelta(minutes=4),
    )  # fmt: skip

    words = key_words(key, now, 12, 10_000, UTC)
    ended = key_words(key, now + timedelta(days=3), 12, 10_000, UTC)

    assert words.rights == "Read"
    assert words.detail == (
        "made 4 Jun 12:00 · expires Thu 12:00 · last used 11:56 · 12 of 10,000 sent today"
    )
    assert "expired Thu 12:00" in ended.detail
    assert not ended.is_good


def test_who_keeps_scheduled_mail_is_kept_as_a_setting(open_page):
    page = open_page("general")
    chooser = page.find(QComboBox, "settings.later_by")
    assert chooser.currentText() == "Outlook sends it"

    chooser.setCurrentIndex(1)
    chooser.activated.emit(1)

    page.wait(lambda: page.desk.services.settings.later_by == "computer")
    assert chooser.currentText() == "Postrider sends it"
