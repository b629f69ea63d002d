"""Dividing rows: exact shares per label, groups kept whole, cold parts, and nothing that can be guessed."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset.near_rows import near_duplicate_groups
from core.dataset.rows import LabelledRows
from core.dataset.splitting import (
    LEFT_OUT,
    PRIVATE,
    PUBLIC,
    TRAIN,
    Parts,
    SplitSettings,
    apportion,
    parse_split_settings,
    split_rows,
)
from core.errors import InvalidInput

LABELS = ("pos", "neg", "avg")


def random_rows(n_rows, n_attributes=120, size=8, seed=0, shares=(0.3, 0.3, 0.4)):
    """Rows of `size` attributes, each of one of three labels."""
    rng = np.random.default_rng(seed)
    nodes = np.argsort(rng.random((n_rows, n_attributes)), axis=1)[:, :size].astype(np.int32)
    label = rng.choice(3, n_rows, p=shares).astype(np.int32)
    return LabelledRows(("t",), LABELS, label, nodes.ravel(), np.arange(0, n_rows * size + 1, size, dtype=np.int64))


def alone(rows):
    return np.arange(len(rows), dtype=np.int64)


def test_every_label_has_its_share_of_every_part_to_the_row():
    rows = random_rows(20_000)
    parts = split_rows(rows, alone(rows), SplitSettings(), b"secret")
    for number in range(3):
        own = parts.part[rows.label == number]
        for part, share in ((TRAIN, 0.6), (PUBLIC, 0.2), (PRIVATE, 0.2)):
            assert abs(np.count_nonzero(own == part) - share * len(own)) < 1
    assert len(parts.held_out) == 0 and parts.count(LEFT_OUT) == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 40)), min_size=60, max_size=300),
    st.integers(0, 2**40),
)
def test_groups_are_never_parted(drawn, seed):
    label = np.array([0, 1, 2] * 20 + [one for one, _ in drawn], dtype=np.int32)
    group = np.concatenate((np.arange(60) + 100, [number for _, number in drawn])).astype(np.int64)
    group = np.unique(group, return_inverse=True)[1]
    rows = LabelledRows(("t",), LABELS, label, label, np.arange(len(label) + 1, dtype=np.int64))
    parts = split_rows(rows, group, SplitSettings(seed=seed, min_public_rows=0))
    for number in np.unique(group):
        assert len(np.unique(parts.part[group == number])) == 1
    assert set(parts.part.tolist()) <= {TRAIN, PUBLIC, PRIVATE}


def test_shares_hold_where_many_rows_hang_together():
    rows = random_rows(6_000, n_attributes=400, size=5)
    rng = np.random.default_rng(3)
    group = np.concatenate((np.repeat(np.arange(500), 6), np.arange(500, 3_500)))[rng.permutation(6_000)]
    group = np.unique(group, return_inverse=True)[1].astype(np.int64)
    parts = split_rows(rows, group, SplitSettings(min_public_rows=0))
    for number in range(3):
        own = Counter(parts.part[rows.label == number].tolist())
        total = sum(own.values())
        assert abs(own[TRAIN] - 0.6 * total) < 1 and abs(own[PUBLIC] - 0.2 * total) < 1
    sizes = np.bincount(group)
    large = sizes[group] == 6
    assert all(np.count_nonzero(large & (parts.part == part)) > 300 for part in (TRAIN, PUBLIC, PRIVATE))


@pytest.mark.parametrize(
    ("n_rows", "n_public"),
    [(3_000, 600), (6_300, 2_000), (9_000, 2_000), (12_000, 2_400)],
    ids=["too few to raise", "raised at a third", "raised", "enough as it is"],
)
def test_the_public_part_is_raised_where_the_size_allows(n_rows, n_public):
    rows = random_rows(n_rows)
    parts = split_rows(rows, alone(rows), SplitSettings())
    assert abs(parts.count(PUBLIC) - n_public) <= 3  # a row per label of rounding
    rest = n_rows - n_public
    assert abs(parts.count(TRAIN) - rest * 0.75) <= 3


def test_the_parts_follow_from_rows_settings_and_secret_alone():
    rows = random_rows(2_000)
    one = split_rows(rows, alone(rows), SplitSettings(), b"secret").part
    np.testing.assert_array_equal(one, split_rows(rows, alone(rows), SplitSettings(), b"secret").part)
    for other in (
        split_rows(rows, alone(rows), SplitSettings(), b"another").part,
        split_rows(rows, alone(rows), SplitSettings(seed=1), b"secret").part,
    ):
        is_test = one > TRAIN
        # Two independent draws agree by chance: .6 of the training rows are training rows again.
        assert abs(np.mean(other[~is_test] == TRAIN) - 0.6) < 0.06
        both = is_test & (other > TRAIN)
        assert abs(np.mean(one[both] == other[both]) - 0.5) < 0.1


def holds_one(rows: LabelledRows, parts: Parts) -> np.ndarray:
    held = set(parts.held_out.tolist())
    return np.array([bool(held & set(rows.of_row(row).tolist())) for row in range(len(rows))])


def test_a_cold_split_keeps_held_out_attributes_out_of_training_and_in_every_test_row():
    rows = random_rows(4_000)
    cold = SplitSettings(held_out_attributes=0.1)
    parts = split_rows(rows, alone(rows), cold, b"secret")
    assert len(parts.held_out) == 12 == len(set(parts.held_out.tolist()))
    has = holds_one(rows, parts)
    assert not has[parts.part == TRAIN].any()
    assert has[parts.part > TRAIN].all()
    base = split_rows(rows, alone(rows), cold.base, b"secret").part
    left = parts.part == LEFT_OUT
    np.testing.assert_array_equal(parts.part[~left], base[~left])  # a test row of one is no training row of the other
    np.testing.assert_array_equal(left, (base == TRAIN) == has)
    assert sum(parts.count(part) for part in (TRAIN, PUBLIC, PRIVATE, LEFT_OUT)) == len(rows)


def test_near_duplicates_stay_together_in_a_random_split():
    rows = random_rows(600, n_attributes=14, size=4)
    group = near_duplicate_groups(rows)
    with pytest.raises(InvalidInput, match="would hold none of the"):
        split_rows(rows, group, SplitSettings())  # one group: every row is near another
    wide = random_rows(3_000, n_attributes=60, size=5, seed=4)
    group = near_duplicate_groups(wide)
    assert np.bincount(group).max() > 1
    parts = split_rows(wide, group, SplitSettings())
    sets = [frozenset(wide.of_row(row).tolist()) for row in range(len(wide))]
    train = [sets[row] for row in parts.rows_of(TRAIN)]
    keys = {less for row in train for less in [row, *(row - {node} for node in row)]}
    for row in [*parts.rows_of(PUBLIC), *parts.rows_of(PRIVATE)]:
        assert keys.isdisjoint([sets[row], *(sets[row] - {node} for node in sets[row])])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train": 0.7}, "sum to 1.1"),
        ({"public": 0.0, "private": 0.4}, "public"),
        ({"held_out_attributes": 1.0}, "held_out_attributes: 1 is too large: a share below 1 is needed"),
        ({"train": 1.0}, "train: 1 is too large: a share below 1 is needed"),
        ({"seed": -1}, "seed"),
        ({"trian": 0.6}, "trian"),
        ({"train": float("nan")}, "train"),
    ],
)
def test_settings_that_make_no_split_are_refused(changes, message):
    with pytest.raises(InvalidInput, match=message):
        parse_split_settings({**SplitSettings().model_dump(), **changes})


def test_what_cannot_be_split_says_which_label_and_which_part():
    label = np.array([0] * 40 + [1] * 2 + [2] * 40, dtype=np.int32)
    rows = LabelledRows(("t",), LABELS, label, label, np.arange(83, dtype=np.int64))
    with pytest.raises(InvalidInput) as caught:
        split_rows(rows, alone(rows), SplitSettings())
    told = [problem.message for problem in caught.value.problems]
    assert told and all("rows would hold none of the rows labelled 'neg'." in message for message in told)
    cold = random_rows(600, n_attributes=30, size=6)
    with pytest.raises(InvalidInput) as caught:
        split_rows(cold, alone(cold), SplitSettings(held_out_attributes=0.9))
    [problem] = caught.value.problems  # one sentence, however many labels
    assert all(repr(name) in problem.message for name in cold.labels)
    assert problem.message.startswith("The training rows") and "Hold out fewer attributes" in problem.fix
    few = random_rows(300, n_attributes=6, size=2)
    with pytest.raises(InvalidInput, match="less than one"):
        split_rows(few, alone(few), SplitSettings(held_out_attributes=0.05))


@given(st.integers(0, 5_000), st.lists(st.floats(0, 10), min_size=1, max_size=6))
def test_apportioning_sums_up_and_stays_within_one(n, weights):
    made = apportion(n, np.array(weights))
    assert made.sum() == n and (made >= 0).all()
    if sum(weights) > 1e-6:
        exact = n * np.array(weights) / sum(weights)
        assert np.abs(made - exact).max() <= 1 + 1e-6
