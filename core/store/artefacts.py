"""Results as files: `<workspace>/artefacts/<kind>/<id>/`, complete or absent, with a row of facts in the database."""

import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from core.errors import CorruptArtefact, NotFound, Problem, ValenceError
from core.fingerprint import digest
from core.store.artefact_index import ArtefactIndex
from core.store.clock import utc_now
from core.store.database import Database
from core.store.files import Content, draft_folder, file_record, force_to_disk, replace_text, write_file
from core.store.json_text import json_copy, to_json_text
from core.store.manifest import (
    MANIFEST_FILE,
    Artefact,
    FileRecord,
    Manifest,
    manifest_text,
    name_problems,
    read_artefact,
    refuse,
    text_problems,
)

__all__ = ["Artefact", "ArtefactStore", "FileRecord", "Manifest"]

_REMAKE = "Copy the file back from a backup, or delete the artefact and make it again."


class ArtefactStore:
    """The artefacts of one workspace; safe to call from any thread.

    `root` holds the kinds, `drafts` what is being written or thrown away. Content never changes under an id.
    """

    def __init__(self, root: Path, drafts: Path, database: Database) -> None:
        self.root = root
        self.drafts = drafts
        self._index = ArtefactIndex(database)
        self._registry = threading.RLock()  # an artefact appears or goes in one step, folder and row together
        self._removals = threading.RLock()  # held by a backup, so that nothing goes while it copies

    def save(
        self,
        kind: str,
        id: str,
        title: str,
        files: Mapping[str, Content],
        facts: Mapping[str, Any] | None = None,
        parents: Mapping[str, str] | None = None,
    ) -> Artefact:
        """Store files (bytes, or functions that write to the path they are given) under an id, all or nothing.

        When the id exists and the digests agree, the existing artefact is returned and nothing changes; when they
        differ, `CorruptArtefact`. `facts` must be JSON data; `parents` maps a role to the id of the artefact used.
        """
        refuse([*name_problems(kind, id, files), *text_problems(title, parents or {})])
        json_facts: dict[str, Any] = json_copy(dict(facts or {}), f"facts of {kind} {id}")
        to_json_text(title, f"title of {kind} {id}")
        try:
            with draft_folder(self.drafts) as draft:
                records = _write_all(draft, files)
                manifest = Manifest(
                    kind=kind,
                    id=id,
                    title=title,
                    created_at=utc_now(),
                    parents=dict(parents or {}),
                    facts=json_facts,
                    files=records,
                )
                write_file(draft / MANIFEST_FILE, manifest_text(manifest).encode("utf-8"))
                force_to_disk(draft)
                return self._publish(draft, manifest)
        except OSError as error:
            raise ValenceError(
                f"The {kind} {title!r} could not be written: {error.strerror or error}.",
                "Check the free space and the permissions of the workspace, and try again.",
            ) from error

    def get(self, kind: str, id: str) -> Artefact:
        """The artefact; `NotFound` lists the artefacts of that kind."""
        refuse(name_problems(kind, id))
        if not self.exists(kind, id):
            raise NotFound(self._absent(kind, id), "Choose one that exists.")
        return read_artefact(self.root / kind / id)

    def exists(self, kind: str, id: str) -> bool:
        """Whether a complete artefact with that id is stored."""
        return not name_problems(kind, id) and (self.root / kind / id / MANIFEST_FILE).is_file()

    def list(self, kind: str) -> tuple[Artefact, ...]:
        """All artefacts of a kind, newest first (empty for a kind that has none)."""
        return tuple(Artefact(m.kind, m.id, self.root / m.kind / m.id, m) for m in self._index.manifests(kind))

    def path(self, artefact: Artefact, filename: str) -> Path:
        """Where a file of the artefact lies, for readers that need a path; its digest is not checked."""
        self._record(artefact, filename)
        return artefact.folder / filename

    def read(self, artefact: Artefact, filename: str) -> bytes:
        """The bytes of a file; `CorruptArtefact` when they are not those that were saved."""
        path, record = self.path(artefact, filename), self._record(artefact, filename)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise CorruptArtefact(f"The file {path} cannot be read ({error.strerror}).", _REMAKE) from error
        if digest(data) != record.sha256:
            raise CorruptArtefact(f"The file {path} differs from what was saved.", _REMAKE)
        return data

    def verify(self, kind: str, id: str) -> tuple[Problem, ...]:
        """Everything that differs from the manifest: missing, changed or foreign files (empty when all is well)."""
        try:
            artefact = self.get(kind, id)
        except CorruptArtefact as error:
            return (Problem(error.message, error.fix, field=MANIFEST_FILE),)
        found = {path.name for path in artefact.folder.iterdir()} - {MANIFEST_FILE}
        foreign = [
            Problem(f"{name!r} is not part of the artefact.", "Move it elsewhere.", field=name)
            for name in sorted(found - set(artefact.manifest.files))
        ]
        damaged = [_damage(artefact.folder / name, record) for name, record in artefact.manifest.files.items()]
        return (*(problem for problem in damaged if problem), *foreign)

    def delete(self, kind: str, id: str) -> None:
        """Remove an artefact for good; refused while another artefact names it as a parent."""
        with self._removals, self._registry:
            artefact = self.get(kind, id)
            children = self._index.children(id)
            if children:
                names = ", ".join(f"{_words(child.kind)} {child.title!r} ({child.id[:8]})" for child in children[:5])
                more = f" and {len(children) - 5} more" if len(children) > 5 else ""
                raise ValenceError(
                    f"The {_words(kind)} {artefact.manifest.title!r} was used to make {names}{more}.",
                    "Delete those first.",
                )
            # Row first: killed between the two, the next opening finds the folder and registers it again.
            self._index.remove(kind, id)
            with draft_folder(self.drafts) as trash:
                artefact.folder.rename(trash / "deleted")
                force_to_disk(artefact.folder.parent)

    def retitle(self, kind: str, id: str, title: str) -> Artefact:
        """Give an artefact another title; its id and content stay."""
        refuse(text_problems(title, {}))
        to_json_text(title, f"title of {kind} {id}")
        return self.rewrite(kind, id, lambda manifest: manifest.model_copy(update={"title": title}))

    def rewrite(self, kind: str, id: str, change: Callable[[Manifest], Manifest]) -> Artefact:
        """Exchange an artefact's manifest for a changed one, in one step; its files are the caller's business."""
        with self._removals, self._registry:
            artefact = self.get(kind, id)
            manifest = change(artefact.manifest)
            replace_text(artefact.folder / MANIFEST_FILE, manifest_text(manifest), self.drafts)
            self._index.put(manifest)
            return Artefact(kind, id, artefact.folder, manifest)

    def with_fact(self, name: str) -> tuple[Artefact, ...]:
        """The artefacts of any kind whose facts hold this name."""
        manifests = (manifest for kind in self._index.kinds() for manifest in self._index.manifests(kind))
        return tuple(Artefact(m.kind, m.id, self.root / m.kind / m.id, m) for m in manifests if name in m.facts)

    @contextmanager
    def removals_paused(self) -> Iterator[None]:
        """While inside, deleting and changes of manifests wait in other threads; saving goes on."""
        with self._removals:
            yield

    def reconcile(self, set_aside: Path) -> tuple[Problem, ...]:
        """Bring folders and rows into agreement after a crash or a change by hand, and say what was found.

        The folders are the truth: rows follow them. Drafts of a killed writer are removed; a folder without a
        manifest, which no writer leaves behind, is moved to `set_aside`.
        """
        if self.drafts.exists():
            shutil.rmtree(self.drafts)
        problems = []
        on_disk: dict[tuple[str, str], Manifest | None] = {}
        for folder in sorted(path for path in self.root.glob("*/*") if path.is_dir()):
            kind, id = folder.parent.name, folder.name
            if not (folder / MANIFEST_FILE).is_file() or name_problems(kind, id):
                problems.append(_put_aside(folder, set_aside))
                continue
            try:
                on_disk[kind, id] = read_artefact(folder).manifest
            except ValenceError as error:
                on_disk[kind, id] = None
                problems.append(Problem(error.message, error.fix))
        return (*problems, *self._index.follow(on_disk))

    def _publish(self, draft: Path, manifest: Manifest) -> Artefact:
        """Move the finished draft into place and enter its row, or return what is already there."""
        folder = self.root / manifest.kind / manifest.id
        with self._registry:
            self._index.check_open()  # a folder moved into place after the lock was released could not be told of
            if self.exists(manifest.kind, manifest.id):
                existing = _agreeing(read_artefact(folder), manifest)
                self._index.ensure(existing.manifest)  # the row is missing when an earlier save failed after its rename
                return existing
            folder.parent.mkdir(parents=True, exist_ok=True)
            draft.rename(folder)
            force_to_disk(folder.parent)
            self._index.put(manifest)
            return Artefact(manifest.kind, manifest.id, folder, manifest)

    def _record(self, artefact: Artefact, filename: str) -> FileRecord:
        files = artefact.manifest.files
        if filename not in files:
            raise NotFound(
                f"The {artefact.kind} {artefact.manifest.title!r} has no file {filename!r}.",
                f"It has: {', '.join(files) or 'no files'}.",
            )
        return files[filename]

    def _absent(self, kind: str, id: str) -> str:
        manifests = self._index.manifests(kind)
        if not manifests:
            kinds = ", ".join(self._index.kinds()) or "none yet"
            return f"There is no {kind} {id!r}: this workspace holds no {kind}. Kinds it holds: {kinds}."
        shown = ", ".join(f"{manifest.id} ({manifest.title})" for manifest in manifests[:10])
        more = f" and {len(manifests) - 10} more" if len(manifests) > 10 else ""
        return f"There is no {kind} {id!r}. This workspace holds: {shown}{more}."


