import math
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.balance import (
    balance_by_chance,
    strained_edges,
    strained_triangles,
    triangle_balance,
)
from core.graph.model import SignedGraph, signed_graph


def random_graph(sizes: list[int], share: float, seed: int) -> SignedGraph:
    catalogue = Catalogue(
        tuple(Attribute(f"m{m}-{i}", f"m{m} {i}", f"m{m}", f"m{m}") for m, n in enumerate(sizes) for i in range(n))
    )
    modality = np.repeat(np.arange(len(sizes)), sizes)
    source, target = np.triu_indices(len(catalogue), k=1)
    rng = np.random.default_rng(seed)
    kept = (modality[source] != modality[target]) & (rng.random(len(source)) < share)
    sign = rng.choice(np.array([-1, 1], dtype=np.int8), size=int(kept.sum()))
    return signed_graph(catalogue, source[kept].astype(np.int32), target[kept].astype(np.int32), sign)


def triangles_of(graph: SignedGraph) -> list[tuple[tuple[int, int, int], int]]:
    """Every triangle that networkx finds: the rows of its edges, ascending, and how many are −."""
    row = {frozenset(ends): i for i, ends in enumerate(zip(graph.source.tolist(), graph.target.tolist(), strict=True))}
    oracle = nx.Graph(tuple(ends) for ends in row)
    found = []
    for clique in nx.enumerate_all_cliques(oracle):
        if len(clique) == 3:
            a, b, c = sorted(row[frozenset(ends)] for ends in combinations(clique, 2))
            found.append(((a, b, c), int((graph.sign[[a, b, c]] < 0).sum())))
    return found


graphs = st.builds(
    random_graph,
    st.lists(st.integers(1, 5), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.4, 0.8, 1.0]),
    st.integers(0, 2**31),
)


@pytest.mark.parametrize("most_dense", [0, 10_000])
@settings(max_examples=40, deadline=None)
@given(graph=graphs)
def test_triangles_are_those_that_networkx_finds(graph: SignedGraph, most_dense: int) -> None:
    found, oracle = triangle_balance(graph, most_dense), triangles_of(graph)
    assert found.by_negatives == tuple(sum(n == minus for _, n in oracle) for minus in range(4))
    assert found.n_triangles == len(oracle)
    assert found.n_balanced == sum(n % 2 == 0 for _, n in oracle)
    assert found.n_unbalanced == sum(n % 2 == 1 for _, n in oracle)
    for row in range(graph.n_edges):
        through = [n % 2 for edges, n in oracle if row in edges]
        assert (found.balanced[row], found.unbalanced[row]) == (through.count(0), through.count(1))


def test_rows_are_counted_in_pieces_of_a_large_graph() -> None:
    """More nodes than the rows held at once: the sparse way meets the dense one."""
    graph = random_graph([400, 300], 0.0, 0)
    rng = np.random.default_rng(5)
    big = random_graph([260, 260, 240], 0.02, int(rng.integers(1000)))
    assert big.n_nodes > 512 and graph.n_edges == 0
    sparse, dense = triangle_balance(big, 0), triangle_balance(big)
    assert sparse.n_triangles == len(triangles_of(big)) > 0
    assert sparse.by_negatives == dense.by_negatives
    assert sparse.balanced.tolist() == dense.balanced.tolist()
    assert triangle_balance(graph).n_triangles == 0


@settings(max_examples=30, deadline=None)
@given(graph=graphs)
def test_strain_is_what_flipping_the_edge_gains(graph: SignedGraph) -> None:
    before = triangle_balance(graph)
    for row in range(min(graph.n_edges, 12)):
        sign = graph.sign.copy()
        sign[row] = -sign[row]
        after = triangle_balance(SignedGraph(graph.catalogue, graph.source, graph.target, sign))
        assert after.n_balanced - before.n_balanced == before.strain[row]


@settings(max_examples=40, deadline=None)
@given(graph=graphs, n=st.integers(1, 8))
def test_the_most_strained_are_found_among_all(graph: SignedGraph, n: int) -> None:
    balance = triangle_balance(graph)
    strain = balance.strain.tolist()
    edges = sorted((row for row, s in enumerate(strain) if s > 0), key=lambda row: (-strain[row], row))[:n]
    assert strained_edges(balance, n).tolist() == edges

    unbalanced = [(sum(strain[row] for row in rows), rows) for rows, minus in triangles_of(graph) if minus % 2]
    expected = sorted(unbalanced, key=lambda found: (-found[0], found[1]))[:n]
    triangles = strained_triangles(graph, balance, n)
    assert [triangle.strain for triangle in triangles] == [total for total, _ in expected]
    assert len({triangle.edges for triangle in triangles}) == len(triangles)
    assert all((triangle.strain, triangle.edges) in unbalanced for triangle in triangles)


def test_balance_by_chance_is_the_mean_over_every_way_to_deal_the_signs() -> None:
    complete = random_graph([1, 1, 1, 1], 1.0, 0)  # 6 edges, 4 triangles
    for n_minus in range(7):
        shares = []
        for minus in combinations(range(6), n_minus):
            sign = np.ones(6, dtype=np.int8)
            sign[list(minus)] = -1
            graph = SignedGraph(complete.catalogue, complete.source, complete.target, sign)
            shares.append(triangle_balance(graph).n_balanced / 4)
        assert balance_by_chance(graph) == pytest.approx(np.mean(shares))
    assert math.isnan(balance_by_chance(random_graph([1, 1], 1.0, 0)))
