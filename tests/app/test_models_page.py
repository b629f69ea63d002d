"""The models page: what is asked and said before a training, and that its figures are those of the core."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.models import family as family_view
from app.components.models.curve_charts import curve_chart, curve_groups
from app.components.models.family_fields import fields_of
from app.components.models.pair_charts import estimates_chart
from app.components.models.pair_download import pairs_csv
from app.components.models.run_charts import dropped_chart, side_by_side_chart, sizes_chart, weakest
from core.graph.model import Outcome
from core.models.registry import FAMILIES
from core.models.report import CurveLine
from core.models.vector_tables import vectors_file
from core.progress import finish
from core.store.workspace import Workspace, open_workspace
from core.workflows.board_versions import board_version, board_versions, close_version
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.model_pairs import (
    ComparedPairs,
    RunPairSearch,
    Verdict,
    compare_pairs,
    has_pairs,
    run_pairs,
    search_pairs,
    told_pair,
)
from core.workflows.review_queues import QUEUE, open_queue
from core.workflows.run_lines import RunLine, run_lines
from core.workflows.splits import SPLIT
from core.workflows.training import MODEL_RUN, train_model
from core.workflows.vectors import VECTORS
from tests.fakes.board import catalogue_of_shops, open_board
from tests.fakes.wide_dataset import make_dataset

Open = Callable[..., AppTest]
PAIRS = ":material/hub: Pairs it learnt"
LEARNT = ":material/show_chart: How it learnt"
ORIGIN = ":material/account_tree: Made from"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace folder with a version and four trainings on it: each is a process of its own, so made once."""
    folder = tmp_path_factory.mktemp("made") / "work"
    with open_workspace(folder) as workspace:
        [version] = open_board(workspace, 600)
        for request in (
            {"family": "majority", "robustness": None},
            {"family": "pair-kernel", "settings": {"search_rows": 100, "n_pairs": 400}},
            {"family": "pair-kernel", "settings": {"search_rows": 100}, "seed": 1, "robustness": None},
            {"family": "edge-count", "robustness": None},
        ):
            finish(train_model(workspace, {"version": version, **request}))
    return folder


@pytest.fixture
def held(home: Path, filled: Path) -> Workspace:
    shutil.copytree(filled, home / "work")
    return services.workbench().open("work").workspace


def checked(test: AppTest) -> AppTest:
    assert not test.exception, [element.value for element in test.exception]
    return test


def texts(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.error, test.warning, test.success, test.info)
    return "\n".join(element.value for kind in kinds for element in kind)


def metric(test: AppTest, label: str) -> str:
    return next(element.value for element in test.metric if element.label == label)


def button(test: AppTest, label: str) -> Any:
    return next(element for element in test.button if element.label == label)


def labelled(test: AppTest, kind: str, label: str) -> Any:
    return next(element for element in test.get(kind) if element.label == label)


def line_of(held: Workspace, family: str, seed: int = 0) -> RunLine:
    [version] = board_versions(held)
    lines = run_lines(held, version.id)
    return next(line for line in lines if (line.report.family, line.report.seed) == (family, seed))


def compared(held: Workspace, run: RunLine) -> ComparedPairs:
    dataset = held.artefacts.get(DATASET, board_versions(held)[0].dataset)
    stored = run_pairs(held, run.id)
    assert stored is not None
    return compare_pairs(stored, dataset_config(held, dataset), pair_table_of(dataset.manifest.parents[GRAPH]))


def pair_table_of(graph: str) -> Any:
    return services.workbench().open("work").pairs(graph)


def show(open_page: Open, run: RunLine, tab: str = "") -> AppTest:
    test = open_page("models", "work", model_run=run.id)
    if tab:
        test.session_state[f"models-views-{4 if has_pairs(run.artefact) else 3}"] = tab
        test.run()
    return checked(test)


# --- before a training


def test_a_workspace_without_rows_says_where_they_are_made(open_page: Open) -> None:
    test = checked(open_page("models", "empty"))
    assert "Nothing to learn from yet" in texts(test) and "drawn on a signed graph" in texts(test)


def test_a_dataset_is_split_and_opened_right_here(open_page: Open, home: Path) -> None:
    held = services.workbench().create("fresh").workspace
    make_dataset(held)
    test = checked(open_page("models", "fresh"))
    assert "Open the split on the board" in texts(test)
    test = checked(button(test, "Split the rows").click().run())
    [split] = held.artefacts.list(SPLIT)
    assert not board_versions(held)
    test = checked(button(checked(test.run()), "Open on the board").click().run())
    assert [version.id for version in board_versions(held)] == [split.id]
    assert metric(test, "Training rows") == "540" and "No model has been trained on this version yet" in texts(test)