def _write_all(draft: Path, files: Mapping[str, Content]) -> dict[str, FileRecord]:
    records = {name: write_file(draft / name, content) for name, content in sorted(files.items())}
    stray = sorted({path.name for path in draft.iterdir()} - set(files))
    if stray:
        raise ValenceError(
            f"A writer left files nobody asked for: {', '.join(stray)}.", "Name every file in `files`, or remove it."
        )
    return records


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _put_aside(folder: Path, set_aside: Path) -> Problem:
    target = set_aside / f"{folder.parent.name}-{folder.name}-{utc_now().replace(':', '')}"
    set_aside.mkdir(exist_ok=True)
    folder.rename(target)
    return Problem(f"{folder} was no complete artefact.", f"It was moved to {target}: delete it, or repair it there.")


def _agreeing(existing: Artefact, wanted: Manifest) -> Artefact:
    old, new = existing.manifest.files, wanted.files
    differing = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
    if differing:
        raise CorruptArtefact(
            f"The {existing.kind} {existing.id!r} exists with other content (differs in: {', '.join(differing)}).",
            "The same id must always mean the same bytes: delete the artefact and make it again, "
            "or give the new content an id of its own.",
        )
    return existing


def _damage(path: Path, record: FileRecord) -> Problem | None:
    if not path.is_file():
        return Problem(f"{path.name!r} is missing.", _REMAKE, field=path.name)
    found = file_record(path)
    if found != record:
        return Problem(
            f"{path.name!r} was changed ({record.bytes} bytes saved, {found.bytes} found).", _REMAKE, field=path.name
        )
    return None
