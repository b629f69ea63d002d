"""One small trainer for every torch predictor: mini-batches, early stopping, a learning rate that halves on plateaus.

Repeatable: every epoch draws its order and its dropout from (seed, epoch) alone, runs deterministic kernels on a set
number of threads, and leaves torch's own state as it found it. The same seed, settings and rows give the same bytes on
one machine and one build of torch for the same `n_threads`; another number of threads rounds sums differently.
"""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.models.network_settings import TrainerSettings
from core.models.protocol import Training, TrainingStep
from core.models.row_bags import RowBags, RowBatch
from core.models.scores import score_probabilities

_PREDICTION_ROWS = 2048  # per batch: enough to keep a core busy, few enough to stay in its cache
_MOST_GRADIENT = 5.0  # norm; a rare batch beyond it is scaled down instead of throwing the weights far off


class RowNetwork(nn.Module):
    """A network of rows: `forward` gives logits [B, K]; what else it learns from stands in `loss`."""

    def loss(self, batch: RowBatch, label: Tensor) -> Tensor:
        """What training lowers, a scalar: the mean cross-entropy unless a network adds to it. `label`: int64 [B]."""
        return functional.cross_entropy(self(batch), label)

    def parameter_groups(self, weight_decay: float) -> list[dict[str, Any]]:
        """Parameters for AdamW with their weight decay: one group unless a network parts them."""
        return [{"params": list(self.parameters()), "weight_decay": weight_decay}]


class LabelledBags(NamedTuple):
    """Rows with labels, int32 [R]."""

    rows: RowBags
    label: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.label)


class Parts(NamedTuple):
    """What a network is fitted on, and what decides when that stops."""

    fit: LabelledBags
    valid: LabelledBags


@dataclass(frozen=True, slots=True)
class FitPlan:
    """How one network is fitted; `done` and `total`, in epochs, place it within a longer work, and `note` names it."""

    trainer: TrainerSettings
    learning_rate: float
    batch_size: int
    seed: int
    done: int = 0
    total: int = 0
    note: str = ""


class Fitted(NamedTuple):
    """The validation figures of the weights that were kept."""

    accuracy: float
    macro_f1: float
    loss: float
    epoch: int


class _Plateau:
    """What to do after an epoch, by the best (accuracy, -loss) so far and the epochs since."""

    def __init__(self, trainer: TrainerSettings) -> None:
        self.trainer, self.best, self.best_accuracy, self.waited = trainer, (-1.0, -np.inf), -1.0, 0

    def is_better(self, found: Fitted) -> bool:
        """Whether these weights are the best: a better accuracy ends the waiting, a lower loss only breaks ties."""
        self.waited = 0 if found.accuracy > self.best_accuracy else self.waited + 1
        self.best_accuracy = max(self.best_accuracy, found.accuracy)
        better = (found.accuracy, -found.loss) > self.best
        self.best = max(self.best, (found.accuracy, -found.loss))
        return better

    def halves(self) -> bool:
        return self.waited > 0 and self.waited % self.trainer.halve_after == 0

    def ends(self) -> bool:
        return self.waited >= self.trainer.patience


def fit_network(network: RowNetwork, parts: Parts, plan: FitPlan) -> Training[Fitted]:
    """Fit in place with AdamW and leave the weights of the best epoch, by validation accuracy, in the network.

    Yields a step per epoch with `loss`, `validation_loss`, `validation_accuracy`, `validation_macro_f1` and
    `learning_rate`, and counts the epochs that early stopping spared as done in its last step.
    """
    trainer = plan.trainer
    optimiser = torch.optim.AdamW(network.parameter_groups(trainer.weight_decay), lr=plan.learning_rate)
    plateau, kept = _Plateau(trainer), Fitted(0.0, 0.0, np.inf, 0)
    weights = copy.deepcopy(network.state_dict())
    for epoch in range(1, trainer.epochs + 1):
        with repeatable((plan.seed, epoch), trainer.n_threads):
            loss = _run_epoch(network, parts.fit, optimiser, plan, epoch)
            found = _validate(network, parts.valid, epoch)
        rate = optimiser.param_groups[0]["lr"]
        if plateau.is_better(found):
            kept, weights = found, copy.deepcopy(network.state_dict())
        if plateau.halves():
            for group in optimiser.param_groups:
                group["lr"] /= 2
        ended = plateau.ends() or epoch == trainer.epochs
        yield _step(plan, trainer.epochs if ended else epoch, loss, found, rate)
        if ended:
            break
    network.load_state_dict(weights)
    return kept


@contextmanager
def repeatable(seed: tuple[int, ...], n_threads: int) -> Iterator[None]:
    """Within: random numbers from `seed` alone, deterministic kernels, `n_threads` threads; then all as before."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(
            int(np.random.SeedSequence([abs(part) for part in seed]).generate_state(1, np.uint64)[0] >> 1)
        )
        torch.set_num_threads(n_threads)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(deterministic)


def network_logits(network: RowNetwork, rows: RowBags) -> NDArray[np.float64]:
    """Logits of every row as the network stands, without dropout: float64 [R, K]."""
    network.eval()
    with torch.no_grad():
        batches = [network(batch) for _, batch in rows.batches(np.arange(len(rows)), _PREDICTION_ROWS)]
    return np.concatenate([logits.double().numpy() for logits in batches])


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chances that sum to 1, float64 [R, K]."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(raised / raised.sum(axis=1, keepdims=True), dtype=np.float64)


def _run_epoch(
    network: RowNetwork, part: LabelledBags, optimiser: torch.optim.Optimizer, plan: FitPlan, epoch: int
) -> float:
    """One pass over the rows in an order of its own; the mean loss."""
    network.train()
    order = np.random.default_rng([plan.seed, epoch]).permutation(len(part))
    label, total = torch.from_numpy(part.label.astype(np.int64)), 0.0
    for rows, batch in part.rows.batches(order, plan.batch_size):
        optimiser.zero_grad()
        loss = network.loss(batch, label[torch.from_numpy(rows)])
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(network.parameters(), _MOST_GRADIENT)
        optimiser.step()
        total += loss.item() * len(rows)
    return total / len(part)


def _validate(network: RowNetwork, part: LabelledBags, epoch: int) -> Fitted:
    chances = softmax(network_logits(network, part.rows))
    score = score_probabilities(chances, part.label)
    right = chances[np.arange(len(part)), part.label]
    return Fitted(score.accuracy, score.macro_f1, float(-np.log(np.maximum(right, 1e-12)).mean()), epoch)


def _step(plan: FitPlan, epoch: int, loss: float, found: Fitted, rate: float) -> TrainingStep:
    measures = {
        "loss": loss,
        "validation_loss": found.loss,
        "validation_accuracy": found.accuracy,
        "validation_macro_f1": found.macro_f1,
        "learning_rate": rate,
    }
    note = f"{plan.note}epoch {found.epoch}: {found.accuracy:.1%} of the validation rows right"
    return TrainingStep(plan.done + epoch, plan.total or plan.trainer.epochs, note, measures)
