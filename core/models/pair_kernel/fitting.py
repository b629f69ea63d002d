"""From labelled rows to a pair kernel model: weights, estimates the head can learn by, the head, then all rows."""

from dataclasses import replace
from itertools import count
from typing import Final, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from core.models.holdout import hold_out
from core.models.pair_kernel.contrasts import targets
from core.models.pair_kernel.edge_table import check_label_names
from core.models.pair_kernel.head import Head, fit_head
from core.models.pair_kernel.kernel import Floats, PairKernel, pair_kernel
from core.models.pair_kernel.layout import PairLayout, pair_layout, row_pairs
from core.models.pair_kernel.model import Learnt, PairKernelModel
from core.models.pair_kernel.rows import expected, head_rows, join_head_rows
from core.models.pair_kernel.settings import KernelWeights, PairKernelSettings
from core.models.pair_kernel.solving import Columns, Iteration, conjugate_gradients
from core.models.pair_kernel.system import RowSystem, main_effects_preconditioner
from core.models.pair_kernel.weights import Trial, choose_weights, most_trials
from core.models.protocol import FittedModel, Training, TrainingStep
from core.models.tables import CampaignRows, TrainingSet
from core.models.training_checks import check_training_set
from core.progress import retold

T = TypeVar("T")

_WEIGHTS_END, _HEAD_END, _END = 30, 65, 100  # of the progress shown
_UNSEEN_SHARE: Final = 0.1  # of the attributes, made to look never seen
_MASKED_WEIGHT: Final = 0.5  # in the head, of a copy of a row with something masked, beside 1 of the row itself
_WORTH_A_NOTE: Final = 0.01  # share of labels that seem flipped


class _Estimates(NamedTuple):
    """`weights`: of the rows, float64 [R, T]; `of_pairs`, float32 [P, T]; the residual that was left."""

    system: RowSystem
    weights: Columns
    of_pairs: Floats
    residual: float


def fit(training: TrainingSet, settings: PairKernelSettings, seed: int) -> Training[FittedModel]:
    """Learn from labelled rows; the same bytes for any number of threads.

    `ValenceError` for rows that nothing can be learnt from; `NotFound` where the settings name labels there are not.
    """
    check_training_set(training)
    check_label_names(training.labels, settings.spoken_for, settings.spoken_against)
    return (yield from _single_threaded(_fit(training, settings, seed)))


def _single_threaded(steps: Training[T]) -> Training[T]:
    """Run each step with one thread in the matrix libraries: how sums are parted must not depend on the machine."""
    while True:
        with threadpool_limits(1):
            try:
                step = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
        yield step


def _fit(training: TrainingSet, settings: PairKernelSettings, seed: int) -> Training[FittedModel]:
    layout = pair_layout(training.attributes)
    parts = hold_out(training, min(settings.held_out, settings.most_held_out / len(training)), seed)
    few, held = training.take(parts.fit), training.take(parts.valid)
    weights = settings.weights or (yield from _weights(few, layout, settings, seed))
    kernel = pair_kernel(training.attributes, layout, weights)
    start = np.zeros((len(training), len(training.labels) - 1))
    first = yield from _estimate(few, kernel, settings, start[parts.fit], (_WEIGHTS_END, _HEAD_END))
    head = _head(first, few, held, seed)
    start[parts.fit] = first.weights
    del first
    last = yield from _estimate(training, kernel, settings, start, (_HEAD_END, _END))
    yield TrainingStep(_END, _END, "Fitted", {"residual": last.residual, "flipped_labels": head.flipped})
    return PairKernelModel(
        of_pairs=last.of_pairs,
        usual=expected(training),
        head=head,
        found=settings.model_copy(update={"weights": weights}),
        notes=(*_flip_notes(head), *_residual_notes(last, settings)),
        learnt=Learnt(training, kernel, last.weights, seed),
    )


