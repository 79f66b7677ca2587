"""A forward in the window, from the provider's answer to the sent mail, over real sockets."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt

from app.compose.replying import new_draft
from app.domain.address import Address
from app.domain.draft import ReplyMode
from app.runtime import threads
from app.runtime.cancel import CancelToken
from app.ui.bridge import Bridge
from app.ui.compose.service_host import ServiceHost
from app.ui.compose.window import ComposeWindow
from tests.support.composer import Windows
from tests.support.filed_mail import PIXEL, attached, filed_mail, pictured
from tests.support.profile import ADA_GMAIL, NINA_OUTLOOK, open_profile, sign_in
from tests.support.sandbox import sandbox

HTML = '<p>Dear Ada, <img src="cid:logo@northwind.example"></p>'
DECK = bytes(range(256)) * 4000


@pytest.fixture
def server():
    with sandbox() as running:
        yield running


@pytest.fixture(params=[ADA_GMAIL, NINA_OUTLOOK])
def services(request, server, tmp_path):
    """A profile with one account that got a mail with files."""
    threads.unmark_gui_thread()
    address = request.param
    slow = {"send.timeout_s": 20.0, "send.grace_s": 21.0}
    with open_profile(tmp_path, server.url, **slow) as opened:
        sign_in(opened, address)
        parts = attached("deck.pdf", DECK), pictured("logo@northwind.example")
        server.control.receive(address, filed_mail(address, *parts, html=HTML))
        [account] = opened.book.list_accounts()
        opened.conversations.refresh(account.uid, CancelToken())
        threads.mark_gui_thread()
        yield opened
        threads.unmark_gui_thread()


@pytest.fixture
def window(qtbot, services, theme):
    bridge = Bridge(services.bus)
    host = ServiceHost(services, bridge=bridge, windows=Windows())
    made = ComposeWindow(
        host=host, theme=theme, draft=new_draft(ids=services.ids, clock=services.clock)
    )
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    made.show()
    qtbot.waitUntil(lambda: bool(made.controller.senders), timeout=30_000)
    yield made
    made.after_send._drop_bar()
    made.closing.close_now()
    made.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    bridge.close()


def test_its_files_come_and_go_out(qtbot, window, services, server):
    [account] = services.executors.run_store(services.book.list_accounts).result()
    recent = services.executors.run_store(services.conversations.recent, account.uid).result()
    row = next(one for one in recent if one.subject == "Filed")

    window.replying.pick(row, ReplyMode.FORWARD)
    draft = window.controller
    qtbot.waitUntil(lambda: len(draft.draft.attachments) == 2, timeout=60_000)

    assert draft.draft.coming == ()
    deck, logo = draft.draft.attachments
    assert (deck.filename, deck.is_inline) == ("deck.pdf", False)
    assert (logo.content_id, logo.is_inline) == ("logo@northwind.example", True)
    window.quoting._on_wanted()
    qtbot.waitUntil(lambda: bool(window.quote.view._pictures), timeout=30_000)
    draft.session.set_recipients("to", [Address("raj@northwind.example")])
    services.dispatcher.start()
    window.send(undo_s=0.0)
    qtbot.waitUntil(lambda: len(server.control.deliveries()) == 1, timeout=60_000)
    for attachment, data in ((deck, DECK), (logo, PIXEL)):
        with services.blobs.open(attachment.sha256) as kept:
            assert kept.read() == data
