"""Clusters as a page shows them: names, tables, the grid of scores, and what thresholds make of the pairs."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from app.catalogue_tables import AttributeFilter, matching
from core.errors import NotFound
from core.graph.call_plan import calls_floor
from core.graph.clusters.model import Cluster, Clustering
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.estimate import StageEstimate, estimate_cluster
from core.graph.strategies.cluster.expansion import Fate, expand
from core.graph.strategies.cluster.scores import Band, ScoreState, bands, inherits
from core.graph.strategies.cluster.scoring import pairs_without_score
from core.graph.strategies.cluster.settings import HIGHEST_SCORE, LOWEST_SCORE, ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages


class Cell(IntEnum):
    """What becomes of a pair of clusters. `UNANSWERED`: asked for, but no usable score came; `UNKNOWN`: not asked yet.

    From the strongest conflict to the best fit, then what no score places.
    """

    NEGATIVE_INHERITS = 0
    NEGATIVE_ASKED = 1
    LEFT_OUT = 2
    POSITIVE_ASKED = 3
    POSITIVE_INHERITS = 4
    NOT_VIABLE = 5
    UNANSWERED = 6
    UNKNOWN = 7


class Fates(NamedTuple):
    """What thresholds make of all pairs of attributes; `asked` and `inherited`, int64 [K], by row of the scores."""

    n_pairs: int
    n_asked: int
    n_inherited: int
    n_discarded: int
    asked: NDArray[np.int64]
    inherited: NDArray[np.int64]


class CallCounts(NamedTuple):
    """Calls of the judge: `first` for sure, up to `most` if every checked block fails.

    `asking_all`: had no pair inherited; `prepared`: made already for the stages before; `brute_force`: no plan that
    asks every pair can do with fewer.
    """

    first: int
    most: int
    asking_all: int
    prepared: int
    brute_force: int


class ScoreGrid(NamedTuple):
    """The scores of R clusters of one modality with C of another.

    `value`: float64 [R, C], NaN without a score; `cell`: int8 [R, C] `Cell`; `is_edited`: bool [R, C]; `asked` and
    `inherited`: int64 [R, C], pairs of attributes, zeros where they were not counted.
    """

    rows: tuple[Cluster, ...]
    columns: tuple[Cluster, ...]
    value: NDArray[np.float64]
    cell: NDArray[np.int8]
    is_edited: NDArray[np.bool_]
    asked: NDArray[np.int64]
    inherited: NDArray[np.int64]


_CELL_OF_BAND: Final = {
    Band.NEGATIVE: Cell.NEGATIVE_ASKED,
    Band.DISCARDED: Cell.LEFT_OUT,
    Band.POSITIVE: Cell.POSITIVE_ASKED,
    Band.NOT_VIABLE: Cell.NOT_VIABLE,
    Band.UNSCORED: Cell.UNANSWERED,
}
_MEMBERS_SHOWN: Final = 6


def cluster_name(cluster: Cluster) -> str:
    """The label of a cluster, or its number where it has none."""
    return cluster.card.label if cluster.card else f"Cluster {cluster.number}"


def numbered_name(cluster: Cluster) -> str:
    """Number and label, so that messages which speak of numbers can be followed."""
    return f"{cluster.number} · {cluster.card.label if cluster.card else 'no name yet'}"


def cluster_of(stages: Stages, number: int) -> Cluster:
    """One cluster of stages that are clustered; `NotFound` where there is none."""
    if stages.clustering is None:
        raise NotFound("There are no clusters in this version.")
    return stages.clustering[number]


def values_of(stages: Stages, positions: Sequence[int]) -> list[str]:
    """The values of attributes, as the catalogue has them."""
    return [stages.catalogue.attributes[position].value for position in positions]


def cluster_table(stages: Stages, modality: str) -> pd.DataFrame:
    """One row per cluster of a modality, the largest first; `number` is no column to show, `Stability` in percent."""
    clusters = sorted(_clusters(stages, modality), key=lambda cluster: (-len(cluster), cluster.number))
    clustering = _clustering(stages)
    return pd.DataFrame(
        {
            "number": [cluster.number for cluster in clusters],
            "Cluster": [cluster_name(cluster) for cluster in clusters],
            "Attributes": [len(cluster) for cluster in clusters],
            "Noise": [int(clustering.is_noise[list(cluster.members)].sum()) for cluster in clusters],
            "Stability": pd.array([_percent(cluster.stability) for cluster in clusters], dtype="Float64"),
            "Members": [_shortened(values_of(stages, _typical_first(cluster))) for cluster in clusters],
            "Summary": [cluster.card.summary if cluster.card else "" for cluster in clusters],
        }
    )


def member_table(stages: Stages, cluster: Cluster) -> pd.DataFrame:
    """The members of a cluster, the most typical first."""
    clustering = _clustering(stages)
    members = _typical_first(cluster)
    attributes = [stages.catalogue.attributes[position] for position in members]
    return pd.DataFrame(
        {
            "Attribute": [attribute.value for attribute in attributes],
            "Type": [attribute.attribute_type for attribute in attributes],
            "Membership": clustering.probability[members].astype(np.float64),
            "Typical": [position in cluster.exemplars and len(cluster) > 1 for position in members],
            "Noise": clustering.is_noise[members],
        }
    )


def description_table(stages: Stages, search: str = "") -> pd.DataFrame:
    """A row per attribute that has every searched word in some column; without clusters that column is missing."""
    attributes = stages.catalogue.attributes
    table = pd.DataFrame(
        {
            "Attribute": [attribute.value for attribute in attributes],
            "Modality": [attribute.modality for attribute in attributes],
            "Description": list(stages.descriptions),
            "By hand": [position in stages.edited for position in range(len(attributes))],
        }
    )
    if stages.clustering is not None:
        by_number = stages.clustering.by_number
        names = [cluster_name(by_number[number]) for number in stages.clustering.cluster.tolist()]
        table.insert(2, "Cluster", names)
    return table.loc[matching(table.drop(columns="By hand").astype("string"), AttributeFilter(search)).index]


def pair_fates(stages: Stages, settings: ClusterStrategySettings) -> Fates:
    """Count what happens to every pair of attributes; `ValenceError` while cluster pairs have no score."""
    expansion = expand(_clustering(stages), stages.scores, settings)
    asked, inherited = (
        np.bincount(expansion.row[expansion.fate == fate], minlength=len(stages.scores))
        for fate in (Fate.ASKED, Fate.INHERITED)
    )
    n_asked, n_inherited = expansion.n(Fate.ASKED), expansion.n(Fate.INHERITED)
    return Fates(len(expansion), n_asked, n_inherited, expansion.n(Fate.DISCARDED), asked, inherited)


def call_counts(
    stages: Stages, settings: ClusterStrategySettings, batch_size: int, asking_all: StageEstimate
) -> CallCounts:
    """Calls still to make and those saved; a guess while cluster pairs have no score.

    `asking_all`: the calls under the settings `without_inheriting`.
    """
    ahead = expansion_calls(stages, settings, batch_size)
    brute_force = calls_floor(stages.catalogue, batch_size)
    return CallCounts(ahead.low, ahead.high, asking_all.low, stages.calls.total, brute_force)


def without_inheriting(settings: ClusterStrategySettings) -> ClusterStrategySettings:
    """The same settings with every surviving pair asked; alike for all settings that differ in inheriting alone."""
    same = {"inherit_positive_from": HIGHEST_SCORE, "inherit_negative_to": LOWEST_SCORE, "spot_check_members": 0}
    return settings.model_copy(update={"auto_inherit": False, **same})


def expansion_calls(stages: Stages, settings: ClusterStrategySettings, batch_size: int) -> StageEstimate:
    """Calls of the last stage alone, which asks pairs of attributes."""
    estimate = estimate_cluster(stages.catalogue, settings, stages, batch_size=batch_size)
    return next(stage for stage in estimate.stages if stage.stage is Stage.EXPAND)


def score_grid(
    stages: Stages, modality_a: str, modality_b: str, settings: ClusterStrategySettings, fates: Fates | None
) -> ScoreGrid:
    """The scores of two modalities under these thresholds; the one with more clusters makes the rows.

    Without `fates`, those of the same thresholds, pairs of attributes are not counted.
    """
    sides = [_clusters(stages, modality) for modality in (modality_a, modality_b)]
    rows, columns = sorted(sides, key=lambda side: -len(side))
    a = np.repeat(np.array([cluster.number for cluster in rows], dtype=np.int32), len(columns))
    b = np.tile(np.array([cluster.number for cluster in columns], dtype=np.int32), len(rows))
    found = stages.scores.find(a, b)
    nothing = np.zeros(len(stages.scores), dtype=np.int64)
    asked, inherited = (fates.asked, fates.inherited) if fates else (nothing, nothing)
    shape = len(rows), len(columns)
    # A pair that is not there has row -1: the last one, which stands for it.
    return ScoreGrid(
        rows,
        columns,
        value=np.append(stages.scores.value, np.nan)[found].reshape(shape),
        cell=np.append(_cells(stages, settings), int(Cell.UNKNOWN))[found].reshape(shape).astype(np.int8),
        is_edited=np.append(stages.scores.is_edited, np.False_)[found].reshape(shape),
        asked=np.append(asked, 0)[found].reshape(shape),
        inherited=np.append(inherited, 0)[found].reshape(shape),
    )


def band_counts(stages: Stages, settings: ClusterStrategySettings) -> dict[Cell, int]:
    """How many cluster pairs there are of each kind; those that have no row yet count as unknown."""
    counts = np.bincount(_cells(stages, settings), minlength=len(Cell))
    missing = len(pairs_without_score(stages)) - int((stages.scores.state == ScoreState.UNSCORED).sum())
    counts[Cell.UNKNOWN] = missing
    return {cell: int(counts[cell]) for cell in Cell}


def stage_changes(before: Stages, after: Stages) -> tuple[str, ...]:
    """In what two versions of one catalogue differ, as short texts; none where they are alike."""
    described = sum(a != b for a, b in zip(before.descriptions, after.descriptions, strict=True))
    changes = [_count(described, "description")] if described else []
    if before.clustering is None or after.clustering is None:
        found = {(True, False): "clusters taken back", (False, True): "clusters found"}
        change = found.get((before.clustering is not None, after.clustering is not None))
        return tuple([*changes, change] if change else changes)
    old, new = before.clustering, after.clustering
    moved = int(np.count_nonzero(old.cluster != new.cluster))
    flagged = int(np.count_nonzero(old.is_noise != new.is_noise))
    kept = old.by_number.keys() & new.by_number.keys()
    renamed = sum(old[number].card != new[number].card for number in kept)
    changes += [_count(moved, "attribute") + " in another cluster"] if moved else []
    changes += [_count(flagged, "noise mark")] if flagged else []
    changes += [_count(renamed, "cluster name") + " changed"] if renamed else []
    rescored, dropped, added = _score_changes(before, after)
    changes += [_count(rescored, "score") + " edited"] if rescored else []
    changes += [_count(dropped, "score") + " dropped"] if dropped else []
    changes += [_count(added, "score") + " added"] if added else []
    return tuple(changes)


def _score_changes(before: Stages, after: Stages) -> tuple[int, int, int]:
    """How many cluster pairs have another score, lost theirs, and got one."""
    old = {(a, b): before.scores.score(row) for row, (a, b) in enumerate(_score_keys(before))}
    new = {(a, b): after.scores.score(row) for row, (a, b) in enumerate(_score_keys(after))}
    both = old.keys() & new.keys()
    return sum(old[key] != new[key] for key in both), len(old.keys() - new.keys()), len(new.keys() - old.keys())


def _score_keys(stages: Stages) -> list[tuple[int, int]]:
    return list(zip(stages.scores.a.tolist(), stages.scores.b.tolist(), strict=True))


def _cells(stages: Stages, settings: ClusterStrategySettings) -> NDArray[np.int64]:
    """The `Cell` of every row of the scores, int64 [K]."""
    band = bands(stages.scores, settings)
    cells = np.array([_CELL_OF_BAND[Band(number)] for number in band.tolist()], dtype=np.int64)
    inheriting = inherits(stages.scores, settings)
    cells[inheriting & (band == Band.POSITIVE)] = Cell.POSITIVE_INHERITS
    cells[inheriting & (band == Band.NEGATIVE)] = Cell.NEGATIVE_INHERITS
    return cells


def _clusters(stages: Stages, modality: str) -> tuple[Cluster, ...]:
    return _clustering(stages).by_modality[modality]


def _clustering(stages: Stages) -> Clustering:
    if stages.clustering is None:
        raise NotFound("There are no clusters in this version.", "Let them be found first.")
    return stages.clustering


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share)


def _typical_first(cluster: Cluster) -> list[int]:
    return [*cluster.exemplars, *(position for position in cluster.members if position not in cluster.exemplars)]


def _shortened(values: list[str]) -> str:
    more = len(values) - _MEMBERS_SHOWN
    return ", ".join(values[:_MEMBERS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def _count(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"
