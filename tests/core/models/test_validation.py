"""What robustness says of a model that is known inside out."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict

from core.models.protocol import Family, Track, TrainingStep
from core.models.registry import FAMILIES
from core.models.tables import CampaignRows, TrainingSet
from core.models.validation import MACRO_F1, RobustnessSettings, measure_robustness
from core.progress import finish


class NoSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass
class Memory:
    """A model that remembers the label of each set of attributes it saw, and says the first label of any other."""

    known: dict[tuple[int, ...], int]
    n_labels: int

    def probabilities(self, rows: CampaignRows) -> np.ndarray:
        members = (tuple(rows.nodes[a:b]) for a, b in pairwise(rows.offsets))
        return np.eye(self.n_labels)[[self.known.get(row, 0) for row in members]]


class Watching:
    """A family that keeps the training sets it was given."""

    def __init__(self, make: Callable[[TrainingSet], Any]) -> None:
        self.seen: list[TrainingSet] = []
        self.make = make
        self.family = Family("watching", "Watching", "", Track.BLIND, (), NoSettings, self.fit)

    def fit(self, training: TrainingSet, settings: Any, seed: int) -> Any:
        self.seen.append(training)
        yield TrainingStep(1, 1)
        return self.make(training)


def memory(training: TrainingSet) -> Memory:
    rows = [tuple(training.rows.nodes[a:b]) for a, b in pairwise(training.rows.offsets)]
    return Memory(dict(zip(rows, training.label.tolist(), strict=True)), len(training.labels))


def measured(family: Family, training: TrainingSet, **changes: Any) -> tuple[Any, list[TrainingStep]]:
    steps, found = measure_robustness(family, training, NoSettings(), 7, RobustnessSettings(**changes)), []
    return finish(steps, found.append), found


def edge_count_report(training: TrainingSet, **changes: Any) -> Any:
    family = FAMILIES["edge-count"]
    steps = measure_robustness(family, training, family.settings(), 7, RobustnessSettings(**changes))
    return finish(steps)


def test_a_model_that_only_remembers_is_found_out(made_up: Any) -> None:
    """Nothing scored was fitted: a memory of rows is worth nothing on any of them."""
    floor = (made_up.training.label == 0).mean()
    report, _ = measured(Watching(memory).family, made_up.training)
    assert report.score.accuracy < floor + 0.05
    assert all(point.score.accuracy < floor + 0.05 for point in report.learning_curve)
    assert report.unseen.cold.accuracy < floor + 0.1


def test_the_rows_of_each_fit_are_what_the_report_says(made_up: Any) -> None:
    watching = Watching(memory)
    report, _ = measured(watching.family, made_up.training, unseen=0.1)
    sizes = [len(training) for training in watching.seen]
    assert sizes[0] == report.learning_curve[-1].n_rows
    assert sizes[1:-1] == [point.n_rows for point in report.learning_curve[:-1]]
    assert sizes[1:-1] == sorted(sizes[1:-1])
    assert sizes[-1] == report.unseen.n_fit_rows
    assert sizes[0] + report.score.n_rows == len(made_up.training)
    assert report.unseen.cold.n_rows + report.unseen.warm.n_rows == report.score.n_rows


def test_the_last_fit_never_sees_the_held_out_attributes(made_up: Any) -> None:
    """As many as the report says are in no row, of every modality with at least ten attributes, and others are seen."""
    watching = Watching(memory)
    report, _ = measured(watching.family, made_up.training, unseen=0.1)
    table = made_up.training.attributes
    everywhere = set(made_up.training.rows.nodes.tolist())
    seen = set(watching.seen[-1].rows.nodes.tolist())
    held_out = [int(0.1 * sum(table.modality[n] == m for n in everywhere)) for m in range(len(table.modalities))]
    assert report.unseen.n_attributes == sum(held_out)
    assert len(everywhere - seen) >= sum(held_out)


def test_dropping_a_modality_changes_the_scored_rows_alone(made_up: Any) -> None:
    """The model that knows the edges scores fully, and worse without each modality that edges lead to."""
    report = edge_count_report(made_up.training, unseen=0, sizes=())
    assert report.score.macro_f1 > 0.98
    assert [dropped.modality for dropped in report.dropped] == list(made_up.training.attributes.modalities)
    assert all(dropped.score.n_rows == report.score.n_rows for dropped in report.dropped)
    assert all(dropped.score.macro_f1 < report.score.macro_f1 - 0.05 for dropped in report.dropped)


def test_a_modality_that_no_row_holds_is_not_reported(made_up: Any) -> None:
    table = made_up.training.attributes
    rows = made_up.training.rows.keep(table.modality[made_up.training.rows.nodes] != 2)
    report, _ = measured(Watching(memory).family, replace(made_up.training, rows=rows), unseen=0, sizes=())
    assert [dropped.modality for dropped in report.dropped] == [
        name for place, name in enumerate(table.modalities) if place != 2
    ]


def test_what_cannot_be_measured_is_said(made_up: Any) -> None:
    few = made_up.training.take(np.arange(200))
    report, _ = measured(Watching(memory).family, few, unseen=0.6)
    assert report.unseen is None
    assert "Unseen attributes were not measured" in report.notes[0]
    report, _ = measured(Watching(memory).family, made_up.training, most_rows=500, unseen=0)
    assert report.notes == (f"Measured on {499:,} of the 2,400 training rows.",) or "Measured on" in report.notes[0]


def test_steps_rise_to_their_total_and_tell_the_score(made_up: Any) -> None:
    report, steps = measured(Watching(memory).family, made_up.training)
    assert [step.done for step in steps] == sorted(step.done for step in steps)
    assert {step.total for step in steps} == {500}  # five fits
    assert steps[-1].done == 500
    assert [step.measures[MACRO_F1] for step in steps if step.measures] == [report.score.macro_f1]


def test_groups_are_never_on_both_sides(made_up: Any) -> None:
    """Of twins with one label each, a memory knows the answer as soon as one is fitted and the other scored."""
    training = made_up.training
    twice = np.repeat(np.arange(600), 2)
    twins = replace(training.take(twice), group=twice.astype(np.int64))
    report, _ = measured(Watching(memory).family, twins, unseen=0)
    assert report.score.accuracy < (twins.label == 0).mean() + 0.07
    loose = replace(twins, group=np.arange(1_200, dtype=np.int64))
    assert measured(Watching(memory).family, loose, unseen=0)[0].score.accuracy > 0.8


@pytest.mark.parametrize("wrong", [{"sizes": (0.0,)}, {"validation": 1.0}, {"unseen": 1.0}, {"most": 3}])
def test_settings_out_of_range_are_refused(wrong: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        RobustnessSettings(**wrong)
