"""One column at a time: figures that a shuffle of the columns passes, and are labelled so."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.bins import Cut, column_numbers
from core.tabular.report.encoding import EncodedTable, Encoder
from core.tabular.report.fidelity_model import ColumnFidelity, ListFidelity
from core.tabular.report.tree_features import repeats
from core.tabular.schema import Column

_COMMON_VALUES: Final = 50


def ks_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Greatest gap between two empirical distributions (Kolmogorov-Smirnov); 1 where one side alone is empty."""
    if not len(first) or not len(second):
        return float(len(first) != len(second))
    points = np.concatenate([first, second])
    below = [np.searchsorted(np.sort(side), points, side="right") / len(side) for side in (first, second)]
    return float(np.abs(below[0] - below[1]).max())


def js_distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Root of the Jensen-Shannon divergence to base 2 between shares of the same parts: 0 alike, 1 nothing shared."""
    middle = (first + second) / 2
    total = 0.0
    for shares in (first, second):
        held = shares > 0
        total += float((shares[held] * np.log2(shares[held] / middle[held])).sum()) / 2
    return float(np.sqrt(min(max(total, 0.0), 1.0)))


def total_variation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Half the sum of the gaps between shares: the share of rows that would have to change."""
    return float(np.abs(first - second).sum() / 2)


def column_fidelity(
    column: Column, cut: Cut, real: EncodedTable, synthetic: EncodedTable, encoder: Encoder
) -> ColumnFidelity:
    """All figures of one column. The shape of a number is 1 - KS, of a category 1 - total variation, of a list both."""
    name = column.name
    drawn = [cut.shares(side) for side in (real, synthetic)]
    ks = None
    if name in real.codes:
        shares = [code_shares(side.codes[name], encoder.n_codes(name)) for side in (real, synthetic)]
        js, shape = js_distance(*shares), 1 - total_variation(*shares)
    else:
        values = [column_numbers(side, name) for side in (real, synthetic)]
        gap = max(ks_distance(*(side[~np.isnan(side)] for side in values)), abs(drawn[0][-1] - drawn[1][-1]))
        js, shape = js_distance(*drawn), 1 - gap
        if name in real.lists:
            shares = [code_shares(side.lists[name].codes, encoder.n_codes(name)) for side in (real, synthetic)]
            js, shape = max(js, js_distance(*shares)), (shape + 1 - total_variation(*shares)) / 2
        else:
            ks = ks_distance(*(side[~np.isnan(side)] for side in values))
    return ColumnFidelity(
        column=name, kind=column.kind, ks=ks, js=js, shape=shape,
        missing_share=float(drawn[1][-1]), shares=tuple(drawn[1][:-1].tolist()),
    )  # fmt: skip


def code_shares(codes: NDArray[np.int32], n_codes: int) -> NDArray[np.float64]:
    """Shares of missing, of every known code, and of all unseen values together; float64 [n_codes + 2]."""
    counts = np.bincount(codes + 1, minlength=n_codes + 2)
    return counts / max(len(codes), 1)


def list_fidelity(name: str, real: EncodedTable, synthetic: EncodedTable, encoder: Encoder) -> ListFidelity:
    """Lengths, values, and which of the 50 commonest values stand in one list together."""
    sides = (real.lists[name], synthetic.lists[name])
    lengths = [side.lengths.astype(np.float64) for side in sides]
    values = [code_shares(side.codes, encoder.n_codes(name)) for side in sides]
    repeated = [float((repeats(side) > 0).mean()) for side in sides]
    pairs = [_pair_shares(side.codes, side.row_of, len(side.lengths)) for side in sides]
    return ListFidelity(
        column=name, length_ks=ks_distance(*lengths), value_js=js_distance(*values),
        pair_distance=total_variation(*pairs), repeated_share=repeated[1], holdout_repeated_share=repeated[0],
    )  # fmt: skip


def _pair_shares(codes: NDArray[np.int32], rows: NDArray[np.int64], n_rows: int) -> NDArray[np.float64]:
    """Among all pairs of common values in one list, the share of every pair; last, 1 where there is no pair at all."""
    common = codes < _COMMON_VALUES
    held = np.zeros((n_rows, _COMMON_VALUES), dtype=np.float32)
    held[rows[common], codes[common]] = 1.0
    counts = np.triu(held.T @ held, 1).ravel().astype(np.float64)
    total = counts.sum()
    return np.append(counts / total if total else counts, float(total == 0))
