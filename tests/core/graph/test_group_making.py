from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.clusters.assemble import Columns, clustering_from_columns
from core.graph.clusters.model import ClusterCard, Clustering
from core.graph.clusters.settings import ClusterSettings
from core.graph.group_making import best_grouping, grouping_by_edges, grouping_by_facts, grouping_from_clusters
from core.graph.grouping import Grouping, GroupOrigin
from core.graph.model import SignedGraph, signed_graph

LARGE = Path(__file__).parents[3] / "data" / "catalogues" / "large.csv"


def unknown_catalogue(sizes: dict[str, int]) -> Catalogue:
    """Modalities and names that no trait table knows."""
    return Catalogue(tuple(Attribute(f"{m}-{i}", f"Zq {m} {i}", m, m) for m, n in sizes.items() for i in range(n)))


def random_graph(catalogue: Catalogue, share: float, seed: int) -> SignedGraph:
    modality = np.array([catalogue.modalities.index(a.modality) for a in catalogue.attributes])
    source, target = np.triu_indices(len(catalogue), k=1)
    rng = np.random.default_rng(seed)
    kept = (modality[source] != modality[target]) & (rng.random(len(source)) < share)
    sign = rng.choice(np.array([-1, 1], dtype=np.int8), size=int(kept.sum()))
    return signed_graph(catalogue, source[kept].astype(np.int32), target[kept].astype(np.int32), sign)


def clustering_of(catalogue: Catalogue, cluster: list[int], places: list[float]) -> Clustering:
    n = len(catalogue)
    points = np.array([[place, 0.0] for place in places], dtype=np.float32)
    numbers = np.array(cluster, dtype=np.int32)
    columns = Columns(numbers, np.zeros(n, dtype=np.bool_), np.ones(n, dtype=np.float32), points, points)
    return clustering_from_columns(catalogue, ClusterSettings(), columns)


def check_is_sound(grouping: Grouping) -> None:
    """What the contract of `Grouping` promises, counted afresh."""
    catalogue = grouping.catalogue
    assert grouping.group.dtype == np.int32 and grouping.order.dtype == np.int32
    assert sorted(grouping.order.tolist()) == list(range(len(catalogue)))
    assert sorted(set(grouping.group.tolist())) == list(range(len(grouping.names)))
    assert all(grouping.names)
    modalities = [catalogue.attributes[position].modality for position in grouping.order]
    assert list(dict.fromkeys(modalities)) == list(catalogue.modalities)
    assert sorted(modalities, key=catalogue.modalities.index) == modalities
    along = [int(grouping.group[position]) for position in grouping.order]
    assert along == sorted(along)  # each group in one piece
    for number in range(len(grouping.names)):
        members = grouping.members(number).tolist()
        assert len({catalogue.attributes[position].modality for position in members}) == 1


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(1, 7), min_size=2, max_size=4), st.sampled_from([0.0, 0.2, 0.8, 1.0]), st.integers(0, 2**31)
)
def test_groups_by_edges_are_sound_and_the_same_every_time(sizes: list[int], share: float, seed: int) -> None:
    graph = random_graph(unknown_catalogue({f"m{i}": n for i, n in enumerate(sizes)}), share, seed)
    grouping, again = grouping_by_edges(graph), grouping_by_edges(graph)
    check_is_sound(grouping)
    assert grouping.origin is GroupOrigin.EDGES
    assert grouping.group.tolist() == again.group.tolist() and grouping.order.tolist() == again.order.tolist()
    assert grouping.names == again.names
    no_edge = ~graph.sign_matrix().any(axis=1)
    for position in np.flatnonzero(no_edge):
        assert "without edges" in grouping.names[grouping.group[position]]
    for position in np.flatnonzero(~no_edge):
        assert "without edges" not in grouping.names[grouping.group[position]]


def test_attributes_with_the_same_edges_come_together() -> None:
    """Nine attributes of three hidden kinds, shuffled: each kind has the same row but for one edge."""
    catalogue = unknown_catalogue({"a": 9, "b": 12})
    kind = np.array([0, 1, 2, 1, 0, 2, 2, 1, 0])
    patterns = np.array([[1] * 12, [-1] * 12, [1, -1] * 6], dtype=np.int8)
    rows = patterns[kind].copy()
    rows[np.arange(9), np.arange(9)] = 0
    i, j = np.nonzero(rows)
    graph = signed_graph(catalogue, i.astype(np.int32), (9 + j).astype(np.int32), rows[i, j])
    grouping = grouping_by_edges(graph)
    found = {frozenset(grouping.members(n).tolist()) for n in range(len(grouping.names))}
    assert {frozenset(np.flatnonzero(kind == k).tolist()) for k in range(3)} <= found


