"""Which rows break a dependency or an inequality; over columns of canonical cells."""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from core.tabular.cells import numbers_of
from core.tabular.form.limits import exceeds
from core.tabular.schema import Column, Dependency, Inequality

Cells = Mapping[str, pa.Array]


def codes_of(cells: pa.Array) -> NDArray[np.int64]:
    """One code per distinct cell, in order of appearance, int64 [R]; an empty cell is a value like any other."""
    encoded = cells.dictionary_encode(null_encoding="encode")
    codes: NDArray[np.int64] = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    return codes


def joint_codes(columns: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """One code 0 .. U - 1 per distinct combination of the columns' codes, int64 [R]."""
    joint = columns[0]
    for codes in columns[1:]:
        joint = np.unique(joint * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)[1].ravel()
    return joint


def breaks_dependency(cells: Cells, rule: Dependency, known: Cells | None = None) -> NDArray[np.bool_]:
    """Rows, bool [R], whose dependent is not the one its determinants have in `known`.

    Determinants that are not in `known` (none are, without it) must agree among the rows themselves: with the value
    that most of them have, the first seen among equals.
    """
    n = len(cells[rule.dependent])
    both = [*rule.determinants, rule.dependent]
    joined = {
        name: _joined(known[name], cells[name]) if known else pc.cast(cells[name], pa.large_string()) for name in both
    }
    n_known = len(joined[rule.dependent]) - n
    key = joint_codes([codes_of(joined[name]) for name in rule.determinants])
    value = codes_of(joined[rule.dependent])
    pairs, first, counts = np.unique(np.stack([key, value], axis=1), axis=0, return_index=True, return_counts=True)
    best = np.lexsort((first, -counts, first >= n_known, pairs[:, 0]))
    chosen = best[np.unique(pairs[best, 0], return_index=True)[1]]
    expected = np.empty(int(key.max(initial=0)) + 1, dtype=np.int64)
    expected[pairs[chosen, 0]] = pairs[chosen, 1]
    broken: NDArray[np.bool_] = (value != expected[key])[n_known:]
    return broken


def breaks_inequality(cells: Cells, rule: Inequality, columns: Mapping[str, Column]) -> NDArray[np.bool_]:
    """Rows, bool [R], where both numbers are known and the smaller is the greater."""
    smaller, larger = columns[rule.smaller], columns[rule.larger]
    return exceeds(
        (smaller, numbers_of(smaller, cells[rule.smaller]).values),
        (larger, numbers_of(larger, cells[rule.larger]).values),
    )


def _joined(first: pa.Array, second: pa.Array) -> pa.Array:
    return pa.concat_arrays([pc.cast(first, pa.large_string()), pc.cast(second, pa.large_string())])
