"""The folder in which a tabular process works, and how what it leaves gets into the workspace."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

from core.store.files import file_record
from core.store.job_table import new_job_id
from core.store.workspace import Workspace

WORKER: Final = "core.tabular.worker"
_FOLDER: Final = "tabular-"  # and the job's id; among the drafts, so that nothing of a killed program stays


@contextmanager
def working_folder(workspace: Workspace, job_id: str) -> Iterator[Path]:
    """An empty folder that goes at the end, whatever happens."""
    folder = workspace.artefacts.drafts / f"{_FOLDER}{job_id or new_job_id()}"
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier attempt of the same job
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def taken_from(folder: Path, names: tuple[str, ...]) -> dict[str, Callable[[Path], None]]:
    """Writers for the artefact store that move these files of the folder: no byte is written twice."""
    return {name: partial(_move, folder / name) for name in names}


def digests(folder: Path, names: tuple[str, ...]) -> dict[str, str]:
    """SHA-256 of these files of the folder."""
    return {name: file_record(folder / name).sha256 for name in names}


def _move(source: Path, target: Path) -> None:
    source.replace(target)
