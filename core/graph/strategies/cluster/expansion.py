"""From scores of cluster pairs to attribute pairs: which are asked, which inherit, which are left out."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.candidate_pairs import all_pairs
from core.graph.clusters.model import Clustering
from core.graph.strategies.cluster.scores import Band, ClusterPairScores, bands, inherits
from core.graph.strategies.cluster.settings import ClusterStrategySettings

MAX_PAIRS = 20_000_000  # about 400 MB of columns; 6,300 attributes


class Fate(IntEnum):
    """What happens to one attribute pair."""

    DISCARDED = 0
    ASKED = 1
    INHERITED = 2


@dataclass(frozen=True, eq=False)
class Expansion:
    """Every cross-modality pair of a catalogue once, as columns of length P sorted by (source, target).

    `source`, `target`: int32 catalogue positions, source < target; `row`: int32, row of its cluster pair in the
    scores; `fate`: int8 `Fate`; `sign`: int8, +1 or -1 of a surviving cluster pair, else 0. A block is the inherited
    pairs of one row.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    row: NDArray[np.int32]
    fate: NDArray[np.int8]
    sign: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.source)

    def n(self, fate: Fate) -> int:
        """Number of pairs with that fate."""
        return int(np.count_nonzero(self.fate == fate))


def expand(clustering: Clustering, scores: ClusterPairScores, settings: ClusterStrategySettings) -> Expansion:
    """Decide the fate of every cross-modality pair; `ValenceError` beyond `MAX_PAIRS`, or when a row is missing.

    A noise attribute never inherits: in a surviving cluster pair its pairs are asked. Pairs of an unscored cluster pair
    are all asked, since nothing is known of them.
    """
    source, target = _pairs(clustering.catalogue)
    row = scores.find(clustering.cluster[source], clustering.cluster[target])
    if (row < 0).any():
        n_missing = len({(int(a), int(b)) for a, b in _clusters_of(clustering, source[row < 0], target[row < 0])})
        raise ValenceError(
            f"{n_missing:,} cluster pairs have no score yet.", "Let the scoring stage run to its end, then go on."
        )
    band, inheriting = bands(scores, settings)[row], inherits(scores, settings)[row]
    is_noise = clustering.is_noise[source] | clustering.is_noise[target]
    survives = (band == Band.POSITIVE) | (band == Band.NEGATIVE)
    fate = np.full(len(source), Fate.DISCARDED, dtype=np.int8)
    fate[survives | (band == Band.UNSCORED) | (is_noise & settings.ask_noise_everywhere)] = Fate.ASKED
    fate[survives & inheriting & ~is_noise] = Fate.INHERITED
    sign = np.where(survives, band, 0).astype(np.int8)
    return Expansion(source, target, row.astype(np.int32), fate, sign)


def _pairs(catalogue: Catalogue) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    if catalogue.n_pairs > MAX_PAIRS:
        raise ValenceError(
            f"This catalogue has {catalogue.n_pairs:,} candidate pairs; at most {MAX_PAIRS:,} are handled at once.",
            "Split the catalogue into smaller ones.",
        )
    return all_pairs(catalogue)


def _clusters_of(clustering: Clustering, source: NDArray[np.int32], target: NDArray[np.int32]) -> NDArray[np.int32]:
    """The cluster numbers of each pair, int32 [P, 2], the smaller first."""
    return np.sort(np.stack([clustering.cluster[source], clustering.cluster[target]], axis=1), axis=1)
