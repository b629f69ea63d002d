"""The database's rows about artefacts, which repeat what the manifests say."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from core.errors import Problem
from core.store.database import Database, Transaction
from core.store.json_text import to_json_text
from core.store.manifest import Manifest, manifest_text
from core.store.remembered import Remembered


class Child(NamedTuple):
    """An artefact made from another one."""

    kind: str
    id: str
    title: str


class ArtefactIndex:
    """Reads and writes of the tables `artefacts` and `artefact_parents`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._manifests: Remembered[str, tuple[Manifest, ...]] = Remembered()  # by kind: every page lists several

    def check_open(self) -> None:
        """Raise `ValenceError` when the workspace is closed."""
        self._database.check_open()

    def put(self, manifest: Manifest) -> None:
        """Enter an artefact's row, or replace it."""
        with self._manifests.changing():
            self._database.transaction(lambda tx: _put(tx, manifest))

    def ensure(self, manifest: Manifest) -> None:
        """Enter an artefact's row if it has none."""
        key = [manifest.kind, manifest.id]
        if not self._database.read("SELECT 1 AS x FROM artefacts WHERE kind = ? AND id = ?", key):
            self.put(manifest)

    def remove(self, kind: str, id: str) -> None:
        """Take an artefact's row out."""
        with self._manifests.changing():
            self._database.transaction(lambda tx: _remove(tx, kind, id))

    def manifests(self, kind: str) -> tuple[Manifest, ...]:
        """The manifests of a kind, newest first."""
        self.check_open()
        return self._manifests.get(kind, lambda: self._read_manifests(kind))

    def kinds(self) -> tuple[str, ...]:
        """The kinds that have an artefact, in alphabetical order."""
        rows = self._database.read("SELECT DISTINCT kind FROM artefacts ORDER BY kind")
        return tuple(row["kind"] for row in rows)

    def children(self, parent_id: str) -> tuple[Child, ...]:
        """The other artefacts that name `parent_id` as a parent, newest first."""
        sql = """
            SELECT DISTINCT a.kind, a.id, a.title, a.created_at
            FROM artefact_parents AS p JOIN artefacts AS a ON a.kind = p.kind AND a.id = p.id
            WHERE p.parent_id = ? AND a.id <> ? ORDER BY a.created_at DESC
        """
        rows = self._database.read(sql, [parent_id, parent_id])
        return tuple(Child(row["kind"], row["id"], row["title"]) for row in rows)

    def follow(self, on_disk: Mapping[tuple[str, str], Manifest | None]) -> tuple[Problem, ...]:
        """Make the rows agree with the folders, and say what had to change.

        A None stands for a folder whose manifest cannot be read: its row, if there is one, stays as it is.
        """
        rows = self._database.read("SELECT kind, id, title, manifest FROM artefacts ORDER BY kind, id")
        known = {(row["kind"], row["id"]): row for row in rows}
        lost = [row for key, row in known.items() if key not in on_disk]
        changed = [
            m for key, m in on_disk.items() if m and (key not in known or known[key]["manifest"] != manifest_text(m))
        ]
        if lost or changed:
            with self._manifests.changing():
                self._database.transaction(lambda tx: _follow(tx, lost, changed))
        new = [m for m in changed if (m.kind, m.id) not in known]
        return (
            *(_lost(row) for row in lost),
            *(
                Problem(f"The {m.kind} {m.title!r} ({m.id}) was on disk but not listed.", "It is listed again.")
                for m in new
            ),
        )

    def _read_manifests(self, kind: str) -> tuple[Manifest, ...]:
        sql = "SELECT manifest FROM artefacts WHERE kind = ? ORDER BY created_at DESC, id"
        return tuple(Manifest.model_validate_json(row["manifest"]) for row in self._database.read(sql, [kind]))


def _follow(tx: Transaction, lost: list[dict[str, Any]], changed: list[Manifest]) -> None:
    for row in lost:
        _remove(tx, row["kind"], row["id"])
    for manifest in changed:
        _put(tx, manifest)


def _lost(row: Mapping[str, Any]) -> Problem:
    return Problem(
        f"The files of the {row['kind']} {row['title']!r} ({row['id']}) are gone; it is no longer listed.",
        "Copy its folder back from a backup and open the workspace again, or make it again.",
    )


def _put(tx: Transaction, manifest: Manifest) -> None:
    facts = to_json_text(manifest.facts, "facts")
    row = [manifest.kind, manifest.id, manifest.title, manifest.created_at, facts, manifest_text(manifest)]
    tx.write(
        "INSERT OR REPLACE INTO artefacts (kind, id, title, created_at, facts, manifest) VALUES (?, ?, ?, ?, ?, ?)", row
    )
    for role, parent_id in manifest.parents.items():
        parent = [manifest.kind, manifest.id, role, parent_id]
        tx.write("INSERT OR REPLACE INTO artefact_parents (kind, id, role, parent_id) VALUES (?, ?, ?, ?)", parent)


def _remove(tx: Transaction, kind: str, id: str) -> None:
    tx.write("DELETE FROM artefact_parents WHERE kind = ? AND id = ?", [kind, id])
    tx.write("DELETE FROM artefacts WHERE kind = ? AND id = ?", [kind, id])
