"""The prior covariance of pairs: the product of how alike their ends are.

Two attributes are alike by k(i, j) = shared + [same modality] (modality + content * cosine) + [i is j]. Two unordered
pairs {i, j} and {k, l} then co-vary by k(i, k) k(j, l) + k(i, l) k(j, k). Over all pairs that is the map M -> K M K of
symmetric matrices. K is never formed for it: within a modality it is of low rank plus 1 on the diagonal, and across
modalities it is constant.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.models.pair_kernel.layout import PairLayout
from core.models.pair_kernel.settings import KernelWeights
from core.models.tables import AttributeTable

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class PairKernel:
    """`factors`: by modality of n attributes, float32 [n, 1 + D]; factor @ factor.T is what its attributes share."""

    layout: PairLayout
    weights: KernelWeights
    factors: tuple[Floats, ...]

    def spread(self, values: Floats, known: NDArray[np.bool_] | None = None) -> Floats:
        """What values put on pairs, float32 [P, T], say of all pairs: K M K, where M holds a column's values.

        Attributes that are not `known`, bool [A] in the table's order, hear only through what they share with others,
        as if no row had ever held them.
        """
        own = np.ones(len(self.layout), dtype=np.float32)
        if known is not None:
            own[~known[self.layout.members]] = 0.0
        columns = [self._spread_one(np.ascontiguousarray(column), own) for column in values.T]
        return np.stack(columns, axis=1)

    def attribute_covariance(self) -> NDArray[np.float64]:
        """K itself, float64 [A, A], in the order of the layout's places."""
        dense = np.full((len(self.layout), len(self.layout)), self.weights.shared)
        for part, factor in zip(self.layout.modalities, self.factors, strict=True):
            dense[part, part] += factor.astype(np.float64) @ factor.T
        dense[np.diag_indices_from(dense)] += 1.0
        return dense

    def prior_variance(self) -> NDArray[np.float64]:
        """Of every pair, float64 [P]."""
        alone = np.concatenate([(factor.astype(np.float64) ** 2).sum(axis=1) for factor in self.factors])
        alone += 1.0 + self.weights.shared
        variances = [np.outer(alone[block.first], alone[block.second]).ravel() for block in self.layout.blocks]
        return np.concatenate(variances) + self.weights.shared**2

    def prior_sample(self, rng: np.random.Generator) -> Floats:
        """One draw of all pairs from the prior, float32 [P]."""
        low = self._low_rank_root()
        width = low.shape[1]
        drawn = rng.standard_normal((width + len(low), width + len(low)), dtype=np.float32)
        half = drawn[:, :width] @ low.T + drawn[:, width:]
        table = low @ half[:width] + half[width:]
        table = (table + table.T) / np.float32(np.sqrt(2.0))
        return np.concatenate([table[block.first, block.second].ravel() for block in self.layout.blocks])

    def _low_rank_root(self) -> Floats:
        """Float32 [A, Q] whose product with its transpose is K without its diagonal of ones."""
        root = np.zeros((len(self.layout), 1 + sum(factor.shape[1] for factor in self.factors)), dtype=np.float32)
        root[:, 0] = np.sqrt(self.weights.shared)
        column = 1
        for part, factor in zip(self.layout.modalities, self.factors, strict=True):
            root[part, column : column + factor.shape[1]] = factor
            column += factor.shape[1]
        return root

    def _spread_one(self, values: Floats, own: Floats) -> Floats:
        """With K = L + shared 11', where L is K within modalities: K M K = L M L + shared (t1' + 1t') + shared² 1'M1.

        There t = L M 1.
        """
        shared = np.float32(self.weights.shared)
        sums = self._sums(values)
        heard = np.empty_like(sums)
        for part, factor in zip(self.layout.modalities, self.factors, strict=True):
            heard[part] = own[part] * sums[part] + factor @ (factor.T @ sums[part])
        constant = shared * shared * sums.sum()
        out = np.empty_like(values)
        factor_of = dict(zip((part.start for part in self.layout.modalities), self.factors, strict=True))
        for block in self.layout.blocks:
            first, second = factor_of[block.first.start], factor_of[block.second.start]
            held = values[block.pairs].reshape(block.shape)
            half = own[block.first, None] * held + first @ (first.T @ held)
            whole = half * own[block.second] + (half @ second) @ second.T
            whole += (shared * heard[block.first] + constant)[:, None]
            whole += shared * heard[block.second]
            out[block.pairs] = whole.ravel()
        return out

    def _sums(self, values: Floats) -> Floats:
        """What the pairs of each attribute sum to, float32 [A]."""
        sums = np.zeros(len(self.layout), dtype=np.float32)
        for block in self.layout.blocks:
            held = values[block.pairs].reshape(block.shape)
            sums[block.first] += held.sum(axis=1)
            sums[block.second] += held.sum(axis=0)
        return sums


def pair_kernel(attributes: AttributeTable, layout: PairLayout, weights: KernelWeights) -> PairKernel:
    """The kernel of a table's attributes; vectors are compared within a modality alone, where they are of one kind."""
    vectors = attributes.vectors[layout.members].astype(np.float32)
    factors = []
    for part in layout.modalities:
        mean = np.full((part.stop - part.start, 1), np.sqrt(weights.modality), dtype=np.float32)
        factors.append(np.hstack([mean, np.float32(np.sqrt(weights.content)) * vectors[part]]))
    return PairKernel(layout, weights, tuple(factors))