def _weights(few: TrainingSet, layout: PairLayout, settings: PairKernelSettings, seed: int) -> Training[KernelWeights]:
    choosing = choose_weights(few, layout, settings.search_rows, seed)
    numbers, total = count(1), most_trials()

    def tell(trial: Trial) -> TrainingStep:
        done = next(numbers)
        note = f"Kernel weights {done} of at most {total}"
        return TrainingStep(_WEIGHTS_END * done // total, _END, note, {"unexplained": trial.unexplained})

    return retold(choosing, tell)


def _estimate(
    training: TrainingSet,
    kernel: PairKernel,
    settings: PairKernelSettings,
    start: Columns,
    shown: tuple[int, int],
) -> Training[_Estimates]:
    """Estimate all pairs from rows; the progress runs over `shown`, by the logarithm of the residual."""
    system = RowSystem(kernel, row_pairs(kernel.layout, training.rows))
    right = targets(training.label, len(training.labels))
    near = main_effects_preconditioner(system, training.rows)
    solving = conjugate_gradients(system.apply, right, start, settings.tolerance, settings.most_iterations, near)
    done, low, high = 0.0, *shown

    def tell(step: Iteration) -> TrainingStep:
        nonlocal done
        done = max(done, min(1.0, np.log(step.residual) / np.log(settings.tolerance)))
        note = f"{len(training):,} rows, iteration {step.number}"
        return TrainingStep(int(low + done * (high - low)), _END, note, {"residual": step.residual})

    solved = yield from retold(solving, tell)
    return _Estimates(system, solved.values, system.spread(solved.values), solved.residual)


def _head(first: _Estimates, few: TrainingSet, held: TrainingSet, seed: int) -> Head:
    """Fit the head on rows that the estimates have not seen: as they are, and with parts of them masked."""
    rng = np.random.default_rng([seed, len(held)])
    layout, usual = first.system.kernel.layout, expected(few)
    masked = _without_a_modality(held, rng)
    unknown = rng.random(len(layout)) < _UNSEEN_SHARE
    told = first.system.spread(first.weights, known=~unknown)
    newer = np.flatnonzero(_count(held.rows, unknown) > 0)
    parts = [
        head_rows(layout, held.rows, first.of_pairs, usual),
        head_rows(layout, masked, first.of_pairs, usual),
        head_rows(layout, held.rows.take(newer), told, replace(usual, seen=usual.seen & ~unknown)),
    ]
    label = np.concatenate([held.label, held.label, held.label[newer]])
    weight = np.repeat([1.0, _MASKED_WEIGHT], [len(held), len(held) + len(newer)])
    return fit_head(join_head_rows(parts), label, weight, len(held.labels))


def _without_a_modality(held: TrainingSet, rng: np.random.Generator) -> CampaignRows:
    """The rows, each without all attributes of the modality of one of its attributes, drawn at random."""
    rows, modality = held.rows, held.attributes.modality
    sizes = rows.sizes()
    place = rows.offsets[:-1] + np.minimum((rng.random(len(rows)) * sizes).astype(np.int64), np.maximum(sizes - 1, 0))
    lost = np.where(sizes > 0, modality[rows.nodes[np.minimum(place, len(rows.nodes) - 1)]], -1)
    return rows.keep(modality[rows.nodes] != lost[rows.row_of_node()])


def _count(rows: CampaignRows, wanted: NDArray[np.bool_]) -> NDArray[np.int64]:
    """How many wanted attributes, bool [A], each row holds."""
    return np.bincount(rows.row_of_node()[wanted[rows.nodes]], minlength=len(rows))


def _flip_notes(head: Head) -> tuple[str, ...]:
    if head.flipped < _WORTH_A_NOTE:
        return ()
    return (f"About {head.flipped:.1%} of the training labels seem to be another label's.",)


def _residual_notes(last: _Estimates, settings: PairKernelSettings) -> tuple[str, ...]:
    if last.residual <= settings.tolerance:
        return ()
    return (
        f"Conjugate gradients stopped after {settings.most_iterations:,} iterations at a residual of "
        f"{last.residual:.2g}, above {settings.tolerance:.2g}.",
    )
