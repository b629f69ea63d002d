"""Pair interaction network: a row's label depends on its pairs, so every pair of attributes is given a learnt effect.

An attribute is e = map of its content vector + a small residual of its own. Residuals start at zero and are drawn back
by weight decay, so an attribute never seen in training has none and is judged by its content. A pair's effect is
e_i^T W(t_i, t_j) e_j, once for and once against, with a W for every two attribute types of different modalities. A
row's two fractions are the sums over its pairs divided by their number; a small head on the fractions, the row's size
and the modalities that it holds gives the labels. In training some rows lose a modality, so that the head knows what
the rest is worth.
"""

from functools import partial
from typing import Any, Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.models.fitted_network import FittedNetwork, best_temperature, fit_parts
from core.models.network_settings import PairInteractionSettings
from core.models.pooled_linear import AttributeLinear, ModalityContent, modality_content
from core.models.protocol import FittedModel, Training
from core.models.row_bags import RowBatch, row_bags
from core.models.tables import AttributeTable, TrainingSet
from core.models.torch_trainer import FitPlan, RowNetwork, fit_network, network_logits, repeatable
from core.models.training_checks import check_training_set

N_FRACTIONS: Final = 2  # for and against
_TYPICAL_SIZE: Final = 10.0  # attributes per row, to give sizes the scale of the other numbers


class Kinds(NamedTuple):
    """Attribute types within modalities: `of_attribute`, int32 [A], and the `modality` of each kind, int64 [T]."""

    of_attribute: NDArray[np.int32]
    modality: NDArray[np.int64]


def attribute_kinds(attributes: AttributeTable) -> Kinds:
    """Number the (modality, attribute type) pairs that the table holds; a type name may serve two modalities."""
    pairs = np.stack((attributes.modality, attributes.attribute_type), axis=1)
    kinds, of_attribute = np.unique(pairs, axis=0, return_inverse=True)
    return Kinds(of_attribute.ravel().astype(np.int32), kinds[:, 0].astype(np.int64))


