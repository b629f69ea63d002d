"""Minority augmentation: exactly the rows that a ratio lacks, of the rare class alone."""

from typing import Any

import numpy as np
import pytest

from core.errors import InvalidInput, ValenceError
from core.progress import finish
from core.tabular.augmentation import augmented, minority_code, minority_rows, n_to_add
from core.tabular.engines import smote_knn
from core.tabular.engines.smote_settings import SmoteKnnSettings
from core.tabular.plain import PlainColumn, PlainTable


def table_of(counts: list[int]) -> PlainTable:
    rng = np.random.default_rng(0)
    y = np.repeat(np.arange(len(counts)), counts).astype(np.int32)
    values: dict[str, Any] = {"a": rng.normal(size=len(y)), "y": y}
    return PlainTable((PlainColumn("a", 0, -9.0, 9.0), PlainColumn("y", max(len(counts), 1))), values, "y")


@pytest.mark.parametrize(
    ("counts", "ratio", "expected"),
    [
        ([90, 10], 0.5, 35),
        ([90, 10], 1.0, 80),
        ([100, 2], 0.07, 5),  # 0.07 * 100 is 7, and not the float above it
        ([90, 10], 0.05, 0),
        ([50, 4, 20], 0.2, 6),
        ([0, 7, 21], 0.5, 4),  # a code that no row has is no class
        ([91, 10], 0.5, 36),
    ],
)
def test_the_rows_to_add_reach_the_ratio_and_no_more(counts: list[int], ratio: float, expected: int) -> None:
    plain = table_of(counts)
    assert n_to_add(plain, ratio) == expected
    rare = min(count for count in counts if count)
    assert (rare + expected) / max(counts) >= ratio - 1e-9
    assert expected == 0 or (rare + expected - 1) / max(counts) < ratio
    assert minority_code(plain) == counts.index(rare)


def test_a_fold_keeps_its_rows_and_gains_rare_ones_only() -> None:
    fold = table_of([90, 10])
    fitted = finish(smote_knn.fit(fold, SmoteKnnSettings(), 0, 60.0))
    whole = finish(augmented(fitted, fold, 0.5, 3))
    assert len(whole) == 135
    assert whole.numbers("a")[:100].tobytes() == fold.numbers("a").tobytes()
    assert np.bincount(whole.codes("y")).tolist() == [90, 45]
    made = finish(minority_rows(fitted, fold, 0.5, 3))
    assert made.numbers("a").tobytes() == whole.numbers("a")[100:].tobytes()
    assert len(finish(augmented(fitted, fold, 0.1, 3))) == 100


@pytest.mark.parametrize("ratio", [0.0, -1.0, 1.01, float("nan"), float("inf")])
def test_no_ratio_is_refused(ratio: float) -> None:
    with pytest.raises(InvalidInput, match="no ratio"):
        n_to_add(table_of([9, 3]), ratio)


def test_a_table_without_a_rare_class_is_refused() -> None:
    with pytest.raises(ValenceError, match="same 'y'"):
        n_to_add(table_of([0, 9]), 0.5)
    plain = table_of([9, 3])
    with pytest.raises(ValenceError, match="no target"):
        n_to_add(PlainTable(plain.columns, plain.values), 0.5)
