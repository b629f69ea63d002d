"""Rows of a label: hard constraints, same bytes however the work is cut, failures with reasons, cancelling."""

import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler import label_search, search
from core.sampler.configuration import LabelParams, SamplerSettings, SearchMethod, Spread
from core.sampler.encoding import encode_graph
from core.sampler.feasibility import UnmetLabel, most_joinable_pairs
from core.sampler.reach import find_reach
from core.sampler.recount import index_edges, recount_rows
from core.sampler.sampling import SampledLabel, sample_label
from core.sampler.search import LabelRequest

RANGES = {"a": (1, 3), "d": (0, 2), "b": (2, 5), "c": (0, 1)}
MEDIUM = LabelParams(pos_frac_range=(0.35, 0.6), neg_frac_range=(0.05, 0.2), num_samples=120)
RARE = LabelParams(pos_frac_range=(0.58, 1.0), neg_frac_range=(0.0, 0.05), num_samples=60)


def request(params: LabelParams, method: SearchMethod = SearchMethod.AUTO, **knobs: Any) -> LabelRequest:
    return LabelRequest("pos", params, SamplerSettings(method=method, **knobs), 5)


def rows_of(label: SampledLabel) -> list[tuple[int, ...]]:
    return [tuple(part.tolist()) for part in np.split(label.nodes, label.offsets[1:-1])]


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_every_row_obeys_every_hard_constraint_or_the_label_fails_with_a_reason(oracle: Any, data: Any) -> None:
    sizes = data.draw(st.dictionaries(st.sampled_from("abcd"), st.integers(1, 5), min_size=2), label="sizes")
    graph = oracle.make_graph(sizes, seed=data.draw(st.integers(0, 99), label="graph"))
    ranges = {}
    for name, size in sizes.items():
        high = data.draw(st.integers(0, min(size, 4)), label=f"max {name}")
        ranges[name] = (data.draw(st.integers(0, high), label=f"min {name}"), high)
    if sum(high for _, high in ranges.values()) < 2:
        return
    share = st.sampled_from([0.0, 0.1, 0.2, 1 / 3, 0.4, 0.5, 0.6, 0.8, 1.0])
    pos, neg = (tuple(sorted(data.draw(st.tuples(share, share)))) for _ in range(2))
    params = LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=15)
    names = sorted(sizes)
    high_pairs = ((names[0], names[1]),) if data.draw(st.booleans(), label="soft") else ()
    method = data.draw(st.sampled_from(SearchMethod), label="method")
    is_searched = method in (SearchMethod.AUTO, SearchMethod.ANNEALING)
    spread = data.draw(st.sampled_from(Spread), label="spread") if is_searched else Spread.NATURAL
    encoding = encode_graph(graph, ranges, high_pairs, (), dense_limit=data.draw(st.sampled_from([0, 10_000])))
    knobs = {"max_iters": 300, "patience": 300, "mixing_proposals": 20, "spread": spread}
    possible = any(
        pos[0] <= s.pos_frac <= pos[1] and neg[0] <= s.neg_frac <= neg[1] for s in oracle.enumerate_rows(graph, ranges)
    )
    try:
        label = finish(sample_label(encoding, request(params, method, **knobs), 1))
    except UnmetLabel as failure:
        assert not (failure.proven and possible)
        assert failure.missed
        assert all(phrase in failure.message for phrase in failure.missed)
        assert ("cannot be met" in failure.message) == failure.proven
        return
    assert possible
    signs, kinds = oracle.sign_of_pairs(graph), [a.attribute_type for a in graph.catalogue.attributes]
    rows = rows_of(label)
    assert len(rows) == 15
    for row in rows:
        assert len(set(row)) == len(row)
        for name, (low, high) in ranges.items():
            assert low <= sum(kinds[node] == name for node in row) <= high
        found_pos, found_neg = oracle.dense_fractions(signs, row)
        assert pos[0] <= found_pos <= pos[1]
        assert neg[0] <= found_neg <= neg[1]


@pytest.mark.parametrize("params", [MEDIUM, RARE], ids=["rejection", "annealing"])
@pytest.mark.parametrize("soft", [(), (("a", "b"),)], ids=["hard", "soft"])
def test_the_same_rows_for_any_number_of_workers_and_any_chunk_size(
    medium_graph: SignedGraph, params: LabelParams, soft: tuple[tuple[str, str], ...]
) -> None:
    encoding = encode_graph(medium_graph, RANGES, soft)
    expected = finish(sample_label(encoding, request(params), 1))
    assert expected.method is (SearchMethod.REJECTION if params is MEDIUM else SearchMethod.ANNEALING)
    for n_workers, chunk_rows in ((1, 7), (2, None), (5, 1), (5, 1_000)):
        label = finish(sample_label(encoding, request(params), n_workers, chunk_rows))
        assert label.nodes.tobytes() == expected.nodes.tobytes()
        assert label.offsets.tobytes() == expected.offsets.tobytes()
        assert label.proposals_per_row == expected.proposals_per_row


