"""The one door to a dataset's rows: whoever reads them comes through here, and finds it shut while they are sealed.

A split of a dataset seals its rows: they lie in the hidden place until the split's version is closed.
"""

from pathlib import Path
from typing import Final

from core.catalogue.model import Catalogue
from core.dataset.files import CONFIG_FILE, EVALUATION_FILE, PARQUET_FILE
from core.dataset.rows import LabelledRows
from core.dataset.stored_rows import stored_rows
from core.errors import CorruptArtefact
from core.fingerprint import digest
from core.store.artefacts import Artefact
from core.store.sealing import hidden_folder, release_files, seal_files, seal_of
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.sealed_rows import refuse_sealed

PUBLIC_FILES: Final = frozenset((EVALUATION_FILE, CONFIG_FILE))  # hold no row


def require_readable(workspace: Workspace, dataset_id: str) -> Artefact:
    """The dataset as it is now; `RowsSealed` where its rows are kept back."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    refuse_sealed(dataset)
    return dataset


def read_dataset_rows(workspace: Workspace, dataset_id: str, catalogue: Catalogue) -> LabelledRows:
    """The rows of a dataset in the order of its files, labels in the configuration's; `RowsSealed` where they are."""
    dataset = require_readable(workspace, dataset_id)
    return _parsed(workspace, dataset, catalogue, workspace.artefacts.read(dataset, PARQUET_FILE))


def rows_file(workspace: Workspace, dataset_id: str, name: str) -> bytes:
    """A file of a dataset, for a download; `RowsSealed` for one that holds rows while they are sealed."""
    if name in PUBLIC_FILES:
        return workspace.artefacts.read(workspace.artefacts.get(DATASET, dataset_id), name)
    return workspace.artefacts.read(require_readable(workspace, dataset_id), name)


def rows_path(workspace: Workspace, dataset_id: str) -> Path:
    """Where the Parquet file of rows lies; `RowsSealed` where they are."""
    return workspace.artefacts.path(require_readable(workspace, dataset_id), PARQUET_FILE)


def rows_for_figures(workspace: Workspace, dataset: Artefact, catalogue: Catalogue) -> LabelledRows:
    """The rows wherever they lie, sealed ones too: to divide them, or for figures over all of them.

    Nothing that tells one row from another may come of them.
    """
    seal = seal_of(dataset.manifest)
    if seal is None:
        return _parsed(workspace, dataset, catalogue, workspace.artefacts.read(dataset, PARQUET_FILE))
    data = workspace.hidden.read_held(hidden_folder(dataset), PARQUET_FILE)
    if digest(data) != seal.files[PARQUET_FILE].sha256:
        message = f"The sealed rows of “{dataset.manifest.title}” differ from what was sealed."
        raise CorruptArtefact(message, "Copy the workspace's hidden folder back from a backup.")
    return _parsed(workspace, dataset, catalogue, data)


def seal_rows(workspace: Workspace, dataset_id: str, by: str) -> None:
    """Move every file of a dataset that holds rows into the hidden place, for an artefact `kind/id`."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    names = [name for name in dataset.manifest.files if name not in PUBLIC_FILES]
    seal_files(workspace.artefacts, workspace.hidden, dataset, names, by)


def release_rows(workspace: Workspace, dataset_id: str, by: str) -> None:
    """Let go of a dataset's rows; they can be read again once no other artefact holds them."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    release_files(workspace.artefacts, workspace.hidden, dataset, by)


def _parsed(workspace: Workspace, dataset: Artefact, catalogue: Catalogue, data: bytes) -> LabelledRows:
    config = dataset_config(workspace, dataset)
    return stored_rows(data, catalogue, config.type_ranges, tuple(config.label_params))
