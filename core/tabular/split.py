"""Which rows no synthesizer sees: a holdout with the target's classes in proportion and no copy of a training row."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.tabular.cells import canonical
from core.tabular.rule_checks import codes_of, joint_codes
from core.tabular.schema import ColumnKind, TableSchema
from core.tabular.table import RawTable
from core.tabular.wording import counted

LEAST_SHARE: Final = 0.05
LARGEST_SHARE: Final = 0.5


class Holdout(NamedTuple):
    """Row numbers of the two sides, int64 and rising; together they are all rows."""

    train: NDArray[np.int64]
    holdout: NDArray[np.int64]


def split_holdout(table: RawTable, schema: TableSchema, share: float, seed: int) -> Holdout:
    """About `share` of every class of the target held out, rows alike in all but identifiers on one side.

    `ValenceError` for a share outside .05 to .5, and for a class that cannot be on both sides because its rows are
    too few or all alike.
    """
    if not LEAST_SHARE <= share <= LARGEST_SHARE:
        message = f"A holdout of {share:.0%} of the rows is not possible."
        raise ValenceError(message, fix=f"Choose a share from {LEAST_SHARE:.0%} to {LARGEST_SHARE:.0%}.")
    learnt = [column for column in schema.columns if column.kind is not ColumnKind.IDENTIFIER]
    codes = {column.name: codes_of(canonical(column, table.cells[column.name])) for column in learnt}
    group = joint_codes(list(codes.values()))
    strata = codes[schema.target] if schema.target else np.zeros(len(table), dtype=np.int64)
    rng = np.random.default_rng(seed)
    is_held = np.zeros(len(table), dtype=np.bool_)
    for stratum in range(int(strata.max(initial=0)) + 1):
        rows = np.flatnonzero(strata == stratum)
        held = _held(group[rows], share, rng)
        if not held.any() or held.all():
            raise _too_alike(table, schema, int(rows[0]), len(rows))
        is_held[rows] = held
    return Holdout(np.flatnonzero(~is_held), np.flatnonzero(is_held))


def _held(group: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Whole groups in random order while they fit into the wanted number of rows, at least one row; bool [rows]."""
    _, index, sizes = np.unique(group, return_inverse=True, return_counts=True)
    wanted = max(round(share * len(group)), 1)
    is_held = np.zeros(len(sizes), dtype=np.bool_)
    order = rng.permutation(len(sizes))
    n_held = 0
    for at, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        if n_held + size <= wanted:
            is_held[at] = True
            n_held += size
    if not is_held.any() and len(sizes) > 1:
        is_held[np.argmin(sizes)] = True  # every group is larger than the share: the smallest is nearest to it
    held: NDArray[np.bool_] = is_held[index.ravel()]
    return held


def _too_alike(table: RawTable, schema: TableSchema, row: int, n_rows: int) -> ValenceError:
    whose = f" with {schema.target} {table.cells[schema.target][row].as_py()!r}" if schema.target else ""
    message = f"{counted(n_rows, 'row', 'rows')}{whose} cannot be parted: too few, or copies of one another."
    return ValenceError(message, fix="Add rows, or choose another target." if schema.target else "Add rows.")
