"""Which rows come out how often: every phase against exhaustive enumeration of small graphs."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.stats import chisquare

from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import LabelParams, SamplerSettings
from core.sampler.encoding import encode_graph
from core.sampler.sampling import LabelRequest, Method, SampledLabel, sample_label

RANGES = {"a": (1, 2), "b": (0, 2), "c": (1, 1)}
N = 20_000
# A correct sampler fails one of these tests once in 10,000 seeds; the seeds are fixed.
ALPHA = 1e-4

WIDE = LabelParams(pos_frac_range=(0.0, 1.0), neg_frac_range=(0.0, 1.0), num_samples=N)
BAND = LabelParams(pos_frac_range=(0.3, 0.7), neg_frac_range=(0.1, 0.4), num_samples=N)
# One of the 13 rows in here is out of reach of swaps, additions and removals: only redraws join it to the others.
SPLIT = LabelParams(pos_frac_range=(0.2, 0.35), neg_frac_range=(0.0, 0.0), num_samples=4_000)


def inside(state: Any, params: LabelParams) -> bool:
    pos, neg = params.pos_frac_range, params.neg_frac_range
    return pos[0] <= state.pos_frac <= pos[1] and neg[0] <= state.neg_frac <= neg[1]


def restricted(oracle: Any, graph: SignedGraph, params: LabelParams) -> dict[tuple[int, ...], float]:
    return {s.nodes: s.chance for s in oracle.enumerate_rows(graph, RANGES) if inside(s, params)}


def rows_of(label: SampledLabel) -> Iterable[tuple[int, ...]]:
    offsets = label.offsets.tolist()
    return (tuple(sorted(label.nodes[a:b].tolist())) for a, b in pairwise(offsets))


def p_value(weights: Mapping[tuple[int, ...], float], label: SampledLabel) -> float:
    """Chi-square of the rows against weights, states expected fewer than 5 times pooled into one."""
    counts = Counter(rows_of(label))
    assert set(counts) <= set(weights)
    total = sum(weights.values())
    expected = {row: len(label.offsets[1:]) * weight / total for row, weight in weights.items()}
    common = [row for row in expected if expected[row] >= 5]
    assert len(common) >= 2, "the test would prove nothing"
    observed = [counts[row] for row in common]
    wanted = [expected[row] for row in common]
    n_rows = len(label.offsets) - 1
    if n_rows - sum(wanted) > 1e-6:
        observed.append(n_rows - sum(observed))
        wanted.append(n_rows - sum(wanted))
    return float(chisquare(observed, wanted).pvalue)


def sample(
    graph: SignedGraph,
    params: LabelParams,
    method: Method,
    *,
    high: tuple[tuple[str, str], ...] = (),
    low: tuple[tuple[str, str], ...] = (),
    **settings: float,
) -> SampledLabel:
    encoding = encode_graph(graph, RANGES, high, low)
    request = LabelRequest("pos", params, SamplerSettings.model_validate(settings), 11, method)
    return finish(sample_label(encoding, request))


@pytest.mark.parametrize("params", [WIDE, BAND], ids=["everything", "a band"])
@pytest.mark.parametrize("method", list(Method))
def test_rows_follow_the_law_restricted_to_the_ranges(
    oracle: Any, small_graph: SignedGraph, params: LabelParams, method: Method
) -> None:
    weights = restricted(oracle, small_graph, params)
    assert p_value(weights, sample(small_graph, params, method)) > ALPHA


def test_mixing_reaches_rows_that_single_moves_cannot_join(oracle: Any, small_graph: SignedGraph) -> None:
    weights = restricted(oracle, small_graph, SPLIT)
    assert p_value(weights, sample(small_graph, SPLIT, Method.ANNEALING, mixing_proposals=5_000)) > ALPHA


def test_annealing_alone_does_not_follow_the_law(oracle: Any, small_graph: SignedGraph) -> None:
    """The reason for mixing, and the proof that these tests would notice a wrong law."""
    weights = restricted(oracle, small_graph, BAND)
    assert p_value(weights, sample(small_graph, BAND, Method.ANNEALING, mixing_proposals=0)) < 1e-12


def test_every_count_and_every_subset_is_as_likely_as_the_next(oracle: Any) -> None:
    """The law with quotas that reach a whole type, where adding has no outsider left to choose."""
    graph = oracle.make_graph({"a": 3, "b": 3, "c": 2}, seed=8)
    ranges = {"a": (0, 3), "b": (0, 3), "c": (0, 2)}
    weights = {s.nodes: s.chance for s in oracle.enumerate_rows(graph, ranges)}
    for method in Method:
        request = LabelRequest("avg", WIDE, SamplerSettings(), 3, method)
        assert p_value(weights, finish(sample_label(encode_graph(graph, ranges), request))) > ALPHA


def softness(
    signs: Mapping[frozenset[int], int],
    kinds: list[str],
    nodes: tuple[int, ...],
    pairs_of: tuple[set[frozenset[str]], set[frozenset[str]]],
) -> float:
    """Oracle: connected share of the high-priority pairs minus that of the low-priority ones."""
    shares = []
    for pairs in pairs_of:
        eligible = [(i, j) for i in nodes for j in nodes if i < j and frozenset((kinds[i], kinds[j])) in pairs]
        connected = sum(frozenset(pair) in signs for pair in eligible)
        shares.append(connected / len(eligible) if eligible else 0.0)
    return shares[0] - shares[1]


@pytest.mark.parametrize("method", list(Method))
def test_soft_pairs_tilt_the_law(oracle: Any, small_graph: SignedGraph, method: Method) -> None:
    pairs_of = ({frozenset(("a", "b"))}, {frozenset(("c", "b")), frozenset(("a", "c"))})
    signs, kinds = oracle.sign_of_pairs(small_graph), [a.attribute_type for a in small_graph.catalogue.attributes]
    untilted = restricted(oracle, small_graph, BAND)
    tilted = {n: w * float(np.exp(1.5 * softness(signs, kinds, n, pairs_of))) for n, w in untilted.items()}
    label = sample(small_graph, BAND, method, high=(("a", "b"),), low=(("c", "b"), ("a", "c")), soft_strength=1.5)
    assert p_value(tilted, label) > ALPHA
    assert p_value(untilted, label) < 1e-12


def test_without_strength_soft_pairs_change_nothing(small_graph: SignedGraph) -> None:
    plain = sample(small_graph, BAND, Method.REJECTION)
    unheeded = sample(small_graph, BAND, Method.REJECTION, high=(("a", "b"),), soft_strength=0.0)
    np.testing.assert_array_equal(plain.nodes, unheeded.nodes)
