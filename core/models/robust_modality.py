"""Robust modality network: one projection per modality, whole modalities dropped in training, and a small head.

Per modality Linear -> Dropout -> Linear -> LayerNorm; in training a modality of a row is zeroed as a whole now and
then, as an absent one is, so that no label hangs on one modality; a two-layer head. Cross-entropy, AdamW; Optuna
searches learning rate, batch size, projection and head sizes and both dropout rates.
"""

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import torch
from torch import Tensor, nn

from core.models.fitted_network import BagsOf, FittedNetwork, fit_parts, search_parts
from core.models.network_settings import RobustModalitySettings
from core.models.pooled_linear import ModalityContent, PooledLinear, modality_bags, modality_content
from core.models.protocol import FittedModel, Training
from core.models.row_bags import RowBatch
from core.models.tables import TrainingSet
from core.models.torch_trainer import FitPlan, RowNetwork, fit_network, repeatable
from core.models.training_checks import check_training_set

if TYPE_CHECKING:
    from optuna import Trial

_SEARCHED: Final = ("learning_rate", "batch_size", "projection", "hidden", "dropout", "modality_dropout")
_MOST_DROPOUT: Final = 0.4
_MOST_MODALITY_DROPOUT: Final = 0.3


class RobustModalityNetwork(RowNetwork):
    """M modalities -> P numbers each -> head -> K labels."""

    def __init__(self, content: ModalityContent, n_labels: int, settings: RobustModalitySettings) -> None:
        super().__init__()
        n_modalities, width = len(content.vectors), settings.projection
        self.modality_dropout = settings.modality_dropout
        self.first = PooledLinear(content, width)
        self.rest = nn.ModuleList(
            nn.Sequential(nn.Dropout(settings.dropout), nn.Linear(width, width), nn.LayerNorm(width))
            for _ in range(n_modalities)
        )
        self.head = nn.Sequential(
            nn.Linear(n_modalities * width, settings.hidden),
            nn.ReLU(),
            nn.Dropout(settings.dropout),
            nn.Linear(settings.hidden, n_labels),
        )

    def projections(self, batch: RowBatch) -> Tensor:
        """What the head sees of each modality, [B, M, P]; zeros for an absent or dropped one."""
        first = self.first(batch)  # [B, M, P]
        projected = torch.stack([rest(first[:, m]) for m, rest in enumerate(self.rest)], dim=1)
        return projected * self.kept_modalities(batch.present())[:, :, None]

    def kept_modalities(self, present: Tensor) -> Tensor:
        """`present` [B, M] of 0 and 1; in training each 1 becomes 0 with the chance `modality_dropout`.

        What is kept is not scaled up: an absent modality looks the same in training and afterwards.
        """
        if not self.training or not self.modality_dropout:
            return present
        return present * (torch.rand_like(present) >= self.modality_dropout)

    def forward(self, batch: RowBatch) -> Tensor:
        """Logits, [B, K]."""
        logits: Tensor = self.head(self.projections(batch).flatten(1))  # [B, M * P] -> [B, K]
        return logits


def fit(training: TrainingSet, settings: RobustModalitySettings, seed: int) -> Training[FittedModel]:
    """Let Optuna search on part of the rows, then fit the best settings on all; same seed, same bytes.

    Yields a step per epoch of every try and of the last fit. `ValenceError` for rows that nothing can be learnt from.
    """
    check_training_set(training)
    content = modality_content(training.attributes)
    bags_of = partial(modality_bags, training.attributes, content)
    found = yield from _search(training, content, bags_of, settings, seed)
    spent = settings.search.n_trials * settings.search.search_epochs
    total = spent + settings.trainer.epochs
    plan = FitPlan(found.trainer, found.learning_rate, found.batch_size, seed, spent, total)
    network = _network(training, content, found, seed)
    yield from fit_network(network, fit_parts(training, bags_of, found.trainer, seed), plan)
    return FittedNetwork(network, bags_of, found.trainer.n_threads, found)


def _search(
    training: TrainingSet, content: ModalityContent, bags_of: BagsOf, settings: RobustModalitySettings, seed: int
) -> Training[RobustModalitySettings]:
    """The settings of the best validation macro F1 after short fits; the first try is the settings themselves."""
    search = settings.search
    if not search.n_trials:
        return settings
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial({name: getattr(settings, name) for name in _SEARCHED})
    parts = search_parts(training, search.search_rows, bags_of, settings.trainer, seed)
    trainer = settings.trainer.model_copy(update={"epochs": search.search_epochs})
    total = search.n_trials * search.search_epochs + settings.trainer.epochs
    tried: dict[int, RobustModalitySettings] = {}
    for number in range(search.n_trials):
        trial = study.ask()
        tried[number] = settings.model_copy(update=_suggested(trial, settings))
        note = f"try {number + 1} of {search.n_trials}; "
        done = number * search.search_epochs
        plan = FitPlan(trainer, tried[number].learning_rate, tried[number].batch_size, seed, done, total, note)
        scored = yield from fit_network(_network(training, content, tried[number], seed), parts, plan)
        study.tell(trial, scored.macro_f1)
    return tried[study.best_trial.number].model_copy(update={"search": search.model_copy(update={"n_trials": 0})})


def _suggested(trial: "Trial", settings: RobustModalitySettings) -> dict[str, Any]:
    """Values around those set: sizes from half to double, the learning rate from a quarter to four times."""

    def size(name: str) -> int:
        middle = getattr(settings, name)
        return trial.suggest_int(name, max(middle // 2, 1), middle * 2, log=True)

    rate = settings.learning_rate
    return {
        "learning_rate": trial.suggest_float("learning_rate", rate / 4, rate * 4, log=True),
        **{name: size(name) for name in ("batch_size", "projection", "hidden")},
        "dropout": trial.suggest_float("dropout", 0.0, max(_MOST_DROPOUT, settings.dropout)),
        "modality_dropout": trial.suggest_float(
            "modality_dropout", 0.0, max(_MOST_MODALITY_DROPOUT, settings.modality_dropout)
        ),
    }


def _network(
    training: TrainingSet, content: ModalityContent, settings: RobustModalitySettings, seed: int
) -> RobustModalityNetwork:
    with repeatable((seed, 0), settings.trainer.n_threads):
        return RobustModalityNetwork(content, len(training.labels), settings)
