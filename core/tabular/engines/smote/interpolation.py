"""Rows placed between a training row and a partner of its class: what all SMOTE families sample by.

N. V. Chawla et al., SMOTE: Synthetic Minority Over-sampling Technique, JAIR 16 (2002). As a synthesizer of whole tables
every class is oversampled from itself, as often as it occurs, and only the made rows are kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.progress import Steps
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.engines.rows import on_grid
from core.tabular.engines.smote.partners import Partners
from core.tabular.engines.smote.saved_rows import load_rows, rows_saved
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel

BATCH_ROWS: Final = 8_192


class Reach(NamedTuple):
    """How far towards its partner a row may be placed, float64 [R] each: 0 is the row, 1 the partner, below 0 away."""

    least: NDArray[np.float64]
    most: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Interpolation:
    """`base`: training rows; `shares` [K]: how often each class occurs among all rows fitted.

    `voted`: for coded columns whose code is not the nearer end's, the code of each base row's children, int32 [R].
    """

    base: PlainTable
    shares: NDArray[np.float64]
    partners: Partners
    reach: Reach
    voted: Mapping[str, NDArray[np.int32]] = field(default_factory=dict)

    def drawn(self, classes: NDArray[np.int64], rng: np.random.Generator) -> PlainTable:
        """One row for each class in `classes`."""
        rows = self._seeds(classes, rng)
        partners = self.partners.drawn(rows, rng)
        way = rng.uniform(self.reach.least[rows], self.reach.most[rows])
        nearer = np.where(way < 0.5, rows, partners)
        values: dict[str, NDArray[np.int32] | NDArray[np.float64]] = {}
        for column in self.base.columns:
            if not column.is_coded:
                own = self.base.numbers(column.name)
                values[column.name] = on_grid(own[rows] + way * (own[partners] - own[rows]), column)
            elif column.name in self.voted:
                values[column.name] = self.voted[column.name][rows]
            else:
                values[column.name] = self.base.codes(column.name)[nearer]
        return PlainTable(self.base.columns, values, self.base.target)

    def _seeds(self, classes: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """A base row that has partners for each class asked."""
        of_class = classes_of(self.base)
        rows = np.empty(len(classes), dtype=np.int64)
        for code in np.unique(classes):
            pool = np.flatnonzero((of_class == code) & (self.partners.group >= 0))
            asked = classes == code
            rows[asked] = rng.choice(pool, asked.sum())
        return rows


@dataclass(frozen=True, eq=False)
class Interpolator:
    """A fitted SMOTE of any kind; it holds the training rows that it interpolates between."""

    fitted: Interpolation

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows; classes are drawn among those that meet, everything else is drawn until it does."""
        base = self.fitted.base
        check_where(base.columns, where)
        chances = class_chances(self.fitted, where)

        def draw(n_rows: int, rng: np.random.Generator) -> PlainTable:
            return self.fitted.drawn(rng.choice(len(chances), n_rows, p=chances), rng)

        made = yield from sample_by_rejection(draw, base.columns, base.target, n, seed, where, BATCH_ROWS)
        return made

    def saved(self) -> SavedModel:
        """The base rows, their partners and how far they reach."""
        return saved_interpolation(self.fitted)


def classes_of(table: PlainTable) -> NDArray[np.int64]:
    """Each row's class, one class where there is no target: int64 [R]."""
    if not table.target:
        return np.zeros(len(table), dtype=np.int64)
    return table.codes(table.target).astype(np.int64)


def class_chances(fitted: Interpolation, where: Sequence[Condition]) -> NDArray[np.float64]:
    """How likely each class is among rows that meet the conditions on the target, float64 [K]."""
    chances: NDArray[np.float64] = fitted.shares.copy()
    for condition in where:
        if condition.column == fitted.base.target:
            chances[~np.isin(np.arange(len(chances)), list(condition.codes))] = 0.0
    if not chances.sum():
        message = f"No training row has a {fitted.base.target!r} that is asked for, so there is nothing to start from."
        raise ValenceError(message, "Choose a value that occurs in the training table.")
    chances /= chances.sum()
    return chances


def saved_interpolation(fitted: Interpolation) -> SavedModel:
    """As arrays and JSON."""
    words, arrays = rows_saved(fitted.base)
    named = {f"voted/{name}": codes for name, codes in fitted.voted.items()}
    reach = {"least": fitted.reach.least, "most": fitted.reach.most}
    return SavedModel(words, {**arrays, **named, **reach, "shares": fitted.shares, **fitted.partners._asdict()})


def load_interpolation(saved: SavedModel) -> Interpolation:
    """What `saved_interpolation` gave."""
    arrays = saved.arrays
    voted = {name.removeprefix("voted/"): codes for name, codes in arrays.items() if name.startswith("voted/")}
    partners = Partners(*(arrays[name] for name in Partners._fields))
    reach = Reach(arrays["least"], arrays["most"])
    return Interpolation(load_rows(saved), arrays["shares"], partners, reach, voted)


def load_interpolator(saved: SavedModel) -> Interpolator:
    """A fitted SMOTE from what it saved."""
    return Interpolator(load_interpolation(saved))


def sound(fitted: Interpolation) -> Interpolation:
    """The interpolation itself; `ValenceError` naming the classes in which no row has a partner."""
    has_partner = np.bincount(classes_of(fitted.base)[fitted.partners.group >= 0], minlength=len(fitted.shares))
    alone = np.flatnonzero((fitted.shares > 0) & (has_partner == 0))
    if len(alone):
        where = f" with code {', '.join(map(str, alone))} of {fitted.base.target!r}" if fitted.base.target else ""
        message = f"There is one row{where}, and a row is placed between two."
        raise ValenceError(message, "Add rows of that class, or leave it out of the table.")
    return fitted
