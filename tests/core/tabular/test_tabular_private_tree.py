"""Inference on the tree of pairs, against enumeration of every row and against a general optimiser."""

import itertools

import networkx
import numpy as np
import pytest
from scipy.optimize import minimize

from core.progress import finish
from core.tabular.engines.private.inference import fit_marginals, marginals_of, walk_of
from core.tabular.engines.private.measuring import Noisy
from core.tabular.engines.private.pairs import choose_pairs
from core.tabular.engines.private.tree_model import TreeModel

SIZES = [2, 3, 2, 4]
PAIRS = [(0, 1), (1, 3), (2, 1)]


def potentials(seed: int):
    rng = np.random.default_rng(seed)
    walk = walk_of(4, PAIRS)
    alone = [rng.normal(size=size) for size in SIZES]
    joint = {(a, c): rng.normal(size=(SIZES[a], SIZES[c])) for c, a in enumerate(walk.parent) if a >= 0}
    return walk, alone, joint


def enumerated(alone, joint):
    """The chance of every row, [2, 3, 2, 4]."""
    chances = np.zeros(SIZES)
    for row in itertools.product(*map(range, SIZES)):
        logits = sum(own[code] for own, code in zip(alone, row, strict=True))
        chances[row] = np.exp(logits + sum(own[row[a], row[c]] for (a, c), own in joint.items()))
    return chances / chances.sum()


def pair_of(chances, first, second):
    """Shares of two columns' codes, [Ka, Kb]."""
    kept = chances.sum(axis=tuple(axis for axis in range(4) if axis not in (first, second)))
    return kept if first < second else kept.T


@pytest.mark.parametrize("seed", range(3))
def test_messages_give_the_marginals_of_all_rows(seed):
    walk, alone, joint = potentials(seed)
    marginals, chances = marginals_of(walk, alone, joint), enumerated(alone, joint)
    for column, own in enumerate(marginals.columns):
        assert own == pytest.approx(chances.sum(axis=tuple(a for a in range(4) if a != column)))
    for (above, column), own in marginals.pairs.items():
        assert own == pytest.approx(pair_of(chances, above, column))


def test_a_walk_puts_every_column_after_its_parent_and_starts_anew_where_no_pair_joins():
    walk = walk_of(5, [(3, 1), (4, 3)])
    assert walk.parent == (-1, -1, -1, 1, 3)
    assert sorted(walk.order) == [0, 1, 2, 3, 4]
    assert walk.order.index(1) < walk.order.index(3) < walk.order.index(4)


@pytest.mark.parametrize("seed", range(2))
def test_counts_of_a_tree_distribution_are_found_again(seed):
    _, alone, joint = potentials(seed)
    chances = enumerated(alone, joint)
    noisy = [Noisy((c,), 1000 * pair_of(chances, c, (c + 1) % 4).sum(axis=1), np.ones(SIZES[c])) for c in range(4)]
    noisy += [Noisy(pair, 1000 * pair_of(chances, *pair), np.ones((SIZES[pair[0]], SIZES[pair[1]]))) for pair in PAIRS]
    marginals = finish(fit_marginals(noisy, SIZES, 1000.0, 300))
    for (above, column), own in marginals.pairs.items():
        assert own == pytest.approx(pair_of(chances, above, column), abs=2e-3)


def test_contradicting_counts_are_fitted_as_well_as_a_general_optimiser_does():
    rng = np.random.default_rng(0)
    noisy = [
        Noisy((0,), np.array([70.0, 40.0]), np.array([2.0, 2.0])),
        Noisy((1,), np.array([-6.0, 50.0, 60.0]), np.array([2.0, 2.0, 5.0])),
        Noisy((0, 1), rng.normal(17, 12, (2, 3)), np.full((2, 3), 3.0)),
    ]

    def loss(shares):
        table = 100 * shares.reshape(2, 3)
        expected = (table.sum(axis=1), table.sum(axis=0), table)
        return sum(
            0.5 * (((e - one.counts) / one.deviation) ** 2).sum() for e, one in zip(expected, noisy, strict=True)
        )

    fitted = finish(fit_marginals(noisy, [2, 3], 100.0, 500)).pairs[0, 1]
    sums_to_1 = {"type": "eq", "fun": lambda shares: shares.sum() - 1}
    best = minimize(loss, np.full(6, 1 / 6), bounds=[(0, 1)] * 6, constraints=[sums_to_1], options={"ftol": 1e-12})
    assert loss(fitted.ravel()) == pytest.approx(best.fun, rel=1e-3)
    assert fitted.min() >= 0
    assert fitted.sum() == pytest.approx(1)


def test_rows_given_evidence_are_those_of_all_rows_that_meet():
    walk, alone, joint = potentials(4)
    chances = enumerated(alone, joint)
    evidence = [np.ones(2), np.array([1.0, 0.0, 0.5]), np.ones(2), np.array([0.0, 1.0, 1.0, 0.25])]
    weighted = np.einsum("abcd,a,b,c,d->abcd", chances, *evidence)
    model, share = TreeModel.of(walk, marginals_of(walk, alone, joint)).given(evidence)
    assert share == pytest.approx(weighted.sum())
    drawn = model.draw(40_000, np.random.default_rng(0))
    cells = np.ravel_multi_index(drawn, SIZES)
    shares = np.bincount(cells, minlength=48) / 40_000
    expected = (weighted / weighted.sum()).ravel()
    assert shares == pytest.approx(expected, abs=0.01)
    assert not shares[expected == 0].any()


def test_evidence_that_no_row_meets_has_no_share():
    walk, alone, joint = potentials(5)
    model = TreeModel.of(walk, marginals_of(walk, alone, joint))
    assert model.given([np.zeros(2), np.ones(3), np.ones(2), np.ones(4)])[1] == 0


def test_with_privacy_to_spare_the_pairs_are_the_maximum_spanning_tree():
    rng = np.random.default_rng(6)
    worth = {pair: float(rng.uniform(0, 500)) for pair in itertools.combinations(range(8), 2)}
    graph = networkx.Graph()
    graph.add_weighted_edges_from([(*pair, value) for pair, value in worth.items()])
    oracle = {tuple(sorted(pair)) for pair in networkx.maximum_spanning_tree(graph).edges}
    assert set(choose_pairs(worth, 8, 1e6, rng)) == oracle
