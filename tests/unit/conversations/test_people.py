"""Suggestions: ranking, beginnings before the rest, what was just learnt, what was forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.conversations.people import People
from app.conversations.people_index import PeopleIndex, score_of
from app.domain.address import Address
from app.domain.conversation import Person

NOW = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)


def person(spec, name="", *, written=1, received=0, days=0, account="a"):
    return Person(
        account_uid=account,
        address=Address(spec, name),
        written=written,
        received=received,
        last_at=NOW - timedelta(days=days),
    )


JANE = person("jane@northwind.example", "Jane Doe", written=9)
JANET = person("janet@south.example", "Janet Öztürk", written=5)
RAJ = person("raj.patel@northwind.example", "Raj Patel", written=3)
KEN = person("ken@tanaka.example", "田中 健", written=2)


def names(found):
    return [one.address.addr_spec for one in found]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("jan", [JANE, JANET]),
        ("JANE d", [JANE]),
        ("oztu", [JANET]),
        ("north", [JANE, RAJ]),
        ("raj.pat", [RAJ]),
        ("patel@north", [RAJ]),
        ("wind", [JANE, RAJ]),
        ("健", [KEN]),
        ("田", [KEN]),
        ("@tan", [KEN]),
        ("nobody", []),
        ("jane patel", []),
        ("", []),
        (" .@ ", []),
    ],
)
def test_finds_by_beginnings_and_by_what_is_inside(typed, wanted):
    index = PeopleIndex([KEN, RAJ, JANET, JANE], NOW)
    assert names(index.find(typed, 8)) == [one.address.addr_spec for one in wanted]


def test_beginnings_come_before_what_is_inside_however_often():
    inside = person("x@rejane.example", written=500)
    assert names(PeopleIndex([inside, JANE], NOW).find("jane", 8))[0] == JANE.address.addr_spec


def test_more_often_and_more_recently_weighs_more():
    old = person("o@x.example", written=10, days=400)
    assert score_of(JANE, NOW) > score_of(RAJ, NOW) > score_of(old, NOW)
    assert score_of(person("w@x.example", written=1), NOW) > score_of(
        person("r@x.example", written=0, received=3), NOW
    )


def test_no_more_than_asked_for():
    many = [person(f"p{n}@x.example", written=n) for n in range(50)]
    assert names(PeopleIndex(many, NOW).find("p", 3)) == [
        "p49@x.example",
        "p48@x.example",
        "p47@x.example",
    ]


class Clock:
    def now(self):
        return NOW


class Accounts:
    def list_accounts(self):
        return [type("A", (), {"uid": uid})() for uid in ("a", "b")]


class Store:
    """People in memory; counts how often it is read."""

    def __init__(self, *people):
        self.people = list(people)
        self.reads = 0
        self.forgotten = []

    def list_people(self, account_uid):
        self.reads += 1
        return [one for one in self.people if one.account_uid == account_uid]

    def forget_person(self, key, at):
        self.forgotten.append((key, at))


def service(store):
    return People(store=store, accounts=Accounts(), clock=Clock())


def specs(people, typed, account="a", limit=8):
    return [one.addr_spec for one in people.suggest(account, typed, limit)]


def test_this_accounts_people_come_first_and_nobody_twice():
    other = person("janine@b.example", written=90, account="b")
    again = person("JANE@northwind.example", written=90, account="b")
    people = service(Store(JANE, other, again))
    assert specs(people, "jan") == ["jane@northwind.example", "janine@b.example"]
    assert specs(people, "jan", limit=1) == ["jane@northwind.example"]


def test_the_store_is_read_once():
    store = Store(JANE)
    people = service(store)
    people.warm_up("a")
    reads = store.reads
    for _ in range(3):
        assert specs(people, "doe", limit=1) == ["jane@northwind.example"]
    assert store.reads == reads


def test_who_was_just_written_to_is_offered_at_once_and_ranked():
    people = service(Store(JANE, JANET))
    assert specs(people, "jan") == ["jane@northwind.example", "janet@south.example"]
    people.learn([person("janet@south.example", "Janet", written=50), person("jana@n.example")])
    assert specs(people, "jan") == [
        "janet@south.example",
        "jane@northwind.example",
        "jana@n.example",
    ]


def test_many_new_people_have_the_index_made_again():
    store = Store(JANE)
    people = service(store)
    specs(people, "jane")
    new = [person(f"n{n}@new.example") for n in range(600)]
    store.people += new
    people.learn(new)
    assert len(specs(people, "new", limit=20)) == 20
    assert store.reads > 1


def test_forgotten_are_not_offered_until_written_to_again():
    store = Store(JANE, JANET)
    people = service(store)
    specs(people, "jan")
    people.forget(JANE.address)
    assert specs(people, "jan") == ["janet@south.example"]
    assert store.forgotten == [(JANE.address.key, NOW)]
    people.learn([person("jane@northwind.example", "Jane Doe")])
    assert "jane@northwind.example" in specs(people, "jan")


def test_a_removed_account_is_forgotten_in_memory_too():
    store = Store(JANE)
    people = service(store)
    assert specs(people, "jane")
    store.people.clear()
    people.forget_account("a")
    assert specs(people, "jane") == []
