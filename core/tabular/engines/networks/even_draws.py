"""Codes drawn for many rows so that every code comes about as often as the rows' chances say together.

Each row's own draw still follows its own chances; only the rows' draws lean on each other (array-RQMC; L'Ecuyer,
Lecot and Tuffin, 2008), which takes most of the chance out of a column's marginal.
"""

import numpy as np
import torch
from torch import Tensor

from core.tabular.engines.networks.categorical import draw_codes


def draw_evenly(logits: Tensor) -> Tensor:
    """A code per row, int64 [B], from logits [B, K]: rows of like chances get places spread evenly over [0, 1)."""
    places = torch.empty(len(logits))
    along = _main_direction(torch.softmax(logits, dim=1))
    spread = torch.from_numpy(_van_der_corput(len(logits)))
    places[torch.argsort(along, stable=True)] = ((spread + torch.rand(1, dtype=torch.float64)) % 1.0).float()
    return draw_codes(logits, places.clamp(max=1 - 2**-24))


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
