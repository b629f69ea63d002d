"""The ceiling that overlapping label boxes put on any model, against simulation, scikit-learn and published boxes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from core.sampler.configuration import LabelParams
from core.sampler.density import Density
from core.sampler.separability import best_macro_f1, measure_separability, separability_record


def labels(boxes: dict, n: int = 100) -> dict[str, LabelParams]:
    return {
        name: LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=n) for name, (pos, neg) in boxes.items()
    }


def cloud(pos: np.ndarray, neg: np.ndarray) -> Density:
    """Subgraphs of 21 attributes (210 pairs) with these fractions, rounded to whole pairs."""
    size = np.full(len(pos), 21, np.int32)
    return Density({"t": (21, 21)}, 0, size, np.rint(pos * 210).astype(np.int32), np.rint(neg * 210).astype(np.int32))


def test_boxes_that_do_not_meet_allow_a_perfect_score() -> None:
    rng = np.random.default_rng(0)
    found = measure_separability(
        cloud(rng.uniform(0, 0.5, 5_000), rng.uniform(0, 0.5, 5_000)),
        labels({"pos": ((0.3, 1.0), (0.0, 0.2)), "neg": ((0.0, 0.2), (0.3, 1.0))}),
    )
    assert found.ceiling == 1.0
    assert found.overlaps == ()
    assert found.in_several == 0
    assert found.in_none + found.in_one == pytest.approx(1)


def test_the_same_box_twice_caps_a_model_at_the_best_blind_guess() -> None:
    """Two identical classes: F1 of calling a share t of all rows `a` is t / (t + 1/2) + (1-t) / (3/2 - t), over two."""
    t = np.linspace(0, 1, 100_001)
    blind = np.max((t / (t + 0.5) + (1 - t) / (1.5 - t)) / 2)
    assert best_macro_f1(np.array([[1.0], [1.0]]), np.array([0.5, 0.5])) == pytest.approx(blind, abs=1e-6)


def test_no_rule_on_simulated_rows_beats_the_ceiling() -> None:
    rng = np.random.default_rng(2)
    shares = rng.dirichlet(np.ones(4), size=3)
    priors = np.array([0.2, 0.3, 0.5])
    ceiling = best_macro_f1(shares, priors)
    label = rng.choice(3, size=40_000, p=priors)
    region = np.empty(len(label), np.int64)
    for k in range(3):
        region[label == k] = rng.choice(4, size=int((label == k).sum()), p=shares[k])
    rules = [np.array(names) for names in np.ndindex(3, 3, 3, 3)]
    scores = [f1_score(label, rule[region], average="macro", zero_division=0) for rule in rules]
    assert max(scores) <= ceiling + 0.005
    assert max(scores) >= ceiling - 0.03  # and the ceiling is not far above the best rule of whole regions


@settings(deadline=None, max_examples=8)
@given(st.integers(2, 3), st.integers(1, 4), st.integers(0, 2**31))
def test_the_ceiling_is_a_score_and_rises_with_knowledge(n_labels: int, n_regions: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(np.ones(n_regions), size=n_labels)
    priors = rng.dirichlet(np.full(n_labels, 5.0))
    finer = np.concatenate([shares * 0.5, np.diag(np.full(n_labels, 0.5))], axis=1)  # half of the rows tell their label
    assert 0 < best_macro_f1(shares, priors) <= best_macro_f1(finer, priors) + 1e-6 <= 1 + 1e-6


def test_a_label_no_subgraph_meets_leaves_the_ceiling_open() -> None:
    rng = np.random.default_rng(3)
    found = measure_separability(
        cloud(rng.uniform(0, 0.4, 1_000), rng.uniform(0, 0.4, 1_000)),
        labels({"pos": ((0.9, 1.0), (0.0, 0.1)), "avg": ((0.0, 0.4), (0.0, 0.4))}),
    )
    assert found.ceiling is None
    assert found.unknown == ("pos",)
    assert separability_record(found)["macro_f1_ceiling"] is None


def test_overlaps_count_shared_rows() -> None:
    pos = np.repeat([0.1, 0.3, 0.5], [50, 30, 20])
    found = measure_separability(
        cloud(pos, np.zeros(100)), labels({"low": ((0.0, 0.4), (0.0, 1.0)), "high": ((0.2, 1.0), (0.0, 1.0))})
    )
    (overlap,) = found.overlaps
    assert (overlap.share_of_first, overlap.share_of_second) == (30 / 80, 30 / 50)
    assert (found.in_none, found.in_one, found.in_several) == (0, 0.7, 0.3)
