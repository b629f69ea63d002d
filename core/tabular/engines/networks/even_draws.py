"""Codes drawn for many rows so that every code comes about as often as the rows' chances say together.

Each row's own draw still follows its own chances; only the rows' draws lean on each other (array-RQMC; L'Ecuyer,
Lecot and Tuffin, 2008), which takes most of the chance out of a column's marginal.
"""

import numpy as np
import torch
from torch import Tensor

from core.tabular.engines.networks.categorical import draw_codes

_AT_A_TIME = 64  # rows
_MOST_LEAN = 1.0  # of a log chance


def draw_evenly(logits: Tensor) -> Tensor:
    """A code per row, int64 [B], from logits [B, K]: rows of like chances get places spread evenly over [0, 1).

    Rows are drawn some at a time, like ones together; codes that came up less often than the rows' chances had it
    are favoured by the next ones, so that a column of many codes keeps its marginal as well.
    """
    chances = torch.softmax(logits, dim=1)
    order = torch.argsort(_main_direction(chances), stable=True)
    spread = (torch.from_numpy(_van_der_corput(len(logits))) + torch.rand(1, dtype=torch.float64)) % 1.0
    places = spread.float().clamp(max=1 - 2**-24)
    lacking, codes = torch.zeros(logits.shape[1]), torch.empty(len(logits), dtype=torch.int64)
    for start in range(0, len(logits), _AT_A_TIME):
        rows = order[start : start + _AT_A_TIME]
        due = chances[rows].sum(dim=0)
        lean = (((due + lacking).clamp(min=0.0) + 1) / (due + 1)).log().clamp(-_MOST_LEAN, _MOST_LEAN)
        codes[rows] = draw_codes(logits[rows] + lean, places[start : start + _AT_A_TIME])
        lacking += due - torch.bincount(codes[rows], minlength=logits.shape[1])
    return codes


def marginal_tilt(logits: Tensor, wanted: Tensor, rounds: int = 30) -> Tensor:
    """What to add to every row's logits [B, K] so that the mean of their softmaxes is `wanted` [K], float32 [K].

    Iterative proportional fitting; no code moves by more than a factor of e squared.
    """
    tilt = torch.zeros(logits.shape[1])
    for _ in range(rounds):
        mean = torch.softmax(logits + tilt, dim=1).mean(dim=0)
        moved = (tilt + (wanted.clamp(min=1e-9) / mean.clamp(min=1e-9)).log()).clamp(-2.0, 2.0)
        is_there, tilt = bool((moved - tilt).abs().max() < 1e-3), moved
        if is_there:
            break
    return tilt


def _main_direction(chances: Tensor) -> Tensor:
    """Where rows [B, K] lie along the line on which they differ most, [B]: the first principal component."""
    away = chances - chances.mean(dim=0)
    line = torch.arange(1.0, chances.shape[1] + 1.0)
    for _ in range(6):  # power iteration; a rough line is enough to sort by
        line = away.T @ (away @ line)
        line = line / line.norm().clamp(min=1e-30)
    return away @ line


def _van_der_corput(n: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """The first `n` points of the sequence of base 2: the binary digits of 0, 1, 2 ... mirrored at the point."""
    numbers, found, half = np.arange(n), np.zeros(n), 0.5
    while numbers.any():
        found += half * (numbers & 1)
        numbers, half = numbers >> 1, half / 2
    return found
