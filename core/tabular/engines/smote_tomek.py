"""SMOTE without the made rows that form a Tomek link with a row of another class.

G. E. A. P. A. Batista, A. L. C. Bazzan, M. C. Monard, Balancing Training Data for Automated Annotation of Keywords, WOB
2003: two rows of different classes are a link where each is the other's nearest row. Links are looked for among the
training rows and the rows made in the same batch. Codes follow the nearer end, as in plain SMOTE.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.progress import Steps
from core.tabular.budget import Budget
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.engines.smote.distances import BLOCK_CELLS, Places, Scale, places_of, scale_of, squared_distances
from core.tabular.engines.smote.ground import between_neighbours, ground_of, neighbours_of_class
from core.tabular.engines.smote.interpolation import (
    Interpolation,
    class_chances,
    classes_of,
    load_interpolation,
    saved_interpolation,
)
from core.tabular.engines.smote.neighbours import nearest
from core.tabular.engines.smote_settings import SmoteTomekSettings
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_MOST_MADE: Final = 1_000  # rows of a batch
_SCALE = "scale"


@dataclass(frozen=True, eq=False)
class CleanedInterpolator:
    """A fitted SMOTE and, for each row it keeps, the squared distance to the nearest other one, float64 [R]."""

    fitted: Interpolation
    scale: Scale
    squares: NDArray[np.float64]

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows outside Tomek links; classes are drawn among those that meet."""
        base = self.fitted.base
        check_where(base.columns, where)
        chances = class_chances(self.fitted, where)
        places = places_of(base, self.scale)
        n_batch = int(np.clip(BLOCK_CELLS // len(base), 50, _MOST_MADE))

        def draw(n_rows: int, rng: np.random.Generator) -> PlainTable:
            made = self.fitted.drawn(rng.choice(len(chances), n_rows, p=chances), rng)
            return made.take(np.flatnonzero(~self._linked(made, places)))

        rows = yield from sample_by_rejection(draw, base.columns, base.target, n, seed, where, n_batch)
        return rows

    def _linked(self, made: PlainTable, places: Places) -> NDArray[np.bool_]:
        """Which made rows form a Tomek link with a training row or with another made row, bool [M]."""
        mine = places_of(made, self.scale)
        return linked(mine, classes_of(made), places, classes_of(self.fitted.base), self.squares)

    def saved(self) -> SavedModel:
        """The interpolation with the distances and the scale they are measured in."""
        words, arrays = saved_interpolation(self.fitted)
        mine = {"squares": self.squares, f"{_SCALE}/mean": self.scale.mean, f"{_SCALE}/deviation": self.scale.deviation}
        return SavedModel(words, {**arrays, **mine})


def linked(
    made: Places,
    made_class: NDArray[np.int64],
    kept: Places,
    kept_class: NDArray[np.int64],
    kept_squares: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Which `made` rows and their nearest row of another class are each other's nearest among both, bool [M].

    `kept_squares` [R]: each kept row's squared distance to the nearest other kept row.
    """
    n_made = len(made)
    among = squared_distances(made, made)
    among = np.minimum(among, among.T)  # alike both ways to the last bit, since links compare them
    np.fill_diagonal(among, np.inf)
    squares = np.concatenate([squared_distances(made, kept), among], axis=1)
    partner = squares.argmin(axis=1)
    closest = squares[np.arange(n_made), partner]
    kept_closest = np.minimum(squares[:, : len(kept)].min(axis=0), kept_squares)
    others_closest = np.concatenate([kept_closest, closest])
    of_class = np.concatenate([kept_class, made_class])
    is_link: NDArray[np.bool_] = (closest <= others_closest[partner]) & (of_class[partner] != made_class)
    return is_link


def fit(table: PlainTable, settings: SmoteTomekSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Finds each row's neighbours, in its class and in all; `ValenceError` for a small budget or a class of one row."""
    budget = Budget(budget_s)
    ground = ground_of(table, settings.most_rows, seed)
    lists = yield from neighbours_of_class(ground, settings.n_neighbours, budget)
    everyone = np.arange(len(ground.base))
    found = yield from nearest(ground.places, everyone, everyone, 1, budget)
    return CleanedInterpolator(between_neighbours(ground, lists), scale_of(table), found.squares[:, 0])


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave."""
    scale = Scale(saved.arrays[f"{_SCALE}/mean"], saved.arrays[f"{_SCALE}/deviation"])
    return CleanedInterpolator(load_interpolation(saved), scale, saved.arrays["squares"])
