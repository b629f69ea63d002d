"""Draws from softmaxes, and the sum of the cross-entropies of several columns whose logits stand side by side."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional


def draw_codes(logits: Tensor, places: Tensor) -> Tensor:
    """A code per row, int64 [B], from logits [B, K] and uniform numbers `places` [B] in [0, 1): the inverse CDF."""
    heaped = torch.softmax(logits, dim=1).cumsum(dim=1)  # [B, K], float32
    found = torch.searchsorted(heaped, (places * heaped[:, -1])[:, None], right=True)[:, 0]
    return found.clamp(max=_last_possible(logits))


def log_frequencies(codes: Tensor, n_codes: Sequence[int]) -> Tensor:
    """Logs of how often every code occurs, side by side, float32 [sum of n_codes]: where a head's biases start.

    Each code is counted half a time more than it occurs, so a code without a row has a finite one.
    """
    counts = [torch.bincount(codes[:, at], minlength=n).double() + 0.5 for at, n in enumerate(n_codes)]
    logs = [(count / count.sum()).log().float() for count in counts]
    return torch.cat(logs) if logs else torch.zeros(0)


def _last_possible(logits: Tensor) -> Tensor:
    """The last code whose logit is finite, int64 [B]: rounding at the end of a sum must not choose a ruled-out one."""
    at = torch.arange(logits.shape[1], device=logits.device)
    return torch.where(torch.isfinite(logits), at, 0).amax(dim=1)


def side_by_side_loss(logits: Tensor, codes: Tensor, n_codes: Sequence[int]) -> Tensor:
    """Sum over C columns of the mean cross-entropy, a scalar: `logits` [B, sum of n_codes], `codes` int64 [B, C]."""
    parts = torch.split(logits, list(n_codes), dim=1)
    losses = [functional.cross_entropy(part, codes[:, at]) for at, part in enumerate(parts)]
    return torch.stack(losses).sum() if losses else logits.sum() * 0.0
