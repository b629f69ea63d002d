"""The predictors on V25, V26 and V28 of the made-up graph, beside the published scores and our own aims.

`python -m benchmarks.predictors` measures every family on all rows, which takes hours; `make bench` gives the other
families few rows, and the pair kernel model most of them. Every training is a process of its own.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks.predictor_data import Parted, attributes, cold, example_graph, labelled, parted, with_flipped_labels
from benchmarks.table import Row, table_text
from core.child_process import run_child
from core.models.encoders import drop_modality
from core.models.exchange import (
    PREDICTIONS_FILE,
    REPORT_FILE,
    TrainingOrder,
    TrainingTask,
    read_report,
    write_task,
)
from core.models.pair_files import PAIRS_FILE, read_pairs
from core.models.protocol import Track
from core.models.registry import FAMILIES, missing_libraries
from core.models.report import TrainingReport, VectorsUsed
from core.models.scores import ModelScore, score_probabilities
from core.models.tables import CampaignRows, TrainingSet
from core.progress import finish

PAIR_KERNEL: Final = "pair-kernel"
RIVAL: Final = "robust-modality"  # the best of the published three
PUBLISHED: Final[Mapping[str, Mapping[str, float]]] = {
    "hierarchical-lightgbm": {"V25": 0.8511, "V26": 0.8554, "V28": 0.7740},
    "shared-latent": {"V25": 0.8626, "V26": 0.8480, "V28": 0.8074},
    "robust-modality": {"V25": 0.8947, "V26": 0.8884, "V28": 0.8129},
}
AIMS: Final = {"V25": 0.98, "V26": 0.98, "V28": 0.96}  # of the pair kernel model, as a share of the ceiling
N_ROWS: Final = {"V25": 60_000, "V26": 60_000, "V28": 120_000}
LIMIT_CPU_S, LIMIT_MB, LIMIT_ECE, LIMIT_COLD = 30.0, 3_000.0, 0.01, 0.87
CURVE: Final[Mapping[int, float | None]] = {12_000: None, 48_000: None, 192_000: 0.983, 400_000: 0.996}
_CURVE_TEST: Final = 20_000
_FLIPPED: Final = 0.1
_FEW_ROWS: Final = 6_000
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_FEW_SAMPLES: Final = {"n_samples": 4}  # of the posterior; not part of the fit that is timed


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: rows for the rivals, the datasets they see, the longest training of the curve."""

    rival_rows: int
    rival_datasets: tuple[str, ...]
    most_curve_rows: int


QUICK: Final = Effort(_FEW_ROWS, ("V28",), 48_000)
FULL: Final = Effort(max(N_ROWS.values()), tuple(N_ROWS), max(CURVE))


class Trained(NamedTuple):
    """One training: its report, the score of each set of test rows, and the surest pairs' share of right signs."""

    report: TrainingReport
    scores: Mapping[str, ModelScore]
    probabilities: bytes
    right_signs: float | None


def run(effort: Effort = QUICK) -> list[Row]:
    """Every row of the table."""
    return list(rows(effort))


def rows(effort: Effort) -> Iterator[Row]:
    """The table's rows as they are measured: ours on all rows, the rivals, and both on the hard cases."""
    yield from _our_rows()
    for family in FAMILIES:
        if family != PAIR_KERNEL and not missing_libraries(FAMILIES[family]):
            for name in effort.rival_datasets:
                yield _rival_row(family, name, min(effort.rival_rows, N_ROWS[name]))
    yield from _dropped_rows(min(effort.rival_rows, N_ROWS["V28"]))
    yield from _cold_rows()
    yield from _curve_rows(effort.most_curve_rows)


def _our_rows() -> Iterator[Row]:
    for name, n_rows in N_ROWS.items():
        for first_feasible in (False, True):
            data = parted(name, labelled(name, n_rows, first_feasible))
            trained = _train(PAIR_KERNEL, data.training, {"": data.test.rows}, data.test.label)
            yield from _our_scores(f"{name}{', first in range' if first_feasible else ''}", name, data, trained)
            if name == "V28" and not first_feasible:
                yield from _costs(trained)
                yield _same_bytes(data, trained)
    data = parted("V28", labelled("V28", N_ROWS["V28"]))
    noisy = _train(PAIR_KERNEL, with_flipped_labels(data.training, _FLIPPED), {"": data.test.rows}, data.test.label)
    ece = noisy.scores[""].ece
    note = f"macro F1 {noisy.scores[''].macro_f1:.4f}, {noisy.report.measures['flipped_labels']:.1%} found flipped"
    yield Row("V28, 10 % of training labels flipped: ECE", ece, LIMIT_ECE, ece / LIMIT_ECE, "share", note)


