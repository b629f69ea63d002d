"""Train a predictor on a board version's training rows, and submit what it predicts like everyone else does."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from core.child_process import run_child
from core.errors import CorruptArtefact, InvalidInput, ValenceError
from core.fingerprint import content_id
from core.jobs import JOB
from core.leaderboard.quotas import HOUSE_TEAM
from core.leaderboard.receipts import Receipt
from core.leaderboard.submission_files import PARQUET
from core.models.exchange import (
    CURVE_FILE,
    PREDICTIONS_FILE,
    REPORT_FILE,
    RESULT_FILES,
    TrainingOrder,
    TrainingTask,
    read_curve,
    read_report,
    write_task,
)
from core.models.pair_files import PAIRS_FILE
from core.models.protocol import Family, Track
from core.models.registry import check_installed, family_named
from core.models.report import CurveLine, TrainingReport, VectorsUsed
from core.models.tables import TrainingSet
from core.models.validation import RobustnessSettings
from core.progress import Steps
from core.sampler.configuration_errors import problems_of
from core.store.artefacts import Artefact
from core.store.files import file_record
from core.store.job_table import new_job_id
from core.store.workspace import Workspace
from core.workflows.answer_sheets import check_open
from core.workflows.splits import SPLIT, test_rows, training_set
from core.workflows.submissions import SubmissionRequest, SubmissionSource, submit
from core.workflows.vectors import VECTORS, load_vectors

MODEL_RUN: Final = "model_run"
TRAIN_MODEL: Final = "train_model"
WORKER: Final = "core.models.worker"

_FOLDER = "training-"  # and the job's id; lies among the drafts, so that nothing of a killed program stays


class TrainingRequest(BaseModel):
    """What to train on which board version.

    `version`: id of the split; `settings`: of the family, its defaults where nothing is said; `vectors`: id of the
    content vectors, empty for those of the split; `robustness` None: predict only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[str, Field(min_length=1)]
    family: Annotated[str, Field(min_length=1)]
    settings: dict[str, Any] = {}
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    vectors: str = ""
    title: str = ""
    robustness: RobustnessSettings | None = RobustnessSettings()


@dataclass(frozen=True, slots=True)
class ModelRun:
    """One finished training: its report and curve, and where its predictions were submitted."""

    artefact: Artefact
    report: TrainingReport
    curve: tuple[CurveLine, ...]

    @property
    def version(self) -> str:
        """Id of the split it was trained on."""
        return self.artefact.manifest.parents[SPLIT]

    @property
    def submission(self) -> str:
        """Id of the submission of its predictions."""
        return str(self.artefact.manifest.facts["submission"])


