"""Splits on the datasets page: made, opened, closed, deleted; and no sealed row on any page, remembered or not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from app import queries, services
from app.dataset_rows import RowSearch
from core.graph.model import Outcome
from core.graph.review.queue_settings import QueuePolicy
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows import board_versions, splits
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH
from core.workflows.leverage import RowSource
from core.workflows.sealed_rows import RowsSealed, are_sealed
from core.workflows.split_lines import dataset_lines
from tests.fakes.wide_dataset import make_dataset

SPLITS = ":material/call_split: Splits"
View = Callable[..., AppTest]


@pytest.fixture
def work(home: Any) -> Workspace:
    return services.workbench().create("work").workspace


@pytest.fixture
def dataset(work: Workspace) -> Artefact:
    return make_dataset(work)


@pytest.fixture
def view(open_page: Callable[..., AppTest], dataset: Artefact) -> View:
    def view_it(tab: str = SPLITS) -> AppTest:
        test = open_page("datasets", "work", dataset=dataset.id)
        test.session_state["dataset-views"] = tab
        return checked(test.run())

    return view_it


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


def tick(test: AppTest, label: str) -> AppTest:
    return next(box for box in test.checkbox if box.label == label).check().run()


def only_split(work: Workspace) -> Artefact:
    [split] = work.artefacts.list(splits.SPLIT)
    return split


def test_a_split_is_made_opened_and_closed_on_the_page(work: Workspace, dataset: Artefact, view: View) -> None:
    test = view()
    assert "divides the rows into a training part" in texts(test)
    test = checked(button(test, "Split the rows").click().run())
    split = only_split(work)
    assert split.id == splits.split_id_of(dataset.id, splits.SplitSettings())  # the form's defaults are the settings'
    test = view()
    assert f"The rows of {dataset.manifest.title} are sealed" in texts(test)
    assert "Random split · not on the board" in texts(test)
    lines, whole = splits.lines_of(splits.split_card(work, split.id)), dataset_lines(work, dataset.id)
    assert [m.value for m in test.metric if m.label == "Oracle"] == [f"{whole.oracle:.3f}", f"{lines.oracle:.3f}"]
    assert (metric(test, "Training rows"), metric(test, "Public test rows")) == ("540", "180")
    assert metric(test, "Ceiling") == f"{lines.ceiling:.3f}" == f"{whole.ceiling:.3f}"  # of one law
    assert [m.value for m in test.metric if m.label == "Majority"] == [f"{whole.majority:.3f}", f"{lines.majority:.3f}"]
    assert "Fewer than 2,000 public rows" in texts(test)
    names = {element.label for element in test.get("download_button")}
    assert {"Training rows (JSONL)", "Test rows (Parquet)", "Attributes"} <= names and "Vectors" not in names

    test = checked(button(test, "Open on the board").click().run())
    assert "open on the board since" in texts(test)
    assert [v.id for v in board_versions.board_versions(work)] == [split.id]
    assert button(test, "Close the version").disabled
    test = checked(tick(test, "Close it for good"))
    test = checked(button(test, "Close the version").click().run())
    assert "closed on" in texts(test) and f"The rows of {dataset.manifest.title} are sealed" not in texts(test)
    assert "cannot be split again" in texts(test) and "Split the rows" not in {b.label for b in test.button}
    assert not are_sealed(work.artefacts.get(DATASET, dataset.id))


def test_a_cold_split_says_what_it_left_out_and_shares_its_settings(work: Workspace, view: View) -> None:
    test = checked(button(view(), "Split the rows").click().run())
    test = view()
    inputs = {n.label: n for n in test.number_input}
    assert inputs["Attributes held out (%)"].value == 10  # a random split is there: a cold one is what may be added
    assert {label for label, number in inputs.items() if number.disabled} == {"Training (%)", "Public test (%)", "Seed"}
    checked(button(test, "Split the rows").click().run())
    assert len(work.artefacts.list(splits.SPLIT)) == 2
    test = view()
    assert "Cold split · not on the board" in texts(test) and int(metric(test, "Rows left out")) > 0


def test_another_split_takes_shares_that_are_no_whole_percents(work: Workspace, dataset: Artefact, view: View) -> None:
    settings = {"train": 0.605, "public": 0.2, "private": 0.195, "seed": 3, "min_public_rows": 10}
    jobs = services.workbench().open("work").jobs
    jobs.submit("split_dataset", {DATASET: dataset.id, "settings": settings})
    checked(button(view(), "Split the rows").click().run())
    assert splits.split_id_of(dataset.id, splits.SplitSettings(**settings, held_out_attributes=0.1)) in {
        split.id for split in work.artefacts.list(splits.SPLIT)
    }


def test_rows_that_can_be_read_elsewhere_are_warned_of(work: Workspace, dataset: Artefact, view: View) -> None:
    other = make_dataset(work, noise=0.1)
    assert "may stand elsewhere" not in texts(view())
    checked(button(view(), "Split the rows").click().run())
    assert f"{other.manifest.title} ({other.id[:8]}) can be read" in texts(view())


def test_shares_that_leave_nothing_are_refused_with_a_reason(work: Workspace, view: View) -> None:
    test = view()
    next(n for n in test.number_input if n.label == "Training (%)").set_value(80).run()
    assert "take 100 %: nothing is left for the private test" in texts(checked(test))
    assert button(test, "Split the rows").disabled


def test_a_split_that_was_never_opened_can_be_deleted(work: Workspace, dataset: Artefact, view: View) -> None:
    checked(button(view(), "Split the rows").click().run())
    test = checked(tick(view(), "Delete it for good"))
    delete = next(b for b in test.button if b.key == f"split-delete-{only_split(work).id[:8]}")
    checked(delete.click().run())
    assert not work.artefacts.list(splits.SPLIT)
    assert not are_sealed(work.artefacts.get(DATASET, dataset.id))


@pytest.mark.parametrize("name", ["Rows", "Attributes", "Origin"])
def test_views_of_sealed_rows_say_so_in_one_sentence(dataset: Artefact, view: View, name: str) -> None:
    tab = next(label for label in _tabs() if label.endswith(name))
    before = texts(view(tab))
    assert "are sealed until" not in before
    checked(button(view(), "Split the rows").click().run())
    after = view(tab)
    assert "are sealed until the versions made of its splits are closed" in texts(after)
    assert not any("label" in frame.value.columns for frame in after.dataframe)
    names = {element.label.split(" · ")[0] for element in after.get("download_button")}
    assert {"Evaluation", "Configuration", "Manifest"} <= names and "Rows (JSONL)" not in names


@pytest.mark.parametrize("name", ["Evaluation", "Variety"])
def test_figures_over_all_rows_stay(view: View, name: str) -> None:
    tab = next(label for label in _tabs() if label.endswith(name))
    before = [element.value for element in view(tab).metric]
    checked(button(view(), "Split the rows").click().run())
    assert [element.value for element in view(tab).metric] == before


def _tabs() -> list[str]:
    icons = {"Rows": "table_rows", "Attributes": "bar_chart", "Origin": "account_tree"}
    icons |= {"Evaluation": "monitoring", "Variety": "diversity_2"}
    return [f":material/{icon}: {name}" for name, icon in icons.items()]


def test_what_was_remembered_before_sealing_is_not_told_after(work: Workspace, dataset: Artefact) -> None:
    graph_id = dataset.manifest.parents[GRAPH]
    source = RowSource(dataset.id)
    edge = services.workbench().open("work").graph(graph_id).graph
    ends = [edge.catalogue.attributes[int(column[0])].id for column in (edge.source, edge.target)]
    reads = [
        lambda: queries.dataset_page("work", dataset.id, RowSearch(), 1),
        lambda: queries.dataset_label_mix("work", dataset.id, "brand"),
        lambda: queries.edge_leverage("work", graph_id, source),
        lambda: queries.pair_what_if("work", graph_id, source, *ends, Outcome.NEUTRAL),
    ]
    for read in reads:
        read()  # in the server's memory from now on
    figures = queries.rows_without_conflict("work", dataset.id), queries.dataset_hygiene("work", dataset.id)
    jobs = services.workbench().open("work").jobs
    job = jobs.get(jobs.submit("split_dataset", {DATASET: dataset.id, "settings": {}}))
    for read in reads:
        with pytest.raises(RowsSealed):
            read()
    assert (queries.rows_without_conflict("work", dataset.id), queries.dataset_hygiene("work", dataset.id)) == figures
    st.cache_data.clear()
    assert (queries.rows_without_conflict("work", dataset.id), queries.dataset_hygiene("work", dataset.id)) == figures
    split_id = job.result[splits.SPLIT]
    board_versions.open_version(work, split_id)
    board_versions.close_version(work, split_id)
    for read in reads:
        read()


def test_a_review_queue_is_not_offered_what_it_would_be_refused(
    work: Workspace, dataset: Artefact, open_page: Callable[..., AppTest], view: View
) -> None:
    def offered() -> tuple[list[str], str]:
        page = open_page("review", "work", graph=dataset.manifest.parents[GRAPH])
        page = checked(page.radio(key="review-new-policy").set_value(QueuePolicy.LEVERAGE).run())
        return next(box.options for box in page.selectbox if box.label == "Count the rows of"), texts(page)

    options, told = offered()
    assert len(options) == 2 and "sealed" not in told
    checked(button(view(), "Split the rows").click().run())
    options, told = offered()
    assert options == ["Random campaigns"] and "1 more of this catalogue cannot be looked into" in told


# --- the command line


def test_splits_and_versions_from_a_terminal(
    work: Workspace, dataset: Artefact, run: Callable[..., Any], run_json: Callable[..., Any]
) -> None:
    services.workbench().close()
    where = ("--workspace", "work")
    card = run_json("split", dataset.id[:8], *where, "--held-out-attributes", "0.1", "--title", "Cold one")
    assert (card["kind"], card["n_held_out"]) == ("cold", 15)
    random = run_json("split", dataset.id, *where, "--held-out-attributes", "0")
    assert random["id"] == splits.split_id_of(dataset.id, splits.SplitSettings())
    code, out, _ = run("split", dataset.id, *where)
    assert code == 0 and "540 training, 180 public and 180 private rows" in out and "knows the graph" in out
    listed = run_json("board-version", "list", *where)
    assert listed["versions"] == [] and {s["id"] for s in listed["unopened"]} == {card["id"], random["id"]}
    assert "never opened    Cold one" in run("board-version", "list", *where)[1]
    opened = run_json("board-version", "open", random["id"][:10], *where, "--title", "V1", "--by", "Ana")
    assert (opened["title"], opened["state"], opened["lines"]["oracle"]) == ("V1", "open", random["lines"]["oracle"])
    assert "closed" in run("board-version", "close", random["id"], *where)[1]
    assert json.loads(run("board-version", "list", *where, "--json")[1])["versions"][0]["state"] == "closed"
    code, _, err = run("split", "nothing", *where)
    assert code == 1 and "There is no dataset 'nothing'" in err and dataset.id in err
    code, _, err = run("split", dataset.id, *where, "--train", "0.9")
    assert code == 1 and "sum to" in err


def test_defaults_of_the_command_are_those_of_the_settings() -> None:
    from app import cli_split

    settings = splits.SplitSettings()
    assert (settings.train, settings.public, settings.private) == (cli_split.TRAIN, cli_split.PUBLIC, cli_split.PRIVATE)
