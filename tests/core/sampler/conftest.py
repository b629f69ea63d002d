"""Random signed graphs and exhaustive oracles for the sampler tests."""

from collections.abc import Iterator, Mapping
from itertools import combinations, product
from math import comb
from typing import NamedTuple

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import SignedGraph, signed_graph

TypeRanges = Mapping[str, tuple[int, int]]


def make_graph(sizes: Mapping[str, int], modality_of: Mapping[str, str] | None = None, seed: int = 0) -> SignedGraph:
    """A random graph: 45 % of the cross-modality pairs +, 25 % -, the rest without an edge."""
    modality_of = modality_of or {}
    catalogue = Catalogue(
        tuple(
            Attribute(f"{name}-{i}", f"{name} {i}", modality_of.get(name, name), name)
            for name, size in sizes.items()
            for i in range(size)
        )
    )
    rng = np.random.default_rng(seed)
    modalities = [a.modality for a in catalogue.attributes]
    pairs = [(i, j) for i, j in combinations(range(len(catalogue)), 2) if modalities[i] != modalities[j]]
    signs = rng.choice([1, -1, 0], p=[0.45, 0.25, 0.3], size=len(pairs))
    edges = np.array([(i, j, s) for (i, j), s in zip(pairs, signs, strict=True) if s], dtype=np.int64).reshape(-1, 3)
    return signed_graph(
        catalogue, edges[:, 0].astype(np.int32), edges[:, 1].astype(np.int32), edges[:, 2].astype(np.int8)
    )


def sign_of_pairs(graph: SignedGraph) -> dict[frozenset[int], int]:
    """Oracle: the edge list as a dictionary."""
    columns = zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True)
    return {frozenset((s, t)): sign for s, t, sign in columns}


def dense_fractions(signs: Mapping[frozenset[int], int], nodes: tuple[int, ...]) -> tuple[float, float]:
    """Oracle: pos_frac and neg_frac of a row, by one dictionary look-up per pair."""
    found = [signs.get(frozenset(pair), 0) for pair in combinations(nodes, 2)]
    pairs = max(len(found), 1)
    return found.count(1) / pairs, found.count(-1) / pairs


class State(NamedTuple):
    """One possible row, its chance under the quotas alone, and its fractions."""

    nodes: tuple[int, ...]
    chance: float
    pos_frac: float
    neg_frac: float


def enumerate_rows(graph: SignedGraph, type_ranges: TypeRanges) -> Iterator[State]:
    """Oracle: every row the quotas allow, with the chance `count uniform per type, then a uniform subset`."""
    signs = sign_of_pairs(graph)
    per_type = []
    for name, (low, high) in type_ranges.items():
        positions = graph.catalogue.positions_by_type[name]
        per_type.append(
            [
                (subset, 1 / (high - low + 1) / comb(len(positions), k))
                for k in range(low, high + 1)
                for subset in combinations(positions, k)
            ]
        )
    for choice in product(*per_type):
        nodes = tuple(sorted(node for subset, _ in choice for node in subset))
        chance = float(np.prod([part for _, part in choice]))
        yield State(nodes, chance, *dense_fractions(signs, nodes))


class Oracle:
    """What the tests compare with, handed to them as a fixture."""

    make_graph = staticmethod(make_graph)
    sign_of_pairs = staticmethod(sign_of_pairs)
    dense_fractions = staticmethod(dense_fractions)
    enumerate_rows = staticmethod(enumerate_rows)


@pytest.fixture(scope="session")
def oracle() -> type[Oracle]:
    return Oracle


@pytest.fixture(scope="session")
def small_graph() -> SignedGraph:
    return make_graph({"a": 4, "b": 4, "c": 3}, seed=3)


@pytest.fixture(scope="session")
def medium_graph() -> SignedGraph:
    return make_graph({"a": 20, "b": 30, "c": 8, "d": 12}, {"c": "cd", "d": "cd"}, seed=5)
