"""Extremes, verdicts, conflicts and repairs against exhaustive enumeration of small graphs."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from core.sampler.blame import Bound, bounds_of, explain_label
from core.sampler.configuration import LabelParams
from core.sampler.density import measure_density
from core.sampler.encoding import encode_graph
from core.sampler.fractions import n_pairs
from core.sampler.label_verdict import Ease, judge_label
from core.sampler.pair_density import pair_densities
from core.sampler.reach import Effort, find_frontier, find_reach, search_box

SIZES = {"a": 3, "b": 4, "c": 3, "d": 2}
RANGES = {"a": (1, 2), "b": (1, 3), "c": (0, 1), "d": (1, 1)}
SEEDS = range(8)


def params_of(pos: tuple[float, float], neg: tuple[float, float]) -> LabelParams:
    return LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=5)


def holds(bound: Any, state: Any) -> bool:
    """Oracle: whether a row keeps one bound."""
    return {
        Bound.POS_LEAST: state.pos_frac >= bound.value,
        Bound.POS_MOST: state.pos_frac <= bound.value,
        Bound.NEG_LEAST: state.neg_frac >= bound.value,
        Bound.NEG_MOST: state.neg_frac <= bound.value,
    }[bound.bound]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_reach_is_that_of_all_rows(oracle: Any, seed: int) -> None:
    graph = oracle.make_graph(SIZES, seed=seed)
    states = list(oracle.enumerate_rows(graph, RANGES))
    reach = find_reach(encode_graph(graph, RANGES))
    assert reach.pos_min == pytest.approx(min(s.pos_frac for s in states))
    assert reach.pos_max == pytest.approx(max(s.pos_frac for s in states))
    assert reach.neg_min == pytest.approx(min(s.neg_frac for s in states))
    assert reach.neg_max == pytest.approx(max(s.neg_frac for s in states))


@pytest.mark.parametrize("seed", SEEDS)
def test_the_frontier_is_that_of_all_rows(oracle: Any, seed: int) -> None:
    graph = oracle.make_graph(SIZES, seed=seed)
    states = list(oracle.enumerate_rows(graph, RANGES))
    caps = (0.0, 0.1, 0.2, 0.3, 1.0)
    expected = {
        cap: max(s.pos_frac for s in states if s.neg_frac <= cap)
        for cap in caps
        if any(s.neg_frac <= cap for s in states)
    }
    found = {point.neg_frac: point.pos_frac for point in find_frontier(encode_graph(graph, RANGES), caps)}
    assert found == pytest.approx(expected)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_verdict_never_contradicts_the_enumeration(oracle: Any, seed: int) -> None:
    graph = oracle.make_graph(SIZES, seed=seed)
    encoding = encode_graph(graph, RANGES)
    density = measure_density(graph, RANGES)
    states = list(oracle.enumerate_rows(graph, RANGES))
    rng = np.random.default_rng(seed)
    for number in range(12):
        pos, neg = np.sort(rng.random((2, 2)), axis=1).round(2).tolist()
        params = params_of(tuple(pos), tuple(neg))
        exact = sum(s.chance for s in states if pos[0] <= s.pos_frac <= pos[1] and neg[0] <= s.neg_frac <= neg[1])
        verdict = judge_label(encoding, density, f"label {number}", params)
        if exact == 0:
            assert verdict.ease in (Ease.NOT_FOUND, Ease.IMPOSSIBLE)
        else:
            assert verdict.ease not in (Ease.NOT_FOUND, Ease.IMPOSSIBLE)
            assert verdict.random_share == pytest.approx(exact, abs=0.04)
        if verdict.ease is Ease.NOT_FOUND:
            assert verdict.closest is not None and verdict.missed and not verdict.proof
        assert bool(verdict.proof) == (verdict.ease is Ease.IMPOSSIBLE)


def test_the_conflict_is_the_smallest_set_of_bounds_that_no_row_keeps(oracle: Any) -> None:
    n_explained = 0
    for seed in SEEDS:
        graph = oracle.make_graph(SIZES, seed=seed)
        encoding = encode_graph(graph, RANGES)
        states = list(oracle.enumerate_rows(graph, RANGES))
        rng = np.random.default_rng(seed)
        for _ in range(12):
            pos, neg = np.sort(rng.random((2, 2)), axis=1).round(2).tolist()
            params = params_of(tuple(pos), tuple(neg))
            bounds = bounds_of(params)
            blame = explain_label(graph, encoding, params)
            if any(all(holds(bound, state) for bound in bounds) for state in states):
                assert blame is None
                continue
            assert blame is not None
            n_explained += 1
            sizes = [
                size
                for size in range(1, len(bounds) + 1)
                for subset in combinations(bounds, size)
                if not any(all(holds(bound, state) for bound in subset) for state in states)
            ]
            assert len(blame.conflict) == min(sizes)
            assert not any(all(holds(bound, state) for bound in blame.conflict) for state in states)
            expected = set()
            for name, (low, high) in RANGES.items():
                for after in ((low - 1, high), (low, high + 1)):
                    if after[0] < 0 or after[1] > SIZES[name]:
                        continue
                    rows = oracle.enumerate_rows(graph, {**RANGES, name: after})
                    if any(all(holds(bound, state) for bound in bounds) for state in rows):
                        expected.add((name, after))
            assert {(repair.attribute_type, repair.after) for repair in blame.repairs} == expected
    assert n_explained > 20


def test_the_modality_pairs_that_lack_edges_come_costliest_first(oracle: Any) -> None:
    graph = oracle.make_graph(SIZES, seed=1)
    blame = explain_label(graph, encode_graph(graph, RANGES), params_of((0.0, 1.0), (0.99, 1.0)))
    assert blame is not None
    assert [bound.bound for bound in blame.conflict] == [Bound.NEG_LEAST]
    costs = [pair.share_of_row * (0.99 - pair.negative) for pair in blame.lacking]
    assert costs == sorted(costs, reverse=True)
    assert min(costs) > 0


def test_bounds_that_ask_for_nothing_are_never_blamed() -> None:
    assert bounds_of(params_of((0.0, 1.0), (0.0, 1.0))) == ()
    assert [bound.bound for bound in bounds_of(params_of((0.0, 0.4), (0.2, 1.0)))] == [Bound.POS_MOST, Bound.NEG_LEAST]


@pytest.mark.parametrize("seed", [0, 1])
def test_pair_densities_are_those_of_random_rows(oracle: Any, seed: int) -> None:
    modality_of = {"a": "x", "b": "y", "c": "y", "d": "z"}
    graph = oracle.make_graph(SIZES, modality_of, seed=seed)
    modality = [a.modality for a in graph.catalogue.attributes]
    signs = oracle.sign_of_pairs(graph)
    expected: dict[tuple[str, str], float] = {}
    total = 0.0
    for state in oracle.enumerate_rows(graph, RANGES):
        for i, j in combinations(state.nodes, 2):
            between = tuple(sorted((modality[i], modality[j])))
            expected[between] = expected.get(between, 0.0) + state.chance
        total += state.chance * float(n_pairs(len(state.nodes)))
    found = pair_densities(graph, RANGES)
    assert {(p.modality_a, p.modality_b): p.share_of_row for p in found} == pytest.approx(
        {between: share / total for between, share in expected.items()}
    )
    for pair in found:
        here = [
            signs.get(frozenset((i, j)), 0)
            for i, j in combinations(range(len(modality)), 2)
            if {modality[i], modality[j]} == {pair.modality_a, pair.modality_b} and modality[i] != modality[j]
        ]
        assert pair.positive == pytest.approx(here.count(1) / max(len(here), 1))
        assert pair.negative == pytest.approx(here.count(-1) / max(len(here), 1))


def test_a_search_is_repeatable_and_stops_once_it_is_inside(medium_graph: Any) -> None:
    encoding = encode_graph(medium_graph, {"a": (2, 4), "b": (2, 4), "c": (1, 2)})
    box = np.stack([np.zeros(11), n_pairs(np.arange(11)), np.zeros(11), n_pairs(np.arange(11))]).astype(np.int64)
    first = search_box(encoding, box, 3, "any", Effort(starts=2, proposals=50))
    assert first.found and first.n_proposals == 1
    assert first == search_box(encoding, box, 3, "any", Effort(starts=2, proposals=50))
