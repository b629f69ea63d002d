"""The leaderboard page against the board it shows."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import cli_board, services
from app.components.leaderboard.charts import course_chart, score_chart, versions_chart
from app.components.leaderboard.entry_charts import confusion_chart, learning_chart, reliability_chart
from app.components.leaderboard.logs import EXAMPLE
from app.components.leaderboard.words import rank_text
from app.components.reference_lines import reference_lines
from core.leaderboard.evaluation_log_files import LogFile, read_logs
from core.models.protocol import Track
from core.store.workspace import Workspace
from core.workflows.board import Board, BoardChoice, BoardFilters, ScoreSource, board
from core.workflows.board_detail import entry_reliability, scores_across
from core.workflows.board_versions import VersionKind, board_version, close_version
from core.workflows.evaluation_logs import ingest_logs, stored_logs
from tests.fakes.board import open_board
from tests.fakes.filled_board import enter, jsonl, log_of, open_cold

ODD = "<b>t</b> & $x^2$ [l](http://a.b) :red[r] %{y}"
Open = Callable[..., AppTest]


@pytest.fixture
def held(home: Path) -> Workspace:
    return services.workbench().create("work").workspace


@pytest.fixture
def version(held: Workspace) -> str:
    return open_board(held, 120)[0]


def board_of(held: Workspace, version: str) -> Board:
    return board(held, BoardChoice(board_version(held, version).dataset))


def texts(test: AppTest) -> str:
    assert not test.exception
    return "\n".join(
        str(element.value) for kind in ("markdown", "caption", "info", "success", "error") for element in test.get(kind)
    )


def table(test: AppTest) -> list[list[str]]:
    frame = test.dataframe[0].value
    return [list(frame.columns), *frame.astype(str).values.tolist()]


def test_an_empty_workspace_says_how_to_get_a_first_entry(open_page: Open, held: Workspace):
    test = open_page("leaderboard", "work")
    assert "Nothing to rank yet" in texts(test)
    assert "Or begin with evaluation logs" in texts(test)


def test_an_open_version_without_submissions_says_how_to_submit(open_page: Open, held: Workspace, version: str):
    test = open_page("leaderboard", "work")
    assert "No submission yet" in texts(test)
    assert f"--version {version}" in test.code[0].value
    metrics = {metric.label: metric.value for metric in test.metric}
    lines = board_version(held, version).lines
    assert metrics["Oracle"] == f"{lines.oracle:.3f}" and metrics["Majority"] == f"{lines.majority:.3f}"
    for tab in (":material/show_chart: Progress", ":material/compare: Dataset versions"):
        test.session_state["board-views"] = tab
        assert "Nothing was submitted to this board yet." in texts(test.run())


def test_a_kind_of_split_without_a_version_claims_no_rows(open_page: Open, held: Workspace, version: str):
    test = open_page("leaderboard", "work")
    next(group for group in test.get("button_group") if group.label == "Split").set_value(VersionKind.COLD).run()
    assert "No such split yet" in texts(test) and "test rows" not in texts(test)


def test_the_table_is_the_board(open_page: Open, held: Workspace, version: str):
    cold = open_cold(held, version)
    enter(held, version, 0.95, team="Aurora", model=ODD, with_chances=True)
    enter(held, version, 0.40, team="Borealis", seed=2)
    enter(held, cold, 0.7, team="Aurora", model=ODD)
    test = open_page("leaderboard", "work", split=version)
    shown = board_of(held, version)
    columns, *rows = table(test)
    assert columns[:5] == ["Rank", "Model", "Team", "Macro F1", "95% interval"]
    assert [row[:3] for row in rows] == [["1", ODD, "Aurora"], ["2", "model", "Borealis"]]
    for row, one in zip(rows, shown.entries, strict=True):
        score = one.entry.score
        assert float(row[3]) == score.macro_f1
        assert row[4] == f"{score.interval.low:.3f} to {score.interval.high:.3f}"
        assert float(row[columns.index("F1 poor")]) == score.per_class["poor"]
    assert float(rows[0][columns.index("Cold split")]) == shown.others[("Aurora", ODD)].macro_f1
    metrics = {metric.label: metric.value for metric in test.metric}
    assert metrics["Best macro F1"] == f"{shown.entries[0].entry.score.macro_f1:.3f}"
    assert metrics["Scored rows"] == f"{shown.version.n_public:,}"
    assert "2 models ranked, 2 entries, on the public test rows" in texts(test)


def test_filters_rank_anew_and_can_be_taken_back(open_page: Open, held: Workspace, version: str):
    for number, team in enumerate(("A", "B", "C")):
        enter(held, version, 0.98 - 0.35 * number, team=team, seed=number)
    test = open_page("leaderboard", "work")
    teams = next(select for select in test.multiselect if select.label == "Teams")
    teams.set_value(["B", "C"]).run()
    choice = BoardChoice(board_version(held, version).dataset)
    among = board(held, choice, BoardFilters(teams=("B", "C"))).entries
    assert [row[0::2][:2] for row in table(test)[1:]] == [[rank_text(one.rank), one.entry.team] for one in among]
    assert among[0].rank.low == 1
    next(button for button in test.button if button.label == "Show all").click().run()
    assert [row[2] for row in table(test)[1:]] == ["A", "B", "C"]


def test_an_entry_is_shown_with_its_origin_and_history(open_page: Open, held: Workspace, version: str):
    first = enter(held, version, 0.5, team=ODD, model="m", seed=1)
    best = enter(held, version, 0.95, team=ODD, model="m", seed=2, with_chances=True)
    beaten = enter(held, version, 0.5, team=ODD, model="m", seed=3)
    test = open_page("leaderboard", "work", split=version, entry=best.id)
    shown = texts(test)
    assert "[l](http" not in shown and "\\[l\\]" in shown  # a user's text is no Markdown
    assert "How sure, how right" in shown
    facts = test.table[0].value.astype(str).to_string()
    assert "0000002" in facts and best.id in facts
    history = test.dataframe[1].value
    assert list(history["Entry"]) == [beaten.id, best.id, first.id]
    assert list(history["What became of it"]) == [
        "No better than the best, beyond noise",
        "Ranks",
        "Improved, then beaten",
    ]
    assert history["Macro F1"].isna().tolist() == [True, False, False]
    next(button for button in test.button if button.label == "Close").click().run()
    assert "Choose a row of the table" in texts(test)


def test_a_closed_version_shows_private_scores_with_public_ones_beside(open_page: Open, held: Workspace, version: str):
    for number in range(3):
        enter(held, version, 0.7, team=f"T{number}", seed=number)
    close_version(held, version)
    test = open_page("leaderboard", "work")
    shown = board_of(held, version)
    columns, *rows = table(test)
    public, change = columns.index("Public"), columns.index("Change")
    assert [float(row[public]) for row in rows] == [one.entry.public.macro_f1 for one in shown.entries]
    signs = ["=" if not one.climbed else "▲" if one.climbed > 0 else "▼" for one in shown.entries]
    assert [row[change][0] for row in rows] == signs
    assert "on the private test rows" in texts(test)


def test_tracks_and_self_reported_scores_are_boards_of_their_own(open_page: Open, held: Workspace, version: str):
    enter(held, version, 0.9, team="Blind")
    enter(held, version, 0.99, team="Knowing", track=Track.GRAPH_AWARE)
    ingest_logs(held, [LogFile("a.jsonl", jsonl(log_of("rows 1", team="Author")))], "upload")
    test = open_page("leaderboard", "work")
    track, scores = (next(c for c in test.get("button_group") if c.label == label) for label in ("Track", "Scores"))
    assert [row[2] for row in table(test)[1:]] == ["Blind"]
    track.set_value(Track.GRAPH_AWARE).run()
    assert [row[2] for row in table(test)[1:]] == ["Knowing"]
    track.set_value(Track.BLIND).run()
    scores.set_value("self-reported").run()
    assert [row[2] for row in table(test)[1:]] == ["Author"]
    assert "Nobody has seen these predictions" in texts(test)


def test_logs_are_taken_in_on_the_page_or_refused_with_their_lines(open_page: Open, held: Workspace):
    test = open_page("leaderboard", "work")
    test.file_uploader[0].set_value(("bad.jsonl", jsonl(log_of(), log_of(n_rows=1)), "application/json")).run()
    next(button for button in test.button if button.label == "Take them in").click().run()
    assert "row 2, bad.jsonl" in texts(test)
    assert stored_logs(held) == ()
    test.file_uploader[0].set_value(("good.jsonl", jsonl(log_of("V25")), "application/json")).run()
    next(button for button in test.button if button.label == "Take them in").click().run()
    assert "1 log taken in. It stands under “Self-reported”." in texts(test)
    assert [row[1] for row in table(test)[1:]] == ["forest"]


def test_the_example_on_the_page_is_a_log():
    [read] = read_logs([LogFile("a.json", EXAMPLE.encode())])
    assert read.log.model == "forest-300"


def test_charts_draw_every_entry_with_its_interval_and_every_line(held: Workspace, version: str):
    for number in range(3):
        enter(held, version, 0.9 - 0.1 * number, team=f"T{number}", model=ODD, seed=number, with_chances=True)
    shown = board_of(held, version)
    figure = score_chart(shown.entries, shown.lines, shown.entries[1].entry.id, "Public")
    dots = figure.data[0]
    assert list(dots.x) == [one.entry.score.macro_f1 for one in shown.entries]
    ends = [x + up for x, up in zip(dots.x, dots.error_x.array, strict=True)]
    assert ends == pytest.approx([one.entry.score.interval.high for one in shown.entries])
    assert len(set(dots.y)) == 3 and "<b>t" not in dots.y[0] and "%{" not in dots.y[0]
    drawn = sorted(shape.x0 for shape in figure.layout.shapes)
    assert drawn == sorted(line.value for line in reference_lines(shown.lines))
    course = course_chart([one.entry for one in shown.history], shown.lines, [shown.entries[0].entry.who], "Submitted")
    best = course.data[-1]
    assert list(best.y) == sorted(best.y) and best.y[-1] == shown.entries[0].entry.score.macro_f1
    across = versions_chart(scores_across(held, shown.choice, [one.entry.who for one in shown.entries]))
    assert [trace.y[0] for trace in across.data] == [one.entry.score.macro_f1 for one in shown.entries]
    entry = shown.entries[0].entry
    matrix = confusion_chart(entry.score.confusion, ("good", ODD), "#000", with_counts=False)
    assert [sum(row) for row in matrix.data[0].z] == pytest.approx([1.0, 1.0])
    assert "rows" not in matrix.data[0].customdata[0][0]  # counts stay untold while the version is open
    bins = entry_reliability(held, entry.id)
    assert len(reliability_chart(bins).data[1].x) == int((bins.share > 0).sum())
    points = [{"step": 1, "measures": {"loss": 2.0}}, {"step": 2, "measures": {"loss": 1.0, "f1": 0.5}}]
    assert [list(trace.y) for trace in learning_chart(points).data] == [[2.0, 1.0], [0.5]]


def test_the_command_line_takes_in_lists_and_exports(run, run_json, held: Workspace, version: str, tmp_path: Path):
    enter(held, version, 0.9, team="Aurora")
    dataset = board_version(held, version).dataset
    services.workbench().close()
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / "a.jsonl").write_bytes(jsonl(log_of("rows 1"), log_of("V25")))
    (logs / "notes.txt").write_text("x")
    taken = run_json("leaderboard", "ingest", logs, "--workspace", "work")
    assert (taken["n_logs"], len(taken["new"]), taken["skipped"]) == (2, 2, ["notes.txt"])
    assert run_json("leaderboard", "ingest", logs, "--workspace", "work")["n_known"] == 2
    listed = run_json("leaderboard", "list", "--workspace", "work")
    assert [one["dataset"] for one in listed["datasets"]] == [dataset, "V25"]
    assert [entry["team"] for entry in listed["board"]["entries"]] == ["Aurora"]
    code, out, _ = run("leaderboard", "list", "--workspace", "work", "--scores", "self-reported", "--dataset", "V25")
    assert code == 0 and "forest" in out and "0.800" in out
    for suffix in ("csv", "json"):
        file = tmp_path / f"board.{suffix}"
        assert run_json("leaderboard", "export", "--workspace", "work", "--out", file)["n_entries"] == 1
        assert "Aurora" in file.read_text()
        code, _, err = run("leaderboard", "export", "--workspace", "work", "--out", file)
        assert code == 1 and "is there already" in err
    assert json.loads((tmp_path / "board.json").read_text())["dataset"] == dataset


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["list", "--dataset", "nothing"], "There is no board of 'nothing'"),
        (["list", "--version", "nothing"], "There is no version 'nothing'"),
        (["ingest", "missing"], "There is no missing"),
        (["export", "--out", "board.xlsx"], "neither .csv nor .json"),
        (["list", "--since", "2026-13-01"], "is no date"),
    ],
)
def test_the_command_line_says_what_is_wrong(run, held: Workspace, version: str, arguments: list[str], told: str):
    services.workbench().close()
    code, _, err = run("leaderboard", *arguments, "--workspace", "work")
    assert code != 0 and told in err


def test_the_command_line_offers_what_the_program_has():
    assert tuple(Track) == cli_board.TRACKS
    assert tuple(VersionKind) == cli_board.KINDS
    assert tuple(ScoreSource) == cli_board.SOURCES