class PairInteractionNetwork(RowNetwork):
    """T kinds of attributes in M modalities, E numbers per attribute -> two fractions -> K labels."""

    crossing: Tensor  # [T * E, T * E] of 0 and 1: the two kinds are of different modalities, each two once
    in_modality: Tensor  # [T, M] of 0 and 1

    def __init__(
        self, content: ModalityContent, kinds: Kinds, n_labels: int, settings: PairInteractionSettings
    ) -> None:
        super().__init__()
        n_kinds, n_modalities, width = len(kinds.modality), len(content.vectors), settings.width
        self.settings = settings
        self.of_content = AttributeLinear(content, width)
        self.residual = nn.Parameter(torch.zeros(len(kinds.of_attribute), width))  # [A, E - 1]
        # The last of an attribute's E numbers is 1, so W also holds the effects of single attributes and of kinds.
        self.n_numbers = width + 1
        size = n_kinds * self.n_numbers
        self.interaction = nn.Parameter(torch.randn(N_FRACTIONS, size, size) / width)  # [2, T * E, T * E]
        self.head = nn.Sequential(
            nn.Linear(N_FRACTIONS + 2 + n_modalities, settings.hidden), nn.Tanh(), nn.Linear(settings.hidden, n_labels)
        )
        crossing = np.triu(kinds.modality[:, None] != kinds.modality[None, :], k=1)  # each two kinds once
        block = np.ones((self.n_numbers, self.n_numbers))
        self.register_buffer("crossing", torch.from_numpy(np.kron(crossing, block)).float(), persistent=False)
        in_modality = functional.one_hot(torch.from_numpy(kinds.modality), n_modalities).float()
        self.register_buffer("in_modality", in_modality, persistent=False)  # [T, M]

    def embeddings(self) -> Tensor:
        """The numbers of every attribute, [A, E]: map of its content + residual, and a 1."""
        residual: Tensor = self.residual
        if self.training:
            residual = residual * (torch.rand(len(residual), 1) >= self.settings.residual_dropout)
        return functional.pad(self.of_content() + residual, (0, 1), value=1.0)

    def fractions(self, batch: RowBatch, kept: Tensor) -> Tensor:
        """Mean effect of a row's pairs, for and against, [B, 2]; `kept` [B, T]: which kinds are looked at.

        The sum over pairs of e_i^T W e_j is s_t^T W(t, u) s_u over the kinds t and u, with s the sum over the row's
        attributes of a kind. It is divided by all pairs of the attributes looked at, as the true fractions are.
        """
        sums = batch.pooled(self.embeddings(), "sum") * kept[:, :, None]  # [B, T, E]
        flat = sums.flatten(1)  # [B, T * E]
        effects = ((flat @ (self.interaction * self.crossing)) * flat).sum(dim=2)  # [2, B, T * E] -> [2, B]
        return effects.T / n_pairs(batch.counts * kept)[:, None]

    def kept_modalities(self, batch: RowBatch) -> Tensor:
        """Which modalities of a row are looked at, [B, M]: those present, in training at times but one."""
        present = (batch.counts @ self.in_modality > 0).float()
        if not self.training:
            return present
        lot = torch.rand_like(present) * present
        drawn = functional.one_hot(lot.argmax(dim=1), present.shape[1])
        masked = torch.rand(len(present), 1) < self.settings.masked
        return present * (1 - drawn * masked)

    def forward(self, batch: RowBatch) -> Tensor:
        """Logits, [B, K]."""
        modalities = self.kept_modalities(batch)  # [B, M]
        kept = modalities @ self.in_modality.T  # [B, T]
        size = (batch.counts * kept).sum(dim=1, keepdim=True) / _TYPICAL_SIZE
        seen = torch.cat((self.fractions(batch, kept), size, 1 / size.clamp(min=0.1), modalities), dim=1)
        logits: Tensor = self.head(seen)  # [B, 4 + M] -> [B, K]
        return logits

    def parameter_groups(self, weight_decay: float) -> list[dict[str, Any]]:
        """The residuals with a decay of their own, and all else."""
        learnt = {"residual": self.settings.residual_decay, "interaction": weight_decay, "of_content": weight_decay}
        parts = {name: [p for own, p in self.named_parameters() if own.split(".")[0] == name] for name in learnt}
        head = {"params": list(self.head.parameters()), "weight_decay": 0.0}
        return [head, *({"params": parts[name], "weight_decay": decay} for name, decay in learnt.items())]


def n_pairs(counts: Tensor) -> Tensor:
    """Pairs of a row's attributes, [B], at least 1; `counts` [B, T]."""
    size = counts.sum(dim=1)
    return (size * (size - 1) / 2).clamp(min=1)


def fit(training: TrainingSet, settings: PairInteractionSettings, seed: int) -> Training[FittedModel]:
    """Fit on the training rows, a validation part aside; same seed, same bytes.

    Yields a step per epoch. `ValenceError` for rows that nothing can be learnt from.
    """
    check_training_set(training)
    content = modality_content(training.attributes)
    kinds = attribute_kinds(training.attributes)
    bags_of = partial(row_bags, part=kinds.of_attribute, n_parts=len(kinds.modality))
    with repeatable((seed, 0), settings.trainer.n_threads):
        network = PairInteractionNetwork(content, kinds, len(training.labels), settings)
    parts = fit_parts(training, bags_of, settings.trainer, seed)
    plan = FitPlan(settings.trainer, settings.learning_rate, settings.batch_size, seed)
    yield from fit_network(network, parts, plan)
    with repeatable((seed, 0), settings.trainer.n_threads):
        temperature = best_temperature(network_logits(network, parts.valid.rows), parts.valid.label)
    return FittedNetwork(network, bags_of, settings.trainer.n_threads, settings, temperature)
