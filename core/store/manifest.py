"""What a stored artefact says of itself: `manifest.json`, written last, so that its presence means complete."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import CorruptArtefact, InvalidInput, Problem, ValenceError
from core.store.json_text import to_json_text

MANIFEST_FILE = "manifest.json"
MANIFEST_SCHEME = 1

_KIND = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_SIMPLE = "Use letters, digits, '_', '-' and (not first) '.', at most 128 of them."


class FileRecord(BaseModel):
    """Size and SHA-256 (64 hex digits) of one file of an artefact."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """The record beside the files. `created_at` is UTC ISO text, `parents` maps roles to ids, `facts` is JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scheme: int = MANIFEST_SCHEME
    kind: str
    id: str
    title: str
    created_at: str
    parents: dict[str, str] = {}
    facts: dict[str, Any] = {}
    files: dict[str, FileRecord] = {}


class _Scheme(BaseModel):
    """The one field that every version of a manifest has; read first, so that a newer one is not called broken."""

    scheme: int


@dataclass(frozen=True, slots=True)
class Artefact:
    """One stored result: files in `folder`, described by `manifest`."""

    kind: str
    id: str
    folder: Path
    manifest: Manifest


def manifest_text(manifest: Manifest) -> str:
    """The manifest as the file holds it, and as the database row repeats it."""
    return to_json_text(manifest.model_dump(), f"manifest of {manifest.kind} {manifest.id}")


def read_artefact(folder: Path) -> Artefact:
    """The artefact in a folder `<kind>/<id>`; `CorruptArtefact` when its manifest is unreadable or another's."""
    path = folder / MANIFEST_FILE
    try:
        text = path.read_bytes()
        if _Scheme.model_validate_json(text).scheme > MANIFEST_SCHEME:
            raise ValenceError(f"The manifest {path} was written by a newer Valence.", "Install that version.")
        manifest = Manifest.model_validate_json(text)
    except (OSError, ValidationError) as error:
        reason = f"{error.error_count()} wrong fields" if isinstance(error, ValidationError) else error.strerror
        raise CorruptArtefact(f"The manifest {path} cannot be read ({reason}).", _RESTORE) from error
    if (manifest.kind, manifest.id) != (folder.parent.name, folder.name):
        raise CorruptArtefact(f"The manifest {path} belongs to {manifest.kind} {manifest.id!r}.", _RESTORE)
    return Artefact(manifest.kind, manifest.id, folder, manifest)


_RESTORE = "Copy the artefact's folder back from a backup, or make the artefact again."


def name_problems(kind: str, artefact_id: str, files: Iterable[str] = ()) -> list[Problem]:
    """What is wrong with names that become paths: a kind, an id, file names. No name can leave its folder."""
    problems = []
    if not _KIND.fullmatch(kind):
        problems.append(
            Problem(f"{kind!r} is no artefact kind.", "Use lower-case letters, digits, '_' and '-'.", field="kind")
        )
    if not _ID.fullmatch(artefact_id):
        problems.append(Problem(f"{artefact_id!r} is no artefact id.", _SIMPLE, field="id"))
    bad_files = [name for name in files if not _FILE.fullmatch(name) or name.lower() == MANIFEST_FILE]
    return problems + [
        Problem(f"{name!r} is no name for an artefact's file.", _SIMPLE, field="files") for name in bad_files
    ]


def text_problems(title: str, parents: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a title (it must say something) and with the ids of parents."""
    problems = [
        Problem(f"the parent {parent!r} is no artefact id.", _SIMPLE, field=f"parents.{role}")
        for role, parent in parents.items()
        if not _ID.fullmatch(parent)
    ]
    if not title.strip():
        problems.append(
            Problem("the title is empty.", "Give the artefact a title people can recognise.", field="title")
        )
    return problems


def refuse(problems: Sequence[Problem]) -> None:
    """Raise `InvalidInput` when there is a problem."""
    if problems:
        raise InvalidInput("artefact", problems)
