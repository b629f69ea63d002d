"""Which attacks on the training rows were tried through a synthetic table, and how far each got."""

from core.tabular.report.frozen import Frozen, Interval


class Spread(Frozen):
    """Five quantiles of a distance or ratio: of 5, 25, 50, 75 and 95 %."""

    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


class Copies(Frozen):
    """Training rows found again: the share of synthetic rows, beside the share of holdout rows.

    `near` is closer than 99 % of the holdout is to the training rows.
    """

    exact_share: float
    holdout_exact_share: float
    near_share: float
    holdout_near_share: float


class Attack(Frozen):
    """One attack. `success` on training rows, `control` of the same attack on rows that no engine saw.

    An attack has `succeeded` when the interval of its `advantage` over the control lies above nothing gained.
    """

    name: str
    title: str
    measure: str
    success: Interval
    control: Interval
    advantage: Interval
    succeeded: bool


class Privacy(Frozen):
    """Distances count the columns in which two rows differ, a number by its difference in rank.

    `dcr_share`: of the synthetic rows, how many lie closer to a training row than to a holdout row, as if there were as
    many of each; rows that are nobody's give .5, copies 1.
    """

    dcr_share: Interval
    dcr: Spread
    holdout_dcr: Spread
    nndr: Spread
    holdout_nndr: Spread
    copies: Copies
    attacks: tuple[Attack, ...]

    @property
    def membership_auc(self) -> float | None:
        """The stronger of the membership attacks."""
        found = [attack.success.value for attack in self.attacks if attack.name.startswith("membership")]
        return max(found, default=None)

    @property
    def statement(self) -> str:
        """What may be said, and no more than that."""
        names = [attack.title for attack in self.attacks if attack.succeeded]
        if names:
            return f"{len(names)} of the {len(self.attacks)} attacks of this list succeeded: {', '.join(names)}."
        return "No attack of this list succeeded."
