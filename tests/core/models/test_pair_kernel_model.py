"""The pair kernel model on rows of a graph that it never sees."""

from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from core.errors import NotFound
from core.models.holdout import hold_out
from core.models.pair_kernel.contrasts import targets
from core.models.pair_kernel.edge_table import LabelPair, contrast_of_pairs, label_pair
from core.models.pair_kernel.fitting import fit
from core.models.pair_kernel.kernel import pair_kernel
from core.models.pair_kernel.layout import pair_layout, row_pairs
from core.models.pair_kernel.model import PairKernelModel
from core.models.pair_kernel.settings import Flips, KernelWeights, PairKernelSettings
from core.models.pair_kernel.solving import conjugate_gradients
from core.models.pair_kernel.system import RowSystem, main_effects_preconditioner
from core.models.pair_kernel.weights import _without_some_attributes, choose_weights
from core.models.scores import score_probabilities
from core.models.tables import TrainingSet
from core.progress import finish

WEIGHTS = KernelWeights(noise=0.02)
QUICK = PairKernelSettings(weights=WEIGHTS)


def _trained(training: TrainingSet, settings: PairKernelSettings = QUICK, seed: int = 1) -> PairKernelModel:
    steps = fit(training, settings, seed)
    shown = []
    while True:
        try:
            shown.append(next(steps))
        except StopIteration as end:
            assert [step.done for step in shown] == sorted(step.done for step in shown)
            assert shown[-1].done == shown[-1].total
            return end.value


@pytest.fixture(scope="module")
def model(made_up: object) -> PairKernelModel:
    return _trained(made_up.training)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def training(made_up: object) -> TrainingSet:
    return made_up.training  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def test(made_up: object) -> TrainingSet:
    return made_up.test  # type: ignore[attr-defined]


def _score(model: PairKernelModel, rows: TrainingSet) -> float:
    return score_probabilities(model.probabilities(rows.rows), rows.label).macro_f1


def test_it_reads_labels_from_pairs(model: PairKernelModel, test: TrainingSet) -> None:
    scored = score_probabilities(model.probabilities(test.rows), test.label)
    assert scored.macro_f1 > 0.8
    assert scored.ece < 0.06
    assert model.notes == ()


def test_estimates_are_the_closed_form(training: TrainingSet) -> None:
    few = training.take(np.arange(300))
    model = _trained(few, QUICK.model_copy(update={"tolerance": 1e-5}))
    system = RowSystem(model.learnt.kernel, row_pairs(model.layout, few.rows))
    dense = system.apply(np.eye(300))
    exact = np.linalg.solve((dense + dense.T) / 2, targets(few.label, 3))
    np.testing.assert_allclose(model.of_pairs, system.spread(exact), atol=2e-3 * np.abs(model.of_pairs).max())


def test_any_number_of_threads_gives_the_same_bytes(training: TrainingSet, test: TrainingSet) -> None:
    few = training.take(np.arange(600))
    made = []
    for n_threads in (1, 2):
        with threadpool_limits(n_threads):
            model = _trained(few, PairKernelSettings(search_rows=200))
            made.append((model.of_pairs.tobytes(), model.probabilities(test.rows).tobytes(), model.found))
    assert made[0] == made[1]


