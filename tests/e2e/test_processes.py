"""Several programs on one profile, and a store in trouble: nothing accepted that is not durable."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import SchemaTooNew, StoreBusy, StoreError, StoreFull
from app.domain.events import StoreChanged
from app.domain.outbound import OutboundState
from app.domain.texts import error_sentence
from app.paths import Paths
from app.ports import OutboxView
from app.sandbox.server import SandboxServer
from app.services import Services
from app.store.database import Database
from app.store.migrate import migrate, scripts
from app.wiring import open_services
from tests.support.profile import (
    ADA_GMAIL,
    QUICK_TIMES,
    environment,
    make_profile,
    open_profile,
    run,
    settle,
    start,
)
from tests.support.sandbox import sandbox
from tests.support.soak_worker import submit
from tests.support.waiting import wait_until


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with sandbox() as running:
        yield running


@pytest.fixture
def profile(server: SandboxServer, tmp_path: Path) -> Path:
    server.control.reset()
    server.control.clear_faults()
    folder = tmp_path / "profile"
    make_profile(folder, server.url, [ADA_GMAIL])
    return folder


def send_arguments(subject: str, *more: str) -> list[str]:
    return [
        *("send", "--json", "--from", ADA_GMAIL, "--to", "jane@northwind.example"),
        *("--subject", subject, "--text", "Hello", "--wait", "30", *more),
    ]


def states(core: Services) -> set[OutboundState]:
    return {one.state for one in core.records.list_records(OutboxView.ALL)}


# --- several programs ---


def test_one_delivers_and_all_see(profile: Path, server: SandboxServer) -> None:
    with open_profile(profile, server.url) as window, open_profile(profile, server.url) as other:
        window.dispatcher.start()
        wait_until(lambda: window.dispatcher.delivers)
        other.dispatcher.start()
        changes: list[StoreChanged] = []
        other.bus.subscribe(StoreChanged, changes.append)
        uid = submit(other, 1)
        wait_until(lambda: states(window) == {OutboundState.SENT})
        wait_until(lambda: changes)
        record = other.records.find(uid)
        assert record is not None
        assert record.state is OutboundState.SENT
        assert not other.dispatcher.delivers
    assert len(server.control.deliveries()) == 1


def test_command_only_enqueues_while_the_window_delivers(
    profile: Path, server: SandboxServer
) -> None:
    with open_profile(profile, server.url) as window:
        window.dispatcher.start()
        wait_until(lambda: window.dispatcher.delivers)
        seen: list[StoreChanged] = []
        window.bus.subscribe(StoreChanged, seen.append)
        code, answers, errors = run(
            send_arguments("from the command line"), environment(profile, server.url)
        )
        assert (code, answers[-1]["state"]) == (0, "sent"), errors
        assert seen
    assert len(server.control.deliveries()) == 1


def test_two_commands_with_one_key_send_once(profile: Path, server: SandboxServer) -> None:
    env = environment(profile, server.url)
    both = [start(send_arguments("twice", "--idempotency-key", "k"), env) for _ in range(2)]
    for process in both:
        out, errors = process.communicate(timeout=90)
        assert process.returncode == 0, (out, errors)
    assert len(server.control.deliveries()) == 1


def test_crashed_holders_lease_is_taken_over_at_once(profile: Path, server: SandboxServer) -> None:
    server.control.fault("create_draft", "stall", when="before", delay_s=60)
    holder = start(
        send_arguments("one"), environment(profile, server.url, **{"send.timeout_s": 30})
    )
    wait_until(lambda: server.control.stalled == 1)
    with open_profile(profile, server.url) as core:
        core.dispatcher.start()
        submit(core, 2)
        os.killpg(holder.pid, signal.SIGKILL)
        holder.communicate()
        server.control.release()
        wait_until(lambda: core.dispatcher.delivers)
        settle(core, lambda records: all(one.state is OutboundState.SENT for one in records))
    assert len(server.control.deliveries()) == 2


# --- a store in trouble ---


@pytest.mark.expects_log("outbox: .*store")
def test_full_database_accepts_nothing_and_goes_on_when_there_is_room(
    profile: Path, server: SandboxServer
) -> None:
    with open_profile(profile, server.url) as core:
        kept = submit(core, 1)
        database = Database(core.paths.database)
        set_room(core, database, 0)
        with pytest.raises(StoreFull) as caught:
            submit_many(core, range(2, 60))
        assert "nothing was accepted" in error_sentence(caught.value)
        accepted = {one.uid for one in core.records.list_records(OutboxView.ALL)}
        assert kept in accepted
        set_room(core, database, 1_000_000)
        settle(core, lambda records: all(one.state is OutboundState.SENT for one in records))
        database.close()
    assert len(server.control.deliveries()) == len(accepted)


def submit_many(core: Services, numbers: Iterable[int]) -> None:
    for number in numbers:
        submit(core, number)


def set_room(core: Services, database: Database, pages: int) -> None:
    """Let the profile's database grow by so many pages, as a full disk would."""
    used = database.query("PRAGMA page_count")[0][0]
    with core.records._database.write() as connection:
        connection.execute(f"PRAGMA max_page_count = {used + pages}")


