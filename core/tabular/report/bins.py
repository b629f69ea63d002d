"""Columns cut into few parts, the same for every table, after the rows of the holdout."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.cells import on_grid, step_of, texts_of
from core.tabular.report.encoding import EncodedTable, Encoder
from core.tabular.report.fidelity_model import ReferenceColumn
from core.tabular.schema import Column

_STRETCHES: Final = 22
_DRAWN_VALUES: Final = 31  # so many different numbers are drawn one by one
_DRAWN_LABELS: Final = 20
OTHER: Final = "other"


@dataclass(frozen=True, eq=False)
class Cut:
    """A column's parts: numbers between `edges`, or codes by `part_of` (its last entry is that of unseen values).

    Parts are numbered from 0; the number `n_parts` itself means an empty cell.
    """

    name: str
    n_parts: int
    edges: NDArray[np.float64]
    part_of: NDArray[np.int64]

    def parts(self, table: EncodedTable) -> NDArray[np.int64]:
        """The part of every row, int64 [R]."""
        if self.name in table.codes:
            codes = np.minimum(table.codes[self.name], len(self.part_of) - 1)
            return np.where(codes < 0, self.n_parts, self.part_of[codes])
        values = column_numbers(table, self.name)
        found = np.clip(np.searchsorted(self.edges, values, side="right") - 1, 0, self.n_parts - 1)
        return np.where(np.isnan(values), self.n_parts, found)

    def shares(self, table: EncodedTable) -> NDArray[np.float64]:
        """Share of the rows in every part and, last, of the empty cells; float64 [parts + 1]."""
        counts = np.bincount(self.parts(table), minlength=self.n_parts + 1)
        return counts / max(len(table), 1)


def column_numbers(table: EncodedTable, name: str) -> NDArray[np.float64]:
    """A number column's values, or a list's number of values with NaN for an empty cell, float64 [R]."""
    if name in table.numbers:
        return table.numbers[name]
    lengths = table.lists[name].lengths
    return np.where(lengths == 0, np.nan, lengths)


def coarse_cut(name: str, holdout: EncodedTable, encoder: Encoder, n_parts: int) -> Cut:
    """At most `n_parts` parts of about equally many holdout rows; categories are joined in order of frequency."""
    if name in holdout.codes:
        counts = np.bincount(np.maximum(holdout.codes[name], 0), minlength=encoder.n_codes(name) + 1).astype(float)
        before = np.cumsum(counts) - counts / 2
        wanted = np.minimum((before / max(counts.sum(), 1) * n_parts).astype(np.int64), n_parts - 1)
        part_of = np.unique(wanted, return_inverse=True)[1].astype(np.int64)
        return Cut(name, int(part_of.max()) + 1, np.empty(0), part_of)
    values = column_numbers(holdout, name)
    values = values[~np.isnan(values)]
    if not len(values):
        return Cut(name, 1, np.zeros(1), np.empty(0, dtype=np.int64))
    inner = np.unique(np.quantile(values, np.arange(1, n_parts) / n_parts, method="inverted_cdf"))
    edges = np.concatenate([[-np.inf], inner[inner > values.min()]])
    return Cut(name, len(edges), edges, np.empty(0, dtype=np.int64))


def drawn_cut(column: Column, holdout: EncodedTable, encoder: Encoder) -> tuple[Cut, ReferenceColumn]:
    """How a column is drawn: its commonest categories and the rest, or equally wide stretches of its numbers."""
    name = column.name
    if name in holdout.codes:
        return _drawn_labels(column, holdout, encoder)
    values = column_numbers(holdout, name)
    values = values[~np.isnan(values)]
    different = np.unique(values) if len(values) else np.zeros(1)
    if len(different) <= _DRAWN_VALUES:
        cut = Cut(name, len(different), different, np.empty(0, dtype=np.int64))
        labels = tuple(texts_of(column, different).to_pylist())
        return cut, _reference(column, cut, holdout, labels=labels)
    edges = _stretches(values, step_of(column))
    cut = Cut(name, len(edges) - 1, edges[:-1], np.empty(0, dtype=np.int64))
    return cut, _reference(column, cut, holdout, edges=edges)


def _stretches(values: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    """Edges of equally wide stretches over the middle 98 %, each as many steps of the grid; the outer two reach out."""
    low, high = np.quantile(values, [0.01, 0.99], method="inverted_cdf")
    width = max(np.ceil((high - low) / step / _STRETCHES), 1.0) * step
    inner = low + width * np.arange(np.ceil((high - low) / width) + 1) - step / 2
    inner = inner[(inner > values.min()) & (inner < values.max())]
    return np.concatenate([[values.min()], inner, [values.max()]])


def _drawn_labels(column: Column, holdout: EncodedTable, encoder: Encoder) -> tuple[Cut, ReferenceColumn]:
    known = encoder.n_codes(column.name)
    shown = min(known, _DRAWN_LABELS)
    part_of = np.minimum(np.arange(known + 1), shown)
    labels = tuple(str(text) for text in encoder.values[column.name].slice(0, shown).to_pylist())
    cut = Cut(column.name, shown + 1, np.empty(0), part_of)
    return cut, _reference(column, cut, holdout, labels=(*labels, OTHER))


def _reference(
    column: Column,
    cut: Cut,
    holdout: EncodedTable,
    labels: tuple[str, ...] = (),
    edges: NDArray[np.float64] | None = None,
) -> ReferenceColumn:
    shares = cut.shares(holdout)
    return ReferenceColumn(
        column=column.name,
        kind=column.kind,
        drawn_as="numbers" if edges is not None else "labels",
        edges=() if edges is None else tuple(edges.tolist()),
        edge_labels=() if edges is None else _edge_labels(column, edges),
        labels=labels,
        shares=tuple(shares[:-1].tolist()),
        missing_share=float(shares[-1]),
    )


def _edge_labels(column: Column, edges: NDArray[np.float64]) -> tuple[str, ...]:
    """The first value of every stretch, and the last of all, as the column's cells are written."""
    firsts = edges.copy()
    firsts[1:-1] += step_of(column) / 2
    return tuple(texts_of(column, on_grid(column, firsts)).to_pylist())
