"""A table made plain for the synthesizers, and their rows made a table again: the same for every engine.

Identifiers are dropped and dependents looked up; lists become slots, missing numbers say so in a column of their own;
the target is last. Whatever codes and numbers come back, the restored table obeys the schema: categories, decimals,
ranges, dependencies and inequalities are those of the training table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.tabular.cells import NUMERIC, canonical, numbers_of, texts_of
from core.tabular.checking import check_form
from core.tabular.form.codecs import CategoryCodec, Codec, NumberCodec
from core.tabular.form.conditions import Translator
from core.tabular.form.limits import LimitKeeper
from core.tabular.form.list_codec import MOST_SLOTS, ListCodec
from core.tabular.form.lookup import Lookup
from core.tabular.form.saving import load_parts, saved_parts
from core.tabular.plain import Condition, PlainTable
from core.tabular.schema import Column, ColumnKind, Dependency, TableSchema
from core.tabular.synthesizer import SavedModel
from core.tabular.table import RawTable
from core.tabular.where import Where


@dataclass(frozen=True, eq=False)
class Preparation:
    """What was learnt of a training table's form: `codecs` of `schema.learnt`, in that order, and `lookups`.

    `plain` is the training table; a preparation that was loaded has one of no rows, because models are saved without
    their data.
    """

    schema: TableSchema
    codecs: tuple[Codec, ...]
    lookups: tuple[Lookup, ...]
    plain: PlainTable

    def restore(self, plain: PlainTable, seed: int, number_anew: bool = False) -> RawTable:
        """The table of R plain rows, columns in the file's order; `seed` draws what the rows leave open.

        Identifiers are left out, or counted from 1 with `number_anew`.
        """
        rng = np.random.default_rng(seed)
        cells = {codec.column.name: codec.decode(plain.values, rng) for codec in self.codecs}
        for lookup in self.lookups:
            cells[lookup.rule.dependent] = lookup.cells(self._determinants(plain, lookup.rule))
        cells |= self._kept_limits(plain, cells)
        if number_anew:
            numbers = pa.array([str(row) for row in range(1, len(plain) + 1)], type=pa.large_string())
            cells |= {c.name: numbers for c in self.schema.columns if c.kind is ColumnKind.IDENTIFIER}
        names = tuple(column.name for column in self.schema.columns if column.name in cells)
        return RawTable(names, {name: cells[name] for name in names})

    def conditions(self, where: Where) -> tuple[Condition, ...]:
        """The same demands on the plain columns; `InvalidInput` with all that cannot be met by this table's values."""
        return Translator(self.schema, self.codecs, self.lookups).conditions(where)

    def saved(self) -> SavedModel:
        """Everything but the training rows, for `load_preparation`."""
        return saved_parts(self.schema, self.codecs, self.lookups)

    def _determinants(self, plain: PlainTable, rule: Dependency) -> NDArray[np.int32]:
        return np.stack([plain.codes(name) for name in rule.determinants], axis=1)

    def _kept_limits(self, plain: PlainTable, cells: Mapping[str, pa.Array]) -> dict[str, pa.Array]:
        """New cells of the number columns that a rule moved."""
        if not self.schema.inequalities:
            return {}
        codecs = {codec.column.name: codec for codec in self.codecs}
        named = {name for rule in self.schema.inequalities for name in (rule.smaller, rule.larger)}
        columns = {name: self.schema.column(name) for name in named}
        free = {name: codec for name, codec in codecs.items() if name in named and isinstance(codec, NumberCodec)}
        numbers = {
            name: free[name].numbers(plain.values) if name in free else numbers_of(columns[name], cells[name]).values
            for name in sorted(named)
        }
        kept = LimitKeeper(self.schema.inequalities, columns, free).repair(numbers)
        return {name: texts_of(columns[name], kept[name]) for name in free}


def prepare(table: RawTable, schema: TableSchema) -> Preparation:
    """Learn a training table's form; `InvalidInput` with all problems where its cells or rules are not as confirmed."""
    check_form(table, schema)
    cells = {column.name: canonical(column, table.cells[column.name]) for column in schema.columns}
    codecs = tuple(_codec(schema, column, cells[column.name]) for column in schema.learnt)
    values = {name: array for codec in codecs for name, array in codec.encode(cells[codec.column.name]).items()}
    plain = PlainTable(tuple(column for codec in codecs for column in codec.plain), values, schema.target)
    lookups = tuple(
        Lookup.learn(rule, np.stack([plain.codes(name) for name in rule.determinants], axis=1), cells[rule.dependent])
        for rule in schema.dependencies
    )
    return Preparation(schema, codecs, lookups, plain)


def load_preparation(saved: SavedModel) -> Preparation:
    """The preparation that `saved` describes; its plain table has no rows. `CorruptArtefact` for an unknown kind."""
    schema, codecs, lookups = load_parts(saved)
    columns = tuple(column for codec in codecs for column in codec.plain)
    empty: dict[str, NDArray[np.int32] | NDArray[np.float64]] = {
        column.name: np.empty(0, np.int32) if column.is_coded else np.empty(0, np.float64) for column in columns
    }
    return Preparation(schema, codecs, lookups, PlainTable(columns, empty, schema.target))


def _codec(schema: TableSchema, column: Column, cells: pa.Array) -> Codec:
    """A determinant and the target are codes whatever they hold: their values are names, not sizes."""
    named = {name for rule in schema.dependencies for name in rule.determinants} | {schema.target}
    if column.kind is ColumnKind.LIST and column.name not in named:
        names = _plain_names(schema, column.name, ["length", *(str(slot) for slot in range(1, MOST_SLOTS + 1))])
        return ListCodec.learn(column, cells, names)
    if column.kind in NUMERIC and column.name not in named:
        return NumberCodec.learn(column, cells, _plain_names(schema, column.name, ["missing"])[0])
    return CategoryCodec.learn(column, cells)


def _plain_names(schema: TableSchema, name: str, parts: Sequence[str]) -> list[str]:
    """Names of a column's plain parts that no column of the table has: "age (missing)"."""
    taken = {column.name for column in schema.columns}
    names = []
    for part in parts:
        free = f"{name} ({part})"
        while free in taken:
            free += "'"
        names.append(free)
    return names
