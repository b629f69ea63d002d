"""One contract for all families of predictors, whatever they are made of.

A family whose usual settings are too slow for this small set names smaller ones in `QUICK`.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Final

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from core.errors import ValenceError
from core.models.encoders import drop_modality
from core.models.protocol import Family, FittedModel, Track, TrainingStep
from core.models.registry import FAMILIES, missing_libraries
from core.models.scores import score_probabilities
from core.models.tables import CampaignRows, SignedEdges, TrainingSet
from core.progress import finish

SEED: Final = 11
N_FEW: Final = 500  # rows of the fits that are about anything but the score
MAJORITY: Final = "majority"

QUICK: Final[Mapping[str, Mapping[str, Any]]] = {
    "hierarchical-lightgbm": {
        "search": {"n_trials": 2, "search_rows": 600},
        "first": {"n_estimators": 30},
        "later": {"n_estimators": 30},
    },
    "shared-latent": {
        "trainer": {"epochs": 12, "patience": 4},
        "search": {"n_trials": 2, "search_rows": 400, "search_epochs": 1},
        "batch_sizes": [64, 128],
        "learning_rate": 0.003,
    },
    "robust-modality": {
        "trainer": {"epochs": 12, "patience": 4},
        "search": {"n_trials": 2, "search_rows": 400, "search_epochs": 1},
        "batch_size": 64,
        "projection": 48,
        "hidden": 64,
        "learning_rate": 0.003,
    },
    "pair-interaction": {"trainer": {"epochs": 15, "patience": 5}, "width": 12, "batch_size": 64},
}
"""Settings by family; all others are the defaults."""

ORDER_FREE: Final = {"majority", "edge-count"}
"""Families that claim the same result, to 1e-6, for any order of the attributes in their table."""


@pytest.fixture(scope="module", params=list(FAMILIES))
def family(request: pytest.FixtureRequest) -> Family:
    found = FAMILIES[request.param]
    if missing := missing_libraries(found):
        pytest.skip(f"{found.title} needs {', '.join(missing)}")
    return found


@pytest.fixture(scope="module")
def model(family: Family, made_up: Any) -> FittedModel:
    return fit(family, made_up.training)


@pytest.fixture(scope="module")
def few(made_up: Any) -> TrainingSet:
    return made_up.training.take(np.arange(N_FEW))


@pytest.fixture(scope="module")
def few_model(family: Family, few: TrainingSet) -> FittedModel:
    return fit(family, few)


def settings_of(family: Family) -> Any:
    return family.settings.model_validate(QUICK.get(family.name, {}))


def fit(family: Family, training: TrainingSet, seed: int = SEED) -> FittedModel:
    return fit_and_steps(family, training, seed)[0]


def fit_and_steps(family: Family, training: TrainingSet, seed: int = SEED) -> tuple[FittedModel, list[TrainingStep]]:
    steps = []
    training_steps = family.fit(training, settings_of(family), seed)
    return finish(training_steps, steps.append), steps


def assert_are_chances(chances: NDArray[np.float64], n_rows: int, n_labels: int) -> None:
    assert chances.shape == (n_rows, n_labels)
    assert chances.dtype == np.float64
    assert np.isfinite(chances).all()
    assert (chances >= 0).all()
    np.testing.assert_allclose(chances.sum(axis=1), 1, atol=1e-6)


def macro_f1(model: FittedModel, test: TrainingSet) -> float:
    return score_probabilities(model.probabilities(test.rows), test.label).macro_f1


def test_probabilities_are_chances_of_every_label(model: FittedModel, made_up: Any) -> None:
    assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), len(made_up.training.labels))


def test_it_beats_the_majority(family: Family, model: FittedModel, made_up: Any) -> None:
    score = macro_f1(model, made_up.test)
    floor = macro_f1(fit(FAMILIES[MAJORITY], made_up.training), made_up.test)
    assert score == floor if family.name == MAJORITY else score > floor + 0.25


def test_the_same_seed_gives_the_same_probabilities(
    family: Family, few: TrainingSet, few_model: FittedModel, made_up: Any
) -> None:
    again = fit(family, few)
    expected = few_model.probabilities(made_up.test.rows)
    np.testing.assert_array_equal(again.probabilities(made_up.test.rows), expected)
    np.testing.assert_array_equal(
        few_model.probabilities(made_up.test.rows), expected
    )  # and predicting changes nothing


def test_a_row_is_judged_by_itself(model: FittedModel, made_up: Any) -> None:
    rows = made_up.test.rows
    together = model.probabilities(rows)
    some = np.array([7, 3, 3, 41])
    np.testing.assert_allclose(model.probabilities(rows.take(some)), together[some], atol=1e-5)
    alone = np.vstack([model.probabilities(rows.take(np.array([row]))) for row in range(5)])
    np.testing.assert_allclose(alone, together[:5], atol=1e-5)


def test_rows_without_a_modality_have_probabilities(model: FittedModel, made_up: Any) -> None:
    table = made_up.training.attributes
    for modality in range(len(table.modalities)):
        rows = drop_modality(table, made_up.test.rows, modality)
        assert_are_chances(model.probabilities(rows), len(rows), 3)


def test_empty_rows_and_no_rows_have_probabilities(model: FittedModel, made_up: Any) -> None:
    none = np.zeros(0, dtype=np.int32)
    assert_are_chances(model.probabilities(CampaignRows(none, np.zeros(4, dtype=np.int64))), 3, 3)
    assert_are_chances(model.probabilities(CampaignRows(none, np.zeros(1, dtype=np.int64))), 0, 3)
    first = made_up.test.rows.take(np.array([0]))
    mixed = CampaignRows(first.nodes, np.array([0, 0, len(first.nodes)]))
    np.testing.assert_allclose(model.probabilities(mixed)[1:], model.probabilities(first), atol=1e-5)


def test_rows_of_one_attribute_have_probabilities(model: FittedModel, made_up: Any) -> None:
    every = np.arange(len(made_up.training.attributes), dtype=np.int32)
    assert_are_chances(model.probabilities(CampaignRows(every, np.arange(len(every) + 1))), len(every), 3)


def test_rows_with_more_of_a_modality_than_in_training_have_probabilities(model: FittedModel, made_up: Any) -> None:
    every = np.arange(len(made_up.training.attributes), dtype=np.int32)
    assert_are_chances(model.probabilities(CampaignRows(every, np.array([0, len(every)]))), 1, 3)


def test_attributes_never_seen_in_training_have_probabilities(family: Family, few: TrainingSet, made_up: Any) -> None:
    """A third of every modality is new, and of the last one all of it."""
    table = few.attributes
    unseen = (np.arange(len(table)) % 3 == 0) | (table.modality == len(table.modalities) - 1)
    training = replace(few, rows=few.rows.keep(~unseen[few.rows.nodes]))
    model = fit(family, training)
    assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), 3)
    only_new = made_up.test.rows.keep(unseen[made_up.test.rows.nodes])
    assert_are_chances(model.probabilities(only_new), len(only_new), 3)


def test_training_rows_may_lack_modalities_or_everything(family: Family, few: TrainingSet, made_up: Any) -> None:
    kept = np.random.default_rng(2).random(len(few.rows.nodes)) < 0.5
    kept &= few.rows.row_of_node() >= 5  # the first rows are empty
    model = fit(family, replace(few, rows=few.rows.keep(kept)))
    assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), 3)


def test_two_labels_are_enough(family: Family, few: TrainingSet, made_up: Any) -> None:
    training = replace(few.take(np.flatnonzero(few.label < 2)), labels=few.labels[:2])
    test = made_up.test.take(np.flatnonzero(made_up.test.label < 2))
    model = fit(family, training)
    assert_are_chances(model.probabilities(test.rows), len(test), 2)
    assert family.name == MAJORITY or macro_f1(model, test) > 0.6


def test_a_label_may_have_no_rows(family: Family, few: TrainingSet, made_up: Any) -> None:
    model = fit(family, few.take(np.flatnonzero(few.label != 1)))
    chances = model.probabilities(made_up.test.rows)
    assert_are_chances(chances, len(made_up.test), 3)
    assert not (chances.argmax(axis=1) == 1).any()


def test_labels_may_be_of_very_unequal_size(family: Family, made_up: Any) -> None:
    training = made_up.training
    some = [np.flatnonzero(training.label == label)[:n] for label, n in enumerate((700, 80, 9))]
    model = fit(family, training.take(np.sort(np.concatenate(some))))
    assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), 3)


def test_a_label_may_have_one_row(family: Family, few: TrainingSet, made_up: Any) -> None:
    some = np.sort(np.concatenate([np.flatnonzero(few.label < 2), np.flatnonzero(few.label == 2)[:1]]))
    model = fit(family, few.take(some))
    assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), 3)


def test_one_label_is_refused(family: Family, few: TrainingSet) -> None:
    with pytest.raises(ValenceError, match="label"):
        fit(family, few.take(np.flatnonzero(few.label == 1)))


def test_no_rows_are_refused(family: Family, few: TrainingSet) -> None:
    with pytest.raises(ValenceError, match="no training rows"):
        fit(family, few.take(np.zeros(0, dtype=np.int64)))


def test_names_and_order_of_labels_do_not_matter(family: Family, model: FittedModel, made_up: Any) -> None:
    place = np.array([2, 0, 1], dtype=np.int32)  # the new place of each label
    names = ("zeta", "böse", "0")
    renamed = fit(family, replace(made_up.training, labels=names, label=place[made_up.training.label]))
    test = replace(made_up.test, label=place[made_up.test.label])
    assert macro_f1(renamed, test) == pytest.approx(macro_f1(model, made_up.test), abs=0.08)


def test_order_of_attributes_in_the_table_does_not_matter(family: Family, model: FittedModel, made_up: Any) -> None:
    order = np.random.default_rng(8).permutation(len(made_up.training.attributes))
    shuffled = fit(family, reordered(made_up.training, order))
    test = reordered(made_up.test, order)
    expected = model.probabilities(made_up.test.rows)
    if family.name in ORDER_FREE:
        np.testing.assert_allclose(shuffled.probabilities(test.rows), expected, atol=1e-6)
    else:
        assert macro_f1(shuffled, test) == pytest.approx(macro_f1(model, made_up.test), abs=0.06)


def test_steps_say_how_far_training_has_come(family: Family, few: TrainingSet) -> None:
    _, steps = fit_and_steps(family, few)
    assert steps
    assert all(isinstance(step, TrainingStep) for step in steps)
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert len({step.total for step in steps}) == 1
    assert done[-1] == steps[-1].total
    assert all(np.isfinite(value) for step in steps for value in step.measures.values())


def test_closing_the_generator_stops_it(family: Family, few: TrainingSet) -> None:
    steps = family.fit(few, settings_of(family), SEED)
    next(steps)
    steps.close()
    with pytest.raises(StopIteration):
        next(steps)


def test_nothing_of_the_training_set_is_changed(family: Family, made_up: Any, few: TrainingSet) -> None:
    before = bytes_of(few)
    model = fit(family, few)
    model.probabilities(made_up.test.rows)
    assert bytes_of(few) == before


def test_global_randomness_neither_matters_nor_is_touched(
    family: Family, few: TrainingSet, few_model: FittedModel, made_up: Any
) -> None:
    np.random.seed(1)
    state = np.random.get_state()[1].tolist()
    model = fit(family, few)
    assert np.random.get_state()[1].tolist() == state
    np.testing.assert_array_equal(model.probabilities(made_up.test.rows), few_model.probabilities(made_up.test.rows))


def test_the_edges_are_for_the_graph_aware_track_alone(
    family: Family, few: TrainingSet, few_model: FittedModel, made_up: Any
) -> None:
    without = replace(few, edges=None)
    if family.track is Track.GRAPH_AWARE:
        with pytest.raises(ValenceError, match="edges"):
            fit(family, without)
    else:
        np.testing.assert_array_equal(
            fit(family, without).probabilities(made_up.test.rows), few_model.probabilities(made_up.test.rows)
        )


@pytest.mark.parametrize("width", [0, 8])
def test_where_no_vector_is_known_it_works_or_says_why_not(
    family: Family, few: TrainingSet, made_up: Any, width: int
) -> None:
    """Vectors of zeros, and no vectors at all."""
    table = replace(few.attributes, vectors=np.zeros((len(few.attributes), width), dtype=np.float32))
    training = replace(few, attributes=table)
    try:
        model = fit(family, training)
    except ValenceError as error:
        assert error.fix
    else:
        assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), 3)


def test_the_vectors_of_one_modality_may_be_unknown(family: Family, few: TrainingSet, made_up: Any) -> None:
    vectors = few.attributes.vectors.copy()
    vectors[few.attributes.modality == 1] = 0
    model = fit(family, replace(few, attributes=replace(few.attributes, vectors=vectors)))
    assert_are_chances(model.probabilities(made_up.test.rows), len(made_up.test), 3)


def test_settings_are_frozen_and_refuse_what_they_do_not_know(family: Family) -> None:
    settings = settings_of(family)
    assert family.settings.model_validate_json(settings.model_dump_json()) == settings
    with pytest.raises(ValidationError, match="no_such_setting"):
        family.settings.model_validate({"no_such_setting": 1})
    for name in family.settings.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(settings, name, None)


def test_a_search_leaves_settings_that_need_none(family: Family, few: TrainingSet, few_model: FittedModel) -> None:
    """Further fits of the same training, such as those of a learning curve, start from what was found."""
    if not hasattr(settings_of(family), "search"):
        pytest.skip("nothing is searched")
    found = few_model.found
    assert isinstance(found, family.settings)
    assert found.search.n_trials == 0
    again = drained(family.fit(few, found, SEED))
    assert again.found == found


def drained(training: Any) -> Any:
    return finish(training)


def reordered(training: TrainingSet, order: NDArray[np.int64]) -> TrainingSet:
    """The same rows with a table in another order: `order[new place] = old place`."""
    table = training.attributes
    names = {name: tuple(getattr(table, name)[old] for old in order) for name in ("ids", "values", "texts")}
    columns = {name: getattr(table, name)[order] for name in ("modality", "attribute_type", "vectors")}
    place = np.empty(len(order), dtype=np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    edges = training.edges
    return replace(
        training,
        attributes=replace(table, **names, **columns),
        rows=CampaignRows(place[training.rows.nodes], training.rows.offsets),
        edges=edges and SignedEdges(place[edges.source], place[edges.target], edges.sign),
    )


def bytes_of(value: Any) -> Any:
    """All that a value holds, arrays as their bytes."""
    if isinstance(value, np.ndarray):
        return value.tobytes()
    if is_dataclass(value):
        return {field.name: bytes_of(getattr(value, field.name)) for field in fields(value)}
    return value
