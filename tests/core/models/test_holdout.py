"""What is set aside: whole groups, the same share of every label."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ValenceError
from core.models.holdout import hold_out, thin
from core.models.tables import TrainingSet


def grouped(training: TrainingSet, group: Any) -> TrainingSet:
    return replace(training.take(np.arange(len(group))), group=np.asarray(group, dtype=np.int64))


def test_every_label_keeps_its_share(made_up: Any) -> None:
    parts = hold_out(made_up.training, 0.25, 3)
    label = made_up.training.label
    assert sorted([*parts.fit, *parts.valid]) == list(range(len(label)))
    for value in range(3):
        assert abs((label[parts.valid] == value).sum() - 0.25 * (label == value).sum()) <= 1


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-3, 12), min_size=60, max_size=120), st.integers(0, 9))
def test_a_group_is_never_parted(made_up: Any, group: list[int], seed: int) -> None:
    training = grouped(made_up.training, group)
    try:
        parts = hold_out(training, 0.3, seed)
    except ValenceError:
        return
    assert not set(training.group[parts.fit]) & set(training.group[parts.valid])
    again = hold_out(training, 0.3, seed)
    np.testing.assert_array_equal(again.valid, parts.valid)


def test_rows_that_are_all_alike_cannot_be_set_aside(made_up: Any) -> None:
    with pytest.raises(ValenceError, match="too alike"):
        hold_out(grouped(made_up.training, [4] * 50), 0.2, 1)


def test_a_label_of_one_row_stays_to_fit_on(made_up: Any) -> None:
    training = made_up.training.take(np.arange(100))
    training = replace(training, label=np.array([1] + [0] * 99, dtype=np.int32))
    for seed in range(20):
        assert 0 in hold_out(training, 0.5, seed).fit


def test_thinning_keeps_about_so_many_of_every_label(made_up: Any) -> None:
    rows = thin(made_up.training, 400, 2)
    assert abs(len(rows) - 400) <= 3
    share = np.bincount(made_up.training.label[rows]) / np.bincount(made_up.training.label)
    np.testing.assert_allclose(share, 400 / len(made_up.training), atol=0.01)
    assert len(thin(made_up.training, 10**9, 2)) == len(made_up.training)
