"""The recount against one look-up per pair, and what the checker refuses."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ValenceError
from core.graph.model import SignedGraph
from core.sampler import recount
from core.sampler.configuration import LabelParams
from core.sampler.recount import (
    MATRIX_LIMIT,
    RowChecker,
    count_types,
    index_edges,
    index_types,
    recount_rows,
    within_types,
)

ANY = LabelParams(pos_frac_range=(0, 1), neg_frac_range=(0, 1), num_samples=1)


def columns(rows: list[tuple[int, ...]]) -> tuple[Any, Any]:
    nodes = np.array([node for row in rows for node in row], dtype=np.int32)
    return nodes, np.cumsum([0, *(len(row) for row in rows)]).astype(np.int64)


@settings(deadline=None)
@given(rows=st.lists(st.lists(st.integers(0, 69), unique=True, max_size=12).map(tuple), min_size=1, max_size=20))
@pytest.mark.parametrize("at_once", [2_000_000, 1])
@pytest.mark.parametrize("matrix_limit", [MATRIX_LIMIT, 0])
def test_fractions_agree_with_one_look_up_per_pair(
    oracle: Any, medium_graph: SignedGraph, rows: list[tuple[int, ...]], matrix_limit: int, at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recount, "PAIRS_AT_ONCE", at_once)
        found = recount_rows(index_edges(medium_graph, matrix_limit), *columns(rows)).fractions
    signs = oracle.sign_of_pairs(medium_graph)
    expected = [oracle.dense_fractions(signs, row) for row in rows]
    np.testing.assert_allclose(np.stack(found[:2], axis=1), expected)


@pytest.mark.parametrize("matrix_limit", [MATRIX_LIMIT, 0])
def test_a_graph_without_edges_has_no_signed_pair(oracle: Any, matrix_limit: int) -> None:
    graph = oracle.make_graph({"a": 4})
    counted = recount_rows(index_edges(graph, matrix_limit), *columns([(0, 1, 2)]))
    assert (counted.size[0], counted.pos[0], counted.neg[0]) == (3, 0, 0)


def test_types_are_counted_and_others_told_apart(small_graph: SignedGraph) -> None:
    ranges = {"b": (1, 2), "a": (0, 1)}
    rows = columns([(0, 4, 5), (4, 8), (0, 1, 4), ()])
    counts = count_types(index_types(small_graph, ranges), *rows)
    np.testing.assert_array_equal(counts, [[2, 1, 0], [1, 0, 1], [1, 2, 0], [0, 0, 0]])
    np.testing.assert_array_equal(within_types(counts, ranges), [True, False, False, False])


@pytest.mark.parametrize(
    ("rows", "params"),
    [
        ([(0, 4), (0, 0, 4)], ANY),
        ([(0, 4), (4, 0, 4)], ANY),
        ([(0, 4), (0, 4, 5, 6)], ANY),
        ([(0, 4), (0, 4, 8)], ANY),
        ([(0, 4), (4,)], ANY),
        ([(0, 4)], ANY.model_copy(update={"pos_frac_range": (0.0, 0.0), "neg_frac_range": (0.0, 0.0)})),
    ],
    ids=["repeated", "repeated out of order", "too many", "foreign type", "too few", "fractions"],
)
def test_a_row_that_breaks_a_constraint_is_never_let_through(
    oracle: Any, small_graph: SignedGraph, rows: list[tuple[int, ...]], params: LabelParams
) -> None:
    assert frozenset((0, 4)) in oracle.sign_of_pairs(small_graph)
    checker = RowChecker(small_graph, index_edges(small_graph), "pos", params, {"a": (1, 2), "b": (1, 2)})
    checker_of_good = RowChecker(small_graph, index_edges(small_graph), "pos", ANY, {"a": (1, 2), "b": (1, 2)})
    checker_of_good.require_in_range(*columns([(0, 4), (0, 1, 5)]))
    with pytest.raises(ValenceError, match="breaks its constraints on recount"):
        checker.require_in_range(*columns(rows))