def test_a_training_starts_with_what_was_asked_and_its_result_is_shown(open_page: Open, held: Workspace) -> None:
    test = checked(open_page("models", "work"))
    labelled(test, "radio", "Family").set_value("edge-count").run()
    labelled(test, "number_input", "Seed").set_value(7).run()
    labelled(test, "number_input", "Most regions").set_value(16).run()
    labelled(test, "toggle", "Measure how far it can be relied on").set_value(False).run()
    test = checked(button(test, "Train").click().run())
    run = line_of(held, "edge-count", 7)
    assert run.report.settings["n_regions"] == 16 and run.report.robustness is None
    assert test.query_params["model_run"] == run.id
    assert "This training was not measured" in texts(test)


def test_what_a_model_learns_from_is_said_before_it_starts(open_page: Open, held: Workspace) -> None:
    test = checked(open_page("models", "work"))
    for name, family in FAMILIES.items():
        checked(labelled(test, "radio", "Family").set_value(name).run())
        said = texts(test)
        knows = family.track == "graph-aware"
        assert ("and **the edges of the graph**" in said) == knows
        assert ("**Never sees** the edges of the graph, nor the labels of the test rows" in said) != knows


def test_a_missing_library_is_said_before_anything_starts(
    open_page: Open, held: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(family_view, "missing_libraries", lambda family: family.needs)
    test = checked(open_page("models", "work"))
    assert not button(test, "Train").disabled  # the pair kernel needs nothing more
    checked(labelled(test, "radio", "Family").set_value("robust-modality").run())
    assert "torch and optuna are not installed. Run `make models`" in texts(test)
    assert button(test, "Train").disabled


def test_no_field_takes_what_its_settings_refuse(open_page: Open, held: Workspace) -> None:
    test = checked(open_page("models", "work"))
    for name, family in FAMILIES.items():
        checked(labelled(test, "radio", "Family").set_value(name).run())
        mine = [e.key for e in test.number_input if e.key.startswith(f"models-{name}-")]
        for end in ("min", "max"):
            for key in mine:
                field = next(e for e in test.number_input if e.key == key)
                if getattr(field, end) is not None:
                    field.set_value(getattr(field, end))
            checked(test.run())
            assert any(e.label == "Train" for e in test.button), (name, end, texts(test))
        assert len(mine) == sum(not field.names for field in fields_of(family.name).all)


def test_a_closed_version_trains_nothing_and_shows_every_private_score(open_page: Open, held: Workspace) -> None:
    [version] = board_versions(held)
    close_version(held, version.id)
    run = line_of(held, "pair-kernel", 1)
    test = show(open_page, run)
    assert button(test, "Train").disabled and "This version is closed" in texts(test)
    assert metric(test, "Private score") == f"{run.private.shown.estimate:.3f}"


def test_vectors_are_made_from_texts_or_a_table_and_chosen(open_page: Open, held: Workspace) -> None:
    test = checked(open_page("models", "work"))
    checked(button(test, "Make the vectors").click().run())
    [vectors] = held.artefacts.list(VECTORS)
    test = checked(test.run())
    picker = labelled(test, "selectbox", "Content vectors")
    assert picker.value == vectors.id and vectors.manifest.facts["made_by"] in texts(test).replace("\\", "")
    upload = next(element for element in test.file_uploader if element.label == "Another table")
    upload.set_value(("bad.csv", b"id,x\nshop-0,north\n", "text/csv")).run()
    checked(button(test, "Check and keep this table").click().run())
    assert "'north' is no number" in texts(test).replace("\\", "")
    ids = [attribute.id for attribute in catalogue_of_shops().attributes]
    data = vectors_file(ids, np.random.default_rng(0).normal(size=(len(ids), 4)).astype(np.float32))
    test.file_uploader[0].set_value(("mine.parquet", data, "application/octet-stream")).run()
    test = checked(button(test, "Check and keep this table").click().run())
    assert len(labelled(test, "multiselect", "Tables to use").value) == 1
    labelled(test, "selectbox", "Turned into numbers by").set_value("none").run()
    checked(button(test, "Make the vectors").click().run())
    test = checked(test.run())
    newest = held.artefacts.list(VECTORS)[0]
    assert newest.manifest.facts["dimensions"] == 4
    assert labelled(test, "selectbox", "Content vectors").value == newest.id


# --- results


def test_the_table_holds_every_training_of_a_track(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    test = show(open_page, run)
    shown = test.dataframe[0].value
    lines = [line for line in run_lines(held, board_versions(held)[0].id) if line.report.track == "blind"]
    assert shown["Id"].tolist() == [line.id[:8] for line in lines]
    assert shown["On the board"].fillna(-1).tolist() == [
        line.score.shown.estimate if line.score else -1 for line in lines
    ]
    own = shown[shown["Id"] == run.id[:8]].iloc[0]
    found = run.report.robustness
    assert own["Rows set aside"] == found.score.macro_f1 and own["Weakest missing"] == weakest(found)[1]
    checked(labelled(test, "button_group", "Track").set_value("graph-aware").run())
    assert test.dataframe[0].value["Id"].tolist() == [line_of(held, "edge-count").id[:8]]


def test_one_training_is_shown_as_the_board_shows_it(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    test = show(open_page, run)
    assert metric(test, "Public score") == f"{run.public.shown.estimate:.3f}"
    found = run.report.robustness
    assert metric(test, "On rows set aside") == f"{found.score.macro_f1:.3f}"
    assert metric(test, "Off in its certainty") == f"{found.score.ece:.1%}"
    assert f"Without **\u2068{weakest(found)[0]}\u2069**" in texts(test)
    assert "No cold split of this dataset is on the board" in texts(test)
    [board] = [element for element in test.button if element.key == "models-see-board"]
    checked(board.click().run())
    assert test.title[0].value == "Leaderboard" and test.query_params["entry"] == run.entry


def test_a_graph_aware_training_leads_to_its_own_board(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "edge-count")
    test = show(open_page, run)
    checked(next(element for element in test.button if element.key == "models-see-board").click().run())
    assert test.dataframe[0].value["Model"].tolist() == ["edge-count"]
    assert "edge-count" in texts(test)


def test_trainings_can_stand_beside_each_other(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    finish(train_model(held, {"version": board_versions(held)[0].id, "family": "majority"}))
    test = show(open_page, run)
    other = line_of(held, "majority")
    beside = labelled(test, "multiselect", "Compare with")
    checked(beside.set_value([other.id]).run())
    unseen = test.dataframe[1].value
    column = unseen["Rows with attributes never seen"].tolist()
    assert column == [line.report.robustness.unseen.cold.macro_f1 for line in (run, other)]


def test_what_it_was_made_from_and_how_it_learnt(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    facts = show(open_page, run, ORIGIN).table[0].value.astype(str).to_string()
    assert run.id in facts and run.entry in facts and "none" in facts
    test = show(open_page, run, LEARNT)
    assert "Left to solve" in texts(test) and "learns in one go" not in texts(test)
    assert "learns in one go" in texts(show(open_page, line_of(held, "edge-count"), LEARNT))


def test_a_stale_link_and_a_deleted_training(open_page: Open, held: Workspace) -> None:
    test = checked(open_page("models", "work", model_run="nothing", split="nothing"))
    assert "is not one on this version" in texts(test) and "is not on the board" in texts(test)
    for run in held.artefacts.list(MODEL_RUN):
        held.artefacts.delete(MODEL_RUN, run.id)
    assert "No model has been trained" in texts(checked(test.run()))


# --- pairs


def test_pairs_are_the_cores_own_and_filters_find_what_it_finds(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    pairs = compared(held, run)
    table = pair_table_of(held.artefacts.get(DATASET, board_versions(held)[0].dataset).manifest.parents[GRAPH])
    test = show(open_page, run, PAIRS)
    agrees, contradicts = (int(pairs.of_verdict(v).sum()) for v in (Verdict.AGREES, Verdict.CONTRADICTS))
    assert metric(test, "Pairs estimated") == f"{len(pairs):,}" == "400"
    assert metric(test, "With the graph") == f"{agrees / (agrees + contradicts):.1%}"
    assert metric(test, "Against the graph") == f"{contradicts:,}"
    assert agrees > 2 * contradicts  # it has learnt something of a graph that it never saw
    assert "good against poor" in texts(test)
    checked(labelled(test, "button_group", "Show").set_value("contradicts").run())
    numbers = search_pairs(pairs, table, RunPairSearch(verdict=Verdict.CONTRADICTS))
    expected = [told_pair(pairs, table, number) for number in numbers[:50].tolist()]
    shown = test.dataframe[1].value
    assert shown["First attribute"].tolist() == [pair.source.value for pair in expected]
    assert shown["Estimate"].tolist() == [pair.mean for pair in expected]
    assert {sign for signs in shown["Graph"] for sign in signs} <= {"+", "−"}
    checked(next(e for e in test.text_input if e.label == "Search").set_value("shop nowhere").run())
    assert "No pair matches" in texts(test)


def test_pairs_found_become_a_review_queue(open_page: Open, held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    test = show(open_page, run, PAIRS)
    next(e for e in test.number_input if e.label.startswith("Pairs, of")).set_value(3).run()
    checked(button(test, "Make the queue").click().run())
    [queue] = held.artefacts.list(QUEUE)
    pairs = compared(held, run)
    graph = queue.manifest.parents[GRAPH]
    expected = [told_pair(pairs, pair_table_of(graph), number) for number in range(3)]
    cards = open_queue(held, queue.id).cards
    assert [{card.source, card.target} for card in cards] == [{p.source.id, p.target.id} for p in expected]
    assert graph == load_graph(held, graph).artefact.id
    assert not any(word in card.why for card in cards for word in ("+", "−", "against", "speak"))
    assert test.query_params["queue"] == queue.id


def test_the_file_of_pairs_is_safe_and_whole(held: Workspace) -> None:
    run = line_of(held, "pair-kernel")
    pairs = compared(held, run)
    table = pair_table_of(held.artefacts.get(DATASET, board_versions(held)[0].dataset).manifest.parents[GRAPH])
    told = [told_pair(pairs, table, number)._replace(reason="=1+1") for number in range(20)]
    rows = list(csv.DictReader(io.StringIO(pairs_csv(told).decode("utf-8-sig"))))
    assert [row["source"] for row in rows] == [pair.source.id for pair in told]
    assert [float(row["estimate"]) for row in rows] == pytest.approx([pair.mean for pair in told], rel=1e-5)
    assert {row["graph"] for row in rows} <= {outcome.name.lower() for outcome in Outcome}
    assert {row["graph_reason"] for row in rows} == {"'=1+1"}


# --- charts


def test_charts_draw_every_training_and_every_figure(held: Workspace) -> None:
    version = board_version(held, board_versions(held)[0].id)
    lines = [line for line in run_lines(held, version.id) if line.report.track == "blind"]
    figure = side_by_side_chart(lines, version.lines, lines[0].id)
    board = next(trace for trace in figure.data if trace.name and trace.name.startswith("On the board"))
    assert sorted(board.x) == sorted(line.score.shown.estimate for line in lines if line.score)
    assert len(set(board.y)) == len(board.y)
    found = line_of(held, "pair-kernel").report.robustness
    dropped = dropped_chart({"a <b>x</b>": found})
    assert dict(zip(dropped.data[0].y, dropped.data[0].x, strict=True)) == {
        one.modality: one.score.macro_f1 for one in found.dropped
    }
    assert "<b>" not in dropped.data[0].name
    assert list(sizes_chart({"a": found}, None).data[0].x) == [point.n_rows for point in found.learning_curve]
    pairs = compared(held, line_of(held, "pair-kernel"))
    assert sum(sum(trace.y) for trace in estimates_chart(pairs).data) == len(pairs)


def test_every_fit_of_a_curve_is_a_line_of_its_own() -> None:
    def line(step: int, note: str, **measures: float) -> CurveLine:
        return CurveLine(step=step, total=9, note=note, seconds=step, measures=measures)

    curve = [line(i, f"try 1 of 2: small; epoch {i}: 50%", loss=1.0, other=2.0) for i in (1, 2, 3)]
    curve += [line(i, f"epoch {i}: 60%", loss=0.5, learning_rate=0.1) for i in (4, 5)]
    groups = curve_groups(curve)
    assert [group.title for group in groups] == ["Loss", "other"]  # unknown measures are shown, too
    fits = curve_chart(curve, groups[0]).data
    assert [list(trace.x) for trace in fits] == [[1, 2, 3], [4, 5]]
    assert fits[0].line.color != fits[1].line.color
    single = [line(i, f"Kernel weights {i} of at most 4", unexplained=0.5) for i in range(4)]
    assert [list(trace.x) for trace in curve_chart(single, curve_groups(single)[0]).data] == [[0, 1, 2, 3]]
