"""Fitted synthesizers and synthetic tables as the workspace holds them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.tabular.exchange import FIT_FILE, ROWS_FILE, SAMPLE_FILE, FitFigures, SampleFigures, Wanted
from core.tabular.raw_files import read_raw
from core.tabular.table import RawTable
from core.workflows.tabular_schemas import SCHEMA

MODEL: Final = "tabular_model"
SYNTHETIC: Final = "synthetic_table"


@dataclass(frozen=True, slots=True)
class StoredModel:
    """A fitted synthesizer of the workspace and what its fit cost."""

    artefact: Artefact
    figures: FitFigures

    @property
    def table_schema(self) -> str:
        """Id of the confirmed schema it was fitted on."""
        return self.artefact.manifest.parents[SCHEMA]


@dataclass(frozen=True, slots=True)
class StoredSynthetic:
    """A synthetic table of the workspace: which rows were wanted, and what sampling them cost and gave."""

    artefact: Artefact
    wanted: Wanted
    figures: SampleFigures

    @property
    def table_schema(self) -> str:
        """Id of the confirmed schema."""
        return self.artefact.manifest.parents[SCHEMA]

    @property
    def model(self) -> str:
        """Id of the fitted synthesizer."""
        return self.artefact.manifest.parents[MODEL]


def models(workspace: Workspace, schema_id: str = "") -> tuple[Artefact, ...]:
    """Fitted synthesizers, newest first: all, or those of one confirmed schema.

    Facts: `family`, `family_title`, `seed`, `fit_cpu_s`, `peak_memory_mb`, `n_training_rows`.
    """
    return _of_schema(workspace, MODEL, schema_id)


def synthetic_tables(workspace: Workspace, schema_id: str = "") -> tuple[Artefact, ...]:
    """Synthetic tables, newest first: all, or those of one confirmed schema.

    Facts: `name` (as a report calls it), `family`, `family_title`, `use` (table, conditional, augmentation), `wanted`,
    `n_rows`, `seed`, `cpu_s`, `n_broken`.
    """
    return _of_schema(workspace, SYNTHETIC, schema_id)


def model_of(workspace: Workspace, model_id: str) -> StoredModel:
    """A fitted synthesizer; `NotFound` when there is none, `CorruptArtefact` when its figures were changed."""
    artefact = workspace.artefacts.get(MODEL, model_id)
    return StoredModel(artefact, FitFigures.model_validate_json(workspace.artefacts.read(artefact, FIT_FILE)))


def synthetic_of(workspace: Workspace, synthetic_id: str) -> StoredSynthetic:
    """A synthetic table's record; `NotFound` when there is none, `CorruptArtefact` when its figures were changed."""
    artefact = workspace.artefacts.get(SYNTHETIC, synthetic_id)
    figures = SampleFigures.model_validate_json(workspace.artefacts.read(artefact, SAMPLE_FILE))
    return StoredSynthetic(artefact, Wanted.model_validate(artefact.manifest.facts["wanted"]), figures)


def synthetic_rows(workspace: Workspace, synthetic_id: str) -> RawTable:
    """The rows of a synthetic table, every cell as text; `CorruptArtefact` when they were changed."""
    artefact = workspace.artefacts.get(SYNTHETIC, synthetic_id)
    return read_raw(workspace.artefacts.read(artefact, ROWS_FILE))


def copy_model(workspace: Workspace, artefact: Artefact, folder: Path) -> None:
    """Put the files of a fitted synthesizer into a new folder; `CorruptArtefact` when one was changed."""
    folder.mkdir()
    for name in artefact.manifest.files:
        if name != FIT_FILE:
            (folder / name).write_bytes(workspace.artefacts.read(artefact, name))


def _of_schema(workspace: Workspace, kind: str, schema_id: str) -> tuple[Artefact, ...]:
    found = workspace.artefacts.list(kind)
    return tuple(artefact for artefact in found if schema_id in ("", artefact.manifest.parents[SCHEMA]))