def test_groups_that_are_alike_follow_each_other() -> None:
    """Kinds 0 and 2 nearly agree, 1 and 3 too, and the two families contradict; positions deal the kinds in turn."""
    catalogue = unknown_catalogue({"a": 16, "b": 20})
    kind = np.arange(16) % 4
    patterns = np.ones((4, 20), dtype=np.int8)
    patterns[[1, 3]] = -1
    patterns[2, :4] = -1
    patterns[3, :4] = 1
    i, j = np.nonzero(patterns[kind])
    graph = signed_graph(catalogue, i.astype(np.int32), (16 + j).astype(np.int32), patterns[kind][i, j])
    along = [int(kind[position]) for position in grouping_by_edges(graph).order if position < 16]
    families = [k % 2 for k in dict.fromkeys(along)]
    assert sorted(along) == sorted(kind.tolist()) and families in ([0, 0, 1, 1], [1, 1, 0, 0])


def test_facts_put_alike_brands_together_in_the_shipped_catalogue() -> None:
    catalogue = catalogue_or_error(read_catalogue_file(LARGE))
    grouping = grouping_by_facts(catalogue)
    assert grouping is not None and grouping.origin is GroupOrigin.FACTS
    check_is_sound(grouping)

    def group_of(value: str) -> int:
        return int(grouping.group[catalogue.positions_by_value[value][0]])

    assert group_of("Chanel") == group_of("Dior") != group_of("Nike") == group_of("Adidas")
    assert 1 < len(grouping.names) < len(catalogue) / 3


def test_facts_that_are_known_of_too_few_make_no_groups() -> None:
    assert grouping_by_facts(unknown_catalogue({"a": 5, "b": 5})) is None
    known = catalogue_or_error(read_catalogue_file(LARGE)).attributes
    half = Catalogue((*known[:6], *unknown_catalogue({known[0].modality: 6}).attributes))
    grouping = grouping_by_facts(half)
    assert grouping is not None
    check_is_sound(grouping)
    unknown = grouping.group[6:].tolist()
    assert len(set(unknown)) == 1 and unknown[0] not in grouping.group[:6]
    assert grouping.names[unknown[0]] == f"{known[0].modality}: nothing known"
    fewer = Catalogue((*known[:6], *unknown_catalogue({known[0].modality: 7}).attributes))
    assert grouping_by_facts(fewer) is None


def test_clusters_keep_members_and_labels_and_near_ones_are_neighbours() -> None:
    catalogue = unknown_catalogue({"a": 6, "b": 2})
    # Cluster numbers are neither dense nor in the order of the places 0, 1, 10.
    clustering = clustering_of(catalogue, [4, 4, 9, 9, 7, 7, 2, 2], [0, 0.1, 10, 10.1, 1, 1.1, 0, 0.1])
    clustering = clustering.with_cards({4: ClusterCard("Sports"), 9: ClusterCard("Finance")})
    grouping = grouping_from_clusters(clustering)
    check_is_sound(grouping)
    assert grouping.origin is GroupOrigin.CLUSTERS
    members = {grouping.names[n]: grouping.members(n).tolist() for n in range(len(grouping.names))}
    assert members["Sports"] == [0, 1] and members["Finance"] == [2, 3]
    assert members["Zq a 4, Zq a 5"] == [4, 5] and members["Zq b 0, Zq b 1"] == [6, 7]
    names = list(grouping.names)
    assert abs(names.index("Sports") - names.index("Zq a 4, Zq a 5")) == 1


def test_the_best_groups_are_clusters_then_facts_then_edges() -> None:
    catalogue = unknown_catalogue({"a": 3, "b": 3})
    graph = random_graph(catalogue, 0.7, 1)
    clusters = clustering_of(catalogue, [0, 0, 1, 2, 2, 3], [0, 1, 2, 0, 1, 2])
    assert best_grouping(graph, clusters).origin is GroupOrigin.CLUSTERS
    assert best_grouping(graph, None).origin is GroupOrigin.EDGES
    other = replace(clusters, catalogue=unknown_catalogue({"a": 3, "c": 3}))
    assert best_grouping(graph, other).origin is GroupOrigin.EDGES
    large = catalogue_or_error(read_catalogue_file(LARGE))
    empty = signed_graph(large, *(np.zeros(0, dtype=np.int32) for _ in range(2)), np.zeros(0, dtype=np.int8))
    assert best_grouping(empty, None).origin is GroupOrigin.FACTS


@pytest.mark.parametrize("sizes", [{"a": 1}, {"a": 1, "b": 1}])
def test_single_attributes_are_groups_of_one(sizes: dict[str, int]) -> None:
    catalogue = unknown_catalogue(sizes)
    check_is_sound(grouping_by_edges(random_graph(catalogue, 1.0, 0)))
    places = list(range(len(catalogue)))
    check_is_sound(grouping_from_clusters(clustering_of(catalogue, places, [float(p) for p in places])))
