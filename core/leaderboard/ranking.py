"""Ranks of the entrants that are shown, and for each the ranks that chance leaves open.

Two entrants are told apart where their scores differ beyond what other rows of the same kind might show. Scores of one
board come from the same rows, so differences are judged row by row where predictions exist. All pairs are judged at
once: the critical value is that of the largest of all differences (the step-down maximum of Romano and Wolf 2005), and
an entrant's open ranks are those between the entrants told to be better and those told to be worse (Mogstad, Romano,
Shaikh and Wilhelm 2024), so that with 95 % confidence every range on a board holds the entrant's true rank.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.metrics import cell_influence, macro_f1_of

CONFIDENCE = 0.95
N_DRAWS = 4_000
_SINGLE = 1.96  # standard errors, of one two-sided comparison
_SEED = 20_260_101
_BLOCK_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Entrant:
    """One scored set of predictions.

    `confusion`, int64 [K, K]: rows are true labels, columns predicted ones. `predicted`, int8 [n]: the predictions in
    the order of the rows that all entrants were scored on; None where only the counts are known. An entrant without
    counts has a score and nothing that says how sure it is: it is told apart from nobody.
    """

    confusion: NDArray[np.int64] | None
    predicted: NDArray[np.int8] | None = None


class Rank(NamedTuple):
    """`place`: 1 plus the number of higher scores; `low` to `high`: the ranks that chance leaves open."""

    place: int
    low: int
    high: int


def rank_entrants(
    entrants: Sequence[Entrant], truth: NDArray[np.int8] | None = None, scores: Sequence[float] | None = None
) -> tuple[Rank, ...]:
    """Rank entrants of one board, in their order; equal scores share a place.

    `truth`, int8 [n]: the true labels of the rows that `predicted` is about. `scores`: what is shown and decides the
    places (rounded, perhaps), needed where an entrant has no counts; by default the macro F1. The same entrants get the
    same ranks, in any order.
    """
    exact = np.array([np.nan if e.confusion is None else float(macro_f1_of(e.confusion)) for e in entrants])
    shown = exact if scores is None else np.asarray(scores, dtype=np.float64)
    n = len(entrants)
    better = np.zeros((n, n), dtype=np.bool_)
    counted = [i for i, entrant in enumerate(entrants) if entrant.confusion is not None]
    better[np.ix_(counted, counted)] = _better(exact[counted], [_Counted.of(entrants[i]) for i in counted], truth)
    return tuple(
        Rank(
            place=1 + int(np.count_nonzero(shown > shown[i])),
            low=1 + int(np.count_nonzero(better[:, i])),
            high=n - int(np.count_nonzero(better[i])),
        )
        for i in range(n)
    )


class _Counted(NamedTuple):
    """An entrant whose score has a known error: the influence of each cell, the number of rows, the variance."""

    influence: NDArray[np.float64]
    n_rows: int
    variance: float
    predicted: NDArray[np.int8] | None

    @classmethod
    def of(cls, entrant: Entrant) -> "_Counted":
        assert entrant.confusion is not None
        influence, n = cell_influence(entrant.confusion), max(int(entrant.confusion.sum()), 1)
        variance = float((entrant.confusion * influence**2).sum()) / n**2
        return cls(influence, n, variance, entrant.predicted)


def _better(
    score: NDArray[np.float64], entrants: Sequence[_Counted], truth: NDArray[np.int8] | None
) -> NDArray[np.bool_]:
    # The least error of a difference: one row more or less tells nobody apart.
    n_rows = np.array([entrant.n_rows for entrant in entrants], dtype=np.float64)
    resolution = 1.0 / np.minimum(n_rows[:, None], n_rows[None, :])
    return _told_apart(score, _covariance(entrants, truth), resolution)


def _covariance(entrants: Sequence[_Counted], truth: NDArray[np.int8] | None) -> NDArray[np.float64]:
    """Covariances of the scores, float64 [m, m]; 0 between entrants that were not predicted row by row."""
    found = np.diag([entrant.variance for entrant in entrants])
    rows = [(i, e.influence, e.predicted) for i, e in enumerate(entrants) if e.predicted is not None]
    if truth is None or len(truth) == 0 or not rows:
        return found
    total = np.zeros((len(rows), len(rows)))
    for start in range(0, len(truth), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        moved = np.stack([influence[truth[block], predicted[block]] for _, influence, predicted in rows], axis=1)
        total += moved.T @ moved
    paired = [i for i, _, _ in rows]
    found[np.ix_(paired, paired)] = total / len(truth) ** 2
    return found


def _told_apart(
    score: NDArray[np.float64], covariance: NDArray[np.float64], resolution: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Which entrant (row) is better than which (column) beyond chance, all pairs judged at once: bool [m, m]."""
    m = len(score)
    if m < 2:
        return np.zeros((m, m), dtype=np.bool_)
    order = np.lexsort((covariance.diagonal(), score))  # the draws must not depend on the order of the entrants
    score, covariance = score[order], covariance[np.ix_(order, order)]
    variance = covariance.diagonal()
    spread = np.sqrt(np.maximum(variance[:, None] + variance[None, :] - 2 * covariance, 0.0))
    error = np.maximum(spread, resolution[np.ix_(order, order)])
    found = (score[:, None] - score[None, :]) / error
    better = _step_down(found, _draws(covariance), error)
    unordered = np.empty_like(better)
    unordered[np.ix_(order, order)] = better
    return unordered


def _step_down(found: NDArray[np.float64], draws: NDArray[np.float64], error: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Reject pairs, then judge the others by what is left to be compared, until nothing more is rejected."""
    is_open = np.triu(np.ones(found.shape, dtype=np.bool_), 1)
    while is_open.any():
        largest = _largest(draws, np.where(is_open, 1.0 / error, 0.0))
        # Never less than a single comparison needs: scores that cannot vary in the draws still rest on few rows.
        critical = max(float(np.quantile(largest, CONFIDENCE, method="higher")), _SINGLE)
        rejected = is_open & (np.abs(found) > critical)
        if not rejected.any():
            break
        is_open &= ~rejected
    apart = np.triu(~is_open, 1)
    return (apart | apart.T) & (found > 0)


def _largest(draws: NDArray[np.float64], per_error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Per draw the largest difference of two rows of `draws`, float64 [m, draws], times `per_error`: [draws]."""
    largest = np.zeros(draws.shape[1])
    for i, one in enumerate(draws[:-1]):
        size = np.abs(draws[i + 1 :] - one) * per_error[i, i + 1 :, None]
        np.maximum(largest, size.max(axis=0), out=largest)
    return largest


def _draws(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Random errors of all scores together, float64 [m, draws]: the multiplier bootstrap of their linear parts."""
    values, vectors = np.linalg.eigh(covariance)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T  # the symmetric one: there is only one of it
    normal = np.random.default_rng(_SEED).standard_normal((len(covariance), N_DRAWS))
    return np.asarray(root @ normal, dtype=np.float64)
