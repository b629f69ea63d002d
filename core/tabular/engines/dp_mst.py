"""DP-MST: noisy counts of all columns and of a chosen tree of pairs, and rows sampled from the tree.

After McKenna, Miklau & Sheldon (2021), "Winning the NIST contest". A third of the privacy goes to the single columns,
a third to the choice of the pairs, a third to their counts. What leaves `fit` is computed from those noisy values and
from the stated domains alone.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.budgeted import within
from core.tabular.engines.dp_mst_settings import DpMstSettings
from core.tabular.engines.private.accounting import rho_for
from core.tabular.engines.private.domains import Binned, binned_columns
from core.tabular.engines.private.inference import Walk, fit_marginals, walk_of
from core.tabular.engines.private.measuring import Kept, count_columns, keep_frequent, total_of
from core.tabular.engines.private.noise import noise_generator
from core.tabular.engines.private.pairs import count_tree
from core.tabular.engines.private.tree_model import TreeModel
from core.tabular.engines.rejection import check_where
from core.tabular.engines.rows import stacked
from core.tabular.plain import Condition, PlainColumn, PlainTable
from core.tabular.synthesizer import SavedModel

Floats = NDArray[np.float64]

_BATCH_ROWS: Final = 65_536
_LEAST_S: Final = 0.5
_S_PER_CELL: Final = 1e-8  # of one row in one pair of columns


class DpMst:
    """A tree of conditional chances over binned columns; (`epsilon`, `delta`) hold for one row more or less.

    They hold for the model and all rows sampled from it, while the secret of the settings is one; it is not kept here.
    Whoever has several rows in the table is protected less. Outside the guarantee is what restoring the rows adds from
    the table: a dependent's value looked up (a city's rank), and how often a value fills a slot of a list.
    """

    def __init__(self, columns: Sequence[Binned], kept: Sequence[Kept], model: TreeModel, target: str) -> None:
        self._binned = tuple(columns)
        self._kept = tuple(kept)
        self._model = model
        self._target = target
        self._columns = tuple(one.column for one in self._binned)

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows, drawn from the distribution of the rows that meet; none is drawn in vain."""
        check_where(self._columns, where)
        rng = np.random.default_rng(seed)
        asked = [[condition for condition in where if condition.column == column.name] for column in self._columns]
        met = [one.shares_met(conditions) for one, conditions in zip(self._binned, asked, strict=True)]
        evidence = [kept.shared(shares) for kept, shares in zip(self._kept, met, strict=True)]
        model, share = self._model.given(evidence)
        if share <= 0:
            message = f"No row of the model meets the condition on {', '.join(c.column for c in where)} (a share of 0)."
            raise ValenceError(message, "Ask for wider conditions, or for fewer of them.")
        parts = []
        for start in range(0, n, _BATCH_ROWS):
            drawn = model.draw(min(_BATCH_ROWS, n - start), rng)
            values: dict[str, NDArray[Any]] = {}
            for one, kept, codes, shares, conditions in zip(self._binned, self._kept, drawn, met, asked, strict=True):
                own = kept.one_of(codes, shares, rng)
                values[one.column.name] = own if one.column.is_coded else one.draw(own, conditions, rng)
            parts.append(PlainTable(self._columns, values, self._target))
            yield Progress(start + len(parts[-1]), n, f"{start + len(parts[-1]):,} rows drawn")
        return stacked(self._columns, self._target, parts)

    def saved(self) -> SavedModel:
        """Domains, merged codes and chances: all of them noisy or public."""
        arrays: dict[str, NDArray[Any]] = {"parent": np.array(self._model.walk.parent, dtype=np.int32)}
        arrays["order"] = np.array(self._model.walk.order, dtype=np.int32)
        words = []
        for number, (one, kept, chances) in enumerate(zip(self._binned, self._kept, self._model.chances, strict=True)):
            arrays |= {f"edges-{number}": one.edges, f"new-of-{number}": kept.new_of, f"chances-{number}": chances}
            range_of = {"n_codes": one.n_codes, "low": one.low, "high": one.high, "unit": one.unit}
            words.append({"column": asdict(one.column), "range": range_of, "n_kept": kept.n_codes})
        return SavedModel({"columns": words, "target": self._target}, arrays)


def load(saved: SavedModel) -> DpMst:
    """The model that `saved` describes."""
    words, arrays = saved.settings["columns"], saved.arrays
    columns = [
        Binned(column=PlainColumn(**one["column"]), edges=arrays[f"edges-{number}"], **one["range"])
        for number, one in enumerate(words)
    ]
    kept = [Kept(arrays[f"new-of-{number}"], one["n_kept"]) for number, one in enumerate(words)]
    walk = Walk(tuple(arrays["order"].tolist()), tuple(arrays["parent"].tolist()))
    chances = tuple(arrays[f"chances-{number}"] for number in range(len(words)))
    return DpMst(columns, kept, TreeModel(walk, chances), saved.settings["target"])


def fit(table: PlainTable, settings: DpMstSettings, seed: int, budget_s: float) -> Steps[DpMst]:
    """A model of this table; `InvalidInput` for columns without a domain, `ValenceError` for too small a budget."""
    budget = Budget(budget_s)
    binned = binned_columns(table.columns, settings)
    n_pairs = len(binned) * (len(binned) - 1) // 2
    budget.check(_LEAST_S + n_pairs * len(table) * _S_PER_CELL, "DP-MST")
    rng = noise_generator(table, seed, settings.secret)
    rho = rho_for(settings.epsilon, settings.delta) / 3
    yield Progress(0, 3, "Counting the columns")
    codes = [one.codes_of(table.values[one.column.name]) for one in binned]
    counted = count_columns(codes, [one.n_codes for one in binned], rho, rng)
    kept, noisy = zip(*(keep_frequent(one) for one in counted), strict=True)
    codes = [own.new_of[old] for own, old in zip(kept, codes, strict=True)]
    yield Progress(1, 3, "Choosing and counting pairs of columns")
    pairs = yield from within(budget, count_tree(codes, noisy, rho, rng), "Choosing pairs of columns")
    sizes = [own.n_codes for own in kept]
    fitting = fit_marginals([*noisy, *pairs], sizes, total_of(noisy), settings.descents)
    marginals = yield from within(budget, fitting, "Fitting the tree to the noisy counts")
    walk = walk_of(len(sizes), [(pair.columns[0], pair.columns[1]) for pair in pairs])
    return DpMst(binned, kept, TreeModel.of(walk, marginals), table.target)
