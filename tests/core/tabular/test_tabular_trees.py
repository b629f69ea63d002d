"""The parts of the tree sampler against what they must equal: scikit-learn's tree, exact shares, sums by hand."""

import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import roc_auc_score
from sklearn.tree import DecisionTreeRegressor

from core.progress import finish
from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.engines.trees.boosting import fit_head
from core.tabular.engines.trees.distinct import clashes, distinct_from
from core.tabular.engines.trees.donors import Donors, slack
from core.tabular.engines.trees.growing import grow, questions_of
from core.tabular.engines.trees.head import draw_classes
from core.tabular.engines.trees.outcomes import code_places, outcomes
from core.tabular.engines.trees.steering import steering_weights
from core.tabular.engines.trees.tree import Question
from core.tabular.plain import Condition, PlainColumn, PlainTable

SETTINGS = TreeSamplerSettings(least_leaf=20, head_rounds=60)


def test_a_tree_sends_rows_where_scikit_learn_sends_them():
    rng = np.random.default_rng(0)
    values = {"a": rng.normal(size=900), "b": rng.normal(size=900)}
    outcome = np.column_stack([np.sign(values["a"]) + values["b"] ** 2, values["a"] * values["b"]])
    tree = grow([Question("a"), Question("b")], values, outcome, TreeSamplerSettings(least_leaf=20, least_gain=0))
    answers = np.column_stack([values["a"], values["b"]]).astype(np.float32)
    oracle = DecisionTreeRegressor(min_samples_leaf=20, random_state=0).fit(answers, outcome).apply(answers)
    leaves = tree.leaves_of(values, 900)
    assert len(set(zip(leaves.tolist(), oracle.tolist(), strict=True))) == len(set(oracle)) == tree.n_leaves
    assert np.bincount(leaves).min() >= 20


def test_noise_is_not_worth_a_split():
    rng = np.random.default_rng(1)
    values = {"a": rng.normal(size=2000)}
    assert grow([Question("a")], values, rng.normal(size=(2000, 1)), TreeSamplerSettings(least_gain=20)).n_leaves == 1


@pytest.mark.parametrize("n_rows", [1, 30])
def test_few_rows_make_one_leaf(n_rows):
    values = {"a": np.arange(n_rows, dtype=np.float64)}
    tree = grow([Question("a")], values, values["a"][:, None], TreeSamplerSettings(least_leaf=20))
    assert tree.leaves_of(values, n_rows).tolist() == [0] * n_rows


def test_codes_are_ordered_by_the_outcome_that_goes_with_them():
    codes = np.repeat(np.arange(5, dtype=np.int32), 200)
    effect = np.array([3.0, -1.0, 2.0, 0.0, -2.0])
    [question] = questions_of([PlainColumn("c", n_codes=5)], {"c": codes}, effect[codes][:, None])
    order = np.argsort(question.places)
    assert order.tolist() in (np.argsort(effect).tolist(), np.argsort(-effect).tolist())


def test_many_codes_are_told_apart_by_what_goes_with_them():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 40, 4000).astype(np.int32)
    other = (codes % 2) * 3.0 + rng.normal(size=4000)
    columns = (PlainColumn("c", n_codes=40), PlainColumn("x", low=-9, high=9))
    outcome = outcomes(PlainTable(columns, {"c": codes, "x": other}), most_flagged=8, most_embedded=8)["c"]
    odd, even = outcome[codes % 2 == 1, 0], outcome[codes % 2 == 0, 0]
    assert odd.max() < even.min() or even.max() < odd.min()
    assert outcome.var(axis=0).sum() == pytest.approx(1)


def test_a_code_that_never_occurs_is_placed_at_the_mean():
    places = code_places(np.array([0, 0, 2, 2], dtype=np.int32), 3, np.array([[1.0], [1.0], [5.0], [5.0]]), 1)
    assert places[1, 0] == 0
    assert places[0, 0] * places[2, 0] < 0


def test_rows_of_a_leaf_are_drawn_alike_and_by_weight():
    donors = Donors.by_leaf(np.array([1, 0, 1, 1, 0], dtype=np.int32), 2)
    chances = (np.arange(1200) + 0.5) / 1200
    ones = np.ones(1200, dtype=np.int32)
    assert np.bincount(donors.draw(ones, chances)).tolist() == [400, 0, 400, 400]
    weights = np.array([1.0, 7.0, 0.0, 3.0, 7.0])
    assert np.bincount(donors.draw_weighted(ones, chances, weights)).tolist() == [300, 0, 0, 900]


def test_a_leaf_without_weight_is_drawn_from_all_the_same():
    donors = Donors.by_leaf(np.array([0, 0, 1], dtype=np.int32), 2)
    drawn = donors.draw_weighted(np.zeros(10, dtype=np.int32), np.linspace(0, 0.99, 10), np.array([0.0, 0.0, 1.0]))
    assert set(drawn.tolist()) == {0, 1}


