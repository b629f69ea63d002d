"""GPT-2's network at any size: blocks of causal attention and a two-layer map, each after a layer norm.

As in Radford et al. (2019): learnt positions, GELU, weights drawn with a deviation of .02 and smaller where a block
writes back, and an output that shares the embedding's weights, which the callers apply.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Gpt2Shape:
    """`width` numbers per token, split among `n_heads`; a sequence has at most `n_positions` tokens of `n_tokens`."""

    n_tokens: int
    n_positions: int
    width: int
    n_layers: int
    n_heads: int
    dropout: float = 0.0


@dataclass(slots=True)
class Memory:
    """Keys and values of the tokens read so far, for each layer [B, H, `n_read`.., W / H] with room for more."""

    keys: list[Tensor] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)
    n_read: int = 0


class Gpt2(nn.Module):
    """Embeddings in, hidden states out."""

    def __init__(self, shape: Gpt2Shape) -> None:
        super().__init__()
        self.shape = shape
        self.token = nn.Embedding(shape.n_tokens, shape.width)
        self.position = nn.Embedding(shape.n_positions, shape.width)
        self.drop = nn.Dropout(shape.dropout)
        self.blocks = nn.ModuleList(_Block(shape) for _ in range(shape.n_layers))
        self.norm = nn.LayerNorm(shape.width)
        _set_first_weights(self, shape.n_layers)

    def memory(self, n_rows: int) -> Memory:
        """An empty memory for a batch of rows that are read token by token."""
        shape = self.shape
        size = (n_rows, shape.n_heads, shape.n_positions, shape.width // shape.n_heads)
        return Memory([torch.zeros(size) for _ in self.blocks], [torch.zeros(size) for _ in self.blocks])

    def forward(self, embedded: Tensor, memory: Memory | None = None) -> Tensor:
        """Hidden states [B, T, W] of embedded tokens [B, T, W]; after those in `memory`, which then holds them too."""
        start = memory.n_read if memory else 0
        hidden = self.drop(embedded + self.position.weight[start : start + embedded.shape[1]])
        for layer, block in enumerate(self.blocks):
            hidden = block(hidden, memory, layer)
        if memory:
            memory.n_read += embedded.shape[1]
        normed: Tensor = self.norm(hidden)
        return normed


class _Block(nn.Module):
    def __init__(self, shape: Gpt2Shape) -> None:
        super().__init__()
        self.n_heads = shape.n_heads
        self.attention_norm, self.map_norm = nn.LayerNorm(shape.width), nn.LayerNorm(shape.width)
        self.ask = nn.Linear(shape.width, 3 * shape.width)
        self.write = nn.Linear(shape.width, shape.width)
        self.widen = nn.Linear(shape.width, 4 * shape.width)
        self.narrow = nn.Linear(4 * shape.width, shape.width)
        self.drop = nn.Dropout(shape.dropout)

    def forward(self, hidden: Tensor, memory: Memory | None, layer: int) -> Tensor:
        hidden = hidden + self.drop(self.write(self._attend(self.attention_norm(hidden), memory, layer)))
        wide = functional.gelu(self.widen(self.map_norm(hidden)), approximate="tanh")
        mapped: Tensor = hidden + self.drop(self.narrow(wide))
        return mapped

    def _attend(self, normed: Tensor, memory: Memory | None, layer: int) -> Tensor:
        """What each token gathers from itself and the tokens before it, [B, T, W]."""
        n_rows, n_tokens, width = normed.shape
        parts = self.ask(normed).view(n_rows, n_tokens, 3, self.n_heads, width // self.n_heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each [B, H, T, W / H]
        if memory:
            end = memory.n_read + n_tokens
            memory.keys[layer][:, :, memory.n_read : end] = key
            memory.values[layer][:, :, memory.n_read : end] = value
            key, value = memory.keys[layer][:, :, :end], memory.values[layer][:, :, :end]
        # A single new token sees all of the memory; several are read only while the memory is empty.
        gathered = functional.scaled_dot_product_attention(query, key, value, is_causal=n_tokens > 1)
        return gathered.transpose(1, 2).reshape(n_rows, n_tokens, width)


def _set_first_weights(network: nn.Module, n_layers: int) -> None:
    for name, weight in network.named_parameters():
        if weight.dim() < 2:
            continue
        writes_back = name.endswith(("write.weight", "narrow.weight"))
        nn.init.normal_(weight, std=0.02 / (2 * n_layers) ** 0.5 if writes_back else 0.02)
    for module in network.modules():
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.bias)
