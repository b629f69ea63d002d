"""The edges page with a million edges: how long a search with its first page takes, and the pictures beside it."""

import numpy as np
import pandas as pd

from app.components.edges.table import PAGE_ROWS, pair_frame
from app.edge_search import Block, EdgeSearch, find_edges
from benchmarks.example_graph import example_graph
from benchmarks.table import Row
from benchmarks.timing import cpu_seconds
from core.catalogue.model import Attribute, Catalogue
from core.graph.balance import triangle_balance
from core.graph.group_making import grouping_by_edges
from core.graph.grouping import Grouping
from core.graph.model import Outcome, SignedGraph, Verdict, VerdictTable, signed_graph, verdict_table
from core.graph.pair_table import PairOrder, PairSearch, PairTable, pair_table

N_EDGES = 1_000_000
LIMIT_S = 0.5
GROUPING_LIMIT_S = 3.0
SIZES = (400, 600, 800)  # attributes per modality
_REASONS = ("Both speak to the same people.", "One rules the other out.", "They are seen in the same places.")
_SEARCHES = {
    "strongest first": EdgeSearch(),
    "+ only, by name": EdgeSearch(pairs=PairSearch(outcomes=(Outcome.POSITIVE,), order=PairOrder.NAMES)),
    "words in the reason": EdgeSearch(pairs=PairSearch(text="same places")),
    "two modalities, strong": EdgeSearch(pairs=PairSearch(modalities=("m0", "m2"), strength=(0.5, 1.0))),
    "a block of groups": EdgeSearch(block=Block(rows=(0, 1), columns=(40, 41))),
}


def run() -> list[Row]:
    graph, verdicts = million_edges()
    table, grouping = pair_table(graph, verdicts), grouping_by_edges(graph)
    rows = []
    for name, search in _SEARCHES.items():
        seconds = cpu_seconds(lambda search=search: first_page(table, search, grouping))  # type: ignore[misc]
        note = f"search, order and the first {PAGE_ROWS} rows"
        rows.append(Row(f"1 million edges: {name}", seconds, LIMIT_S, seconds / LIMIT_S, "s", note))
    for size, edges in (("746", example_graph()), (f"{graph.n_nodes:,}", graph)):
        seconds = cpu_seconds(lambda edges=edges: grouping_by_edges(edges), repeats=2)  # type: ignore[misc]
        rows.append(
            Row(f"groups by edges, {size} attributes", seconds, GROUPING_LIMIT_S, seconds / GROUPING_LIMIT_S, "s")
        )
        seconds = cpu_seconds(lambda edges=edges: triangle_balance(edges), repeats=2)  # type: ignore[misc]
        rows.append(Row(f"every signed triangle, {edges.n_edges:,} edges", seconds, None, None, "s"))
    return rows


def first_page(table: PairTable, search: EdgeSearch, grouping: Grouping) -> pd.DataFrame:
    """What the page does after a filter was changed: search, order, and lay out the rows of one page."""
    rows = find_edges(table, search, groups=grouping)
    return pair_frame(table, rows[:PAGE_ROWS], "judge")


def million_edges(seed: int = 5) -> tuple[SignedGraph, VerdictTable]:
    """A made-up judged graph of three modalities in which every judged pair is an edge."""
    catalogue = Catalogue(
        tuple(
            Attribute(f"m{m}-{i}", f"Attribute {i} of {m}", f"m{m}", f"m{m}")
            for m, n in enumerate(SIZES)
            for i in range(n)
        )
    )
    rng = np.random.default_rng(seed)
    modality = np.repeat(np.arange(len(SIZES)), SIZES)
    source, target = np.triu_indices(len(catalogue), k=1)
    pairs = np.flatnonzero(modality[source] != modality[target])
    chosen = np.sort(rng.choice(pairs, N_EDGES, replace=False))
    ends = source[chosen].astype(np.int32), target[chosen].astype(np.int32)
    sign = rng.choice(np.array([-1, 1], dtype=np.int8), N_EDGES)
    said = [
        Verdict(Outcome(outcome), strength, f"{_REASONS[i % len(_REASONS)]} No {i}.")
        for i, (outcome, strength) in enumerate(zip(sign.tolist(), rng.random(N_EDGES).tolist(), strict=True))
    ]
    return signed_graph(catalogue, *ends, sign), verdict_table(
        *ends, said, np.zeros(N_EDGES, dtype=np.int32), "made up"
    )
