"""Cluster the attributes of a catalogue, modality by modality, in a child process."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.child_process import run_child
from core.errors import InvalidInput, Problem
from core.graph.clusters.assemble import Columns, clustering_from_columns
from core.graph.clusters.model import Clustering, ModalityReport
from core.graph.clusters.settings import ClusterSettings
from core.graph.clusters.stability import FRAGILE_BELOW, group_stability, mean_agreement
from core.graph.clusters.worker import ModalityResult, read_result, write_task
from core.progress import Steps

WORKER = "core.graph.clusters.worker"


def cluster_attributes(
    catalogue: Catalogue, vectors: NDArray[np.float32], settings: ClusterSettings
) -> Steps[Clustering]:
    """Group the attributes of each modality by their vectors, float32 [N, D] in catalogue order.

    The same vectors and settings give the same clusters on one machine, whatever the order of the catalogue's rows.
    `InvalidInput` lists every attribute whose vector is not finite or all zeros.
    """
    check_vectors(catalogue, vectors)
    # In the order of ids, so that the result does not depend on that of the rows.
    positions = [
        np.array(sorted(found, key=lambda position: catalogue.attributes[position].id))
        for found in catalogue.positions_by_modality.values()
    ]
    with tempfile.TemporaryDirectory(prefix="valence-clusters-") as name:
        folder = Path(name)
        write_task(folder, [vectors[found] for found in positions], list(catalogue.modalities), settings)
        yield from run_child(WORKER, folder, "The clustering")
        results = read_result(folder)
    return _gathered(catalogue, settings, positions, results)


def check_vectors(catalogue: Catalogue, vectors: NDArray[np.float32]) -> None:
    """Refuse vectors that no geometry can be made of: `InvalidInput` with every attribute concerned."""
    n = len(catalogue)
    if vectors.ndim != 2 or len(vectors) != n or vectors.shape[1] == 0:
        shape = " x ".join(str(size) for size in vectors.shape)
        problem = Problem(f"There are {n} attributes, and the vectors are {shape}.", "Embed the whole catalogue.")
        raise InvalidInput("The attributes cannot be clustered", [problem])
    is_finite = np.logical_and.reduce(np.isfinite(vectors), axis=1)
    is_zero = np.logical_and.reduce(vectors == 0, axis=1)
    problems = [
        Problem(
            f"The vector of {attribute.value!r} {'is all zeros' if zero else 'holds values that are no numbers'}.",
            "Embed it again, or give it another description.",
            field=f"vectors[{position}]",
        )
        for position, (attribute, finite, zero) in enumerate(zip(catalogue.attributes, is_finite, is_zero, strict=True))
        if zero or not finite
    ]
    if problems:
        raise InvalidInput("The attributes cannot be clustered", problems)


def _gathered(
    catalogue: Catalogue,
    settings: ClusterSettings,
    positions: Sequence[NDArray[np.int64]],
    results: Sequence[ModalityResult],
) -> Clustering:
    """Put the modalities' results into columns; numbers count on from modality to modality."""
    n = len(catalogue)
    width = max(result.geometry.points.shape[1] for result in results)
    columns = Columns(
        cluster=np.zeros(n, dtype=np.int32),
        is_noise=np.zeros(n, dtype=np.bool_),
        probability=np.ones(n, dtype=np.float32),
        xy=np.zeros((n, 2), dtype=np.float32),
        points=np.zeros((n, width), dtype=np.float32),
    )
    reports = []
    stability: dict[int, float] = {}
    first = 0
    for modality, found, result in zip(catalogue.modalities, positions, results, strict=True):
        geometry = result.geometry
        labels = _in_row_order(geometry.labels, found)
        columns.cluster[found] = first + labels
        columns.is_noise[found] = geometry.is_noise
        columns.probability[found] = geometry.probability
        columns.xy[found] = result.xy
        columns.points[found, : geometry.points.shape[1]] = geometry.points
        if len(result.runs):
            shares = group_stability(labels, list(result.runs))
            stability |= {first + label: share for label, share in shares.items()}
        reports.append(_report(modality, result))
        first += int(labels.max()) + 1
    return clustering_from_columns(catalogue, settings, columns, reports, stability)


def _in_row_order(labels: NDArray[np.int32], positions: NDArray[np.int64]) -> NDArray[np.int32]:
    """Number groups by the catalogue row in which each first appears."""
    first_row = {int(label): int(positions[labels == label].min()) for label in np.unique(labels)}
    number_of = {label: number for number, label in enumerate(sorted(first_row, key=first_row.__getitem__))}
    return np.array([number_of[int(label)] for label in labels], dtype=np.int32)


def _report(modality: str, result: ModalityResult) -> ModalityReport:
    geometry = result.geometry
    agreement = mean_agreement(geometry.labels, list(result.runs)) if len(result.runs) else None
    warning = ""
    if agreement is not None and agreement < FRAGILE_BELOW:
        warning = (
            f"Fragile: runs on other seeds agree with these clusters only to {agreement:.2f} (adjusted Rand index; "
            f"1 is full agreement, below {FRAGILE_BELOW} is little). Look through them, or have more pairs asked."
        )
    return ModalityReport(
        modality=modality,
        n=len(geometry.labels),
        method=geometry.method,
        n_clusters=len(np.unique(geometry.labels)),
        n_noise=geometry.n_noise,
        agreement=agreement,
        note=geometry.note,
        warning=warning,
    )
