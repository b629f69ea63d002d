"""Leverage of every edge of a large graph over a large dataset, and what one flip does, against the promised limits."""

from dataclasses import replace
from time import process_time

from benchmarks.example_graph import TYPE_RANGES, published_config
from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.graph.model import Outcome, SignedGraph
from core.sampler.example_graphs import example_named, make_example
from core.sampler.held_rows import HeldRows, random_rows
from core.sampler.leverage import edge_outcome, leverage_of, what_if

N_EDGES = 80_000
N_ROWS = 100_000
LIMIT_S = 10.0
LIMIT_MS = 300.0
N_TRIED = 10  # edges flipped one by one; all of them that way is the rival


def run() -> list[Row]:
    """CPU seconds for all edges, beside flipping them one by one, and milliseconds for one edge."""
    example = replace(example_named("746"), n_positive=N_EDGES // 2, n_negative=N_EDGES // 2)
    graph = make_example(example)
    rows = random_rows(graph, TYPE_RANGES, published_config().label_params, N_ROWS)
    ours = cpu_seconds(lambda: leverage_of(graph, rows), repeats=3)
    one = _seconds_for_one(graph, rows)
    name = f"leverage, {N_EDGES:,} edges x {N_ROWS:,} rows"
    return [
        Row(name, ours, LIMIT_S, ours / LIMIT_S, "CPU s", "at most"),
        Row(f"{name}, one by one", one * N_EDGES, ours, one * N_EDGES / ours, "CPU s", "extrapolated; times slower"),
        Row("what if one edge flips", 1_000 * one, LIMIT_MS, 1_000 * one / LIMIT_MS, "CPU ms", "at most"),
    ]


def _seconds_for_one(graph: SignedGraph, rows: HeldRows) -> float:
    """For the edges that most rows hold."""
    busiest = leverage_of(graph, rows).n_rows.argsort()[-N_TRIED:].tolist()
    started = process_time()
    for edge in busiest:
        source, target = int(graph.source[edge]), int(graph.target[edge])
        what_if(graph, rows, source, target, Outcome(-edge_outcome(graph, source, target)))
    return (process_time() - started) / N_TRIED
