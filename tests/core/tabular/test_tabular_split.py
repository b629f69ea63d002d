"""The holdout: in proportion by class, no row on both sides, alike rows together."""

import numpy as np
import pytest

from core.errors import ValenceError
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.schema import Column, ColumnKind, TableSchema
from core.tabular.split import split_holdout
from core.tabular.table import RawTable

SCHEMA = TableSchema(
    columns=(
        Column(name="row", kind=ColumnKind.IDENTIFIER),
        Column(name="a", kind=ColumnKind.INTEGER),
        Column(name="y", kind=ColumnKind.CATEGORY),
    ),
    target="y",
)


def test_every_row_is_on_one_side_and_classes_are_held_out_in_proportion():
    table = demo_table(2_000, 4)
    split = split_holdout(table, DEMO_SCHEMA, 0.3, 0)
    assert sorted([*split.train.tolist(), *split.holdout.tolist()]) == list(range(2_000))
    positive = np.array(table.column("converted")) == "1"
    assert positive[split.holdout].sum() == round(0.3 * positive.sum())
    assert (~positive)[split.holdout].sum() == round(0.3 * (~positive).sum())


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    table = demo_table(2_000, 4)
    first, same, other = (split_holdout(table, DEMO_SCHEMA, 0.3, seed).holdout for seed in (0, 0, 1))
    assert np.array_equal(first, same) and not np.array_equal(first, other)


@pytest.mark.parametrize("seed", range(5))
def test_rows_alike_but_for_their_identifier_stay_together(seed):
    rng = np.random.default_rng(seed)
    a, y = rng.integers(0, 60, 400), rng.integers(0, 2, 400)
    table = RawTable.of(
        {"row": [f"r{i}" for i in range(400)], "a": a.astype(str).tolist(), "y": y.astype(str).tolist()}
    )
    split = split_holdout(table, SCHEMA, 0.25, seed)
    both = {(a[row], y[row]) for row in split.train} & {(a[row], y[row]) for row in split.holdout}
    assert not both
    assert 80 <= len(split.holdout) <= 100


def test_the_same_number_written_differently_is_the_same_row():
    texts = ["1", "1.0", "+1", "1e0"] * 5 + ["2", "3", "4", "5", "6", "7"]
    table = RawTable.of({"row": [str(i) for i in range(26)], "a": texts, "y": ["0"] * 26})
    sides = split_holdout(table, SCHEMA, 0.2, 0)
    assert len({row < 20 for row in sides.holdout.tolist()}) == 1


def test_five_rows_of_a_class_are_on_both_sides():
    table = RawTable.of(
        {"row": [str(i) for i in range(25)], "a": [str(i) for i in range(25)], "y": ["0"] * 20 + ["1"] * 5}
    )
    split = split_holdout(table, SCHEMA, 0.05, 0)
    assert (split.holdout >= 20).sum() == 1 and (split.train >= 20).sum() == 4


def test_a_class_of_copies_cannot_be_split():
    table = RawTable.of(
        {"row": [str(i) for i in range(25)], "a": [str(min(i, 20)) for i in range(25)], "y": ["0"] * 20 + ["1"] * 5}
    )
    with pytest.raises(ValenceError, match="5 rows with y '1' cannot be parted"):
        split_holdout(table, SCHEMA, 0.3, 0)


def test_without_a_target_none_is_blamed():
    with pytest.raises(ValenceError, match="1 row cannot be parted") as error:
        split_holdout(RawTable.of({"a": ["1"]}), TableSchema(columns=SCHEMA.columns[1:2]), 0.3, 0)
    assert error.value.fix == "Add rows."


@pytest.mark.parametrize("share", [0.0, 0.04, 0.51, 1.0])
def test_a_share_out_of_range_is_refused(share):
    with pytest.raises(ValenceError, match="Choose a share"):
        split_holdout(demo_table(200, 0), DEMO_SCHEMA, share, 0)
