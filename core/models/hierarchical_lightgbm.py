"""Predictor 1: boosted trees in stages, one label against the rest, then the rest among themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from core.errors import InvalidInput, Problem, ValenceError
from core.models.holdout import hold_out, thin
from core.models.protocol import FittedModel, Training, TrainingStep
from core.models.scores import f1_by_label
from core.models.staged_trees import Span, StageSettings, TreeGrower
from core.models.tables import CampaignRows, TrainingSet
from core.models.training_checks import check_training_set
from core.models.tree_features import TreeFeatures, tree_features

PUBLISHED_ORDER = ("pos", "neg", "avg")
SCORE = "weighted F1"

_FINAL_STEPS = 10  # of a training, after its trials
_LOWEST, _HIGHEST = 0.2, 0.8  # thresholds that a search tries


class TreeSearch(BaseModel):
    """How much a search may spend: `n_trials` settings (0: none), each fitted on at most about `search_rows` rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_trials: int = Field(default=15, ge=0, le=200)
    search_rows: int = Field(default=6_000, ge=100)


class HierarchicalSettings(BaseModel):
    """`order`: labels as the stages part them; empty is pos, neg, avg where those are the labels, else their own order.

    A search judges by the F1 of the labels in their order with `f1_weights`, or equal ones where there are not three
    labels. A label is down-sampled to `most_ratio` times the rarest. `first` is the first stage, `later` every other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    order: tuple[str, ...] = ()
    search: TreeSearch = TreeSearch()
    f1_weights: tuple[float, float, float] = (0.5, 0.4, 0.1)
    pos_threshold: float = Field(default=0.5, gt=0, lt=1)
    first: StageSettings = StageSettings()
    later: StageSettings = StageSettings()
    most_ratio: float = Field(default=1.4, ge=1)
    most_categories: int = Field(default=32, ge=0)
    max_bin: int = Field(default=63, ge=2, le=65_535)
    feature_fraction: float = Field(default=0.5, gt=0, le=1)
    n_threads: int = Field(default=1, ge=1, le=64)

    @model_validator(mode="after")
    def _weights_are_shares(self) -> Self:
        if min(self.f1_weights) < 0 or sum(self.f1_weights) <= 0:
            raise ValueError("f1_weights must not be negative, and one must be above 0")
        return self


@dataclass(frozen=True, eq=False)
class Hierarchical:
    """`stages`: one booster per label of `order` but the last; `found`: the settings after the search."""

    features: TreeFeatures
    stages: tuple[Any, ...]
    order: tuple[int, ...]
    n_labels: int
    found: HierarchicalSettings

    def probabilities(self, rows: CampaignRows) -> NDArray[np.float64]:
        """Float64 [R, K]; the most probable label is the one that the stages and their thresholds name."""
        return _joined(self, self.features.encode(rows))


def fit(training: TrainingSet, settings: HierarchicalSettings, seed: int) -> Training[FittedModel]:
    """Search on a part of the rows, then fit both stages on all of them; bit-identical for a seed.

    `InvalidInput` where `order` does not name the labels; `ValenceError` for rows that nothing can be learnt from.
    """
    check_training_set(training)
    order = _label_order(training, settings)
    features = tree_features(training.attributes, training.rows, settings.most_categories)
    if not features.n_columns:
        raise ValenceError(
            "Nothing is known of any attribute, and every modality holds several in a row.",
            "Make content vectors of the catalogue first, or choose a family that needs none.",
        )
    total = settings.search.n_trials + _FINAL_STEPS
    yield TrainingStep(0, total, "Rows encoded")
    found = yield from _search(training, features, order, settings, seed)
    chosen = _balanced(training.label, order, found.most_ratio, seed)
    table = features.encode(training.rows.take(chosen))
    grower = _grower(found, seed, features)
    prepared = grower.prepare(table, training.label[chosen], order)
    span = Span(settings.search.n_trials, total - 1, total)
    stages = yield from grower.grow(prepared, (found.first, found.later), span)
    yield TrainingStep(total, total, "Trees grown")
    return Hierarchical(features, stages, order, len(training.labels), found)


def _label_order(training: TrainingSet, settings: HierarchicalSettings) -> tuple[int, ...]:
    """Places in `labels` of those that have rows, as the stages part them."""
    names = training.labels
    order: Sequence[str] = settings.order or (PUBLISHED_ORDER if set(names) == set(PUBLISHED_ORDER) else names)
    if sorted(order) != sorted(names):
        problem = Problem(
            f"The order names {', '.join(order)}; the labels are {', '.join(names)}.",
            "Name every label once, the one to be told apart first in front.",
            field="order",
        )
        raise InvalidInput("The settings of Hierarchical LightGBM", [problem])
    present = set(np.unique(training.label).tolist())
    return tuple(place for place in map(names.index, order) if place in present)


def _search(
    training: TrainingSet, features: TreeFeatures, order: tuple[int, ...], settings: HierarchicalSettings, seed: int
) -> Training[HierarchicalSettings]:
    """The best of `n_trials` settings by the weighted F1 on rows set aside; the given settings are the first trial."""
    if not settings.search.n_trials:
        return settings
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    small = training.take(thin(training, settings.search.search_rows, seed))
    parts = hold_out(small, 0.2, seed)
    table = features.encode(small.rows)
    chosen = parts.fit[_balanced(small.label[parts.fit], order, settings.most_ratio, seed)]
    grower = _grower(settings, seed, features)
    prepared = grower.prepare(table[chosen], small.label[chosen], order)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=seed))
    study.enqueue_trial(_as_trial(settings))
    total = settings.search.n_trials + _FINAL_STEPS
    for number in range(settings.search.n_trials):
        trial = study.ask()
        tried = _tried(trial, settings)
        stages = yield from grower.grow(prepared, (tried.first, tried.later), Span(number, number, total))
        model = Hierarchical(features, stages, order, len(training.labels), tried)
        called = _joined(model, table[parts.valid]).argmax(axis=1)
        f1 = f1_by_label(called, small.label[parts.valid], len(training.labels))[list(order)]
        score = float(np.average(f1, weights=_weights(settings, len(order))))
        study.tell(trial, score)
        note = f"Trial {number + 1} of {settings.search.n_trials}: {SCORE} {score:.3f}"
        measures = {SCORE: score, f"best {SCORE}": study.best_value}
        yield TrainingStep(number + 1, total, note, measures)
    return _with_values(settings, study.best_params)


def _grower(settings: HierarchicalSettings, seed: int, features: TreeFeatures) -> TreeGrower:
    columns = tuple(features.category_columns)
    return TreeGrower(seed, settings.n_threads, settings.max_bin, settings.feature_fraction, columns)


def _weights(settings: HierarchicalSettings, n_labels: int) -> Sequence[float]:
    return settings.f1_weights if n_labels == len(settings.f1_weights) else [1.0] * n_labels


_SPACE: Mapping[str, tuple[float, float]] = {
    "num_leaves": (8, 96),
    "n_estimators": (50, 400),
    "learning_rate": (0.03, 0.3),
    "min_data_in_leaf": (5, 100),
}


def _as_trial(settings: HierarchicalSettings) -> dict[str, float]:
    """The settings as the search writes them, brought into the space that it searches."""
    stages = {"first": settings.first, "later": settings.later}
    values = {
        f"{name}.{field}": type(getattr(stage, field))(min(max(getattr(stage, field), low), high))
        for name, stage in stages.items()
        for field, (low, high) in _SPACE.items()
    }
    return {"pos_threshold": min(max(settings.pos_threshold, _LOWEST), _HIGHEST), **values}


def _tried(trial: Any, settings: HierarchicalSettings) -> HierarchicalSettings:
    values: dict[str, float] = {"pos_threshold": trial.suggest_float("pos_threshold", _LOWEST, _HIGHEST)}
    for stage in ("first", "later"):
        for field, (low, high) in _SPACE.items():
            suggest = trial.suggest_float if field == "learning_rate" else trial.suggest_int
            values[f"{stage}.{field}"] = suggest(f"{stage}.{field}", low, high, log=True)
    return _with_values(settings, values)


def _with_values(settings: HierarchicalSettings, values: Mapping[str, float]) -> HierarchicalSettings:
    """The settings with a trial's values, and nothing left to search."""
    stages = {
        stage: {field: values[f"{stage}.{field}"] for field in _SPACE}  # by name: a typing error is an error
        for stage in ("first", "later")
    }
    changed = {
        "search": {**settings.search.model_dump(), "n_trials": 0},
        "pos_threshold": values["pos_threshold"],
        **stages,
    }
    return HierarchicalSettings.model_validate({**settings.model_dump(), **changed})


