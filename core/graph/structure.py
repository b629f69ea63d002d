"""The shape of a signed graph: who has how many edges of which sign, and how dense it is between groups."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.graph.model import SignedGraph


@dataclass(frozen=True, eq=False)
class Degrees:
    """Edges of each attribute, int64 [N] over catalogue positions. `n_possible`: the attributes of other modalities,
    which are as many as it could have edges.
    """

    n_positive: NDArray[np.int64]
    n_negative: NDArray[np.int64]
    n_possible: NDArray[np.int64]

    @property
    def total(self) -> NDArray[np.int64]:
        """Edges of either sign, int64 [N]."""
        return self.n_positive + self.n_negative

    @property
    def isolated(self) -> NDArray[np.int64]:
        """Positions without any edge, ascending."""
        return np.flatnonzero(self.total == 0)

    @property
    def only_positive(self) -> NDArray[np.int64]:
        """Positions with + edges and no − edge, ascending."""
        return np.flatnonzero((self.n_positive > 0) & (self.n_negative == 0))

    @property
    def only_negative(self) -> NDArray[np.int64]:
        """Positions with − edges and no + edge, ascending."""
        return np.flatnonzero((self.n_negative > 0) & (self.n_positive == 0))


def degrees(graph: SignedGraph) -> Degrees:
    """Count each attribute's edges by sign."""
    sizes = {modality: len(members) for modality, members in graph.catalogue.positions_by_modality.items()}
    own = np.array([sizes[attribute.modality] for attribute in graph.catalogue.attributes], dtype=np.int64)
    return Degrees(_ends(graph, graph.sign > 0), _ends(graph, graph.sign < 0), graph.n_nodes - own)


@dataclass(frozen=True, eq=False)
class Blocks:
    """Pairs and edges between every two of G groups, symmetric int64 [G, G]; the diagonal is within a group.

    `n_pairs` counts pairs of attributes of different modalities, the only ones that can be edges.
    """

    n_pairs: NDArray[np.int64]
    n_positive: NDArray[np.int64]
    n_negative: NDArray[np.int64]

    @property
    def share_positive(self) -> NDArray[np.float64]:
        """Of all pairs those that are +, float64 [G, G]; NaN where there is no pair."""
        return _shares(self.n_positive, self.n_pairs)

    @property
    def share_negative(self) -> NDArray[np.float64]:
        """Of all pairs those that are −, float64 [G, G]; NaN where there is no pair."""
        return _shares(self.n_negative, self.n_pairs)

    @property
    def density(self) -> NDArray[np.float64]:
        """Of all pairs those that are an edge, float64 [G, G]; NaN where there is no pair."""
        return _shares(self.n_positive + self.n_negative, self.n_pairs)

    @property
    def leaning(self) -> NDArray[np.float64]:
        """+ minus − over all edges, from -1 (only −) to 1 (only +), float64 [G, G]; NaN where there is no edge."""
        return _shares(self.n_positive - self.n_negative, self.n_positive + self.n_negative)


def count_blocks(graph: SignedGraph, group: NDArray[np.int32], n_groups: int) -> Blocks:
    """Count pairs and edges between groups; `group` int32 [N] holds numbers from 0 to `n_groups` - 1."""
    catalogue = graph.catalogue
    number = {modality: i for i, modality in enumerate(catalogue.modalities)}
    modality = np.array([number[attribute.modality] for attribute in catalogue.attributes], dtype=np.int64)
    sizes = np.zeros((n_groups, len(number)), dtype=np.int64)
    np.add.at(sizes, (group, modality), 1)
    both = sizes.sum(axis=1)
    ordered = np.outer(both, both) - sizes @ sizes.T  # ordered pairs: within a group each is counted twice
    ordered[np.diag_indices(n_groups)] //= 2
    return Blocks(
        ordered, _between(graph, group, n_groups, graph.sign > 0), _between(graph, group, n_groups, graph.sign < 0)
    )


def modality_blocks(graph: SignedGraph) -> Blocks:
    """Pairs and edges between every two modalities, in the catalogue's order."""
    number = {modality: i for i, modality in enumerate(graph.catalogue.modalities)}
    group = np.array([number[attribute.modality] for attribute in graph.catalogue.attributes], dtype=np.int32)
    return count_blocks(graph, group, len(number))


def _ends(graph: SignedGraph, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    ends = np.concatenate([graph.source[wanted], graph.target[wanted]])
    return np.bincount(ends, minlength=graph.n_nodes).astype(np.int64)


def _between(
    graph: SignedGraph, group: NDArray[np.int32], n_groups: int, wanted: NDArray[np.bool_]
) -> NDArray[np.int64]:
    a, b = (group[ends[wanted]].astype(np.int64) for ends in (graph.source, graph.target))
    low, high = np.minimum(a, b), np.maximum(a, b)
    upper = np.bincount(low * n_groups + high, minlength=n_groups * n_groups).reshape(n_groups, n_groups)
    counts: NDArray[np.int64] = upper + np.triu(upper, k=1).T
    return counts


def _shares(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    shares: NDArray[np.float64] = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return shares
