"""The example graphs against the published density tables."""

import numpy as np
import pytest

from core.errors import NotFound
from core.sampler.density import FractionSummary, measure_density
from core.sampler.example_graphs import EXAMPLES, example_named, make_example

N_SUBGRAPHS = 10_000
PUBLISHED_746 = {
    "pos_frac": FractionSummary(0.175, 0.090, 0.133, 0.170, 0.210, 0.275),
    "neg_frac": FractionSummary(0.210, 0.116, 0.167, 0.206, 0.248, 0.319),
}
V28_QUARTILES = {"pos_frac": (0.1035, 0.2259), "neg_frac": (0.1192, 0.2444)}


def test_the_smaller_example_has_the_published_edges_and_densities() -> None:
    example = EXAMPLES["746"]
    graph = make_example(example)
    assert (graph.n_nodes, graph.n_positive, graph.n_negative) == (746, 36_420, 40_629)
    density = measure_density(graph, example.type_ranges, N_SUBGRAPHS)
    for name, published in PUBLISHED_746.items():
        measured: FractionSummary = getattr(density, name)
        for part in FractionSummary.__slots__:
            assert getattr(measured, part) == pytest.approx(getattr(published, part), abs=0.01), (name, part)
    assert density.absent_frac.mean == pytest.approx(0.615, abs=0.01)


def test_the_larger_example_has_the_quartiles_that_v28_asks_for() -> None:
    example = EXAMPLES["1400"]
    graph = make_example(example)
    assert graph.n_nodes == 1_400
    density = measure_density(graph, example.type_ranges, N_SUBGRAPHS)
    for name, (lower, upper) in V28_QUARTILES.items():
        measured: FractionSummary = getattr(density, name)
        assert measured.p25 == pytest.approx(lower, abs=0.01)
        assert measured.p75 == pytest.approx(upper, abs=0.01)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_the_same_every_time_and_joins_no_attributes_of_one_modality(name: str) -> None:
    graph = make_example(EXAMPLES[name])
    assert graph.id == make_example(EXAMPLES[name]).id
    modality = np.array([attribute.modality for attribute in graph.catalogue.attributes])
    assert not np.any(modality[graph.source] == modality[graph.target])
    keys = graph.source.astype(np.int64) * graph.n_nodes + graph.target
    assert len(np.unique(keys)) == graph.n_edges


def test_an_unknown_example_is_answered_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="746, 1400"):
        example_named("747")
