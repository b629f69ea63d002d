"""Two columns at a time: how alike their joint shares are, and how strongly one goes with the other."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from core.tabular.report.bins import Cut
from core.tabular.report.encoding import EncodedTable
from core.tabular.report.fidelity_model import PairTrend
from core.tabular.report.marginals import total_variation

PAIR_PARTS: Final = 5


def pair_trends(cuts: Sequence[Cut], real: EncodedTable, synthetic: EncodedTable) -> tuple[PairTrend, ...]:
    """For every two columns 1 - total variation between their joint shares in five parts each, worst pair first."""
    parts = [(cut.parts(real), cut.parts(synthetic)) for cut in cuts]
    trends = []
    for i, j in combinations(range(len(cuts)), 2):
        shares = [_joint(cuts[i], parts[i][side], cuts[j], parts[j][side]).ravel() for side in (0, 1)]
        score = 1 - total_variation(*shares)
        trends.append(PairTrend(first=cuts[i].name, second=cuts[j].name, score=score))
    return tuple(sorted(trends, key=lambda trend: trend.score))


def associations(cuts: Sequence[Cut], table: EncodedTable) -> tuple[tuple[float, ...], ...]:
    """Between two numbers Spearman's correlation (-1 to 1), else Cramer's V without its bias (0 to 1); 1 with itself.

    V is corrected as in Bergsma, J. Korean Stat. Soc. 42 (2013).
    """
    found = np.eye(len(cuts))
    parts = [cut.parts(table) for cut in cuts]
    for i, j in combinations(range(len(cuts)), 2):
        both = cuts[i].name in table.numbers and cuts[j].name in table.numbers
        if both:
            value = _spearman(table.numbers[cuts[i].name], table.numbers[cuts[j].name])
        else:
            value = _cramers_v(_joint(cuts[i], parts[i], cuts[j], parts[j]), len(table))
        found[i, j] = found[j, i] = value
    return tuple(tuple(row) for row in found.tolist())


def _joint(
    first: Cut, first_parts: NDArray[np.int64], second: Cut, second_parts: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Share of the rows in every two parts, float64 [parts + 1, parts + 1]."""
    width = second.n_parts + 1
    counts = np.bincount(first_parts * width + second_parts, minlength=(first.n_parts + 1) * width)
    return (counts / max(len(first_parts), 1)).reshape(first.n_parts + 1, width)


def _spearman(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    known = ~(np.isnan(first) | np.isnan(second))
    if known.sum() < 3:
        return 0.0
    ranks = [rankdata(side[known]) for side in (first, second)]
    spreads = [float(side.std()) for side in ranks]
    if min(spreads) == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def _cramers_v(shares: NDArray[np.float64], n_rows: int) -> float:
    shares = shares[shares.sum(axis=1) > 0][:, shares.sum(axis=0) > 0]
    n_first, n_second = shares.shape
    if min(shares.shape) < 2 or n_rows < 3:
        return 0.0
    expected = np.outer(shares.sum(axis=1), shares.sum(axis=0))
    phi = float(((shares - expected) ** 2 / expected).sum())
    unbiased = max(0.0, phi - (n_first - 1) * (n_second - 1) / (n_rows - 1))
    fewest = min(n_first - (n_first - 1) ** 2 / (n_rows - 1), n_second - (n_second - 1) ** 2 / (n_rows - 1))
    return float(np.sqrt(min(unbiased / (fewest - 1), 1.0))) if fewest > 1 else 0.0
