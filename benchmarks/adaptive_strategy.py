"""The adaptive strategy against a simulated LLM: the offline judge with a share of its answers replaced at random.

The offline judge answers from the trait table, and the product's model has features from it: with a real LLM the task
is harder than here. The figures of 160 attributes are therefore also measured with features from texts alone.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.simulated_llm import NoisyJudge
from benchmarks.table import Row
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.attribute_text import catalogue_texts
from core.graph.call_plan import calls_floor
from core.graph.judges.offline import offline_judge
from core.graph.model import graph_from_verdicts
from core.graph.strategies.adaptive.features import PairFeatures, pair_features
from core.graph.strategies.adaptive.report import AdaptiveRun
from core.graph.strategies.adaptive.run import run_adaptive
from core.graph.strategies.adaptive.settings import AdaptiveSettings
from core.knowledge.traits import load_trait_table
from core.llm.minilm import MiniLmEmbedder
from core.progress import finish

LARGE = Path(__file__).parents[1] / "data" / "catalogues" / "large.csv"
# 800 attributes and 217,593 pairs; the trait table has too few audiences for the published proportions.
_SIZES = {"brand": 363, "audience": 215, "geo": 144, "platform": 78}
_SIMULATED = "simulated LLM = offline judge"
_WITH_TRAITS, _TEXT_ONLY = "traits and texts", "texts only"


class Limit(NamedTuple):
    """What a run must reach; 0 where nothing was promised."""

    n_calls: int
    noise: float
    recall: float = 0.0
    precision: float = 0.0
    agreement: float = 0.0


LIMITS_160 = (
    Limit(265, 0.10, 0.95, 0.97, 0.995),
    Limit(200, 0.10, 0.91),
    Limit(120, 0.10, 0.82),
    Limit(265, 0.05),
    Limit(265, 0.0),
    Limit(120, 0.0),
)
LIMIT_800 = Limit(3_000, 0.10, 0.90)


@dataclass(frozen=True, eq=False)
class Task:
    """A catalogue with the graph the judge would give without noise, int8 [N, N], and features of either sort."""

    catalogue: Catalogue
    truth: NDArray[np.int8]
    features: dict[str, PairFeatures]


class Score(NamedTuple):
    """Of a run's graph against the truth: edges of whichever sign found, edges right, signs right on common edges."""

    recall: float
    precision: float
    agreement: float


def run() -> list[Row]:
    """Recall, precision and sign agreement of each limit, texts alone beside them; 800 attributes; the intervals."""
    task = small_task()
    rows = [row for limit in LIMITS_160 for row in _rows(task, limit, _WITH_TRAITS)]
    rows += [row for limit in LIMITS_160[:3] for row in _rows(task, limit, _TEXT_ONLY)]
    rows += _rows(large_task(), LIMIT_800, _WITH_TRAITS)
    return [*rows, coverage()]


def coverage(n_runs: int = 100, n_calls: int = 96, noise: float = 0.10) -> Row:
    """How many of the reported 95 % intervals of recall contain the true recall."""
    task, started = small_task(), time.process_time()
    seeds = range(1_000, 1_000 + n_runs)
    limit = Limit(n_calls, noise)
    held, widths = 0, []
    for seed in seeds:
        made = adaptive_run(task, limit, _WITH_TRAITS, seed, rounds=1)
        interval = made.report.quality.recall
        held += interval.holds(score(task, made).recall)
        widths.append(interval.high - interval.low)
    return Row(
        f"recall inside its 95 % interval, {n_calls} calls, {noise:.0%} noise",
        held,
        0.93 * n_runs,
        held / (0.93 * n_runs),
        f"of {n_runs} runs",
        f"at least; mean width {np.mean(widths):.3f}; {time.process_time() - started:.0f} CPU s; {_SIMULATED}",
    )


def adaptive_run(task: Task, limit: Limit, sort: str, seed: int = 27, rounds: int = 4) -> AdaptiveRun:
    """One run that spends all its calls; noise and run share the seed."""
    settings = AdaptiveSettings(target_recall=None, max_calls=limit.n_calls, rounds=rounds, seed=seed)
    judge = NoisyJudge(offline_judge(), limit.noise, seed)
    return finish(run_adaptive(task.catalogue, judge, task.features[sort], settings))


def score(task: Task, made: AdaptiveRun) -> Score:
    """The run's graph against the truth, over all candidate pairs."""
    graph = graph_from_verdicts(task.catalogue, made.verdicts)
    true = task.truth[graph.source, graph.target]
    n_common = int(np.count_nonzero(true))
    n_true = int(np.count_nonzero(np.triu(task.truth)))
    return Score(n_common / n_true, n_common / graph.n_edges, int((true == graph.sign).sum()) / n_common)


@cache
def small_task() -> Task:
    """The shipped catalogue of 160 attributes."""
    return _task(catalogue_or_error(read_catalogue_file(LARGE)))


@cache
def large_task() -> Task:
    """800 attributes drawn from the trait table."""
    table, rng = load_trait_table(), np.random.default_rng(800)
    names = [
        (kind, table.rows[kind][place].name)
        for kind, size in _SIZES.items()
        for place in np.sort(rng.permutation(len(table.rows[kind]))[:size]).tolist()
    ]
    return _task(Catalogue(tuple(Attribute(f"{kind}-{name}", name, kind, kind) for kind, name in names)))


def _task(catalogue: Catalogue) -> Task:
    table = load_trait_table()
    vectors = MiniLmEmbedder().embed(catalogue_texts(catalogue, table))
    features = {
        _WITH_TRAITS: pair_features(catalogue, table, vectors),
        _TEXT_ONLY: pair_features(catalogue, None, vectors),
    }
    pairs, judge = features[_TEXT_ONLY].pairs, offline_judge()
    ends = zip(pairs.first.tolist(), pairs.second.tolist(), strict=True)
    signs = [int(judge.verdict(catalogue.attributes[a], catalogue.attributes[b]).outcome) for a, b in ends]
    truth = np.zeros((len(catalogue), len(catalogue)), dtype=np.int8)
    truth[pairs.first, pairs.second] = np.where(np.abs(signs) == 1, signs, 0)
    return Task(catalogue, truth + truth.T, features)


def _rows(task: Task, limit: Limit, sort: str) -> Iterator[Row]:
    started = time.process_time()
    made = adaptive_run(task, limit, sort)
    seconds, found, quality = time.process_time() - started, score(task, made), made.report.quality
    size, floor = len(task.catalogue), calls_floor(task.catalogue)
    about = f"{size} attributes, {made.n_calls:,} of {floor:,} calls, {limit.noise:.0%} noise, {sort}"
    of_run = f"{seconds:.0f} CPU s; noise found {made.report.noise:.1%}; {_SIMULATED}"
    told = f"reported {quality.recall.estimate:.3f} [{quality.recall.low:.3f}, {quality.recall.high:.3f}]"
    yield _row(f"edge recall, {about}", found.recall, limit.recall, f"{told}; {of_run}")
    yield _row(f"edge precision, {about}", found.precision, limit.precision, of_run)
    yield _row(f"sign agreement, {about}", found.agreement, limit.agreement, of_run)


def _row(name: str, measured: float, least: float, note: str) -> Row:
    return Row(name, measured, least or None, measured / least if least else None, "share", note)
