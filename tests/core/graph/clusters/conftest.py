"""Small catalogues, planted groups and clusterings made by hand."""

from collections.abc import Callable, Mapping

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.clusters.assemble import Columns, clustering_from_columns
from core.graph.clusters.model import Clustering
from core.graph.clusters.settings import ClusterSettings


def make_catalogue(sizes: Mapping[str, int]) -> Catalogue:
    """So many attributes of each modality, one modality after the other."""
    return Catalogue(
        tuple(
            Attribute(f"{modality}-{number}", f"{modality} {number}", modality, modality)
            for modality, size in sizes.items()
            for number in range(size)
        )
    )


def planted_groups(n_groups: int, size: int, n_dimensions: int = 30, spread: float = 0.02, seed: int = 5) -> np.ndarray:
    """Unit vectors of `n_groups` tight groups around random directions, group after group."""
    rng = np.random.default_rng(seed)
    centres = np.repeat(rng.normal(size=(n_groups, n_dimensions)), size, axis=0)
    vectors = centres / np.linalg.norm(centres, axis=1, keepdims=True)
    vectors += spread * rng.normal(size=vectors.shape)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.fixture(name="make_catalogue")
def _make_catalogue() -> Callable[[Mapping[str, int]], Catalogue]:
    return make_catalogue


@pytest.fixture(name="planted_groups")
def _planted_groups() -> Callable[..., np.ndarray]:
    return planted_groups


@pytest.fixture
def clustering() -> Clustering:
    """Seven brands in clusters 0 (0, 1, 2), 1 (3, 4) and 2 (5, 6), and three places, each a cluster of its own."""
    catalogue = make_catalogue({"brand": 7, "geo": 3})
    points = np.zeros((10, 2), dtype=np.float32)
    points[:7] = [[0, 0], [1, 0], [5, 0], [9, 9], [9, 8], [20, 20], [21, 20]]
    columns = Columns(
        cluster=np.array([0, 0, 0, 1, 1, 2, 2, 3, 4, 5], dtype=np.int32),
        is_noise=np.array([False, False, True, *[False] * 7]),
        probability=np.linspace(0, 1, 10, dtype=np.float32),
        xy=np.arange(20, dtype=np.float32).reshape(10, 2) / 3,
        points=points,
    )
    return clustering_from_columns(catalogue, ClusterSettings(n_exemplars=2), columns, (), {0: 0.75, 1: 1.0})


@pytest.fixture
def partition() -> Callable[[Clustering], set[frozenset[str]]]:
    """A clustering as sets of attribute ids, free of numbers and orders."""
    return lambda clustering: {
        frozenset(clustering.catalogue.attributes[member].id for member in cluster.members)
        for cluster in clustering.clusters
    }
