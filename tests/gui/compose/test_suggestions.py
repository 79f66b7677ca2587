"""Suggestions while an address is typed: offered, taken, passed over, forgotten."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.address import Address
from app.domain.conversation import MessageHeader, ThreadRef
from app.store.database import Database
from app.store.sync import SqliteSync
from tests.support.composer import GMAIL, NOON, OUTLOOK, on_worker

TINA = Address("tina@tundra.example", "Tina Tusk")
TOM = Address("tom@tundra.example", "Tom Tusk")


def written(number, person, account=GMAIL):
    return MessageHeader(
        ref=ThreadRef(account.uid, f"t{number}"),
        provider_message_id=f"m{number}",
        sent_at=NOON - timedelta(hours=number),
        subject="S",
        sender=Address(account.address),
        recipients=(person,),
        is_sent=True,
    )


@pytest.fixture
def desk(desk):
    """The same desk, in a profile that has written to Tina twice, to Tom once."""

    def fill():
        database = Database(desk.services.paths.database)
        store = SqliteSync(database)
        for number, person in enumerate((TINA, TINA, TOM)):
            store.add_sent(GMAIL.uid, written(number, person), (GMAIL.address,))
        database.close()

    on_worker(fill)
    return desk


def offered(page, field="to"):
    rows = page.window.header.fields[field].findChild(object, f"composer.{field}.suggestions").list
    return [rows.item(number).text() for number in range(rows.count())]


def popup(page, field="to"):
    return page.window.header.fields[field].findChild(object, f"composer.{field}.suggestions")


def type_until_offered(page, text, field="to"):
    page.type_into(page.line(field), text)
    page.until(lambda: popup(page, field).isVisible())


def test_offers_whom_one_wrote_to_most_often_first(page):
    type_until_offered(page, "tu")
    assert offered(page) == [TINA.format(), TOM.format()]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Tab])
def test_takes_the_chosen_one_and_offers_the_rest_next(page, key):
    type_until_offered(page, "tusk")
    page.press(key, page.line("to"))
    assert page.chips("to") == ["Tina Tusk"]
    assert page.line("to").text() == ""
    assert not popup(page).isVisible()
    type_until_offered(page, "tusk")
    assert offered(page) == [TOM.format()]


def test_arrows_go_round(page):
    type_until_offered(page, "tusk")
    page.press(Qt.Key.Key_Up, page.line("to"))
    page.press(Qt.Key.Key_Return, page.line("to"))
    assert page.chips("to") == ["Tom Tusk"]


def test_an_address_typed_out_is_meant_as_typed(page):
    type_until_offered(page, "tina@tundra.ex")
    QTest.keyClicks(page.line("to"), "a")
    page.press(Qt.Key.Key_Return, page.line("to"))
    assert page.chips("to") == ["tina@tundra.exa"]


def test_escape_closes_and_typing_stays(page):
    type_until_offered(page, "tusk")
    page.press(Qt.Key.Key_Escape, page.line("to"))
    assert not popup(page).isVisible()
    assert page.line("to").text() == "tusk"


def test_delete_forgets_for_good(page):
    type_until_offered(page, "tusk")
    page.press(Qt.Key.Key_Delete, page.line("to"))
    assert offered(page) == [TOM.format()]
    page.line("to").clear()
    page.until(lambda: page.window.host.suggest(GMAIL.uid, "tina").result(30) == [])


def test_other_accounts_people_come_after_this_ones(desk, page):
    def fill():
        database = Database(desk.services.paths.database)
        other = Address("toby@tundra.example", "Toby Tusk")
        store = SqliteSync(database)
        for number in range(5, 9):
            store.add_sent(OUTLOOK.uid, written(number, other, OUTLOOK), (OUTLOOK.address,))
        database.close()

    on_worker(fill)
    type_until_offered(page, "tusk")
    assert offered(page) == [TINA.format(), TOM.format(), "Toby Tusk <toby@tundra.example>"]