def test_only_a_number_seen_once_may_move_and_no_further_than_halfway_to_a_neighbour():
    numbers = np.array([0.0, 0.0, 1.0, 1.5, 4.0, 9.0])
    moves = slack(PlainColumn("x", low=0, high=9), numbers)
    assert moves.tolist() == [0, 0, 0.25, 0.25, 1.25, 0]  # the ends have one neighbour, and stay


def test_chances_follow_a_known_model():
    rng = np.random.default_rng(3)
    values = {"x": rng.normal(size=4000), "c": rng.integers(0, 4, 4000).astype(np.int32)}
    truth = expit(-2 + 1.2 * values["x"] + np.array([0.0, 1.0, -1.0, 0.5])[values["c"]])
    classes = (rng.random(4000) < truth).astype(np.int32)
    columns = [PlainColumn("x", low=-9, high=9), PlainColumn("c", n_codes=4)]
    chances = finish(fit_head(columns, values, classes, 2, SETTINGS, np.random.default_rng(0))).chances(values, 4000)
    assert np.allclose(chances.sum(axis=1), 1)
    assert chances[:, 1].mean() == pytest.approx(classes.mean(), abs=0.01)
    assert np.abs(chances[:, 1] - truth).mean() < 0.03


def test_three_classes_have_chances_of_their_own():
    rng = np.random.default_rng(4)
    values = {"x": rng.uniform(0, 3, 3000)}
    classes = np.floor(values["x"]).astype(np.int32)
    head = finish(fit_head([PlainColumn("x", low=0, high=3)], values, classes, 3, SETTINGS, np.random.default_rng(0)))
    assert (head.chances(values, 3000).argmax(axis=1) == classes).mean() > 0.97


def test_a_rare_code_does_not_tell_a_row_its_own_class():
    rng = np.random.default_rng(5)
    values = {"c": rng.integers(0, 500, 1500).astype(np.int32)}
    classes = (rng.random(1500) < 0.1).astype(np.int32)
    head = finish(fit_head([PlainColumn("c", n_codes=500)], values, classes, 2, SETTINGS, np.random.default_rng(0)))
    told = np.bincount(values["c"], weights=classes, minlength=500)[values["c"]]
    assert roc_auc_score(classes, told) > 0.85  # what counting the row itself would do
    assert head.chances(values, 1500)[:, 1].std() < 0.05


def test_a_target_without_other_columns_has_its_shares():
    classes = np.array([0, 0, 0, 1], dtype=np.int32)
    head = finish(fit_head([], {}, classes, 2, SETTINGS, np.random.default_rng(0)))
    assert head.chances({}, 2) == pytest.approx(np.array([[0.7, 0.3], [0.7, 0.3]]))


def test_classes_are_drawn_by_their_chances_and_only_the_wanted_ones():
    chances = np.tile([0.5, 0.2, 0.3], (1000, 1))
    random = (np.arange(1000) + 0.5) / 1000
    assert np.bincount(draw_classes(chances, [], random)).tolist() == [500, 200, 300]
    assert np.bincount(draw_classes(chances, [1, 2], random)).tolist() == [0, 400, 600]


def test_weights_are_hard_on_the_own_column_and_soft_before_it():
    columns = (PlainColumn("a", n_codes=2), PlainColumn("b", n_codes=2), PlainColumn("c", n_codes=2))
    values = {
        "a": np.array([0, 0, 1, 1], dtype=np.int32),
        "b": np.array([0, 1, 0, 1], dtype=np.int32),
        "c": np.zeros(4, dtype=np.int32),
    }
    weights = steering_weights(PlainTable(columns, values), [Condition("b", frozenset({1}))], None)
    assert list(weights) == ["b", "a"]  # a column after the last condition is drawn as ever
    assert weights["b"].tolist() == [0, 1, 0, 1]
    assert weights["a"][1] > 20 * weights["a"][0] > 0


def test_slots_of_a_list_without_repeats_are_kept_apart_and_unrelated_columns_are_not():
    rng = np.random.default_rng(6)
    ranked = np.argsort(rng.random((2000, 6)), axis=1).astype(np.int32)
    values = {"one": ranked[:, 0], "two": ranked[:, 1], "free": rng.integers(0, 6, 2000).astype(np.int32)}
    ended = rng.random(2000) < 0.3
    values["one"], values["two"] = (np.where(ended, 6, values[name]).astype(np.int32) for name in ("one", "two"))
    one, two, free = (PlainColumn(name, n_codes=7) for name in ("one", "two", "free"))
    [rule] = distinct_from(two, [one, free], values)
    assert rule.earlier == "one"
    assert rule.codes.tolist() == [True] * 6 + [False]  # an ended list may hold nothing twice
    drawn = {"one": np.array([0, 0, 6], dtype=np.int32)}
    assert clashes(np.array([0, 1, 6], dtype=np.int32), [rule], drawn).tolist() == [0]
