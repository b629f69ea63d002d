"""Leverage against recounting every row with the edge really changed."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from core.graph.model import Outcome, SignedGraph, signed_graph
from core.sampler import leverage
from core.sampler.configuration import LabelParams
from core.sampler.held_rows import HeldRows, fitting, labelled_rows, random_rows
from core.sampler.leverage import edge_outcome, leverage_of, what_if
from core.sampler.recount import index_edges, recount_rows

QUOTAS = {"a": (1, 3), "b": (0, 3), "c": (1, 2), "d": (0, 2)}


def params(pos: tuple[float, float], neg: tuple[float, float]) -> LabelParams:
    return LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=1)


LABELS = {
    "pos": params((0.3, 1.0), (0.0, 0.2)),
    "neg": params((0.0, 0.3), (0.15, 1.0)),
    "avg": params((0.2, 0.4), (0.1, 0.3)),
}


def with_sign(graph: SignedGraph, source: int, target: int, sign: int) -> SignedGraph:
    """The graph with one pair really changed; sign 0 takes the edge away."""
    kept = ~((graph.source == source) & (graph.target == target))
    added = [[source], [target], [sign]] if sign else [[], [], []]
    columns = zip((graph.source, graph.target, graph.sign), added, strict=True)
    return signed_graph(graph.catalogue, *(np.append(c[kept], np.array(a, c.dtype)) for c, a in columns))


def fits(graph: SignedGraph, rows: HeldRows) -> NDArray[np.bool_]:
    return fitting(recount_rows(index_edges(graph), rows.nodes, rows.offsets).fractions, rows.labels)


def recounted(graph: SignedGraph, rows: HeldRows) -> dict[str, list[int]]:
    """Oracle: every row of every changed graph."""
    before = fits(graph, rows) & rows.held
    found: dict[str, list[int]] = {"n_rows": [], "n_flipped": [], "n_dropped": []}
    for s, t, sign in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True):
        found["n_rows"].append(sum({s, t} <= set(rows.of_row(r).tolist()) for r in range(len(rows))))
        for name, new in (("n_flipped", -sign), ("n_dropped", 0)):
            found[name].append(int((before & ~fits(with_sign(graph, s, t, new), rows)).any(axis=1).sum()))
    return found


def assert_recounted(graph: SignedGraph, rows: HeldRows) -> None:
    counted = leverage_of(graph, rows)
    for name, expected in recounted(graph, rows).items():
        np.testing.assert_array_equal(getattr(counted, name), expected, err_msg=name)
    assert counted.n_all == len(rows)
    assert counted.n_outside == int((rows.held & ~fits(graph, rows)).any(axis=1).sum())


@pytest.fixture(scope="module")
def graph(oracle: Any) -> SignedGraph:
    made: SignedGraph = oracle.make_graph({"a": 6, "b": 7, "c": 4, "d": 5}, {"c": "cd", "d": "cd"}, seed=11)
    return made


@pytest.fixture(scope="module")
def rows(graph: SignedGraph) -> HeldRows:
    return random_rows(graph, QUOTAS, LABELS, n_rows=400, seed=3)


@pytest.mark.parametrize(("dense_limit", "at_once"), [(4_096, 1 << 17), (0, 1 << 17), (4_096, 1), (0, 50)])
def test_every_edge_is_what_a_recount_of_the_changed_graph_says(
    graph: SignedGraph, rows: HeldRows, dense_limit: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leverage, "DENSE_LIMIT", dense_limit)
    monkeypatch.setattr(leverage, "PAIRS_AT_ONCE", at_once)
    assert_recounted(graph, rows)
    assert leverage_of(graph, rows).n_flipped.max() > 0


@settings(deadline=None, max_examples=40)
@given(
    members=st.lists(st.lists(st.integers(0, 10), unique=True, max_size=7), min_size=1, max_size=12),
    seed=st.integers(0, 5),
    held=st.integers(0, 2**24),
)
def test_rows_of_any_size_held_to_any_labels_are_recounted(
    oracle: Any, members: list[list[int]], seed: int, held: int
) -> None:
    graph = oracle.make_graph({"a": 4, "b": 4, "c": 3}, seed=seed)
    bits = np.array([[held >> (3 * r + i) & 1 for i in range(3)] for r in range(len(members))], dtype=np.bool_)
    nodes = np.array([node for row in members for node in row], dtype=np.int32)
    offsets = np.cumsum([0, *(len(row) for row in members)]).astype(np.int64)
    assert_recounted(graph, HeldRows(nodes, offsets, LABELS, bits))


def test_a_graph_without_edges_has_no_leverage(oracle: Any) -> None:
    empty = oracle.make_graph({"a": 5})
    rows = labelled_rows(np.array([0, 1], np.int32), np.array([0, 2]), np.array([0], np.int32), LABELS)
    counted = leverage_of(empty, rows)
    assert len(counted.n_rows) == len(counted.order) == 0
    assert counted.n_outside == 1


def test_random_rows_keep_quotas_and_are_held_to_the_labels_they_fit(graph: SignedGraph, rows: HeldRows) -> None:
    types = [a.attribute_type for a in graph.catalogue.attributes]
    for row in range(len(rows)):
        held = [types[i] for i in rows.of_row(row)]
        assert all(low <= held.count(name) <= high for name, (low, high) in QUOTAS.items())
    np.testing.assert_array_equal(rows.held, fits(graph, rows))
    assert (rows.held.sum(axis=1) > 1).any() and (~rows.held.any(axis=1)).any()


def test_the_same_seed_draws_the_same_rows(graph: SignedGraph, rows: HeldRows) -> None:
    again = random_rows(graph, QUOTAS, LABELS, n_rows=400, seed=3)
    other = random_rows(graph, QUOTAS, LABELS, n_rows=400, seed=4)
    assert rows.nodes.tobytes() == again.nodes.tobytes() != other.nodes.tobytes()


def test_the_order_puts_the_dearest_flip_first_and_keeps_ties_in_the_order_of_the_graph(
    graph: SignedGraph, rows: HeldRows
) -> None:
    counted = leverage_of(graph, rows)
    keys = zip((-counted.n_flipped).tolist(), (-counted.n_dropped).tolist(), (-counted.n_rows).tolist(), strict=True)
    expected = [edge for _, edge in sorted(zip(keys, range(graph.n_edges), strict=True))]
    assert counted.order.tolist() == expected
    assert counted.place.tolist() == [1 + int((counted.n_flipped > own).sum()) for own in counted.n_flipped]


@pytest.mark.parametrize("after", list(Outcome))
def test_what_if_recounts_the_changed_graph_for_any_pair(graph: SignedGraph, rows: HeldRows, after: Outcome) -> None:
    sign_now: Mapping[tuple[int, int], int] = {
        (s, t): sign
        for s, t, sign in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True)
    }
    unsigned = [(0, t) for t in range(6, 22) if (0, t) not in sign_now]
    assert unsigned
    for source, target in [*list(sign_now)[::9], *unsigned]:
        result = what_if(graph, rows, target, source, after)
        wanted = int(after) if after in (Outcome.POSITIVE, Outcome.NEGATIVE) else 0
        changed = with_sign(graph, source, target, wanted)
        was, now = fits(graph, rows) & rows.held, fits(changed, rows) & rows.held
        holding = [r for r in range(len(rows)) if {source, target} <= set(rows.of_row(r).tolist())]
        assert result.row.tolist() == holding
        assert [result.rows.of_row(k).tolist() for k in range(len(holding))] == [
            rows.of_row(r).tolist() for r in holding
        ]
        np.testing.assert_array_equal(result.rows.held, rows.held[holding])
        assert result.before == edge_outcome(graph, source, target) == sign_now.get((source, target), 0)
        assert result.row[result.leaves].tolist() == np.flatnonzero((was & ~now).any(axis=1)).tolist()
        assert result.row[result.returns].tolist() == np.flatnonzero((now & ~was).any(axis=1)).tolist()
        found = recount_rows(index_edges(changed), rows.nodes, rows.offsets).fractions
        np.testing.assert_array_equal(result.changed.pos_frac, found.pos_frac[holding])
        np.testing.assert_array_equal(result.changed.neg_frac, found.neg_frac[holding])


def test_what_if_agrees_with_the_leverage_of_the_edge(graph: SignedGraph, rows: HeldRows) -> None:
    counted = leverage_of(graph, rows)
    for edge in range(graph.n_edges):
        source, target, sign = (int(column[edge]) for column in (graph.source, graph.target, graph.sign))
        flipped = what_if(graph, rows, source, target, Outcome(-sign))
        dropped = what_if(graph, rows, source, target, Outcome.NEUTRAL)
        assert len(flipped.row) == counted.n_rows[edge]
        assert flipped.leaves.sum() == counted.n_flipped[edge]
        assert dropped.leaves.sum() == counted.n_dropped[edge]


def test_a_pair_in_no_row_affects_none(graph: SignedGraph) -> None:
    rows = labelled_rows(np.array([0, 6], np.int32), np.array([0, 2]), np.array([0], np.int32), LABELS)
    result = what_if(graph, rows, 1, 7, Outcome.NEGATIVE)
    assert len(result.row) == len(result.leaves) == len(result.found.pos_frac) == 0
    assert len(result.rows) == 0 and result.rows.offsets.tolist() == [0]
