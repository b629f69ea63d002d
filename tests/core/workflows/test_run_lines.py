"""Trainings on a version, one line each: whose score is shown, and what became of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.leaderboard.figures import DECIMALS
from core.leaderboard.quotas import HOUSE_TEAM
from core.models.exchange import CURVE_FILE, REPORT_FILE
from core.models.protocol import Track
from core.models.report import TrainingReport, VectorsUsed
from core.store.workspace import Workspace, open_workspace
from core.workflows.board_versions import board_version, close_version
from core.workflows.run_lines import RunLine, Standing, run_lines, sister_versions
from core.workflows.splits import SPLIT
from core.workflows.submissions import SubmissionSource
from core.workflows.training import MODEL_RUN
from tests.fakes.board import open_board
from tests.fakes.filled_board import enter, open_cold


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path / "work") as workspace:
        yield workspace


def add_run(held: Workspace, version: str, family: str, accuracy: float, track: Track = Track.BLIND) -> str:
    """A stored training whose predictions are right as often as told; the id of its submission."""
    number = len(held.artefacts.list(MODEL_RUN))
    receipt = enter(
        held,
        version,
        accuracy,
        team=HOUSE_TEAM,
        model=family,
        track=track,
        seed=number,
        source=SubmissionSource.WORKBENCH,
    )
    report = TrainingReport(
        family=family,
        title=family.title(),
        track=track,
        settings={},
        found={},
        seed=number,
        labels=("good", "poor"),
        modalities=("shop",),
        n_training_rows=1,
        n_test_rows=1,
        n_attributes=1,
        vectors=VectorsUsed(id="", made_by="", dimensions=0),
        fit_seconds=1.0,
        fit_cpu_seconds=1.0,
        peak_memory_mb=1.0,
        measures={},
        robustness=None,
        libraries={},
    )
    files = {REPORT_FILE: report.model_dump_json().encode(), CURVE_FILE: b""}
    facts = {"submission": receipt.id}
    held.artefacts.save(MODEL_RUN, f"run{number}", report.title, files, facts, {SPLIT: version})
    return receipt.id


def by_id(held: Workspace, version: str) -> dict[str, RunLine]:
    return {line.id: line for line in run_lines(held, version)}


def test_only_what_improved_shows_a_score_and_the_best_ranks(held: Workspace) -> None:
    [version] = open_board(held, 150)
    entries = [add_run(held, version, "trees", accuracy) for accuracy in (0.6, 0.9, 0.55)]
    other = add_run(held, version, "net", 0.7)
    aware = add_run(held, version, "trees", 0.95, Track.GRAPH_AWARE)
    enter(held, version, 0.99, team="Aurora", model="trees")  # another team's model of the same name
    lines = by_id(held, version)
    assert [lines[f"run{i}"].standing for i in range(5)] == [
        Standing.BEATEN,
        Standing.RANKS,
        Standing.NO_BETTER,
        Standing.RANKS,
        Standing.RANKS,
    ]
    assert [lines[f"run{i}"].entry for i in range(5)] == [entries[1], entries[1], entries[1], other, aware]
    assert [lines[f"run{i}"].public is None for i in range(5)] == [False, False, True, False, False]
    assert all(line.private is None for line in lines.values())
    assert lines["run2"].score is None


def test_closing_shows_the_private_score_of_every_training(held: Workspace) -> None:
    [version] = open_board(held, 150)
    for accuracy in (0.9, 0.55):
        add_run(held, version, "trees", accuracy)
    before = by_id(held, version)
    close_version(held, version)
    after = by_id(held, version)
    assert after["run1"].public is None and after["run1"].score is not None  # hidden before, shown now
    assert after["run0"].score.score.n_rows == board_version(held, version).n_private
    assert round(after["run0"].public.score.macro_f1, DECIMALS) == round(before["run0"].score.score.macro_f1, DECIMALS)


def test_sisters_are_the_other_kind_of_split_of_the_same_dataset(held: Workspace) -> None:
    one, other = open_board(held, 150, 2)
    cold = open_cold(held, one)
    assert [found.id for found in sister_versions(held, board_version(held, one))] == [cold]
    assert [found.id for found in sister_versions(held, board_version(held, cold))] == [one]
    assert sister_versions(held, board_version(held, other)) == ()
