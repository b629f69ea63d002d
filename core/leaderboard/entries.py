"""What stands on a board: scored entries, the best one of each model of each team, and their ranks among those."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.ranking import Entrant, Rank, rank_entrants

SHOWN_DECIMALS = 3


class Span(NamedTuple):
    """The ends of a 95 % interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True, eq=False)
class ShownScore:
    """The figures of one entry over `n_rows` rows, as they may be shown; None where they are not known.

    `macro_f1` is rounded as it is shown; `confusion`, int64 [K, K]: rows are true labels, columns predicted ones, in
    the order of `per_class`.
    """

    macro_f1: float
    interval: Span | None
    per_class: Mapping[str, float]
    accuracy: float | None
    ece: float | None
    confusion: NDArray[np.int64] | None
    n_rows: int


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A submission, or an evaluation log, with its score.

    `score` decides; `public` stands beside it once a version is closed and `score` is the private one. `at`: UTC ISO.
    `code_ref`, `config` (JSON text) and `digest` say where it came from, `source` through what.
    """

    id: str
    team: str
    model: str
    family: str
    at: str
    source: str
    score: ShownScore
    public: ShownScore | None = None
    code_ref: str = ""
    config: str = ""
    digest: str = ""

    @property
    def who(self) -> tuple[str, str]:
        """Whose entry it is: the team and its model."""
        return self.team, self.model


@dataclass(frozen=True, slots=True, eq=False)
class RankedEntry:
    """The entry that stands for a team's model, its rank among those shown, and how many entries the model has.

    `public_place`: where its public score alone would put it among the same entries, once the version is closed.
    """

    entry: Entry
    rank: Rank
    n_entries: int
    public_place: int | None = None

    @property
    def climbed(self) -> int | None:
        """Places won (or lost, negative) from the public to the private score."""
        return None if self.public_place is None else self.public_place - self.rank.place


def best_entries(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Of each team's model the entry that stands for it, best first; of equal scores the earlier one.

    Once private scores decide, it is still the public score that chooses: nobody picks a model by rows that were kept
    back to judge it.
    """
    best: dict[tuple[str, str], Entry] = {}
    for entry in sorted(entries, key=lambda e: (e.at, e.id)):
        held = best.get(entry.who)
        if held is None or _choosing(entry) > _choosing(held):
            best[entry.who] = entry
    return tuple(sorted(best.values(), key=lambda e: (-e.score.macro_f1, e.at, e.id)))


def rank_entries(
    entries: Sequence[Entry],
    truth: NDArray[np.int8] | None = None,
    predicted: Mapping[str, NDArray[np.int8]] | None = None,
) -> tuple[RankedEntry, ...]:
    """Rank the best entry of each team's model, best first; all entries must be of one version and one track.

    `truth`, int8 [n]: the true labels of the rows that are scored; `predicted`, int8 [n] by id: what entries said of
    them, as far as it is known.
    """
    best, rows = best_entries(entries), predicted or {}
    entrants = [Entrant(entry.score.confusion, rows.get(entry.id)) for entry in best]
    ranks = rank_entrants(entrants, truth, [entry.score.macro_f1 for entry in best])
    public = [entry.public.macro_f1 for entry in best if entry.public is not None]
    counts: dict[tuple[str, str], int] = {}
    for entry in entries:
        counts[entry.who] = counts.get(entry.who, 0) + 1
    return tuple(
        RankedEntry(
            entry,
            rank,
            counts[entry.who],
            None if entry.public is None else 1 + sum(other > entry.public.macro_f1 for other in public),
        )
        for entry, rank in zip(best, ranks, strict=True)
    )


def shown(score: float) -> float:
    """A score as it is shown, which is also what is compared."""
    return round(score, SHOWN_DECIMALS)


def _choosing(entry: Entry) -> float:
    return (entry.public or entry.score).macro_f1
