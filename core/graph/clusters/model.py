"""The clusters of a catalogue: which attributes of a modality belong together, and what is known of each group."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import NotFound
from core.fingerprint import content_id, digest
from core.graph.clusters.settings import ClusterSettings

Method = Literal["singletons", "pca", "umap"]


@dataclass(frozen=True, slots=True)
class ClusterCard:
    """What a cluster is called and how it is described: a label, one sentence, a few characteristics."""

    label: str
    summary: str = ""
    characteristics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cluster:
    """One group of attributes of one modality, as catalogue positions in ascending order.

    `exemplars`: the members nearest the centroid, nearest first. `stability`: the share of repeated runs in which two
    members came out together (of a cluster of one: in which it stayed alone); None where it was not measured.
    """

    number: int
    modality: str
    members: tuple[int, ...]
    exemplars: tuple[int, ...]
    card: ClusterCard | None = None
    stability: float | None = None

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True, slots=True)
class ModalityReport:
    """How one modality of `n` attributes was clustered; hand edits leave it as it was.

    `n_noise`: the attributes HDBSCAN called noise. `agreement`: mean adjusted Rand index between these clusters and
    those of the repeated runs, None where it was not measured. `note` says what a person should know, `warning` what
    should make them doubt the clusters; both may be empty.
    """

    modality: str
    n: int
    method: Method
    n_clusters: int
    n_noise: int
    agreement: float | None = None
    note: str = ""
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Clustering:
    """Every attribute's cluster, as columns over the N positions of a catalogue.

    `cluster`: int32 [N], numbers unique over all modalities. `is_noise`: bool [N], HDBSCAN called it noise and it was
    put into the cluster with the nearest centroid. `probability`: float32 [N], HDBSCAN's strength of membership, 0 for
    noise, 1 where nothing was clustered; hand edits leave it as it was. `xy`: float32 [N, 2], place on the map of its
    modality. `points`: float32 [N, D], place in the space of its modality in which clusters, centroids and exemplars
    are defined, zeros in the dimensions that modality does not have; never comparable between modalities.
    `clusters` follow their numbers.
    """

    catalogue: Catalogue
    settings: ClusterSettings
    cluster: NDArray[np.int32]
    is_noise: NDArray[np.bool_]
    probability: NDArray[np.float32]
    xy: NDArray[np.float32]
    points: NDArray[np.float32]
    clusters: tuple[Cluster, ...]
    reports: tuple[ModalityReport, ...]

    @cached_property
    def id(self) -> str:
        """Content id over the catalogue, the settings, every array, the cards and the reports."""
        arrays = (self.cluster, self.is_noise, self.probability, self.xy, self.points)
        payload = {
            "catalogue": self.catalogue.id,
            "settings": self.settings.model_dump(mode="json"),
            "arrays": [[list(array.shape), str(array.dtype), digest(array.tobytes())] for array in arrays],
            "clusters": [cluster_record(cluster) for cluster in self.clusters],
            "reports": [report_record(report) for report in self.reports],
        }
        return content_id("clustering", payload)

    @cached_property
    def by_number(self) -> Mapping[int, Cluster]:
        """Cluster number to cluster."""
        return {cluster.number: cluster for cluster in self.clusters}

    @cached_property
    def by_modality(self) -> Mapping[str, tuple[Cluster, ...]]:
        """Modality to its clusters, modalities in the catalogue's order."""
        return {
            modality: tuple(cluster for cluster in self.clusters if cluster.modality == modality)
            for modality in self.catalogue.modalities
        }

    def __getitem__(self, number: int) -> Cluster:
        """Look a cluster up by number; `NotFound` when there is none."""
        if number not in self.by_number:
            raise NotFound(f"There is no cluster {number}; numbers are {_listed(self.by_number)}.")
        return self.by_number[number]

    def with_cards(self, cards: Mapping[int, ClusterCard | None]) -> "Clustering":
        """The same clusters with these cards by cluster number, others unchanged; `NotFound` for an unknown number."""
        for number in cards:
            self[number]
        clusters = tuple(
            replace(cluster, card=cards[cluster.number]) if cluster.number in cards else cluster
            for cluster in self.clusters
        )
        return replace(self, clusters=clusters)


def cluster_record(cluster: Cluster) -> dict[str, Any]:
    """A cluster as JSON data."""
    card = cluster.card
    return {
        "number": cluster.number,
        "modality": cluster.modality,
        "members": list(cluster.members),
        "exemplars": list(cluster.exemplars),
        "card": card and {"label": card.label, "summary": card.summary, "characteristics": list(card.characteristics)},
        "stability": cluster.stability,
    }


def report_record(report: ModalityReport) -> dict[str, Any]:
    """A modality's report as JSON data."""
    return {name: getattr(report, name) for name in ModalityReport.__slots__}


def nearest_to_centroid(points: NDArray[np.float32], members: Iterable[int], n: int) -> tuple[int, ...]:
    """The `n` members whose rows of `points` lie nearest (Euclidean) to the mean of all members, nearest first.

    Equally near members come in ascending order of position.
    """
    positions = np.array(sorted(members), dtype=np.int64)
    own = points[positions].astype(np.float64)
    distance = np.linalg.norm(own - own.mean(axis=0), axis=1)
    # Rounded, so that members that are equally far apart but for the last bits come in order of position.
    nearest = positions[np.lexsort((positions, distance.round(9)))[:n]]
    return tuple(int(position) for position in nearest)


def _listed(numbers: Iterable[int], most: int = 20) -> str:
    known = sorted(numbers)
    shown = ", ".join(str(number) for number in known[:most])
    return f"{shown} and {len(known) - most} more" if len(known) > most else shown
