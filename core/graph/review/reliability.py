"""How far raters agree on the same units beyond chance: five coefficients, each with a standard error and an interval.

Ratings are an int matrix [R, U]: the category, from 0 to `n_categories` - 1, that each of R raters gave each of U
units, or `MISSING`. `n_categories` counts what raters could choose, whether they did or not.

What counts as agreement by chance, and where the estimate and its variance come from:

- *percent*: nothing; agreeing pairs of raters over all pairs of raters, mean over units;
- *kappa*: each rater's own shares of the categories. Cohen (Educational and Psychological Measurement 20, 1960),
  variance of Fleiss, Cohen and Everitt (Psychological Bulletin 72, 1969); more raters: Conger (Psychological Bulletin
  88, 1980), variance of Gwet (Handbook of Inter-Rater Reliability, 4th ed., 2014, chapter 5), which for two is the
  former with n - 1 in the place of n;
- *PABAK*: 1 / `n_categories`. Byrt, Bishop and Carlin (Journal of Clinical Epidemiology 46, 1993), for more than two
  categories Brennan and Prediger (Educational and Psychological Measurement 41, 1981);
- *AC1*: the chance of both guessing, on units that are hard to tell. Gwet (British Journal of Mathematical and
  Statistical Psychology 61, 2008), with missing ratings as in the Handbook;
- *alpha*: the shares of the categories in all ratings together. Krippendorff (Content Analysis, 1980), nominal;
  variance of Gwet (On Krippendorff's alpha coefficient, 2015).

The interval is Wilson's (Journal of the American Statistical Association 22, 1927) with the effective number of units:
as many as would give a plain share the variance at hand (Kott and Carr, Journal of Official Statistics 13, 1997), at
most the pairs of ratings compared. It is taken for the observed agreement and put on the coefficient's scale. For
percent and PABAK of two raters that is Wilson's interval itself. The usual estimate -+ t standard errors has no width
at all once raters agree on every unit: of two raters who are right in 99 % of 20 units it held the true value in a
third of all samples, this one in nine of ten or more (`test_reliability.py` draws them).
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.errors import ValenceError
from core.graph.intervals import Interval, wilson

MISSING: Final = -1

Ratings = NDArray[np.int8]
_Floats = NDArray[np.float64]


class Measure(StrEnum):
    """Ways to say how far raters agree."""

    PERCENT = "percent"
    KAPPA = "kappa"
    PABAK = "pabak"
    AC1 = "ac1"
    ALPHA = "alpha"


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A coefficient with its interval (1 is full agreement, 0 what chance gives, NaN where it is not defined).

    `standard_error` is NaN with fewer than two units; `observed` and `chance` are shares of agreement; `n_units` the
    units that two or more rated, `n_raters` the raters who rated any of them.
    """

    measure: Measure
    interval: Interval
    standard_error: float
    observed: float
    chance: float
    n_units: int
    n_raters: int

    @property
    def estimate(self) -> float:
        """The coefficient itself; NaN where nothing was compared, or where nobody ever varied."""
        return self.interval.estimate

    @property
    def is_defined(self) -> bool:
        """Whether there is an estimate at all."""
        return not np.isnan(self.estimate)


class _Parts(NamedTuple):
    """A coefficient before its interval: `influence` [n] is how each unit moves the estimate, its mean the estimate."""

    observed: float
    chance: float
    influence: _Floats
    small_sample: float = 0.0  # what alpha adds to the disagreement it observes


class _Tally(NamedTuple):
    """Ratings counted over the n units with any: `counts` [n, q] of each category, `n_ratings` [n] of each unit."""

    counts: _Floats
    n_ratings: _Floats
    ratings: Ratings

    @property
    def is_compared(self) -> NDArray[np.bool_]:
        """Units that two or more rated, [n]."""
        return self.n_ratings >= 2

    @property
    def agreement(self) -> _Floats:
        """Share of the pairs of raters that agree, [n]; 0 for a unit with one rating, which has no pair."""
        agreeing = (self.counts * (self.counts - 1)).sum(axis=1)
        agreed: _Floats = agreeing / np.maximum(self.n_ratings * (self.n_ratings - 1), 1)
        return agreed


def agreement(ratings: Ratings, n_categories: int, confidence: float = 0.95) -> dict[Measure, Coefficient]:
    """All five coefficients over the units that two or more rated, so that all speak of the same units.

    `ValenceError` for a rating that is no category, or fewer than two categories.
    """
    compared = compared_units(ratings)
    return {measure: compute(compared, n_categories, confidence) for measure, compute in MEASURES.items()}


def compared_units(ratings: Ratings) -> Ratings:
    """The ratings [R', U'] of the units that two or more rated, by the raters who rated any of those."""
    units: Ratings = ratings[:, (ratings != MISSING).sum(axis=0) >= 2]
    compared: Ratings = units[(units != MISSING).any(axis=1)]
    return compared