def test_neighbour_lists_give_the_same_rows_as_the_matrix_where_nothing_is_searched(medium_graph: SignedGraph) -> None:
    dense, lists = (encode_graph(medium_graph, RANGES, dense_limit=limit) for limit in (10_000, 0))
    assert (dense.arrays.links.ndim, lists.arrays.links.ndim) == (3, 1)
    one, other = (finish(sample_label(encoding, request(MEDIUM))) for encoding in (dense, lists))
    np.testing.assert_array_equal(one.nodes, other.nodes)


def test_guided_searches_find_edges_that_uniform_ones_hardly_meet() -> None:
    """In a graph with few edges a uniform newcomer joins nobody; a neighbour of a member does."""
    rng = np.random.default_rng(1)
    catalogue = Catalogue(
        tuple(Attribute(f"{kind}{i}", f"{kind}{i}", kind, kind) for kind in "abc" for i in range(2_000))
    )
    source, target = rng.integers(0, 2_000, 6_000), rng.integers(2_000, 6_000, 6_000)
    _, first = np.unique(source * 6_000 + target, return_index=True)
    ends = source[first].astype(np.int32), target[first].astype(np.int32)
    graph = signed_graph(catalogue, *ends, np.ones(len(first), dtype=np.int8))
    half = LabelParams(pos_frac_range=(0.5, 1.0), neg_frac_range=(0.0, 1.0), num_samples=20)
    ranges = {"a": (1, 1), "b": (1, 1), "c": (1, 1)}
    uniform, guided = (encode_graph(graph, ranges, dense_limit=limit) for limit in (10_000, 0))
    rows = finish(sample_label(guided, request(half, SearchMethod.ANNEALING)))
    assert len(rows.offsets) == 21
    slow = finish(sample_label(uniform, request(half, SearchMethod.ANNEALING)))
    assert slow.proposals_per_row > 3 * rows.proposals_per_row


def test_spread_rows_lie_evenly_over_the_range(medium_graph: SignedGraph) -> None:
    encoding = encode_graph(medium_graph, {"a": (4, 6), "b": (4, 6), "c": (2, 3)})
    wide = LabelParams(pos_frac_range=(0.2, 0.6), neg_frac_range=(0.0, 1.0), num_samples=2_000)
    edges = index_edges(medium_graph)
    shares = {}
    for spread in Spread:
        label = finish(sample_label(encoding, request(wide, spread=spread)))
        pos = recount_rows(edges, label.nodes, label.offsets).fractions.pos_frac
        assert ((pos >= 0.2) & (pos <= 0.6)).all()
        shares[spread] = np.histogram(pos, bins=8, range=(0.2, 0.6))[0] / len(pos)
    # Whole numbers of pairs: a bin of width .05 holds between four and five of the 91 to 105.
    assert np.abs(shares[Spread.UNIFORM] - 0.125).max() < 0.05
    assert np.abs(shares[Spread.NATURAL] - 0.125).max() > 0.1


def test_targets_beyond_what_can_be_reached_are_taken_as_near_as_can_be(medium_graph: SignedGraph) -> None:
    encoding = encode_graph(medium_graph, RANGES)
    most = find_reach(encoding).pos_max
    beyond = LabelParams(pos_frac_range=(most - 0.1, 1.0), neg_frac_range=(0.0, 1.0), num_samples=300)
    label = finish(sample_label(encoding, request(beyond, spread=Spread.UNIFORM)))
    pos = recount_rows(index_edges(medium_graph), label.nodes, label.offsets).fractions.pos_frac
    assert pos.min() >= most - 0.1
    assert pos.max() == pytest.approx(most, abs=0.05)


def test_the_chosen_method_is_used_and_reported(medium_graph: SignedGraph) -> None:
    encoding = encode_graph(medium_graph, RANGES)
    for method in (SearchMethod.REJECTION, SearchMethod.ANNEALING, SearchMethod.FULL_ANNEALING):
        assert finish(sample_label(encoding, request(MEDIUM, method))).method is method
    assert finish(sample_label(encoding, request(MEDIUM))).method is SearchMethod.REJECTION
    with pytest.raises(ValidationError, match="cannot be spread evenly"):
        SamplerSettings(method=SearchMethod.REJECTION, spread=Spread.UNIFORM)


