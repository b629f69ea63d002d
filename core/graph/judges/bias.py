"""Watching a judge for one-sidedness: a call that says one sign for everything, again and again.

The rule. A call counts when at least `MIN_ANSWERS` of its targets were answered; it is uniform when all of them got the
same sign. A sign alarms when at least `MIN_UNIFORM` counted calls are uniform in it and they make up at least its share
in `ALARM_SHARE` of all counted calls. One uniform call means nothing: a world brand fits most countries. Neutral is
allowed more of them, since an attribute may well say nothing about anything. Runs whose calls are too short to count
are watched by the second rule: `MIN_TOTAL` answers or more of which at least `TOTAL_SHARE` are one sign.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Final, NamedTuple

from core.graph.model import Outcome, Verdict

MIN_ANSWERS = 12
MIN_UNIFORM = 4
ALARM_SHARE: Final[Mapping[Outcome, float]] = {
    Outcome.POSITIVE: 1 / 3,
    Outcome.NEGATIVE: 1 / 3,
    Outcome.NEUTRAL: 2 / 3,
}
MIN_TOTAL = 200
TOTAL_SHARE = 0.97


class BiasTally(NamedTuple):
    """Counts so far: counted calls, uniform ones among them by sign, and all answers by sign."""

    n_calls: int
    uniform: Mapping[Outcome, int]
    answers: Mapping[Outcome, int]


class BiasWatch:
    """Collects the answers of one run's calls; may be fed from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._n_calls = 0
        self._uniform: Counter[Outcome] = Counter()
        self._answers: Counter[Outcome] = Counter()

    def observe(self, verdicts: Sequence[Verdict]) -> None:
        """Take in the verdicts of one call; pairs without an answer are left out."""
        signs = [Outcome(verdict.outcome) for verdict in verdicts if verdict.outcome in ALARM_SHARE]
        with self._lock:
            self._answers.update(signs)
            if len(signs) >= MIN_ANSWERS:
                self._n_calls += 1
                if len(set(signs)) == 1:
                    self._uniform[signs[0]] += 1

    @property
    def tally(self) -> BiasTally:
        """The counts at this moment."""
        with self._lock:
            return BiasTally(self._n_calls, dict(self._uniform), dict(self._answers))

    @property
    def warning(self) -> str:
        """What is one-sided about the run so far, in plain sentences; empty while nothing is."""
        tally = self.tally
        sentences = [sentence for sign in ALARM_SHARE if (sentence := _alarm(tally, sign))]
        return " ".join(sentences)


def _alarm(tally: BiasTally, sign: Outcome) -> str:
    n_uniform, n_answers = tally.uniform.get(sign, 0), sum(tally.answers.values())
    n_sign = tally.answers.get(sign, 0)
    if n_uniform >= MIN_UNIFORM and n_uniform >= ALARM_SHARE[sign] * tally.n_calls:
        said = f"{n_uniform} of {tally.n_calls} calls answered {sign.symbol} for every target"
    elif n_answers >= MIN_TOTAL and n_sign >= TOTAL_SHARE * n_answers:
        said = f"{n_sign:,} of {n_answers:,} answers are {sign.symbol}"
    else:
        return ""
    return f"One-sided answers: {said}. Look at some of them before you trust the graph; try another model or prompt."
