"""Writing results as plain files without losing what is there: places are checked before the long work, not after."""

import json
import os
import stat
from codecs import BOM_UTF8
from collections.abc import Iterable, Mapping
from pathlib import Path

from core.errors import ValenceError
from core.graph.edges_csv import COLUMNS
from core.store.files import file_record

MANIFEST_FILE = "manifest.json"
_CHOOSE = "Choose another place."


def check_out_file(out: Path, inputs: Iterable[Path]) -> None:
    """`ValenceError` when a file cannot be written here, or would replace an input or something that is no file."""
    mode = _mode(out)
    if mode is not None and stat.S_ISDIR(mode):
        raise ValenceError(f"{out} cannot be written: it is a folder.", "Name a file in it.")
    if mode is not None and not stat.S_ISREG(mode):
        raise ValenceError(f"{out} cannot be written: it is no ordinary file.", _CHOOSE)
    if mode is not None and any(_mode(given) is not None and out.samefile(given) for given in inputs):
        raise ValenceError(f"{out} is an input of this command; writing there would destroy it.", _CHOOSE)
    _check_folder(out.parent, out)


def check_replaces_edges(out: Path) -> None:
    """`ValenceError` when the file that stands here is anything else than an edges CSV."""
    header = ",".join(COLUMNS).encode()
    try:
        with out.open("rb") as file:
            start = file.read(len(header) + len(BOM_UTF8)).removeprefix(BOM_UTF8)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ValenceError(f"{out} cannot be replaced: {error.strerror}.", _CHOOSE) from error
    if start and not start.startswith(header):
        raise ValenceError(f"{out} holds something else than edges; it was left as it is.", _CHOOSE)


def check_out_folder(out: Path, dataset_id: str, names: Iterable[str]) -> None:
    """`ValenceError` when files of these names cannot be written into `out`, or one there would be lost.

    Only the files of the same dataset, unchanged since they were written, are replaced.
    """
    _check_folder(out, out)
    recorded = _recorded_digests(out / MANIFEST_FILE, dataset_id)
    in_the_way = [
        name for name in names if os.path.lexists(out / name) and not _is_unchanged(out / name, recorded.get(name))
    ]
    if not recorded and os.path.lexists(out / MANIFEST_FILE):
        in_the_way.append(MANIFEST_FILE)
    if in_the_way:
        raise ValenceError(
            f"{out} already holds {', '.join(in_the_way)} of another dataset, or changed since; nothing was replaced.",
            "Choose another folder, or move the files away.",
        )


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write all files or none: each is written beside its target first, so that a full disk leaves what was there."""
    drafts: dict[Path, Path] = {}
    path = Path()
    try:
        for path, data in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            target = path.resolve()  # a link goes on pointing at the file
            drafts[target] = target.with_name(f".writing-{os.getpid()}-{len(drafts)}")
            drafts[target].write_bytes(data)
        for path, draft in drafts.items():
            draft.replace(path)
    except OSError as error:
        raise ValenceError(f"{path} cannot be written: {error.strerror}.", _CHOOSE) from error
    finally:
        for draft in drafts.values():
            draft.unlink(missing_ok=True)


def _check_folder(folder: Path, wanted: Path) -> None:
    """Whether the folder, or the nearest one above it that exists, takes new files."""
    while (mode := _mode(folder)) is None and not folder.is_symlink():
        folder = folder.parent
    if mode is None or not stat.S_ISDIR(mode):
        raise ValenceError(f"{wanted} cannot be written: {folder} is no folder.", _CHOOSE)
    if not os.access(folder, os.W_OK | os.X_OK):
        raise ValenceError(f"{wanted} cannot be written: the folder {folder} is write-protected.", _CHOOSE)


def _mode(path: Path) -> int | None:
    """What stands here, links followed; None for nothing, `ValenceError` where that cannot even be asked."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ValenceError(f"{path} cannot be written: {error.strerror}.", _CHOOSE) from error


def _recorded_digests(manifest: Path, dataset_id: str) -> dict[str, str]:
    """SHA-256 by file name of the same dataset's manifest; empty where there is none."""
    try:
        found = json.loads(manifest.read_bytes())
        return {name: record["sha256"] for name, record in found["files"].items()} if found["id"] == dataset_id else {}
    except (OSError, ValueError, RecursionError, LookupError, TypeError, AttributeError):
        return {}  # no manifest of ours: whatever else stands there is kept


def _is_unchanged(path: Path, sha256: str | None) -> bool:
    return sha256 is not None and path.is_file() and file_record(path).sha256 == sha256
