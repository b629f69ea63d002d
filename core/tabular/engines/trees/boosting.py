"""Fitting the head: a code is placed by its shares of the classes, and trees follow the loss's slope round by round."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from core.progress import Progress, Steps
from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.engines.trees.head import Head, bin_answers, leaf_numbers
from core.tabular.engines.trees.tree import Question, Values
from core.tabular.plain import PlainColumn, PlainTable

Floats = NDArray[np.float64]

_FOLDS = 5
_REPORT_EVERY = 10
_BINS = 32
_MOST_CLASSES = 8  # of a target that is boosted
_PRIOR_ROWS = 50.0  # a code's share of a class is held back as by this many rows of the average share
_RIDGE = 3.0  # second derivatives added to every leaf
_ROW_SHARE = 0.7  # of the rows in each round


class _Tree(NamedTuple):
    asked: NDArray[np.int32]
    cut: NDArray[np.uint8]
    leaves: Floats


class _Asked(NamedTuple):
    """A question, and its answer for every training row, which is not the one a new row would get."""

    question: Question
    answers: NDArray[np.float32]


def is_boosted(table: PlainTable) -> bool:
    """Whether the table has a target of few enough classes for a head."""
    return bool(table.target) and 2 <= table.columns[-1].n_codes <= _MOST_CLASSES


def fit_head_of_target(table: PlainTable, settings: TreeSamplerSettings, rng: np.random.Generator) -> Steps[Head]:
    """The chances of the table's target, its last column, given all others."""
    target = table.columns[-1]
    return fit_head(table.columns[:-1], table.values, table.codes(target.name), target.n_codes, settings, rng)


def fit_head(
    columns: Sequence[PlainColumn],
    values: Values,
    classes: NDArray[np.int32],
    n_classes: int,
    settings: TreeSamplerSettings,
    rng: np.random.Generator,
) -> Steps[Head]:
    """The chances of `classes` [N], each 0 .. K - 1, given these columns of the same rows."""
    truth = np.eye(n_classes)[classes]
    asked = [one for column in columns for one in _asked(column, values, truth, rng)]
    edges = np.array([_edges(one.answers) for one in asked], dtype=np.float32).reshape(len(asked), _BINS - 1)
    counts = truth.sum(axis=0) + 0.5
    start = np.log(counts / counts.sum())
    grown: list[tuple[int, _Tree]] = []
    if asked:
        binned = bin_answers([one.answers for one in asked], edges)
        grown = yield from _boost(binned, truth, start, settings, rng)
    return Head(
        questions=tuple(one.question for one in asked),
        edges=edges,
        start=start,
        of_class=np.array([one for one, _ in grown], dtype=np.int32),
        asked=np.array([tree.asked for _, tree in grown], dtype=np.int32).reshape(len(grown), settings.head_depth),
        cut=np.array([tree.cut for _, tree in grown], dtype=np.uint8).reshape(len(grown), settings.head_depth),
        leaves=np.array([tree.leaves for _, tree in grown]).reshape(len(grown), 2**settings.head_depth),
    )


def _boost(
    binned: NDArray[np.uint8], truth: Floats, start: Floats, settings: TreeSamplerSettings, rng: np.random.Generator
) -> Steps[list[tuple[int, _Tree]]]:
    n_rows, n_classes = truth.shape
    scores = np.tile(start, (n_rows, 1))
    boosted = range(1, 2) if n_classes == 2 else range(n_classes)
    grown = []
    for done in range(settings.head_rounds):
        if done % _REPORT_EVERY == 0:
            yield Progress(done, settings.head_rounds, "Boosting the chances of the target")
        rows = np.flatnonzero(rng.random(n_rows) < _ROW_SHARE)
        chances = softmax(scores, axis=1)
        some = binned[:, rows]
        for one in boosted:
            slopes, curves = truth[:, one] - chances[:, one], chances[:, one] * (1 - chances[:, one])
            tree = _grow(some, slopes[rows], curves[rows], settings)
            scores[:, one] += tree.leaves[leaf_numbers(binned, tree.asked, tree.cut)]
            grown.append((one, tree))
    return grown


