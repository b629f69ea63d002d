"""How alike rows are, against plain loops over sets."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.dataset.generation import GeneratedDataset
from core.dataset.near_rows import near_duplicate_groups, nearest_rows, summarise_groups
from core.dataset.rows import LabelledRows
from core.errors import InvalidInput

Sets = list[frozenset[int]]
some_rows = st.lists(st.frozensets(st.integers(0, 7), max_size=4), min_size=2, max_size=25)


def rows_of(sets: Sets, label: list[int] | None = None) -> LabelledRows:
    nodes = np.array([node for row in sets for node in sorted(row)], dtype=np.int32)
    offsets = np.concatenate(([0], np.cumsum([len(row) for row in sets]))).astype(np.int64)
    return LabelledRows(("t",), ("a", "b"), np.array(label or [0] * len(sets), dtype=np.int32), nodes, offsets)


def is_near(one: frozenset[int], other: frozenset[int]) -> bool:
    """At most one attribute exchanged, added or missing."""
    return max(len(one - other), len(other - one)) <= 1


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other) if one | other else 1.0


@settings(max_examples=150, deadline=None)
@given(some_rows)
def test_groups_are_the_components_of_near_rows(sets: Sets) -> None:
    graph = nx.Graph()
    graph.add_nodes_from(range(len(sets)))
    graph.add_edges_from((i, j) for i, j in combinations(range(len(sets)), 2) if is_near(sets[i], sets[j]))
    group = near_duplicate_groups(rows_of(sets))
    components = list(nx.connected_components(graph))
    assert len(set(group.tolist())) == len(components)
    for component in components:
        assert len({int(group[row]) for row in component}) == 1
    assert [int(group[row]) for row in sorted(map(min, components))] == list(range(len(components)))
    summary = summarise_groups(group)
    sizes = [len(component) for component in components]
    assert (summary.n_groups, summary.n_alone, summary.largest) == (len(sizes), sizes.count(1), max(sizes))


@settings(max_examples=100, deadline=None)
@given(some_rows, st.data())
def test_the_nearest_row_is_that_of_a_plain_loop(sets: Sets, data: st.DataObject) -> None:
    label = data.draw(st.lists(st.integers(0, 1), min_size=len(sets), max_size=len(sets)))
    report = nearest_rows(rows_of(sets, label))
    likeness, differing, n_near, n_foreign = [], [], 0, 0
    for i, row in enumerate(sets):
        others = [(jaccard(row, other), label[j]) for j, other in enumerate(sets) if j != i]
        best = max(others)[0]
        likeness.append(best)
        differing.append(min(len(row ^ other) for j, other in enumerate(sets) if j != i))
        n_near += any(is_near(row, other) for j, other in enumerate(sets) if j != i)
        n_foreign += max((value for value, own in others if own == label[i]), default=-1.0) < best
    assert report.is_exact
    assert (report.n_compared, report.n_against) == (len(sets), len(sets) - 1)
    assert report.mean_likeness == pytest.approx(np.mean(likeness))
    assert report.median_likeness == pytest.approx(np.median(likeness))
    assert report.median_differing == np.median(differing)
    assert report.n_identical == sum(value == 1.0 for value in likeness)
    assert (report.n_near, report.n_other_label) == (n_near, n_foreign)
    assert sum(report.histogram) == len(sets)


def test_parts_of_the_comparison_do_not_show(dataset: GeneratedDataset, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = nearest_rows(dataset.rows)
    monkeypatch.setattr("core.dataset.near_rows._CELLS_AT_ONCE", 700)
    assert nearest_rows(dataset.rows) == whole


def test_a_part_of_many_rows_says_so_and_comes_near_the_whole(dataset: GeneratedDataset) -> None:
    whole = nearest_rows(dataset.rows)
    some = nearest_rows(dataset.rows, n_compared=80)
    assert whole.is_exact
    assert not some.is_exact
    assert (some.n_compared, some.n_against) == (80, len(dataset.rows) - 1)
    assert some.mean_likeness == pytest.approx(whole.mean_likeness, abs=0.06)
    assert nearest_rows(dataset.rows, n_compared=80) == some
    assert nearest_rows(dataset.rows, n_compared=80, seed=1) != some
    assert nearest_rows(dataset.rows, 10, 100).n_against == 99


def test_a_single_row_has_no_other() -> None:
    with pytest.raises(InvalidInput, match="At least two rows"):
        nearest_rows(rows_of([frozenset({1})]))
