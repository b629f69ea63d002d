"""The density diagnostic against dense recounts, enumeration and numpy."""

import json
from typing import Any

import numpy as np
import pytest

from core.errors import InvalidInput
from core.graph.model import SignedGraph
from core.sampler.configuration import LabelParams
from core.sampler.density import density_json, measure_density, share_in_ranges, suggested_label_params

RANGES = {"a": (1, 3), "b": (2, 5), "c": (0, 1), "d": (0, 2)}


def test_means_and_sizes_agree_with_enumeration(oracle: Any, small_graph: SignedGraph) -> None:
    ranges = {"a": (1, 2), "b": (0, 2), "c": (1, 1)}
    states = list(oracle.enumerate_rows(small_graph, ranges))
    n = 40_000
    density = measure_density(small_graph, ranges, n, seed=4)
    for name, found in (("pos_frac", density.fractions.pos_frac), ("neg_frac", density.fractions.neg_frac)):
        mean = sum(s.chance * getattr(s, name) for s in states)
        spread = sum(s.chance * getattr(s, name) ** 2 for s in states) - mean**2
        assert abs(found.mean() - mean) < 4 * (spread / n) ** 0.5
    shares = np.bincount(density.size, minlength=6) / n
    for size in range(6):
        assert shares[size] == pytest.approx(sum(s.chance for s in states if len(s.nodes) == size), abs=0.012)


def test_counts_are_those_of_some_row_of_that_size(oracle: Any, small_graph: SignedGraph) -> None:
    ranges = {"a": (1, 2), "b": (0, 2), "c": (1, 1)}
    possible = {(len(s.nodes), s.pos_frac, s.neg_frac) for s in oracle.enumerate_rows(small_graph, ranges)}
    density = measure_density(small_graph, ranges, 5_000)
    found = set(zip(density.size.tolist(), density.fractions.pos_frac, density.fractions.neg_frac, strict=True))
    assert found <= possible
    assert len(found) > len(possible) / 2


def test_summaries_are_numpys(medium_graph: SignedGraph) -> None:
    density = measure_density(medium_graph, RANGES, 3_000)
    for name in ("pos_frac", "neg_frac", "absent_frac"):
        summary, values = getattr(density, name), getattr(density.fractions, name)
        percentiles = np.percentile(values, [5, 25, 50, 75, 95])
        assert summary.mean == pytest.approx(values.mean())
        assert [summary.p5, summary.p25, summary.p50, summary.p75, summary.p95] == pytest.approx(percentiles.tolist())
    np.testing.assert_allclose(sum(density.fractions), 1.0)


def test_more_subgraphs_begin_with_the_fewer(medium_graph: SignedGraph) -> None:
    few, many = (measure_density(medium_graph, RANGES, n, seed=9) for n in (50, 500))
    np.testing.assert_array_equal(few.n_pos, many.n_pos[:50])
    assert not np.array_equal(few.n_pos, measure_density(medium_graph, RANGES, 50, seed=10).n_pos)


def test_suggested_ranges_are_the_percentiles(medium_graph: SignedGraph) -> None:
    density = measure_density(medium_graph, RANGES)
    pos, neg = density.pos_frac, density.neg_frac
    suggested = suggested_label_params(density, num_samples=70)
    ranges = {name: (p.pos_frac_range, p.neg_frac_range, p.num_samples) for name, p in suggested.items()}
    assert ranges == {
        "pos": ((pos.p50, 1.0), (0.0, neg.p50), 70),
        "neg": ((0.0, pos.p50), (neg.p50, 1.0), 70),
        "avg": ((pos.p25, pos.p75), (neg.p25, neg.p75), 70),
    }


def test_share_in_ranges_counts_the_subgraphs_inside(medium_graph: SignedGraph) -> None:
    density = measure_density(medium_graph, RANGES, 2_000)
    params = {
        "all": LabelParams(pos_frac_range=(0, 1), neg_frac_range=(0, 1), num_samples=1),
        "some": LabelParams(pos_frac_range=(0.2, 0.4), neg_frac_range=(0.1, 0.3), num_samples=1),
        "none": LabelParams(pos_frac_range=(1, 1), neg_frac_range=(0, 1), num_samples=1),
    }
    rows = zip(density.fractions.pos_frac, density.fractions.neg_frac, strict=True)
    some = sum(0.2 <= pos <= 0.4 and 0.1 <= neg <= 0.3 for pos, neg in rows) / 2_000
    assert share_in_ranges(density, params) == {"all": 1.0, "some": some, "none": 0.0}
    assert 0 < some < 1


def test_the_report_is_json_with_every_figure(medium_graph: SignedGraph) -> None:
    density = measure_density(medium_graph, RANGES, 100, seed=2)
    report = json.loads(density_json(density))
    assert (report["n_subgraphs"], report["seed"]) == (100, 2)
    assert report["type_ranges"] == {name: list(allowed) for name, allowed in RANGES.items()}
    assert report["pos_frac"]["p75"] == density.pos_frac.p75
    assert report["absent_frac"]["mean"] == density.absent_frac.mean
    assert report["suggested_label_params"]["avg"]["neg_frac_range"] == [density.neg_frac.p25, density.neg_frac.p75]


def test_what_cannot_be_measured_is_refused_with_every_reason(medium_graph: SignedGraph) -> None:
    with pytest.raises(InvalidInput) as caught:
        measure_density(medium_graph, {"a": (0, 99), "x": (0, 1), "b": (3, 2)}, 0, seed=-1)
    assert [p.field for p in caught.value.problems] == [
        "type_ranges.a",
        "type_ranges.x",
        "type_ranges.b",
        "n_subgraphs",
        "seed",
    ]
