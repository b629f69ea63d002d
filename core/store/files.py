"""Files that are on the disk when the function returns."""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import ValenceError
from core.store.manifest import FileRecord

Content = bytes | Callable[[Path], None]


def write_file(path: Path, content: Content) -> FileRecord:
    """Write bytes, or let a function write to `path`, force them to disk, and return their size and digest."""
    if callable(content):
        content(path)
        if not path.is_file():
            raise ValenceError(f"The writer of {path.name!r} made no file.", "It must write to the path it is given.")
    else:
        path.write_bytes(content)
    force_to_disk(path)
    return file_record(path)


def file_record(path: Path) -> FileRecord:
    """Size and SHA-256 of a file, read in chunks."""
    with path.open("rb") as file:
        return FileRecord(sha256=hashlib.file_digest(file, "sha256").hexdigest(), bytes=file.tell())


def force_to_disk(path: Path) -> None:
    """fsync a file, or a folder (which makes the names in it durable)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str, drafts: Path) -> None:
    """Exchange a file's text in one step: a reader, or a crash, sees the old text or the new, never a part.

    It is written in `drafts` first, on the same disk, so that a crash leaves nothing beside the file.
    """
    with draft_folder(drafts) as folder:
        write_file(folder / path.name, text.encode("utf-8"))
        (folder / path.name).replace(path)
    force_to_disk(path.parent)


@contextmanager
def draft_folder(parent: Path) -> Iterator[Path]:
    """A new empty folder in `parent`, removed at the end unless it was renamed away."""
    parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=parent))
    draft.chmod(0o755)  # mkdtemp makes it private, and the folder keeps its mode when it is renamed into place
    try:
        yield draft
    finally:
        if draft.exists():
            shutil.rmtree(draft)
