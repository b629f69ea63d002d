"""Demands on a table's columns turned into conditions on its plain columns."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.tabular.cells import on_grid, step_of, texts_of, unit_us
from core.tabular.form.codecs import CategoryCodec, Codec, NumberCodec
from core.tabular.form.demands import Unmet, Wanted, met_by, wanted
from core.tabular.form.limits import rising_order
from core.tabular.form.list_codec import ListCodec
from core.tabular.form.lookup import Lookup
from core.tabular.plain import Condition
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.where import Where, WhereColumn


@dataclass(frozen=True, slots=True)
class Translator:
    """One preparation's schema, codecs (one per learnt column) and lookups."""

    schema: TableSchema
    codecs: tuple[Codec, ...]
    lookups: tuple[Lookup, ...]

    def conditions(self, where: Where) -> tuple[Condition, ...]:
        """One condition per plain column; `InvalidInput` with a problem for every demand that cannot be met."""
        problems: list[Problem] = []
        merged: dict[str, Condition] = {}
        for demand in where.columns:
            try:
                found = [*self._of(demand), *self._implied(demand)]
            except Unmet as error:
                problems.append(error.problem)
                continue
            for condition in found:
                merged[condition.column] = both = _both(merged.get(condition.column), condition)
                if not both.codes and both.low > both.high:
                    message = "No row can meet this and the other demands at once."
                    problems.append(Problem(message, "Loosen one of them.", field=demand.column))
                    break
        if problems:
            raise InvalidInput("No row of this table is as asked for", problems)
        return tuple(merged.values())

    def _of(self, demand: WhereColumn) -> Iterator[Condition]:
        column = self._column(demand)
        want = wanted(column, demand)
        lookup = next((lookup for lookup in self.lookups if lookup.rule.dependent == demand.column), None)
        if lookup is not None:
            yield from self._by_determinants(lookup, column, want)
            return
        codec = next(codec for codec in self.codecs if codec.column.name == demand.column)
        if isinstance(codec, NumberCodec):
            yield from _of_number(codec, want)
        elif isinstance(codec, ListCodec):
            yield from _of_list(codec, want)
        elif isinstance(codec, CategoryCodec):
            texts = (*codec.names, None) if codec.has_missing else codec.names
            yield Condition(column.name, codes=_codes(met_by(column, texts, want)))

    def _column(self, demand: WhereColumn) -> Column:
        names = [column.name for column in self.schema.columns]
        if demand.column not in names:
            raise Unmet("There is no such column.", f"Choose one of: {', '.join(names)}.", demand.column)
        column = self.schema.column(demand.column)
        if column.kind is ColumnKind.IDENTIFIER:
            raise Unmet("An identifier is not learnt.", "Ask for another column.", demand.column)
        return column

    def _by_determinants(self, lookup: Lookup, column: Column, want: Wanted) -> Iterator[Condition]:
        """Codes of the determinants whose looked-up value is wanted, where each can be asked for by itself."""
        is_met = met_by(column, lookup.texts, want)[lookup.values]
        allowed = [np.unique(lookup.keys[is_met, at]) for at in range(lookup.keys.shape[1])]
        within = np.all([np.isin(lookup.keys[:, at], codes) for at, codes in enumerate(allowed)], axis=0)
        if (within & ~is_met).any():
            names = ", ".join(lookup.rule.determinants)
            message = f"It is looked up by {names} together, and no demand on each of them says the same."
            raise Unmet(message, f"Ask for values of {names}.", column.name)
        for name, codes in zip(lookup.rule.determinants, allowed, strict=True):
            yield Condition(name, codes=frozenset(codes.tolist()))

    def _implied(self, demand: WhereColumn) -> Iterator[Condition]:
        """What the inequalities demand of other columns, so that keeping them does not undo this demand."""
        column = self.schema.column(demand.column)
        want = wanted(column, demand)
        if not want.is_range:
            return
        reach = {demand.column}
        for name in rising_order(self.schema.inequalities):
            rules = [rule for rule in self.schema.inequalities if rule.larger == name and rule.smaller in reach]
            if rules and np.isfinite(want.low):
                reach.add(name)
                yield from self._bound(column, name, low=want.low)
        reach = {demand.column}
        for name in reversed(rising_order(self.schema.inequalities)):
            rules = [rule for rule in self.schema.inequalities if rule.smaller == name and rule.larger in reach]
            if rules and np.isfinite(want.high):
                reach.add(name)
                yield from self._bound(column, name, high=want.high)

    def _bound(self, column: Column, other: str, low: float = -np.inf, high: float = np.inf) -> Iterator[Condition]:
        """The other column at least or at most this, or empty."""
        target = self.schema.column(other)
        scale = unit_us(column) / unit_us(target)
        codec = next((codec for codec in self.codecs if codec.column.name == other), None)
        if isinstance(codec, NumberCodec):
            yield Condition(other, low=max(low * scale, codec.low), high=min(high * scale, codec.high))
            return
        want = Wanted(frozenset(), low * scale, high * scale, is_range=True, or_empty=True)
        lookup = next((lookup for lookup in self.lookups if lookup.rule.dependent == other), None)
        if lookup is not None:
            yield from self._by_determinants(lookup, target, want)
        elif isinstance(codec, CategoryCodec):
            texts = (*codec.names, None) if codec.has_missing else codec.names
            yield Condition(other, codes=_codes(met_by(target, texts, want)))