def test_rows_differ_with_the_seed_and_with_the_label(medium_graph: SignedGraph) -> None:
    encoding = encode_graph(medium_graph, RANGES)
    requests = [
        LabelRequest(name, MEDIUM, SamplerSettings(), seed) for name, seed in (("pos", 1), ("pos", 2), ("neg", 1))
    ]
    assert len({finish(sample_label(encoding, r)).nodes.tobytes() for r in requests}) == 3


def test_more_rows_begin_with_the_fewer(medium_graph: SignedGraph) -> None:
    encoding = encode_graph(medium_graph, RANGES)
    few, many = (
        finish(sample_label(encoding, request(MEDIUM.model_copy(update={"num_samples": n})))) for n in (10, 100)
    )
    np.testing.assert_array_equal(few.nodes, many.nodes[: len(few.nodes)])


def test_mixing_moves_rows_off_the_nearest_bound(medium_graph: SignedGraph) -> None:
    encoding = encode_graph(medium_graph, RANGES)
    wide = LabelParams(pos_frac_range=(0.3, 1.0), neg_frac_range=(0.0, 0.2), num_samples=2_000)
    means = {}
    for name, method, mixing in (
        ("exact", SearchMethod.REJECTION, 0),
        ("stopped", SearchMethod.ANNEALING, 0),
        ("mixed", SearchMethod.ANNEALING, 200),
    ):
        label = finish(sample_label(encoding, request(wide, method, mixing_proposals=mixing)))
        counted = recount_rows(index_edges(medium_graph), label.nodes, label.offsets)
        means[name] = counted.fractions.pos_frac.mean()
    assert abs(means["mixed"] - means["exact"]) < abs(means["stopped"] - means["exact"]) / 4


@pytest.mark.parametrize("knobs", [{"start_temp": 1.0}, {"proposals_per_step": 4}, {"max_iters": 400, "patience": 40}])
def test_annealing_finds_rows_under_other_settings(medium_graph: SignedGraph, knobs: dict[str, Any]) -> None:
    label = finish(sample_label(encode_graph(medium_graph, RANGES), request(RARE, **knobs)))
    found = recount_rows(index_edges(medium_graph), label.nodes, label.offsets).fractions
    assert found.pos_frac.min() >= 0.58
    assert found.neg_frac.max() <= 0.05


def test_rows_that_fail_at_first_are_tried_again(medium_graph: SignedGraph) -> None:
    label = finish(sample_label(encode_graph(medium_graph, RANGES), request(RARE, max_iters=60, patience=60)))
    assert 0 < label.n_retried < RARE.num_samples
    found = recount_rows(index_edges(medium_graph), label.nodes, label.offsets).fractions
    assert found.pos_frac.min() >= 0.58


def test_one_row_not_found_fails_its_label(medium_graph: SignedGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_search, "MIN_ATTEMPTS", 1)
    monkeypatch.setattr(label_search, "ATTEMPTS_PER_SUCCESS", 0)
    with pytest.raises(UnmetLabel, match="one of its rows was not found after") as caught:
        finish(sample_label(encode_graph(medium_graph, RANGES), request(RARE, max_iters=60, patience=60)))
    assert not caught.value.proven
    assert caught.value.missed


def test_ranges_whose_middle_no_row_reaches_are_met_all_the_same() -> None:
    """One + among three pairs is the most there is, and the middle of [0.3, 1] begins at 0.51."""
    catalogue = Catalogue(tuple(Attribute(f"{kind}{i}", f"{kind}{i}", kind, kind) for kind in "abc" for i in range(40)))
    ends = np.arange(40, dtype=np.int32), np.arange(40, 80, dtype=np.int32)
    graph = signed_graph(catalogue, *ends, np.ones(40, dtype=np.int8))
    wide = LabelParams(pos_frac_range=(0.3, 1.0), neg_frac_range=(0.0, 1.0), num_samples=50)
    encoding = encode_graph(graph, dict.fromkeys("abc", (1, 1)))
    rows = rows_of(finish(sample_label(encoding, request(wide, SearchMethod.ANNEALING))))
    assert len(rows) == 50
    assert all(b == a + 40 for a, b, _ in rows)


def test_progress_counts_the_rows(medium_graph: SignedGraph) -> None:
    seen = list(sample_label(encode_graph(medium_graph, RANGES), request(MEDIUM), 2, 50))
    assert [p.done for p in seen] == [0, 50, 100, 120]
    assert {p.total for p in seen} == {120}


