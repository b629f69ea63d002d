"""Triangles through a pair against networkx."""

from itertools import combinations

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, SignedGraph, Verdict, graph_from_verdicts, signed_graph, verdict_table
from core.graph.pair_table import PairTable, pair_table
from core.graph.triangles import triangles_of

CATALOGUE = Catalogue(tuple(Attribute(f"{m}-{i}", f"{m} {i}", m, m) for m in "abcd" for i in range(4)))
PAIRS = [(i, j) for i, j in combinations(range(16), 2) if i // 4 != j // 4]


def judged(seed: int, density: float) -> tuple[PairTable, nx.Graph]:
    """A random table with every outcome, and its signed pairs as networkx has them."""
    rng = np.random.default_rng(seed)
    pairs = [pair for pair in PAIRS if rng.random() < density]
    outcomes = rng.choice([1, -1, 0, 2, 3], p=[0.4, 0.3, 0.1, 0.1, 0.1], size=len(pairs)).tolist()
    strengths = rng.choice([0.1, 0.5, 0.9, np.nan], size=len(pairs)).tolist()
    verdicts = verdict_table(
        source=np.array([i for i, _ in pairs], np.int32),
        target=np.array([j for _, j in pairs], np.int32),
        verdicts=[Verdict(Outcome(o), s, "So.") for o, s in zip(outcomes, strengths, strict=True)],
        call=np.zeros(len(pairs), np.int32),
        judge="oracle",
    )
    graph = nx.Graph()
    graph.add_nodes_from(range(16))
    for (i, j), outcome, strength in zip(pairs, outcomes, strengths, strict=True):
        if outcome in (1, -1):
            graph.add_edge(i, j, sign=outcome, strength=np.float32(strength))
    return pair_table(graph_from_verdicts(CATALOGUE, verdicts), verdicts), graph


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), density=st.sampled_from([0.2, 0.6, 1.0]), pair=st.sampled_from(PAIRS))
def test_triangles_are_the_common_neighbours_that_networkx_finds(
    seed: int, density: float, pair: tuple[int, int]
) -> None:
    table, graph = judged(seed, density)
    found = triangles_of(table, *pair)
    source, target = pair
    own = graph.edges[pair]["sign"] if graph.has_edge(*pair) else None

    assert sorted(found.third.tolist()) == sorted(nx.common_neighbors(graph, *pair))
    for number, third in enumerate(found.third.tolist()):
        first, second = graph.edges[source, third], graph.edges[target, third]
        assert (found.source_sign[number], found.target_sign[number]) == (first["sign"], second["sign"])
        assert {int(table.source[found.source_row[number]]), int(table.target[found.source_row[number]])} == {
            source,
            third,
        }
        assert {int(table.source[found.target_row[number]]), int(table.target[found.target_row[number]])} == {
            target,
            third,
        }
        assert found.is_balanced[number] == (own is not None and own * first["sign"] * second["sign"] > 0)
        assert found.asks_for[number] == first["sign"] * second["sign"]
        np.testing.assert_equal(found.strength[number], np.minimum(first["strength"], second["strength"]))
    keys = list(zip(np.where(np.isnan(found.strength), np.inf, -found.strength), found.third, strict=True))
    assert keys == sorted(keys)


def test_triangles_of_all_edges_are_three_times_those_of_the_graph() -> None:
    table, graph = judged(7, 0.8)
    per_edge = [triangles_of(table, i, j) for i, j in graph.edges]
    assert sum(map(len, per_edge)) == sum(nx.triangles(graph).values())
    n_balanced = sum(
        graph.edges[a, b]["sign"] * graph.edges[b, c]["sign"] * graph.edges[a, c]["sign"] > 0
        for a, b, c in combinations(range(16), 3)
        if graph.has_edge(a, b) and graph.has_edge(b, c) and graph.has_edge(a, c)
    )
    assert sum(int(found.is_balanced.sum()) for found in per_edge) == 3 * n_balanced > 0


def test_uploaded_edges_have_triangles_without_strengths() -> None:
    source, target, sign = (np.array(c) for c in ([0, 0, 4], [4, 8, 8], [1, -1, 1]))
    graph: SignedGraph = signed_graph(CATALOGUE, source.astype(np.int32), target.astype(np.int32), sign.astype(np.int8))
    found = triangles_of(pair_table(graph, None), 4, 0)
    assert (found.third.tolist(), found.source_sign.tolist(), found.target_sign.tolist()) == ([8], [1], [-1])
    assert found.is_balanced.tolist() == [False]
    assert np.isnan(found.strength).all()


def test_two_attributes_without_a_third_have_no_triangle() -> None:
    table, _ = judged(1, 0.0)
    assert len(triangles_of(table, 0, 4)) == 0
