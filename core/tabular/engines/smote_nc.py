"""SMOTE-NC: numbers between two neighbours, codes by the vote of all neighbours of the row that was started from.

N. V. Chawla et al., SMOTE: Synthetic Minority Over-sampling Technique, JAIR 16 (2002), section 6.1. A tie goes to the
code of the nearest neighbour among those that tie.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from core.progress import Steps
from core.tabular.budget import Budget
from core.tabular.engines.smote.distances import features
from core.tabular.engines.smote.ground import between_neighbours, ground_of, neighbours_of_class
from core.tabular.engines.smote.interpolation import Interpolator, load_interpolator
from core.tabular.engines.smote_settings import SmoteNcSettings
from core.tabular.plain import PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer


def fit(table: PlainTable, settings: SmoteNcSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Finds each row's neighbours within its class; `ValenceError` for too small a budget or a class of one row."""
    budget = Budget(budget_s)
    ground = ground_of(table, settings.most_rows, seed)
    lists = yield from neighbours_of_class(ground, settings.n_neighbours, budget)
    coded = [column.name for column in features(table) if column.is_coded]
    voted = {name: voted_codes(ground.base.codes(name), lists) for name in coded}
    return Interpolator(replace(between_neighbours(ground, lists), voted=voted))


def voted_codes(codes: NDArray[np.int32], lists: NDArray[np.int64]) -> NDArray[np.int32]:
    """The most frequent code of each row's neighbours, int32 [R]; `lists` int64 [R, K], nearest first, -1 for none."""
    votes = np.where(lists >= 0, codes[lists], -1)
    counts = (votes[:, :, None] == votes[:, None, :]).sum(axis=2)
    counts[lists < 0] = 0
    winner = counts.argmax(axis=1)  # the first of the largest: the nearest neighbour among those that tie
    voted: NDArray[np.int32] = votes[np.arange(len(votes)), winner].astype(np.int32)
    return voted


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave."""
    return load_interpolator(saved)
