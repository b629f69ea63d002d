"""Columns as few codes, by domains that are stated and never read from the rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.tabular.engines.dp_mst_settings import ColumnDomain, DpMstSettings, Spacing
from core.tabular.plain import Condition, PlainColumn

Floats = NDArray[np.float64]

_LONG = 200  # steps of a public range from which its bins are spaced by logarithm
_FINE = 10_000  # parts of a range without a grid, as the unit of that logarithm


@dataclass(frozen=True, slots=True)
class Binned:
    """A column of K codes: its own, or bins of its range between `edges` [K + 1], counted in `unit`s above `low`.

    On a grid the edges lie halfway between its values, so that no value is on an edge.
    """

    column: PlainColumn
    n_codes: int
    edges: Floats
    low: float = 0.0
    high: float = 0.0
    unit: float = 1.0

    def codes_of(self, values: NDArray[np.int32] | Floats) -> NDArray[np.int32]:
        """The code of each value [R]; a number outside the range has the nearest bin's."""
        if self.column.is_coded:
            return values.astype(np.int32)
        steps = (np.clip(values.astype(np.float64), self.low, self.high) - self.low) / self.unit
        bins = np.searchsorted(self.edges, steps, side="right") - 1
        codes: NDArray[np.int32] = np.clip(bins, 0, self.n_codes - 1).astype(np.int32)
        return codes

    def shares_met(self, conditions: Sequence[Condition]) -> Floats:
        """How much of each code's values meets every condition, [K] within [0, 1]."""
        if self.column.is_coded:
            met = np.ones(self.n_codes, dtype=np.bool_)
            for condition in conditions:
                met &= np.isin(np.arange(self.n_codes), list(condition.codes))
            return met.astype(np.float64)
        low, high = self._bounds(conditions)
        first, last = self._within(np.arange(self.n_codes), low, high)
        own_first, own_last = self._within(np.arange(self.n_codes), -np.inf, np.inf)
        wide = self._is_gridded
        widths = np.maximum(last - first + wide, 0) / np.maximum(own_last - own_first + wide, 1e-300)
        return np.clip(widths, 0, 1)

    def draw(self, codes: NDArray[np.int32], conditions: Sequence[Condition], rng: np.random.Generator) -> Floats:
        """Numbers of these codes [R], even over the part of each bin that meets; every code must have such a part."""
        low, high = self._bounds(conditions)
        first, last = self._within(codes, low, high)
        chance = rng.random(len(codes))
        steps = first + (np.floor(chance * (last - first + 1)) if self._is_gridded else chance * (last - first))
        return np.clip(self._value(steps), max(self.low, low), min(self.high, high))

    @property
    def _is_gridded(self) -> bool:
        return self.column.step > 0

    def _bounds(self, conditions: Sequence[Condition]) -> tuple[float, float]:
        low = max((condition.low for condition in conditions), default=-np.inf)
        high = min((condition.high for condition in conditions), default=np.inf)
        return low, high

    def _within(self, codes: NDArray[np.int64] | NDArray[np.int32], low: float, high: float) -> tuple[Floats, Floats]:
        """The first and last place within each bin, in units above `low`, whose values lie between the bounds."""
        first = np.maximum(self.edges[codes], (low - self.low) / self.unit)
        last = np.minimum(self.edges[codes + 1], (high - self.low) / self.unit)
        if self._is_gridded:
            return np.ceil(first - 1e-9), np.floor(last + 1e-9)
        return first, last

    def _value(self, steps: Floats) -> Floats:
        values = self.low + steps * self.unit
        if not self._is_gridded:
            return values
        parts = round(1 / self.column.step)
        if parts > 1:
            return np.round(values * parts) / parts
        rounded: Floats = np.round(values / self.column.step) * self.column.step
        return rounded


def binned_columns(columns: Sequence[PlainColumn], settings: DpMstSettings) -> tuple[Binned, ...]:
    """Every column with its stated domain; `InvalidInput` naming all whose domain is missing or does not fit."""
    stated = {domain.column: domain for domain in settings.domains}
    problems = list(_problems(columns, stated, settings.lists_and_ranges_are_public))
    if problems:
        raise InvalidInput("The domains of the columns must be stated for a privacy guarantee", problems)
    return tuple(_binned(column, stated.get(column.name) or public_domain(column)) for column in columns)


def public_domain(column: PlainColumn) -> ColumnDomain:
    """The column's own list or range as a domain: for a user who states that it is public."""
    if column.is_coded:
        return ColumnDomain(column=column.name, n_codes=column.n_codes)
    width = column.high - column.low
    spacing = Spacing.LOG if column.low >= 0 and column.step > 0 and width / column.step > _LONG else Spacing.EVEN
    return ColumnDomain(column=column.name, low=column.low, high=column.high, spacing=spacing)


def _problems(columns: Sequence[PlainColumn], stated: dict[str, ColumnDomain], is_public: bool) -> Iterator[Problem]:
    names = {column.name for column in columns}
    for name in stated:
        if name not in names:
            yield Problem("There is no such column.", f"Choose one of: {', '.join(sorted(names))}.", field=name)
    for column in columns:
        domain = stated.get(column.name)
        if domain is None:
            if not is_public:
                what = "the number of its possible values" if column.is_coded else "its range"
                fix = f"Give {what}, or state that lists and ranges are public."
                yield Problem("No domain is stated.", fix, field=column.name)
        elif column.is_coded and domain.n_codes != column.n_codes:
            said = f"{domain.n_codes} values are stated" if domain.n_codes else "A range is stated"
            fix = f"State the list of all its {column.n_codes} values."
            yield Problem(f"{said} for a category of {column.n_codes}.", fix, field=column.name)
        elif not column.is_coded and domain.n_codes:
            yield Problem("A list of values is stated for a number.", "Give its low and high.", field=column.name)


def _binned(column: PlainColumn, domain: ColumnDomain) -> Binned:
    low, high = domain.low, domain.high
    if column.is_coded or low is None or high is None:
        return Binned(column, column.n_codes, np.zeros(0))
    if column.step > 0:
        n_values = np.floor((high - low) / column.step + 1e-9) + 1
        halfway = np.unique(np.round(_edges(domain, n_values)) - 0.5)
        return Binned(column, len(halfway) - 1, halfway, low, high, column.step)
    return Binned(column, domain.bins, _edges(domain, _FINE), low, high, (high - low) / _FINE or 1.0)


def _edges(domain: ColumnDomain, length: float) -> Floats:
    if domain.spacing is Spacing.EVEN:
        return np.linspace(0, length, domain.bins + 1)
    edges: Floats = np.expm1(np.linspace(0, np.log1p(length), domain.bins + 1))
    return edges