def test_busy_database_says_so_and_accepts_nothing(
    profile: Path, server: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.store.database.BUSY_TIMEOUT_S", 0.1)
    with (
        open_profile(profile, server.url) as core,
        closing(sqlite3.connect(core.paths.database, isolation_level=None)) as other,
    ):
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy) as caught:
            submit(core, 1)
        assert "Another Postrider" in error_sentence(caught.value)
        other.execute("ROLLBACK")
        assert states(core) == set()
        submit(core, 1)
        settle(core, lambda records: all(one.state is OutboundState.SENT for one in records))
    assert len(server.control.deliveries()) == 1


def test_newer_schema_is_refused_in_words(profile: Path, server: SandboxServer) -> None:
    with closing(sqlite3.connect(profile / "postrider.db")) as database:
        database.execute("PRAGMA user_version = 9999")
    code, _, errors = run(send_arguments("x"), environment(profile, server.url))
    assert code == 69
    assert "newer Postrider" in errors
    assert "Traceback" not in errors
    with pytest.raises(SchemaTooNew):
        open_services(Paths(profile), {**QUICK_TIMES, "sandbox.url": server.url})


@pytest.fixture
def read_only(profile: Path) -> Iterator[Path]:
    """Make the profile read-only: by its rights, or for root (whom rights do not stop) by a mount."""
    if os.geteuid() != 0:
        for path in [*profile.rglob("*"), profile]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        yield profile
        for path in [profile, *profile.rglob("*")]:
            path.chmod(0o700)
        return
    try:
        mount("--bind", str(profile), str(profile))
        mount("-o", "remount,ro,bind", str(profile))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("as root only a mount makes a folder read-only, and none may be made here")
    yield profile
    subprocess.run(["umount", "-l", str(profile)], check=True)


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)


def test_folder_that_may_not_be_written_is_named(read_only: Path, server: SandboxServer) -> None:
    code, _, errors = run(send_arguments("x"), environment(read_only, server.url))
    assert code == 69, errors
    assert "cannot be read or written" in errors
    assert "Traceback" not in errors
    assert server.control.deliveries() == []


