"""The published comparison of two strategies on 160 attributes, as counts that the same figures are computed from."""

from typing import Final

import numpy as np

from core.graph.agreement import PairAgreement


def agreement_of_edges(n_pairs: int, edges_a: int, edges_b: int, common: int, mismatches: int) -> PairAgreement:
    """The agreement of two graphs of which only the numbers of edges are known.

    Which signs they have is not: all are put down as +, but for the mismatches in b. So every figure that tells + and -
    apart by number (`sign_kappa_all_pairs` and its like) is not that of the graphs; the others are.
    """
    only_a, only_b = edges_a - common, edges_b - common
    counts = np.zeros((4, 4), dtype=np.int64)  # negative, neutral, positive, unknown, as in PairAgreement
    counts[2] = [mismatches, 0, common - mismatches, only_a]
    counts[3] = [0, 0, only_b, n_pairs - common - only_a - only_b]
    return PairAgreement(counts)


PUBLISHED: Final = agreement_of_edges(n_pairs=8_700, edges_a=5_131, edges_b=4_649, common=3_476, mismatches=70)
