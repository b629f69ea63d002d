"""Rows as numbers, against means and sets computed row by row."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.models.encoders import (
    category_of,
    drop_modality,
    modality_counts,
    pool_modalities,
    single_valued,
    vector_widths,
)
from core.models.tables import AttributeTable, CampaignRows
from core.models.tree_features import tree_features


def table_of(modality: list[int], vectors: list[list[float]]) -> AttributeTable:
    ids = tuple(f"a{number}" for number in range(len(modality)))
    names = tuple(f"m{number}" for number in range(max(modality, default=0) + 1))
    columns = np.array(modality, dtype=np.int32)
    return AttributeTable(ids, ids, ids, names, names, columns, columns, np.array(vectors, dtype=np.float32))


def rows_of(*members: list[int]) -> CampaignRows:
    offsets = np.cumsum([0, *map(len, members)]).astype(np.int64)
    return CampaignRows(np.array([node for row in members for node in row], dtype=np.int32), offsets)


@st.composite
def tables_and_rows(draw: st.DrawFn) -> tuple[AttributeTable, list[list[int]]]:
    modality = [*draw(st.lists(st.integers(0, 2), min_size=3, max_size=9)), 2]
    number = st.sampled_from([0.0, 1.0, -2.0, 0.5])
    vectors = draw(st.lists(st.lists(number, min_size=2, max_size=2), min_size=len(modality), max_size=len(modality)))
    row = st.lists(st.integers(0, len(modality) - 1), unique=True, max_size=6)
    return table_of(modality, vectors), draw(st.lists(row, max_size=5))


@settings(max_examples=60, deadline=None)
@given(tables_and_rows())
def test_a_pooled_vector_is_the_mean_of_the_known_members(case: tuple[AttributeTable, list[list[int]]]) -> None:
    table, members = case
    pooled = pool_modalities(table, rows_of(*members))
    assert pooled.vectors.shape == (len(members), len(table.modalities), 2)
    assert pooled.vectors.dtype == np.float32
    for row, nodes in enumerate(members):
        for modality in range(len(table.modalities)):
            known = [table.vectors[n] for n in nodes if table.modality[n] == modality and table.vectors[n].any()]
            assert pooled.present[row, modality] == bool(known)
            expected = np.mean(known, axis=0) if known else np.zeros(2)
            np.testing.assert_allclose(pooled.vectors[row, modality], expected, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(tables_and_rows())
def test_counts_categories_and_dropping_agree_with_the_rows(case: tuple[AttributeTable, list[list[int]]]) -> None:
    table, members = case
    rows = rows_of(*members)
    counts = modality_counts(table, rows)
    single = single_valued(table, rows)
    for modality in range(len(table.modalities)):
        held = [[n for n in nodes if table.modality[n] == modality] for nodes in members]
        assert counts[:, modality].tolist() == [len(nodes) for nodes in held]
        assert single[modality] == (max(map(len, held), default=0) == 1)
        assert category_of(table, rows, modality).tolist() == [min(nodes, default=-1) for nodes in held]
        dropped = drop_modality(table, rows, modality)
        expected = [[n for n in nodes if table.modality[n] != modality] for nodes in members]
        assert [dropped.nodes[a:b].tolist() for a, b in zip(dropped.offsets, dropped.offsets[1:], strict=False)] == (
            expected
        )


def test_a_modality_is_as_wide_as_its_longest_vector() -> None:
    table = table_of([0, 0, 1, 2], [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]])
    assert vector_widths(table).tolist() == [2, 3, 0]


def test_no_vectors_at_all_are_pooled_to_none() -> None:
    table = replace(table_of([0, 1], [[1], [1]]), vectors=np.zeros((2, 0), dtype=np.float32))
    pooled = pool_modalities(table, rows_of([0, 1], []))
    assert pooled.vectors.shape == (2, 2, 0)
    assert not pooled.present.any()
    assert vector_widths(table).tolist() == [0, 0]


def test_a_modality_of_few_values_is_a_category_by_data_alone() -> None:
    """m0 holds one of two values per row; m1 several; m2 one of three, which are too many."""
    table = table_of([0, 0, 1, 1, 2, 2, 2], [[1, 0]] * 7)
    rows = rows_of([0, 2, 3, 4], [1, 2, 5], [0, 3, 6])
    features = tree_features(table, rows, most_categories=2)
    assert list(features.categories) == [0]
    assert features.widths.tolist() == [0, 1, 1]
    assert features.category_columns == [2]
    encoded = features.encode(rows_of([0], [1, 4], [2, 3]))
    np.testing.assert_array_equal(encoded, [[np.nan, np.nan, 0], [np.nan, 1, 1], [1, np.nan, np.nan]])


def test_a_category_that_no_training_row_held_is_missing() -> None:
    table = table_of([0, 0, 0], [[1], [1], [1]])
    features = tree_features(table, rows_of([0], [2]), most_categories=5)
    np.testing.assert_array_equal(features.encode(rows_of([1], [2], [])), [[np.nan], [1], [np.nan]])


def test_many_rows_are_encoded_in_parts_alike(made_up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    training = made_up.training
    features = tree_features(training.attributes, training.rows, 32)
    whole = features.encode(training.rows)
    monkeypatch.setattr("core.models.tree_features.ROWS_AT_ONCE", 7)
    np.testing.assert_array_equal(features.encode(training.rows), whole)
