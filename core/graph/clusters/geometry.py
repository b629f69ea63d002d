"""The geometry of one modality: reduce its vectors, find dense groups, place the rest, draw a map. Runs in a child."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.clusters.model import Method
from core.graph.clusters.settings import ClusterSettings

NOISE = -1  # HDBSCAN's label

_TINY = 1e-9

Floats = NDArray[np.float64]


class Geometry(NamedTuple):
    """What came out for the n attributes of one modality, in the order of their vectors.

    `labels`: int32 [n], groups numbered from 0, noise already placed; `is_noise`: bool [n]; `probability`: float32 [n];
    `points`: float32 [n, d]; `n_noise`: what HDBSCAN called noise, even where singletons were made of it.
    """

    labels: NDArray[np.int32]
    is_noise: NDArray[np.bool_]
    probability: NDArray[np.float32]
    points: NDArray[np.float32]
    method: Method
    n_noise: int
    note: str


class _Reduced(NamedTuple):
    points: Floats
    method: Method
    note: str


def find_clusters(vectors: NDArray[np.float32], settings: ClusterSettings, seed: int) -> Geometry:
    """Cluster the vectors [n, D] of one modality, all finite and none zero; `seed` is UMAP's.

    Fewer than `cluster_from` vectors, vectors that are all the same, and vectors that HDBSCAN finds only noise in
    become clusters of one: there is no group, so there is no nearest centroid either.
    """
    n = len(vectors)
    if n < settings.cluster_from:
        points, _ = principal_axes(vectors, settings.umap.n_components)
        return _singletons(points, 0, f"Fewer than {settings.cluster_from} attributes: each is a cluster of its own.")
    if bool((np.abs(vectors - vectors[0]) < _TINY).all()):
        note = "All vectors are the same, so they say nothing: each attribute is a cluster of its own."
        return _singletons(np.zeros((n, 1)), 0, note)
    reduced = _reduced(vectors, settings, seed)
    labels, probability = _dense_groups(reduced.points, settings)
    n_noise = int(np.count_nonzero(labels == NOISE))
    if n_noise == n:
        note = "HDBSCAN found only noise, so no centroid is near: each attribute is a cluster of its own."
        return _singletons(reduced.points, n_noise, note)
    return Geometry(
        labels=place_noise(reduced.points, labels),
        is_noise=labels == NOISE,
        probability=probability,
        points=reduced.points.astype(np.float32),
        method=reduced.method,
        n_noise=n_noise,
        note=reduced.note,
    )


def place_noise(points: Floats, labels: NDArray[np.int32]) -> NDArray[np.int32]:
    """Give every noise point the group whose centroid, the mean of its own members, is nearest (Euclidean).

    Groups are numbered from 0 without gaps, and there is at least one; of equally near ones the lower number counts.
    """
    groups = np.arange(labels.max() + 1)
    centroids = np.stack([points[labels == group].mean(axis=0) for group in groups])
    noise = np.flatnonzero(labels == NOISE)
    distance = np.linalg.norm(points[noise, None, :] - centroids[None, :, :], axis=2)
    placed = labels.copy()
    placed[noise] = distance.argmin(axis=1)
    return placed


def draw_map(vectors: NDArray[np.float32], settings: ClusterSettings) -> NDArray[np.float32]:
    """Places float32 [n, 2] on a map: UMAP for a modality large enough to be reduced by it, else the principal axes."""
    if len(vectors) >= settings.reduce_from and not bool((np.abs(vectors - vectors[0]) < _TINY).all()):
        return _umap(vectors, settings, settings.map_seed, n_components=2).astype(np.float32)
    points, _ = principal_axes(vectors, 2)
    return np.pad(points, ((0, 0), (0, 2 - points.shape[1]))).astype(np.float32)


def principal_axes(vectors: NDArray[np.float32], n_components: int) -> tuple[Floats, float]:
    """PCA: places on the first axes, [n, min(n_components, n, D)], and the share of the variance that they hold.

    The sign of each axis is that of its largest loading, so it does not depend on the linear algebra library.
    """
    centred = vectors.astype(np.float64) - vectors.astype(np.float64).mean(axis=0)
    _, singular, axes = np.linalg.svd(centred, full_matrices=False)
    n_kept = min(n_components, len(singular))
    kept = axes[:n_kept]
    strongest = np.abs(kept).argmax(axis=1)
    signs = np.where(kept[np.arange(n_kept), strongest] < 0, -1.0, 1.0)
    variance = singular**2
    share = float(variance[:n_kept].sum() / variance.sum()) if variance.sum() > 0 else 1.0
    return centred @ (kept * signs[:, None]).T, share


def _reduced(vectors: NDArray[np.float32], settings: ClusterSettings, seed: int) -> _Reduced:
    n = len(vectors)
    wanted = settings.umap.n_components
    if n < settings.reduce_from:
        points, share = principal_axes(vectors, wanted)
        return _Reduced(points, "pca", f"PCA to {points.shape[1]} dimensions holds {share:.0%} of the variance.")
    most = n - 2  # UMAP starts from eigenvectors of the neighbour graph, of which there are no more
    n_components = min(wanted, most)
    points = _umap(vectors, settings, seed, n_components)
    cut = "" if n_components == wanted else f" instead of {wanted}, since there are {n} attributes"
    return _Reduced(points, "umap", f"UMAP to {n_components} dimensions{cut}.")


def _umap(vectors: NDArray[np.float32], settings: ClusterSettings, seed: int, n_components: int) -> Floats:
    from umap import UMAP  # its import and first fit take long: in a child process only

    chosen = settings.umap
    model = UMAP(
        n_neighbors=min(chosen.n_neighbors, len(vectors) - 1),
        n_components=n_components,
        min_dist=chosen.min_dist,
        metric=chosen.metric,
        n_epochs=chosen.n_epochs,
        random_state=seed,
        n_jobs=1,
    )
    return np.asarray(model.fit_transform(vectors), dtype=np.float64)


def _dense_groups(points: Floats, settings: ClusterSettings) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    from hdbscan import HDBSCAN

    chosen = settings.hdbscan
    model = HDBSCAN(
        min_cluster_size=chosen.min_cluster_size,
        min_samples=chosen.min_samples,
        metric=chosen.metric,
        cluster_selection_method=chosen.selection_method,
        cluster_selection_epsilon=chosen.selection_epsilon,
        alpha=chosen.alpha,
        allow_single_cluster=chosen.allow_single_cluster,
        approx_min_span_tree=False,
        core_dist_n_jobs=1,
    ).fit(points)
    return model.labels_.astype(np.int32), model.probabilities_.astype(np.float32)


def _singletons(points: Floats, n_noise: int, note: str) -> Geometry:
    n = len(points)
    return Geometry(
        labels=np.arange(n, dtype=np.int32),
        is_noise=np.zeros(n, dtype=np.bool_),
        probability=np.ones(n, dtype=np.float32),
        points=points.astype(np.float32),
        method="singletons",
        n_noise=n_noise,
        note=note,
    )