def pairs_of_raters(ratings: Ratings) -> list[tuple[int, int]]:
    """Every two raters who rated a unit in common, by their rows in `ratings`."""
    is_rated = ratings != MISSING
    return [(a, b) for a, b in combinations(range(len(ratings)), 2) if np.any(is_rated[a] & is_rated[b])]


def percent_agreement(ratings: Ratings, n_categories: int, confidence: float = 0.95) -> Coefficient:
    """Share of the pairs of raters that agree, mean over units; units with one rating say nothing of it."""
    tally = _tally(compared_units(ratings), n_categories)
    return _coefficient(Measure.PERCENT, tally, _without_chance(tally, 0.0), confidence)


def pabak(ratings: Ratings, n_categories: int, confidence: float = 0.95) -> Coefficient:
    """Agreement beyond what guessing every category alike would give; for two categories 2 x percent - 1."""
    tally = _tally(compared_units(ratings), n_categories)
    return _coefficient(Measure.PABAK, tally, _without_chance(tally, 1 / n_categories), confidence)


def cohen_kappa(ratings: Ratings, n_categories: int, confidence: float = 0.95) -> Coefficient:
    """Cohen's kappa of two raters over the units that both rated; of more raters Conger's, over all that they rated.

    NaN where every rater gave one and the same category throughout: chance alone then explains everything.
    """
    if len(ratings) == 2:
        ratings = compared_units(ratings)
    tally = _tally(ratings, n_categories)
    return _coefficient(Measure.KAPPA, tally, _kappa_parts(tally), confidence)


def gwet_ac1(ratings: Ratings, n_categories: int, confidence: float = 0.95) -> Coefficient:
    """Gwet's AC1; as published, a unit with one rating counts for the shares of the categories and no more."""
    tally = _tally(ratings, n_categories)
    return _coefficient(Measure.AC1, tally, _ac1_parts(tally), confidence)


def krippendorff_alpha(ratings: Ratings, n_categories: int, confidence: float = 0.95) -> Coefficient:
    """Krippendorff's alpha for nominal categories, over the units that two or more rated.

    NaN where all ratings are of one category.
    """
    tally = _tally(compared_units(ratings), n_categories)
    return _coefficient(Measure.ALPHA, tally, _alpha_parts(tally), confidence)


MEASURES: Final[dict[Measure, Callable[[Ratings, int, float], Coefficient]]] = {
    Measure.PERCENT: percent_agreement,
    Measure.KAPPA: cohen_kappa,
    Measure.PABAK: pabak,
    Measure.AC1: gwet_ac1,
    Measure.ALPHA: krippendorff_alpha,
}


def rating_matrix(ratings: ArrayLike) -> Ratings:
    """Ratings [R, U] as this module takes them; `ValenceError` for another shape."""
    matrix = np.asarray(ratings, dtype=np.int8)
    if matrix.ndim != 2:
        raise ValenceError(f"Ratings have the shape {matrix.shape}.", "Give one row per rater, one column per unit.")
    return matrix


def _tally(ratings: Ratings, n_categories: int) -> _Tally:
    if n_categories < 2:
        raise ValenceError("Agreement needs two categories to choose from.")
    if ratings.size and (ratings.min() < MISSING or ratings.max() >= n_categories):
        raise ValenceError(
            f"There are ratings outside 0 to {n_categories - 1}.", f"A missing rating is written as {MISSING}."
        )
    rated = ratings[:, (ratings != MISSING).any(axis=0)]
    counts = np.stack([(rated == category).sum(axis=0) for category in range(n_categories)], axis=1).astype(np.float64)
    return _Tally(counts, counts.sum(axis=1), rated)


def _observed(tally: _Tally) -> float:
    compared = tally.agreement[tally.is_compared]
    return float(compared.mean()) if len(compared) else float("nan")


def _corrected(tally: _Tally, observed: float, chance: float, chance_of_unit: _Floats) -> _Floats:
    """Influence [n] of each unit on (observed - chance) / (1 - chance), Gwet's linear approximation.

    A unit moves the observed agreement and, twice, the chance: through either rater of a pair.
    """
    estimate = (observed - chance) / (1 - chance)
    compared = tally.is_compared
    weight = len(compared) / np.count_nonzero(compared)
    own = weight * compared * (tally.agreement - chance) / (1 - chance)
    influence: _Floats = own - 2 * (1 - estimate) * (chance_of_unit - chance) / (1 - chance)
    return influence


def _without_chance(tally: _Tally, chance: float) -> _Parts:
    """A chance that does not depend on the ratings."""
    observed = _observed(tally)
    return _Parts(observed, chance, (tally.agreement - chance) / (1 - chance))


