"""What a table's columns and rules look like; a proposal for the user to confirm or change."""

from dataclasses import dataclass, replace

from core.tabular.cells import canonical
from core.tabular.findings.columns import ColumnFinding, find_column
from core.tabular.findings.rules import RuleFinding, find_dependencies, find_inequalities
from core.tabular.findings.target import find_target
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.schema_rules import is_keepable
from core.tabular.table import RawTable

__all__ = ["ColumnFinding", "Detection", "RuleFinding", "detect"]


@dataclass(frozen=True, slots=True)
class Detection:
    """The proposed schema and, for every column and rule, why; rules that almost hold are findings only."""

    schema: TableSchema
    columns: tuple[ColumnFinding, ...]
    rules: tuple[RuleFinding, ...]


def detect(table: RawTable) -> Detection:
    """Kinds of columns, a target and rules proposed from all rows; a rule that some rows break is not in the schema."""
    found = [find_column(name, table.cells[name]) for name in table.columns]
    findings = tuple(finding for _, finding in found)
    target = find_target(findings)
    columns = tuple(_as_class(column) if column.name == target else column for column, _ in found)
    findings = tuple(_with_target(finding) if finding.name == target else finding for finding in findings)
    cells = {column.name: canonical(column, table.cells[column.name]) for column in columns}
    dependencies = find_dependencies(columns, cells, target)
    looked_up = tuple(f.rule for f in dependencies if f.holds and isinstance(f.rule, Dependency))
    schema = TableSchema(columns=columns, target=target, dependencies=looked_up)
    inequalities = [f for f in find_inequalities(columns, cells) if _is_keepable(schema, f)]
    never_greater = tuple(f.rule for f in inequalities if f.holds and isinstance(f.rule, Inequality))
    schema = schema.model_copy(update={"inequalities": never_greater})
    return Detection(schema, findings, (*dependencies, *inequalities))


def _as_class(column: Column) -> Column:
    return Column(name=column.name, kind=ColumnKind.CATEGORY)


def _with_target(finding: ColumnFinding) -> ColumnFinding:
    return replace(finding, kind=ColumnKind.CATEGORY, evidence=f"{finding.evidence} Proposed as the target.")


def _is_keepable(schema: TableSchema, finding: RuleFinding) -> bool:
    return isinstance(finding.rule, Inequality) and is_keepable(schema, finding.rule)
