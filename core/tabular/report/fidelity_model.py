"""How like the holdout a synthetic table is."""

from typing import Literal

from core.tabular.report.frozen import Frozen, Interval, ShareCurvePoint
from core.tabular.schema import ColumnKind


class Giveaway(Frozen):
    """One feature by which synthetic rows are told from real ones: how much AUC is lost without it."""

    feature: str
    auc_drop: float


class Discriminator(Frozen):
    """How well boosted trees tell synthetic from real rows they did not train on: .5 is "not at all"."""

    auc: Interval
    n_rows_each: int
    giveaways: tuple[Giveaway, ...] = ()


class ColumnFidelity(Frozen):
    """One column at a time; `shares` are those of the reference column's bins, in their order.

    `ks` (numbers and dates only) and `js` run from 0, alike, to 1, nothing in common; `shape` from 0 to 1, alike.
    """

    column: str
    kind: ColumnKind
    ks: float | None
    js: float
    shape: float
    missing_share: float
    shares: tuple[float, ...]


class PairTrend(Frozen):
    """How alike the relation of two columns is, 1 for the same."""

    first: str
    second: str
    score: float


class Neighbours(Frozen):
    """Balls around rows, k = 5: precision, recall, their harmonic mean (`prd`), density, coverage, and the curve."""

    k: int
    precision: float
    recall: float
    prd: float
    density: float
    coverage: float
    curve: tuple[ShareCurvePoint, ...]


class ListFidelity(Frozen):
    """One list column: distance of lengths (KS), of single values (JS), of pairs in one list (total variation)."""

    column: str
    length_ks: float
    value_js: float
    pair_distance: float
    repeated_share: float
    holdout_repeated_share: float


class MissingPattern(Frozen):
    """Columns missing together, and in what share of the rows of each table."""

    columns: tuple[str, ...]
    holdout_share: float
    synthetic_share: float


class MissingFidelity(Frozen):
    """Total variation between which cells are missing together (0 is alike), and the commonest patterns."""

    distance: float
    patterns: tuple[MissingPattern, ...]


class RuleBroken(Frozen):
    """A rule of the schema, or of its values, and how many synthetic rows break it."""

    rule: str
    n_rows: int


class Fidelity(Frozen):
    """Everything measured between a synthetic table and the holdout.

    `shape`, `ks` and `js` look at one column at a time, and a shuffle of the columns passes them. `minority` is the
    discriminator among the rows of the rarest class alone. `associations` are in the order of the reference's columns.
    `projection` holds synthetic rows on the reference's two axes.
    """

    discriminator: Discriminator
    minority: Discriminator | None
    propensity_auc: Interval
    ks: float | None
    js: float
    shape: float
    columns: tuple[ColumnFidelity, ...]
    pair_trends: float
    worst_pairs: tuple[PairTrend, ...]
    associations: tuple[tuple[float, ...], ...]
    neighbours: Neighbours
    lists: tuple[ListFidelity, ...]
    missing: MissingFidelity
    violations: tuple[RuleBroken, ...]
    positive_share: float | None
    projection: tuple[tuple[float, float], ...]

    @property
    def n_violations(self) -> int:
        """Breaches of rules, summed over the rules."""
        return sum(rule.n_rows for rule in self.violations)


class ReferenceColumn(Frozen):
    """A column of the holdout, binned: `edges` (one more than shares) of numbers, `labels` of anything else.

    `edge_labels` are the edges as the column's cells are written: dates as dates.
    """

    column: str
    kind: ColumnKind
    drawn_as: Literal["numbers", "labels"]
    edges: tuple[float, ...] = ()
    edge_labels: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    shares: tuple[float, ...]
    missing_share: float


class Reference(Frozen):
    """The holdout's side of every chart; `associations[i][j]` is between `columns` i and j."""

    columns: tuple[ReferenceColumn, ...]
    associations: tuple[tuple[float, ...], ...]
    projection: tuple[tuple[float, float], ...]
    positive_share: float | None
