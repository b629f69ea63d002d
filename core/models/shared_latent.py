"""Shared latent space: every modality is mapped into one space, where the modalities of a row are pulled together.

Per modality Linear -> ReLU -> LayerNorm; the maps side by side -> Linear -> ReLU -> Dropout .3 -> Linear(K). The loss
is the cross-entropy plus a weighted cosine embedding loss of every pair of maps of a row. Layer sizes, that weight and
the batch size are searched on a grid.
"""

from collections.abc import Mapping
from functools import partial
from itertools import product
from types import MappingProxyType
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from core.models.fitted_network import BagsOf, FittedNetwork, fit_parts, search_parts
from core.models.network_settings import SharedLatentSettings
from core.models.pooled_linear import ModalityContent, PooledLinear, modality_bags, modality_content
from core.models.protocol import FittedModel, Training
from core.models.row_bags import RowBatch
from core.models.tables import TrainingSet
from core.models.torch_trainer import FitPlan, RowNetwork, fit_network, repeatable
from core.models.training_checks import check_training_set

DROPOUT: Final = 0.3


class LayerSizes(NamedTuple):
    """Numbers per modality in the shared space, and of the hidden layer behind it."""

    latent: int
    hidden: int


SIZES: Final[Mapping[str, LayerSizes]] = MappingProxyType(
    {"small": LayerSizes(64, 64), "medium": LayerSizes(128, 128), "high": LayerSizes(256, 256)}
)


class SharedLatentSpace(RowNetwork):
    """M modalities -> one space of H numbers -> K labels."""

    def __init__(self, content: ModalityContent, n_labels: int, sizes: LayerSizes, similarity_weight: float) -> None:
        super().__init__()
        n_modalities = len(content.vectors)
        self.similarity_weight = similarity_weight
        self.into_space = PooledLinear(content, sizes.latent)
        self.norms = nn.ModuleList(nn.LayerNorm(sizes.latent) for _ in range(n_modalities))
        self.head = nn.Sequential(
            nn.Linear(n_modalities * sizes.latent, sizes.hidden),
            nn.ReLU(),
            nn.Dropout(DROPOUT),
            nn.Linear(sizes.hidden, n_labels),
        )

    def latent(self, batch: RowBatch) -> Tensor:
        """Where each modality of a row lies in the shared space, [B, M, H]; zeros for an absent one."""
        raised = functional.relu(self.into_space(batch))  # [B, M, H]
        normed = torch.stack([norm(raised[:, m]) for m, norm in enumerate(self.norms)], dim=1)
        return normed * batch.present()[:, :, None]

    def forward(self, batch: RowBatch) -> Tensor:
        """Logits, [B, K]."""
        logits: Tensor = self.head(self.latent(batch).flatten(1))  # [B, M * H] -> [B, K]
        return logits

    def loss(self, batch: RowBatch, label: Tensor) -> Tensor:
        """Cross-entropy + weight * similarity loss, a scalar."""
        latent = self.latent(batch)
        known: Tensor = functional.cross_entropy(self.head(latent.flatten(1)), label)
        return known + self.similarity_weight * similarity_loss(latent, batch.present())


def similarity_loss(latent: Tensor, present: Tensor) -> Tensor:
    """Mean of 1 - cosine over every pair of present modalities of every row; `latent` [B, M, H], `present` [B, M].

    The cosine embedding loss of target 1. The cosines of all pairs come from the sum of unit vectors:
    |sum u|^2 = sum |u|^2 + 2 sum over pairs u.v. Without any pair it is 0.
    """
    unit = functional.normalize(latent, dim=2) * present[:, :, None]
    cosines = (unit.sum(dim=1).square().sum(dim=1) - unit.square().sum(dim=(1, 2))) / 2  # [B]
    n_present = present.sum(dim=1)
    n_pairs = (n_present * (n_present - 1) / 2).sum()
    return (n_pairs - cosines.sum()) / n_pairs.clamp(min=1)


class GridPoint(NamedTuple):
    """One combination of the grid."""

    sizes: str
    similarity_weight: float
    batch_size: int


def grid_points(settings: SharedLatentSettings, seed: int) -> tuple[GridPoint, ...]:
    """The combinations to try: all of the grid, or `n_trials` drawn ones in the grid's order."""
    lists = (settings.sizes, settings.similarity_weights, settings.batch_sizes)
    grid = [GridPoint(*point) for point in product(*lists)]
    n_trials = settings.search.n_trials
    if len(grid) <= n_trials:
        return tuple(grid)
    drawn = np.random.default_rng(seed).choice(len(grid), size=max(n_trials, 1), replace=False)
    return tuple(grid[i] for i in np.sort(drawn)) if n_trials else (grid[0],)


def fit(training: TrainingSet, settings: SharedLatentSettings, seed: int) -> Training[FittedModel]:
    """Search the grid on part of the rows, then fit the best combination on all; same seed, same bytes.

    Yields a step per epoch of every try and of the last fit. `ValenceError` for rows that nothing can be learnt from.
    """
    check_training_set(training)
    content = modality_content(training.attributes)
    bags_of = partial(modality_bags, training.attributes, content)
    point = yield from _search(training, content, bags_of, settings, seed)
    found = _only(settings, point)
    parts = fit_parts(training, bags_of, settings.trainer, seed)
    spent = _n_tries(settings, seed) * settings.search.search_epochs
    plan = FitPlan(
        settings.trainer, settings.learning_rate, point.batch_size, seed, spent, spent + settings.trainer.epochs
    )
    network = _network(training, content, point, plan)
    yield from fit_network(network, parts, plan)
    return FittedNetwork(network, bags_of, settings.trainer.n_threads, found)


def _search(
    training: TrainingSet, content: ModalityContent, bags_of: BagsOf, settings: SharedLatentSettings, seed: int
) -> Training[GridPoint]:
    """The point of the best validation macro F1 after a short fit on part of the rows; the first of equal ones."""
    points, search = grid_points(settings, seed), settings.search
    n_tries = _n_tries(settings, seed)
    if not n_tries:
        return points[0]
    parts = search_parts(training, search.search_rows, bags_of, settings.trainer, seed)
    trainer = settings.trainer.model_copy(update={"epochs": search.search_epochs})
    total, scores = n_tries * search.search_epochs + settings.trainer.epochs, []
    for number, point in enumerate(points):
        note = f"try {number + 1} of {n_tries}: {point.sizes}, {point.similarity_weight:g}, {point.batch_size}; "
        done = number * search.search_epochs
        plan = FitPlan(trainer, settings.learning_rate, point.batch_size, seed, done, total, note)
        scored = yield from fit_network(_network(training, content, point, plan), parts, plan)
        scores.append(scored.macro_f1)
    return points[int(np.argmax(scores))]


def _only(settings: SharedLatentSettings, point: GridPoint) -> SharedLatentSettings:
    """The settings of one point, which need no search."""
    lists = {
        "sizes": (point.sizes,),
        "similarity_weights": (point.similarity_weight,),
        "batch_sizes": (point.batch_size,),
    }
    search = settings.search.model_copy(update={"n_trials": 0})
    return settings.model_copy(update={**lists, "search": search})


def _n_tries(settings: SharedLatentSettings, seed: int) -> int:
    n_points = len(grid_points(settings, seed))
    return n_points if n_points > 1 else 0  # a single point needs no search


def _network(training: TrainingSet, content: ModalityContent, point: GridPoint, plan: FitPlan) -> SharedLatentSpace:
    with repeatable((plan.seed, 0), plan.trainer.n_threads):
        return SharedLatentSpace(content, len(training.labels), SIZES[point.sizes], point.similarity_weight)
