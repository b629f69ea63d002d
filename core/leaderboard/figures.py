"""A score with its interval, as it is stored and shown."""

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.graph.intervals import Interval
from core.leaderboard.bootstrap import score_interval
from core.leaderboard.metrics import Score, score_of, score_predictions
from core.leaderboard.predictions import Predictions

DECIMALS = 3


@dataclass(frozen=True, eq=False, slots=True)
class Figures:
    """What is known of one set of predictions over the public or the private rows; `interval` is that of macro F1."""

    score: Score
    interval: Interval

    @property
    def shown(self) -> Interval:
        """The macro F1 and the ends of its interval at the three decimals that are shown."""
        return Interval(*(round(value, DECIMALS) for value in self.interval))


def figures_of(
    predictions: Predictions, label: NDArray[np.int8], n_labels: int, rows: NDArray[np.bool_] | None = None
) -> Figures:
    """Score the rows where `rows` (bool [R]) is true against the true `label` (int8 [R]), with the 95 % interval."""
    score = score_predictions(predictions, label, n_labels, rows)
    return Figures(score, score_interval(score.confusion))


def figures_text(figures: Figures) -> str:
    """The figures as JSON: the counts, and what does not follow from them."""
    facts = {
        "confusion": figures.score.confusion.tolist(),
        "ece": figures.score.ece,
        "low": figures.interval.low,
        "high": figures.interval.high,
    }
    return json.dumps(facts, allow_nan=False)


def read_figures(text: str) -> Figures:
    """What `figures_text` wrote, equal to what it was given."""
    facts = json.loads(text)
    score = score_of(np.array(facts["confusion"], dtype=np.int64), facts["ece"])
    return Figures(score, Interval(score.macro_f1, facts["low"], facts["high"]))
