"""What real rows always hold between columns, declared by the schema or plain from the rows themselves."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.encoding import EncodedTable, Encoder
from core.tabular.schema import Dependency, Inequality

# A column determines another plainly when so many rows agree, each value of the first standing in so many rows.
_AGREEING: Final = 0.995
_LEAST_ROWS_A_VALUE: Final = 20


@dataclass(frozen=True, slots=True)
class Lookup:
    """The dependent's value for every value of the determinants that real rows have."""

    rule: Dependency
    dependent_of: Mapping[tuple[Hashable, ...], Hashable]

    @property
    def text(self) -> str:
        """The rule as it is shown."""
        return f"{', '.join(self.rule.determinants)} -> {self.rule.dependent}"

    def broken(self, table: EncodedTable) -> NDArray[np.bool_]:
        """Rows whose dependent is another than the real rows', bool [R]; unknown determinants break nothing."""
        found = _keys(table, self.rule.dependent)
        determinants = zip(*(_keys(table, name) for name in self.rule.determinants), strict=True)
        known = self.dependent_of
        return np.array([known.get(key, value) != value for key, value in zip(determinants, found, strict=True)], bool)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """All rules of one schema and its real rows."""

    lookups: tuple[Lookup, ...]
    inequalities: tuple[Inequality, ...]

    def broken(self, table: EncodedTable) -> Iterator[tuple[str, NDArray[np.bool_]]]:
        """For every rule its text, and which rows break it, bool [R]."""
        for lookup in self.lookups:
            yield lookup.text, lookup.broken(table)
        for rule in self.inequalities:
            text = f"{rule.smaller} <= {rule.larger}"
            yield text, table.numbers[rule.smaller] > table.numbers[rule.larger]


def rulebook_of(encoder: Encoder, real: EncodedTable) -> Rulebook:
    """The schema's rules and those that are plain from the real rows, all looked up among the real rows."""
    schema = encoder.schema
    named = {column.name for column in encoder.columns}
    declared = [rule for rule in schema.dependencies if {*rule.determinants, rule.dependent} <= named]
    plain = _plain_dependencies(encoder, real, {rule.dependent for rule in declared})
    return Rulebook(tuple(_lookup(rule, real) for rule in (*declared, *plain)), schema.inequalities)


def _lookup(rule: Dependency, real: EncodedTable) -> Lookup:
    counts: dict[tuple[Hashable, ...], dict[Hashable, int]] = {}
    determinants = zip(*(_keys(real, name) for name in rule.determinants), strict=True)
    for key, value in zip(determinants, _keys(real, rule.dependent), strict=True):
        seen = counts.setdefault(key, {})
        seen[value] = seen.get(value, 0) + 1
    return Lookup(rule, {key: max(seen, key=lambda value: seen[value]) for key, seen in counts.items()})


def _keys(table: EncodedTable, name: str) -> list[Hashable]:
    """One value per row that equal cells share: a number, a code, or a list's codes; None for an empty cell."""
    if name in table.lists:
        lists = table.lists[name]
        return [tuple(part.tolist()) for part in np.split(lists.codes, lists.starts[1:-1])]
    values = table.numbers[name] if name in table.numbers else table.codes[name]
    missing = table.missing(name)
    return [None if empty else value for value, empty in zip(values.tolist(), missing.tolist(), strict=True)]


def _plain_dependencies(encoder: Encoder, real: EncodedTable, declared: set[str]) -> Iterator[Dependency]:
    """Dependencies that nobody declared but nearly every row keeps; the target is never taken for a dependent."""
    grouped = {c.name: _groups(real, c.name) for c in encoder.columns if c.name not in real.lists}
    for dependent, values in grouped.items():
        if dependent in declared or dependent == encoder.schema.target:
            continue
        commonest = np.bincount(values).max() / len(values)
        for determinant, groups in grouped.items():
            if determinant == dependent or len(groups) / (groups.max() + 1) < _LEAST_ROWS_A_VALUE:
                continue
            agreeing = _agreeing(groups, values)
            if agreeing >= _AGREEING and 1 - agreeing <= 0.1 * (1 - commonest):
                yield Dependency(determinants=(determinant,), dependent=dependent)
                break


def _groups(table: EncodedTable, name: str) -> NDArray[np.int64]:
    values = table.numbers[name] if name in table.numbers else table.codes[name]
    return np.unique(values, return_inverse=True, equal_nan=True)[1].astype(np.int64)


def _agreeing(groups: NDArray[np.int64], values: NDArray[np.int64]) -> float:
    """Share of rows that have the commonest value of their group."""
    pairs, counts = np.unique(groups * (values.max() + 1) + values, return_counts=True)
    best = np.zeros(groups.max() + 1, dtype=np.int64)
    np.maximum.at(best, pairs // (values.max() + 1), counts)
    return float(best.sum() / len(groups))