def _balanced(label: NDArray[np.int32], order: Sequence[int], most_ratio: float, seed: int) -> NDArray[np.int64]:
    """Row numbers, ascending, of which no label has more than `most_ratio` times the rows of the rarest.

    Rows are drawn label by label in their order, so that it does not matter which number stands for a label.
    """
    rows = [np.flatnonzero(label == value) for value in order]
    most = int(min(len(own) for own in rows if len(own)) * most_ratio)
    rng = np.random.default_rng(seed)
    return np.sort(np.concatenate([rng.permutation(own)[:most] for own in rows]))


def _joined(model: Hierarchical, table: NDArray[np.float32]) -> NDArray[np.float64]:
    """Chances of all labels from those of the stages, last stage first, float64 [R, K].

    A stage names its label where its chance p reaches its threshold t. So that the most probable label is that one,
    the odds of p are divided by those of t, and multiplied by the largest chance m that the rest leaves to one label:
    q / (1 - q) = p / (1 - p) * (1 - t) / t * m, and q reaches (1 - q) m exactly where p reaches t.
    """
    chances = np.zeros((len(table), model.n_labels))
    if not len(table):
        return chances
    chances[:, model.order[-1]] = 1.0
    for stage in range(len(model.stages) - 1, -1, -1):
        threshold = model.found.pos_threshold if stage == 0 else 0.5
        p = np.clip(model.stages[stage].predict(table, num_threads=model.found.n_threads), 1e-12, 1 - 1e-12)
        odds = p / (1 - p) * (1 - threshold) / threshold * chances.max(axis=1)
        own = odds / (1 + odds)
        chances *= (1 - own)[:, None]
        chances[:, model.order[stage]] = own
    return chances
