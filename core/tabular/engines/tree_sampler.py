"""The tree sampler: column after column, each drawn from the leaf of a tree over the columns before it.

Sequential trees for synthetic tables are Reiter's (2005); the leaf's training values stand for the column's
distribution. Here a column of many codes is told apart by what goes with the codes, numbers seen once move within
their neighbourhood, and a target's class is drawn from boosted chances, since a leaf says little of a rare class.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.budgeted import within
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.engines.smote.saved_rows import load_rows, rows_saved
from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.engines.trees.boosting import fit_head_of_target, is_boosted
from core.tabular.engines.trees.column_tree import ColumnTree
from core.tabular.engines.trees.growing import grow, questions_of
from core.tabular.engines.trees.head import Head, draw_classes
from core.tabular.engines.trees.outcomes import outcomes
from core.tabular.engines.trees.saving import (
    head_of,
    loaded_tree,
    saved_tree,
    with_head,
)
from core.tabular.engines.trees.steering import codes_wanted, steering_weights
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel

Floats = NDArray[np.float64]

_MOST_GROWN_ON: Final = 50_000  # rows that choose the splits; every row is behind the leaves
_BATCH_ROWS: Final = 16_384


class TreeSampler:
    """Trees for all columns, a head for the target where it is boosted, and the training table that fills the leaves.

    The training rows are part of the model: a saved one is as private as the table itself.
    """

    def __init__(self, table: PlainTable, trees: Sequence[ColumnTree], head: Head | None) -> None:
        self._table = table
        self._trees = tuple(trees)
        self._head = head

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows; conditions steer every draw, so that few rows are drawn in vain."""
        weights: dict[str, Floats] = {}
        wanted: list[int] = []
        if where:
            check_where(self._table.columns, where)
            known = self._head.chances(self._table.values, len(self._table)) if self._head else None
            weights = steering_weights(self._table, where, known)
            wanted = codes_wanted(self._table, where) if self._head else []

        def draw(n_rows: int, rng: np.random.Generator) -> PlainTable:
            return self._draw(n_rows, rng, weights, wanted)

        columns, target = self._table.columns, self._table.target
        return (yield from sample_by_rejection(draw, columns, target, n, seed, where, _BATCH_ROWS))

    def _draw(
        self, n: int, rng: np.random.Generator, weights: Mapping[str, Floats], wanted: Sequence[int]
    ) -> PlainTable:
        values: dict[str, NDArray[Any]] = {}
        for part in self._trees:
            name = part.column.name
            values[name] = part.draw(self._table.values[name], values, n, weights.get(name), rng)
        if self._head:
            values[self._table.target] = draw_classes(self._head.chances(values, n), wanted, rng.random(n))
        return PlainTable(self._table.columns, values, self._table.target)

    def saved(self) -> SavedModel:
        """Trees, head and the training table that fills the leaves."""
        table = rows_saved(self._table)
        trees = [saved_tree(f"tree-{number}", part.tree) for number, part in enumerate(self._trees)]
        settings: dict[str, Any] = {"table": table.settings, "trees": [tree.settings for tree in trees]}
        arrays = dict(table.arrays)
        for tree in trees:
            arrays |= tree.arrays
        return with_head(SavedModel(settings, arrays), self._head)


def load(saved: SavedModel) -> TreeSampler:
    """The sampler that `saved` describes; the leaves are filled anew from the table it holds."""
    table = load_rows(SavedModel(saved.settings["table"], saved.arrays))
    trees = [
        ColumnTree.filled(column, table.columns[:number], loaded_tree(f"tree-{number}", settings, saved.arrays), table)
        for number, (column, settings) in enumerate(zip(table.columns, saved.settings["trees"], strict=False))
    ]
    return TreeSampler(table, trees, head_of(saved))


def fit(table: PlainTable, settings: TreeSamplerSettings, seed: int, budget_s: float) -> Steps[TreeSampler]:
    """A sampler of this table; `ValenceError` when the budget ends before the last tree."""
    budget = Budget(budget_s)
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(table))[:_MOST_GROWN_ON])
    shown = table.take(rows)
    n_steps = len(table.columns) + 1
    yield Progress(0, n_steps, "Comparing the columns")
    sought = outcomes(shown, settings.most_flagged, settings.most_embedded)
    boosted = is_boosted(table)
    trees = []
    for done, column in enumerate(table.columns[: len(table.columns) - boosted], start=1):
        yield Progress(done, n_steps, f"Growing the tree of {column.name}")
        budget.check(budget.used_s / done, f"The tree of {column.name!r}")
        before, sought_here = table.columns[: done - 1], sought[column.name]
        tree = grow(questions_of(before, shown.values, sought_here), shown.values, sought_here, settings)
        trees.append(ColumnTree.filled(column, before, tree, table))
    head = None
    if boosted:
        steps = fit_head_of_target(shown, settings, rng)
        head = yield from within(budget, steps, f"Boosting {table.target!r}")
    return TreeSampler(table, trees, head)
