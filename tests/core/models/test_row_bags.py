import numpy as np
import pytest
import torch

from core.models.row_bags import row_bags
from core.models.tables import CampaignRows

PART = np.array([0, 0, 1, 2, 2, 1], dtype=np.int32)  # of six attributes
ROWS = CampaignRows(np.array([4, 0, 3, 2, 5, 1], dtype=np.int32), np.array([0, 3, 3, 6]))


def test_bags_hold_a_row_s_attributes_of_a_part() -> None:
    batch = row_bags(ROWS, PART, 3).batch(np.array([2, 0]))
    bags = np.split(batch.nodes.numpy(), batch.offsets.numpy()[1:-1])
    assert [bag.tolist() for bag in bags] == [[1], [2, 5], [], [0], [], [3, 4]]
    assert batch.counts.tolist() == [[1, 2, 0], [1, 0, 2]]
    assert batch.present().tolist() == [[1, 1, 0], [1, 0, 1]]


@pytest.mark.parametrize(("mode", "pool"), [("sum", np.sum), ("mean", np.mean)])
def test_pooling_sums_and_averages_a_bag(mode: str, pool: object) -> None:
    table = np.random.default_rng(3).normal(size=(6, 4)).astype(np.float32)
    pooled = row_bags(ROWS, PART, 3).batch(np.arange(3)).pooled(torch.from_numpy(table), mode).numpy()
    assert pooled.shape == (3, 3, 4)
    for row in range(3):
        nodes = ROWS.nodes[ROWS.offsets[row] : ROWS.offsets[row + 1]]
        for part in range(3):
            own = table[nodes[PART[nodes] == part]]
            np.testing.assert_allclose(pooled[row, part], pool(own, axis=0) if len(own) else 0, atol=1e-6)


def test_the_order_of_a_row_s_attributes_changes_nothing() -> None:
    turned = CampaignRows(np.array([0, 3, 4, 5, 1, 2], dtype=np.int32), ROWS.offsets)
    first, second = (row_bags(rows, PART, 3).batch(np.arange(3)) for rows in (ROWS, turned))
    assert first.nodes.tolist() == second.nodes.tolist()
    assert first.offsets.tolist() == second.offsets.tolist()


def test_batches_follow_the_order_and_leave_no_row_out() -> None:
    bags = row_bags(ROWS, PART, 3)
    assert len(bags) == 3
    parts = [(rows.tolist(), len(batch.counts)) for rows, batch in bags.batches(np.array([2, 0, 1]), 2)]
    assert parts == [([2, 0], 2), ([1], 1)]


def test_no_rows_make_one_empty_batch() -> None:
    empty = row_bags(CampaignRows(np.zeros(0, dtype=np.int32), np.zeros(1, dtype=np.int64)), PART, 3)
    ((rows, batch),) = empty.batches(np.arange(len(empty)), 8)
    assert len(rows) == 0
    assert batch.pooled(torch.ones(6, 4), "mean").shape == (0, 3, 4)
