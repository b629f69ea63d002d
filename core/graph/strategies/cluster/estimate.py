"""What the cluster strategy will cost, stage by stage, before any call is made."""

from dataclasses import dataclass
from itertools import combinations
from math import ceil

import numpy as np

from core.catalogue.model import Catalogue
from core.graph.call_plan import DEFAULT_BATCH_SIZE, calls_floor
from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.enrichment import description_batches
from core.graph.strategies.cluster.expansion import Fate, expand
from core.graph.strategies.cluster.labelling import clusters_to_label
from core.graph.strategies.cluster.run import plan_of
from core.graph.strategies.cluster.scoring import pairs_without_score, score_batches
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.spot_check import choose_probes
from core.graph.strategies.cluster.stages import Stages, empty_stages

# What MiniLM, HDBSCAN, the published thresholds and the offline judge make of the shipped catalogue of 160 attributes.
ATTRIBUTES_PER_CLUSTER = 7
EXPANSION_SHARE = 0.22  # of the calls of brute force
CHECKED_EXPANSION_SHARE = 0.42  # with the spot check
WHOLE_EXPANSION_SHARE = 0.46  # where nothing inherits


@dataclass(frozen=True, slots=True)
class StageEstimate:
    """Calls still to make in one stage: between `low` and `high`, most likely `expected`; `note` says what from."""

    stage: Stage
    low: int
    expected: int
    high: int
    note: str

    @property
    def is_exact(self) -> bool:
        """Whether the number is known; unusable replies can still add calls that ask again."""
        return self.low == self.high


@dataclass(frozen=True, slots=True)
class ClusterEstimate:
    """The stages with calls still to make, in their order."""

    stages: tuple[StageEstimate, ...]

    @property
    def low(self) -> int:
        """The fewest calls of all stages."""
        return sum(stage.low for stage in self.stages)

    @property
    def expected(self) -> int:
        """The likely calls of all stages."""
        return sum(stage.expected for stage in self.stages)

    @property
    def high(self) -> int:
        """The most calls of all stages."""
        return sum(stage.high for stage in self.stages)


def estimate_cluster(
    catalogue: Catalogue,
    settings: ClusterStrategySettings,
    stages: Stages | None = None,
    geometry: ClusterSettings | None = None,
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> ClusterEstimate:
    """Calls by stage, from where the stages stand: exact where the clusters are known, else a range and what from.

    The expansion is exact up to the spot check, whose failed blocks add calls.
    """
    prepared = stages or empty_stages(catalogue)
    describe = _describe(prepared, settings)
    if prepared.clustering is None:
        before = _before_clusters(catalogue, settings, geometry or ClusterSettings())
        return ClusterEstimate((describe, *before, _expansion_range(catalogue, settings, batch_size)))
    n_labels = len(clusters_to_label(prepared, settings))
    missing = pairs_without_score(prepared)
    n_scores = len(score_batches(missing, settings.score_batch_size))
    return ClusterEstimate(
        (
            _exact(Stage.LABEL, n_labels, "one call for each cluster without a card"),
            _exact(Stage.SCORE, n_scores, f"{len(missing):,} cluster pairs without a score"),
            _expansion_range(catalogue, settings, batch_size)
            if missing
            else _expansion(catalogue, prepared, settings, batch_size),
        )
    )


def _describe(stages: Stages, settings: ClusterStrategySettings) -> StageEstimate:
    n_calls = len(description_batches(stages, settings.enrich_batch_size))
    return _exact(Stage.DESCRIBE, n_calls, f"{len(stages.catalogue) - stages.n_described:,} attributes to describe")


def _before_clusters(
    catalogue: Catalogue, settings: ClusterStrategySettings, geometry: ClusterSettings
) -> tuple[StageEstimate, ...]:
    """Between one cluster per clustered modality and the most there can be; all noise means as many as attributes."""
    sizes = [len(positions) for positions in catalogue.positions_by_modality.values()]
    is_split = [size >= geometry.cluster_from for size in sizes]
    fewest = [1 if split else size for size, split in zip(sizes, is_split, strict=True)]
    likely = [
        ceil(size / ATTRIBUTES_PER_CLUSTER) if split else size for size, split in zip(sizes, is_split, strict=True)
    ]
    smallest = geometry.hdbscan.min_cluster_size
    most_named = sum(size // smallest for size, split in zip(sizes, is_split, strict=True) if split)
    alone = sum(sizes) if settings.label_singletons else 0
    note = f"clusters are not known yet; likely is one per {ATTRIBUTES_PER_CLUSTER} attributes of a clustered modality"
    n_likely = sum(n for n, split in zip(likely, is_split, strict=True) if split or settings.label_singletons)
    label = StageEstimate(Stage.LABEL, 0, n_likely, max(most_named, alone), note)
    low, expected, high = (_score_calls(counts, settings) for counts in (fewest, likely, sizes))
    return label, StageEstimate(Stage.SCORE, low, expected, high, note)


def _score_calls(clusters_by_modality: list[int], settings: ClusterStrategySettings) -> int:
    return ceil(sum(a * b for a, b in combinations(clusters_by_modality, 2)) / settings.score_batch_size)


def _expansion_range(catalogue: Catalogue, settings: ClusterStrategySettings, batch_size: int) -> StageEstimate:
    """From all discarded to all asked, which can cost a little more than brute force because of the second round."""
    floor, share = calls_floor(catalogue, batch_size), _likely_share(settings)
    note = f"scores are not known yet; likely is {share:.0%} of the calls of brute force"
    return StageEstimate(Stage.EXPAND, 0, ceil(share * floor), floor + len(catalogue), note)


def _likely_share(settings: ClusterStrategySettings) -> float:
    if not settings.auto_inherit:
        return WHOLE_EXPANSION_SHARE
    return CHECKED_EXPANSION_SHARE if settings.spot_check_members else EXPANSION_SHARE


def _expansion(
    catalogue: Catalogue, stages: Stages, settings: ClusterStrategySettings, batch_size: int
) -> StageEstimate:
    assert stages.clustering is not None  # the caller has looked
    expansion = expand(stages.clustering, stages.scores, settings)
    probes = choose_probes(expansion, settings)
    first = plan_of(catalogue, expansion, (expansion.fate == Fate.ASKED) | probes, batch_size).n_calls
    if not probes.any():
        return _exact(
            Stage.EXPAND, first, f"{expansion.n(Fate.ASKED):,} pairs to ask, {_inherit(expansion.n(Fate.INHERITED))}"
        )
    checked = np.isin(expansion.row, expansion.row[probes]) & (expansion.fate == Fate.INHERITED) & ~probes
    second = plan_of(catalogue, expansion, checked, batch_size).n_calls
    note = (
        f"{expansion.n(Fate.ASKED):,} pairs to ask, {int(probes.sum()):,} to check, "
        f"{_inherit(expansion.n(Fate.INHERITED) - int(probes.sum()))}; blocks that fail the check add calls"
    )
    return StageEstimate(Stage.EXPAND, first, first, first + second, note)


def _inherit(n_pairs: int) -> str:
    return f"{n_pairs:,} inherit"


def _exact(stage: Stage, n_calls: int, note: str) -> StageEstimate:
    return StageEstimate(stage, n_calls, n_calls, n_calls, note)