def _of_number(codec: NumberCodec, want: Wanted) -> Iterator[Condition]:
    name = codec.column.name
    if want.texts == {None}:
        if not codec.missing_name:
            raise Unmet("No cell of this column is empty.", "Ask for a value or a range.", name)
        yield Condition(codec.missing_name, codes=frozenset({1}))
        return
    if not want.is_range:
        raise Unmet("A number is asked for by one value or a range.", "Give a smallest and a largest.", name)
    step = step_of(codec.column)
    low = float(on_grid(codec.column, np.array([np.ceil(max(want.low, codec.low) / step - 1e-9) * step]))[0])
    high = float(on_grid(codec.column, np.array([np.floor(min(want.high, codec.high) / step + 1e-9) * step]))[0])
    if low > high:
        lowest, highest = texts_of(codec.column, np.array([codec.low, codec.high])).to_pylist()
        raise Unmet("No row has such a value.", f"The values run from {lowest} to {highest}.", name)
    yield Condition(name, low=low, high=high)
    if codec.missing_name:
        yield Condition(codec.missing_name, codes=frozenset({0}))


def _of_list(codec: ListCodec, want: Wanted) -> Iterator[Condition]:
    name = codec.column.name
    if len(want.texts) != 1:
        raise Unmet("A list is asked for by one whole list.", "Name one list, or the empty cell.", name)
    text = next(iter(want.texts))
    values = text.split(codec.column.separator) if text is not None else []
    unseen = [value for value in values if value not in codec.names]
    if unseen or len(values) not in codec.lengths:
        what = f"{unseen[0]!r} is in no list." if unseen else f"No list has {len(values)} values."
        raise Unmet(what, f"Lists hold {min(codec.lengths)} to {max(codec.lengths)} known values.", name)
    yield Condition(codec.plain_names[0], codes=frozenset({codec.lengths.index(len(values))}))
    for slot, value in zip(codec.plain_names[1:], values, strict=False):
        yield Condition(slot, codes=frozenset({codec.names.index(value)}))


def _codes(is_met: NDArray[np.bool_]) -> frozenset[int]:
    return frozenset(np.flatnonzero(is_met).tolist())


def _both(one: Condition | None, other: Condition) -> Condition:
    if one is None:
        return other
    if one.codes or other.codes:
        codes = one.codes & other.codes
        return (
            Condition(other.column, codes=codes, low=np.inf, high=-np.inf)
            if not codes
            else Condition(other.column, codes=codes)
        )
    return Condition(other.column, low=max(one.low, other.low), high=min(one.high, other.high))
