"""A plain table as two blocks of numbers for a network: codes and normal scores; and back."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.tabular.engines.networks.bins import NumberBins, fit_bins
from core.tabular.engines.networks.scales import NumberScale, fit_scale
from core.tabular.plain import PlainColumn, PlainTable
from core.tabular.synthesizer import SavedModel


class EncodedRows(NamedTuple):
    """R rows: `codes` int64 [R, C] of the coded columns and `scores` float32 [R, N] of the numbers, in table order."""

    codes: NDArray[np.int64]
    scores: NDArray[np.float32]


@dataclass(frozen=True, eq=False, slots=True)
class TableEncoding:
    """The columns of a training table; a number column has a scale, or bins where it is to be coded as well."""

    columns: tuple[PlainColumn, ...]
    target: str
    scales: tuple[NumberScale, ...]
    bins: Mapping[str, NumberBins]

    @property
    def coded(self) -> tuple[PlainColumn, ...]:
        """The columns that become codes, in table order: the coded ones and the binned numbers."""
        return tuple(column for column in self.columns if column.is_coded or column.name in self.bins)

    @property
    def n_codes(self) -> tuple[int, ...]:
        """How many codes each of them has."""
        return tuple(self.bins[c.name].n_bins if c.name in self.bins else c.n_codes for c in self.coded)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each coded column starts if all codes stand in one row, int64 [C + 1]; the last is their number."""
        return np.concatenate([[0], np.cumsum(self.n_codes)]).astype(np.int64)

    @property
    def numbers(self) -> tuple[PlainColumn, ...]:
        """The number columns that become scores, in table order."""
        return tuple(scale.column for scale in self.scales)

    def encode(self, table: PlainTable, seed: int) -> EncodedRows:
        """A table's rows; `seed` draws the places of equal numbers within their share of the ranks."""
        rng = np.random.default_rng([seed, 1])
        codes = np.zeros((len(table), len(self.coded)), dtype=np.int64)
        for at, column in enumerate(self.coded):
            bins = self.bins.get(column.name)
            codes[:, at] = bins.bins_of(table.numbers(column.name), rng) if bins else table.codes(column.name)
        scores = np.zeros((len(table), len(self.scales)), dtype=np.float32)
        for at, scale in enumerate(self.scales):
            scores[:, at] = scale.scores_of(table.numbers(scale.column.name), rng)
        return EncodedRows(codes, scores)

    def decode(self, rows: EncodedRows, seed: int = 0) -> PlainTable:
        """Rows of codes in range and any scores as a table: numbers on their grid and within their bounds.

        `seed` draws where within its bin a number lies.
        """
        rng = np.random.default_rng([seed, 3])
        values: dict[str, NDArray[np.int32] | NDArray[np.float64]] = {}
        for at, column in enumerate(self.coded):
            codes, bins = rows.codes[:, at], self.bins.get(column.name)
            values[column.name] = bins.at_bins(codes, rng) if bins else codes.astype(np.int32)
        for at, scale in enumerate(self.scales):
            values[scale.column.name] = scale.at_scores(rows.scores[:, at])
        return PlainTable(self.columns, {column.name: values[column.name] for column in self.columns}, self.target)

    def saved(self) -> SavedModel:
        """The columns as JSON, the scales and bins as arrays."""
        arrays: dict[str, NDArray[Any]] = {}
        for at, column in enumerate(self.columns):
            if column.name in self.bins:
                arrays[f"edges{at}"] = self.bins[column.name].edges
        scales = {scale.column.name: scale for scale in (*self.scales, *(bins.scale for bins in self.bins.values()))}
        for at, column in enumerate(self.columns):
            if column.name in scales:
                arrays |= {f"ranks{at}": scales[column.name].ranks, f"values{at}": scales[column.name].values}
        return SavedModel({"columns": [asdict(column) for column in self.columns], "target": self.target}, arrays)


def fit_encoding(table: PlainTable, bins: int = 0, all_binned: bool = False) -> TableEncoding:
    """The encoding of a training table of at least one row.

    Numbers become scores, but for columns of at most `bins` different values; with `all_binned` they all become codes
    of at most `bins` bins.
    """
    scales: list[NumberScale] = []
    binned: dict[str, NumberBins] = {}
    for column in table.columns:
        if column.is_coded:
            continue
        scale = fit_scale(column, table.numbers(column.name))
        if all_binned or scale.n_values <= bins:
            binned[column.name] = fit_bins(scale, bins)
        else:
            scales.append(scale)
    return TableEncoding(table.columns, table.target, tuple(scales), binned)


def load_encoding(settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> TableEncoding:
    """What `saved` gave, as an encoding."""
    columns = tuple(PlainColumn(**column) for column in settings["columns"])
    scales: list[NumberScale] = []
    bins: dict[str, NumberBins] = {}
    for at, column in enumerate(columns):
        if column.is_coded:
            continue
        scale = NumberScale(column, arrays[f"ranks{at}"], arrays[f"values{at}"])
        if f"edges{at}" in arrays:
            bins[column.name] = NumberBins(scale, arrays[f"edges{at}"])
        else:
            scales.append(scale)
    return TableEncoding(columns, settings["target"], tuple(scales), bins)
