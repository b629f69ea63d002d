"""A whole catalogue through the child process: planted groups, orders, seeds, refusals."""

from dataclasses import replace

import numpy as np
import pytest

from core.catalogue.model import Catalogue
from core.errors import InvalidInput
from core.graph.clusters.model import Clustering
from core.graph.clusters.run import cluster_attributes
from core.graph.clusters.settings import ClusterSettings
from core.progress import Progress, finish

PCA_ONLY = ClusterSettings(reduce_from=10_000, stability_runs=3)


@pytest.fixture
def catalogue(make_catalogue) -> Catalogue:
    return make_catalogue({"brand": 18, "geo": 15, "platform": 1})


@pytest.fixture
def vectors(planted_groups) -> np.ndarray:
    return np.vstack([planted_groups(3, 6), planted_groups(3, 5, seed=8), planted_groups(1, 1)])


def test_every_modality_is_clustered_on_its_own(catalogue: Catalogue, vectors: np.ndarray, partition) -> None:
    seen: list[Progress] = []
    clustering = finish(cluster_attributes(catalogue, vectors, PCA_ONLY), seen.append)
    planted = {frozenset(f"brand-{n}" for n in range(first, first + 6)) for first in (0, 6, 12)}
    planted |= {frozenset(f"geo-{n}" for n in range(first, first + 5)) for first in (0, 5, 10)}
    assert partition(clustering) == planted | {frozenset({"platform-0"})}
    assert [cluster.number for cluster in clustering.clusters] == list(range(7))
    assert [(r.modality, r.n, r.method, r.n_clusters) for r in clustering.reports] == [
        ("brand", 18, "pca", 3),
        ("geo", 15, "pca", 3),
        ("platform", 1, "singletons", 1),
    ]
    assert [report.agreement for report in clustering.reports] == [1.0, 1.0, None]
    assert [cluster.stability for cluster in clustering.clusters] == [1.0] * 6 + [None]
    assert {"Clustering brand", "Clustering geo", "Clusters found"} <= {progress.note for progress in seen}
    for cluster in clustering.clusters:
        assert len(cluster.exemplars) == min(3, len(cluster))
        own = clustering.points[list(cluster.members)].astype(float)
        nearest = np.linalg.norm(own - own.mean(axis=0), axis=1).argmin()
        assert cluster.exemplars[0] == cluster.members[nearest]


@pytest.fixture
def twice(make_catalogue):
    """Two modalities of the same n attributes, the second in shuffled rows, and the row of each attribute in both."""

    def make(n: int) -> tuple[Catalogue, np.ndarray, np.ndarray]:
        attributes = make_catalogue({"brand": n, "rival": n}).attributes
        order = np.random.default_rng(4).permutation(n)
        second = n + np.argsort(order)
        return Catalogue((*attributes[:n], *(attributes[n + number] for number in order))), order, second

    return make


def check_the_same(clustering: Clustering, n: int, second: np.ndarray) -> None:
    """The second modality came out as the first, to the last bit."""
    for name in ("is_noise", "probability", "xy", "points"):
        column = getattr(clustering, name)
        assert column[second].tobytes() == column[:n].tobytes()
    pairs = set(zip(clustering.cluster[:n].tolist(), clustering.cluster[second].tolist(), strict=True))
    assert len(pairs) == len(clustering.by_modality["brand"]) == len(clustering.by_modality["rival"])
    first, other = clustering.reports
    assert replace(other, modality="brand") == first


def test_the_order_of_rows_changes_nothing_and_loose_groups_are_called_fragile(twice) -> None:
    catalogue, order, second = twice(60)
    loose = np.random.default_rng(0).normal(size=(60, 12)).astype(np.float32)
    clustering = finish(cluster_attributes(catalogue, np.vstack([loose, loose[order]]), PCA_ONLY))
    check_the_same(clustering, 60, second)
    report = clustering.reports[0]
    assert report.n_noise > 0
    assert report.agreement is not None
    assert report.agreement < 0.6
    assert "Fragile" in report.warning
    assert f"{report.agreement:.2f}" in report.warning


def test_umap_finds_planted_groups_and_the_same_seed_gives_the_same_bytes(twice, planted_groups, partition) -> None:
    """The one test that runs UMAP, whose first fit in a process compiles for some seconds."""
    catalogue, order, second = twice(24)
    vectors = planted_groups(4, 6)
    settings = ClusterSettings(stability_runs=0)
    clustering = finish(cluster_attributes(catalogue, np.vstack([vectors, vectors[order]]), settings))
    check_the_same(clustering, 24, second)
    planted = {frozenset(f"brand-{n}" for n in range(start, start + 6)) for start in (0, 6, 12, 18)}
    assert planted <= partition(clustering)
    assert [report.method for report in clustering.reports] == ["umap", "umap"]
    assert clustering.points.shape == (48, 15)


def test_every_unusable_vector_is_named(catalogue: Catalogue, vectors: np.ndarray) -> None:
    vectors[[2, 20]] = 0
    vectors[5, 3] = np.nan
    vectors[33, 0] = np.inf
    with pytest.raises(InvalidInput) as caught:
        finish(cluster_attributes(catalogue, vectors, PCA_ONLY))
    assert [problem.message for problem in caught.value.problems] == [
        "The vector of 'brand 2' is all zeros.",
        "The vector of 'brand 5' holds values that are no numbers.",
        "The vector of 'geo 2' is all zeros.",
        "The vector of 'platform 0' holds values that are no numbers.",
    ]


@pytest.mark.parametrize("shape", [(33, 30), (34,), (34, 0), (35, 30)])
def test_vectors_of_another_shape_are_refused(catalogue: Catalogue, shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidInput, match="There are 34 attributes"):
        finish(cluster_attributes(catalogue, np.ones(shape, dtype=np.float32), PCA_ONLY))
