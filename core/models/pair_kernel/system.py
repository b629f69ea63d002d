"""What training rows observe of the pairs: row r sees the mean of its pairs, plus noise.

With B the rows' means, K the kernel and noise s, the estimates are K B' a where (B K B' + s) a = targets. Neither a
matrix of rows by rows nor one of pairs by pairs is formed: a product spreads the rows' values over their pairs, the
kernel over all pairs, and gathers the means.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy.linalg
from numpy.typing import NDArray
from scipy import sparse

from core.models.pair_kernel.kernel import Floats, PairKernel
from core.models.pair_kernel.layout import RowPairs
from core.models.pair_kernel.solving import Columns, Map
from core.models.tables import CampaignRows

_MOST_PRECONDITIONED: Final = 4_000  # attributes: the preconditioner factors a matrix of them, at cubic cost


@dataclass(frozen=True, eq=False)
class RowSystem:
    """The covariance of R observed rows; `n_rows` x `n_rows`, applied and never formed."""

    kernel: PairKernel
    pairs: RowPairs

    def apply(self, values: Columns) -> Columns:
        """(B K B' + noise) values, float64 [R, T]; sums are taken in float32 inside."""
        return self.means(self.spread(values)) + self.kernel.weights.noise * values

    def spread(self, values: Columns, known: NDArray[np.bool_] | None = None) -> Floats:
        """K B' values: what values of the rows say of all pairs, float32 [P, T]."""
        weighted = (self.pairs.weight[:, None] * values).astype(np.float32)
        return self.kernel.spread(np.asarray(self.pairs.held.T @ weighted), known)

    def means(self, of_pairs: Floats) -> Columns:
        """B of_pairs: the mean over every row's pairs, float64 [R, T]."""
        return row_means(self.pairs, of_pairs)


def row_means(pairs: RowPairs, of_pairs: Floats) -> Columns:
    """The mean over every row's pairs of values [P, T]: float64 [R, T]."""
    return pairs.weight[:, None] * np.asarray(pairs.held @ of_pairs, dtype=np.float64)


def main_effects_preconditioner(system: RowSystem, rows: CampaignRows) -> Map | None:
    """An approximate inverse of the system that knows each attribute's own effect, the bulk of the covariance.

    There a pair is g_i + g_j with g of covariance shared * K, and the rest of a row's variance is noise alike for all
    rows: Woodbury's formula over the attributes. None where there are too many attributes for it to pay.
    """
    kernel, layout = system.kernel, system.kernel.layout
    if len(layout) > _MOST_PRECONDITIONED or kernel.weights.shared == 0.0:
        return None
    effects = _effects(system, rows)
    rest = kernel.weights.noise + float(np.mean(system.pairs.weight**2 * np.diff(system.pairs.held.indptr)))
    prior = kernel.weights.shared * kernel.attribute_covariance()
    inner = (effects.T @ effects) @ prior
    inner[np.diag_indices_from(inner)] += rest
    factors = scipy.linalg.lu_factor(inner, overwrite_a=True)

    def solve(values: Columns) -> Columns:
        told = prior @ scipy.linalg.lu_solve(factors, effects.T @ values)
        return np.asarray((values - effects @ told) / rest, dtype=np.float64)

    return solve


def _effects(system: RowSystem, rows: CampaignRows) -> sparse.csr_matrix:
    """By how much a row's mean rises with each attribute's effect, float64 CSR [R, A] in the layout's places."""
    layout = system.kernel.layout
    places = layout.place[rows.nodes]
    held = sparse.csr_matrix((np.ones(len(places)), places, rows.offsets), shape=(len(rows), len(layout)))
    of_modality = sparse.csr_matrix((np.ones(len(layout)), (np.arange(len(layout)), layout.modality)))
    counts = np.asarray((held @ of_modality).todense())
    row = rows.row_of_node()
    partners = counts.sum(axis=1)[row] - counts[row, layout.modality[places]]
    return sparse.csr_matrix((partners * system.pairs.weight[row], places, rows.offsets), shape=held.shape)
