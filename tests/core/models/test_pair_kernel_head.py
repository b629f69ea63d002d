"""The head: slopes against differences, flipped labels found and undone, rows described as they are."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from core.models.pair_kernel import head as heads
from core.models.pair_kernel.head import Head, fit_head
from core.models.pair_kernel.layout import pair_layout
from core.models.pair_kernel.rows import HeadRows, expected, head_rows
from core.models.scores import score_probabilities
from core.models.tables import CampaignRows, TrainingSet

N_LABELS = 3


def _drawn(n_rows: int, seed: int) -> tuple[HeadRows, np.ndarray, np.ndarray]:
    """Rows, the true chances of their labels, and labels drawn by them."""
    rng = np.random.default_rng(seed)
    estimates = rng.normal(size=(n_rows, 2))
    sizes = rng.integers(5, 15, n_rows).astype(np.float64)
    scores = 3 * np.stack([estimates[:, 0], -estimates[:, 0], estimates[:, 1] - estimates[:, 0] ** 2], axis=1)
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    label = (rng.random((n_rows, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(0, 2).astype(np.int32)
    return HeadRows(estimates, sizes, np.zeros(n_rows), np.zeros(n_rows)), chances, label


def _fitted(rows: HeadRows, label: np.ndarray) -> Head:
    return fit_head(rows, label, np.ones(len(label)), N_LABELS)


def test_chances_come_close_to_those_the_labels_were_drawn_by() -> None:
    rows, _, label = _drawn(8_000, 1)
    later, true, _ = _drawn(2_000, 2)
    head = _fitted(rows, label)
    assert head.flipped == 0.0
    assert np.abs(head.chances(later) - true).mean() < 0.01


def test_flipped_labels_are_counted_and_undone() -> None:
    rows, _, label = _drawn(12_000, 3)
    later, true, truth = _drawn(4_000, 4)
    rng = np.random.default_rng(5)
    flip = rng.random(len(label)) < 0.1
    given = np.where(flip, (label + rng.integers(1, N_LABELS, len(label))) % N_LABELS, label).astype(np.int32)
    head = _fitted(rows, given)
    assert head.flipped == pytest.approx(0.1, abs=0.02)
    assert np.abs(head.chances(later) - true).mean() < 0.015
    assert score_probabilities(head.chances(later), truth).ece < 0.02
    kept = head.chances(later, of_given_label=True)
    np.testing.assert_allclose(kept.sum(axis=1), 1.0)
    np.testing.assert_allclose(kept, 0.9 * true + 0.05 * (1 - true), atol=0.1)
    assert kept.max() <= 1 - head.flipped + 1e-9


@pytest.mark.parametrize("share", [0.0, 0.2])
def test_slopes_of_the_loss_are_its_differences(share: float) -> None:
    rng = np.random.default_rng(6)
    problem = heads._Problem(
        rng.normal(size=(20, 4)), rng.integers(0, 3, 20).astype(np.int32), rng.random(20) + 0.5, N_LABELS
    )
    weights = rng.normal(size=(4, 3))
    _, by_weights, by_share = heads._loss(problem, weights, share)
    differences = approx_fprime(weights.ravel(), lambda w: heads._loss(problem, w.reshape(4, 3), share)[0], 1e-7)
    np.testing.assert_allclose(by_weights.ravel(), differences, atol=1e-4)
    if share:
        step = heads._loss(problem, weights, share + 1e-7)[0] - heads._loss(problem, weights, share)[0]
        assert by_share == pytest.approx(step / 1e-7, abs=1e-3)


def test_a_label_that_no_row_carries_gets_hardly_a_chance() -> None:
    rows, _, label = _drawn(2_000, 7)
    head = _fitted(rows, np.where(label == 2, 0, label).astype(np.int32))
    assert head.chances(rows)[:, 2].max() < 0.01


def test_rows_tell_what_they_lack_and_what_is_new(made_up: object) -> None:
    training: TrainingSet = made_up.training  # type: ignore[attr-defined]
    table = training.attributes
    layout = pair_layout(table)
    usual = expected(training)
    of_pairs = np.ones((layout.n_pairs, 1), dtype=np.float32)
    first = CampaignRows(training.rows.nodes[: training.rows.offsets[1]], training.rows.offsets[:2])
    nodes = first.nodes.tolist()
    seen = usual.seen.copy()
    seen[nodes[0]] = False
    told = head_rows(layout, first, of_pairs, replace(usual, seen=seen))
    n = len(nodes)
    assert told.unseen[0] == pytest.approx((n - 1) / (n * (n - 1) / 2))
    across = sum(table.modality[a] != table.modality[b] for i, a in enumerate(nodes) for b in nodes[i + 1 :])
    assert told.estimates[0, 0] == pytest.approx(across / (n * (n - 1) / 2))
    always, sometimes = table.modalities.index("audience"), table.modalities.index("creative")
    lacking = [
        head_rows(layout, first.keep(table.modality[first.nodes] != m), of_pairs, usual) for m in (always, sometimes)
    ]
    assert lacking[0].missing[0] > 3 * lacking[1].missing[0]
    assert usual.surprise[sometimes] > 0


def test_a_row_of_no_attributes_is_a_row() -> None:
    rows = HeadRows(np.zeros((1, 2)), np.zeros(1), np.zeros(1), np.zeros(1))
    some, _, label = _drawn(500, 8)
    chances = _fitted(some, label).chances(rows)
    assert np.isfinite(chances).all()
    assert chances.sum() == pytest.approx(1.0)
