"""A chain of networks, one per column, each of which reads the columns before its own."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn


class ChainColumn(NamedTuple):
    """A coded column of `n_codes` codes, or a number (0) whose head takes `n_outputs` numbers."""

    n_codes: int
    n_outputs: int


class ChainSizes(NamedTuple):
    """Hidden layers of `width`, and the numbers that stand for a value where it is read."""

    width: int
    n_layers: int
    embedding: int


class ColumnChain(nn.Module):
    """The networks share how a value is read, and nothing else.

    A code is read as an embedding, a number by its place among `knots`: between two of them by a share of each.
    """

    def __init__(self, columns: Sequence[ChainColumn], knots: Tensor, sizes: ChainSizes) -> None:
        super().__init__()
        self.knots: Tensor
        self.register_buffer("knots", knots)  # [numbers, embedding], units, never falling
        width = sizes.embedding
        self.number_at = {at: place for place, at in enumerate(i for i, c in enumerate(columns) if not c.n_codes)}
        self.read_codes = nn.ModuleDict(
            {str(at): nn.Embedding(c.n_codes, width) for at, c in enumerate(columns) if c.n_codes}
        )
        self.networks = nn.ModuleList(_network(1 + at * width, c.n_outputs, sizes) for at, c in enumerate(columns))

    def nothing_read(self, n_rows: int) -> Tensor:
        """What the first column's network reads, [n_rows, 1]."""
        return torch.ones(n_rows, 1)

    def say(self, column: int, read: Tensor) -> Tensor:
        """What a column's head takes, [B, outputs], from the columns `read` so far [B, 1 + column * embedding]."""
        said: Tensor = self.networks[column](read)
        return said

    def reading(self, column: int, values: Tensor) -> Tensor:
        """A column's values as they are read, [B, embedding], from codes int64 [B] or units float32 [B]."""
        if column in self.number_at:
            return hats(values, self.knots[self.number_at[column]])
        found: Tensor = self.read_codes[str(column)](values)
        return found


def hats(units: Tensor, knots: Tensor) -> Tensor:
    """Shares [B, K] of rising `knots` [K] that units [B] lie at or between; an end's is whole beyond it."""
    kept = units.clamp(float(knots[0]), float(knots[-1]))
    after = torch.searchsorted(knots, kept, right=True).clamp(1, len(knots) - 1)
    low, high = knots[after - 1], knots[after]
    share = ((kept - low) / (high - low).clamp(min=1e-6)).clamp(0.0, 1.0)
    found = torch.zeros(len(units), len(knots))
    found.scatter_(1, (after - 1)[:, None], (1 - share)[:, None])
    return found.scatter_(1, after[:, None], share[:, None])


def _network(n_inputs: int, n_outputs: int, sizes: ChainSizes) -> nn.Sequential:
    layers: list[nn.Module] = []
    for at in range(sizes.n_layers):
        layers += [nn.Linear(n_inputs if at == 0 else sizes.width, sizes.width), nn.SiLU()]
    return nn.Sequential(*layers, nn.Linear(sizes.width, n_outputs))
