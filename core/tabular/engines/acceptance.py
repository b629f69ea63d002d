"""Draws accepted by learnt judges: boosted trees that tell drawn rows from real ones say how much likelier a row is.

A judge's log odds between a real and a drawn row estimate the logarithm of the ratio of their densities (Sugiyama,
Suzuki, Kanamori 2012); rows accepted in proportion to it come from the real density (discriminator rejection sampling,
Azadi et al. 2019). Each judge looks at what the ones before it accepted. Every accepted row is a new draw.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xgboost
from numpy.typing import NDArray

from core.errors import CorruptArtefact
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.rows import stacked
from core.tabular.plain import PlainColumn, PlainTable
from core.tabular.synthesizer import SavedModel

Draw = Callable[[int, np.random.Generator], PlainTable]

LEAST_ACCEPTED: Final = 0.03  # of the draws; the few rows likelier than that allows are accepted too rarely
MOST_JUDGED: Final = 20_000  # training rows of a judge
_BELOW_CEILING: Final = 0.998  # of the draws: the greatest odds of all are the judges' errors
_MOST_PROPOSED: Final = 8_192  # at once: under a second
_DRAWS_PER_ROW: Final = 2
_N_TREES: Final = 160
_TREES_PER_STEP: Final = 10
_MOST_LOG_ODDS: Final = 4.0  # of one judge: beyond it there were too few rows to say

_PARAMETERS: Final = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_bin": 128,
    "max_depth": 5,
    "eta": 0.1,
    "subsample": 0.8,
    "min_child_weight": 5.0,
    "lambda": 2.0,
    "nthread": 1,
}


@dataclass(frozen=True, eq=False, slots=True)
class Acceptance:
    """Judges of rows of `columns`; a row is accepted with chance exp(its log odds - `ceiling`), at most 1.

    `rate` is the share of draws accepted so.
    """

    columns: tuple[PlainColumn, ...]
    judges: tuple[xgboost.Booster, ...] = ()
    ceiling: float = 0.0
    rate: float = 1.0

    def log_odds(self, table: PlainTable) -> NDArray[np.float64]:
        """How much likelier rows [R] are among real rows than among draws, as a logarithm."""
        total = np.zeros(len(table))
        if self.judges and len(table):
            rows = _rows(self.columns, table)
            for judge in self.judges:
                total += _clipped(judge.predict(rows, output_margin=True))
        return total

    def accepting(self, draw: Draw) -> Draw:
        """`draw` with its rows accepted by chance; about as many come back as are asked for, up to a second's worth."""
        if not self.judges:
            return draw

        def accepted(n: int, rng: np.random.Generator) -> PlainTable:
            n_proposed = min(int(n / self.rate * 1.05) + 16, _MOST_PROPOSED)
            rows = draw(n_proposed, rng)
            chances = np.exp(np.minimum(self.log_odds(rows) - self.ceiling, 0.0))
            return rows.take(np.flatnonzero(rng.random(len(rows)) < chances))

        return accepted

    def saved(self) -> SavedModel:
        """The judges as bytes in xgboost's own binary JSON, which holds no objects."""
        arrays = {f"judge{at}": np.frombuffer(judge.save_raw("ubj"), np.uint8) for at, judge in enumerate(self.judges)}
        return SavedModel({"n_judges": len(self.judges), "ceiling": self.ceiling, "rate": self.rate}, arrays)


def load_acceptance(
    columns: tuple[PlainColumn, ...], settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
) -> Acceptance:
    """What `saved` gave; `CorruptArtefact` where a judge cannot be read."""
    judges = tuple(_read_judge(arrays, at) for at in range(settings["n_judges"]))
    return Acceptance(columns, judges, settings["ceiling"], settings["rate"])


