"""Inequalities kept: numbers of new rows moved as little as needed until every rule holds again.

The smaller number comes down to the larger; a number that must not move (a determinant, a looked-up value, the target)
raises the other instead. Where the bounds of training leave no room, the rule never held two known numbers there, and
one of the two becomes missing, as it is in training.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.cells import on_grid, step_of, unit_us
from core.tabular.form.codecs import NumberCodec
from core.tabular.schema import Column, Inequality

_TINY: Final = 1e-9  # of a step: grids of decimals are not exact in float64

Numbers = dict[str, NDArray[np.float64]]


def rising_order(rules: Sequence[Inequality]) -> tuple[str, ...]:
    """The columns of the rules, smaller ones first; `CycleError` where the rules go round in a circle."""
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for rule in rules:
        sorter.add(rule.larger, rule.smaller)
    return tuple(sorter.static_order())


def circle_of(rules: Sequence[Inequality]) -> tuple[str, ...]:
    """The columns of a circle of rules, the first again at the end; () where there is none."""
    try:
        rising_order(rules)
    except CycleError as error:
        names: list[str] = error.args[1]
        return tuple(names)
    return ()


def exceeds(
    smaller: tuple[Column, NDArray[np.float64]], larger: tuple[Column, NDArray[np.float64]]
) -> NDArray[np.bool_]:
    """Where both numbers are known and the smaller is greater, bool [R]; dates of different units are compared too."""
    with np.errstate(invalid="ignore"):
        return np.greater(smaller[1] * unit_us(smaller[0]), larger[1] * unit_us(larger[0]))


@dataclass(frozen=True, slots=True)
class LimitKeeper:
    """Repairs numbers [R] by column name, NaN where missing; `free` are those that may be moved, with their bounds."""

    rules: tuple[Inequality, ...]
    columns: Mapping[str, Column]
    free: Mapping[str, NumberCodec]

    def repair(self, numbers: Numbers) -> Numbers:
        """The numbers with every rule kept, within bounds and on their grids; what is not free is as it was."""
        numbers = dict(numbers)
        order = rising_order(self.rules)
        floors = self._raise(numbers, order)
        self._lower(numbers, order, floors)
        for rule in self.rules:
            self._part(numbers, rule)
        return numbers

    def _raise(self, numbers: Numbers, order: Sequence[str]) -> Numbers:
        """Lift free numbers, in place, to what must lie below them; returned: the least each can come down to."""
        floors: Numbers = {}
        for name in order:
            unit = unit_us(self.columns[name])
            if name not in self.free:
                floors[name] = numbers[name] * unit
                continue
            codec = self.free[name]
            floor = np.full(len(numbers[name]), codec.low * unit)
            for rule in self.rules:
                if rule.larger == name:
                    floor = np.fmax(floor, np.where(np.isnan(numbers[rule.smaller]), np.nan, floors[rule.smaller]))
            step = step_of(self.columns[name])
            lifted = on_grid(self.columns[name], np.ceil(floor / unit / step - _TINY) * step)
            is_reachable = lifted <= codec.high
            numbers[name] = np.where(is_reachable, np.maximum(numbers[name], lifted), numbers[name])
            floors[name] = np.where(is_reachable, lifted, codec.low) * unit
        return floors

    def _lower(self, numbers: Numbers, order: Sequence[str], floors: Numbers) -> None:
        """Bring free numbers down, in place, to what must lie above them, but not below their floor."""
        for name in reversed(order):
            if name not in self.free:
                continue
            column = self.columns[name]
            unit, step = unit_us(column), step_of(column)
            for rule in self.rules:
                if rule.smaller == name:
                    cap = numbers[rule.larger] * unit_us(self.columns[rule.larger]) / unit
                    lowered = np.fmin(numbers[name], on_grid(column, np.floor(cap / step + _TINY) * step))
                    lowered = np.where(np.isnan(numbers[name]), np.nan, lowered)
                    is_reachable = lowered >= floors[name] / unit - _TINY * step
                    numbers[name] = np.where(is_reachable, lowered, numbers[name])

    def _part(self, numbers: Numbers, rule: Inequality) -> None:
        """Where the rule is still broken, make one of the two missing, in place."""
        broken = exceeds(
            (self.columns[rule.smaller], numbers[rule.smaller]), (self.columns[rule.larger], numbers[rule.larger])
        )
        for name in (rule.smaller, rule.larger):
            if name in self.free and self.free[name].missing_name:
                numbers[name] = np.where(broken, np.nan, numbers[name])
                return
