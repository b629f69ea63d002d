from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.models.encoders import pool_modalities
from core.models.pooled_linear import PooledLinear, modality_bags, modality_content
from core.models.tables import AttributeTable, CampaignRows


@pytest.fixture
def table(made_up: Any) -> AttributeTable:
    """The made-up table with three unknown brands, and audiences that have shorter vectors."""
    whole = made_up.training.attributes
    vectors = whole.vectors.copy()
    vectors[[1, 4, 9]] = 0
    vectors[whole.modality == 1, 10:] = 0
    return replace(whole, vectors=vectors)


def test_it_is_a_linear_map_of_each_modality_s_mean(table: AttributeTable, made_up: Any) -> None:
    content = modality_content(table)
    layer = PooledLinear(content, 7)
    torch.nn.init.normal_(layer.bias)
    rows = made_up.training.rows.take(np.arange(200))
    found = layer(modality_bags(table, content, rows).batch(np.arange(200))).detach().numpy()
    # The oracle pools the scaled vectors first and maps each row's mean afterwards.
    scaled = np.zeros_like(table.vectors)
    for modality, own in enumerate(content.vectors):
        scaled[np.flatnonzero(table.modality == modality), : own.shape[1]] = own.numpy()
    pooled = pool_modalities(replace(table, vectors=scaled), rows)
    for modality, own in enumerate(content.vectors):
        weight = layer.attributes.maps[modality].weight.detach().numpy()
        expected = pooled.vectors[:, modality, : own.shape[1]] @ weight.T + layer.bias[modality].detach().numpy()
        expected[~pooled.present[:, modality]] = 0
        np.testing.assert_allclose(found[:, modality], expected, atol=1e-5)


def test_known_vectors_are_centred_and_of_mean_square_one(table: AttributeTable) -> None:
    content = modality_content(table)
    assert [own.shape[1] for own in content.vectors] == [24, 10, 24, 24, 24]
    for modality, own in enumerate(content.vectors):
        known = own.numpy()[content.known[table.modality == modality]]
        np.testing.assert_allclose(known.mean(axis=0), 0, atol=1e-6)
        assert (known**2).mean() == pytest.approx(1, abs=1e-5)
    assert (content.vectors[0].numpy()[[1, 4, 9]] == 0).all()


def test_a_modality_without_vectors_becomes_categories(table: AttributeTable) -> None:
    vectors = table.vectors.copy()
    vectors[table.modality == 3] = 0
    content = modality_content(replace(table, vectors=vectors))
    platforms = content.vectors[3].numpy()
    assert platforms.shape == (6, 6)
    assert content.known[table.modality == 3].all()
    assert len(np.unique(platforms, axis=0)) == 6


def test_a_row_of_unknown_attributes_lacks_the_modality(table: AttributeTable) -> None:
    content = modality_content(table)
    rows = CampaignRows(np.array([1, 4, 1, 2], dtype=np.int32), np.array([0, 2, 4]))
    assert modality_bags(table, content, rows).batch(np.arange(2)).counts[:, 0].tolist() == [0, 1]
