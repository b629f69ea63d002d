"""What guessing teaches about the public rows: 1,000 submissions of an attacker, on a plain board and on ours.

Three attacks, all with labels that know nothing of the rows. *Random*: 1,000 guesses, each drawn anew. *Boosting* (Blum
and Hardt 2015, section 4): keep the guesses whose answer was above the middle, and submit their majority vote.
*Climbing* (Hardt 2017): change a few rows of the best guess at random and keep the change where the answer got better.
Such labels are worth 1/3; what is shown beyond that by more than chance was learnt from the answers. Three boards: one
that shows every score, the published Ladder with its step of one standard error, and ours, whose step grows.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Row
from core.leaderboard.bootstrap import score_interval
from core.leaderboard.ladder import step_between
from core.leaderboard.metrics import confusion_of, macro_f1_of

N_LABELS = 3
N_PUBLIC = 2_600  # of 13,000 rows
N_PROBES = 1_000
SEED = 20_250_101
DECIMALS = 3

Labels = NDArray[np.int8]
Answer = Callable[[Labels], float]  # what the board shows after a submission


class Board:
    """A board's memory of one team. `step`: standard errors that a better score must lie above, by the tries before."""

    def __init__(self, truth: Labels, is_better: Callable[[Labels, Labels, Labels, int], bool] | None) -> None:
        self._truth, self._is_better = truth, is_better
        self._best: Labels | None = None
        self._shown = 0.0
        self._n = 0

    def submit(self, guess: Labels) -> float:
        """The score that the team sees, at three decimals."""
        score = _score(self._truth, guess)
        if self._is_better is None:
            return round(score, DECIMALS)
        if self._best is None or self._is_better(self._truth, self._best, guess, self._n):
            self._best, self._shown = guess, score
        self._n += 1
        return round(self._shown, DECIMALS)


def plain(truth: Labels) -> Board:
    """Shows every score."""
    return Board(truth, None)


def one_error(truth: Labels) -> Board:
    """The published Ladder: one standard error, however many tries."""
    return Board(truth, lambda true, best, new, _: step_between(true, best, new, N_LABELS, 1).is_improvement)


def ours(truth: Labels) -> Board:
    """The board of `core.leaderboard.ladder`."""
    return Board(truth, lambda true, best, new, n: step_between(true, best, new, N_LABELS, n).is_improvement)


def random_probes(board: Board, rng: np.random.Generator) -> float:
    """The best of many guesses."""
    return max(board.submit(_guess(rng)) for _ in range(N_PROBES))


def boosting(board: Board, rng: np.random.Generator) -> float:
    """The majority vote of the guesses whose answers were above the middle of all."""
    guesses = [_guess(rng) for _ in range(N_PROBES - 1)]
    answers = np.array([board.submit(guess) for guess in guesses])
    is_better = answers > np.median(answers)
    kept = np.array(guesses)[is_better if is_better.any() else slice(None)]
    votes = (kept[:, :, None] == np.arange(N_LABELS)).sum(axis=0)
    return max(float(answers.max()), board.submit(votes.argmax(axis=1).astype(np.int8)))


def climbing(board: Board, rng: np.random.Generator) -> float:
    """Random changes to a part of the rows, kept where the answer rose."""
    best = _guess(rng)
    shown = board.submit(best)
    for _ in range(N_PROBES - 1):
        tried = np.where(rng.random(N_PUBLIC) < 0.1, _guess(rng), best)
        answer = board.submit(tried)
        if answer > shown:
            best, shown = tried, answer
    return shown


def run() -> list[Row]:
    """The highest score shown after each attack, beside 1/3 and the width of a guess's 95 % interval."""
    rng = np.random.default_rng(SEED)
    truth = _guess(rng)
    noise = score_interval(confusion_of(truth, _guess(np.random.default_rng(SEED + 1)), N_LABELS))
    limit = 1 / N_LABELS + (noise.high - noise.low)  # not half of it: the best of the first tries may be a lucky one
    rows = []
    for attack in (random_probes, boosting, climbing):
        for board in (plain, one_error, ours):
            shown = attack(board(truth), np.random.default_rng(SEED + 2))
            name = f"ladder, {attack.__name__.replace('_', ' ')}, {board.__name__.replace('_', ' ')}"
            rows.append(Row(name, shown, limit, shown / limit, "macro F1", "noise ends at"))
    return rows


def _guess(rng: np.random.Generator) -> Labels:
    return rng.integers(0, N_LABELS, N_PUBLIC).astype(np.int8)


def _score(truth: Labels, guess: Labels) -> float:
    return float(macro_f1_of(confusion_of(truth, guess, N_LABELS)))
