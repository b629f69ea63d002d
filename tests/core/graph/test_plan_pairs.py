"""Plans of any set of pairs: each pair once, near the floor, under simpler plans, optimal where one can enumerate."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, ValenceError
from core.graph import call_plan
from core.graph.call_plan import (
    CallPlan,
    PlanMethod,
    Positions,
    calls_floor,
    calls_published,
    pairs_floor,
    plan_calls,
    plan_pairs,
)
from core.graph.call_saving import _Saving, save_calls
from core.graph.candidate_pairs import all_pairs
from core.graph.orientation import _Filling, fill_batches
from core.graph.orientation_starts import balanced, busiest_first, loneliest_spared
from core.graph.pair_graph import PairGraph, n_asked, n_calls, pair_graph

Pairs = list[tuple[int, int]]


def catalogue_of(sizes: list[int]) -> Catalogue:
    return Catalogue(
        tuple(Attribute(f"{m}-{i}", f"value {m}-{i}", f"m{m}", f"t{m}") for m, n in enumerate(sizes) for i in range(n))
    )


def candidates(catalogue: Catalogue) -> Pairs:
    modality = [a.modality for a in catalogue.attributes]
    return [(a, b) for a, b in combinations(range(len(catalogue)), 2) if modality[a] != modality[b]]


def ends(pairs: Pairs) -> tuple[Positions, Positions]:
    columns = np.array(pairs, dtype=np.int32).reshape(-1, 2)
    return columns[:, 0].copy(), columns[:, 1].copy()


def random_pairs(catalogue: Catalogue, n: int, seed: int) -> Pairs:
    rng = np.random.default_rng(seed)
    found = candidates(catalogue)
    chosen = rng.permutation(len(found))[:n]
    return [found[i] if rng.random() < 0.5 else found[i][::-1] for i in chosen]


@st.composite
def some_pairs(draw: st.DrawFn, max_size: int = 12, max_pairs: int = 200) -> tuple[Catalogue, Pairs, int]:
    catalogue = catalogue_of(draw(st.lists(st.integers(1, max_size), min_size=1, max_size=5)))
    n, seed = draw(st.integers(0, max_pairs)), draw(st.integers(0, 10**6))
    return catalogue, random_pairs(catalogue, n, seed), draw(st.integers(1, 9))


def asked(plan: CallPlan) -> list[frozenset[int]]:
    return [frozenset((call.primary, int(target))) for call in plan for target in call.targets]


def greedy_by_primary(pairs: Pairs, batch_size: int) -> int:
    """Baseline: again and again the attribute with most pairs left is the primary of all of them."""
    left, calls = {frozenset(p) for p in pairs}, 0
    while left:
        degree: dict[int, int] = {}
        for pair in left:
            for end in pair:
                degree[end] = degree.get(end, 0) + 1
        primary = max(sorted(degree), key=lambda end: degree[end])
        calls += -(-degree[primary] // batch_size)
        left = {pair for pair in left if primary not in pair}
    return calls


def smallest_cost(n_nodes: int, pairs: Pairs, batch_size: int) -> int:
    """Oracle: every orientation of every pair, all at once."""
    choice = np.arange(2 ** len(pairs))
    out = np.zeros((len(choice), n_nodes), dtype=np.int64)
    for bit, (a, b) in enumerate(pairs):
        out[:, a] += choice >> bit & 1
        out[:, b] += 1 - (choice >> bit & 1)
    return int((-(-out // batch_size)).sum(axis=1).min())


@settings(max_examples=80, deadline=None)
@given(some_pairs(), st.sampled_from(list(PlanMethod)))
def test_every_pair_is_asked_exactly_once(case: tuple[Catalogue, Pairs, int], method: PlanMethod) -> None:
    catalogue, pairs, batch_size = case
    plan = plan_pairs(catalogue, *ends(pairs), batch_size, method)
    assert sorted(map(sorted, asked(plan))) == sorted(map(sorted, pairs))
    assert all(1 <= len(call.targets) <= batch_size for call in plan)


@settings(max_examples=80, deadline=None)
@given(some_pairs())
def test_plans_lie_between_the_floor_and_the_simplest_plans(case: tuple[Catalogue, Pairs, int]) -> None:
    catalogue, pairs, batch_size = case
    n = plan_pairs(catalogue, *ends(pairs), batch_size).n_calls
    assert -(-len(pairs) // batch_size) <= pairs_floor(catalogue, *ends(pairs), batch_size) <= n
    assert n <= greedy_by_primary(pairs, batch_size)
    assert n <= plan_pairs(catalogue, *ends(pairs), batch_size, PlanMethod.PUBLISHED).n_calls


@settings(max_examples=150, deadline=None)
@given(some_pairs(max_size=5, max_pairs=11))
def test_small_sets_are_planned_optimally(case: tuple[Catalogue, Pairs, int]) -> None:
    catalogue, pairs, batch_size = case
    assert plan_pairs(catalogue, *ends(pairs), batch_size).n_calls == smallest_cost(len(catalogue), pairs, batch_size)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, 15), min_size=1, max_size=5), st.integers(1, 12), st.sampled_from(list(PlanMethod)))
@example([10, 10, 4, 3], 25, PlanMethod.PACKED)
@example([1, 1, 1, 1], 3, PlanMethod.PACKED)
def test_all_pairs_make_the_plan_of_brute_force(sizes: list[int], batch_size: int, method: PlanMethod) -> None:
    catalogue = catalogue_of(sizes)
    source, target = all_pairs(catalogue)
    assert list(zip(source.tolist(), target.tolist(), strict=True)) == candidates(catalogue)
    assert pairs_floor(catalogue, source, target, batch_size) == calls_floor(catalogue, batch_size)
    mixed = np.random.default_rng(0).permutation(len(source))
    whole = plan_calls(catalogue, method, batch_size)
    same = plan_pairs(catalogue, target[mixed], source[mixed], batch_size, method)
    for column in ("primary", "start", "targets"):
        assert np.array_equal(getattr(whole, column), getattr(same, column))
    if method is PlanMethod.PUBLISHED:
        assert whole.n_calls == calls_published(catalogue, batch_size)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("n_pairs", [15, 40, 100])
def test_two_modalities_without_batches_to_fill_reach_the_smallest_vertex_cover(n_pairs: int, seed: int) -> None:
    catalogue = catalogue_of([30, 25])
    pairs = random_pairs(catalogue, n_pairs, seed)
    cover = nx.bipartite.maximum_matching(
        nx.Graph(pairs), top_nodes={node for pair in pairs for node in pair if node < 30}
    )
    floor = pairs_floor(catalogue, *ends(pairs), batch_size=100)
    assert plan_pairs(catalogue, *ends(pairs), batch_size=100).n_calls == floor == len(cover) // 2


def test_each_connected_part_has_a_floor_of_its_own() -> None:
    catalogue = catalogue_of([3, 40])
    pairs = [(brand, 3 + 13 * brand + i) for brand in range(3) for i in range(13)]  # three stars of 13
    assert pairs_floor(catalogue, *ends(pairs), batch_size=12) == 6  # 39 pairs alone would need 4
    assert plan_pairs(catalogue, *ends(pairs), batch_size=12).n_calls == 6


@pytest.mark.parametrize("n_new", [1, 2, 5, 12, 30])
def test_new_attributes_against_the_rest_reach_the_floor(n_new: int) -> None:
    catalogue = catalogue_of([60 + n_new, 60, 30, 10])
    is_new = range(60, 60 + n_new)
    pairs = [pair for pair in candidates(catalogue) if pair[0] in is_new]
    assert plan_pairs(catalogue, *ends(pairs)).n_calls == pairs_floor(catalogue, *ends(pairs)) == 4 * n_new


def test_sparse_pairs_of_many_attributes_come_near_the_floor() -> None:
    catalogue = catalogue_of([400, 300, 200, 100])
    pairs = random_pairs(catalogue, 1500, seed=3)
    n = plan_pairs(catalogue, *ends(pairs)).n_calls
    assert n <= 1.02 * pairs_floor(catalogue, *ends(pairs))
    assert n < 0.97 * greedy_by_primary(pairs, 25)


def test_plans_are_the_same_each_time_and_whatever_the_order_of_the_pairs() -> None:
    catalogue = catalogue_of([20, 15, 10])
    pairs = random_pairs(catalogue, 150, seed=5)
    first, again = (plan_pairs(catalogue, *ends(some), 7) for some in (pairs, [(b, a) for a, b in pairs[::-1]]))
    assert first.targets.tobytes() == again.targets.tobytes()
    assert first.primary.tobytes() == again.primary.tobytes()


def test_no_pairs_make_an_empty_plan() -> None:
    plan = plan_pairs(catalogue_of([3, 2]), *ends([]))
    assert (plan.n_calls, plan.n_pairs, list(plan)) == (0, 0, [])
    assert pairs_floor(catalogue_of([3, 2]), *ends([])) == 0


def test_pairs_that_are_no_candidates_are_all_reported() -> None:
    catalogue = catalogue_of([3, 3])
    with pytest.raises(InvalidInput) as refused:
        plan_pairs(catalogue, *ends([(0, 3), (1, 4), (3, 0), (1, 2), (2, 2), (0, 6), (-1, 4)]))
    texts = [problem.message for problem in refused.value.problems]
    assert "2 pairs name positions" in texts[0] and "0-6, -1-4" in texts[0]
    assert "2 pairs join attributes of one modality: '0-1' with '0-2', '0-2' with '0-2'" in texts[1]
    assert "1 pairs come more than once: '0-0' with '1-0'" in texts[2]


def test_other_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = catalogue_of([3, 3])
    source, target = ends([(0, 3), (1, 3)])
    with pytest.raises(ValenceError, match="2 sources and 1 targets"):
        plan_pairs(catalogue, source, target[:1])
    with pytest.raises(ValenceError, match="cannot hold 0 targets"):
        plan_pairs(catalogue, source, target, 0)
    monkeypatch.setattr(call_plan, "MAX_PAIRS", 1)
    with pytest.raises(ValenceError, match="These are 2 pairs; a plan stops at 1"):
        plan_pairs(catalogue, source, target)


def graph_of(n_pairs: int, seed: int) -> PairGraph:
    catalogue = catalogue_of([9, 8, 7, 3])
    return pair_graph(len(catalogue), *ends(random_pairs(catalogue, n_pairs, seed)))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_pairs", [30, 120, 250])
def test_counts_kept_while_filling_equal_a_recount(n_pairs: int, seed: int) -> None:
    graph = graph_of(n_pairs, seed)
    filling = _Filling(graph, balanced(graph), 6)
    while filling.overflow.any():
        direct = np.zeros(graph.n_nodes, dtype=np.int64)
        np.add.at(direct, graph.neighbour[filling.asks & (filling.overflow[graph.owner] > 0)], 1)
        over_one = np.zeros(graph.n_nodes, dtype=np.int64)
        np.add.at(over_one, graph.neighbour[filling.asks & (direct[graph.owner] > 0)], 1)
        assert np.array_equal(filling._direct, direct)
        assert np.array_equal(filling._over_one, over_one)
        filling.open(filling.most_reachable())
        assert (filling.asks ^ filling.asks[graph.twin]).all()
    assert (n_asked(graph, filling.asks).sum()) == graph.n_pairs


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "start", [balanced, busiest_first, loneliest_spared, lambda g: fill_batches(g, balanced(g), 6)]
)
@pytest.mark.parametrize("n_pairs", [30, 120, 250])
def test_saving_keeps_an_orientation_and_never_costs_calls(n_pairs: int, start: object, seed: int) -> None:
    assert callable(start)
    graph = graph_of(n_pairs, seed)
    before = start(graph)
    assert (before ^ before[graph.twin]).all()
    after = save_calls(graph, before, 6, floor=0)
    assert (after ^ after[graph.twin]).all()
    assert n_calls(graph, after, 6) <= n_calls(graph, before, 6)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n_pairs", [40, 80, 160])
def test_a_call_that_cannot_be_dropped_leaves_everything_as_it_was(n_pairs: int, seed: int) -> None:
    graph = graph_of(n_pairs, seed)
    saving = _Saving(graph, busiest_first(graph), 4)
    n_refused = 0
    for node in range(graph.n_nodes):
        before = saving.asks.copy(), saving.asked.copy(), saving.calls.copy(), saving.n_calls
        if saving.calls[node] and not saving._drop(node):
            n_refused += 1
            after = saving.asks, saving.asked, saving.calls, saving.n_calls
            assert all(np.array_equal(x, y) for x, y in zip(before, after, strict=True))
        assert np.array_equal(saving.asked, n_asked(graph, saving.asks))
        assert (saving.asked <= saving.calls * 4).all()
    assert n_refused


def test_a_large_dense_set_reaches_the_floor() -> None:
    catalogue = catalogue_of([200, 150, 100, 50])
    source, target = all_pairs(catalogue)
    kept = np.random.default_rng(1).random(len(source)) < 0.8
    plan = plan_pairs(catalogue, source[kept], target[kept])
    assert plan.n_calls == -(-int(kept.sum()) // 25)
