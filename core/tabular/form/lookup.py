"""A dependency learnt: which value of the dependent belongs to which values of its determinants."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.tabular.schema import Dependency


@dataclass(frozen=True, eq=False)
class Lookup:
    """The combinations of determinants' codes that training has.

    `keys` int32 [U, D] are their codes, `counts` int64 [U] their rows, and `values` int32 [U] the dependent's, an
    index into `texts` (None is an empty cell).
    """

    rule: Dependency
    keys: NDArray[np.int32]
    counts: NDArray[np.int64]
    values: NDArray[np.int32]
    texts: tuple[str | None, ...]

    @classmethod
    def learn(cls, rule: Dependency, codes: NDArray[np.int32], cells: pa.Array) -> "Lookup":
        """From determinants' codes [R, D] and canonical cells [R] that obey the rule."""
        keys, first, counts = np.unique(codes, axis=0, return_index=True, return_counts=True)
        encoded = cells.take(pa.array(first)).dictionary_encode(null_encoding="encode")
        values = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        return cls(rule, keys, counts.astype(np.int64), values, tuple(encoded.dictionary.to_pylist()))

    def indices(self, codes: NDArray[np.int32]) -> NDArray[np.int32]:
        """An index into `texts` for every row of codes [R, D].

        A combination that training has not gets the value seen most with its first determinants, as many of them as
        were seen together: always the same one, so that the rule holds among new rows too.
        """
        found = np.full(len(codes), -1, dtype=np.int32)
        for n_known in range(codes.shape[1], -1, -1):
            rows = np.flatnonzero(found < 0)
            if not len(rows):
                break
            found[rows] = self._most_seen(codes[rows], n_known)
        return found

    def cells(self, codes: NDArray[np.int32]) -> pa.Array:
        """The dependent's cells [R]."""
        return pa.array(self.texts, type=pa.large_string()).take(pa.array(self.indices(codes)))

    def _most_seen(self, codes: NDArray[np.int32], n_known: int) -> NDArray[np.int32]:
        """By the first `n_known` determinants alone; -1 where training has not these together."""
        prefixes, prefix_of = np.unique(self.keys[:, :n_known], axis=0, return_inverse=True)
        totals, value_at = np.unique(np.stack([prefix_of.ravel(), self.values], axis=1), axis=0, return_inverse=True)
        rows = np.bincount(value_at.ravel(), weights=self.counts)
        best = np.lexsort((totals[:, 1], -rows, totals[:, 0]))
        firsts = best[np.unique(totals[best, 0], return_index=True)[1]]  # each prefix's value of most rows
        wanted = np.concatenate([prefixes, codes[:, :n_known]])
        _, same = np.unique(wanted, axis=0, return_inverse=True)
        answer = np.full(same.max() + 1, -1, dtype=np.int32)
        answer[same.ravel()[: len(prefixes)]] = totals[firsts, 1]
        return answer[same.ravel()[len(prefixes) :]]
