"""One column of the sampler: a tree, the training rows in its leaves, and how a value is drawn from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.rows import on_grid
from core.tabular.engines.trees.distinct import Distinct, clashes, distinct_from
from core.tabular.engines.trees.donors import Donors, slack
from core.tabular.engines.trees.tree import Tree, Values
from core.tabular.plain import PlainColumn, PlainTable

Floats = NDArray[np.float64]

_REDRAWS = 20
_ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True)
class ColumnTree:
    """`slack` [N]: how far the training rows' numbers may move; `distinct`: which earlier columns it never repeats."""

    column: PlainColumn
    tree: Tree
    donors: Donors
    slack: Floats
    distinct: tuple[Distinct, ...]

    @classmethod
    def filled(cls, column: PlainColumn, before: Sequence[PlainColumn], tree: Tree, table: PlainTable) -> "ColumnTree":
        """The tree with all rows of the training table in its leaves."""
        donors = Donors.by_leaf(_leaves_of_all(tree, table), tree.n_leaves)
        own = table.values[column.name]
        return cls(column, tree, donors, slack(column, own), distinct_from(column, before, table.values))

    def draw(
        self, seen: NDArray[Any], drawn: Values, n: int, weights: Floats | None, rng: np.random.Generator
    ) -> NDArray[Any]:
        """`n` values given the columns `drawn` before it; `seen` [N] are the training rows' own values.

        A value that must not repeat an earlier column's is drawn again from its leaf, which is drawing from the
        leaf's other values; after a number of attempts it is left to the schema's repair.
        """
        leaves = self.tree.leaves_of(drawn, n)
        rows = self._rows(leaves, weights, rng)
        if not self.column.is_coded:
            return on_grid(seen[rows] + self.slack[rows] * rng.uniform(-1, 1, n), self.column)
        codes = seen[rows]
        for _ in range(_REDRAWS if self.distinct else 0):
            again = clashes(codes, self.distinct, drawn)
            if not len(again):
                break
            codes[again] = seen[self._rows(leaves[again], weights, rng)]
        return codes

    def _rows(self, leaves: NDArray[np.int32], weights: Floats | None, rng: np.random.Generator) -> NDArray[np.int32]:
        chances = rng.random(len(leaves))
        if weights is None:
            return self.donors.draw(leaves, chances)
        return self.donors.draw_weighted(leaves, chances, weights)


def _leaves_of_all(tree: Tree, table: PlainTable) -> NDArray[np.int32]:
    """The leaf of every row, a part of the table at a time: the answers to all questions would not be small."""
    asked = {question.column: table.values[question.column] for question in tree.questions}
    leaves = np.empty(len(table), dtype=np.int32)
    for start in range(0, len(table), _ROWS_AT_ONCE):
        rows = slice(start, min(start + _ROWS_AT_ONCE, len(table)))
        leaves[rows] = tree.leaves_of({name: own[rows] for name, own in asked.items()}, rows.stop - start)
    return leaves
