"""The words of the tabular lab: what kinds of columns, uses and figures are called, and what each means."""

from typing import Final

from core.tabular.schema import ColumnKind, Dependency, Inequality

KIND_NAMES: Final = {
    ColumnKind.CATEGORY: "Category",
    ColumnKind.NUMBER: "Number with decimals",
    ColumnKind.INTEGER: "Whole number",
    ColumnKind.DATE: "Date",
    ColumnKind.LIST: "List of values",
    ColumnKind.IDENTIFIER: "Identifier, not learnt",
}
KIND_HELP: Final = (
    "How the cells are read. A category takes one of the values seen, also where these look like numbers. A list holds "
    "several values in one cell. An identifier tells rows apart and says nothing else, so it is neither learnt "
    "nor made."
)
FORM_HELP: Final = (
    "Of a number, how many decimals it has: 2, or ,2 where they follow a comma. Of a list, the text between its "
    "values. Of a date, its format: %Y year, %m month, %d day, %H hour, %M minute, %S second."
)
TARGET_HELP: Final = (
    "The column that the table is meant to predict, such as whether an ad was clicked. Usefulness is measured on it, "
    "the split keeps its shares, and rows can be made of one of its values."
)
HOLDOUT_HELP: Final = (
    "Real rows that are set aside now and that no engine ever sees. Every figure of a comparison is measured against "
    "them. The shares of the target's values are the same on both sides, and rows that are the same stay on one side."
)
LOOKED_UP_HELP: Final = (
    "Where the values of some columns always lead to the same value of another, that other column is not learnt but "
    "looked up. No made row can then break the rule."
)
NEVER_GREATER_HELP: Final = (
    "Where both numbers are known, the first is never greater than the second. Made rows keep it."
)


def rule_text(rule: Dependency | Inequality) -> str:
    """A rule as plain text: `city → city_rank`, `clicks ≤ impressions`."""
    if isinstance(rule, Dependency):
        return f"{', '.join(rule.determinants)} → {rule.dependent}"
    return f"{rule.smaller} ≤ {rule.larger}"
