"""How many rows of a made table break a rule, hold a value never seen, or do not read."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.tabular.cells import NUMERIC, canonical, numbers_of
from core.tabular.form.list_codec import split_lists
from core.tabular.rule_checks import Cells, breaks_dependency, breaks_inequality
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.table import RawTable

RuleKind = Literal["dependency", "inequality", "category", "range", "cell"]


@dataclass(frozen=True, slots=True)
class RuleCount:
    """One rule in words, and how many rows break it."""

    rule: str
    n_rows: int
    kind: RuleKind


def violations(table: RawTable, schema: TableSchema, known: RawTable) -> tuple[RuleCount, ...]:
    """Every rule of the schema with the rows of `table` that break it, as `known` (the training table) has it.

    A dependency is broken by a value other than the known one, or by rows that contradict each other; an empty cell
    where `known` has none is a category never seen. Identifiers are not looked at. `InvalidInput` for a column that
    is missing.
    """
    columns = {c.name: c for c in schema.columns if c.kind is not ColumnKind.IDENTIFIER}
    missing = [Problem("The made table has no such column.", field=name) for name in columns if name not in table.cells]
    if missing:
        raise InvalidInput("The made table cannot be checked", missing)
    cells = {name: canonical(column, table.cells[name]) for name, column in columns.items()}
    seen = {name: canonical(column, known.cells[name]) for name, column in columns.items()}
    return tuple(_counts(cells, seen, schema, columns))


def _counts(cells: Cells, seen: Cells, schema: TableSchema, columns: dict[str, Column]) -> Iterator[RuleCount]:
    for dependency in schema.dependencies:
        text = f"{', '.join(dependency.determinants)} -> {dependency.dependent}"
        yield RuleCount(text, int(breaks_dependency(cells, dependency, seen).sum()), "dependency")
    for rule in schema.inequalities:
        n_broken = int(breaks_inequality(cells, rule, columns).sum())
        yield RuleCount(f"{rule.smaller} <= {rule.larger}", n_broken, "inequality")
    for name, column in columns.items():
        if column.kind in NUMERIC:
            yield from _number_counts(column, cells[name], seen[name])
        else:
            yield RuleCount(
                f"{name}: values never seen", int(_is_unseen(column, cells[name], seen[name]).sum()), "category"
            )


def _number_counts(column: Column, cells: pa.Array, seen: pa.Array) -> Iterator[RuleCount]:
    numbers, known = numbers_of(column, cells), numbers_of(column, seen).values
    yield RuleCount(f"{column.name}: cells that do not read", int(numbers.is_unreadable.sum()), "cell")
    low, high = np.nanmin(known), np.nanmax(known)
    n_outside = int(((numbers.values < low) | (numbers.values > high)).sum())
    yield RuleCount(f"{column.name}: outside the known range", n_outside, "range")
    if not seen.null_count:
        yield RuleCount(f"{column.name}: empty, and never so before", cells.null_count, "category")


def _is_unseen(column: Column, cells: pa.Array, seen: pa.Array) -> NDArray[np.bool_]:
    """Rows with an unknown value; of a list, with a value that is in no known list."""
    if column.kind is not ColumnKind.LIST:
        is_known: NDArray[np.bool_] = pc.is_in(cells, value_set=seen.unique()).to_numpy(zero_copy_only=False)
        return ~is_known
    known = {value for row in split_lists(column, seen.unique()) for value in row}
    has_empty = seen.null_count > 0
    rows = split_lists(column, cells)
    return np.array([not known.issuperset(row) or (not row and not has_empty) for row in rows], dtype=np.bool_)
