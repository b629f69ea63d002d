"""The network of the diffusion synthesizer: what a noisy row was, given the time and the target."""

from collections.abc import Sequence
from math import log
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

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
    """Blocks of `width`, `inner` times wider inside, where `dropout` is the share of numbers left out in training."""

    width: int
    inner: int
    n_layers: int
    dropout: float


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
    """Codes are looked up in one table of all columns' codes and summed, as a one-hot row times a matrix would be."""

    def __init__(self, n_codes: Sequence[int], n_scores: int, n_targets: int, sizes: NetworkSizes):
        super().__init__()
        self.starts: Tensor
        width, inner, n_layers, dropout = sizes
        starts = [sum(n_codes[:at]) for at in range(len(n_codes))]
        self.register_buffer("starts", torch.tensor(starts, dtype=torch.int64))
        self.codes = nn.EmbeddingBag(max(sum(n_codes), 1), width, mode="sum")
        self.scores = nn.Linear(n_scores, width) if n_scores else None
        self.target = nn.Embedding(max(n_targets, 1), width)
        self.time = nn.Sequential(nn.Linear(_TIME_WIDTH, width), nn.SiLU(), nn.Linear(width, width))
        self.blocks = nn.ModuleList(Block(width, inner, dropout) for _ in range(n_layers))
        self.norm = nn.LayerNorm(width)
        self.velocity = nn.Linear(width, n_scores) if n_scores else None
        self.logits = nn.Linear(width, sum(n_codes)) if n_codes else None
        nn.init.normal_(self.codes.weight, std=max(len(n_codes), 1) ** -0.5)

    def forward(self, rows: NoisyRows) -> Denoised:
        """What the rows were."""
        given = self.time(waves(rows.time)) + self.target(rows.target)
        state = given if self.scores is None else given + self.scores(rows.scores)
        if len(self.starts):
            state = state + self.codes(rows.codes + self.starts)
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
