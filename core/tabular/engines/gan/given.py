"""What the generator is given when rows are drawn: a class and a code of one column, as often as rows have both."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.tabular.plain import Condition


class Given(NamedTuple):
    """For B rows: their classes, the column whose code is given (-1: none), and the code; int64 [B] each."""

    classes: NDArray[np.int64]
    column: NDArray[np.int64]
    code: NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class GivenShares:
    """`joint` [Y, sum of sizes]: for every column of `names`, the shares of its codes and the classes together.

    `class_shares` [Y] are those of the classes of `target`, "" where there is none and Y is 1.
    """

    target: str
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    joint: NDArray[np.float64]
    class_shares: NDArray[np.float64]

    def draw(self, n: int, where: Sequence[Condition], rng: np.random.Generator) -> Given:
        """What `n` rows are given: by a condition on a coded column where there is one, by a random column elsewhere.

        A condition that no training row meets is left to rejection, which says so.
        """
        asked = [condition for condition in where if condition.column in self.names and condition.codes]
        if asked:
            at = self.names.index(asked[0].column)
            return self._draw_column(n, at, self._allowed(at, where), rng)
        classes = rng.choice(len(self.class_shares), n, p=_chances(self._allowed_classes(where), self.class_shares))
        if not self.names:
            return Given(classes, np.full(n, -1), np.zeros(n, dtype=np.int64))
        column, code = rng.integers(len(self.names), size=n), np.zeros(n, dtype=np.int64)
        for at in range(len(self.names)):
            for label in np.unique(classes[column == at]):
                rows = np.flatnonzero((column == at) & (classes == label))
                shares = self._part(at)[label]
                code[rows] = rng.choice(len(shares), len(rows), p=shares / shares.sum())
        return Given(classes, column, code)

    def _draw_column(self, n: int, at: int, shares: NDArray[np.float64], rng: np.random.Generator) -> Given:
        cell = rng.choice(shares.size, n, p=_chances(shares, self._part(at)).ravel())
        return Given(cell // shares.shape[1], np.full(n, at), cell % shares.shape[1])

    def _allowed(self, at: int, where: Sequence[Condition]) -> NDArray[np.float64]:
        """The column's joint shares [Y, size] with 0 where a condition on it or on the target forbids them."""
        shares = self._part(at) * (self._allowed_classes(where) > 0)[:, None]
        for condition in where:
            if condition.column == self.names[at]:
                shares = shares * np.isin(np.arange(shares.shape[1]), list(condition.codes))
        return shares

    def _allowed_classes(self, where: Sequence[Condition]) -> NDArray[np.float64]:
        shares = self.class_shares
        for condition in where:
            if condition.column == self.target:
                shares = shares * np.isin(np.arange(len(shares)), list(condition.codes))
        return shares

    def _part(self, at: int) -> NDArray[np.float64]:
        first = sum(self.sizes[:at])
        return self.joint[:, first : first + self.sizes[at]]


def shares_of(
    target: str,
    names: tuple[str, ...],
    sizes: tuple[int, ...],
    codes: NDArray[np.int64],
    classes: NDArray[np.int64],
    n_classes: int,
) -> GivenShares:
    """The shares among rows of codes [R, >= columns] and classes [R]."""
    joint = [np.zeros((n_classes, 0))]
    for at, size in enumerate(sizes):
        counts = np.bincount(classes * size + codes[:, at], minlength=n_classes * size)
        joint.append(counts.reshape(n_classes, size) / len(codes))
    return GivenShares(
        target, names, sizes, np.concatenate(joint, axis=1), np.bincount(classes, minlength=n_classes) / len(classes)
    )


def _chances(allowed: NDArray[np.float64], otherwise: NDArray[np.float64]) -> NDArray[np.float64]:
    """The allowed shares as chances, or all of them where none is allowed."""
    shares = allowed if allowed.sum() > 0 else otherwise
    chances: NDArray[np.float64] = shares / shares.sum()
    return chances
