"""Put clusters together from columns over a catalogue."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.graph.clusters.model import Cluster, Clustering, ModalityReport, nearest_to_centroid
from core.graph.clusters.settings import ClusterSettings


class Columns(NamedTuple):
    """What is known of every attribute; shapes and meanings as in `Clustering`."""

    cluster: NDArray[np.int32]
    is_noise: NDArray[np.bool_]
    probability: NDArray[np.float32]
    xy: NDArray[np.float32]
    points: NDArray[np.float32]


def clustering_from_columns(
    catalogue: Catalogue,
    settings: ClusterSettings,
    columns: Columns,
    reports: Sequence[ModalityReport] = (),
    stability: Mapping[int, float] | None = None,
) -> Clustering:
    """Make the clusters that the numbers in `columns.cluster` name, without cards.

    The caller vouches that no number spans two modalities; `stability` is by cluster number.
    """
    measured = stability or {}
    members: dict[int, list[int]] = {}
    for position, number in enumerate(columns.cluster.tolist()):
        members.setdefault(number, []).append(position)
    clusters = tuple(
        Cluster(
            number=number,
            modality=catalogue.attributes[members[number][0]].modality,
            members=tuple(members[number]),
            exemplars=nearest_to_centroid(columns.points, members[number], settings.n_exemplars),
            stability=measured.get(number),
        )
        for number in sorted(members)
    )
    return Clustering(catalogue, settings, *columns, clusters=clusters, reports=tuple(reports))
