from itertools import combinations
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.models.network_settings import SearchSettings, SharedLatentSettings
from core.models.pooled_linear import modality_bags, modality_content
from core.models.shared_latent import SIZES, SharedLatentSpace, grid_points, similarity_loss


def test_the_similarity_loss_is_torch_s_over_every_pair_of_present_modalities() -> None:
    generator = torch.Generator().manual_seed(3)
    present = (torch.rand(9, 5, generator=generator) < 0.7).float()
    latent = torch.randn(9, 5, 6, generator=generator) * present[:, :, None]
    pairs = [
        (latent[row, a], latent[row, b])
        for row in range(9)
        for a, b in combinations(range(5), 2)
        if present[row, a] and present[row, b]
    ]
    first, second = (torch.stack(side) for side in zip(*pairs, strict=True))
    expected = functional.cosine_embedding_loss(first, second, torch.ones(len(pairs)))
    torch.testing.assert_close(similarity_loss(latent, present), expected)


def test_by_hand_two_modalities_at_right_angles_and_one_between() -> None:
    latent = torch.tensor([[[2.0, 0.0], [0.0, 3.0], [1.0, 1.0]]])
    expected = (1 - 0) + 2 * (1 - np.sqrt(0.5))
    assert similarity_loss(latent, torch.ones(1, 3)).item() == pytest.approx(expected / 3)


def test_rows_without_two_modalities_have_no_similarity_loss() -> None:
    latent = torch.randn(2, 3, 4, requires_grad=True)
    loss = similarity_loss(latent, torch.tensor([[1.0, 0, 0], [0, 0, 0]]))
    assert loss.item() == 0
    loss.backward()
    assert torch.isfinite(latent.grad).all()


@pytest.fixture
def network(made_up: Any) -> SharedLatentSpace:
    torch.manual_seed(1)
    return SharedLatentSpace(modality_content(made_up.training.attributes), 3, SIZES["small"], similarity_weight=0.5)


def batch_of(made_up: Any, n: int) -> Any:
    table, rows = made_up.training.attributes, made_up.training.rows
    return modality_bags(table, modality_content(table), rows).batch(np.arange(n))


def test_every_modality_is_a_normed_point_of_one_space(network: SharedLatentSpace, made_up: Any) -> None:
    batch = batch_of(made_up, 40)
    latent = network.latent(batch)
    assert latent.shape == (40, 5, 64)
    assert network(batch).shape == (40, 3)
    there = latent[batch.present() == 1]
    torch.testing.assert_close(there.mean(dim=1), torch.zeros(len(there)), atol=1e-5, rtol=0)
    torch.testing.assert_close(there.square().mean(dim=1), torch.ones(len(there)), atol=1e-2, rtol=0)
    assert (latent[batch.present() == 0] == 0).all()
    assert (batch.present() == 0).any()


def test_the_loss_is_cross_entropy_and_weighted_similarity(network: SharedLatentSpace, made_up: Any) -> None:
    batch, label = batch_of(made_up, 40), torch.arange(40) % 3
    network.eval()
    latent = network.latent(batch)
    expected = functional.cross_entropy(network(batch), label) + 0.5 * similarity_loss(latent, batch.present())
    torch.testing.assert_close(network.loss(batch, label), expected)


def test_training_pulls_the_modalities_of_a_row_together_as_far_as_the_weight_says(made_up: Any) -> None:
    batch, label, left = batch_of(made_up, 200), torch.arange(200) % 3, []
    for weight in (0.0, 0.5, 5.0):
        torch.manual_seed(1)
        network = SharedLatentSpace(modality_content(made_up.training.attributes), 3, SIZES["small"], weight)
        optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3)
        for _ in range(20):
            optimiser.zero_grad()
            network.loss(batch, label).backward()
            optimiser.step()
        left.append(similarity_loss(network.latent(batch), batch.present()).item())
    assert left[0] > left[1] > left[2]


def test_the_grid_is_every_combination_or_as_many_drawn_ones_as_wanted() -> None:
    settings = SharedLatentSettings(search=SearchSettings(n_trials=99))
    whole = grid_points(settings, seed=1)
    assert len(whole) == len(set(whole)) == 3 * 2 * 2
    some = grid_points(SharedLatentSettings(search=SearchSettings(n_trials=5)), seed=1)
    assert len(set(some)) == 5
    assert set(some) <= set(whole)
    assert grid_points(SharedLatentSettings(search=SearchSettings(n_trials=5)), seed=2) != some
    assert grid_points(SharedLatentSettings(search=SearchSettings(n_trials=0)), seed=1) == whole[:1]
