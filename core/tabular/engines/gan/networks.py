"""CTGAN's two networks: a residual generator and a critic of packed rows, in Wasserstein form with a gradient penalty.

L. Xu et al., NeurIPS 2019, section 4.4; packing as in PacGAN (Lin et al. 2018), the penalty as in Gulrajani et al.
2017. The generator's layers are normalised within each row, so a row does not depend on the batch that it is drawn in.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

_SHARPNESS: Final = 0.2  # temperature of the Gumbel softmax in training
_PENALTY: Final = 10.0


class Drawn(NamedTuple):
    """Raw outputs for B rows: `logits` of every softmax side by side [B, sum of sizes], `places` in -1 .. 1 [B, N]."""

    logits: Tensor
    places: Tensor


class Generator(nn.Module):
    """Noise [B, Z] and what is given [B, G] in; a row's raw outputs out."""

    def __init__(self, n_noise: int, n_given: int, hidden: int, sizes: Sequence[int], n_numbers: int) -> None:
        super().__init__()
        self.sizes, self.n_noise = list(sizes), n_noise
        self.enter = nn.Linear(n_noise + n_given, hidden)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, hidden)) for _ in range(2)
        )
        self.norm = nn.LayerNorm(hidden)
        self.out = nn.Linear(hidden, sum(sizes) + n_numbers)

    def start_from_shares(self, rows: Tensor) -> None:
        """Set the output's bias to the logarithm of every code's share of the rows [R, W]."""
        n_codes = sum(self.sizes)
        with torch.no_grad():
            self.out.bias[:n_codes] = rows[:, :n_codes].mean(dim=0).clamp(min=0.5 / len(rows)).log()

    def forward(self, noise: Tensor, given: Tensor) -> Drawn:
        """The raw outputs."""
        hidden = self.enter(torch.cat([noise, given], dim=1))
        for block in self.blocks:
            hidden = hidden + block(hidden)
        n_codes = sum(self.sizes)
        out = self.out(functional.relu(self.norm(hidden)))
        return Drawn(out[:, :n_codes], torch.tanh(out[:, n_codes:]))

    def soft_rows(self, drawn: Drawn) -> Tensor:
        """Rows as the critic reads them, [B, sum of sizes + N]: nearly one number per softmax, yet with a gradient."""
        noise = torch.rand_like(drawn.logits).clamp(1e-20, 1 - 1e-7).log().neg().log().neg()
        return self.chances(Drawn((drawn.logits + noise) / _SHARPNESS, drawn.places))

    def chances(self, drawn: Drawn) -> Tensor:
        """The chances of every code, and the places, [B, sum of sizes + N]."""
        parts = drawn.logits.split_with_sizes(self.sizes, dim=1)
        return torch.cat([*(functional.softmax(part, dim=1) for part in parts), drawn.places], dim=1)


class Critic(nn.Module):
    """A score for every `pack` rows with what was given for them, [B, width] in, [B / pack] out."""

    def __init__(self, width: int, pack: int, hidden: int) -> None:
        super().__init__()
        self.pack = pack
        self.layers = nn.Sequential(
            nn.Linear(width * pack, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1),
        )

    def forward(self, rows: Tensor) -> Tensor:
        """The scores."""
        scores: Tensor = self.layers(rows.reshape(len(rows) // self.pack, -1))
        return scores[:, 0]

    def loss(self, real: Tensor, drawn: Tensor) -> Tensor:
        """How little real rows outscore drawn ones, and the penalty on slopes other than 1 between them."""
        packs = len(real) // self.pack
        mix = torch.rand(packs, 1, 1).expand(packs, self.pack, 1).reshape(-1, 1)
        between = (mix * real + (1 - mix) * drawn).requires_grad_()
        (slope,) = torch.autograd.grad(self(between).sum(), between, create_graph=True)
        steepness: Tensor = slope.reshape(packs, -1).norm(dim=1)
        distance: Tensor = self(drawn).mean() - self(real).mean()
        return distance + _PENALTY * ((steepness - 1) ** 2).mean()
