"""How a GAN sees a row: one number in every place of a code or a mode, and one for the place within a mode."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from core.tabular.engines.networks.encoding import EncodedRows, TableEncoding, fit_encoding, load_encoding
from core.tabular.engines.networks.modes import InModes, Modes, fit_modes, load_modes
from core.tabular.plain import PlainColumn, PlainTable

FEW_VALUES: Final = 70  # a number column with no more is generated as codes
_N_KNOTS: Final = 513


@dataclass(frozen=True, eq=False)
class Layout:
    """The columns that are generated: all but the target, which is given.

    `encoding` holds codes and numbers of few values as codes; the other numbers have `modes`. `knots` [N, K] are the
    quantiles of every such number among drawn rows, by which draws are moved to the training rows' quantiles; empty
    before they are measured.
    """

    encoding: TableEncoding
    modes: tuple[Modes, ...]
    knots: NDArray[np.float64]

    @cached_property
    def coded(self) -> tuple[PlainColumn, ...]:
        """The generated columns of codes."""
        return tuple(column for column in self.encoding.coded if column.name != self.encoding.target)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many places each softmax has: those of the codes, then those of the modes."""
        return (*self.encoding.n_codes[: len(self.coded)], *(len(modes.means) for modes in self.modes))

    @property
    def n_numbers(self) -> int:
        """How many columns have modes; their places within them come last in a row."""
        return len(self.modes)

    @property
    def n_given(self) -> int:
        """How many codes may be given: those of the coded columns, without the modes."""
        return sum(self.sizes[: len(self.coded)])

    @cached_property
    def levels(self) -> tuple[NDArray[np.float64], ...]:
        """For each softmax what its places say of a number, as normal scores [size]; empty for those of categories."""
        found: list[NDArray[np.float64]] = []
        for column in self.coded:
            bins = self.encoding.bins.get(column.name)
            found.append(np.empty(0) if bins is None else ndtri((bins.edges[:-1] + bins.edges[1:]) / 2))
        for modes in self.modes:
            order = np.argsort(modes.means)
            middle = np.cumsum(modes.shares[order]) - modes.shares[order] / 2
            found.append(ndtri(middle)[np.argsort(order)])
        return tuple(found)

    def split(self, table: PlainTable, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """A table's rows as a code for every softmax, int64 [R, S], and places within modes, float32 [R, N]."""
        rng = np.random.default_rng([seed, 8])
        codes = self.encoding.encode(table, seed).codes[:, : len(self.coded)]
        names = [column.name for column in self.encoding.numbers]
        parts = [modes.split(table.numbers(name), rng) for name, modes in zip(names, self.modes, strict=True)]
        places = np.stack([p.place for p in parts], axis=1) if parts else np.empty((len(table), 0), np.float32)
        return np.column_stack([codes, *(part.mode for part in parts)]), places

    def numbers(self, codes: NDArray[np.int64], places: NDArray[np.float32]) -> NDArray[np.float64]:
        """The numbers [R, N] of softmax codes and places as they were drawn."""
        first, found = len(self.coded), list[NDArray[np.float64]]()
        for at, modes in enumerate(self.modes):
            found.append(modes.join(InModes(codes[:, first + at], places[:, at])))
        return np.stack(found, axis=1) if found else np.empty((len(codes), 0))

    def table_of(
        self, codes: NDArray[np.int64], places: NDArray[np.float32], classes: NDArray[np.int64], seed: int
    ) -> PlainTable:
        """Drawn rows as a table: numbers by rank, so that their shares are the training rows'."""
        grid, numbers = np.linspace(0.0, 1.0, _N_KNOTS), self.numbers(codes, places)
        all_codes = codes[:, : len(self.coded)]
        if self.encoding.target:
            all_codes = np.column_stack([all_codes, classes])
        table = self.encoding.decode(EncodedRows(all_codes, np.zeros(numbers.shape, np.float32)), seed)
        values = dict(table.values)
        for at, scale in enumerate(self.encoding.scales):
            knots = self.knots[at] + np.arange(_N_KNOTS) * 1e-12  # equal quantiles would have no inverse
            values[scale.column.name] = scale.at_ranks(np.interp(numbers[:, at], knots, grid))
        return PlainTable(table.columns, values, table.target)

    def calibrated(self, codes: NDArray[np.int64], places: NDArray[np.float32]) -> "Layout":
        """The same layout with the quantiles of these drawn rows."""
        grid, numbers = np.linspace(0.0, 1.0, _N_KNOTS), self.numbers(codes, places)
        return Layout(self.encoding, self.modes, np.quantile(numbers, grid, axis=0).T.reshape(-1, _N_KNOTS))

    def saved(self) -> dict[str, NDArray[Any]]:
        """Modes and knots; the encoding is saved by itself."""
        arrays: dict[str, NDArray[Any]] = {"knots": self.knots}
        for at, modes in enumerate(self.modes):
            arrays |= modes.saved(f"modes{at}")
        return arrays


def fit_layout(table: PlainTable, n_modes: int, seed: int) -> Layout:
    """The layout of a training table, not calibrated yet."""
    encoding = fit_encoding(table, FEW_VALUES)
    modes = tuple(fit_modes(table.numbers(column.name), n_modes, seed) for column in encoding.numbers)
    return Layout(encoding, modes, np.empty((0, _N_KNOTS)))


def load_layout(settings: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> Layout:
    """What the encoding's and the layout's `saved` gave."""
    encoding = load_encoding(settings, arrays)
    modes = tuple(load_modes(arrays, f"modes{at}") for at in range(len(encoding.scales)))
    return Layout(encoding, modes, arrays["knots"])