def test_closing_the_generator_stops_the_work(medium_graph: SignedGraph, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    honest = search.find_rows

    def counted(*args: Any) -> Any:
        started.append(args[4])
        return honest(*args)

    monkeypatch.setattr(search, "find_rows", counted)
    steps = sample_label(encode_graph(medium_graph, RANGES), request(MEDIUM), 2, 1)
    while next(steps).done < 1:
        pass
    steps.close()
    n_started = len(started)
    assert n_started < 20
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sampler")]
    with pytest.raises(StopIteration):
        next(steps)
    assert len(started) == n_started


def test_what_was_not_found_is_said_with_the_closest(medium_graph: SignedGraph) -> None:
    params = LabelParams(pos_frac_range=(0.85, 1.0), neg_frac_range=(0.0, 1.0), num_samples=5)
    encoding = encode_graph(medium_graph, {"a": (3, 3), "b": (3, 3), "c": (1, 1)})
    with pytest.raises(UnmetLabel) as caught:
        finish(sample_label(encoding, request(params, max_iters=500, patience=500)))
    failure = caught.value
    assert not failure.proven or "cannot be met" in failure.message
    assert 0.3 < failure.closest.pos_frac < 0.85
    assert failure.missed == (f"pos_frac {failure.closest.pos_frac:.4g} is below 0.85",)


@pytest.mark.parametrize(
    ("ranges", "pos", "neg", "message"),
    [
        ({"a": (1, 1), "b": (2, 2)}, (0.4, 0.5), (0, 1), "no whole number of + edges"),
        ({"a": (1, 1), "b": (2, 2)}, (0, 1), (0.4, 0.5), "no whole number of - edges"),
        ({"c": (2, 4), "d": (2, 4)}, (0.1, 1), (0, 1), "all types in type_ranges belong to one modality"),
        ({"a": (1, 1), "b": (3, 5)}, (0.4, 1), (0.3, 1), "at most 0.5 of the pairs"),
    ],
)
def test_what_the_quotas_rule_out_is_said_to_be_impossible(
    medium_graph: SignedGraph,
    ranges: dict[str, tuple[int, int]],
    pos: tuple[float, float],
    neg: tuple[float, float],
    message: str,
) -> None:
    params = LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=5)
    with pytest.raises(UnmetLabel, match="cannot be met") as caught:
        finish(sample_label(encode_graph(medium_graph, ranges), request(params)))
    assert message in caught.value.message
    assert caught.value.proven


@given(
    quotas=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)).map(sorted), min_size=4, max_size=4),
)
def test_most_joinable_pairs_is_the_best_over_all_counts(
    oracle: Any, medium_graph: SignedGraph, quotas: list[list[int]]
) -> None:
    ranges = {name: (low, high) for name, (low, high) in zip("abcd", quotas, strict=True)}
    best: dict[int, int] = {}
    spans = [range(low, high + 1) for low, high in ranges.values()]
    for counts in np.stack(np.meshgrid(*spans), axis=-1).reshape(-1, 4).tolist():
        groups = (counts[0], counts[1], counts[2] + counts[3])  # c and d are of one modality
        size = sum(groups)
        joined = (size**2 - sum(g * g for g in groups)) // 2
        best[size] = max(best.get(size, 0), joined)
    found = most_joinable_pairs(encode_graph(medium_graph, ranges))
    assert {size: int(found[size]) for size in best} == best


@pytest.mark.parametrize(("n_workers", "chunk_rows"), [(0, None), (2, 0)])
def test_no_workers_or_empty_chunks_are_refused(
    medium_graph: SignedGraph, n_workers: int, chunk_rows: int | None
) -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        finish(sample_label(encode_graph(medium_graph, RANGES), request(MEDIUM), n_workers, chunk_rows))


def test_a_trial_by_rejection_gives_up_at_the_first_row_it_does_not_find(
    medium_graph: SignedGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Millions of draws for each of 128 trial rows would take minutes to say what the first of them says."""
    monkeypatch.setattr(label_search, "MAX_DRAWS", 2_000)
    encoding = encode_graph(medium_graph, {"a": (3, 3), "b": (3, 3), "c": (1, 1)}, (("a", "b"),))
    unmet = LabelParams(pos_frac_range=(0.7, 1.0), neg_frac_range=(0.0, 1.0), num_samples=5)
    with pytest.raises(UnmetLabel, match="no row was found after 2,000 proposals"):
        finish(sample_label(encoding, request(unmet, SearchMethod.REJECTION), 1))
