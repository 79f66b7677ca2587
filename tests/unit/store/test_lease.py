from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.store.database import Database
from app.store.lease import FileLease

HOLDER = """
import sys
from pathlib import Path
from app.runtime.file_lock import lock_file
held = lock_file(Path(sys.argv[1]))
print("held" if held else "refused", flush=True)
sys.stdin.read()
"""


def test_lease_is_taken_over_when_its_holder_is_killed(tmp_path: Path, database: Database) -> None:
    path = tmp_path / "lease"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    lease = FileLease(path, database)
    assert not lease.acquire()
    holder.kill()
    holder.communicate()
    assert lease.acquire()
    assert lease.acquire()
    lease.release()


def test_writes_of_another_connection_are_noticed(tmp_path: Path, database: Database) -> None:
    lease = FileLease(tmp_path / "lease", database)
    assert not lease.changed_elsewhere()
    other = Database(database.path)
    with other.write() as connection:
        connection.execute("INSERT INTO draft VALUES ('a', 1, 't', '{}')")
    other.close()
    assert lease.changed_elsewhere()
    assert not lease.changed_elsewhere()
