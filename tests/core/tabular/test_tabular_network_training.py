"""Training: the same seed gives the same bytes, a budget is kept or refused, torch's own state is left alone."""

import numpy as np
import pytest
import torch
from torch import nn

from core.errors import CorruptArtefact, ValenceError
from core.progress import finish
from core.tabular.budget import Budget
from core.tabular.engines.networks.arrays import set_weights, weights_of
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.engines.networks.training import (
    Averaged,
    TrainingPlan,
    build,
    repeatable,
    row_batches,
    train_network,
)

GENERATOR = torch.Generator().manual_seed(0)
INPUTS = torch.randn(200, 3, generator=GENERATOR)
WANTED = INPUTS @ torch.tensor([1.0, -2.0, 0.5])


def fitted(seed, budget_s=60.0, steps=150, **changes):
    trainer = TrainerSettings(steps=steps, batch_rows=32, learning_rate=0.05, weight_decay=0.0, averaging=0.9)
    network = build(lambda: nn.Linear(3, 1), seed)

    def loss_of(rows):
        dropped = torch.rand(len(rows), 1) > 0.1  # draws from torch: must be repeatable too
        return ((network(INPUTS[rows]) - WANTED[rows][:, None]) * dropped).square().mean()

    plan = TrainingPlan(trainer, seed, Budget(budget_s), "Training a line", **changes)
    loss = finish(train_network(network, loss_of, 200, plan))
    return network, loss


def test_a_line_is_found():
    network, loss = fitted(1)
    assert 0 < loss < 1
    assert torch.allclose(network.weight[0], torch.tensor([1.0, -2.0, 0.5]), atol=0.05)
    assert not network.training


def test_the_same_seed_gives_the_same_bytes_whatever_torch_drew_before():
    torch.manual_seed(1)
    first = weights_of(fitted(1, steps=20)[0])
    torch.manual_seed(2)
    second = weights_of(fitted(1, steps=20)[0])
    other = weights_of(fitted(2, steps=20)[0])
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
    assert any(first[name].tobytes() != other[name].tobytes() for name in first)


def test_torchs_own_state_is_left_as_it_was():
    torch.manual_seed(5)
    before, threads = torch.random.get_rng_state(), torch.get_num_threads()
    fitted(1, steps=3)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.get_num_threads() == threads
    assert not torch.are_deterministic_algorithms_enabled()


def test_a_budget_too_small_is_refused_and_says_how_much_is_needed():
    with pytest.raises(ValenceError, match=r"The rest of training a line needs about .* s of computing time"):
        fitted(1, budget_s=0.01, steps=100_000)
    with pytest.raises(ValenceError, match="computing time"):
        fitted(1, budget_s=30.0, reserve_s=40.0)


def test_a_loss_that_is_no_number_ends_the_fit():
    network = nn.Linear(3, 1)
    plan = TrainingPlan(TrainerSettings(steps=5), 0, Budget(60.0), "Training a line")
    with pytest.raises(ValenceError, match="broke down at step 1"):
        finish(train_network(network, lambda rows: network(INPUTS[rows]).mean() * torch.nan, 200, plan))


def test_every_row_comes_once_before_any_comes_again():
    batches = row_batches(10, 4, seed=3)
    drawn = np.concatenate([next(batches).numpy() for _ in range(5)])
    assert sorted(drawn[:10]) == sorted(drawn[10:]) == list(range(10))
    assert len(next(row_batches(3, 8, seed=0))) == 3


def test_the_mean_of_the_weights_is_a_weighted_one_of_all_steps():
    network = nn.Linear(1, 1)
    averaged, expected = Averaged(network, 0.5), network.weight.detach().clone()
    for step in range(1, 40):
        with torch.no_grad():
            network.weight.fill_(float(step))
        averaged.update()
        keep = min(0.5, step / (step + 10))
        expected = keep * expected + (1 - keep) * step
    averaged.leave_in(network)
    assert torch.allclose(network.weight, expected)


def test_seeds_of_several_parts_are_all_used():
    def drawn(*seed):
        with repeatable(*seed):
            return float(torch.rand(1))

    assert drawn(1, 2) == drawn(1, 2)
    assert len({drawn(1, 2), drawn(2, 1), drawn(1), drawn(1, 3)}) == 4


def test_weights_come_back_and_those_of_another_network_are_refused():
    network = build(lambda: nn.Linear(3, 2), 1)
    arrays = weights_of(network)
    again = nn.Linear(3, 2)
    set_weights(again, arrays)
    assert torch.equal(again.weight, network.weight)
    with pytest.raises(CorruptArtefact, match="weight"):
        set_weights(nn.Linear(4, 2), arrays)
    with pytest.raises(CorruptArtefact, match="bias"):
        set_weights(nn.Linear(3, 2, bias=False), arrays)
