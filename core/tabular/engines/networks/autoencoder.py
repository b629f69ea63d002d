"""A variational autoencoder of rows of codes: softmax outputs, a normal latent space, the class given to both sides.

Kingma and Welling 2014 with a given class as in Sohn, Lee and Yan 2015; the columns are independent once the latent
numbers and the class are known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class AutoencoderShape:
    """`sizes`: codes of every column that is decoded; `n_classes`: of the class, 1 where there is none."""

    sizes: tuple[int, ...]
    n_classes: int
    hidden: int
    latent: int


class RowAutoencoder(nn.Module):
    """Codes [B, C] and classes [B] in; a logit for every code of every column out."""

    def __init__(self, shape: AutoencoderShape) -> None:
        super().__init__()
        self.shape = shape
        offsets = np.concatenate([[0], np.cumsum(shape.sizes)]).astype(np.int64)
        self.parts = [slice(int(a), int(b)) for a, b in pairwise(offsets)]
        self.offsets: Tensor
        self.register_buffer("offsets", torch.from_numpy(offsets[:-1]), persistent=False)
        n_codes, hidden, latent = int(offsets[-1]), shape.hidden, shape.latent
        self.code_in = nn.EmbeddingBag(max(n_codes, 1), hidden, mode="sum")
        self.class_in, self.class_out = nn.Embedding(shape.n_classes, hidden), nn.Embedding(shape.n_classes, hidden)
        self.inner = nn.Sequential(nn.LayerNorm(hidden), nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.to_latent = nn.Linear(hidden, 2 * latent)
        self.from_latent = nn.Linear(latent, hidden)
        self.outer = nn.Sequential(nn.GELU(), nn.Linear(hidden, hidden), nn.GELU())
        self.to_codes = nn.Linear(hidden, max(n_codes, 1))
        for weight in (self.code_in.weight, self.class_in.weight, self.class_out.weight):
            nn.init.normal_(weight, std=0.1)

    def start_from_shares(self, codes: Tensor) -> None:
        """Set the output's bias to the logarithm of every code's share of the rows [R, C]."""
        with torch.no_grad():
            for at, part in enumerate(self.parts):
                counts = torch.bincount(codes[:, at], minlength=part.stop - part.start) + 0.5
                self.to_codes.bias[part] = (counts / counts.sum()).log()

    def encode(self, codes: Tensor, classes: Tensor) -> tuple[Tensor, Tensor]:
        """Means and logarithms of the variances of the latent numbers, [B, L] each."""
        hidden = self.inner(self.code_in(codes + self.offsets) + self.class_in(classes))
        mean, log_variance = self.to_latent(hidden).chunk(2, dim=1)
        return mean, log_variance.clamp(-10.0, 4.0)

    def decode(self, latent: Tensor, classes: Tensor) -> list[Tensor]:
        """Logits of every column's codes, [B, size] each."""
        logits = self.to_codes(self.outer(self.from_latent(latent) + self.class_out(classes)))
        return [logits[:, part] for part in self.parts]

    def loss(self, codes: Tensor, classes: Tensor, divergence_weight: float) -> Tensor:
        """Nats per row: of the codes given drawn latent numbers, and of those beyond the normal prior."""
        mean, log_variance = self.encode(codes, classes)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
        divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum(dim=1).mean()
        return _nats(self.decode(latent, classes), codes) + divergence_weight * divergence


def _nats(logits: Sequence[Tensor], codes: Tensor) -> Tensor:
    total = torch.zeros(())
    for at, part in enumerate(logits):
        total = total + functional.cross_entropy(part, codes[:, at])
    return total
