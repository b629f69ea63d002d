"""What conditions ask of the codes of a row: which share of each code's rows meets them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.tabular.engines.networks.bins import NumberBins
from core.tabular.engines.networks.encoding import TableEncoding
from core.tabular.engines.rejection import check_where
from core.tabular.engines.rows import on_grid
from core.tabular.plain import Condition, PlainColumn


@dataclass(frozen=True, eq=False, slots=True)
class Demand:
    """What is asked of the encoding's `column`th coded column: `shares` [K] of each code's rows that meet it.

    A binned number lies within `low` and `high`, which are on its grid.
    """

    column: int
    name: str
    shares: NDArray[np.float64]
    bins: NumberBins | None = None
    low: float = -np.inf
    high: float = np.inf

    def numbers(self, codes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
        """Numbers of the bins [R] that meet the demand, drawn as the training values lie within it."""
        assert self.bins is not None
        edges, (least, most) = self.bins.edges, _rank_range(self.bins, self.low, self.high)
        below, above = np.maximum(edges[codes], least), np.minimum(edges[codes + 1], most)
        found = self.bins.scale.at_ranks(below + (above - below) * rng.random(len(codes)))
        return np.clip(found, self.low, self.high)


def demands_of(encoding: TableEncoding, where: Sequence[Condition]) -> tuple[Demand, ...]:
    """The demands of all conditions, one per column in table order; `InvalidInput` for those that no row can meet.

    Every number column of the encoding has bins.
    """
    check_where(encoding.columns, where)
    found: list[Demand] = []
    problems: list[Problem] = []
    for at, column in enumerate(encoding.coded):
        asked = [condition for condition in where if condition.column == column.name]
        if not asked:
            continue
        bins = encoding.bins.get(column.name)
        demand = _of_number(at, column, bins, asked) if bins else _of_codes(at, column, asked)
        if demand.shares.sum() > 0:
            found.append(demand)
        else:
            message = "No value of the training rows meets everything that is asked of it."
            problems.append(Problem(message, "Widen the condition.", field=column.name))
    if problems:
        raise InvalidInput("No row can meet the condition", problems)
    return tuple(found)


def _of_codes(at: int, column: PlainColumn, asked: Sequence[Condition]) -> Demand:
    codes = frozenset.intersection(*(condition.codes for condition in asked))
    return Demand(at, column.name, np.isin(np.arange(column.n_codes), list(codes)).astype(np.float64))


def _of_number(at: int, column: PlainColumn, bins: NumberBins, asked: Sequence[Condition]) -> Demand:
    low = max(column.low, *(condition.low for condition in asked))
    high = min(column.high, *(condition.high for condition in asked))
    low, high = _grid_within(column, low, high)
    if low > high:
        return Demand(at, column.name, np.zeros(bins.n_bins), bins, low, high)
    least, most = _rank_range(bins, low, high)
    met = np.minimum(bins.edges[1:], most) - np.maximum(bins.edges[:-1], least)
    return Demand(at, column.name, np.maximum(met, 0.0) / np.diff(bins.edges), bins, low, high)


def _grid_within(column: PlainColumn, low: float, high: float) -> tuple[float, float]:
    """The least and the greatest number on the grid within a range; the first is above the second where none is."""
    ends = on_grid(np.array([low, high]), column)
    inner = on_grid(ends + np.array([column.step, -column.step]), column)
    return (float(ends[0] if ends[0] >= low else inner[0]), float(ends[1] if ends[1] <= high else inner[1]))


def _rank_range(bins: NumberBins, low: float, high: float) -> tuple[float, float]:
    """Between which ranks a range of numbers lies: all the rows of a value at its ends are within."""
    values, ranks = bins.scale.values, bins.scale.ranks
    first, last = int(np.searchsorted(values, low, "left")), int(np.searchsorted(values, high, "right")) - 1
    least = ranks[first] if first < len(values) and values[first] == low else np.interp(low, values, ranks)
    most = ranks[last] if last >= 0 and values[last] == high else np.interp(high, values, ranks)
    return float(least), float(most)
