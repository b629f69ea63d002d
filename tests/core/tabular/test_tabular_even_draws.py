"""Draws that lean on each other: every row's own chances hold, and a column's marginal hardly varies."""

import numpy as np
import torch

from core.tabular.engines.networks.even_draws import draw_evenly, marginal_tilt
from core.tabular.engines.networks.training import repeatable

KINDS = torch.tensor([[0.0, 1.0, -1.0], [2.0, 0.0, 0.5], [-1.0, -1.0, 1.0]])


def drawn(seed, logits):
    with repeatable(seed):
        return draw_evenly(logits).numpy()


def test_every_row_follows_its_own_chances():
    logits = KINDS[torch.arange(30) % 3]
    draws = np.stack([drawn(seed, logits) for seed in range(1500)])  # [repeats, rows]
    for row in (0, 1, 2, 28):
        found = np.bincount(draws[:, row], minlength=3) / 1500
        assert np.abs(found - torch.softmax(logits[row], 0).numpy()).max() < 0.05


def test_a_columns_counts_vary_far_less_than_those_of_independent_draws():
    away = torch.randn(900, 1, generator=torch.Generator().manual_seed(1))
    logits = KINDS[0] + away * torch.tensor([1.2, -0.3, -0.9])
    expected = torch.softmax(logits, 1).sum(0).numpy()
    counts = np.stack([np.bincount(drawn(seed, logits), minlength=3) for seed in range(60)])
    independent = np.sqrt((torch.softmax(logits, 1) * (1 - torch.softmax(logits, 1))).sum(0).numpy())
    assert np.abs(counts.mean(0) - expected).max() < 2
    assert (counts.std(0) < 0.35 * independent).all()


def test_a_column_of_many_codes_keeps_its_marginal_as_well():
    logits = torch.randn(2000, 150, generator=torch.Generator().manual_seed(3)) * 1.5
    chances = torch.softmax(logits, 1)
    expected = chances.sum(0).numpy()
    independent = np.sqrt((chances * (1 - chances)).sum(0).numpy())
    off = [(np.bincount(drawn(seed, logits), minlength=150) - expected) / independent for seed in range(20)]
    assert np.sqrt(np.mean(np.square(off))) < 0.6  # independent draws: 1
    assert np.abs(np.mean(off)) < 0.02


def test_a_code_that_is_ruled_out_is_not_drawn_and_one_row_is_enough():
    assert set(drawn(1, torch.tensor([[0.0, float("-inf"), 0.0]]).expand(200, 3))) == {0, 2}
    assert drawn(1, torch.tensor([[float("-inf"), 0.0]])).tolist() == [1]


def test_tilted_rows_have_the_wanted_frequencies_together():
    logits = torch.randn(500, 6, generator=torch.Generator().manual_seed(2))
    wanted = torch.tensor([0.3, 0.05, 0.25, 0.2, 0.1, 0.1])
    tilt = marginal_tilt(logits, wanted)
    assert torch.allclose(torch.softmax(logits + tilt, 1).mean(0), wanted, atol=1e-3)
    assert float(marginal_tilt(logits, torch.tensor([1.0, 0, 0, 0, 0, 0])).abs().max()) <= 2.0
