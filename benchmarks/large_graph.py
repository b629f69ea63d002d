"""A million attributes and 90 million edges, in a process of its own, so that its memory is measured alone."""

import json
import subprocess
import sys
from collections.abc import Iterator
from time import process_time

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Row
from benchmarks.timing import peak_mb
from core.sampler.configuration import SamplerSettings
from core.sampler.encoding import EdgePart, neighbour_lists, slots_of, stream_key
from core.sampler.fractions import n_pairs
from core.sampler.kernels import NEG_MAX, POS_MIN, ChainPlan, EncodedGraph
from core.sampler.reach import open_box
from core.sampler.row_search import find_rows

N_NODES, N_EDGES, PART = 1_000_000, 90_000_000, 1_000_000
N_TYPES, QUOTA = 5, (2, 3)
PER_TYPE, CAPACITY = N_NODES // N_TYPES, N_TYPES * QUOTA[1]
LIMIT_MB, LIMIT_NS, LIMIT_MS, LIMIT_S = 1_000.0, 700.0, 5.0, 30.0
N_PROPOSALS, N_ROWS = 200_000, 100
START, END = SamplerSettings().start_temp, SamplerSettings().end_temp


def run() -> list[Row]:
    """CPU seconds of building, resident memory, nanoseconds per proposal, milliseconds per guided row."""
    command = [sys.executable, "-m", "benchmarks.large_graph"]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    asked = (
        ("build", "build_s", LIMIT_S, "CPU s"),
        ("greatest resident memory", "resident_mb", LIMIT_MB, "MB"),
        ("a proposal, mixing", "mixing_ns", LIMIT_NS, "CPU ns"),
        ("a proposal, annealing", "annealing_ns", LIMIT_NS, "CPU ns"),
        ("a guided row", "row_ms", LIMIT_MS, "CPU ms"),
    )
    return [
        Row(f"1,000,000 nodes, {what}", figures[key], limit, limit / figures[key], unit, "times below the limit")
        for what, key, limit, unit in asked
    ]


def _parts() -> Iterator[EdgePart]:
    """Random edges between types, a part at a time: nobody ever holds them all."""
    for number in range(N_EDGES // PART):
        rng = np.random.default_rng(number)
        source = rng.integers(0, N_NODES, PART, dtype=np.int32)
        other = rng.integers(0, N_NODES - PER_TYPE, PART, dtype=np.int32)
        target = (other + (source // PER_TYPE + 1) * PER_TYPE) % N_NODES
        yield source, target.astype(np.int32), (rng.random(PART) < 0.5).astype(np.int8) * 2 - 1


def _measure() -> None:
    neighbour_lists(2, lambda: ((np.array([0], np.int32), np.array([1], np.int32), np.array([1], np.int8)),))  # compile
    started = process_time()
    for _ in _parts():
        pass
    making, started = process_time() - started, process_time()
    start, lists = neighbour_lists(N_NODES, _parts)
    build = process_time() - started - 2 * making
    types = np.array([[kind * PER_TYPE, PER_TYPE, *QUOTA] for kind in range(N_TYPES)], dtype=np.int64)
    g = EncodedGraph(
        links=lists,
        start=start,
        type_of=np.append(np.repeat(np.arange(N_TYPES, dtype=np.uint32), PER_TYPE), np.uint32(0)),
        types=types,
        slots=slots_of(types),
        variable=np.arange(N_TYPES, dtype=np.int64),
        pairs=np.zeros((0, 3), dtype=np.int64),
        priority=np.zeros(0, dtype=np.int8),
    )
    pairs = n_pairs(np.arange(CAPACITY + 1))
    anything, hard, rare = (open_box(CAPACITY) for _ in range(3))
    hard[POS_MIN] = pairs
    rare[POS_MIN], rare[NEG_MAX] = np.ceil(0.2 * pairs), np.floor(0.3 * pairs)
    annealing = _plan(N_PROPOSALS)
    mixing = annealing._replace(max_iters=0, mixing=N_PROPOSALS)
    rows = _plan(20_000)._replace(max_attempts=50, patience=10_000, mixing=200)
    figures = {
        "build_s": build,
        "mixing_ns": 1e9 * _seconds(g, anything, mixing, 1) / N_PROPOSALS,
        "annealing_ns": 1e9 * _seconds(g, hard, annealing, 1) / N_PROPOSALS,
        "row_ms": 1e3 * _seconds(g, rare, rows, N_ROWS) / N_ROWS,
        "resident_mb": peak_mb(),
    }
    print(json.dumps(figures))


def _plan(max_iters: int) -> ChainPlan:
    return ChainPlan(
        max_draws=1,
        max_attempts=1,
        max_iters=max_iters,
        proposals_per_step=1,
        patience=max_iters,
        start_temp=START,
        cooling=(END / START) ** (1 / (max_iters - 1)),
    )


def _seconds(g: EncodedGraph, box: NDArray[np.int64], plan: ChainPlan, n_rows: int) -> float:
    """The least CPU time of three runs, after one that compiles."""
    find_rows(g, box, plan, stream_key(0, "large"), range(1))
    took = []
    for _ in range(3):
        started = process_time()
        find_rows(g, box, plan, stream_key(1, "large"), range(n_rows))
        took.append(process_time() - started)
    return min(took)


if __name__ == "__main__":
    _measure()