def damage(path: Path, first_page: int, pages: int) -> None:
    """Write nonsense over pages, as a failing disk does."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = database.execute("PRAGMA page_size").fetchone()[0]
    with path.open("r+b") as out:
        out.seek(first_page * size)
        out.write(b"\xa5" * (pages * size))


def page_of(path: Path, table: str) -> int:
    """Give a leaf page of a table, from 0."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        pages = database.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno",
            (table,),
        ).fetchall()
    return int(pages[len(pages) // 2][0]) - 1


def test_damaged_page_is_repaired_row_by_row(profile: Path, server: SandboxServer) -> None:
    env = environment(profile, server.url)
    with open_profile(profile, server.url) as core:
        wanted = {submit(core, number) for number in range(90)}
    database = profile / "postrider.db"
    try:
        page = page_of(database, "outbound_content")
    except sqlite3.OperationalError:
        pytest.skip("this SQLite has no dbstat to find a page by")
    damage(database, page, 1)
    code, answers, errors = run(["doctor", "--json", "--repair"], env)
    assert code == 0, errors
    saved = next(one["saved"] for one in answers if one["check"] == "saved")
    assert saved["account"] == 1
    assert 40 < saved["outbound_content"] < 90
    assert (profile / "postrider.db.damaged-1").exists()
    with open_profile(profile, server.url) as core:
        records = core.records.list_records(OutboxView.ALL, limit=1000)
        assert {one.uid for one in records} < wanted
        assert len(records) == saved["outbound_content"]
        settle(core, lambda found: all(one.state is OutboundState.SENT for one in found))
    assert len(server.control.deliveries()) == len(records)
    assert run(["outbox", "verify", "--json"], env)[0] == 0


def test_message_whose_record_is_lost_comes_back_as_a_draft(
    profile: Path, server: SandboxServer
) -> None:
    with open_profile(profile, server.url) as core:
        for number in range(60):
            submit(core, number)
    database = profile / "postrider.db"
    damage(database, page_of(database, "outbound"), 1)
    code, answers, errors = run(["doctor", "--json", "--repair"], environment(profile, server.url))
    assert code == 0, errors
    saved = next(one["saved"] for one in answers if one["check"] == "saved")
    assert saved["rescued"] >= 1
    with open_profile(profile, server.url) as core:
        records = core.records.list_records(OutboxView.ALL, limit=1000)
        subjects = {one.subject for one in (*records, *core.drafts.list_drafts(1000))}
    assert subjects == {f"soak {number}" for number in range(60)}


def test_file_that_is_no_database_is_set_aside(profile: Path, server: SandboxServer) -> None:
    env = environment(profile, server.url)
    for name in ("postrider.db-wal", "postrider.db-shm"):
        (profile / name).unlink(missing_ok=True)
    (profile / "postrider.db").write_bytes(b"nonsense" * 5000)
    code, _, errors = run(["outbox", "list"], env)
    assert code == 69
    assert "postrider doctor --repair" in errors
    code, _, errors = run(["doctor", "--json", "--repair"], env)
    assert code == 0, errors
    assert run(["outbox", "list"], env)[0] == 0
    assert (profile / "postrider.db.damaged-1").read_bytes().startswith(b"nonsense")


def test_repair_of_a_whole_profile_changes_nothing_and_frees_the_unused(
    profile: Path, server: SandboxServer
) -> None:
    with open_profile(profile, server.url) as core:
        uid = submit(core, 1)
        unused = core.blobs.put(b"nobody refers to this")
        fresh = core.blobs.put(b"a draft may soon refer to this")
        for path in core.paths.blobs.rglob("*"):
            if path.is_file() and path.name != fresh.sha256:
                os.utime(path, (0, 0))
    code, answers, errors = run(["doctor", "--json", "--repair"], environment(profile, server.url))
    assert code == 0, errors
    assert answers[0] == {"check": "database", "ok": True, "finding": "whole"}
    assert answers[-1]["freed_bytes"] == len(b"nobody refers to this")
    with open_profile(profile, server.url) as core:
        assert not core.blobs.path(unused.sha256).exists()
        assert core.blobs.path(fresh.sha256).exists()
        settle(core, lambda records: [one.uid for one in records] == [uid] and _all_sent(records))


def _all_sent(records: list[Any]) -> bool:
    return all(one.state is OutboundState.SENT for one in records)


def test_repair_touches_nothing_while_a_program_delivers(
    profile: Path, server: SandboxServer
) -> None:
    with open_profile(profile, server.url) as core:
        core.dispatcher.start()
        wait_until(lambda: core.dispatcher.delivers)
        code, _, errors = run(["doctor", "--repair"], environment(profile, server.url))
    assert code == 69
    assert "Another program uses this profile" in errors


def test_changed_spool_is_found_and_never_sent(profile: Path, server: SandboxServer) -> None:
    with open_profile(profile, server.url) as core:
        record = core.records.find(submit(core, 1))
        assert record is not None
        with core.records._database.write() as connection:
            changed = connection.execute(
                "UPDATE spool SET data = ? WHERE sha256 = ?",
                (b"To: somebody@else.example\r\n\r\n", record.message.sha256),
            )
            assert changed.rowcount == 1
        code, answers, _ = run(["doctor", "--json", "--repair"], environment(profile, server.url))
        assert code == 65
        assert record.message.sha256 in {one.get("sha256") for one in answers}
        settle(core, lambda records: records[0].state is OutboundState.FAILED)
    assert server.control.deliveries() == []


# --- migrating ---


def test_database_is_copied_whole_before_it_is_migrated(profile: Path) -> None:
    path = profile / "postrider.db"
    before = path.with_name("before.db")
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(path, before)
    known = scripts()
    newest = known[-1][0]
    more = [*known, (newest + 1, "CREATE TABLE later (one TEXT) STRICT;")]
    database = Database(path)
    migrate(database, more)
    assert database.query("PRAGMA user_version") == [(newest + 1,)]
    database.close()
    copy = path.with_name(f"postrider.db.before-schema-{newest + 1}")
    assert rows(copy) == rows(before)
    assert copy.stat().st_mode & 0o777 == 0o600


def test_migration_that_fails_leaves_the_database_as_it_was(profile: Path) -> None:
    path = profile / "postrider.db"
    known = scripts()
    newest = known[-1][0]
    broken = "CREATE TABLE later (one TEXT) STRICT;\nINSERT INTO nothing VALUES (1);"
    database = Database(path)
    with pytest.raises(StoreError):
        migrate(database, [*known, (newest + 1, broken)])
    assert database.query("PRAGMA user_version") == [(newest,)]
    assert database.query("SELECT name FROM sqlite_schema WHERE name = 'later'") == []
    database.close()


def rows(path: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM account").fetchall()
