"""The published run and the largest dataset: seconds beside their limits, every row in range, the rivals per row."""

from time import process_time

import numpy as np

from benchmarks.example_graph import example_graph, published_config
from benchmarks.numpy_rejection import sample_all
from benchmarks.rival_annealing import Rival, plain_annealing, simanneal_annealing, solver
from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.dataset.evaluation import evaluate
from core.dataset.files import jsonl_bytes
from core.dataset.generation import generate_dataset
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig
from core.sampler.encoding import encode_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.fractions import inside
from core.sampler.published import published_config as published
from core.sampler.recount import index_edges, recount_rows
from core.sampler.sampling import SampledLabel, sample_label
from core.sampler.search import LabelRequest

LIMIT_V27_S, LIMIT_V28_S = 0.03, 1.0
NUMPY_TIMES, PLAIN_TIMES, SIMANNEAL_TIMES, SOLVER_TIMES = 10.0, 50.0, 200.0, 100_000.0
# The published mean fractions of rows that stop at the first subgraph in range.
PUBLISHED_MEANS = {"pos": (0.225, 0.159), "neg": (0.143, 0.240), "avg": (0.178, 0.204)}


def run() -> list[Row]:
    """CPU seconds of one core for V27 and V28, the share of rows in range on recount, and the rivals' times per row."""
    graph, config = example_graph(), published_config()
    large, largest = make_example(example_named("1400")), published("V28").config
    ours = cpu_seconds(lambda: _sample(graph, config))
    n_rows = sum(params.num_samples for params in config.label_params.values())
    v28 = cpu_seconds(lambda: _sample(large, largest), repeats=3)
    return [
        Row("V27, 13,000 rows", ours, LIMIT_V27_S, LIMIT_V27_S / ours, "CPU s", "times below the limit"),
        Row("V28, 120,000 rows", v28, LIMIT_V28_S, LIMIT_V28_S / v28, "CPU s", "times below the limit"),
        _in_range("V27", graph, config),
        _in_range("V28", large, largest),
        _beside_numpy(graph, config, ours),
        *_beside_searches(graph, config, ours / n_rows),
        *_dataset_rows(graph, config),
    ]


def _sample(graph: SignedGraph, config: DatasetConfig) -> list[SampledLabel]:
    encoding = encode_config(graph, config)
    requests = [LabelRequest(name, p, config.sampler, config.seed) for name, p in config.label_params.items()]
    return [finish(sample_label(encoding, request, n_workers=1)) for request in requests]


def _in_range(name: str, graph: SignedGraph, config: DatasetConfig) -> Row:
    """By the recount, which shares nothing with the kernels."""
    edges, met = index_edges(graph), []
    for label in _sample(graph, config):
        params = config.label_params[label.name]
        found = recount_rows(edges, label.nodes, label.offsets).fractions
        met.append(inside(found, params.pos_frac_range, params.neg_frac_range))
    share = float(np.concatenate(met).mean())
    return Row(f"{name}, rows in range on recount", share, 1.0, share, "share", "at least")


def _beside_numpy(graph: SignedGraph, config: DatasetConfig, ours: float) -> Row:
    rival = cpu_seconds(lambda: sample_all(graph, config), repeats=2)
    return Row("V27, beside vectorised numpy", ours, rival, rival / ours, "CPU s", _goal(NUMPY_TIMES))


def _beside_searches(graph: SignedGraph, config: DatasetConfig, ours: float) -> list[Row]:
    """Microseconds per row, averaged over the labels."""
    rivals: tuple[tuple[str, Rival | None, int, float], ...] = (
        ("plain Python annealing", plain_annealing(graph, config), 100, PLAIN_TIMES),
        ("simanneal", simanneal_annealing(graph, config), 30, SIMANNEAL_TIMES),
        ("OR-Tools CP-SAT", solver(graph, config), 1, SOLVER_TIMES),
    )
    rows = []
    for name, rival, n_rows, goal in rivals:
        if rival is None:
            rows.append(Row(f"a row, beside {name}", 1e6 * ours, None, None, "CPU us", "not installed: extra 'bench'"))
            continue
        started = process_time()
        found = [rival(params, seed) for params in config.label_params.values() for seed in range(n_rows)]
        theirs = (process_time() - started) / len(found)
        missing = sum(row is None for row in found)
        note = _goal(goal) + (f"; {missing} of its {len(found)} rows were not found" if missing else "")
        rows.append(Row(f"a row, beside {name}", 1e6 * ours, 1e6 * theirs, theirs / ours, "CPU us", note))
    return rows


def _goal(times: float) -> str:
    return f"times faster; goal {times:,.0f}"


def _dataset_rows(graph: SignedGraph, config: DatasetConfig) -> list[Row]:
    whole = cpu_seconds(
        lambda: jsonl_bytes(finish(generate_dataset(graph, config, n_workers=1)).rows, graph.catalogue), repeats=2
    )
    evaluation = evaluate(finish(generate_dataset(graph, config)).rows, graph, config)
    rows = [Row("13,000 rows, recounted, as JSONL", whole, None, None, "CPU s")]
    for name, (pos, _) in PUBLISHED_MEANS.items():
        mean = evaluation.labels[name].mean_pos_frac
        note = "published beside, its rows hug the bound; made-up graph"
        rows.append(Row(f"{name}, mean pos_frac", mean, pos, mean / pos, "fraction", note))
    return rows
