"""What a training process is given and what it leaves: one folder of files that hold no code and open no database."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.models.report import CurveLine, TrainingReport, VectorsUsed
from core.models.tables import AttributeTable, CampaignRows, SignedEdges, TrainingSet
from core.models.validation import RobustnessSettings

TASK_FILE: Final = "task.json"
ARRAYS_FILE: Final = "arrays.npz"
PREDICTIONS_FILE: Final = "predictions.parquet"
REPORT_FILE: Final = "report.json"
CURVE_FILE: Final = "curve.jsonl"
RESULT_FILES: Final = (REPORT_FILE, CURVE_FILE, PREDICTIONS_FILE)

_WORDS = ("ids", "values", "texts", "modalities", "types")  # of an attribute table
_COLUMNS = ("modality", "attribute_type", "vectors")


class TrainingOrder(BaseModel):
    """What is to be trained: a family by name with its settings, and what is measured beside the predictions.

    `robustness` is None where only predictions are wanted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    family: str
    settings: dict[str, Any]
    seed: int
    vectors: VectorsUsed
    robustness: RobustnessSettings | None = None


@dataclass(frozen=True, eq=False)
class TrainingTask:
    """Everything that a training process reads. `test_ids`: one id per test row, which has no label here."""

    order: TrainingOrder
    training: TrainingSet
    test_ids: tuple[str, ...]
    test_rows: CampaignRows


def write_task(folder: Path, task: TrainingTask) -> None:
    """Put the task into an empty folder."""
    training, table = task.training, task.training.attributes
    arrays = {
        **{name: getattr(table, name) for name in _COLUMNS},
        "nodes": training.rows.nodes,
        "offsets": training.rows.offsets,
        "label": training.label,
        "group": training.group,
        "test_nodes": task.test_rows.nodes,
        "test_offsets": task.test_rows.offsets,
    }
    if training.edges is not None:
        arrays |= {"source": training.edges.source, "target": training.edges.target, "sign": training.edges.sign}
    np.savez(folder / ARRAYS_FILE, allow_pickle=False, **arrays)
    words = {
        "order": task.order.model_dump(mode="json"),
        "labels": training.labels,
        "test_ids": task.test_ids,
        **{name: getattr(table, name) for name in _WORDS},
    }
    (folder / TASK_FILE).write_text(json.dumps(words), encoding="utf-8")


def read_task(folder: Path) -> TrainingTask:
    """What `write_task` put there."""
    words = json.loads((folder / TASK_FILE).read_text(encoding="utf-8"))
    with np.load(folder / ARRAYS_FILE, allow_pickle=False) as held:
        arrays: dict[str, NDArray[Any]] = {name: held[name] for name in held.files}
    table = AttributeTable(
        ids=tuple(words["ids"]),
        values=tuple(words["values"]),
        texts=tuple(words["texts"]),
        modalities=tuple(words["modalities"]),
        types=tuple(words["types"]),
        modality=arrays["modality"],
        attribute_type=arrays["attribute_type"],
        vectors=arrays["vectors"],
    )
    edges = SignedEdges(arrays["source"], arrays["target"], arrays["sign"]) if "sign" in arrays else None
    training = TrainingSet(
        table,
        CampaignRows(arrays["nodes"], arrays["offsets"]),
        tuple(words["labels"]),
        arrays["label"],
        arrays["group"],
        edges,
    )
    test_rows = CampaignRows(arrays["test_nodes"], arrays["test_offsets"])
    return TrainingTask(TrainingOrder.model_validate(words["order"]), training, tuple(words["test_ids"]), test_rows)


def write_predictions(
    path: Path, row_ids: Sequence[str], labels: Sequence[str], probabilities: NDArray[np.float64]
) -> None:
    """The most probable label of each row, and the chances of all: columns `row_id`, `label`, one `p_<label>` each."""
    called = pa.array(list(labels), pa.string()).take(pa.array(probabilities.argmax(axis=1)))
    chances = {f"p_{name}": pa.array(probabilities[:, place].copy()) for place, name in enumerate(labels)}
    table = pa.table({"row_id": pa.array(row_ids, pa.string()), "label": called, **chances})
    pq.write_table(table, path, compression="zstd")


def read_report(data: bytes) -> TrainingReport:
    """The report of `report.json`; pydantic's `ValidationError` for anything else."""
    return TrainingReport.model_validate_json(data)


def read_curve(data: bytes) -> tuple[CurveLine, ...]:
    """The lines of `curve.jsonl`; a last line that is still being written is left out."""
    whole = data[: data.rfind(b"\n") + 1]
    return tuple(CurveLine.model_validate_json(line) for line in whole.splitlines())
