"""The workspace's hidden place: what the server must know and nobody who works with it may read.

The folder is for its owner alone (0700), and so is every file in it (0600). No route, page, artefact or manifest names
a path in it. Backups hold it, with the same modes: without it no submission could ever be scored again.
"""

import os
import secrets
import shutil
import threading
from pathlib import Path
from typing import Final

from core.errors import NotFound, ValenceError
from core.store.files import force_to_disk
from core.store.manifest import name_problems, refuse

HIDDEN_FOLDER: Final = "hidden"
FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
_SECRET_BYTES: Final = 32
_HERE: Final = "hidden"  # stands for the kind and the id, where only a file's name is to be checked


class HiddenPlace:
    """Files under `root` by name, and folders of them one level deep; made on first use, safe from any thread.

    What is written is on the disk when a call returns, whole or not at all. Errors say which file and never what is in
    it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._drawing = threading.Lock()

    def write(self, name: str, data: bytes) -> None:
        """Store bytes under a name, in place of what was there."""
        path = self._path(name)
        draft = path.with_name(f".{name}.{secrets.token_hex(4)}.part")
        try:
            self._make(self.root)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
            with os.fdopen(descriptor, "wb") as file:
                os.fchmod(descriptor, FILE_MODE)
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            draft.replace(path)
            force_to_disk(self.root)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise _unusable(f"{name} cannot be written", error) from error

    def read(self, name: str) -> bytes:
        """The bytes under a name; `NotFound` where there are none."""
        return self._read(self._path(name))

    def read_held(self, folder: str, name: str) -> bytes:
        """The bytes of a file that was moved in; `NotFound` where it is not here."""
        return self._read(self.held_path(folder, name))

    def _read(self, path: Path) -> bytes:
        name = path.relative_to(self.root)
        try:
            return path.read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"The hidden place holds no {name}.", "Copy it back from a backup.") from error
        except OSError as error:
            raise _unusable(f"{name} cannot be read", error) from error

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        return self._path(name).is_file()

    def delete(self, name: str) -> None:
        """Remove a file; nothing happens where there is none."""
        self._path(name).unlink(missing_ok=True)

    def secret(self, name: str) -> bytes:
        """32 random bytes, drawn at the first call and the same ever after."""
        with self._drawing:
            if not self.exists(name):
                self.write(name, secrets.token_bytes(_SECRET_BYTES))
            return self.read(name)

    def take(self, folder: str, path: Path) -> None:
        """Move a file from elsewhere on the same disk into a folder here; it is in one place at any moment."""
        try:
            home = self._make(self._path(folder))
            path.chmod(FILE_MODE)
            path.replace(home / path.name)
            force_to_disk(home)
            force_to_disk(path.parent)
        except OSError as error:
            raise _unusable(f"{path.name} cannot be moved in", error) from error

    def give_back(self, folder: str, name: str, target: Path) -> None:
        """Move a file out to `target`, readable as other files are."""
        held = self.held_path(folder, name)
        try:
            held.replace(target)
            target.chmod(0o644)
            force_to_disk(target.parent)
            force_to_disk(held.parent)
        except OSError as error:
            raise _unusable(f"{name} cannot be moved out", error) from error

    def held_path(self, folder: str, name: str) -> Path:
        """Where a file that was moved in lies, whether or not it is there."""
        refuse(name_problems(_HERE, _HERE, [name]))
        return self._path(folder) / name

    def forget(self, folder: str) -> None:
        """Remove a folder with all it holds; nothing happens where there is none."""
        shutil.rmtree(self._path(folder), ignore_errors=True)

    def secure(self) -> None:
        """Set the modes of all that is here, and remove what a killed writer left."""
        if not self.root.exists():
            return
        try:
            for path in [self.root, *self.root.rglob("*")]:
                if path.name.startswith(".") and path.suffix == ".part":
                    path.unlink()
                else:
                    path.chmod(FOLDER_MODE if path.is_dir() else FILE_MODE)
        except OSError as error:
            raise _unusable("it cannot be secured", error) from error

    def copy_to(self, target: Path) -> None:
        """Copy everything into a new folder that nobody else can read at any moment, and force it to disk."""
        if not self.root.exists():
            return
        for source in [self.root, *sorted(self.root.rglob("*"))]:
            copied = target / source.relative_to(self.root)
            if source.is_dir():
                copied.mkdir(mode=FOLDER_MODE)
            elif source.suffix != ".part":
                descriptor = os.open(copied, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
                with os.fdopen(descriptor, "wb") as file, source.open("rb") as held:
                    shutil.copyfileobj(held, file)
                    file.flush()
                    os.fsync(descriptor)
        force_to_disk(target)

    def _path(self, name: str) -> Path:
        refuse(name_problems(_HERE, _HERE, [name]))
        return self.root / name

    def _make(self, folder: Path) -> Path:
        for path in (self.root, folder):
            if not path.is_dir():
                path.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
                path.chmod(FOLDER_MODE)
                force_to_disk(path.parent)
        return folder


def _unusable(what: str, error: OSError) -> ValenceError:
    return ValenceError(
        f"In the workspace's hidden place {what}: {error.strerror or 'the disk refused'}.",
        "Check the free space and the permissions of the workspace, and try again.",
    )
