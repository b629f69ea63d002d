"""The distribution on a tree of column pairs that is nearest to noisy counts.

Its marginals are consistent where the noisy ones are not. Mirror descent over the potentials, each step's marginals
by message passing (McKenna, Sheldon & Miklau 2019); nothing here sees a row, so it costs no privacy.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from core.progress import Progress, Steps
from core.tabular.engines.private.measuring import Noisy

Floats = NDArray[np.float64]
Pair = tuple[int, int]

_REPORT_EVERY = 10
_LEAST_RATE = 1e-15


class Marginals(NamedTuple):
    """Shares of each column's codes [K], and of each tree pair's codes [Ka, Kb]."""

    columns: list[Floats]
    pairs: dict[Pair, Floats]


class Walk(NamedTuple):
    """A tree from its root: `order` has every column after its `parent` (-1 for a root)."""

    order: tuple[int, ...]
    parent: tuple[int, ...]


def walk_of(n_columns: int, pairs: Sequence[Pair]) -> Walk:
    """The tree walked from column 0; columns that no pair joins are roots of their own."""
    beside: list[list[int]] = [[] for _ in range(n_columns)]
    for first, second in pairs:
        beside[first].append(second)
        beside[second].append(first)
    parent = [-2] * n_columns
    order: list[int] = []
    for root in range(n_columns):
        waiting = [(root, -1)] if parent[root] == -2 else []
        while waiting:
            column, above = waiting.pop()
            parent[column] = above
            order.append(column)
            waiting += [(other, column) for other in beside[column] if other != above]
    return Walk(tuple(order), tuple(parent))


def marginals_of(walk: Walk, alone: Sequence[Floats], joint: dict[Pair, Floats]) -> Marginals:
    """Exact marginals of exp(sum of the potentials): `alone` [K] by column, `joint` [K of parent, K of child].

    Messages go up the tree and down again; the keys of `joint` and of the result are (parent, child).
    """
    up = [np.array(own, dtype=np.float64) for own in alone]
    sent: dict[int, Floats] = {}
    for column in reversed(walk.order):
        above = walk.parent[column]
        if above >= 0:
            sent[column] = logsumexp(joint[above, column] + up[column][None, :], axis=1)
            up[above] = up[above] + sent[column]
    down = [np.array(own) for own in up]
    pairs: dict[Pair, Floats] = {}
    columns: list[Floats] = [np.zeros(0)] * len(alone)
    for column in walk.order:
        above = walk.parent[column]
        if above >= 0:
            rest = down[above] - sent[column]
            belief = joint[above, column] + rest[:, None] + up[column][None, :]
            pairs[above, column] = _shares(belief)
            down[column] = up[column] + logsumexp(joint[above, column] + rest[:, None], axis=0)
        columns[column] = _shares(down[column])
    return Marginals(columns, pairs)


def fit_marginals(noisy: Sequence[Noisy], sizes: Sequence[int], total: float, descents: int) -> Steps[Marginals]:
    """Marginals of the tree distribution whose `total` rows differ least from the counts, in deviations squared."""
    walk = walk_of(len(sizes), [(one.columns[0], one.columns[1]) for one in noisy if len(one.columns) == 2])
    measured = [_from_parent(one, walk) for one in noisy]
    edges = [(walk.parent[column], column) for column in walk.order if walk.parent[column] >= 0]
    alone = [np.zeros(size) for size in sizes]
    joint = {(above, column): np.zeros((sizes[above], sizes[column])) for above, column in edges}
    now = marginals_of(walk, alone, joint)
    loss, slopes = _loss(now, measured, total)
    rate = 1.0
    for done in range(descents):
        if done % _REPORT_EVERY == 0:
            yield Progress(done, descents, "Fitting the tree to the noisy counts")
        while True:
            next_alone = [own - rate * slope for own, slope in zip(alone, slopes.columns, strict=True)]
            next_joint = {pair: own - rate * slopes.pairs[pair] for pair, own in joint.items()}
            ahead = marginals_of(walk, next_alone, next_joint)
            next_loss, next_slopes = _loss(ahead, measured, total)
            if loss - next_loss >= 0.5 * _fall(slopes, now, ahead):
                break
            rate /= 2
            if rate < _LEAST_RATE:  # no step is small enough to lower the loss: this is the lowest
                return now
        alone, joint, now, loss, slopes = next_alone, next_joint, ahead, next_loss, next_slopes
        rate *= 2
    return now


def _from_parent(noisy: Noisy, walk: Walk) -> Noisy:
    """The same counts, those of a pair with the parent's codes as rows."""
    if len(noisy.columns) == 1 or walk.parent[noisy.columns[1]] == noisy.columns[0]:
        return noisy
    return Noisy(noisy.columns[::-1], noisy.counts.T, noisy.deviation.T)


def _loss(marginals: Marginals, measured: Sequence[Noisy], total: float) -> tuple[float, Marginals]:
    """Half the squared deviations of the expected counts, and its slopes by the marginals."""
    loss = 0.0
    columns = [np.zeros_like(own) for own in marginals.columns]
    pairs: dict[Pair, Floats] = {}
    for one in measured:
        is_pair = len(one.columns) == 2
        shares = marginals.pairs[one.columns[0], one.columns[1]] if is_pair else marginals.columns[one.columns[0]]
        off = (total * shares - one.counts) / one.deviation
        loss += 0.5 * float((off**2).sum())
        slope = total * off / one.deviation
        if is_pair:
            pairs[one.columns[0], one.columns[1]] = slope
        else:
            columns[one.columns[0]] = slope
    return loss, Marginals(columns, pairs)


def _fall(slopes: Marginals, now: Marginals, ahead: Marginals) -> float:
    """How far the loss would fall from `now` to `ahead` if it went on along its slopes."""
    fall = sum(
        float((slope * (own - other)).sum())
        for slope, own, other in zip(slopes.columns, now.columns, ahead.columns, strict=True)
    )
    return fall + sum(float((slope * (now.pairs[p] - ahead.pairs[p])).sum()) for p, slope in slopes.pairs.items())


def _shares(log_weights: Floats) -> Floats:
    weights = np.exp(log_weights - log_weights.max())
    shares: Floats = weights / weights.sum()
    return shares
