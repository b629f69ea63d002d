"""Make groups of attributes: from prepared clusters, from what is known of the attributes, or from their edges."""

import math
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage

from core.catalogue.model import Catalogue
from core.graph.attribute_vectors import normalised, trait_vectors
from core.graph.clusters.model import Cluster, Clustering, nearest_to_centroid
from core.graph.grouping import Grouping, GroupOrigin
from core.graph.model import SignedGraph
from core.knowledge.traits import TraitTable, load_trait_table

LEAST_KNOWN: Final = 0.5  # share of the attributes that facts must be known of, for facts to make the groups
N_NAMED: Final = 2  # members that a group without a label is named after
_EXACT: Final = 6  # digits of a distance that count: the last bits differ between linear algebra libraries

_Rows = Callable[[NDArray[np.int64]], NDArray[np.float32]]  # catalogue positions to their vectors, zeros for unknown


class _Group(NamedTuple):
    name: str
    members: tuple[int, ...]


def best_grouping(graph: SignedGraph, clustering: Clustering | None) -> Grouping:
    """Prepared clusters where they are of the graph's catalogue; else groups by facts where at least `LEAST_KNOWN` of
    the attributes are known; else groups by edges.
    """
    if clustering is not None and clustering.catalogue.id == graph.catalogue.id:
        return grouping_from_clusters(clustering)
    return grouping_by_facts(graph.catalogue) or grouping_by_edges(graph)


def grouping_from_clusters(clustering: Clustering) -> Grouping:
    """A group per cluster, called by its label; clusters whose middles lie near each other follow each other."""
    groups: list[_Group] = []
    for clusters in clustering.by_modality.values():
        middles = np.stack([clustering.points[list(cluster.members)].mean(axis=0) for cluster in clusters])
        groups += [
            _Group(_cluster_name(clustering.catalogue, clusters[place]), clusters[place].members)
            for place in _leaves(_tree(middles.astype(np.float64)), len(clusters))
        ]
    return _grouping(clustering.catalogue, groups, GroupOrigin.CLUSTERS)


def grouping_by_facts(catalogue: Catalogue, table: TraitTable | None = None) -> Grouping | None:
    """Within each modality, attributes with alike facts in about as many groups as groups have members.

    Without a `table` the shipped facts count, beside the catalogue's own columns. None where fewer than `LEAST_KNOWN`
    of the attributes are known; those that nothing is known of are a group of their own in their modality.
    """
    vectors = trait_vectors(catalogue, table or load_trait_table())
    if not len(catalogue) or vectors.any(axis=1).mean() < LEAST_KNOWN:
        return None
    return _grouping(catalogue, _alike(catalogue, lambda members: vectors[members], "nothing known"), GroupOrigin.FACTS)


def grouping_by_edges(graph: SignedGraph) -> Grouping:
    """Within each modality, attributes that agree on what they work with and what they conflict with.

    Compared by the cosine of their rows of the sign matrix; attributes without an edge are a group of their own.
    """
    signs = graph.sign_matrix()

    def rows(members: NDArray[np.int64]) -> NDArray[np.float32]:
        return normalised(signs[members].astype(np.float32))

    return _grouping(graph.catalogue, _alike(graph.catalogue, rows, "without edges"), GroupOrigin.EDGES)


def _alike(catalogue: Catalogue, rows: _Rows, rest: str) -> list[_Group]:
    """Groups by Ward's method on unit vectors, sqrt(n) of the n known attributes of a modality, alike ones adjacent."""
    groups: list[_Group] = []
    for modality, positions in catalogue.positions_by_modality.items():
        members = np.array(positions, dtype=np.int64)
        vectors = rows(members)
        known = vectors.any(axis=1)
        groups += _agglomerated(catalogue, members[known], vectors[known])
        if not known.all():
            groups.append(_Group(f"{modality}: {rest}", tuple(members[~known].tolist())))
    return groups


def _agglomerated(catalogue: Catalogue, members: NDArray[np.int64], vectors: NDArray[np.float32]) -> list[_Group]:
    n = len(members)
    if n == 0:
        return []
    tree = _tree(vectors.astype(np.float64))
    leaves = _leaves(tree, n)
    of_leaf = fcluster(tree, math.ceil(math.sqrt(n)), criterion="maxclust") if n > 1 else np.ones(1, dtype=np.int32)
    by_group: dict[int, list[int]] = {}  # groups in the order of their first leaf
    for leaf in leaves:
        by_group.setdefault(int(of_leaf[leaf]), []).append(leaf)
    return [
        _Group(
            _named_after(catalogue, members[list(nearest_to_centroid(vectors, places, N_NAMED))].tolist(), len(places)),
            tuple(members[places].tolist()),
        )
        for places in by_group.values()
    ]


def _tree(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ward's tree over the rows, as scipy writes it; empty for a single row."""
    if len(vectors) < 2:
        return np.zeros((0, 4))
    # Through the Gram matrix: comparing the rows pair by pair takes seconds for a thousand long ones.
    squares = (vectors**2).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * vectors @ vectors.T, 0)).round(_EXACT)
    tree: NDArray[np.float64] = linkage(distance[np.triu_indices(len(vectors), k=1)], method="ward")
    return tree


def _leaves(tree: NDArray[np.float64], n: int) -> list[int]:
    """The rows in the order of the tree, alike ones adjacent."""
    return [int(leaf) for leaf in leaves_list(tree)] if n > 1 else [0]


def _cluster_name(catalogue: Catalogue, cluster: Cluster) -> str:
    if cluster.card is not None:
        return cluster.card.label
    return _named_after(catalogue, cluster.exemplars[:N_NAMED], len(cluster))


def _named_after(catalogue: Catalogue, members: Iterable[int], n: int) -> str:
    """The group's most typical members, and how many more there are."""
    named = [catalogue.attributes[position].value for position in members]
    more = f" +{n - len(named)}" if n > len(named) else ""
    return f"{', '.join(named)}{more}"


def _grouping(catalogue: Catalogue, groups: list[_Group], origin: GroupOrigin) -> Grouping:
    group = np.zeros(len(catalogue), dtype=np.int32)
    for number, made in enumerate(groups):
        group[list(made.members)] = number
    order = np.array([position for made in groups for position in made.members], dtype=np.int32)
    return Grouping(catalogue, group, tuple(made.name for made in groups), order, origin)
