from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from core.models.fitted_network import best_temperature, fit_parts
from core.models.network_settings import TrainerSettings
from core.models.protocol import TrainingStep
from core.models.row_bags import RowBatch, row_bags
from core.models.tables import CampaignRows, TrainingSet
from core.models.torch_trainer import (
    FitPlan,
    Fitted,
    LabelledBags,
    Parts,
    RowNetwork,
    fit_network,
    network_logits,
    repeatable,
    softmax,
)
from core.progress import finish

RATE = 0.25
N_VALID = 20


class Scripted(RowNetwork):
    """Gets the share `script[n]` of the validation rows (all of label 0) right after epoch n; `weight` tells epochs."""

    def __init__(self, script: Sequence[float]) -> None:
        super().__init__()
        self.script, self.n_looks = script, 0
        self.weight = torch.nn.Parameter(torch.zeros(()))

    def forward(self, batch: RowBatch) -> Any:
        right = round(self.script[self.n_looks] * N_VALID)
        self.n_looks += 1
        logits = torch.zeros(len(batch.counts), 2)
        logits[:right, 0], logits[right:, 1] = 1.0, 1.0
        return logits

    def loss(self, batch: RowBatch, label: Any) -> Any:
        return -self.weight


class Noisy(RowNetwork):
    """One linear layer over counts, behind dropout."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(6, 2)

    def forward(self, batch: RowBatch) -> Any:
        return self.linear(torch.nn.functional.dropout(batch.counts, 0.3, self.training))


def some_rows(n_rows: int, label: NDArray[np.int32]) -> LabelledBags:
    rng = np.random.default_rng(4)
    rows = CampaignRows(rng.integers(0, 6, size=3 * n_rows).astype(np.int32), np.arange(0, 3 * n_rows + 1, 3))
    return LabelledBags(row_bags(rows, np.arange(6, dtype=np.int32), 6), label)


def run(network: RowNetwork, parts: Parts, plan: FitPlan) -> tuple[Fitted, list[TrainingStep]]:
    steps, work = [], fit_network(network, parts, plan)
    return finish(work, steps.append), steps


def run_script(script: Sequence[float], **trainer: Any) -> tuple[Scripted, Fitted, list[TrainingStep]]:
    zeros = np.zeros(N_VALID, dtype=np.int32)
    parts = Parts(some_rows(N_VALID, zeros), some_rows(N_VALID, zeros))
    settings = TrainerSettings(epochs=len(script), weight_decay=0.0, **trainer)
    network = Scripted(script)
    kept, steps = run(network, parts, FitPlan(settings, RATE, N_VALID, seed=3, done=5, total=50))
    return network, kept, steps


def test_it_stops_early_and_keeps_the_best_weights() -> None:
    network, kept, steps = run_script([0.5, 0.8, 0.6, 0.7, 0.8, 0.9, 1.0], patience=3, halve_after=9)
    assert [step.measures["validation_accuracy"] for step in steps] == [0.5, 0.8, 0.6, 0.7, 0.8]
    assert kept.epoch == 2
    assert kept.accuracy == 0.8
    # AdamW moves the only weight by the learning rate at every step, and an epoch here is one step.
    assert network.weight.item() == pytest.approx(2 * RATE, rel=1e-4)


def test_epochs_that_early_stopping_spares_count_as_done() -> None:
    _, _, steps = run_script([0.5, 0.4, 0.4, 0.4, 0.4, 0.4], patience=2, halve_after=9)
    assert [(step.done, step.total) for step in steps] == [(6, 50), (7, 50), (11, 50)]


def test_the_learning_rate_halves_while_accuracy_stalls() -> None:
    _, _, steps = run_script([0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.5, 0.5, 0.5], patience=6, halve_after=2)
    rates = [step.measures["learning_rate"] / RATE for step in steps]
    assert rates == [1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]


def test_of_equal_accuracy_the_lower_loss_is_kept() -> None:
    """The third epoch is as right as the second and surer; the waiting goes on all the same."""

    class Surer(Scripted):
        def forward(self, batch: RowBatch) -> Any:
            return super().forward(batch) * (2.0 if self.n_looks == 3 else 1.0)

    zeros = np.zeros(N_VALID, dtype=np.int32)
    parts = Parts(some_rows(N_VALID, zeros), some_rows(N_VALID, zeros))
    settings = TrainerSettings(epochs=9, patience=2, halve_after=9, weight_decay=0.0)
    kept, steps = run(Surer([0.5, 1.0, 1.0, 1.0, 1.0]), parts, FitPlan(settings, RATE, N_VALID, seed=3))
    assert (kept.epoch, len(steps)) == (3, 4)


def noisy_fit(seed: int, disturb: bool = False) -> NDArray[np.float64]:
    label = np.random.default_rng(1).integers(0, 2, size=60).astype(np.int32)
    parts = Parts(some_rows(60, label), some_rows(60, label))
    with repeatable((seed, 0), 1):
        network = Noisy()
    for _ in fit_network(network, parts, FitPlan(TrainerSettings(epochs=4), 0.05, 16, seed)):
        if disturb:
            torch.rand(7)
            np.random.rand(7)
    return network_logits(network, parts.valid.rows)


def test_the_same_seed_gives_the_same_bytes_whatever_happens_between_epochs() -> None:
    first = noisy_fit(8)
    torch.manual_seed(99)
    assert noisy_fit(8, disturb=True).tobytes() == first.tobytes()
    assert noisy_fit(9).tobytes() != first.tobytes()


def test_torch_is_left_as_it_was() -> None:
    torch.set_num_threads(2)
    state = torch.get_rng_state()
    with pytest.raises(ZeroDivisionError), repeatable((1, 2), 1):
        assert torch.get_num_threads() == 1
        assert torch.are_deterministic_algorithms_enabled()
        torch.rand(3)
        raise ZeroDivisionError
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    torch.set_num_threads(1)


def test_validation_rows_are_stratified_and_keep_groups_whole(made_up: Any) -> None:
    training: TrainingSet = made_up.training
    grouped = TrainingSet(
        training.attributes, training.rows, training.labels, training.label, np.arange(len(training)) // 3
    )
    marker = np.arange(len(training.attributes), dtype=np.int32)
    parts = fit_parts(grouped, lambda rows: row_bags(rows, marker, len(marker)), TrainerSettings(), seed=2)
    assert len(parts.fit) + len(parts.valid) == len(training)
    assert len(parts.valid) == pytest.approx(0.1 * len(training), rel=0.15)
    again = fit_parts(grouped, lambda rows: row_bags(rows, marker, len(marker)), TrainerSettings(), seed=2)
    assert np.array_equal(parts.valid.label, again.valid.label)


def test_the_best_temperature_is_the_one_that_logits_were_sharpened_by() -> None:
    rng = np.random.default_rng(6)
    true = rng.normal(scale=2, size=(20_000, 3))
    label = (rng.random((20_000, 1)) > softmax(true).cumsum(axis=1)[:, :2]).sum(axis=1).astype(np.int32)
    assert best_temperature(true * 3, label) == pytest.approx(3, rel=0.05)
    assert best_temperature(true / 2, label) == pytest.approx(0.5, rel=0.05)
