"""The floor and the model that knows the graph, against counts by hand."""

from dataclasses import replace
from typing import Any

import numpy as np

from core.models import edge_count, majority
from core.models.edge_count import EdgeCountSettings
from core.models.majority import MajoritySettings
from core.models.scores import score_probabilities
from core.models.tables import TrainingSet
from core.progress import finish


def finished(steps: Any) -> Any:
    return finish(steps)


def test_the_majority_gives_every_row_the_shares_of_training(made_up: Any) -> None:
    model = finished(majority.fit(made_up.training, MajoritySettings(), 0))
    expected = [(made_up.training.label == label).mean() for label in range(3)]
    np.testing.assert_allclose(model.probabilities(made_up.test.rows), np.tile(expected, (len(made_up.test), 1)))


def test_the_edges_alone_part_labels_that_boxes_part(made_up: Any) -> None:
    model = finished(edge_count.fit(made_up.training, EdgeCountSettings(), 0))
    score = score_probabilities(model.probabilities(made_up.test.rows), made_up.test.label)
    assert score.macro_f1 > 0.99


def test_shuffled_edges_say_little(made_up: Any) -> None:
    """What it knows is the edges: with the signs of other pairs it is hardly better than a guess."""
    edges = made_up.training.edges
    sign = np.random.default_rng(1).permutation(edges.sign)
    training: TrainingSet = replace(made_up.training, edges=replace(edges, sign=sign))
    model = finished(edge_count.fit(training, EdgeCountSettings(least_rows=50), 0))
    assert score_probabilities(model.probabilities(made_up.test.rows), made_up.test.label).macro_f1 < 0.6


def test_fractions_are_those_of_a_dense_count(made_up: Any) -> None:
    training = made_up.training
    n = len(training.attributes)
    dense = np.zeros((n, n))
    dense[training.edges.source, training.edges.target] = training.edges.sign
    dense += dense.T
    found = edge_count._fractions(edge_count._index(training.attributes, training.edges), training.rows)
    for row in range(200):
        nodes = training.rows.nodes[training.rows.offsets[row] : training.rows.offsets[row + 1]]
        pairs = dense[np.ix_(nodes, nodes)][np.triu_indices(len(nodes), 1)]
        np.testing.assert_allclose(found[row], [(pairs > 0).mean(), (pairs < 0).mean()])
