"""How near synthetic rows lie to training rows, beside how near the holdout's own rows do."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.tabular.cells import canonical
from core.tabular.report.folds import clustered_interval, share_interval
from core.tabular.report.frozen import Interval
from core.tabular.report.privacy_model import Copies, Spread
from core.tabular.report.row_space import RowSpace, nearest_rows
from core.tabular.schema import ColumnKind, TableSchema
from core.tabular.table import RawTable

_NEAR_QUANTILE: Final = 0.01
_QUANTILES: Final = (0.05, 0.25, 0.5, 0.75, 0.95)
_LEAST: Final = 1e-9
_BETWEEN: Final = "\x1f"


@dataclass(frozen=True, slots=True)
class Closeness:
    """Of each row the distance to its closest training row, and that by the distance to the second; float64 [R]."""

    dcr: NDArray[np.float64]
    nndr: NDArray[np.float64]


def closeness(rows: RowSpace, train: RowSpace) -> Closeness:
    """A row with two exact copies among the training rows has the ratio 1, as one between two equally near rows."""
    distances = nearest_rows(rows, train, 2).distances.astype(np.float64)
    apart = distances[:, 1] > _LEAST
    ratio = np.divide(distances[:, 0], distances[:, 1], out=np.ones(len(distances)), where=apart)
    return Closeness(distances[:, 0], ratio)


def spread_of(values: NDArray[np.float64]) -> Spread:
    """The five quantiles."""
    p5, p25, p50, p75, p95 = (float(value) for value in np.quantile(values, _QUANTILES))
    return Spread(p5=p5, p25=p25, p50=p50, p75=p75, p95=p95)


def dcr_share(synthetic: RowSpace, train: RowSpace, holdout: RowSpace, *, leave_self_out: bool = False) -> Interval:
    """Share of synthetic rows closer to a training than to a holdout row, as if there were as many of each.

    Were a synthetic row nobody's, the closest of T training and H holdout rows would be a training row with odds T : H;
    the odds found are divided by these. A row as close to both counts half. The interval knows that rows with one and
    the same closest row go together. `leave_self_out` where the holdout itself is looked at: no row is its own closest.
    """
    sides = nearest_rows(synthetic, train, 1), nearest_rows(synthetic, holdout, 1, leave_self_out=leave_self_out)
    to_train, to_holdout = (side.distances[:, 0] for side in sides)
    hits = (to_train < to_holdout) + (to_train == to_holdout) / 2
    closest = np.where(to_train <= to_holdout, sides[0].rows[:, 0], len(train.places) + sides[1].rows[:, 0])
    alone, together = share_interval(float(hits.sum()), len(hits)), clustered_interval(hits, closest)
    chance = len(train.places) / (len(train.places) + len(holdout.places) - leave_self_out)
    shares = alone.value, min(alone.low, together.low), max(alone.high, together.high)
    value, low, high = (_at_even_odds(share, chance) for share in shares)
    return Interval(value=value, low=low, high=high)


def _at_even_odds(share: float, chance: float) -> float:
    return share * (1 - chance) / (share * (1 - chance) + (1 - share) * chance)


def copies_of(
    synthetic: RawTable, holdout: RawTable, train: RawTable, schema: TableSchema, made: Closeness, own: Closeness
) -> Copies:
    """Exact copies cell by cell in every column but identifiers; near copies by distance."""
    near = float(np.quantile(own.dcr, _NEAR_QUANTILE))
    known = row_texts(train, schema).unique()
    exact = [_share(pc.is_in(row_texts(side, schema), value_set=known)) for side in (synthetic, holdout)]
    return Copies(
        exact_share=exact[0],
        holdout_exact_share=exact[1],
        near_share=float((made.dcr <= near).mean()),
        holdout_near_share=float((own.dcr <= near).mean()),
    )


def row_texts(table: RawTable, schema: TableSchema) -> pa.Array:
    """Every row as one text, equal for rows of equal values; no cell holds an empty text, which stands for none."""
    cells = [
        canonical(column, table.cells[column.name])
        for column in schema.columns
        if column.kind is not ColumnKind.IDENTIFIER
    ]
    texts = [pc.fill_null(column, "") for column in cells]
    return pc.binary_join_element_wise(*texts, pa.scalar(_BETWEEN, pa.large_string()))


def _share(found: pa.Array) -> float:
    return float(pc.sum(found).as_py() or 0) / max(len(found), 1)
