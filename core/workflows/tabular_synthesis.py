"""Fit a synthesizer on the training rows of a confirmed schema, and sample synthetic tables from it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field

from core.child_process import run_child
from core.fingerprint import content_id
from core.jobs import JOB
from core.progress import Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.tabular.engines.registry import check_installed, family_named
from core.tabular.exchange import (
    FIT_FILE,
    MODEL_FOLDER,
    ROWS_FILE,
    SAMPLE_FILE,
    FitFigures,
    FitTask,
    SampleFigures,
    SampleTask,
    Wanted,
    write_task,
)
from core.tabular.synthesizer import SynthesizerFamily
from core.workflows.tabular_folders import WORKER, digests, taken_from, working_folder
from core.workflows.tabular_schemas import SCHEMA, divided_table
from core.workflows.tabular_synthetics import (
    MODEL,
    SYNTHETIC,
    StoredModel,
    StoredSynthetic,
    copy_model,
    model_of,
    models,
    synthetic_of,
    synthetic_rows,
    synthetic_tables,
)
from core.workflows.tabular_values import read_values

__all__ = [
    "BUDGET_S",
    "FIT_SYNTHESIZER",
    "MODEL",
    "MOST_BUDGET_S",
    "SAMPLE_SYNTHETIC",
    "SYNTHETIC",
    "FitRequest",
    "SampleRequest",
    "StoredModel",
    "StoredSynthetic",
    "fit_synthesizer",
    "model_of",
    "models",
    "read_fit_request",
    "read_sample_request",
    "read_settings",
    "sample_synthetic",
    "synthetic_of",
    "synthetic_rows",
    "synthetic_tables",
]

FIT_SYNTHESIZER: Final = "fit_synthesizer"
SAMPLE_SYNTHETIC: Final = "sample_synthetic"
BUDGET_S: Final = 600.0
MOST_BUDGET_S: Final = 7_200.0


class FitRequest(BaseModel):
    """What to fit on which confirmed schema.

    `table_schema`: id of the confirmed schema; `settings`: of the family, its defaults where nothing is said;
    `budget_s`: CPU seconds; `wanted` None: only fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table_schema: Annotated[str, Field(min_length=1)]
    family: Annotated[str, Field(min_length=1)]
    settings: dict[str, Any] = {}
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    budget_s: Annotated[float, Field(gt=0, le=MOST_BUDGET_S)] = BUDGET_S
    title: str = ""
    wanted: Wanted | None = Wanted()


class SampleRequest(BaseModel):
    """Which rows to sample from the fitted synthesizer of id `model`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, Field(min_length=1)]
    wanted: Wanted = Wanted()
    title: str = ""


def fit_synthesizer(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: a `FitRequest` as JSON to `{"tabular_model": id, "synthetic_table": id or ""}`.

    Before anything starts, `InvalidInput` lists wrong settings and `ValenceError` names a library that is missing.
    Cancelled or failed, also within sampling, it leaves nothing.
    """
    request = read_fit_request(_own(parameters))
    family = family_named(request.family)
    check_installed(family)
    settings = read_settings(family, request.settings).model_dump(mode="json")
    divided = divided_table(workspace, request.table_schema)
    task = FitTask(
        table_schema=divided.schema,
        family=family.name,
        settings=settings,
        seed=request.seed,
        budget_s=request.budget_s,
        wanted=request.wanted,
    )
    with working_folder(workspace, str(parameters.get(JOB, ""))) as folder:
        write_task(folder, task, divided.train)
        del divided  # the child holds it
        yield from run_child(WORKER, folder, f"The fit of {family.title}")
        # Nothing yields from here on: a wish to cancel comes before anything is stored or after all of it is.
        model = _save_model(workspace, request, folder)
        if request.wanted is None:
            return {MODEL: model.id, SYNTHETIC: ""}
        return {MODEL: model.id, SYNTHETIC: _save_synthetic(workspace, model, request.wanted, request.title, folder).id}


