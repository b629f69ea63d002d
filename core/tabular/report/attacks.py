"""Attacks on the training rows through a synthetic table, each beside the same attack where nothing can leak.

Membership: is this row among the training rows? Rows near the synthetic table are taken for members, or rows nearer to
it than to other real rows (the relative form, after van Breugel et al., AISTATS 2023). Attribute inference: knowing
all of a row but one cell, is the cell of the synthetic row most like it the same?
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.report.bench import Bench
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable
from core.tabular.report.folds import Z_95, auc_interval, clustered_interval
from core.tabular.report.frozen import Interval
from core.tabular.report.privacy_model import Attack
from core.tabular.report.row_space import RowSpace, nearest_rows, row_space

_SECRETS: Final = 5
_VICTIMS: Final = 1_500
LEAST_VICTIMS: Final = 20
_LIKE: Final = 0.025  # a number is guessed when its rank is missed by no more
# Several attacks are tried: with this factor of the standard error, ten that gain nothing raise a false alarm in 40
# reports together.
_Z: Final = 3.02
_LEAST: Final = 1e-6
NEAR: Final = "membership-near"
RELATIVE: Final = "membership-relative"


class MembershipScores(NamedTuple):
    """Two scores of every victim, float64 [V] each: higher says "member"."""

    near: NDArray[np.float64]
    relative: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Guesses:
    """Whether each victim's cell was guessed, bool [V], and from which synthetic row, int64 [V].

    One synthetic row may be the nearest of many victims, and then all their guesses are right or wrong together: errors
    are those of clusters, one per synthetic row.
    """

    hits: NDArray[np.bool_]
    found: NDArray[np.int64]

    @property
    def share(self) -> float:
        """Share of the victims guessed."""
        return float(self.hits.mean())

    @property
    def interval(self) -> Interval:
        """The share with its 95 % interval."""
        return clustered_interval(self.hits.astype(np.float64), self.found)

    def pulls(self, other: "Guesses") -> NDArray[np.float64]:
        """How far each synthetic row pulls the gap between two groups of victims from its mean, float64 [S]."""
        sides = [(side, (side.hits - side.share) / len(side.hits)) for side in (self, other)]
        n_rows = int(max(self.found.max(), other.found.max())) + 1
        first, second = (np.bincount(side.found, weights=weights, minlength=n_rows) for side, weights in sides)
        return np.asarray(first - second, dtype=np.float64)


def membership_scores(victims: RowSpace, synthetic: RowSpace, others: RowSpace) -> MembershipScores:
    """`others` are real rows that are no victims: what nearness is usual where the victim lies."""
    to_made = nearest_rows(victims, synthetic, 1).distances[:, 0].astype(np.float64)
    usual = nearest_rows(victims, others, 1).distances[:, 0].astype(np.float64)
    return MembershipScores(-to_made, np.log((usual + _LEAST) / (to_made + _LEAST)))


def membership_aucs(
    members: RowSpace, strangers: RowSpace, synthetic: RowSpace, others: RowSpace
) -> dict[str, Interval]:
    """AUC of each attack between members and strangers, by its name."""
    scores = [membership_scores(side, synthetic, others) for side in (members, strangers)]
    labels = np.concatenate([np.ones(len(members.places), bool), np.zeros(len(strangers.places), bool)])
    return {
        NEAR: auc_interval(labels, np.concatenate([side.near for side in scores])),
        RELATIVE: auc_interval(labels, np.concatenate([side.relative for side in scores])),
    }


def membership_attacks(success: dict[str, Interval], control: dict[str, Interval]) -> tuple[Attack, ...]:
    """Both attacks; `control` is from real rows in place of the synthetic ones, which can know nobody."""
    titles = {NEAR: "Membership by nearness", RELATIVE: "Membership by relative nearness"}
    attacks = []
    for name, title in titles.items():
        widths = np.array([side.high - side.low for side in (success[name], control[name])])
        error = float(np.sqrt((widths**2).sum())) / (2 * Z_95)
        attacks.append(_attack(name, title, "AUC", success[name], control[name], error))
    return tuple(attacks)


def attribute_attacks(synthetic: EncodedTable, strangers: EncodedTable, bench: Bench) -> Steps[tuple[Attack, ...]]:
    """For each secret column the share of training rows whose cell is guessed, beside that of `strangers`.

    Not tried where either side has fewer than 20 victims: nothing could be said.
    """
    attacks = []
    secrets = secret_columns(bench)
    for number, name in enumerate(secrets):
        yield Progress(number, len(secrets), f"Guessing {name!r} from all else")
        made = row_space(synthetic, bench.holdout, bench.encoder, without=name)
        guesses = []
        for side in (bench.train, strangers):
            victims = side.take(_victims(side, name, bench))
            space = row_space(victims, bench.holdout, bench.encoder, without=name)
            found = nearest_rows(space, made, 1).rows[:, 0]
            guesses.append(Guesses(_guessed(victims, synthetic.take(found), name, bench.holdout), found))
        if min(len(side.hits) for side in guesses) >= LEAST_VICTIMS:
            attacks.append(_inference(name, guesses[0], guesses[1]))
    return tuple(attacks)


def secret_columns(bench: Bench) -> Sequence[str]:
    """The target, and the columns with most to guess: those whose commonest value is least common."""
    learnt = [column.name for column in bench.encoder.schema.learnt]
    names = [name for name in learnt if name not in bench.train.lists and name != bench.schema.target]
    commonest = {name: _commonest_share(bench.train, name) for name in names}
    ordered = sorted(names, key=lambda name: commonest[name])
    target = [bench.schema.target] if bench.schema.target else []
    return (target + ordered)[:_SECRETS] if len(learnt) > 1 else ()


def _victims(side: EncodedTable, name: str, bench: Bench) -> NDArray[np.int64]:
    """At most 1,500 rows; for the target as many of the rarest class as of the others, or guessing the usual wins."""
    if name != bench.schema.target:
        return drawn_rows(len(side), _VICTIMS, bench.seed, "victims")
    positive = bench.is_positive(side)
    n_each = min(int(positive.sum()), int((~positive).sum()), _VICTIMS // 2)
    kinds = [np.flatnonzero(rows) for rows in (positive, ~positive)]
    return np.concatenate([rows[drawn_rows(len(rows), n_each, bench.seed, "victims")] for rows in kinds])


def _guessed(victims: EncodedTable, found: EncodedTable, name: str, real: EncodedTable) -> NDArray[np.bool_]:
    """Whose cell is that of the row found, bool [V]; numbers count as the same when their ranks are close."""
    if name in victims.codes:
        return np.asarray(victims.codes[name] == found.codes[name])
    known = np.sort(real.numbers[name][~np.isnan(real.numbers[name])])
    places = [np.searchsorted(known, side.numbers[name]) / max(len(known), 1) for side in (victims, found)]
    empty = [np.isnan(side.numbers[name]) for side in (victims, found)]
    like = (np.abs(places[0] - places[1]) <= _LIKE) & ~empty[0] & ~empty[1]
    return np.asarray(like | (empty[0] & empty[1]))


def _commonest_share(table: EncodedTable, name: str) -> float:
    values = table.codes[name] if name in table.codes else table.numbers[name]
    counts = np.unique(values, return_counts=True, equal_nan=True)[1]
    return float(counts.max() / len(values))


def _inference(name: str, members: Guesses, strangers: Guesses) -> Attack:
    """The error is the larger of two: of clusters, and of two groups with one share, which no hit at all leaves > 0."""
    sizes = np.array([len(members.hits), len(strangers.hits)])
    pooled = (members.hits.sum() + strangers.hits.sum() + 1) / (sizes.sum() + 2)
    alone = float(np.sqrt(pooled * (1 - pooled) * (1 / sizes).sum()))
    together = float(np.sqrt((members.pulls(strangers) ** 2).sum()))
    titled = f"Inference of {name}"
    return _attack(
        f"attribute-{name}", titled, "share guessed", members.interval, strangers.interval, max(alone, together)
    )


def _attack(name: str, title: str, measure: str, success: Interval, control: Interval, error: float) -> Attack:
    """The gap between both, with its interval from the standard error."""
    gap = success.value - control.value
    advantage = Interval(value=gap, low=gap - _Z * error, high=gap + _Z * error)
    return Attack(
        name=name, title=title, measure=measure, success=success, control=control, advantage=advantage,
        succeeded=advantage.low > 0,
    )  # fmt: skip
