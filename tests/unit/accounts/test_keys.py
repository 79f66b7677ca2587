from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.accounts.keys import ApiKeys
from app.domain.errors import KeyInvalid, NotFound
from app.domain.permission import Permission
from app.runtime.clock import RandomIds
from app.store.database import Database
from app.store.gateway import SqliteKeys
from app.store.migrate import migrate
from tests.support.clock import SettableClock


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "postrider.db")
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def keys(database: Database, clock: SettableClock) -> ApiKeys:
    return ApiKeys(store=SqliteKeys(database), clock=clock, ids=RandomIds())


def test_key_is_recognised_with_its_permissions(keys: ApiKeys) -> None:
    made, token = keys.create("script", [Permission.READ])

    found = keys.recognise(token)

    assert token.startswith(f"pr_{made.uid}_")
    assert (found.uid, found.permissions) == (made.uid, {Permission.READ})
    assert keys.list_keys()[0].last_used_at is not None


def test_secret_is_kept_nowhere(keys: ApiKeys, database: Database, tmp_path: Path) -> None:
    _, token = keys.create("script", Permission)
    database.query("PRAGMA wal_checkpoint(TRUNCATE)")

    secret = token.rpartition("_")[2].encode()

    assert all(secret not in path.read_bytes() for path in tmp_path.iterdir())


@pytest.mark.parametrize("token", ["", "pr_", "pr_0_0", "x" * 100_000, "pr_" + "é" * 80, "pr_\0"])
def test_anything_else_is_invalid(keys: ApiKeys, token: str) -> None:
    keys.create("script", Permission)

    with pytest.raises(KeyInvalid):
        keys.recognise(token)


def test_the_secret_of_one_key_does_not_open_another(keys: ApiKeys) -> None:
    one, _ = keys.create("one", Permission)
    _, other = keys.create("other", Permission)

    with pytest.raises(KeyInvalid):
        keys.recognise(f"pr_{one.uid}_{other.rpartition('_')[2]}")


def test_revoked_key_is_invalid_and_stays_listed(keys: ApiKeys) -> None:
    made, token = keys.create("script", Permission)
    keys.revoke(made.uid)

    with pytest.raises(KeyInvalid):
        keys.recognise(token)
    assert keys.list_keys()[0].revoked_at is not None
    with pytest.raises(NotFound):
        keys.revoke("none")


def test_key_ends_at_its_time(keys: ApiKeys, clock: SettableClock) -> None:
    _, token = keys.create("script", Permission, clock.now() + timedelta(days=1))
    keys.recognise(token)
    clock.set_by(timedelta(days=1))

    with pytest.raises(KeyInvalid):
        keys.recognise(token)
