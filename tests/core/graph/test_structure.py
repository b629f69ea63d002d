import math

import networkx as nx
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import SignedGraph, signed_graph
from core.graph.statistics import graph_statistics
from core.graph.structure import count_blocks, degrees, modality_blocks


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


def signed_networkx(graph: SignedGraph) -> nx.Graph:
    made = nx.Graph()
    made.add_nodes_from(range(graph.n_nodes))
    for edge in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True):
        made.add_edge(edge[0], edge[1], sign=edge[2])
    return made


graphs = st.builds(
    random_graph,
    st.lists(st.integers(1, 6), min_size=1, max_size=4),
    st.sampled_from([0.0, 0.15, 0.6, 1.0]),
    st.integers(0, 2**31),
)


@settings(max_examples=40, deadline=None)
@given(graphs)
def test_degrees_are_those_that_networkx_counts(graph: SignedGraph) -> None:
    found, oracle = degrees(graph), signed_networkx(graph)
    signs = [[d["sign"] for _, _, d in oracle.edges(node, data=True)] for node in oracle]
    assert found.n_positive.tolist() == [s.count(1) for s in signs]
    assert found.n_negative.tolist() == [s.count(-1) for s in signs]
    assert found.total.tolist() == [oracle.degree(node) for node in oracle]
    assert found.isolated.tolist() == list(nx.isolates(oracle))
    assert found.only_positive.tolist() == [node for node, s in enumerate(signs) if s and set(s) == {1}]
    assert found.only_negative.tolist() == [node for node, s in enumerate(signs) if s and set(s) == {-1}]
    modality = [a.modality for a in graph.catalogue.attributes]
    assert found.n_possible.tolist() == [sum(other != own for other in modality) for own in modality]


@settings(max_examples=40, deadline=None)
@given(graphs, st.integers(1, 5), st.integers(0, 2**31))
def test_blocks_count_what_a_loop_over_all_pairs_counts(graph: SignedGraph, n_groups: int, seed: int) -> None:
    """Groups may cross modalities: pairs within a modality are never counted."""
    group = np.random.default_rng(seed).integers(0, n_groups, graph.n_nodes).astype(np.int32)
    found = count_blocks(graph, group, n_groups)
    matrix, attributes = graph.sign_matrix(), graph.catalogue.attributes
    pairs, plus, minus = (np.zeros((n_groups, n_groups), dtype=int) for _ in range(3))
    for i in range(graph.n_nodes):
        for j in range(i + 1, graph.n_nodes):
            if attributes[i].modality != attributes[j].modality:
                for cell in {(group[i], group[j]), (group[j], group[i])}:
                    pairs[cell] += 1
                    plus[cell] += matrix[i, j] == 1
                    minus[cell] += matrix[i, j] == -1
    assert found.n_pairs.tolist() == pairs.tolist()
    assert found.n_positive.tolist() == plus.tolist() and found.n_negative.tolist() == minus.tolist()
    for a in range(n_groups):
        for b in range(n_groups):
            n_edges = plus[a, b] + minus[a, b]
            if pairs[a, b]:
                assert found.share_positive[a, b] == plus[a, b] / pairs[a, b]
                assert found.share_negative[a, b] == minus[a, b] / pairs[a, b]
                assert found.density[a, b] == n_edges / pairs[a, b]
            else:
                assert math.isnan(found.share_positive[a, b]) and math.isnan(found.density[a, b])
            leaning = found.leaning[a, b]
            assert leaning == (plus[a, b] - minus[a, b]) / n_edges if n_edges else math.isnan(leaning)


def test_modality_blocks_agree_with_the_statistics_of_the_graph() -> None:
    graph = random_graph([4, 7, 3], 0.5, 3)
    blocks, modalities = modality_blocks(graph), graph.catalogue.modalities
    for counted in graph_statistics(graph, None).by_modality_pair:
        cell = modalities.index(counted.modality_a), modalities.index(counted.modality_b)
        assert blocks.n_pairs[cell] == counted.counts.n_pairs
        assert blocks.n_positive[cell] == counted.counts.n_positive
        assert blocks.n_negative[cell] == counted.counts.n_negative
    assert np.isnan(blocks.density.diagonal()).all()
