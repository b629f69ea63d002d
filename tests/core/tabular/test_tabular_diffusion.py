"""Noise and its removal against the formulas: Bayes by enumeration for codes, joint normals for scores."""

import numpy as np
import pytest
import torch

from core.tabular.engines.networks.categorical import draw_codes, log_frequencies, side_by_side_loss
from core.tabular.engines.networks.diffused_columns import DiffusedColumns, frequencies
from core.tabular.engines.networks.diffusion import (
    earlier_codes,
    earlier_scores,
    noisy_codes,
    noisy_scores,
    spread_at,
    velocity,
)
from core.tabular.engines.networks.training import repeatable

CHANCES = torch.tensor([0.5, 0.3, 0.15, 0.05])


def kernel(kept):
    """Chances of going from one code (row) to another (column) where it is kept with chance `kept`."""
    return kept * np.eye(4) + (1 - kept) * CHANCES.numpy()[None, :]


@pytest.mark.parametrize(("noisy", "row"), [(0, 0), (1, 2), (3, 0), (2, 2)])
@pytest.mark.parametrize("between", [(0.3, 0.7), (0.0, 0.2), (0.9, 0.95)])
def test_the_earlier_code_follows_bayes(noisy, row, between):
    n, generator = 40_000, torch.Generator().manual_seed(1)
    then, now = 1 - between[0], 1 - between[1]
    expected = kernel(then)[row] * kernel(now / then)[:, noisy]
    expected = expected / expected.sum()
    drawn = torch.multinomial(CHANCES, n, replacement=True, generator=generator)[:, None]
    found = earlier_codes(
        torch.full((n, 1), noisy),
        torch.full((n, 1), row),
        drawn,
        between,
        CHANCES[noisy].expand(n, 1),
        torch.rand(n, 1, generator=generator),
    )
    counts = np.bincount(found[:, 0].numpy(), minlength=4) / n
    assert np.abs(counts - expected).max() < 0.01


def test_noisy_codes_are_the_rows_own_as_often_as_the_time_says():
    codes, generator = torch.zeros(30_000, 1, dtype=torch.int64), torch.Generator().manual_seed(2)
    places = torch.rand(30_000, 1, generator=generator)
    found = noisy_codes(codes, torch.ones_like(codes), torch.full((30_000,), 0.7), places)
    assert abs(float(found.float().mean()) - 0.7) < 0.01


@pytest.mark.parametrize("between", [(0.2, 0.6), (0.0, 0.02), (0.95, 0.999)])
def test_the_earlier_score_has_the_moments_of_joint_normals(between):
    row, noise = torch.tensor([[0.8]]), torch.tensor([[-0.4]])
    then, now = torch.tensor([between[0]]), torch.tensor([between[1]])
    noisy = noisy_scores(row, noise, now)
    said = velocity(row, noise, now)
    (kept_then, noise_then), (kept_now, noise_now) = spread_at(then), spread_at(now)
    covariance = (kept_now / kept_then) * noise_then**2
    mean = kept_then * row + covariance / noise_now**2 * (noisy - kept_now * row)
    spread = (noise_then**2 - covariance**2 / noise_now**2).clamp(min=0).sqrt()
    zero, one = torch.zeros(1, 1), torch.ones(1, 1)
    assert torch.allclose(earlier_scores(noisy, said, between, zero), mean, atol=2e-4)
    moved = earlier_scores(noisy, said, between, one) - earlier_scores(noisy, said, between, zero)
    assert torch.allclose(moved, spread.expand(1, 1), atol=2e-4)


def test_frequencies_leave_no_code_without_a_chance():
    found = frequencies(torch.tensor([0, 0, 0, 2]), 4)
    assert torch.allclose(found, torch.tensor([4, 1, 2, 1]) / 8)


def test_noise_is_drawn_by_the_training_frequencies():
    columns = DiffusedColumns((4, 2), (CHANCES, torch.tensor([0.9, 0.1])))
    with repeatable(1):
        drawn = columns.drawn(20_000)
    for at, chances in enumerate(columns.chances):
        assert torch.allclose(torch.bincount(drawn[:, at], minlength=len(chances)) / 20_000, chances, atol=0.015)
    assert torch.equal(columns.chances_of(torch.tensor([[2, 1]])), torch.tensor([[0.15, 0.1]]))


def test_codes_are_drawn_by_the_softmax_and_a_ruled_out_one_never():
    logits = torch.tensor([[0.0, float("-inf"), 1.0, -1.0, float("-inf")]]).expand(40_000, 5)
    places = torch.rand(40_000, generator=torch.Generator().manual_seed(3))
    places[:3] = torch.tensor([0.0, 0.99999994, 1.0])
    counts = torch.bincount(draw_codes(logits, places), minlength=5) / 40_000
    assert torch.allclose(counts, torch.softmax(logits[0], 0), atol=0.01)
    assert counts[1] == counts[4] == 0


def test_the_loss_of_columns_side_by_side_is_the_sum_of_their_own():
    generator = torch.Generator().manual_seed(4)
    logits, codes = torch.randn(7, 5, generator=generator), torch.randint(2, (7, 2), generator=generator)
    expected = sum(
        -torch.log_softmax(part, 1)[torch.arange(7), codes[:, at]].mean()
        for at, part in enumerate((logits[:, :2], logits[:, 2:]))
    )
    assert torch.allclose(side_by_side_loss(logits, codes, (2, 3)), expected)


def test_biases_start_at_the_log_frequencies():
    codes = torch.tensor([[0, 1], [0, 0], [1, 0]])
    found = log_frequencies(codes, (2, 3))
    assert torch.allclose(found.exp(), torch.tensor([2.5 / 4, 1.5 / 4, 2.5 / 4.5, 1.5 / 4.5, 0.5 / 4.5]))
