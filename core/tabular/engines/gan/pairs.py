"""How far the joint shares of every two codes among drawn rows are from those among all training rows."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class PairShares:
    """The mean products of every two places of a row that belong to different columns, over the training rows.

    Drawn rows are given by their softmaxes' chances: columns are drawn independently of each other then, so products of
    chances are expected joint shares, without the noise of a draw. A place weighs by the square root of its share, and
    less in a column of many codes. The squared distance is measured by two halves of the drawn rows: the product of
    their two independent errors has the squared error as its mean, without the noise that one sample's square adds.
    """

    def __init__(self, rows: Tensor, sizes: Sequence[int], levels: Sequence[NDArray[np.float64]] = ()) -> None:
        """`rows` [R, W]; `levels`: the numbers that a softmax's places stand for, whose expectation counts as a place.

        So do their squares: a relation between two numbers of many codes each is learnt sooner by them.
        """
        n_codes = torch.cat([torch.full((size,), float(size)) for size in sizes])
        column = torch.repeat_interleave(torch.arange(len(sizes)), torch.tensor(sizes))
        places = torch.arange(len(sizes), len(sizes) + rows.shape[1] - len(n_codes))
        self._views, viewed = _views(rows.shape[1], sizes, levels)
        column = torch.cat([column, places, viewed])
        self._is_pair = column[:, None] != column
        whole = torch.cat([rows, rows @ self._views], dim=1)
        share = rows[:, : len(n_codes)].mean(dim=0).clamp(min=1.0 / len(rows))
        others = whole[:, len(n_codes) :]
        deviation = ((others - others.mean(dim=0)) ** 2).mean(dim=0).sqrt()
        self._middle = torch.cat([torch.zeros(len(n_codes)), others.mean(dim=0)])
        self._weight = torch.cat([share.rsqrt() * n_codes**-0.25, 1 / deviation.clamp(min=1e-3)])
        self._wanted = self._products(rows)

    def distance(self, drawn: Tensor) -> Tensor:
        """An unbiased estimate of the squared distance for drawn rows [B, W] of chances and places."""
        half = len(drawn) // 2
        one, other = self._products(drawn[:half]), self._products(drawn[half : 2 * half])
        return ((one - self._wanted) * (other - self._wanted)).sum()

    def _products(self, rows: Tensor) -> Tensor:
        weighted = (torch.cat([rows, rows @ self._views], dim=1) - self._middle) * self._weight
        return (weighted.T @ weighted / len(rows)) * self._is_pair


def _views(width: int, sizes: Sequence[int], levels: Sequence[NDArray[np.float64]]) -> tuple[Tensor, Tensor]:
    """What rows [R, `width`] are multiplied by to give expected levels and their squares, and the column of each."""
    views, column, first = list[NDArray[np.float64]](), list[int](), 0
    for at, size in enumerate(sizes):
        if at < len(levels) and len(levels[at]):
            for power in (1, 2):
                view = np.zeros(width)
                view[first : first + size] = levels[at] ** power
                views.append(view)
                column.append(at)
        first += size
    stacked = np.stack(views, axis=1) if views else np.empty((width, 0))
    return torch.from_numpy(stacked).float(), torch.tensor(column, dtype=torch.int64)


def one_hot_rows(codes: Tensor, sizes: Sequence[int], places: Tensor) -> Tensor:
    """Rows of codes [R, S] with a 1 at every code's place, and the places within modes [R, N] after them."""
    offsets = torch.tensor([0, *sizes[:-1]]).cumsum(0)
    hot = torch.zeros(len(codes), sum(sizes)).scatter_(1, codes + offsets, 1.0)
    return torch.cat([hot, places], dim=1)
