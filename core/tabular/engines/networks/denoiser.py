"""The network of the diffusion synthesizer: what a noisy row was, given the time and the target."""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from core.tabular.engines.networks.code_layers import CodesIn, CodesOut

_TIME_WIDTH = 64


class NoisyRows(NamedTuple):
    """B rows at `time` float32 [B]: `codes` int64 [B, C], `scores` float32 [B, N], and the `target`'s code [B]."""

    codes: Tensor
    scores: Tensor
    target: Tensor
    time: Tensor


class Denoised(NamedTuple):
    """The velocity of the scores [B, N] and the logits of the row's own codes, side by side [B, sum of n_codes]."""

    velocity: Tensor
    logits: Tensor


class NetworkSizes(NamedTuple):
    """Blocks of `width`, `inner` times wider inside, where `dropout` is the share of numbers left out in training.

    A column of many codes passes through `rank` numbers.
    """

    width: int
    inner: int
    n_layers: int
    dropout: float
    rank: int


class Block(nn.Module):
    """x + W2 silu(W1 norm(x) + what is known of time and target): [B, W] -> [B, W]."""

    def __init__(self, width: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.widen = nn.Linear(width, width * inner)
        self.given = nn.Linear(width, width * inner, bias=False)
        self.dropped = nn.Dropout(dropout)
        self.narrow = nn.Linear(width * inner, width)

    def forward(self, rows: Tensor, given: Tensor) -> Tensor:
        """Rows and what is given, both [B, W]."""
        raised = functional.silu(self.widen(self.norm(rows)) + self.given(given))
        narrowed: Tensor = self.narrow(self.dropped(raised))
        return rows + narrowed


class Denoiser(nn.Module):
    """Codes, scores, target and time are summed into one vector, which blocks change; codes and velocities leave it."""

    def __init__(self, n_codes: Sequence[int], n_scores: int, n_targets: int, sizes: NetworkSizes):
        super().__init__()
        width, inner, n_layers, dropout, rank = sizes
        self.codes = CodesIn(n_codes, width, rank) if n_codes else None
        self.scores = nn.Linear(n_scores, width) if n_scores else None
        self.target = nn.Embedding(max(n_targets, 1), width)
        self.time = nn.Sequential(nn.Linear(_TIME_WIDTH, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(Block(width, inner, dropout) for _ in range(n_layers))
        self.norm = nn.LayerNorm(width)
        self.velocity = nn.Linear(width, n_scores) if n_scores else None
        self.logits = CodesOut(n_codes, width, rank) if n_codes else None

    def forward(self, rows: NoisyRows) -> Denoised:
        """What the rows were."""
        given = self.time(waves(rows.time)) + self.target(rows.target)
        state = given if self.scores is None else given + self.scores(rows.scores)
        if self.codes is not None:
            state = state + self.codes(rows.codes)
        for block in self.blocks:
            state = block(state, functional.silu(given))
        state = self.norm(state)
        nothing = state[:, :0]
        return Denoised(
            nothing if self.velocity is None else self.velocity(state),
            nothing if self.logits is None else self.logits(state),
        )


def waves(time: Tensor) -> Tensor:
    """Times [B] in [0, 1] as sines and cosines of rates from 1 to 1,000, [B, 64]."""
    rates = torch.exp(torch.linspace(0.0, log(1000.0), _TIME_WIDTH // 2))
    angles = time[:, None] * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)
