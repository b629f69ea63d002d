"""Codes of many columns into a network and out of it again; a column of many codes passes through few numbers.

A code of a handful of rows would otherwise be told apart by all else in its rows, which is learning them by heart; few
numbers per code leave what it has in common with others (a low-rank softmax; Mikolov et al. factor alike).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class CodesIn(nn.Module):
    """The sum over columns of their codes' vectors: codes int64 [B, C] -> [B, W]."""

    def __init__(self, n_codes: Sequence[int], width: int, rank: int) -> None:
        super().__init__()
        self.starts: Tensor
        self.narrow, self.wide = _by_size(n_codes, rank)
        sizes = [n_codes[at] for at in self.narrow]
        self.register_buffer("starts", torch.tensor([sum(sizes[:at]) for at in range(len(sizes))], dtype=torch.int64))
        self.vectors = nn.EmbeddingBag(max(sum(sizes), 1), width, mode="sum")
        self.short = nn.ModuleList(nn.Embedding(n_codes[at], rank) for at in self.wide)
        raised = [nn.Linear(rank, width, bias=False) for _ in self.wide]
        std = len(n_codes) ** -0.5
        nn.init.normal_(self.vectors.weight, std=std)
        for layer in raised:
            nn.init.normal_(layer.weight, std=std * rank**-0.5)
        self.raised = nn.ModuleList(raised)

    def forward(self, codes: Tensor) -> Tensor:
        """The rows' vectors."""
        total = torch.zeros(len(codes), self.vectors.embedding_dim)
        if self.narrow:
            total = total + self.vectors(codes[:, self.narrow] + self.starts)
        for at, short, raised in zip(self.wide, self.short, self.raised, strict=True):
            total = total + raised(short(codes[:, at]))
        return total


class CodesOut(nn.Module):
    """The columns' logits side by side, in their order: [B, W] -> [B, sum of n_codes]."""

    def __init__(self, n_codes: Sequence[int], width: int, rank: int) -> None:
        super().__init__()
        self.narrow, self.wide = _by_size(n_codes, rank)
        self.sizes = [n_codes[at] for at in self.narrow]
        self.logits = nn.Linear(width, sum(self.sizes), bias=False) if self.narrow else None
        self.lowered = nn.ModuleList(nn.Linear(width, rank, bias=False) for _ in self.wide)
        self.raised = nn.ModuleList(nn.Linear(rank, n_codes[at], bias=False) for at in self.wide)
        self.bias = nn.Parameter(torch.zeros(sum(n_codes)))

    def forward(self, state: Tensor) -> Tensor:
        """The rows' logits."""
        parts: dict[int, Tensor] = {}
        if self.logits is not None:
            parts = dict(zip(self.narrow, torch.split(self.logits(state), self.sizes, dim=1), strict=True))
        for at, lowered, raised in zip(self.wide, self.lowered, self.raised, strict=True):
            parts[at] = raised(lowered(state))
        return torch.cat([parts[at] for at in sorted(parts)], dim=1) + self.bias


def _by_size(n_codes: Sequence[int], rank: int) -> tuple[list[int], list[int]]:
    """The columns of at most four times as many codes as numbers to pass through, and the others."""
    wide = [at for at, n in enumerate(n_codes) if n > 4 * rank]
    return [at for at in range(len(n_codes)) if at not in wide], wide
