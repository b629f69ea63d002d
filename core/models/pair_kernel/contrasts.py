"""Labels as numbers: contrasts between them.

A label stands for a range of the + fraction and one of the - fraction, which blind rows do not tell. They need not be
known: the estimates depend linearly on the targets, and any fractions given to K labels are a linear map of the
K - 1 contrasts between them. So the contrasts are learnt, and the head finds the map.
"""

import numpy as np
from numpy.typing import NDArray


def contrast_basis(n_labels: int) -> NDArray[np.float64]:
    """An orthonormal basis of the contrasts of K labels, float64 [K, K - 1] (Helmert's); every column sums to 0."""
    basis = np.zeros((n_labels, n_labels - 1))
    for k in range(1, n_labels):
        basis[:k, k - 1] = 1.0
        basis[k, k - 1] = -float(k)
    return np.asarray(basis / np.sqrt((basis**2).sum(axis=0)), dtype=np.float64)


def targets(label: NDArray[np.int32], n_labels: int) -> NDArray[np.float64]:
    """Each row's contrasts, centred over the rows: float64 [R, K - 1]."""
    of_row = contrast_basis(n_labels)[label]
    return np.asarray(of_row - of_row.mean(axis=0), dtype=np.float64)


def between(spoken_for: int, spoken_against: int, n_labels: int) -> NDArray[np.float64]:
    """Weights of the contrasts, float64 [K - 1], whose sum is 1 for one label's rows, -1 for the other's, else 0."""
    values = np.zeros(n_labels)
    values[spoken_for], values[spoken_against] = 1.0, -1.0
    return np.asarray(contrast_basis(n_labels).T @ values, dtype=np.float64)