def _our_scores(title: str, name: str, data: Parted, trained: Trained) -> Iterator[Row]:
    score = trained.scores[""]
    aim = AIMS[name] * data.ceiling
    note = f"at least {AIMS[name]:.2f} of the ceiling {data.ceiling:.4f}; {_spent(trained)}"
    yield Row(f"{title}, pair-kernel: macro F1", score.macro_f1, aim, score.macro_f1 / aim, "share", note)
    yield Row(f"{title}, pair-kernel: ECE", score.ece, LIMIT_ECE, score.ece / LIMIT_ECE, "share", "at most")


def _costs(trained: Trained) -> Iterator[Row]:
    cpu, memory = trained.report.fit_cpu_seconds, trained.report.peak_memory_mb
    yield Row("V28, pair-kernel: training", cpu, LIMIT_CPU_S, cpu / LIMIT_CPU_S, "CPU s", _spent(trained))
    yield Row("V28, pair-kernel: memory", memory, LIMIT_MB, memory / LIMIT_MB, "MB", "greatest resident")
    if trained.right_signs is not None:
        note = "of the 20,000 surest estimated pairs; pairs without an edge count as wrong"
        yield Row("V28, pair-kernel: right signs", trained.right_signs, None, None, "share", note)


def _same_bytes(data: Parted, trained: Trained) -> Row:
    again = _train(PAIR_KERNEL, data.training, {"": data.test.rows}, data.test.label, n_threads=2)
    same = float(again.probabilities == trained.probabilities)
    return Row("V28, pair-kernel: same bytes", same, 1.0, same, "share", "predictions with 1 thread and with 2")


def _rival_row(family: str, name: str, n_rows: int) -> Row:
    data = parted(name, labelled(name, n_rows))
    trained = _train(family, data.training, {"": data.test.rows}, data.test.label)
    score, published = trained.scores[""], PUBLISHED.get(family, {}).get(name)
    by_label = " / ".join(f"{label} {f1:.3f}" for label, f1 in zip(data.test.labels, score.f1, strict=True))
    note = f"{by_label}; ECE {score.ece:.4f}; ceiling {data.ceiling:.4f}; {_spent(trained)}"
    ratio = score.macro_f1 / published if published else None
    return Row(f"{name}, {family}: macro F1", score.macro_f1, published, ratio, "share", note)


def _both() -> list[str]:
    """Ours and, where its libraries are installed, the rival."""
    return [PAIR_KERNEL, *([RIVAL] if not missing_libraries(FAMILIES[RIVAL]) else [])]


def _dropped_rows(n_rows: int) -> Iterator[Row]:
    """Ours beside the rival on the same rows, whole and with each modality dropped from the rows to score."""
    data, table = parted("V28", labelled("V28", n_rows)), attributes()
    tests = {"all modalities": data.test.rows} | {
        f"without {name}": drop_modality(table, data.test.rows, place) for place, name in enumerate(table.modalities)
    }
    found = {family: _train(family, data.training, tests, data.test.label) for family in _both()}
    for test in tests:
        yield _beside_rival(f"V28, {test}", {f: trained.scores[test] for f, trained in found.items()}, n_rows)


def _cold_rows() -> Iterator[Row]:
    """Both on rows that hold attributes no training row held; few rows hold none of them, so all are used."""
    data = cold("V28", labelled("V28", N_ROWS["V28"]))
    found = {f: _train(f, data.training, {"": data.test.rows}, data.test.label).scores[""] for f in _both()}
    ours = found[PAIR_KERNEL]
    note = f"ECE {ours.ece:.4f}; ceiling {data.ceiling:.4f}; {len(data.training):,} training rows"
    name = "V28, never-seen attributes, pair-kernel: macro F1"
    yield Row(name, ours.macro_f1, LIMIT_COLD, ours.macro_f1 / LIMIT_COLD, "share", f"at least; {note}")
    yield _beside_rival("V28, never-seen attributes", found, len(data.training))