def learn_acceptance(draw: Draw, table: PlainTable, n_judges: int, seed: int, budget: Budget) -> Steps[Acceptance]:
    """Judges learnt one after the other on training rows against what is accepted of `draw` so far.

    `ValenceError` where the budget ends before they are.
    """
    rng = np.random.default_rng([seed, 11])
    real = table.take(np.sort(rng.permutation(len(table))[:MOST_JUDGED]))
    found = Acceptance(table.columns)
    for at in range(n_judges):
        started_s = budget.used_s
        drawn = yield from _drawn(found.accepting(draw), real, rng, f"judge {at + 1} of {n_judges}")
        judge = yield from _learn_judge(real, drawn, int(rng.integers(2**31)))
        found = _with_ceiling(Acceptance(table.columns, (*found.judges, judge)), draw, len(real), rng)
        budget.check((budget.used_s - started_s) * (n_judges - at - 1), "The rest of the judges' training")
    return found


def _drawn(draw: Draw, real: PlainTable, rng: np.random.Generator, note: str) -> Steps[PlainTable]:
    """Draws for a judge, some for each real row."""
    parts, n_drawn, wanted = list[PlainTable](), 0, _DRAWS_PER_ROW * len(real)
    while n_drawn < wanted:
        parts.append(draw(min(wanted - n_drawn, _MOST_PROPOSED), rng))
        n_drawn += len(parts[-1])
        yield Progress(min(n_drawn, wanted), wanted, f"{note}: drawing rows")
    return stacked(real.columns, real.target, parts)


def _learn_judge(real: PlainTable, drawn: PlainTable, seed: int) -> Steps[xgboost.Booster]:
    both = stacked(real.columns, real.target, [real, drawn])
    is_real = np.repeat([1.0, 0.0], [len(real), len(drawn)])
    weight = np.repeat([1.0, len(real) / len(drawn)], [len(real), len(drawn)])
    rows = _rows(real.columns, both, label=is_real, weight=weight)
    judge = xgboost.Booster({**_PARAMETERS, "seed": seed, "base_score": 0.5}, [rows])
    for tree in range(_N_TREES):
        judge.update(rows, tree)
        if tree % _TREES_PER_STEP == 0:
            yield Progress(tree, _N_TREES, "learning to tell drawn rows from real ones")
    return judge


def _with_ceiling(found: Acceptance, draw: Draw, n: int, rng: np.random.Generator) -> Acceptance:
    """The same judges with the ceiling and rate measured on new draws."""
    odds = found.log_odds(draw(min(n, _MOST_PROPOSED), rng))
    ceiling = _ceiling_for(odds, LEAST_ACCEPTED)
    rate = float(np.exp(np.minimum(odds - ceiling, 0.0)).mean())
    return Acceptance(found.columns, found.judges, ceiling, rate)


def _ceiling_for(log_odds: NDArray[np.float64], least: float) -> float:
    """Log odds that 1 in 500 draws exceed, or less, so that the mean chance of acceptance is `least`: by bisection."""
    low, high = float(log_odds.min()), float(np.quantile(log_odds, _BELOW_CEILING))
    if np.exp(np.minimum(log_odds - high, 0.0)).mean() >= least:
        return high
    for _ in range(50):
        middle = (low + high) / 2
        if np.exp(np.minimum(log_odds - middle, 0.0)).mean() >= least:
            low = middle
        else:
            high = middle
    return low


def _rows(columns: tuple[PlainColumn, ...], table: PlainTable, **given: NDArray[np.float64]) -> xgboost.DMatrix:
    cells = np.stack([table.values[column.name].astype(np.float32) for column in columns], axis=1)
    kinds = ["c" if column.is_coded else "q" for column in columns]
    return xgboost.DMatrix(cells, feature_types=kinds, enable_categorical=True, nthread=1, **given)


def _clipped(margin: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.clip(margin.astype(np.float64), -_MOST_LOG_ODDS, _MOST_LOG_ODDS)


def _read_judge(arrays: Mapping[str, NDArray[Any]], at: int) -> xgboost.Booster:
    judge = xgboost.Booster({"nthread": 1})
    try:
        judge.load_model(bytearray(arrays[f"judge{at}"].tobytes()))
    except (KeyError, xgboost.core.XGBoostError) as error:
        raise CorruptArtefact(f"Judge {at + 1} cannot be read.", fix="Fit the synthesizer again.") from error
    return judge
