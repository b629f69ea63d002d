"""The coded columns of a diffusion: what noise makes of a code is drawn by the training frequencies."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False, slots=True)
class DiffusedColumns:
    """C columns of `n_codes` codes; `chances`: the training frequencies of each one's codes, float32 [K]."""

    n_codes: tuple[int, ...]
    chances: tuple[Tensor, ...]

    def drawn(self, n: int) -> Tensor:
        """Codes by their training frequencies, int64 [n, C]."""
        places = torch.rand(len(self.n_codes), n)
        columns = [
            torch.searchsorted(chances.cumsum(0)[:-1].contiguous(), places[at], right=True)
            for at, chances in enumerate(self.chances)
        ]
        return torch.stack(columns, dim=1) if columns else torch.zeros(n, 0, dtype=torch.int64)

    def chances_of(self, codes: Tensor) -> Tensor:
        """The training frequency of each of codes [B, C], float32 [B, C]."""
        columns = [chances[codes[:, at]] for at, chances in enumerate(self.chances)]
        return torch.stack(columns, dim=1) if columns else torch.zeros(len(codes), 0)


def frequencies(codes: Tensor, n_codes: int) -> Tensor:
    """How often each code occurs, float32 [n_codes], one row added to each: noise must be able to become any code."""
    counts = torch.bincount(codes, minlength=n_codes).double() + 1.0
    return (counts / counts.sum()).float()
