"""Agreement of reviewers among themselves and with the judge, as figures for a page or a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.graph.review.ratings import ANSWERS, N_ANSWERS, RatedPairs, majority
from core.graph.review.reliability import (
    MISSING,
    Coefficient,
    Measure,
    Ratings,
    agreement,
    compared_units,
    pairs_of_raters,
)

Coefficients = Mapping[Measure, Coefficient]

_LEAST_SHARE, _MOST_SHARE = 1 / N_ANSWERS, 0.99  # of the answers on the curve: below the former kappa hardly moves
_N_POINTS: Final = 80


@dataclass(frozen=True, eq=False)
class TwoRaters:
    """Agreement of two raters over the pairs that both rated; `counts` int64 [3, 3]: `one` in rows, `other` in columns,
    in `ANSWERS` order.
    """

    one: str
    other: str
    coefficients: Coefficients
    counts: NDArray[np.int64]

    @property
    def n_pairs(self) -> int:
        """Pairs that both rated."""
        return int(self.counts.sum())


@dataclass(frozen=True, eq=False)
class AgreementReport:
    """Agreement over the pairs of one set of reviews.

    `n_reviews`, `n_pairs`, `n_compared`: reviews, pairs with any, pairs with two or more; `among_reviewers`: over the
    latter, all reviewers together; `answers`: int64 [3], reviews of the compared pairs by answer, in `ANSWERS` order;
    `by_two`: reviewers who met on a pair; `with_judge`: each reviewer and the judge; `majority_with_judge`: what most
    reviewers of a pair say, and the judge.
    """

    reviewers: tuple[str, ...]
    n_reviews: int
    n_pairs: int
    n_compared: int
    among_reviewers: Coefficients
    answers: NDArray[np.int64]
    by_two: tuple[TwoRaters, ...]
    with_judge: tuple[TwoRaters, ...]
    majority_with_judge: TwoRaters


@dataclass(frozen=True, eq=False)
class KappaByShare:
    """What kappa would be at the same percent agreement, had + been given to another share of the pairs.

    `share`, `kappa`: float64 [80], up to the largest share that such an agreement allows; the other answers keep their
    proportion. `now`: the share of + as it is.
    """

    observed: float
    now: float
    share: NDArray[np.float64]
    kappa: NDArray[np.float64]


def report_agreement(rated: RatedPairs, judged: Ratings, judge: str) -> AgreementReport:
    """Compute everything for some rated pairs; `judged` [U]: what the judge, called `judge`, says of them."""
    ratings, names = rated.ratings, rated.raters
    compared = compared_units(ratings)
    most = "Most reviewers"
    return AgreementReport(
        reviewers=names,
        n_reviews=int(np.count_nonzero(ratings != MISSING)),
        n_pairs=len(rated.pairs),
        n_compared=compared.shape[1],
        among_reviewers=agreement(ratings, N_ANSWERS),
        answers=np.bincount(compared[compared != MISSING], minlength=N_ANSWERS).astype(np.int64),
        by_two=tuple(_two(names[a], names[b], ratings[a], ratings[b]) for a, b in pairs_of_raters(ratings)),
        with_judge=tuple(
            _two(name, judge, row, judged)
            for name, row in zip(names, ratings, strict=True)
            if np.any((row != MISSING) & (judged != MISSING))
        ),
        majority_with_judge=_two(most, judge, majority(ratings), judged),
    )


def kappa_by_share(observed: float, answers: NDArray[np.int64]) -> KappaByShare:
    """Kappa of two raters who give + equally often (`answers`: int64 [3], counts) and agree on a share `observed`.

    Of two different answers at most one is +, so that no more than half of what they disagree on can be.
    """
    shares = answers / max(int(answers.sum()), 1)
    now = float(shares[-1])
    rest = shares[:-1] / shares[:-1].sum() if shares[:-1].sum() else np.full(len(ANSWERS) - 1, 1 / (len(ANSWERS) - 1))
    most = min(1 - (1 - observed) / 2, _MOST_SHARE)
    share = np.linspace(min(_LEAST_SHARE, max(now, 1 - _MOST_SHARE), most), most, _N_POINTS)
    chance = share**2 + (1 - share) ** 2 * float(np.square(rest).sum())
    return KappaByShare(observed, now, share, (observed - chance) / (1 - chance))


def _two(one: str, other: str, first: Ratings, second: Ratings) -> TwoRaters:
    both = (first != MISSING) & (second != MISSING)
    counts = np.zeros((N_ANSWERS, N_ANSWERS), dtype=np.int64)
    np.add.at(counts, (first[both].astype(np.int64), second[both].astype(np.int64)), 1)
    return TwoRaters(one, other, agreement(np.stack([first, second]), N_ANSWERS), counts)
