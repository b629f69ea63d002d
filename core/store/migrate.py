"""Numbered SQL files, each applied once, in order."""

from pathlib import Path
from typing import NamedTuple

from core.errors import ValenceError
from core.store.clock import utc_now
from core.store.database import Database, Transaction

MIGRATIONS = Path(__file__).parent / "migrations"

_VERSIONS = """
CREATE TABLE IF NOT EXISTS schema_versions (
    version INTEGER PRIMARY KEY, name VARCHAR NOT NULL, applied_at VARCHAR NOT NULL
)"""


class Migration(NamedTuple):
    """One file: its number and its path."""

    version: int
    path: Path


def migrate(database: Database, folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """Apply what is missing and return the names applied; each file is stored whole or not at all.

    A database that knows more versions than `folder` is refused before anything is touched.
    """
    migrations = _numbered(folder)
    applied = schema_version(database)
    if applied > len(migrations):
        raise ValenceError(
            f"The database {database.path} was written by a newer Valence (its schema is version {applied}, "
            f"this program knows up to {len(migrations)}).",
            "Install the newer Valence, or open a backup made before the upgrade.",
        )
    pending = migrations[applied:]
    for migration in pending:
        _apply(database, migration)
    return tuple(migration.path.stem for migration in pending)


def schema_version(database: Database) -> int:
    """Number of the last migration applied; 0 for a new database."""
    has_table = database.read("SELECT 1 AS x FROM duckdb_tables() WHERE table_name = 'schema_versions'")
    if not has_table:
        return 0
    return int(database.read("SELECT coalesce(max(version), 0) AS version FROM schema_versions")[0]["version"])


def _apply(database: Database, migration: Migration) -> None:
    def work(tx: Transaction) -> None:
        tx.write(_VERSIONS)
        tx.write(migration.path.read_text(encoding="utf-8"))
        row = [migration.version, migration.path.stem, utc_now()]
        tx.write("INSERT INTO schema_versions VALUES (?, ?, ?)", row)

    try:
        database.transaction(work)
    except ValenceError as error:
        raise ValenceError(
            f"The migration {migration.path.name} of {database.path} failed; nothing of it was stored. {error.message}",
            error.fix or "Open a backup, or install the version of Valence that last opened this workspace.",
        ) from error


def _numbered(folder: Path) -> list[Migration]:
    paths = sorted(folder.glob("*.sql"))
    migrations = [Migration(int(path.stem.split("_")[0]), path) for path in paths]
    if [migration.version for migration in migrations] != list(range(1, len(migrations) + 1)):
        names = ", ".join(path.name for path in paths)
        raise ValenceError(f"The migrations in {folder} are not numbered 1, 2, 3, ...: {names}.", "Reinstall Valence.")
    return migrations
