"""Which pairs of columns to count, and their noisy counts."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.engines.private.accounting import choice_epsilon, noise_for
from core.tabular.engines.private.measuring import Codes, Noisy, shares_of, total_of

Floats = NDArray[np.float64]
Pair = tuple[int, int]


def count_tree(
    codes: Sequence[Codes], noisy: Sequence[Noisy], rho: float, rng: np.random.Generator
) -> Steps[list[Noisy]]:
    """Noisy counts of the pairs of a tree over all columns: `rho` for the choice of the pairs, `rho` for the counts."""
    n_pairs = len(codes) - 1
    if not n_pairs:
        return []
    noise = noise_for(rho / n_pairs)
    worth = yield from worth_of_pairs(codes, noisy, noise)
    counted = []
    for first, second in choose_pairs(worth, len(codes), rho, rng):
        shape = (len(noisy[first].counts), len(noisy[second].counts))
        counts = count_pair(codes[first], codes[second], shape) + rng.normal(0, noise, shape)
        counted.append(Noisy((first, second), counts, np.full(shape, noise)))
    return counted


def choose_pairs(worth: Mapping[Pair, float], n_columns: int, rho: float, rng: np.random.Generator) -> list[Pair]:
    """Pairs that join all columns, one after the other by the exponential mechanism, for `rho` in all."""
    epsilon = choice_epsilon(rho / (n_columns - 1))
    part_of = np.arange(n_columns)
    chosen: list[Pair] = []
    for _ in range(n_columns - 1):
        open_pairs = [pair for pair in sorted(worth) if part_of[pair[0]] != part_of[pair[1]]]
        exponents = np.array([worth[pair] for pair in open_pairs]) * epsilon / 2
        chances = np.exp(exponents - exponents.max())
        first, second = open_pairs[int(rng.choice(len(open_pairs), p=chances / chances.sum()))]
        part_of[part_of == part_of[second]] = part_of[first]
        chosen.append((first, second))
    return chosen


def worth_of_pairs(codes: Sequence[Codes], noisy: Sequence[Noisy], noise: float) -> Steps[dict[Pair, float]]:
    """How much there is to learn from each pair's counts, in rows; one row more or less changes it by at most 1.

    The L1 distance of the counts from those of independent columns (McKenna, Miklau & Sheldon 2021), less the error
    that `noise` on them would bring (as in McKenna et al. 2022): a pair of long lists is far from independent by
    chance alone.
    """
    total = total_of(noisy)
    shares = [shares_of(one) for one in noisy]
    worth: dict[Pair, float] = {}
    for second in range(len(codes)):
        yield Progress(second, len(codes), "Comparing pairs of columns")
        for first in range(second):
            expected = total * np.outer(shares[first], shares[second])
            counts = count_pair(codes[first], codes[second], expected.shape)
            error = np.sqrt(2 / np.pi) * noise * counts.size
            worth[first, second] = float(np.abs(counts - expected).sum() - error)
    return worth


def count_pair(first: Codes, second: Codes, shape: tuple[int, ...]) -> Floats:
    """Rows of each pair of codes [Ka, Kb], without noise."""
    cells = first.astype(np.int64) * shape[1] + second
    return np.bincount(cells, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
