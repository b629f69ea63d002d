"""From beliefs to the run's graph and its verdict table."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.graph.model import Basis, Outcome, Verdict, VerdictTable, verdict_table
from core.graph.strategies.adaptive.calibration import Beliefs, posterior
from core.graph.strategies.adaptive.ledger import Ledger
from core.graph.strategies.adaptive.settings import AdaptiveSettings

LEFT_OUT = -1


class Resolution(NamedTuple):
    """The graph's class of each pair, int8 [P]: outcome plus one, `LEFT_OUT` where it has none; how probable each is.

    `probable`: float64 [P, 3]; `is_inferred`: bool [P], the model's outcome rather than an answer.
    """

    graph: NDArray[np.int8]
    probable: NDArray[np.float64]
    is_inferred: NDArray[np.bool_]


def resolve(
    beliefs: Beliefs, classes: NDArray[np.int8], is_open: NDArray[np.bool_], settings: AdaptiveSettings
) -> Resolution:
    """Take the likeliest outcome of each pair.

    An answer stands unless overturning is on and another outcome is likelier, in spite of it, than `exclude_below`. An
    open pair less probable than that is left out, as is one that was asked and got no usable answer. Without a single
    answer nothing is inferred: the model's beliefs are then its own starting values.
    """
    probable = posterior(beliefs, classes)
    likeliest = probable.argmax(axis=1).astype(np.int8)
    is_answered = classes >= 0
    is_sure = (probable.max(axis=1) >= settings.exclude_below) & is_answered.any()
    is_overturned = is_answered & (likeliest != classes) & is_sure & settings.is_overturning
    is_inferred = np.asarray((is_open & is_sure) | is_overturned)
    graph = np.where(is_inferred, likeliest, np.where(is_answered, classes, LEFT_OUT)).astype(np.int8)
    return Resolution(graph, probable, is_inferred)


def verdicts_of(ledger: Ledger, resolution: Resolution, judge_name: str) -> VerdictTable:
    """Every asked pair and every inferred one; an overturned answer stays in the reason, with its call and reply."""
    pairs = ledger.pairs
    rows = np.flatnonzero((ledger.call >= 0) | resolution.is_inferred)
    chance = resolution.probable[rows, np.maximum(resolution.graph[rows], 0)]
    is_inferred = resolution.is_inferred[rows]
    n_answers = int(np.count_nonzero(ledger.classes >= 0))
    return verdict_table(
        pairs.first[rows],
        pairs.second[rows],
        [
            _inferred(ledger.verdicts.get(row), graph, p, n_answers) if inferred else ledger.verdicts[row]
            for row, graph, p, inferred in zip(
                rows.tolist(), resolution.graph[rows].tolist(), chance.tolist(), is_inferred.tolist(), strict=True
            )
        ],
        ledger.call[rows],
        judge_name,
        basis=np.where(is_inferred, Basis.INFERRED, Basis.ASKED).astype(np.int8),
        probability=np.where(is_inferred, chance, np.nan).astype(np.float32),
    )


def _inferred(answer: Verdict | None, graph: int, chance: float, n_answers: int) -> Verdict:
    outcome = Outcome(graph - 1)
    if answer is None:
        return Verdict(outcome, chance, f"Inferred from {n_answers:,} answers; probability {chance:.0%}.")
    reason = (
        f"Asked, the judge said {answer.outcome.symbol} ({answer.reason}) "
        f"From {n_answers:,} answers and their noise, {outcome.symbol} is likelier: probability {chance:.0%}."
    )
    return answer._replace(outcome=outcome, strength=chance, reason=reason)