def _grow(binned: NDArray[np.uint8], slopes: Floats, curves: Floats, settings: TreeSamplerSettings) -> _Tree:
    """The tree whose levels, chosen one after the other, lower the second-order loss most."""
    leaf = np.zeros(len(slopes), dtype=np.int64)
    asked, cut = [], []
    for level in range(settings.head_depth):
        question, bound = _best_cut(binned, leaf, 2**level, slopes, curves)
        leaf += (binned[question] > bound).astype(np.int64) << level
        asked.append(question)
        cut.append(bound)
    n_leaves = 2**settings.head_depth
    total_slope = np.bincount(leaf, weights=slopes, minlength=n_leaves)
    total_curve = np.bincount(leaf, weights=curves, minlength=n_leaves)
    leaves = settings.head_rate * total_slope / (total_curve + _RIDGE)
    return _Tree(np.array(asked, dtype=np.int32), np.array(cut, dtype=np.uint8), leaves)


def _best_cut(
    binned: NDArray[np.uint8], leaf: NDArray[np.int64], n_leaves: int, slopes: Floats, curves: Floats
) -> tuple[int, int]:
    base = leaf * _BINS
    gains = np.empty((len(binned), _BINS - 1))
    for question, bins in enumerate(binned):
        cells = base + bins
        slope = np.bincount(cells, weights=slopes, minlength=n_leaves * _BINS).reshape(n_leaves, _BINS).cumsum(axis=1)
        curve = np.bincount(cells, weights=curves, minlength=n_leaves * _BINS).reshape(n_leaves, _BINS).cumsum(axis=1)
        below = slope[:, :-1] ** 2 / (curve[:, :-1] + _RIDGE)
        above = (slope[:, -1:] - slope[:, :-1]) ** 2 / (curve[:, -1:] - curve[:, :-1] + _RIDGE)
        gains[question] = (below + above).sum(axis=0)
    best = int(gains.argmax())
    return best // (_BINS - 1), best % (_BINS - 1)


def _asked(column: PlainColumn, values: Values, truth: Floats, rng: np.random.Generator) -> list[_Asked]:
    """A number or a flag as it is; more codes by their share of each class, counted on the *other* folds' rows.

    A share that counted the row itself would tell the row its own class.
    """
    if column.n_codes <= 2:
        question = Question(column.name)
        return [_Asked(question, question.answers(values))]
    codes = values[column.name].astype(np.int64)
    fold = rng.integers(0, _FOLDS, len(codes))
    cells = fold * column.n_codes + codes
    asked = []
    for one in range(1 if truth.shape[1] == 2 else 0, truth.shape[1]):
        shape = (_FOLDS, column.n_codes)
        rows = np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape)
        hits = np.bincount(cells, weights=truth[:, one], minlength=shape[0] * shape[1]).reshape(shape)
        others, other_hits = rows.sum(axis=0) - rows, hits.sum(axis=0) - hits
        shares = (other_hits + _PRIOR_ROWS * truth[:, one].mean()) / (others + _PRIOR_ROWS)
        question = Question(column.name, shares.mean(axis=0).astype(np.float32))
        asked.append(_Asked(question, shares[fold, codes].astype(np.float32)))
    return asked


def _edges(answers: NDArray[np.float32]) -> NDArray[np.float32]:
    """Cuts between bins of about as many rows each; between distinct answers where these are few."""
    distinct = np.unique(answers)
    if len(distinct) <= _BINS:
        between = (distinct[1:] + distinct[:-1]) / 2
        padded: NDArray[np.float32] = np.pad(between, (0, _BINS - 1 - len(between)), constant_values=np.inf)
        return padded
    quantiles: NDArray[np.float32] = np.quantile(answers, np.arange(1, _BINS) / _BINS).astype(np.float32)
    return quantiles
