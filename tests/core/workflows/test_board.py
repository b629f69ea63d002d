"""The board against the submissions and logs it is made of."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.errors import InvalidInput, NotFound, ValenceError
from core.leaderboard.bootstrap import score_interval
from core.leaderboard.evaluation_log_files import LogFile
from core.leaderboard.evaluation_logs import EvaluationLog
from core.leaderboard.metrics import calibration_error
from core.leaderboard.prediction_files import read_stored
from core.leaderboard.reliability import reliability_of
from core.models.protocol import Track
from core.store.board_log import board_log
from core.store.evaluation_log_table import NewLog, keep_logs
from core.store.workspace import Workspace
from core.workflows.board import Board, BoardChoice, BoardFilters, ScoreSource, board, dataset_boards
from core.workflows.board_detail import entry_reliability, scores_across
from core.workflows.board_files import board_csv, board_json
from core.workflows.board_versions import VersionKind, board_version, close_version, solution
from core.workflows.evaluation_logs import ingest_logs, log_files, stored_logs
from core.workflows.submission_records import submissions_of
from core.workflows.submissions import SubmissionSource
from tests.fakes.board import open_board
from tests.fakes.filled_board import enter, jsonl, log_of, open_cold


@pytest.fixture
def version(workspace: Workspace) -> str:
    return open_board(workspace, 120)[0]


def choice_of(workspace: Workspace, version: str, **changes: object) -> BoardChoice:
    return replace(BoardChoice(board_version(workspace, version).dataset), **changes)  # type: ignore[arg-type]


def who(shown: Board) -> list[str]:
    return [one.entry.team for one in shown.entries]


def test_best_shown_score_of_each_teams_model_ranks_and_all_are_in_the_history(workspace: Workspace, version: str):
    enter(workspace, version, 0.6, team="Aurora", seed=1)
    enter(workspace, version, 0.95, team="Aurora", seed=2)
    worse = enter(workspace, version, 0.5, team="Aurora", seed=3)
    enter(workspace, version, 0.3, team="Borealis", seed=4)
    shown = board(workspace, choice_of(workspace, version))
    assert who(shown) == ["Aurora", "Borealis"]
    stored = {one.id: one for one in submissions_of(workspace, version)}
    best = shown.entries[0].entry
    assert best.score.macro_f1 == round(stored[best.id].public.score.macro_f1, 3)
    assert best.score.macro_f1 == max(round(one.public.score.macro_f1, 3) for one in stored.values())
    assert best.score.interval == tuple(round(x, 3) for x in score_interval(best.score.confusion)[1:])
    assert [one.entry.id for one in shown.history] == [one.id for one in stored.values()]
    assert not next(one for one in shown.history if one.entry.id == worse.id).counts
    assert shown.entries[0].n_entries == 2  # the third did not beat the best
    assert shown.lines == board_version(workspace, version).lines


def test_ranks_are_those_among_what_passes_the_filters(workspace: Workspace, version: str):
    for number, (team, family) in enumerate([("A", "trees"), ("B", "kernel"), ("C", "trees")]):
        enter(workspace, version, 0.98 - 0.35 * number, team=team, family=family, seed=number)
    choice = choice_of(workspace, version)
    assert [one.rank.place for one in board(workspace, choice).entries] == [1, 2, 3]
    trees = board(workspace, choice, BoardFilters(families=("trees",)))
    assert who(trees) == ["A", "C"]
    assert [one.rank for one in trees.entries] == [(1, 1, 1), (2, 2, 2)]
    assert trees.teams == ("A", "B", "C")
    assert who(board(workspace, choice, BoardFilters(teams=("B",)))) == ["B"]
    assert who(board(workspace, choice, BoardFilters(last_day="2000-01-01"))) == []
    assert who(board(workspace, choice, BoardFilters(first_day="2000-01-01"))) == ["A", "B", "C"]


def test_tracks_and_kinds_are_boards_of_their_own_and_cold_stands_beside_random(workspace: Workspace, version: str):
    cold = open_cold(workspace, version)
    enter(workspace, version, 0.9, team="A")
    enter(workspace, version, 0.99, team="Knowing", track=Track.GRAPH_AWARE)
    on_cold = enter(workspace, cold, 0.7, team="A")
    random = board(workspace, choice_of(workspace, version))
    assert who(random) == ["A"]
    assert random.others[("A", "model")].macro_f1 == on_cold.public_score
    assert who(board(workspace, choice_of(workspace, version, track=Track.GRAPH_AWARE))) == ["Knowing"]
    other = board(workspace, choice_of(workspace, version, kind=VersionKind.COLD))
    assert other.version is not None and other.version.id == cold
    assert other.others[("A", "model")].macro_f1 == random.entries[0].entry.score.macro_f1


def test_closing_ranks_by_private_scores_with_the_public_ones_and_the_change_beside(workspace: Workspace, version: str):
    for number in range(4):
        enter(workspace, version, 0.72, team=f"T{number}", seed=number, with_chances=True)
    choice = choice_of(workspace, version)
    before = board(workspace, choice)
    assert all(one.entry.public is None and one.climbed is None for one in before.entries)
    close_version(workspace, version)
    after = board(workspace, choice)
    assert after.is_final
    stored = {one.id: one for one in submissions_of(workspace, version)}
    for one in after.entries:
        assert stored[one.entry.id].private is not None
        assert one.entry.score.macro_f1 == round(stored[one.entry.id].private.score.macro_f1, 3)
        assert one.entry.public.macro_f1 == round(stored[one.entry.id].public.score.macro_f1, 3)
    places = {one.entry.team: one.rank.place for one in before.entries}
    assert {one.entry.team: one.public_place for one in after.entries} == places
    assert {one.entry.team: places[one.entry.team] - one.rank.place for one in after.entries} == {
        one.entry.team: one.climbed for one in after.entries
    }
    scores = [one.entry.score.macro_f1 for one in after.entries]
    assert scores == sorted(scores, reverse=True)


def test_reliability_adds_up_to_the_calibration_error(workspace: Workspace, version: str):
    sure = enter(workspace, version, 0.8, team="Sure", with_chances=True)
    mute = enter(workspace, version, 0.8, team="Mute")
    beaten = enter(workspace, version, 0.4, team="Sure", seed=5, with_chances=True)
    assert entry_reliability(workspace, mute.id) is None
    assert entry_reliability(workspace, beaten.id) is None  # its score is not shown, so neither is this
    answers = solution(workspace, version)
    log = board_log(workspace)
    chances = read_stored(log.predictions(log.submission(sure.id))).probabilities
    shown = entry_reliability(workspace, sure.id)
    public = reliability_of(chances[~answers.is_private], answers.label[~answers.is_private])
    assert shown.share.tolist() == np.round(public.share, 2).tolist()  # nobody counts rows of an open version
    close_version(workspace, version)
    bins = entry_reliability(workspace, sure.id)
    error = np.nansum(bins.share * np.abs(bins.accuracy - bins.confidence))
    private = answers.is_private
    assert error == pytest.approx(calibration_error(chances[private], answers.label[private]))
    assert bins.share.sum() == pytest.approx(1.0)
    assert entry_reliability(workspace, beaten.id) is not None


def test_a_model_is_found_on_every_dataset_version(workspace: Workspace):
    versions = open_board(workspace, 60, n_versions=2)
    for number, one in enumerate(versions):
        enter(workspace, one, 0.97 - 0.7 * number, source=SubmissionSource.WORKBENCH, team="workbench")
    found = scores_across(workspace, choice_of(workspace, versions[0]), [("workbench", "model"), ("nobody", "x")])
    assert [(one.title, one.dataset) for one in found] == [
        (f"rows {number}", board_version(workspace, version).dataset) for number, version in enumerate(versions, 1)
    ]
    assert found[0].score.macro_f1 > found[1].score.macro_f1


def test_logs_have_a_board_of_their_own_and_never_one_with_verified_scores(workspace: Workspace, version: str):
    dataset = board_version(workspace, version).dataset
    enter(workspace, version, 0.7, team="A")
    sure = log_of(dataset[:8], model="sure", right=48)
    vague = log_of("rows 1", model="vague", confusion=None, metrics={"macro_f1": 0.99})
    elsewhere = log_of("V25", split_kind="cold")
    taken = ingest_logs(workspace, [LogFile("a.jsonl", jsonl(sure, vague, elsewhere))], "upload")
    assert (len(taken.new), taken.n_known, taken.unknown_versions) == (3, 0, ("V25",))
    assert [one.key for one in dataset_boards(workspace)] == [dataset, "V25"]
    assert who(board(workspace, choice_of(workspace, version))) == ["A"]
    logs = board(workspace, BoardChoice(dataset, source=ScoreSource.SELF_REPORTED))
    assert [(one.entry.model, one.rank) for one in logs.entries] == [("vague", (1, 1, 2)), ("sure", (2, 1, 2))]
    assert logs.entries[0].entry.score.interval is None
    counts = np.array(sure["confusion"]["counts"])
    assert logs.entries[1].entry.score.interval == tuple(round(x, 3) for x in score_interval(counts)[1:])
    cold = board(workspace, BoardChoice("V25", kind=VersionKind.COLD, source=ScoreSource.SELF_REPORTED))
    assert who(cold) == ["Borealis"] and cold.version is None
    with pytest.raises(NotFound, match=dataset):
        board(workspace, BoardChoice("V99"))


def test_taking_logs_in_is_all_or_nothing_and_twice_is_once(workspace: Workspace):
    good = LogFile("good.jsonl", jsonl(log_of(), log_of(model="other"), log_of()))
    with pytest.raises(InvalidInput):
        ingest_logs(workspace, [good, LogFile("bad.jsonl", b"{")], "upload")
    assert stored_logs(workspace) == ()
    first = ingest_logs(workspace, [good], "upload")
    assert (len(first.new), first.n_known) == (2, 1)
    again = ingest_logs(workspace, [replace_name(good, "copy.jsonl")], "cli")
    assert (again.new, again.n_known) == ((), 3)
    assert [(one.kept.file, one.kept.line, one.kept.source) for one in stored_logs(workspace)] == [
        ("good.jsonl", 1, "upload"),
        ("good.jsonl", 2, "upload"),
    ]


def test_a_log_that_would_be_refused_today_stays_on_the_board(workspace: Workspace):
    """Rules for new logs become stricter, and clocks are put back; what was taken in is a fact."""
    kept = EvaluationLog.model_validate(log_of("V25")).as_json()
    for number, date in enumerate(("0026-05-04T10:00:00Z", "2999-05-04T10:00:00Z")):
        keep_logs(workspace.database, [NewLog(f"log{number}", kept | {"date": date}, "old.json", 1)], "upload")
    shown = board(workspace, BoardChoice("V25", source=ScoreSource.SELF_REPORTED))
    assert [one.entry.at[:4] for one in shown.history] == ["0026", "2999"]


def replace_name(file: LogFile, name: str) -> LogFile:
    return file._replace(name=name)


def test_a_folder_gives_its_logs_in_order_and_tells_what_it_leaves_out(tmp_path: Path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "b.json").write_bytes(jsonl(log_of()))
    (tmp_path / "a.jsonl").write_bytes(jsonl(log_of()))
    (tmp_path / "model.pkl").write_bytes(b"x")
    (tmp_path / "link.json").symlink_to(tmp_path / "a.jsonl")
    files, skipped = log_files(tmp_path)
    assert [file.name for file in files] == ["a.jsonl", "runs/b.json"]
    assert skipped == ("model.pkl",)
    for path in (tmp_path / "missing", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(ValenceError):
            log_files(path)


def test_the_exported_board_says_what_the_board_says_and_runs_no_formula(workspace: Workspace, version: str):
    open_cold(workspace, version)
    enter(workspace, version, 0.9, team="=1+1", model="@x", with_chances=True)
    enter(workspace, version, 0.3, team="B", seed=1)
    shown = board(workspace, choice_of(workspace, version))
    rows = list(csv.DictReader(io.StringIO(board_csv(shown).decode())))
    assert [row["team"] for row in rows] == ["'=1+1", "B"]
    assert rows[0]["model"] == "'@x"
    for row, one in zip(rows, shown.entries, strict=True):
        score = one.entry.score
        assert (row["rank"], row["rank_low"], row["rank_high"]) == tuple(map(str, one.rank))
        assert (row["macro_f1"], row["low"], row["high"]) == tuple(
            f"{x:.3f}" for x in (score.macro_f1, *score.interval)
        )
        assert row["f1_good"] == f"{score.per_class['good']:.3f}"
        assert row["digest"] == board_log(workspace).submission(one.entry.id).body_digest
        assert (row["dataset"], row["version"]) == (shown.choice.dataset, version)
    record = json.loads(board_json(shown))
    assert [entry["team"] for entry in record["entries"]] == ["=1+1", "B"]
    score, counts = record["entries"][0]["score"], shown.entries[0].entry.score.confusion
    assert "confusion" not in score  # exact counts of an open version would tell more than its score
    assert score["confusion_shares"] == np.round(counts / counts.sum(axis=1, keepdims=True), 2).tolist()
    assert [one["entry"] for one in record["history"]] == [one.entry.id for one in shown.history]
    assert record["lines"]["majority"] == shown.lines.majority
    close_version(workspace, version)
    final = board(workspace, shown.choice)
    record = json.loads(board_json(final))
    assert record["entries"][0]["score"]["confusion"] == final.entries[0].entry.score.confusion.tolist()
    assert record["entries"][0]["public"]["confusion"] == counts.tolist()
