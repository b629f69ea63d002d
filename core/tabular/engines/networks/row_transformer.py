"""A causal transformer over the columns of a row, in any order: each column is predicted from those before it.

At every place the network reads the value at the place before and which column comes next, so one set of weights
serves every order of the columns.
"""

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


class TransformerSizes(NamedTuple):
    """Layers of `width`, each with `n_heads` heads."""

    width: int
    n_heads: int
    n_layers: int


class Layer(nn.Module):
    """Attention to the places up to one's own, then a network per place: [B, P, W] -> [B, P, W]."""

    def __init__(self, width: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.norm, self.norm_inside = nn.LayerNorm(width), nn.LayerNorm(width)
        self.asked_kept_told = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.inside = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(approximate="tanh"), nn.Linear(4 * width, width)
        )

    def forward(self, places: Tensor) -> Tensor:
        """All places at once."""
        asked, kept, told = self._heads(places)
        found = functional.scaled_dot_product_attention(asked, kept, told, is_causal=True)
        return self._after(places, found)

    def advance(self, place: Tensor, seen: list[Tensor]) -> Tensor:
        """One more place [B, 1, W]; `seen` holds keys and values of those before, and is grown by this one's."""
        asked, kept, told = self._heads(place)
        seen[:] = [torch.cat(pair, dim=2) for pair in zip(seen, (kept, told), strict=True)] if seen else [kept, told]
        found = functional.scaled_dot_product_attention(asked, seen[0], seen[1])
        return self._after(place, found)

    def _heads(self, places: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        n_rows, n_places, width = places.shape
        parts = self.asked_kept_told(self.norm(places)).view(n_rows, n_places, 3, self.n_heads, width // self.n_heads)
        asked, kept, told = parts.permute(2, 0, 3, 1, 4)  # [B, heads, P, W / heads] each
        return asked, kept, told

    def _after(self, places: Tensor, found: Tensor) -> Tensor:
        places = places + self.out(found.transpose(1, 2).reshape(places.shape))
        inside: Tensor = self.inside(self.norm_inside(places))
        return places + inside


class Seen(NamedTuple):
    """What every layer keeps of the places so far: keys and values [B, heads, P, W / heads], none at the start."""

    layers: tuple[list[Tensor], ...]

    def take(self, rows: Tensor) -> "Seen":
        """The same for these row numbers."""
        return Seen(tuple([kept[rows] for kept in layer] for layer in self.layers))


class RowTransformer(nn.Module):
    """C columns of `n_codes` codes each; a code's number is its place among all columns' codes."""

    def __init__(self, n_codes: Sequence[int], sizes: TransformerSizes) -> None:
        super().__init__()
        self.n_codes = tuple(n_codes)
        self.starts: Tensor
        self.register_buffer("starts", torch.tensor([sum(n_codes[:at]) for at in range(len(n_codes))]))
        width = sizes.width
        self.value = nn.Embedding(sum(n_codes) + 1, width)  # the last one stands before the first column
        self.column = nn.Embedding(len(n_codes), width)
        self.layers = nn.ModuleList(Layer(width, sizes.n_heads) for _ in range(sizes.n_layers))
        self.norm = nn.LayerNorm(width)
        self.logit = nn.Linear(width, sum(n_codes))
        self.tilt: Tensor
        self.register_buffer("tilt", torch.zeros(sum(n_codes)))  # calibration, added where columns are drawn
        nn.init.normal_(self.value.weight, std=0.3)
        nn.init.normal_(self.column.weight, std=0.3)

    def forward(self, codes: Tensor, orders: Tensor) -> tuple[Tensor, ...]:
        """Logits [B, K] per column, from `codes` int64 [B, C] and the columns' `orders` int64 [B, C], row by row."""
        values = (codes + self.starts).gather(1, orders)
        state = self.value(torch.cat([self.row_starts(len(codes))[:, None], values[:, :-1]], dim=1)) + self.column(
            orders
        )
        for layer in self.layers:
            state = layer(state)
        place_of = orders.argsort(dim=1)[:, :, None].expand(-1, -1, state.shape[2])
        state = self.norm(state.gather(1, place_of))  # [B, C, W], in table order
        return tuple(self._logits(state[:, at], at) for at in range(len(self.n_codes)))

    def nothing_seen(self) -> Seen:
        """The state before the first column."""
        return Seen(tuple([] for _ in self.layers))

    def advance(self, seen: Seen, before: Tensor, column: int) -> Tensor:
        """Logits [B, K] of `column`, given the `value_number`s [B] of the column before; `seen` is grown in place."""
        state = (self.value(before) + self.column.weight[column])[:, None]
        for layer, kept in zip(self.layers, seen.layers, strict=True):
            state = cast(Layer, layer).advance(state, kept)
        return self._logits(self.norm(state[:, 0]), column)

    def row_starts(self, n_rows: int) -> Tensor:
        """What `advance` takes for the first column of `n_rows` rows."""
        return torch.full((n_rows,), sum(self.n_codes), dtype=torch.int64)

    def value_numbers(self, codes: Tensor, column: int) -> Tensor:
        """What `advance` takes after `codes` [B] of a column."""
        return codes + self.starts[column]

    def tilt_of(self, column: int) -> Tensor:
        """A column's part of the tilt, [K], which can be written to."""
        return self.tilt[self._codes_of(column)]

    def _codes_of(self, column: int) -> slice:
        start = int(self.starts[column])
        return slice(start, start + self.n_codes[column])

    def _logits(self, state: Tensor, column: int) -> Tensor:
        codes = self._codes_of(column)
        return functional.linear(state, self.logit.weight[codes], self.logit.bias[codes])


def random_orders(n_rows: int, n_columns: int, shuffled: float) -> Tensor:
    """Orders of columns, int64 [n_rows, n_columns]: at random for a `shuffled` share of the rows, else the table's."""
    orders = torch.arange(n_columns).repeat(n_rows, 1)
    n_shuffled = round(n_rows * shuffled)
    orders[:n_shuffled] = torch.rand(n_shuffled, n_columns).argsort(dim=1)
    return orders
