"""Whether a table is what its schema says; the rules that a made table breaks are counted in `violations`."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.tabular.cells import NUMERIC, canonical, is_infinite, numbers_of
from core.tabular.form.list_codec import MOST_SLOTS
from core.tabular.rule_checks import Cells, breaks_dependency, breaks_inequality
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.schema_rules import rule_problems
from core.tabular.table import RawTable
from core.tabular.violations import RuleCount, violations
from core.tabular.wording import counted

__all__ = ["HEADER_ROWS", "LEAST_OF_A_CLASS", "RuleCount", "check_form", "check_schema", "violations"]

LEAST_OF_A_CLASS = 5
HEADER_ROWS = 2  # the header is row 1 of the file, and rows are counted from 1

_KIND_NAMES = {
    ColumnKind.NUMBER: "a number",
    ColumnKind.INTEGER: "a whole number",
    ColumnKind.DATE: "a date of the form {form}",
}


def check_schema(table: RawTable, schema: TableSchema, needs_target: bool = False) -> None:
    """`InvalidInput` with every problem: columns, cells, target and rules that are not as the schema says.

    `needs_target`: a schema without a target is a problem too.
    """
    problems = _form_problems(table, schema)
    if needs_target and not schema.target:
        problems.append(Problem("No column is the target.", "Choose the column that says what is to be predicted."))
    if schema.target in table.cells:
        problems += _class_problems(table, schema)
    _refuse(problems)


def check_form(table: RawTable, schema: TableSchema) -> None:
    """`InvalidInput` as `check_schema`, but for the classes of the target: a part of a table may have few of one."""
    _refuse(_form_problems(table, schema))


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InvalidInput("The table is not as its schema says", problems)


def _form_problems(table: RawTable, schema: TableSchema) -> list[Problem]:
    """Rules are counted only where every cell reads."""
    problems = [*_column_problems(table, schema)]
    if problems:
        return problems
    problems += rule_problems(schema)
    for column in schema.columns:
        problems += _cell_problems(column, table.cells[column.name])
    if schema.target:
        problems += _empty_targets(schema.target, table.cells[schema.target])
    return problems or [*_broken_rules(table, schema)]


def _column_problems(table: RawTable, schema: TableSchema) -> Iterator[Problem]:
    names = [column.name for column in schema.columns]
    for name in names:
        if name not in table.cells:
            yield Problem("The table has no such column.", f"It has: {', '.join(table.columns)}.", field=name)
    for name in table.columns:
        if name not in names:
            yield Problem("The schema does not say what it is.", "Add it, or take it out of the file.", field=name)
    if not len(table):
        yield Problem("The table has no rows.", "Choose a file with rows under its header.")
    if not schema.learnt:
        yield Problem("No column is left to learn from.", "Read at least one as something else than an identifier.")


def _cell_problems(column: Column, cells: pa.Array) -> Iterator[Problem]:
    if column.kind is ColumnKind.IDENTIFIER:
        return
    if cells.null_count == len(cells):
        yield Problem("Every cell is empty.", "Read it as an identifier: it is then left out.", field=column.name)
    elif column.kind in NUMERIC:
        yield from _unreadable(column, cells)
    elif column.kind is ColumnKind.LIST:
        longest = pc.max(pc.add(pc.count_substring(cells, column.separator), 1)).as_py()
        if longest > MOST_SLOTS:
            message = f"The longest list has {longest} values; {MOST_SLOTS} are the most that can be learnt."
            yield Problem(message, "Read the column as a category or an identifier.", field=column.name)


def _unreadable(column: Column, cells: pa.Array) -> Iterator[Problem]:
    rows = np.flatnonzero(numbers_of(column, cells).is_unreadable)
    texts = cells.take(pa.array(rows)).to_pylist()
    infinite = np.array([column.kind is not ColumnKind.DATE and is_infinite(text) for text in texts], dtype=np.bool_)
    if infinite.any():
        row = int(rows[infinite][0])
        what = counted(int(infinite.sum()), "cell holds an infinite number", "cells hold infinite numbers")
        message = f"{what}, the first {texts[int(np.argmax(infinite))]!r}."
        yield Problem(message, "Empty these cells, or correct them.", row + HEADER_ROWS, column.name)
    if not infinite.all():
        at = int(np.argmin(infinite))
        kind = _KIND_NAMES[column.kind].format(form=column.date_format or "%Y-%m-%d")
        message = f"{counted(int((~infinite).sum()), 'cell is', 'cells are')} not {kind}, the first {texts[at]!r}."
        fix = "Correct them in the file, or read the column as a category."
        yield Problem(message, fix, int(rows[at]) + HEADER_ROWS, column.name)


def _empty_targets(target: str, cells: pa.Array) -> Iterator[Problem]:
    if 0 < cells.null_count < len(cells):
        row = int(np.argmax(cells.is_null().to_numpy(zero_copy_only=False))) + HEADER_ROWS
        message = f"{counted(cells.null_count, 'row has', 'rows have')} no target."
        yield Problem(message, "Take these rows out of the file, or fill the cells in.", row, target)


def _class_problems(table: RawTable, schema: TableSchema) -> Iterator[Problem]:
    cells = canonical(schema.column(schema.target), table.cells[schema.target])
    counts = {str(c["values"]): int(c["counts"].as_py()) for c in pc.value_counts(cells.drop_null())}
    if len(counts) == 1:
        message = f"Every row has the target {next(iter(counts))!r}: there is nothing to tell apart."
        yield Problem(message, "Choose a column with two classes or more.", field=schema.target)
    rare = {name: count for name, count in counts.items() if count < LEAST_OF_A_CLASS}
    if rare and len(counts) > 1:
        shown = ", ".join(f"{name!r} ({count})" for name, count in list(rare.items())[:5])
        message = f"{counted(len(rare), 'class has', 'classes have')} fewer than {LEAST_OF_A_CLASS} rows: {shown}."
        fix = "Take their rows out, join classes in the file, or choose another target."
        yield Problem(message, fix, field=schema.target)


def _broken_rules(table: RawTable, schema: TableSchema) -> Iterator[Problem]:
    cells = {column.name: canonical(column, table.cells[column.name]) for column in schema.columns}
    columns = {column.name: column for column in schema.columns}
    for dependency in schema.dependencies:
        broken = breaks_dependency(cells, dependency)
        if broken.any():
            yield _broken_dependency(cells, dependency, broken)
    for rule in schema.inequalities:
        broken = breaks_inequality(cells, rule, columns)
        if broken.any():
            yield _broken_inequality(cells, rule, broken)


def _broken_dependency(cells: Cells, rule: Dependency, broken: NDArray[np.bool_]) -> Problem:
    row = int(np.argmax(broken))
    values = ", ".join(repr(cells[name][row].as_py() or "") for name in rule.determinants)
    what = counted(int(broken.sum()), "row breaks", "rows break")
    message = (
        f"{what} {', '.join(rule.determinants)} -> {rule.dependent}: with {values}, "
        f"{cells[rule.dependent][row].as_py() or ''!r} is not what most rows have."
    )
    return Problem(message, "Correct the rows, or remove the rule.", row + HEADER_ROWS, rule.dependent)


def _broken_inequality(cells: Cells, rule: Inequality, broken: NDArray[np.bool_]) -> Problem:
    row = int(np.argmax(broken))
    first, second = (cells[name][row].as_py() for name in (rule.smaller, rule.larger))
    what = counted(int(broken.sum()), "row breaks", "rows break")
    message = f"{what} {rule.smaller} <= {rule.larger}: {first} is more than {second}."
    return Problem(message, "Correct the rows, or remove the rule.", row + HEADER_ROWS, rule.smaller)