def sample_synthetic(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: a `SampleRequest` as JSON to `{"synthetic_table": id}`; cancelled or failed, it leaves nothing."""
    request = read_sample_request(_own(parameters))
    model = model_of(workspace, request.model)
    check_installed(family_named(model.figures.family))
    divided = divided_table(workspace, model.table_schema)
    with working_folder(workspace, str(parameters.get(JOB, ""))) as folder:
        write_task(folder, SampleTask(table_schema=divided.schema, wanted=request.wanted), divided.train)
        del divided
        copy_model(workspace, model.artefact, folder / MODEL_FOLDER)
        yield from run_child(WORKER, folder, f"Sampling from {model.figures.title}")
        made = _save_synthetic(workspace, model.artefact, request.wanted, request.title, folder)
    return {SYNTHETIC: made.id}


def read_fit_request(values: Mapping[str, Any]) -> FitRequest:
    """The request of these values; `InvalidInput` with everything that is wrong."""
    return read_values(FitRequest, values, "The fit cannot start")


def read_sample_request(values: Mapping[str, Any]) -> SampleRequest:
    """The request of these values; `InvalidInput` with everything that is wrong."""
    return read_values(SampleRequest, values, "The sampling cannot start")


def read_settings(family: SynthesizerFamily, values: Mapping[str, Any]) -> BaseModel:
    """The family's settings with its defaults; `InvalidInput` with everything that is wrong."""
    return read_values(family.settings, values, f"The settings of {family.title}")


def _own(parameters: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if name != JOB}


def _save_model(workspace: Workspace, request: FitRequest, folder: Path) -> Artefact:
    """A model is told by its files: the same rows, settings and seed are the same model, whatever they cost."""
    figures = FitFigures.model_validate_json((folder / FIT_FILE).read_bytes())
    names = tuple(sorted(path.name for path in (folder / MODEL_FOLDER).iterdir()))
    schema = workspace.artefacts.get(SCHEMA, request.table_schema)
    model_id = content_id(MODEL, {SCHEMA: schema.id, "files": digests(folder / MODEL_FOLDER, names)})
    if workspace.artefacts.exists(MODEL, model_id):
        return workspace.artefacts.get(MODEL, model_id)
    facts = {
        "family": figures.family,
        "family_title": figures.title,
        "seed": figures.seed,
        "n_training_rows": figures.n_training_rows,
        "fit_cpu_s": figures.fit_cpu_s,
        "peak_memory_mb": figures.peak_memory_mb,
    }
    files = {**taken_from(folder / MODEL_FOLDER, names), **taken_from(folder, (FIT_FILE,))}
    title = request.title or f"{figures.title} · {schema.manifest.title}"
    return workspace.artefacts.save(MODEL, model_id, title, files, facts, {SCHEMA: schema.id})


def _save_synthetic(workspace: Workspace, model: Artefact, wanted: Wanted, title: str, folder: Path) -> Artefact:
    figures = SampleFigures.model_validate_json((folder / SAMPLE_FILE).read_bytes())
    payload = {MODEL: model.id, "wanted": wanted.model_dump(mode="json"), "rows": digests(folder, (ROWS_FILE,))}
    synthetic_id = content_id(SYNTHETIC, payload)
    if workspace.artefacts.exists(SYNTHETIC, synthetic_id):
        return workspace.artefacts.get(SYNTHETIC, synthetic_id)
    family_title = str(model.manifest.facts["family_title"])
    facts = {
        "name": title or family_title,
        "family": model.manifest.facts["family"],
        "family_title": family_title,
        "use": wanted.use.value,
        "wanted": wanted.model_dump(mode="json"),
        "n_rows": figures.n_rows,
        "seed": wanted.seed,
        "cpu_s": figures.cpu_s,
        "n_broken": sum(broken.n_rows for broken in figures.broken),
    }
    parents = {MODEL: model.id, SCHEMA: model.manifest.parents[SCHEMA]}
    files = taken_from(folder, (ROWS_FILE, SAMPLE_FILE))
    return workspace.artefacts.save(SYNTHETIC, synthetic_id, title or model.manifest.title, files, facts, parents)
