"""A schema as tables that can be edited, and back: one line per column, one per rule."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import pandas as pd

from app.components.tabular.words import KIND_NAMES
from core.errors import InvalidInput, Problem
from core.tabular.cells import COMMA, POINT
from core.tabular.findings.columns import ColumnFinding
from core.tabular.findings.rules import RuleFinding
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema

COLUMN, KIND, FORM = "Column", "Read as", "Written with"
MISSING, N_VALUES, EXAMPLES, WHY = "Missing", "Different", "Examples", "Why"
FROM, LOOKED_UP, SMALLER, LARGER, HOLDS = "These columns", "Look up", "Never greater", "Than", "In this table"
MOST_DECIMALS, MOST_SEPARATOR = 12, 3
_WITH_DECIMALS: Final = (ColumnKind.NUMBER, ColumnKind.INTEGER)
_KINDS: Final = {name: kind for kind, name in KIND_NAMES.items()}


def columns_frame(schema: TableSchema, findings: Sequence[ColumnFinding]) -> pd.DataFrame:
    """A line per column of the table, in the file's order, with what was found in it."""
    found = {finding.name: finding for finding in findings}
    rows = [_column_row(column, found.get(column.name)) for column in schema.columns]
    return pd.DataFrame(rows).astype({FORM: "object"})


def dependencies_frame(rules: Sequence[Dependency], findings: Sequence[RuleFinding]) -> pd.DataFrame:
    """A line per rule: the columns that determine, the one looked up, and in how many rows it holds."""
    holds = _holds(findings)
    rows = [(list(rule.determinants), rule.dependent, holds.get(rule, "")) for rule in rules]
    return pd.DataFrame(rows, columns=[FROM, LOOKED_UP, HOLDS]).astype("object")


def inequalities_frame(rules: Sequence[Inequality], findings: Sequence[RuleFinding]) -> pd.DataFrame:
    """A line per rule: the smaller column, the larger one, and in how many rows it holds."""
    holds = _holds(findings)
    rows = [(rule.smaller, rule.larger, holds.get(rule, "")) for rule in rules]
    return pd.DataFrame(rows, columns=[SMALLER, LARGER, HOLDS]).astype("object")


def schema_of(columns: pd.DataFrame, looked_up: pd.DataFrame, never_greater: pd.DataFrame, target: str) -> TableSchema:
    """The schema that the tables say; `InvalidInput` names every form and line that says nothing, then every clash."""
    problems = [
        *_form_problems(columns),
        *_half_empty(looked_up, (FROM, LOOKED_UP)),
        *_half_empty(never_greater, (SMALLER, LARGER)),
    ]
    if problems:
        raise InvalidInput("The schema cannot be used yet", problems)
    return TableSchema(
        columns=tuple(_column(row) for row in _records(columns)),
        target=target,
        dependencies=tuple(
            Dependency(determinants=tuple(row[FROM]), dependent=row[LOOKED_UP]) for row in _filled(looked_up, FROM)
        ),
        inequalities=tuple(
            Inequality(smaller=row[SMALLER], larger=row[LARGER]) for row in _filled(never_greater, SMALLER)
        ),
    )


def _column_row(column: Column, found: ColumnFinding | None) -> dict[str, Any]:
    return {
        COLUMN: column.name,
        KIND: KIND_NAMES[column.kind],
        FORM: _form(column),
        MISSING: None if found is None else 100 * found.missing,
        N_VALUES: None if found is None else found.n_values,
        EXAMPLES: "" if found is None else ", ".join(found.examples),
        WHY: "" if found is None else found.evidence,
    }


def _form(column: Column) -> str:
    if column.decimal_mark == COMMA:
        return f"{COMMA}{column.decimals or 0}"
    if column.kind is ColumnKind.NUMBER:
        return str(column.decimals)
    return column.separator if column.kind is ColumnKind.LIST else column.date_format


def _column(row: Mapping[str, Any]) -> Column:
    """Only what its kind needs: a form left over from another kind means nothing."""
    kind, form = _KINDS[row[KIND]], _text(row[FORM])
    decimals = form.removeprefix(COMMA)
    return Column(
        name=row[COLUMN],
        kind=kind,
        decimals=int(decimals) if kind is ColumnKind.NUMBER and decimals else None,
        decimal_mark=COMMA if kind in _WITH_DECIMALS and form.startswith(COMMA) else POINT,
        separator=form if kind is ColumnKind.LIST else "",
        date_format=form if kind is ColumnKind.DATE else "",
    )


def _form_problems(columns: pd.DataFrame) -> list[Problem]:
    """Forms that their kind cannot have."""
    found = []
    for row in _records(columns):
        kind, form = _KINDS[row[KIND]], _text(row[FORM])
        decimals = form.removeprefix(COMMA)
        if kind is ColumnKind.NUMBER and form and not (decimals.isdecimal() and int(decimals) <= MOST_DECIMALS):
            message = f"{form!r} is no number of decimals."
            fix = f"Write 0 to {MOST_DECIMALS}, with a comma before it if the decimals follow a comma."
            found.append(Problem(message, fix, field=row[COLUMN]))
        if kind is ColumnKind.LIST and len(form) > MOST_SEPARATOR:
            message = f"{form!r} is too long for the text between the values of a list."
            found.append(Problem(message, f"At most {MOST_SEPARATOR} characters.", field=row[COLUMN]))
    return found


def _holds(findings: Sequence[RuleFinding]) -> dict[Dependency | Inequality, str]:
    return {one.rule: f"{one.rows_held:,} of {one.rows_checked:,} rows" for one in findings}


def _filled(rules: pd.DataFrame, first: str) -> Iterable[dict[str, Any]]:
    return (row for row in _records(rules) if not _is_empty(row[first]))


def _half_empty(rules: pd.DataFrame, names: tuple[str, str]) -> list[Problem]:
    """Lines of which one side is chosen and the other is not; a line left blank is no rule."""
    found = []
    for number, row in enumerate(_records(rules), start=1):
        empty = [name for name in names if _is_empty(row[name])]
        if len(empty) == 1:
            found.append(
                Problem(
                    f"Line {number} of “{names[0]}” is half empty.", "Fill it in, or delete the line.", field=empty[0]
                )
            )
    return found


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, float) and cell != cell) or len(cell) == 0


def _text(cell: Any) -> str:
    return "" if cell is None or cell is pd.NA or cell != cell else str(cell)
