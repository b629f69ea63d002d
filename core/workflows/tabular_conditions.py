"""Conditions as a person types them: `city_rank=1`, `clicked=yes|no`, `age>=18`."""

from collections.abc import Sequence

from core.errors import InvalidInput, Problem
from core.tabular.exchange import Wanted
from core.tabular.where import Where, WhereColumn
from core.workflows.tabular_values import read_values

_SIGNS = (">=", "<=", "=")  # the longer ones first


def read_where(texts: Sequence[str]) -> Where:
    """The conditions of `column=value|value`, `column>=low` and `column<=high`; bounds of one column join.

    `InvalidInput` lists every text that is none. The first sign of a text ends the column's name.
    """
    problems, demands = [], dict[str, dict[str, object]]()
    for text in texts:
        column, sign, value = _parted(text)
        if not column or (not value and sign != "="):
            fix = "Write COLUMN=VALUE, COLUMN=VALUE|VALUE, COLUMN>=LOW or COLUMN<=HIGH."
            problems.append(Problem(f"{text!r} is no condition.", fix))
            continue
        name = {"=": "values", ">=": "at_least", "<=": "at_most"}[sign]
        demand = demands.setdefault(column, {})
        if name in demand:
            problems.append(Problem(f"{column} {sign} is given twice.", "Give it once.", field=column))
        demand[name] = tuple(value.split("|")) if sign == "=" else value
    if problems:
        raise InvalidInput("The conditions cannot be read", problems)
    columns = [WhereColumn.model_validate({"column": name, **demand}) for name, demand in demands.items()]
    return Where(columns=tuple(columns))


def read_wanted(where: Sequence[str], *, n_rows: int | None, ratio: float | None, seed: int) -> Wanted:
    """The rows wanted; `InvalidInput` with everything that is wrong."""
    values = {"where": read_where(where), "n_rows": n_rows, "ratio": ratio, "seed": seed}
    return read_values(Wanted, values, "The rows to sample cannot be asked for so")


def _parted(text: str) -> tuple[str, str, str]:
    """Column, sign and value at the first sign; three empty texts where there is none."""
    places = [(text.index(sign), -len(sign), sign) for sign in _SIGNS if sign in text]
    if not places:
        return "", "", ""
    place, _, sign = min(places)
    return text[:place].strip(), sign, text[place + len(sign) :].strip()