def _ac1_parts(tally: _Tally) -> _Parts:
    observed, n_categories = _observed(tally), tally.counts.shape[1]
    if np.isnan(observed):
        return _Parts(observed, float("nan"), np.zeros(0))
    shares = tally.counts / tally.n_ratings[:, None]
    mean = shares.mean(axis=0)
    chance = float((mean * (1 - mean)).sum()) / (n_categories - 1)
    of_unit = (shares * (1 - mean)).sum(axis=1) / (n_categories - 1)
    return _Parts(observed, chance, _corrected(tally, observed, chance, of_unit))


def _kappa_parts(tally: _Tally) -> _Parts:
    observed = _observed(tally)
    is_rated = tally.ratings != MISSING
    raters = is_rated.any(axis=1)
    if np.isnan(observed):
        return _Parts(observed, float("nan"), np.zeros(0))
    is_rated, n_units, n_raters = is_rated[raters], tally.ratings.shape[1], int(raters.sum())
    categories = np.arange(tally.counts.shape[1])
    gave = (tally.ratings[raters, :, None] == categories).astype(np.float64)  # [R, n, q]
    n_rated = is_rated.sum(axis=1)
    shares = gave.sum(axis=1) / n_rated[:, None]  # [R, q]
    others = shares.sum(axis=0) - shares  # [R, q]: what the other raters gave, summed
    n_ordered = n_raters * (n_raters - 1)
    chance = float((shares * others).sum()) / n_ordered
    if chance >= 1:
        return _Parts(observed, chance, np.zeros(0))
    presence = is_rated - (n_rated / n_units)[:, None]  # [R, n]
    moved = (gave - presence[:, :, None] * shares[:, None, :]) * (n_units / n_rated)[:, None, None]
    of_unit = (moved * others[:, None, :]).sum(axis=(0, 2)) / n_ordered
    return _Parts(observed, chance, _corrected(tally, observed, chance, of_unit))


def _alpha_parts(tally: _Tally) -> _Parts:
    """Alpha weighs a unit by its number of ratings; `observed` is that weighted share."""
    n_units, n_ratings = len(tally.n_ratings), float(tally.n_ratings.sum())
    if n_units == 0:
        return _Parts(float("nan"), float("nan"), np.zeros(0))
    mean_ratings = n_ratings / n_units
    weight = tally.n_ratings / mean_ratings
    shares = tally.counts.sum(axis=0) / n_ratings
    observed, chance = float((tally.agreement * weight).mean()), float((shares * shares).sum())
    if np.count_nonzero(shares) == 1:
        return _Parts(observed, 1.0, np.zeros(0))
    estimate = (observed - chance) / (1 - chance)
    with_itself = (1 - 1 / n_ratings) * observed + 1 / n_ratings
    own = (tally.agreement * weight - with_itself * (weight - 1) - chance) / (1 - chance)
    of_unit = (tally.counts * shares).sum(axis=1) / mean_ratings - chance * (weight - 1)
    influence = own - 2 * (1 - estimate) * (of_unit - chance) / (1 - chance)
    return _Parts(observed, chance, influence, small_sample=1 / n_ratings)


def _coefficient(measure: Measure, tally: _Tally, parts: _Parts, confidence: float) -> Coefficient:
    """The interval of the observed agreement, put on the scale of the coefficient."""
    n_units = int(np.count_nonzero(tally.is_compared))
    n_raters = int((tally.ratings[:, tally.is_compared] != MISSING).any(axis=1).sum()) if n_units else 0
    observed, chance, influence, extra = parts
    if n_units == 0 or chance >= 1:
        worst = 0.0 if measure is Measure.PERCENT else -1.0
        unknown = Interval(float("nan"), worst, 1.0)
        return Coefficient(measure, unknown, float("nan"), observed, chance, n_units, n_raters)

    def scaled(share: float) -> float:
        return (share + (1 - share) * extra - chance) / (1 - chance)

    error = _standard_error(influence, (observed - chance) / (1 - chance))
    n_effective = _effective_units(tally, observed, error * (1 - chance))
    _, low, high = wilson(observed * n_effective, n_effective, confidence)
    interval = Interval(scaled(observed), scaled(low), scaled(high))
    return Coefficient(measure, interval, error, observed, chance, n_units, n_raters)


def _standard_error(influence: _Floats, estimate: float) -> float:
    n = len(influence)
    return float(np.sqrt(np.square(influence - estimate).sum() / (n * (n - 1)))) if n > 1 else float("nan")


def _effective_units(tally: _Tally, observed: float, error: float) -> float:
    """Units whose plain share would have this standard error; all units where no spread can be seen.

    With no bound, units that raters split in the same way every time would count as endlessly many.
    """
    n_units = int(np.count_nonzero(tally.is_compared))
    pairs = tally.n_ratings * (tally.n_ratings - 1) / 2
    if not 0 < observed < 1 or np.isnan(error):
        return float(n_units)
    spread = observed * (1 - observed) * n_units / max(n_units - 1, 1)
    return min(float(pairs.sum()), spread / (error * error)) if error > 0 else float(pairs.sum())
