"""The staged trees: their order, their thresholds, and what a search leaves."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput, ValenceError
from core.models import hierarchical_lightgbm as hierarchical
from core.models.hierarchical_lightgbm import HierarchicalSettings, fit
from core.models.staged_trees import Span, StageSettings, TreeGrower
from core.models.tables import TrainingSet
from core.models.tree_features import tree_features
from core.progress import finish

QUICK = {"search": {"n_trials": 0}, "first": {"n_estimators": 12}, "later": {"n_estimators": 12}}


def fitted(training: TrainingSet, seed: int = 1, **changes: Any) -> Any:
    return drained(fit(training, HierarchicalSettings.model_validate(QUICK | changes), seed))


def drained(steps: Any) -> Any:
    return finish(steps)


class Stage:
    """Stands for a booster: the chances it gives."""

    def __init__(self, chances: np.ndarray) -> None:
        self.chances = chances

    def predict(self, table: np.ndarray, **_: Any) -> np.ndarray:
        return self.chances[: len(table)]


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 5), st.floats(0.05, 0.95), st.integers(0, 10_000))
def test_the_likeliest_label_is_the_one_that_the_stages_name(n_labels: int, threshold: float, seed: int) -> None:
    """Walk the stages as the publication does: the first that reaches its threshold names the row."""
    rng = np.random.default_rng(seed)
    stages = [rng.random(50) for _ in range(n_labels - 1)]
    order = rng.permutation(n_labels).tolist()
    found = HierarchicalSettings(pos_threshold=threshold)
    model = SimpleNamespace(stages=[Stage(s) for s in stages], order=order, n_labels=n_labels, found=found)
    chances = hierarchical._joined(model, np.zeros((50, 1)))
    np.testing.assert_allclose(chances.sum(axis=1), 1)
    for row in range(50):
        reached = (p[row] >= (0.5 if stage else threshold) for stage, p in enumerate(stages))
        named = next((stage for stage, hit in enumerate(reached) if hit), n_labels - 1)
        assert chances[row].argmax() == order[named]


def test_with_even_thresholds_two_labels_keep_the_chances_of_the_trees() -> None:
    p = np.array([0.2, 0.5, 0.9])
    model = SimpleNamespace(stages=[Stage(p)], order=(1, 0), n_labels=2, found=HierarchicalSettings())
    np.testing.assert_allclose(hierarchical._joined(model, np.zeros((3, 1))), np.column_stack((1 - p, p)))


def test_published_names_are_parted_in_the_published_order(made_up: Any) -> None:
    few = made_up.training.take(np.arange(300))
    names = few.labels
    assert [names[place] for place in fitted(few).order] == ["pos", "neg", "avg"]
    place = np.array([1, 2, 0], dtype=np.int32)
    moved = replace(few, labels=("avg", "pos", "neg"), label=place[few.label])
    assert fitted(moved).order == (1, 2, 0)
    np.testing.assert_array_equal(
        fitted(moved).probabilities(made_up.test.rows)[:, place], fitted(few).probabilities(made_up.test.rows)
    )


def test_other_names_are_parted_in_their_own_order_or_as_told(made_up: Any) -> None:
    few = replace(made_up.training.take(np.arange(300)), labels=("c", "a", "b"))
    assert fitted(few).order == (0, 1, 2)
    assert fitted(few, order=("b", "c", "a")).order == (2, 0, 1)


@pytest.mark.parametrize("order", [("pos", "neg"), ("pos", "neg", "avg", "avg"), ("pos", "neg", "mean")])
def test_an_order_that_does_not_name_the_labels_is_refused(made_up: Any, order: tuple[str, ...]) -> None:
    with pytest.raises(InvalidInput, match=r"order: .*the labels are pos, neg, avg"):
        fitted(made_up.training, order=order)


def test_no_label_keeps_more_than_its_share_of_the_rarest() -> None:
    label = np.repeat([0, 1, 3], [100, 10, 14]).astype(np.int32)
    kept = hierarchical._balanced(label, (3, 0, 1), 1.4, 5)
    assert np.bincount(label[kept]).tolist() == [14, 10, 0, 14]
    assert kept.tolist() == sorted(set(kept.tolist()))
    np.testing.assert_array_equal(kept, hierarchical._balanced(label, (3, 0, 1), 1.4, 5))


def test_a_search_keeps_the_best_of_what_it_tried(made_up: Any) -> None:
    few = made_up.training.take(np.arange(500))
    settings = HierarchicalSettings.model_validate({**QUICK, "search": {"n_trials": 3, "search_rows": 400}})
    measured, steps = [], fit(few, settings, 4)
    while True:
        try:
            step = next(steps)
        except StopIteration as end:
            model = end.value
            break
        if step.measures:
            measured.append((step.measures["weighted F1"], step.measures["best weighted F1"]))
    assert len(measured) == 3
    assert [best for _, best in measured] == np.maximum.accumulate([score for score, _ in measured]).tolist()
    assert model.found.search.n_trials == 0
    assert {model.found.first.n_estimators, model.found.later.n_estimators} != {
        12
    }  # 12 lies outside the searched space


def test_the_number_of_threads_changes_nothing(made_up: Any) -> None:
    few = made_up.training.take(np.arange(600))
    one, two = (fitted(few, n_threads=n).probabilities(made_up.test.rows) for n in (1, 2))
    np.testing.assert_array_equal(one, two)


def test_rows_that_say_nothing_are_refused(made_up: Any) -> None:
    table = made_up.training.attributes
    several = np.isin(table.modality, [1, 2])  # audience and geo, several in a row
    rows = made_up.training.rows
    training = replace(
        made_up.training,
        rows=rows.keep(several[rows.nodes]),
        attributes=replace(table, vectors=np.zeros_like(table.vectors)),
    )
    with pytest.raises(ValenceError, match="Nothing is known"):
        fitted(training)


def test_weights_that_weigh_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="f1_weights"):
        HierarchicalSettings(f1_weights=(0, 0, 0))


def test_a_later_stage_learns_from_what_earlier_ones_left(made_up: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stage 1 parts neg from all rows, stage 2 pos from those that are not neg, and no label is left out."""
    few = made_up.training.take(np.arange(300))
    seen = []
    grow = TreeGrower.grow

    def watched(self: Any, prepared: Any, *others: Any) -> Any:
        seen.extend((data.num_data(), int(data.get_label().sum())) for data in prepared)
        return grow(self, prepared, *others)

    monkeypatch.setattr(TreeGrower, "grow", watched)
    fitted(few, order=("neg", "pos", "avg"), most_ratio=100)
    n_pos, n_neg, _ = np.bincount(few.label)
    assert seen == [(300, n_neg), (300 - n_neg, n_pos)]


def test_one_binned_table_serves_every_size_of_leaf(made_up: Any) -> None:
    """What a search shares between its trials changes none of them."""
    few = made_up.training.take(np.arange(400))
    table = tree_features(few.attributes, few.rows, 0).encode(few.rows)
    grower = TreeGrower(3, 1, 63, 0.5, ())
    shared = grower.prepare(table, few.label, (0, 1, 2))
    for least in (40, 2, 20):
        settings = (StageSettings(n_estimators=6, min_data_in_leaf=least),)
        one, other = (
            drained(grower.grow(data, settings, Span(0, 1, 1)))
            for data in (shared, grower.prepare(table, few.label, (0, 1, 2)))
        )
        for mine, fresh in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine.predict(table), fresh.predict(table))
