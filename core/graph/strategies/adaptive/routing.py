"""Which calls are asked next: packed calls of one primary with the pairs that promise most."""

import numpy as np
from numpy.typing import NDArray

from core.graph.call_plan import PlannedCall
from core.graph.strategies.adaptive.pairs import PairList


def random_calls(
    pairs: PairList, is_open: NDArray[np.bool_], n_calls: int, batch_size: int, rng: np.random.Generator
) -> list[PlannedCall]:
    """Up to `n_calls` calls whose pairs are a stratified random sample of the open ones (bool [P]); no pair twice.

    Primaries are drawn systematically along the catalogue, in proportion to their open pairs, so that every modality
    gets its share; the targets of a primary are drawn at random. A pair's chance is in proportion to
    `chance_of_audit`.
    """
    waiting = _open_matrix(pairs, is_open)
    degree = waiting.sum(axis=1)
    calls: list[PlannedCall] = []
    for primary in rng.permutation(_systematic(degree, n_calls, rng)).tolist():
        targets = np.flatnonzero(waiting[primary])
        if not len(targets):  # all its pairs were drawn from their other end
            continue
        chosen = np.sort(rng.permutation(targets)[:batch_size]).astype(np.int32)
        waiting[primary, chosen] = waiting[chosen, primary] = False
        calls.append(PlannedCall(len(calls), primary, chosen))
    return calls


def chance_of_audit(pairs: PairList, is_open: NDArray[np.bool_], batch_size: int) -> NDArray[np.float64]:
    """How likely `random_calls` draws each pair, up to one factor, float64 [P].

    A primary with d open pairs is drawn in proportion to d and then asks min(batch, d) of them.
    """
    degree = _open_matrix(pairs, is_open).sum(axis=1)
    asked = np.minimum(degree, batch_size).astype(np.float64)
    return np.where(is_open, asked[pairs.first] + asked[pairs.second], 0.0)


def promising_calls(
    pairs: PairList, gain: NDArray[np.float64], is_open: NDArray[np.bool_], n_calls: int, batch_size: int
) -> list[PlannedCall]:
    """Up to `n_calls` calls, each the primary whose `batch_size` best open pairs promise most together.

    `gain`: float64 [P], above 0, what asking a pair is expected to bring. No pair is in two calls.
    """
    promise = np.zeros((pairs.n_attributes, pairs.n_attributes), dtype=np.float32)
    wanted = np.flatnonzero(is_open)
    promise[pairs.first[wanted], pairs.second[wanted]] = gain[wanted]
    promise[pairs.second[wanted], pairs.first[wanted]] = gain[wanted]
    best = _best_sums(promise, batch_size)
    calls: list[PlannedCall] = []
    while len(calls) < n_calls and best.max(initial=0.0) > 0:
        primary = int(best.argmax())
        order = np.argsort(-promise[primary], kind="stable")[:batch_size]
        chosen = np.sort(order[promise[primary, order] > 0]).astype(np.int32)
        promise[primary, chosen] = promise[chosen, primary] = 0.0
        touched = np.append(chosen, primary)
        best[touched] = _best_sums(promise[touched], batch_size)
        calls.append(PlannedCall(len(calls), primary, chosen))
    return calls


def _best_sums(promise: NDArray[np.float32], batch_size: int) -> NDArray[np.float32]:
    """Sum of the `batch_size` largest entries of each row."""
    n = promise.shape[1]
    if n <= batch_size:
        return np.asarray(promise.sum(axis=1))
    return np.asarray(np.partition(promise, n - batch_size, axis=1)[:, n - batch_size :].sum(axis=1))


def _open_matrix(pairs: PairList, is_open: NDArray[np.bool_]) -> NDArray[np.bool_]:
    waiting = np.zeros((pairs.n_attributes, pairs.n_attributes), dtype=np.bool_)
    wanted = np.flatnonzero(is_open)
    waiting[pairs.first[wanted], pairs.second[wanted]] = True
    return np.asarray(waiting | waiting.T)


def _systematic(size: NDArray[np.int64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Positions 0..len-1 drawn at equal steps along the cumulated sizes from a random start; large ones repeat."""
    total = int(size.sum())
    if total == 0 or n == 0:
        return np.zeros(0, dtype=np.int64)
    points = (np.arange(n) + rng.random()) * (total / n)
    return np.searchsorted(np.cumsum(size), points, side="right")
