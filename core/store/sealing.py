"""Sealing: some files of an artefact are moved into the hidden place until nobody holds them there any more.

The manifest of a sealed artefact does not list the moved files; what it needs to bring them back stands among its
facts. The manifest changes first when files go, and last when they come back. So whoever reads through the store sees
no file that is on its way, and a program that was killed leaves nothing but work for `put_sealing_right`.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from core.errors import Problem, ValenceError
from core.store.artefacts import Artefact, ArtefactStore
from core.store.clock import utc_now
from core.store.hidden import HiddenPlace
from core.store.manifest import FileRecord, Manifest

SEALED: Final = "sealed"


@dataclass(frozen=True, slots=True)
class Seal:
    """What is hidden of an artefact: `files` by name, since when, and the artefacts (`kind/id`) that hold it there."""

    by: tuple[str, ...]
    since: str
    files: dict[str, FileRecord]


def seal_of(manifest: Manifest) -> Seal | None:
    """The seal on an artefact, None where it has none."""
    found = manifest.facts.get(SEALED)
    if found is None:
        return None
    files = {name: FileRecord.model_validate(record) for name, record in found["files"].items()}
    return Seal(tuple(found["by"]), found["since"], files)


def seal_files(store: ArtefactStore, hidden: HiddenPlace, artefact: Artefact, names: Iterable[str], by: str) -> None:
    """Hide files of an artefact on behalf of another one (`kind/id`), which is added where they are hidden already."""

    def sealed(manifest: Manifest) -> Manifest:
        before = seal_of(manifest)
        files = before.files if before else {name: manifest.files[name] for name in names}
        holders = dict.fromkeys((*(before.by if before else ()), by))
        return _with_seal(manifest, Seal(tuple(holders), before.since if before else utc_now(), files))

    with store.removals_paused():
        _move_in(hidden, store.rewrite(artefact.kind, artefact.id, sealed))


def release_files(store: ArtefactStore, hidden: HiddenPlace, artefact: Artefact, by: str) -> None:
    """Let go of an artefact's files; they come back once nobody holds them. Nothing happens to those that do not."""
    with store.removals_paused():
        current = store.get(artefact.kind, artefact.id)
        seal = seal_of(current.manifest)
        if seal is None:
            return
        left = tuple(holder for holder in seal.by if holder != by)
        if left:
            store.rewrite(artefact.kind, artefact.id, lambda m: _with_seal(m, Seal(left, seal.since, seal.files)))
        else:
            _move_out(store, hidden, current, seal)


def put_sealing_right(
    store: ArtefactStore, hidden: HiddenPlace, is_holding: Callable[[str], bool]
) -> tuple[Problem, ...]:
    """Finish what a killed program began: hide what is still about, and give back what no artefact holds any more.

    Says what cannot be put right: files that are in neither place, or cannot be moved.
    """
    problems = []
    for artefact in store.with_fact(SEALED):
        try:
            _put_right(store, hidden, artefact, is_holding)
        except ValenceError as error:
            title = artefact.manifest.title
            message = (
                f"What is sealed of the {artefact.kind} {title!r} ({artefact.id}) is not in order. {error.message}"
            )
            problems.append(Problem(message, error.fix))
    return tuple(problems)


def _put_right(
    store: ArtefactStore, hidden: HiddenPlace, artefact: Artefact, is_holding: Callable[[str], bool]
) -> None:
    seal = seal_of(artefact.manifest)
    if seal is None:
        return
    _move_in(hidden, artefact)
    for holder in seal.by:
        if not is_holding(holder):
            release_files(store, hidden, artefact, holder)


def _move_in(hidden: HiddenPlace, artefact: Artefact) -> None:
    seal = seal_of(artefact.manifest)
    assert seal is not None
    for name in seal.files:
        path = artefact.folder / name
        if path.exists():
            hidden.take(hidden_folder(artefact), path)
        elif not hidden.held_path(hidden_folder(artefact), name).is_file():
            raise ValenceError(f"Its file {name!r} is gone.", "Copy it back from a backup, or make the artefact again.")


def _move_out(store: ArtefactStore, hidden: HiddenPlace, artefact: Artefact, seal: Seal) -> None:
    folder = hidden_folder(artefact)
    for name in seal.files:
        if hidden.held_path(folder, name).exists() or not (artefact.folder / name).exists():
            hidden.give_back(folder, name, artefact.folder / name)
    store.rewrite(artefact.kind, artefact.id, lambda manifest: _without_seal(manifest, seal))
    hidden.forget(folder)


def hidden_folder(artefact: Artefact) -> str:
    """The folder of the hidden place that an artefact's files are moved to."""
    return f"{artefact.kind}-{artefact.id}"


def _with_seal(manifest: Manifest, seal: Seal) -> Manifest:
    record: dict[str, Any] = asdict(seal) | {
        "by": list(seal.by),
        "files": {name: file.model_dump() for name, file in seal.files.items()},
    }
    files = {name: file for name, file in manifest.files.items() if name not in seal.files}
    return manifest.model_copy(update={"files": files, "facts": {**manifest.facts, SEALED: record}})


def _without_seal(manifest: Manifest, seal: Seal) -> Manifest:
    facts = {name: fact for name, fact in manifest.facts.items() if name != SEALED}
    files = dict(sorted({**manifest.files, **seal.files}.items()))
    return manifest.model_copy(update={"files": files, "facts": facts})
