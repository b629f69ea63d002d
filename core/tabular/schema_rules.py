"""Rules of a schema that contradict each other or cannot be kept, found without looking at a cell."""

from collections.abc import Iterator

from core.errors import Problem
from core.tabular.form.limits import circle_of, rising_order
from core.tabular.schema import ColumnKind, Inequality, TableSchema


def rule_problems(schema: TableSchema) -> list[Problem]:
    """Everything wrong with the rules as such: identifiers in them, circles, two columns of which neither can move."""
    problems = [*_identifier_problems(schema), *_date_problems(schema)]
    circle = circle_of(schema.inequalities)
    if circle:
        message = f"The rules go round in a circle: {' <= '.join(circle)}."
        return [*problems, Problem(message, "Remove one of them.", field=circle[0])]
    return [*problems, *_unmovable_problems(schema)]


def fixed_by(schema: TableSchema) -> dict[str, tuple[str, ...]]:
    """The columns whose numbers are never moved, and the columns that determine each: itself, or its determinants."""
    fixed = {name: (name,) for rule in schema.dependencies for name in rule.determinants}
    fixed |= {schema.target: (schema.target,)} if schema.target else {}
    return fixed | {rule.dependent: rule.determinants for rule in schema.dependencies}


def is_keepable(schema: TableSchema, rule: Inequality) -> bool:
    """Whether one of the two columns can be moved, or one column determines both."""
    fixed = fixed_by(schema)
    if rule.smaller not in fixed or rule.larger not in fixed:
        return True
    return fixed[rule.smaller] == fixed[rule.larger] and len(fixed[rule.smaller]) == 1


def _identifier_problems(schema: TableSchema) -> Iterator[Problem]:
    identifiers = {column.name for column in schema.columns if column.kind is ColumnKind.IDENTIFIER}
    for rule in schema.dependencies:
        text = f"{', '.join(rule.determinants)} -> {rule.dependent}"
        for name in sorted(identifiers & {*rule.determinants, rule.dependent}):
            message = f"The rule {text} names an identifier, which is not learnt."
            yield Problem(message, "Remove the rule, or read the column as a category.", field=name)


def _date_problems(schema: TableSchema) -> Iterator[Problem]:
    for column in schema.columns:
        if column.kind is ColumnKind.DATE and any(mark in column.date_format for mark in ("%z", "%Z")):
            message = "Dates with a time zone are not read."
            yield Problem(message, "Write all of one zone into the file, or read it as a category.", field=column.name)


def _unmovable_problems(schema: TableSchema) -> Iterator[Problem]:
    """Also where free columns lie between the two: a <= x <= b says a <= b."""
    order = rising_order(schema.inequalities)
    above: dict[str, set[str]] = {name: set() for name in order}
    for name in reversed(order):
        for rule in schema.inequalities:
            if rule.smaller == name:
                above[name] |= {rule.larger} | above[rule.larger]
    for smaller in order:
        for larger in sorted(above[smaller]):
            if not is_keepable(schema, Inequality(smaller=smaller, larger=larger)):
                message = (
                    f"{smaller} <= {larger} cannot be kept in new rows: both are looked up, looked up by, or the "
                    "target, and neither may be moved."
                )
                yield Problem(message, "Remove the rule, or one of the dependencies.", field=smaller)
