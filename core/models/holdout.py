"""Training rows set aside to judge a model by: stratified by label, near-duplicates on one side."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import ValenceError
from core.models.tables import TrainingSet


class HoldOut(NamedTuple):
    """Row numbers, int64, ascending: to fit on, and to score."""

    fit: NDArray[np.int64]
    valid: NDArray[np.int64]


def hold_out(training: TrainingSet, share: float, seed: int) -> HoldOut:
    """Set about `share` (above 0, below 1) of each label's rows aside; a group goes to one side as a whole.

    Groups are drawn in random order, and each goes where its label is still short: of the larger groups, the label of
    their first row counts. At least one group of every label stays to fit on, so a label of one group is not scored.
    `ValenceError` where nothing is left for one of the sides.
    """
    first_row, group_of = _groups(training.group)
    sizes = np.bincount(group_of, minlength=len(first_row))
    label_of = training.label[first_row]
    aside = np.zeros(len(first_row), dtype=np.bool_)
    rng = np.random.default_rng([seed, len(training)])
    order = rng.permutation(len(first_row))
    for label in np.unique(label_of):
        own = order[label_of[order] == label]
        before = np.concatenate(([0], np.cumsum(sizes[own])[:-1]))
        aside[own] = before + sizes[own] / 2 <= share * sizes[own].sum()  # no further over the share than short of it
        if aside[own].all():
            aside[own[-1]] = False
    return _parted(aside[group_of])


def thin(training: TrainingSet, most: int, seed: int) -> NDArray[np.int64]:
    """Numbers of at most about `most` rows, int64, ascending: whole groups, stratified; all where there are no more."""
    if len(training) <= most:
        return np.arange(len(training), dtype=np.int64)
    return hold_out(training, most / len(training), seed).valid


def _groups(group: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first row of each group in the order of appearance, and each row's dense group number."""
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return np.sort(first), rank[inverse.ravel()]


def _parted(aside: NDArray[np.bool_]) -> HoldOut:
    parts = HoldOut(np.flatnonzero(~aside), np.flatnonzero(aside))
    if not len(parts.fit) or not len(parts.valid):
        raise ValenceError(
            f"{len(aside):,} training rows are too few, or too alike, to set some aside for validation.",
            "Choose a dataset version with more rows that differ.",
        )
    return parts
