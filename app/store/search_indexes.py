"""The full-text indexes: checked against what they index, and built anew from it. Never on the GUI thread.

SQLite's own check of pages looks at none of it: what an index holds is for FTS5 to judge
(https://www.sqlite.org/fts5.html#the_integrity_check_command).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.domain.errors import StoreDamaged, StoreError

if TYPE_CHECKING:
    from app.store.database import Database

# By index: what builds it anew.
_BUILDING = {
    "conversation_words": (
        "INSERT INTO conversation_words (conversation_words) VALUES ('rebuild')",
    ),
    # Without content of its own it can only be emptied and filled, as its trigger does.
    "outbound_words": (
        "INSERT INTO outbound_words (outbound_words) VALUES ('delete-all')",
        "INSERT INTO outbound_words (rowid, haystack) SELECT seq, haystack || '  ' FROM outbound",
    ),
}


def mend_indexes(database: Database) -> tuple[str, ...]:
    """Build anew every index that does not hold; give their names.

    Raises:
        StoreError: one could not be written.
    """
    broken = tuple(name for name in _BUILDING if not _is_whole(database, name))
    for name in broken:
        build(database, name)
    return broken


def build_all(database: Database) -> None:
    """Build every index from the tables."""
    for name in _BUILDING:
        build(database, name)


def build(database: Database, name: str) -> None:
    """Build one index anew. Raises StoreError."""
    with database.write() as connection:
        for statement in _BUILDING[name]:
            connection.execute(statement)


def _is_whole(database: Database, name: str) -> bool:
    try:
        with database.write() as connection:
            # Rank 1: compared with what it indexes too, where that is kept elsewhere.
            connection.execute(f"INSERT INTO {name} ({name}, rank) VALUES ('integrity-check', 1)")
    except StoreDamaged:
        return False
    except StoreError as error:
        if "malformed" in str(error.params.get("detail", "")):
            return False
        raise
    return True
