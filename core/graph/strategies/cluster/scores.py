"""The scores of cluster pairs, and what the thresholds make of them."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, NotFound, Problem
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.settings import HIGHEST_SCORE, LOWEST_SCORE, ClusterStrategySettings


class ScoreState(IntEnum):
    """What is known of a cluster pair; "not viable" is an answer, while `UNSCORED` means that none could be used."""

    SCORED = 0
    NOT_VIABLE = 1
    UNSCORED = 2


class Band(IntEnum):
    """What becomes of a cluster pair; the first two survive with that sign, pairs of an unscored one are all asked."""

    NEGATIVE = -1
    DISCARDED = 0
    POSITIVE = 1
    NOT_VIABLE = 2
    UNSCORED = 3


@dataclass(frozen=True, eq=False)
class ClusterPairScores:
    """One row per pair of clusters of different modalities, as columns of length K sorted by (a, b), a < b.

    `a`, `b`: int32 cluster numbers; `value`: float64, NaN unless scored; `state`: int8 `ScoreState`; `is_edited`: bool,
    written by a person.
    """

    a: NDArray[np.int32]
    b: NDArray[np.int32]
    value: NDArray[np.float64]
    state: NDArray[np.int8]
    is_edited: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.a)

    def find(self, a: NDArray[np.int32], b: NDArray[np.int32]) -> NDArray[np.int64]:
        """Row of each cluster pair, int64, whichever number comes first; -1 where there is none."""
        if len(self) == 0:
            return np.full(len(a), -1, dtype=np.int64)
        width = int(max(self.b.max(), a.max(initial=0), b.max(initial=0))) + 1
        keys = self.a.astype(np.int64) * width + self.b
        wanted = np.minimum(a, b).astype(np.int64) * width + np.maximum(a, b)
        rows = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where(keys[rows] == wanted, rows, -1)

    def row(self, a: int, b: int) -> int:
        """Row of one cluster pair; `NotFound` when the two were never to be scored."""
        row = int(self.find(np.array([a], dtype=np.int32), np.array([b], dtype=np.int32))[0])
        if row < 0:
            raise NotFound(f"Clusters {a} and {b} have no score.", "Choose two clusters of different modalities.")
        return row

    def score(self, row: int) -> Score | None:
        """The score in a row; None where there is none."""
        if self.state[row] == ScoreState.UNSCORED:
            return None
        return Score(None if self.state[row] == ScoreState.NOT_VIABLE else float(self.value[row]))

    def edited(self, a: int, b: int, value: float | None) -> "ClusterPairScores":
        """The table with one score written by hand, None for "not viable"; `InvalidInput` outside 0..10."""
        row = self.row(a, b)
        if value is not None and not LOWEST_SCORE <= value <= HIGHEST_SCORE:
            message = f"{value:g} is no score."
            raise InvalidInput("The score", [Problem(message, "Write a number from 0 to 10.", field=f"{a}, {b}")])
        values, states, edits = self.value.copy(), self.state.copy(), self.is_edited.copy()
        values[row] = np.nan if value is None else value
        states[row] = ScoreState.NOT_VIABLE if value is None else ScoreState.SCORED
        edits[row] = True
        return replace(self, value=values, state=states, is_edited=edits)

    def only(self, rows: NDArray[np.bool_]) -> "ClusterPairScores":
        """The rows where the mask, bool [K], is True."""
        return ClusterPairScores(self.a[rows], self.b[rows], self.value[rows], self.state[rows], self.is_edited[rows])


def no_scores() -> ClusterPairScores:
    """A table without rows."""
    return score_table([], [], [])


def score_table(a: list[int], b: list[int], scores: list[Score | None]) -> ClusterPairScores:
    """Columns of length K in any order, put into order; None where there is no usable answer."""
    low = np.minimum(np.array(a, dtype=np.int32), np.array(b, dtype=np.int32))
    high = np.maximum(np.array(a, dtype=np.int32), np.array(b, dtype=np.int32))
    order = np.lexsort((high, low))
    return ClusterPairScores(
        a=low[order],
        b=high[order],
        value=np.array([_value(score) for score in scores], dtype=np.float64)[order],
        state=np.array([_state(score) for score in scores], dtype=np.int8)[order],
        is_edited=np.zeros(len(scores), dtype=np.bool_),
    )


def joined(first: ClusterPairScores, second: ClusterPairScores) -> ClusterPairScores:
    """The rows of both; where both have a pair, the second's row stands."""
    kept = first.only(second.find(first.a, first.b) < 0) if len(first) else first
    columns = [
        np.concatenate([getattr(table, name) for table in (kept, second)])
        for name in ("a", "b", "value", "state", "is_edited")
    ]
    order = np.lexsort((columns[1], columns[0]))
    return ClusterPairScores(*(column[order] for column in columns))


def bands(scores: ClusterPairScores, settings: ClusterStrategySettings) -> NDArray[np.int8]:
    """The `Band` of every row, int8 [K]: thresholds belong to the band they begin (7.0 is positive, 4.0 negative)."""
    band = np.full(len(scores), Band.DISCARDED, dtype=np.int8)
    scored = scores.state == ScoreState.SCORED
    band[scored & (scores.value >= settings.positive_from)] = Band.POSITIVE
    band[scored & (scores.value <= settings.negative_to)] = Band.NEGATIVE
    band[scores.state == ScoreState.NOT_VIABLE] = Band.NOT_VIABLE
    band[scores.state == ScoreState.UNSCORED] = Band.UNSCORED
    return band


def inherits(scores: ClusterPairScores, settings: ClusterStrategySettings) -> NDArray[np.bool_]:
    """Whether a cluster pair's score is extreme enough to stand for its attribute pairs, bool [K]."""
    extreme = (scores.value >= settings.inherit_positive_from) | (scores.value <= settings.inherit_negative_to)
    inheriting: NDArray[np.bool_] = settings.auto_inherit & (scores.state == ScoreState.SCORED) & extreme
    return inheriting


def _value(score: Score | None) -> float:
    return np.nan if score is None or score.value is None else score.value


def _state(score: Score | None) -> ScoreState:
    if score is None:
        return ScoreState.UNSCORED
    return ScoreState.NOT_VIABLE if score.value is None else ScoreState.SCORED
