"""Codes into a network and out of it: columns of few codes and of many, each in its place."""

import numpy as np
import pytest
import torch

from core.tabular.engines.networks.code_layers import CodesIn, CodesOut
from core.tabular.engines.networks.training import build

N_CODES = (3, 50, 9, 8)
RANK = 2  # of more than 8 codes: the second and the third


def test_a_columns_codes_add_its_own_vectors():
    layer = build(lambda: CodesIn(N_CODES, 6, RANK), 1)
    assert (layer.narrow, layer.wide) == ([0, 3], [1, 2])
    nothing = torch.zeros(1, 4, dtype=torch.int64)
    base = layer(nothing)
    changed = torch.tensor([[2, 40, 7, 5]])
    alone = sum(layer(torch.where(torch.arange(4) == at, changed, nothing)) - base for at in range(4))
    assert torch.allclose(layer(changed), base + alone, atol=1e-5)


def test_vectors_of_a_column_of_many_codes_have_few_dimensions():
    layer = build(lambda: CodesIn(N_CODES, 6, RANK), 1)
    rows = torch.zeros(50, 4, dtype=torch.int64)
    rows[:, 1] = torch.arange(50)
    vectors = layer(rows).detach().numpy()
    assert np.linalg.matrix_rank(vectors - vectors.mean(axis=0), tol=1e-4) == RANK


def test_logits_stand_in_the_order_of_the_columns_and_start_from_the_bias():
    layer = build(lambda: CodesOut(N_CODES, 6, RANK), 1)
    with torch.no_grad():
        layer.bias.copy_(torch.arange(float(sum(N_CODES))))
    assert torch.equal(layer(torch.zeros(2, 6))[1], torch.arange(float(sum(N_CODES))))
    state = torch.randn(30, 6, generator=torch.Generator().manual_seed(1))
    parts = torch.split((layer(state) - layer.bias).detach(), list(N_CODES), dim=1)
    assert [int(np.linalg.matrix_rank(part.numpy(), tol=1e-4)) for part in parts] == [3, RANK, RANK, 6]


@pytest.mark.parametrize("n_codes", [(3, 4), (50, 60)])
def test_columns_of_one_size_alone_are_enough(n_codes):
    codes = torch.tensor([[1, 2], [0, 3]])
    assert build(lambda: CodesIn(n_codes, 6, RANK), 0)(codes).shape == (2, 6)
    assert build(lambda: CodesOut(n_codes, 6, RANK), 0)(torch.zeros(2, 6)).shape == (2, sum(n_codes))
