"""Agreement of repeated runs, against scikit-learn and a count pair by pair."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import adjusted_rand_score

from core.graph.clusters.stability import adjusted_rand, co_membership, group_stability, mean_agreement, thinned

GROUPINGS = st.integers(1, 12).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 4), min_size=n, max_size=n), min_size=2, max_size=4)
)


@settings(max_examples=150, deadline=None)
@given(GROUPINGS)
def test_the_index_is_that_of_scikit_learn(groupings: list[list[int]]) -> None:
    first, second = (np.array(labels, dtype=np.int32) for labels in groupings[:2])
    assert adjusted_rand(first, second) == pytest.approx(adjusted_rand_score(first, second))


@settings(max_examples=80, deadline=None)
@given(GROUPINGS)
def test_shares_are_those_of_a_count_pair_by_pair(groupings: list[list[int]]) -> None:
    labels, *runs = (np.array(labels, dtype=np.int32) for labels in groupings)
    shared = co_membership(runs)
    for a, b in combinations(range(len(labels)), 2):
        assert shared[a, b] == shared[b, a] == pytest.approx(np.mean([run[a] == run[b] for run in runs]))
    for group, found in group_stability(labels, runs).items():
        members = [position for position, label in enumerate(labels) if label == group]
        if len(members) == 1:
            expected = np.mean([list(run).count(run[members[0]]) == 1 for run in runs])
        else:
            expected = np.mean([run[a] == run[b] for run in runs for a, b in combinations(members, 2)])
        assert found == pytest.approx(expected)


def test_agreement_is_the_mean_over_runs() -> None:
    labels = np.array([0, 0, 1, 1], dtype=np.int32)
    other = np.array([0, 1, 0, 1], dtype=np.int32)
    assert mean_agreement(labels, [labels, other]) == pytest.approx((1 + adjusted_rand_score(labels, other)) / 2)


def test_each_run_sees_its_own_nine_tenths_of_the_dimensions() -> None:
    vectors = np.arange(200, dtype=np.float32).reshape(2, 100) + 1
    parts = [thinned(vectors, run) for run in (1, 2)]
    assert all(part.shape == (2, 90) for part in parts)
    assert not np.array_equal(*parts)
    assert np.array_equal(thinned(vectors, 1), parts[0])
    assert set(parts[0][0]) <= set(vectors[0])


def test_no_row_is_left_without_a_direction() -> None:
    vectors = np.eye(10, dtype=np.float32)
    assert np.array_equal(thinned(vectors, 1), vectors)
