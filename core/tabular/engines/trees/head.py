"""Chances of the target's classes: a sum of small trees whose levels each ask one question of every row.

Newton boosting of the softmax loss (Friedman 2001; Chen & Guestrin 2016) by oblivious trees: a row finds its leaf by
`depth` comparisons, which is quick for many rows and hard to overfit a rare class with.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from core.tabular.engines.trees.tree import Question, Values

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Head:
    """T trees of D levels; a tree adds its leaf's value to the log chance of `of_class`.

    A row's answer to question `asked`[t, d] is binned by `edges` [Q, B] and compared with `cut`[t, d]; the D results
    are the binary digits of its leaf. `leaves` [T, 2^D]; `start` [K] are the log chances before any tree.
    """

    questions: tuple[Question, ...]
    edges: NDArray[np.float32]
    start: Floats
    of_class: NDArray[np.int32]
    asked: NDArray[np.int32]
    cut: NDArray[np.uint8]
    leaves: Floats

    def chances(self, values: Values, n_rows: int) -> Floats:
        """The chance of each class, [R, K]."""
        scores = np.tile(self.start, (n_rows, 1))
        if len(self.asked):
            binned = bin_answers([question.answers(values) for question in self.questions], self.edges)
            for one, asked, cut, leaves in zip(self.of_class, self.asked, self.cut, self.leaves, strict=True):
                scores[:, one] += leaves[leaf_numbers(binned, asked, cut)]
        chances: Floats = softmax(scores, axis=1)
        return chances


def bin_answers(answers: Sequence[NDArray[np.float32]], edges: NDArray[np.float32]) -> NDArray[np.uint8]:
    """How many of its question's edges each answer is above, [Q, R]."""
    binned = [np.searchsorted(edge, answer, side="left") for answer, edge in zip(answers, edges, strict=True)]
    return np.stack(binned).astype(np.uint8)


def leaf_numbers(binned: NDArray[np.uint8], asked: NDArray[np.int32], cut: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The leaf of every row in one tree, [R]: digit d says whether its answer is above `cut`[d]."""
    leaf = np.zeros(binned.shape[1], dtype=np.uint8)
    for level, (question, bound) in enumerate(zip(asked, cut, strict=True)):
        leaf |= (binned[question] > bound).view(np.uint8) << np.uint8(level)
    return leaf


def draw_classes(chances: Floats, wanted: Sequence[int], random: Floats) -> NDArray[np.int32]:
    """A class for every row by its chances [R, K], of the `wanted` ones where any are; `random` [R] in [0, 1)."""
    if wanted:
        kept = np.zeros(chances.shape[1])
        kept[list(wanted)] = 1.0
        chances = chances * kept
    running = chances.cumsum(axis=1)
    drawn: NDArray[np.int32] = (running <= random[:, None] * running[:, -1:]).sum(axis=1).astype(np.int32)
    return drawn
