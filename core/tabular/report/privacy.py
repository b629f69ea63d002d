"""Everything an attacker was tried to be: distances, copies, membership and attribute inference."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.report.attacks import attribute_attacks, membership_attacks, membership_aucs
from core.tabular.report.bench import Bench
from core.tabular.report.distances import Closeness, closeness, copies_of, dcr_share, spread_of
from core.tabular.report.drawing import drawn_rows, random_for
from core.tabular.report.encoding import EncodedTable
from core.tabular.report.frozen import Interval
from core.tabular.report.privacy_model import Privacy
from core.tabular.report.row_space import RowSpace, row_space
from core.tabular.table import RawTable

_MOST_MADE: Final = 20_000
_MOST_MEASURED: Final = 6_000
_MOST_VICTIMS: Final = 5_000


@dataclass(frozen=True, eq=False)
class PrivacyGround:
    """The real side of every attack. The holdout is parted: one half are `strangers`, the victims beside members.

    One quarter, `others`, is known to all; the `stand_in` rows, int64 [the last quarter], play a synthetic table that
    can know nobody, and `control` holds the membership attacks through them. `held` is the whole holdout.
    """

    train: RowSpace
    held: RowSpace
    members: RowSpace
    strangers: NDArray[np.int64]
    others: NDArray[np.int64]
    stand_in: NDArray[np.int64]
    own: Closeness
    control: dict[str, Interval]


def privacy_ground(bench: Bench) -> Steps[PrivacyGround]:
    """The holdout's own figures, and the control of the membership attacks."""
    yield Progress(0, 2, "Distances of the holdout's own rows")
    train, holdout = (row_space(side, bench.holdout, bench.encoder) for side in (bench.train, bench.holdout))
    own = closeness(holdout, train)
    yield Progress(1, 2, "Membership attacks where nothing can leak")
    order = random_for(bench.seed, "holdout parts").permutation(len(bench.holdout))
    strangers, others, stand_in = (np.sort(part) for part in np.split(order, [len(order) // 2, 3 * len(order) // 4]))
    members = train.take(drawn_rows(len(bench.train), _MOST_VICTIMS, bench.seed, "members"))
    control = membership_aucs(members, holdout.take(strangers), holdout.take(stand_in), holdout.take(others))
    return PrivacyGround(train, holdout, members, strangers, others, stand_in, own, control)


def privacy_of(raw: RawTable, synthetic: EncodedTable, ground: PrivacyGround, bench: Bench) -> Steps[Privacy]:
    """All attacks through one table: at most 20,000 of its rows, 6,000 for distances, drawn by the seed."""
    yield Progress(0, 3, "Distances to the training rows")
    attacked = synthetic.take(drawn_rows(len(synthetic), _MOST_MADE, bench.seed, "attacked"))
    made = row_space(attacked, bench.holdout, bench.encoder)
    measured = made.take(drawn_rows(len(attacked), _MOST_MEASURED, bench.seed, "measured"))
    near = closeness(measured, ground.train)
    yield Progress(1, 3, "Closer to training or to holdout rows")
    share = dcr_share(measured, ground.train, ground.held)
    yield Progress(2, 3, "Membership attacks")
    holdout = row_space(bench.holdout, bench.holdout, bench.encoder)
    success = membership_aucs(ground.members, holdout.take(ground.strangers), made, holdout.take(ground.others))
    inferred = yield from attribute_attacks(attacked, bench.holdout.take(ground.strangers), bench)
    return Privacy(
        dcr_share=share,
        dcr=spread_of(near.dcr),
        holdout_dcr=spread_of(ground.own.dcr),
        nndr=spread_of(near.nndr),
        holdout_nndr=spread_of(ground.own.nndr),
        copies=copies_of(raw, bench.raw_holdout, bench.raw_train, bench.schema, near, ground.own),
        attacks=(*membership_attacks(success, ground.control), *inferred),
    )


def privacy_of_real(ground: PrivacyGround, bench: Bench) -> Steps[Privacy]:
    """The holdout's own figures: attacks through its stand-in rows, distances of every row to all others."""
    rows = ground.stand_in
    attacked = yield from privacy_of(bench.raw_holdout.take(rows), bench.holdout.take(rows), ground, bench)
    share = dcr_share(ground.held, ground.train, ground.held, leave_self_out=True)
    own = {"dcr_share": share, "dcr": attacked.holdout_dcr, "nndr": attacked.holdout_nndr}
    copies = copies_of(bench.raw_holdout, bench.raw_holdout, bench.raw_train, bench.schema, ground.own, ground.own)
    return attacked.model_copy(update={**own, "copies": copies})
