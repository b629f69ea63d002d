"""The geometry of one modality by the path that needs no UMAP, against planted groups and plain numpy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.graph.clusters.geometry import NOISE, draw_map, find_clusters, place_noise, principal_axes
from core.graph.clusters.settings import ClusterSettings, HdbscanSettings, UmapSettings

PCA_ONLY = ClusterSettings(reduce_from=10_000, stability_runs=0)


def groups_of(labels: np.ndarray) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


@pytest.mark.parametrize(("n_groups", "size"), [(3, 5), (5, 8), (12, 4)])
def test_planted_groups_are_found(planted_groups, n_groups: int, size: int) -> None:
    geometry = find_clusters(planted_groups(n_groups, size), PCA_ONLY, 0)
    planted = {frozenset(range(first, first + size)) for first in range(0, n_groups * size, size)}
    assert groups_of(geometry.labels) == planted
    assert (geometry.method, geometry.n_noise) == ("pca", 0)
    assert not geometry.is_noise.any()


def test_membership_does_not_depend_on_the_order_of_the_vectors(planted_groups) -> None:
    vectors = planted_groups(4, 6, spread=0.15)
    order = np.random.default_rng(1).permutation(len(vectors))
    plain, shuffled = find_clusters(vectors, PCA_ONLY, 0), find_clusters(vectors[order], PCA_ONLY, 0)
    again = np.empty_like(shuffled.labels)
    again[order] = shuffled.labels
    assert groups_of(again) == groups_of(plain.labels)
    assert set(order[shuffled.is_noise]) == set(np.flatnonzero(plain.is_noise))


def test_noise_goes_to_the_nearest_centroid_and_stays_flagged(planted_groups) -> None:
    vectors = np.vstack([planted_groups(3, 6), planted_groups(6, 1, seed=11)])  # three groups, six strays
    tight = ClusterSettings(reduce_from=10_000, hdbscan=HdbscanSettings(min_cluster_size=4))
    geometry = find_clusters(vectors, tight, 0)
    noise = np.flatnonzero(geometry.is_noise)
    assert 0 < geometry.n_noise == len(noise) < len(vectors)
    assert (geometry.probability[noise] == 0).all()
    members = {g: [i for i in np.flatnonzero(geometry.labels == g) if i not in noise] for g in set(geometry.labels)}
    centroids = {group: geometry.points[found].mean(axis=0) for group, found in members.items()}
    for point in noise:
        distances = {g: float(np.linalg.norm(geometry.points[point] - centre)) for g, centre in centroids.items()}
        assert geometry.labels[point] == min(distances, key=distances.__getitem__)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_noise_is_placed_as_a_plain_loop_places_it(data: st.DataObject) -> None:
    n_groups = data.draw(st.integers(1, 4))
    labels = list(range(n_groups)) + data.draw(st.lists(st.integers(NOISE, n_groups - 1), max_size=12))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    points = rng.normal(size=(len(labels), 3))
    placed = place_noise(points, np.array(labels, dtype=np.int32))
    for position, label in enumerate(labels):
        if label == NOISE:
            centres = [
                np.mean([points[i] for i, other in enumerate(labels) if other == group], axis=0)
                for group in range(n_groups)
            ]
            label = int(np.argmin([np.sqrt(((points[position] - centre) ** 2).sum()) for centre in centres]))
        assert placed[position] == label


@pytest.mark.parametrize("n", [1, 2, 14])
def test_a_small_modality_is_not_clustered(planted_groups, n: int) -> None:
    geometry = find_clusters(planted_groups(2, 10)[:n], PCA_ONLY, 0)
    assert geometry.labels.tolist() == list(range(n))
    assert (geometry.method, geometry.n_noise) == ("singletons", 0)
    assert geometry.probability.tolist() == [1] * n
    assert np.isfinite(geometry.points).all()
    assert "Fewer than 15" in geometry.note


def test_fifteen_are_clustered(planted_groups) -> None:
    geometry = find_clusters(planted_groups(3, 5), PCA_ONLY, 0)
    assert geometry.method == "pca"
    assert len(groups_of(geometry.labels)) == 3
    assert geometry.points.shape[1] == 15


def test_only_noise_becomes_clusters_of_one() -> None:
    vectors = np.eye(16, dtype=np.float32)  # all equally far apart: no two are denser than the rest
    strict = ClusterSettings(reduce_from=10_000, hdbscan=HdbscanSettings(min_cluster_size=9))
    geometry = find_clusters(vectors, strict, 0)
    assert geometry.labels.tolist() == list(range(16))
    assert (geometry.method, geometry.n_noise) == ("singletons", 16)
    assert not geometry.is_noise.any()
    assert "only noise" in geometry.note


@pytest.mark.parametrize("n", [15, 40])
def test_equal_vectors_say_nothing(n: int) -> None:
    vectors = np.tile(np.linspace(0.1, 1, 8, dtype=np.float32), (n, 1))
    geometry = find_clusters(vectors, ClusterSettings(), 0)  # 40 would go to UMAP
    assert geometry.labels.tolist() == list(range(n))
    assert "All vectors are the same" in geometry.note
    assert (draw_map(vectors, ClusterSettings()) == 0).all()


def test_principal_axes_are_those_of_the_covariance() -> None:
    rng = np.random.default_rng(0)
    vectors = (rng.normal(size=(40, 6)) * [9, 5, 3, 1, 1, 1]).astype(np.float32)
    points, share = principal_axes(vectors, 3)
    values, axes = np.linalg.eigh(np.cov(vectors.astype(float).T))
    assert share == pytest.approx(values[::-1][:3].sum() / values.sum())
    for number in range(3):
        expected = (vectors - vectors.mean(axis=0)) @ axes[:, -1 - number]
        assert np.abs(points[:, number]) == pytest.approx(np.abs(expected), abs=1e-4)


@pytest.mark.parametrize("n", [1, 2, 3, 14])
def test_a_small_map_is_drawn_on_the_principal_axes(planted_groups, n: int) -> None:
    vectors = planted_groups(2, 10)[:n]
    xy = draw_map(vectors, ClusterSettings())
    assert (xy.shape, xy.dtype) == ((n, 2), np.float32)
    if n > 2:
        assert xy == pytest.approx(principal_axes(vectors, 2)[0].astype(np.float32))


def test_more_samples_asked_for_than_there_are_do_no_harm(planted_groups) -> None:
    wide = ClusterSettings(
        reduce_from=10_000,
        cluster_from=2,
        hdbscan=HdbscanSettings(min_cluster_size=500, min_samples=500),
        umap=UmapSettings(n_components=100),
    )
    for n in (2, 3, 15):
        assert find_clusters(planted_groups(3, 5)[:n], wide, 0).method == "singletons"