def _beside_rival(title: str, scores: Mapping[str, ModelScore], n_rows: int) -> Row:
    ours, rival = scores[PAIR_KERNEL], scores.get(RIVAL)
    beside = rival.macro_f1 if rival else None
    note = f"beside {RIVAL} on the same {n_rows:,} rows" if rival else f"{RIVAL} is not installed"
    ratio = ours.macro_f1 / beside if beside else None
    return Row(f"{title}, pair-kernel: macro F1", ours.macro_f1, beside, ratio, "share", note)


def _curve_rows(most: int) -> Iterator[Row]:
    sizes = [n for n in CURVE if n <= most]
    whole = labelled("V28", max(sizes) + _CURVE_TEST)
    numbers = np.arange(len(whole), dtype=np.int64)
    test = whole.take(numbers[max(sizes) :])
    for n in sizes:
        trained = _train(PAIR_KERNEL, whole.take(numbers[:n]), {"": test.rows}, test.label)
        score, aim = trained.scores[""].macro_f1, CURVE[n]
        ratio = score / aim if aim else None
        yield Row(f"V28, {n:,} training rows, pair-kernel: macro F1", score, aim, ratio, "share", _spent(trained))


def _train(
    family: str,
    training: TrainingSet,
    tests: Mapping[str, CampaignRows],
    label: NDArray[np.int32],
    n_threads: int = 1,
) -> Trained:
    """Fit in a child process and score all sets of test rows, each of the rows that `label` names."""
    known = FAMILIES[family].track is Track.GRAPH_AWARE
    settings: dict[str, Any] = _FEW_SAMPLES if family == PAIR_KERNEL else {}
    vectors = VectorsUsed(id="", made_by="the example", dimensions=training.attributes.vectors.shape[1])
    order = TrainingOrder(family=family, settings=settings, seed=0, vectors=vectors)
    nodes = np.concatenate([part.nodes for part in tests.values()])
    sizes = np.concatenate([part.sizes() for part in tests.values()])
    together = CampaignRows(nodes, np.concatenate(([0], np.cumsum(sizes))).astype(np.int64))
    ids = tuple(map(str, range(len(together))))
    told = training if known else replace(training, edges=None)
    with tempfile.TemporaryDirectory() as name, _threads(n_threads):
        folder = Path(name)
        write_task(folder, TrainingTask(order, told, ids, together))
        finish(run_child("core.models.worker", folder, f"The training of {family}"))
        table = pq.read_table(folder / PREDICTIONS_FILE)
        columns = [table.column(f"p_{label_name}").to_numpy() for label_name in training.labels]
        probabilities = np.ascontiguousarray(np.stack(columns, axis=1), dtype=np.float64)
        report = read_report((folder / REPORT_FILE).read_bytes())
        right = _right_signs(folder / PAIRS_FILE)
    parts = np.split(probabilities, len(tests))
    scores = {test: score_probabilities(part, label) for test, part in zip(tests, parts, strict=True)}
    return Trained(report, scores, probabilities.tobytes(), right)


@contextmanager
def _threads(n_threads: int) -> Iterator[None]:
    """How many threads the matrix libraries of a child may use."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ |= dict.fromkeys(_THREADS, str(n_threads))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _right_signs(path: Path) -> float | None:
    """The share of listed pairs whose estimate has the sign of their edge; None where no pairs were told."""
    if not path.exists():
        return None
    pairs, graph = read_pairs(path.read_bytes()), example_graph()
    ids = [attribute.id for attribute in graph.catalogue.attributes]
    ends = zip(graph.source.tolist(), graph.target.tolist(), strict=True)
    signs = {frozenset((ids[a], ids[b])): sign for (a, b), sign in zip(ends, graph.sign.tolist(), strict=True)}
    true = np.array([signs.get(frozenset(pair), 0) for pair in zip(pairs.source, pairs.target, strict=True)])
    return float(np.mean(np.sign(pairs.mean) == true))


def _spent(trained: Trained) -> str:
    report = trained.report
    return f"{report.n_training_rows:,} rows, {report.fit_cpu_seconds:,.0f} CPU s, {report.peak_memory_mb:,.0f} MB"


def main() -> None:
    """Print each row as soon as it is measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="as `make bench` does it")
    for row in rows(QUICK if parser.parse_args().quick else FULL):
        print(table_text([row]).splitlines()[1], flush=True)


if __name__ == "__main__":
    main()