def train_model(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: a `TrainingRequest` as JSON to `{"model_run": id, "submission": id, "public_score": shown macro F1}`.

    Before anything starts, `ValenceError` names a library that is missing, `SubmissionRefused` a version that is
    closed, `InvalidInput` settings that are wrong. The public score is the one that the house team's standing shows.
    Cancelled, it leaves nothing.
    """
    request = read_request({name: value for name, value in parameters.items() if name != JOB})
    family = family_named(request.family)
    check_installed(family)
    settings = read_settings(family, request.settings)
    check_open(workspace, request.version)
    training = training_set(workspace, request.version, request.vectors, with_edges=family.track is Track.GRAPH_AWARE)
    order = TrainingOrder(
        family=family.name,
        settings=settings.model_dump(mode="json"),
        seed=request.seed,
        vectors=_vectors_used(workspace, request, training),
        robustness=request.robustness,
    )
    with _training_folder(workspace, str(parameters.get(JOB, ""))) as folder:
        test = test_rows(workspace, request.version)
        write_task(folder, TrainingTask(order, training, test.row_ids, test.rows))
        del training, test  # the child holds them; a large set would lie here as well for as long as it works
        yield from run_child(WORKER, folder, f"The training of {family.title}")
        # Nothing yields from here on: a wish to cancel comes either before the submission or after the run is stored.
        report = read_report((folder / REPORT_FILE).read_bytes())
        receipt = submit(workspace, _submission(request, report, (folder / PREDICTIONS_FILE).read_bytes()))
        artefact = _save(workspace, request, report, receipt, folder)
    return {MODEL_RUN: artefact.id, "submission": receipt.id, "public_score": receipt.public_score}


def read_request(values: Mapping[str, Any]) -> TrainingRequest:
    """The request of these values; `InvalidInput` with everything that is wrong."""
    try:
        return TrainingRequest.model_validate(values)
    except ValidationError as error:
        raise InvalidInput("The training", problems_of(error, TrainingRequest)) from error


def read_settings(family: Family, values: Mapping[str, Any]) -> BaseModel:
    """The family's settings with its defaults; `InvalidInput` with everything that is wrong."""
    try:
        return family.settings.model_validate(values)
    except ValidationError as error:
        raise InvalidInput(f"The settings of {family.title}", problems_of(error, family.settings)) from error


def with_trials(family: Family, values: Mapping[str, Any], n_trials: int) -> dict[str, Any]:
    """The settings with another number of tries for their search; `ValenceError` where the family searches nothing."""
    if "search" not in family.settings.model_fields:
        raise ValenceError(f"{family.title} searches no settings.", "Leave the number of trials out.")
    return {**values, "search": {**values.get("search", {}), "n_trials": n_trials}}


def model_runs(workspace: Workspace, version: str = "") -> tuple[Artefact, ...]:
    """Stored runs, newest first: all, or those on one board version."""
    runs = workspace.artefacts.list(MODEL_RUN)
    return tuple(run for run in runs if version in ("", run.manifest.parents[SPLIT]))


def load_run(workspace: Workspace, run_id: str) -> ModelRun:
    """A stored run; `NotFound` when there is none, `CorruptArtefact` when its files were changed."""
    artefact = workspace.artefacts.get(MODEL_RUN, run_id)
    try:
        report = read_report(workspace.artefacts.read(artefact, REPORT_FILE))
        curve = read_curve(workspace.artefacts.read(artefact, CURVE_FILE))
    except ValidationError as error:
        raise CorruptArtefact(
            f"The report of the run {artefact.manifest.title!r} cannot be read.", "Train it again."
        ) from error
    return ModelRun(artefact, report, curve)


def live_curve(workspace: Workspace, job_id: str) -> tuple[CurveLine, ...]:
    """What a running training job has measured so far; empty before its first measure, and once it is over."""
    with suppress(FileNotFoundError):
        return read_curve((_folder_of(workspace, job_id) / CURVE_FILE).read_bytes())
    return ()


def _vectors_used(workspace: Workspace, request: TrainingRequest, training: TrainingSet) -> VectorsUsed:
    split = workspace.artefacts.get(SPLIT, request.version)
    vectors_id = request.vectors or split.manifest.parents.get(VECTORS, "")
    if vectors_id:
        return load_vectors(workspace, vectors_id).used
    known = np.any(training.attributes.vectors)
    return VectorsUsed(id="", made_by="", dimensions=0, note="" if known else "No content vectors were given.")


def _submission(request: TrainingRequest, report: TrainingReport, data: bytes) -> SubmissionRequest:
    config = {"settings": report.found, "seed": report.seed, "vectors": report.vectors.model_dump(mode="json")}
    return SubmissionRequest(
        version=request.version,
        team=HOUSE_TEAM,
        model=report.family,
        track=report.track,
        data=data,
        media_type=PARQUET,
        source=SubmissionSource.WORKBENCH,  # the only door that the house team comes through
        code_ref=f"core.models, {report.family}",
        config=config,
    )


def _save(
    workspace: Workspace, request: TrainingRequest, report: TrainingReport, receipt: Receipt, folder: Path
) -> Artefact:
    """A run is told by its files, of which the report says how long it took: every run is one of its own."""
    names = [*RESULT_FILES, *([PAIRS_FILE] if (folder / PAIRS_FILE).exists() else [])]
    digests = {name: file_record(folder / name).sha256 for name in names}
    run_id = content_id(MODEL_RUN, {SPLIT: request.version, "files": digests})
    title = request.title or f"{report.title} · {workspace.versions.get(request.version).title}"
    validation = report.robustness.score.macro_f1 if report.robustness else None
    facts = {
        "family": report.family,
        "track": report.track.value,
        "seed": report.seed,
        "n_training_rows": report.n_training_rows,
        "validation_macro_f1": validation,
        "fit_seconds": report.fit_seconds,
        "submission": receipt.id,
        "public_score": receipt.public_score,
    }
    return workspace.artefacts.save(
        MODEL_RUN,
        run_id,
        title,
        {name: partial(_move, folder / name) for name in names},
        facts,
        {SPLIT: request.version, **({VECTORS: report.vectors.id} if report.vectors.id else {})},
    )


@contextmanager
def _training_folder(workspace: Workspace, job_id: str) -> Iterator[Path]:
    """An empty folder that goes at the end, under a name by which a page finds the curve of a running job."""
    folder = _folder_of(workspace, job_id or new_job_id())
    shutil.rmtree(folder, ignore_errors=True)  # of an earlier attempt of the same job
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder_of(workspace: Workspace, job_id: str) -> Path:
    return workspace.artefacts.drafts / f"{_FOLDER}{job_id}"


def _move(source: Path, target: Path) -> None:
    """Within the workspace's disk: no byte is written twice."""
    source.replace(target)
