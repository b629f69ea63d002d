"""What a tabular process is given and what it leaves: one folder of files that hold no code and open no database."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from core.errors import InvalidInput, Problem
from core.tabular.raw_files import write_raw
from core.tabular.schema import TableSchema
from core.tabular.table import RawTable
from core.tabular.where import Where

TASK_FILE: Final = "task.json"
TRAIN_FILE: Final = "train.parquet"
HOLDOUT_FILE: Final = "holdout.parquet"
MODEL_FOLDER: Final = "model"
ROWS_FILE: Final = "rows.parquet"
FIT_FILE: Final = "fit.json"
SAMPLE_FILE: Final = "sample.json"
REPORT_FILE: Final = "report.json"
TRAPS_FILE: Final = "traps.json"
KNOWN_FILE: Final = "known.json"
MOST_ROWS: Final = 1_000_000
SECRET: Final = "secret"  # the setting of a family that no figure may repeat


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Use(StrEnum):
    """What sampled rows are for: a table in place of the real one, rows under a condition, or rows to be added."""

    TABLE = "table"
    CONDITIONAL = "conditional"
    AUGMENTATION = "augmentation"


class Wanted(_Frozen):
    """Which rows to sample.

    `n_rows` None: as many as the training rows. `where`: what every row must hold. `ratio`: instead of both, as many
    rows of the rarest class as bring it to this number per row of the most frequent one, to be added to training rows.
    `number_anew`: count identifiers from 1, and do not leave them out.
    """

    n_rows: Annotated[int | None, Field(ge=1, le=MOST_ROWS)] = None
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    where: Where = Where()
    ratio: Annotated[float | None, Field(gt=0, le=1)] = None
    number_anew: bool = False

    @property
    def use(self) -> Use:
        """What the rows are for."""
        if self.ratio is not None:
            return Use.AUGMENTATION
        return Use.CONDITIONAL if self.where != Where() else Use.TABLE

    @model_validator(mode="after")
    def _is_one_use(self) -> "Wanted":
        if self.ratio is not None and (self.n_rows is not None or self.where != Where()):
            message = "A ratio already says how many rows of which class are made."
            fix = "Leave the number of rows and the conditions out, or the ratio."
            raise InvalidInput("The rows to sample cannot be asked for so", [Problem(message, fix, field="ratio")])
        return self


class FitTask(_Frozen):
    """Fit a family by name with its settings in `budget_s` CPU seconds, and sample from it where `wanted` is given."""

    kind: Literal["fit"] = "fit"
    table_schema: TableSchema
    family: str
    settings: dict[str, Any]
    seed: int
    budget_s: float
    wanted: Wanted | None


class SampleTask(_Frozen):
    """Sample from the fitted synthesizer in the model folder."""

    kind: Literal["sample"] = "sample"
    table_schema: TableSchema
    wanted: Wanted


class JudgedTable(_Frozen):
    """One synthetic table of a report: its id, which also names its file, and what people call it."""

    id: str
    title: str


class JudgeTask(_Frozen):
    """Judge the tables against the holdout.

    Tables of an earlier report on the same rows and seed, which lies beside the task as `KNOWN_FILE`, have no file.
    """

    kind: Literal["judge"] = "judge"
    table_schema: TableSchema
    tables: tuple[JudgedTable, ...]
    seed: int


class TrapsTask(_Frozen):
    """Run the traps on the table."""

    kind: Literal["traps"] = "traps"
    table_schema: TableSchema
    seed: int


Task = FitTask | SampleTask | JudgeTask | TrapsTask
_TASKS: TypeAdapter[Task] = TypeAdapter(Annotated[Task, Field(discriminator="kind")])


class Broken(_Frozen):
    """How many sampled rows break a rule."""

    rule: str
    n_rows: int


class FitFigures(_Frozen):
    """What a fit cost: CPU seconds of preparing and fitting, the greatest resident memory, and who did it.

    `settings` are those it was fitted with, a secret among them left out.
    """

    family: str
    title: str
    settings: dict[str, Any]
    seed: int
    budget_s: float
    n_training_rows: int
    prepare_cpu_s: float
    fit_cpu_s: float
    peak_memory_mb: float
    libraries: dict[str, str]


class SampleFigures(_Frozen):
    """What sampling cost and gave. `broken` lists the rules that any row breaks, and is empty when all is well."""

    n_rows: int
    cpu_s: float
    restore_cpu_s: float
    peak_memory_mb: float
    broken: tuple[Broken, ...]

    @property
    def rows_per_s(self) -> float:
        """Rows sampled in a CPU second, restoring them not counted."""
        return self.n_rows / self.cpu_s if self.cpu_s > 0 else float("inf")


def write_task(folder: Path, task: Task, train: RawTable, holdout: RawTable | None = None) -> None:
    """Put the task and its real rows into an empty folder; a judge's tables lie beside them under `judged_file`."""
    (folder / TASK_FILE).write_text(task.model_dump_json(), encoding="utf-8")
    write_raw(folder / TRAIN_FILE, train)
    if holdout is not None:
        write_raw(folder / HOLDOUT_FILE, holdout)


def read_task(folder: Path) -> Task:
    """What `write_task` put there."""
    return _TASKS.validate_python(json.loads((folder / TASK_FILE).read_text(encoding="utf-8")))


def judged_file(table_id: str) -> str:
    """The file name of a table to be judged."""
    return f"judged-{table_id}.parquet"
