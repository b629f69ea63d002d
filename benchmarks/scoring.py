"""Reading, scoring and interval of one submission, in every form, against the promised second for 120,000 rows."""

import json
from collections.abc import Iterator

import numpy as np

from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.leaderboard.figures import figures_of
from core.leaderboard.prediction_files import submission_bytes
from core.leaderboard.predictions import Predictions, TestForm
from core.leaderboard.submission_files import CSV, JSON, PARQUET, read_submission

LABELS = ("pos", "neg", "avg")
SIZES = {120_000: 1_000.0, 13_000: 30.0}  # milliseconds at most
SEED = 20_250_102


def run() -> list[Row]:
    """CPU milliseconds per submission with probabilities, shuffled, for both sizes and all forms."""
    return [row for n_rows, limit_ms in SIZES.items() for row in _rows(n_rows, limit_ms)]


def _rows(n_rows: int, limit_ms: float) -> Iterator[Row]:
    rng = np.random.default_rng(SEED)
    form = TestForm(tuple(rng.bytes(8).hex() for _ in range(n_rows)), LABELS)
    truth, is_public = rng.integers(0, len(LABELS), n_rows).astype(np.int8), rng.random(n_rows) < 0.5
    for media_type, data in _bodies(form, rng).items():

        def score(data: bytes = data, media_type: str = media_type) -> None:
            figures_of(read_submission(data, media_type, form), truth, len(LABELS), is_public)

        took_ms = 1_000 * cpu_seconds(score)
        name = f"score {n_rows:,} rows with interval, {media_type.split('.')[-1].split('/')[-1]}"
        yield Row(name, took_ms, limit_ms, took_ms / limit_ms, "CPU ms", "at most")


def _bodies(form: TestForm, rng: np.random.Generator) -> dict[str, bytes]:
    """One submission in every form, its rows in another order than the form's."""
    probabilities = rng.dirichlet((1.0, 1.0, 1.0), len(form))
    predictions = Predictions(probabilities.argmax(axis=1).astype(np.int8), probabilities)
    ids = [form.row_ids[place] for place in rng.permutation(len(form))]
    rows = list(zip(ids, predictions.label.tolist(), probabilities.tolist(), strict=True))
    as_objects = [
        {"row_id": i, "label": LABELS[k], "probabilities": dict(zip(LABELS, p, strict=True))} for i, k, p in rows
    ]
    header = ",".join(("row_id", "label", *(f"p_{name}" for name in LABELS)))
    lines = (f"{i},{LABELS[k]},{','.join(map(repr, p))}" for i, k, p in rows)
    return {
        PARQUET: submission_bytes(ids, LABELS, predictions),
        JSON: json.dumps(as_objects).encode(),
        CSV: "\n".join((header, *lines)).encode(),
    }