def test_attributes_that_no_row_held_are_judged_by_their_content(training: TrainingSet) -> None:
    new = np.zeros(len(training.attributes), dtype=np.bool_)
    new[np.random.default_rng(3).permutation(len(new))[: len(new) // 10]] = True
    known = training.take(np.flatnonzero(~_holding(training, new)))
    vectors = np.zeros((len(new), 0), dtype=np.float32)
    nameless = replace(known, attributes=replace(known.attributes, vectors=vectors))
    settings = QUICK.model_copy(update={"weights": KernelWeights(content=1.0, noise=0.02)})
    told, blind = (_agreement_on(new, _trained(rows, settings), training) for rows in (known, nameless))
    assert told > blind + 0.05


def _holding(rows: TrainingSet, wanted: np.ndarray) -> np.ndarray:
    return np.bincount(rows.rows.row_of_node()[wanted[rows.rows.nodes]], minlength=len(rows)) > 0


def _agreement_on(new: np.ndarray, model: PairKernelModel, training: TrainingSet) -> float:
    """How estimates of new attributes' pairs go with their true signs: the correlation."""
    source, target = model.layout.pair_ends(np.arange(model.layout.n_pairs))
    mean = contrast_of_pairs(model.of_pairs, LabelPair(0, 1), 3)
    asked = new[source] | new[target]
    return float(np.corrcoef(mean[asked], _signs(training, source, target)[asked])[0, 1])


def _signs(training: TrainingSet, source: np.ndarray, target: np.ndarray) -> np.ndarray:
    edges = training.edges
    assert edges is not None
    table = np.zeros((len(training.attributes), len(training.attributes)), dtype=np.int8)
    table[edges.source, edges.target] = table[edges.target, edges.source] = edges.sign
    return table[source, target]


@pytest.mark.parametrize("modality", range(5))
def test_a_missing_modality_does_not_break_it(model: PairKernelModel, test: TrainingSet, modality: int) -> None:
    kept = test.rows.keep(test.attributes.modality[test.rows.nodes] != modality)
    scored = score_probabilities(model.probabilities(kept), test.label)
    majority = np.bincount(test.label).max() / len(test)
    assert scored.accuracy > majority + 0.05
    assert scored.ece < 0.12


def test_flipped_labels_are_noticed_and_undone_unless_they_are_to_be_kept(
    training: TrainingSet, test: TrainingSet
) -> None:
    rng = np.random.default_rng(4)
    wrong = rng.random(len(training)) < 0.15
    label = np.where(wrong, (training.label + rng.integers(1, 3, len(training))) % 3, training.label)
    noisy = replace(training, label=label.astype(np.int32))
    half = QUICK.model_copy(update={"held_out": 0.4})  # few rows say little of rare flips
    undone = _trained(noisy, half)
    kept = _trained(noisy, half.model_copy(update={"flips": Flips.KEPT}))
    assert 0.08 < undone.head.flipped < 0.22
    assert "training labels seem to be another label's" in undone.notes[0]
    sure = [model.probabilities(test.rows).max(axis=1).mean() for model in (undone, kept)]
    assert sure[0] > sure[1] + 0.05


def test_the_table_of_pairs_finds_the_signs(model: PairKernelModel, training: TrainingSet) -> None:
    estimates = model.estimated_pairs()
    assert (estimates.spoken_for, estimates.spoken_against) == ("pos", "neg")
    assert len(estimates.mean) == model.layout.n_pairs  # fewer than are listed
    true = _signs(training, estimates.source, estimates.target)
    surest = slice(0, len(true) // 10)
    assert np.mean(np.sign(estimates.mean[surest]) == true[surest]) > 0.9
    certainty = np.abs(estimates.mean) / estimates.deviation
    assert np.all(np.diff(certainty) <= 1e-3)
    assert np.all(estimates.deviation > 0)


def test_what_is_spoken_for_can_be_named(training: TrainingSet) -> None:
    few = training.take(np.arange(400))
    named = QUICK.model_copy(update={"spoken_for": "neg", "n_pairs": 7, "n_samples": 2})
    turned = _trained(few, named).estimated_pairs()
    plain = _trained(few, named.model_copy(update={"spoken_for": ""})).estimated_pairs()
    assert (turned.spoken_for, turned.spoken_against) == ("neg", "pos")
    assert len(turned.mean) == 7
    np.testing.assert_allclose(turned.mean, -plain.mean, rtol=1e-5)


@pytest.mark.parametrize("names", [{"spoken_for": "good"}, {"spoken_for": "pos", "spoken_against": "pos"}])
def test_labels_that_are_not_there_are_told_before_any_work(training: TrainingSet, names: dict[str, str]) -> None:
    with pytest.raises(NotFound, match="pos, neg, avg"):
        next(fit(training, QUICK.model_copy(update=names), 0))


def test_the_labels_furthest_apart_are_told_from_each_other() -> None:
    estimates = np.array([[0.0], [1.0], [5.0], [2.0]])
    label = np.array([0, 1, 2, 3], dtype=np.int32)
    labels = ("a", "b", "c", "d")
    assert label_pair(labels, "", "", estimates, label) == LabelPair(0, 2)
    assert label_pair(labels, "d", "", estimates, label) == LabelPair(3, 2)
    assert label_pair(labels, "", "a", estimates, label) == LabelPair(2, 0)


def test_the_weights_chosen_are_the_best_that_were_tried(training: TrainingSet) -> None:
    choosing = choose_weights(training, pair_layout(training.attributes), 400, 0)
    trials, chosen = [], None
    while chosen is None:
        try:
            trials.append(next(choosing))
        except StopIteration as end:
            chosen = end.value
    assert chosen == min(trials, key=lambda trial: trial.unexplained).weights
    assert len({trial.weights for trial in trials}) == len(trials)
    assert min(trial.unexplained for trial in trials) < 1.0


def test_what_a_trial_leaves_unexplained_is_the_error_on_rows_set_aside(training: TrainingSet) -> None:
    few = training.take(np.arange(300))
    layout = pair_layout(few.attributes)
    first = next(choose_weights(few, layout, 300, 5))
    parts = hold_out(few, 0.3, 5)
    kernel = pair_kernel(few.attributes, layout, first.weights)
    told, asked = _without_some_attributes(few.take(parts.fit), 5), few.take(parts.valid)
    assert 0.4 * len(parts.fit) < len(told) < 0.9 * len(parts.fit)
    assert len(np.unique(told.rows.nodes)) < len(np.unique(few.take(parts.fit).rows.nodes))
    system = RowSystem(kernel, row_pairs(layout, told.rows))
    right = targets(told.label, 3)
    solved = finish(conjugate_gradients(system.apply, right, np.zeros_like(right), 1e-6, 2_000))
    wanted = targets(asked.label, 3)
    estimates = RowSystem(kernel, row_pairs(layout, asked.rows)).means(system.spread(solved.values))
    error = ((wanted - estimates) ** 2).sum() / (wanted**2).sum()
    assert first.unexplained == pytest.approx(error, rel=0.02)


def test_knowing_each_attributes_own_effect_saves_iterations(training: TrainingSet) -> None:
    few = training.take(np.arange(800))
    layout = pair_layout(few.attributes)
    weights = KernelWeights(shared=1.0, noise=1e-3)
    system = RowSystem(pair_kernel(few.attributes, layout, weights), row_pairs(layout, few.rows))
    right = targets(few.label, 3)
    start = np.zeros_like(right)
    needed = [
        finish(conjugate_gradients(system.apply, right, start, 1e-3, 2_000, near)).n_iterations
        for near in (None, main_effects_preconditioner(system, few.rows))
    ]
    assert needed[1] < needed[0] / 2


def test_a_fit_that_was_cut_short_says_so(training: TrainingSet) -> None:
    few = training.take(np.arange(300))
    model = _trained(few, QUICK.model_copy(update={"most_iterations": 1, "tolerance": 1e-5}))
    assert "stopped after 1 iterations" in model.notes[0]


def test_two_labels_are_enough(training: TrainingSet) -> None:
    two = training.take(np.flatnonzero(training.label < 2)[:500])
    model = _trained(replace(two, labels=("pos", "neg")))
    assert _score(model, replace(two, labels=("pos", "neg"))) > 0.9
