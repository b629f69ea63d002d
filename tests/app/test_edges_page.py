import csv
import io
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.edges.download import pairs_csv
from app.components.edges.table import PAGE_ROWS
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.fingerprint import content_id
from core.graph.edges_csv import read_edges, write_edges
from core.graph.judges.offline import offline_judge
from core.graph.model import Outcome, Verdict, signed_graph
from core.graph.pair_table import PairOrder, PairSearch, PairTable, find_pairs, pair_table
from core.graph.statistics import graph_statistics
from core.store.artefacts import Artefact
from core.workflows import graph_tools
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.demo import DATA
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import EDGES_FILE, GRAPH, load_graph, save_uploaded_graph

Open = Callable[..., AppTest]
WORKSPACE = "work"
SIZES = {"brand": 8, "audience": 9, "platform": 4, "geo": 5}
ALL_OUTCOMES = list(Outcome)


class ScriptedJudge:
    """Verdicts that follow from the two ids alone."""

    name = "scripted"
    fingerprint = "scripted-1"

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        return [self._verdict(*sorted((primary.id, target.id))) for target in targets]

    def _verdict(self, first: str, second: str) -> Verdict:
        number = int(content_id("verdict", [first, second]), 16)
        outcome = [*[Outcome.POSITIVE] * 4, *[Outcome.NEGATIVE] * 3, *[Outcome.NEUTRAL] * 3, *ALL_OUTCOMES[3:]][
            number % 12
        ]
        return Verdict(outcome, number % 97 / 96, f"Because {first} meets {second} *today* in {number % 7}.")


def small_catalogue() -> Catalogue:
    return Catalogue(
        tuple(
            Attribute(
                f"{modality}-{i}", f"{modality.title()} No {i}", modality, modality, {"origin": f"<b>land {i}</b>"}
            )
            for modality, size in SIZES.items()
            for i in range(size)
        )
    )


@pytest.fixture
def graph(home: Path, monkeypatch: pytest.MonkeyPatch) -> Artefact:
    """A graph that the scripted judge built in the workspace `work`."""
    monkeypatch.setattr(graph_tools, "offline_judge", ScriptedJudge)
    return built_graph(small_catalogue())


def built_graph(catalogue: Catalogue) -> Artefact:
    held = services.workbench().create(WORKSPACE)
    save_catalogue(held.workspace, catalogue, "Attributes")
    settings = GraphSettings().model_dump(mode="json")
    job = held.jobs.get(held.jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": settings}))
    return held.workspace.artefacts.get(GRAPH, job.result[GRAPH])


def table_of(graph: Artefact) -> PairTable:
    stored = load_graph(services.workbench().open(WORKSPACE).workspace, graph.id)
    return pair_table(stored.graph, stored.verdicts)


def widget(page: AppTest, kind: str, start: str) -> "AppTest.Widget":  # type: ignore[name-defined]
    """The one widget of a kind whose key begins so; keys end with what they depend on."""
    found = [element for element in page.get(kind) if str(element.key).startswith(start)]
    assert len(found) == 1, [element.key for element in page.get(kind)]
    return found[0]


def count_line(page: AppTest) -> str:
    return next(m.value for m in page.markdown if "match" in m.value)


def shown_pairs(page: AppTest) -> list[tuple[str, str]]:
    frame = page.dataframe[0].value
    return list(zip(frame["First attribute"], frame["Second attribute"], strict=True))


def names(table: PairTable, rows: Sequence[int]) -> list[tuple[str, str]]:
    return [(pair.source.value, pair.target.value) for pair in map(table.pair, rows)]


def select_row(page: AppTest, number: int) -> AppTest:
    key = page.dataframe[0].key
    page.session_state[key] = {"selection": {"rows": [number], "columns": [], "cells": []}}
    return page.run()


def everything(page: AppTest) -> str:
    return "\n".join(
        str(element.value) for kind in ("markdown", "caption", "info", "table") for element in page.get(kind)
    )


def test_at_first_the_signed_pairs_are_shown_strongest_first(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    stored = load_graph(services.workbench().open(WORKSPACE).workspace, graph.id)
    total = graph_statistics(stored.graph, stored.verdicts).total
    table = table_of(graph)

    assert not page.exception and not page.error
    n_signed = total.n_positive + total.n_negative
    assert count_line(page) == f"**{n_signed:,}** of {total.n_pairs:,} pairs match"
    rows = find_pairs(table, PairSearch()).tolist()
    assert shown_pairs(page) == names(table, rows[:PAGE_ROWS])
    frame = page.dataframe[0].value
    assert [sign[0] for sign in frame["Sign"]] == [
        {1: "+", -1: "−"}[int(table.outcome[row])] for row in rows[:PAGE_ROWS]
    ]
    assert frame["Strength"].tolist() == pytest.approx(sorted(table.strength[rows], reverse=True)[:PAGE_ROWS])


def test_pages_follow_each_other_and_a_new_search_begins_at_the_first(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    table = table_of(graph)
    rows = find_pairs(table, PairSearch()).tolist()
    assert len(rows) > PAGE_ROWS
    widget(page, "pagination", "edges-page").set_value(2).run()
    assert shown_pairs(page) == names(table, rows[PAGE_ROWS : 2 * PAGE_ROWS])
    assert f"Rows {PAGE_ROWS + 1:,} to {min(len(rows), 2 * PAGE_ROWS):,} of {len(rows):,}" in everything(page)

    widget(page, "selectbox", "edges-order").set_value(PairOrder.NAMES).run()
    assert shown_pairs(page) == names(table, find_pairs(table, PairSearch(order=PairOrder.NAMES))[:PAGE_ROWS].tolist())


def test_every_filter_narrows_to_what_the_core_finds(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    table = table_of(graph)

    def expect(**wanted: object) -> None:
        found = find_pairs(table, PairSearch(**wanted)).tolist()  # type: ignore[arg-type]
        assert 0 < len(found) < len(table)
        assert count_line(page).startswith(f"**{len(found):,}** of")
        assert shown_pairs(page) == names(table, found[:PAGE_ROWS])

    widget(page, "segmented_control", "edges-outcomes").set_value("0 no signal").run()
    outcomes = (Outcome.NEUTRAL,)
    expect(outcomes=outcomes)
    widget(page, "selectbox", "edges-modalities").set_value(("brand", "audience")).run()
    expect(outcomes=outcomes, modalities=("brand", "audience"))
    widget(page, "slider", "edges-strength").set_value((0.2, 0.9)).run()
    expect(outcomes=outcomes, modalities=("brand", "audience"), strength=(0.2, 0.9))
    widget(page, "text_input", "edges-text").set_value("AUDIENCE today").run()
    expect(outcomes=outcomes, modalities=("brand", "audience"), strength=(0.2, 0.9), text="audience today")


@pytest.mark.parametrize(
    ("choice", "outcomes"),
    [
        ("+ and −", (Outcome.POSITIVE, Outcome.NEGATIVE)),
        ("+ works together", (Outcome.POSITIVE,)),
        ("Not judged", (Outcome.UNJUDGED,)),
        ("No answer", (Outcome.UNRESOLVED,)),
        ("All pairs", tuple(Outcome)),
    ],
)
def test_what_is_chosen_is_what_is_shown(
    choice: str, outcomes: tuple[Outcome, ...], graph: Artefact, open_page: Open
) -> None:
    page = open_page("edges", WORKSPACE)
    widget(page, "segmented_control", "edges-outcomes").set_value("0 no signal").run()
    widget(page, "segmented_control", "edges-outcomes").set_value(choice).run()
    expected = int(np.isin(table_of(graph).outcome, outcomes).sum())
    assert count_line(page).startswith(f"**{expected:,}** of")


def test_one_attribute_can_be_asked_for(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    widget(page, "selectbox", "edges-attribute").set_value("geo-2").run()

    assert {"Geo No 2"} == {name for pair in shown_pairs(page) for name in pair if name.startswith("Geo")}


def test_nothing_found_is_said_and_filters_can_be_cleared(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    before = count_line(page)
    widget(page, "text_input", "edges-text").set_value("no such word").run()
    assert "No pair matches" in page.info[0].value
    assert not page.dataframe

    next(button for button in page.button if button.label == "Clear filters").click().run()
    assert count_line(page) == before
    assert widget(page, "text_input", "edges-text").value == ""


def test_filters_stay_while_another_page_is_visited(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    widget(page, "text_input", "edges-text").set_value("today").run()
    widget(page, "segmented_control", "edges-outcomes").set_value("− conflicts").run()
    widget(page, "selectbox", "edges-attribute").set_value("geo-2").run()
    before = count_line(page)
    page.switch_page("pages/graph.py").run()
    page.switch_page("pages/edges.py").run()

    assert count_line(page) == before
    assert widget(page, "segmented_control", "edges-outcomes").value == "− conflicts"


def test_a_selected_row_shows_its_ends_reason_and_call(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    table = table_of(graph)
    row = int(find_pairs(table, PairSearch())[3])
    pair = table.pair(row)
    select_row(page, 3)

    assert not page.exception
    assert f"#### **{pair.source.value}** × **{pair.target.value}**" in everything(page)
    escaped = pair.reason.replace("*", "\\*")
    assert f"> {escaped}" in [m.value for m in page.markdown]
    facts = [cell for shown in page.table[:2] for line in shown.value.to_numpy().tolist() for cell in line]
    assert pair.source.id in facts and pair.target.id in facts
    assert f"\\<b\\>land {pair.source.id[-1]}\\</b\\>" in facts
    same_call = np.flatnonzero(table.call == table.call[row])
    assert page.expander[0].label == f"Call {pair.call:,} asked about {len(same_call):,} pairs"
    assert len(page.dataframe[1].value) == len(same_call)


def test_the_network_follows_the_selected_row_and_the_theme(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    table = table_of(graph)
    degree = np.bincount(np.concatenate([table.source, table.target])[np.tile(np.abs(table.outcome) == 1, 2)])
    best = table.catalogue.attributes[int(degree.argmax())].id
    assert frame_query(page) == frame_of(graph, best, "light")

    page.context = {"theme": "dark"}
    pair = table.pair(int(find_pairs(table, PairSearch())[5]))
    select_row(page, 5)
    assert frame_query(page) == frame_of(graph, pair.source.id, "dark")
    centre = table.catalogue.position_of[pair.source.id]
    counted = table.outcome[(table.source == centre) | (table.target == centre)]
    n_positive, n_negative = int((counted == 1).sum()), int((counted == -1).sum())
    assert f"works together with {n_positive:,} and conflicts with {n_negative:,} attributes" in everything(page)

    widget(page, "selectbox", "edges-network").set_value("geo-0").run()
    widget(page, "segmented_control", "edges-network-signs").set_value("negative").run()
    assert frame_query(page) == {**frame_of(graph, "geo-0", "dark"), "signs": "negative"}


def frame_of(graph: Artefact, attribute: str, theme: str) -> dict[str, str]:
    return {"workspace": WORKSPACE, "graph": graph.id, "attribute": attribute, "signs": "both", "theme": theme}


def frame_query(page: AppTest) -> dict[str, str]:
    address = urlsplit(page.get("iframe")[0].proto.src)
    assert (address.scheme, address.netloc, address.path) == ("", "", "/view/network")
    return dict(parse_qsl(address.query))


def test_an_uploaded_graph_has_neither_strength_nor_reason(home: Path, open_page: Open) -> None:
    workspace = services.workbench().create(WORKSPACE).workspace
    catalogue = small_catalogue()
    save_catalogue(workspace, catalogue, "Attributes")
    edges = b"source,target,rel,sign\nbrand-0,geo-1,brand_to_geo,+\nbrand-1,geo-1,brand_to_geo,-\n"
    uploaded = save_uploaded_graph(workspace, catalogue.id, edges, "mine.csv")
    page = open_page("edges", WORKSPACE, graph=uploaded.id)

    assert count_line(page) == "**2** of 2 uploaded edges match"
    assert widget(page, "slider", "edges-strength").disabled
    assert page.dataframe[0].value["Strength"].isna().all()
    select_row(page, 0)
    assert not page.exception
    assert "the uploaded file holds only signs" in everything(page)
    assert not page.expander


def test_an_empty_workspace_says_what_to_do(open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)

    assert "No graph yet" in everything(page)
    assert not page.exception and not page.dataframe


def test_a_link_to_a_graph_that_is_gone_shows_the_newest(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE, graph="0" * 24)

    assert "not in this workspace" in page.warning[0].value
    assert not page.error and len(page.dataframe[0].value)


def test_evidence_of_the_rules_adds_up_to_the_verdict(home: Path, open_page: Open) -> None:
    small = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    graph = built_graph(small)
    page = open_page("edges", WORKSPACE)
    table = table_of(graph)
    judge = offline_judge()
    rows = find_pairs(table, PairSearch())[:PAGE_ROWS].tolist()
    explained = [judge.explain(table.pair(row).source, table.pair(row).target) for row in rows]  # type: ignore[attr-defined]
    number = next(i for i, e in enumerate(explained) if len(e.evidence) > 1 and not any(x.decides for x in e.evidence))
    select_row(page, number)

    shown = page.table[2].value
    adds = [float(cell.split("**")[1].replace("−", "-")) for cell in shown["Adds"]]
    assert adds == [round(e.contribution, 2) for e in explained[number].evidence]
    assert sum(adds) == pytest.approx(explained[number].score, abs=0.005 * len(adds))
    assert all(
        ":blue[" in cell if add > 0 else ":orange[" in cell for cell, add in zip(shown["Adds"], adds, strict=True)
    )


def test_rules_that_changed_do_not_explain_old_verdicts(
    home: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    judge = offline_judge()
    judge.fingerprint = "of other rules"  # type: ignore[misc]
    with monkeypatch.context() as patch:
        patch.setattr(graph_tools, "offline_judge", lambda: judge)
        built_graph(small)
    page = select_row(open_page("edges", WORKSPACE), 0)

    assert "The rules have changed" in page.info[0].value
    assert not page.error and not page.exception


def csv_rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


def test_the_found_pairs_as_csv_hold_every_pair_by_id(graph: Artefact) -> None:
    table = table_of(graph)
    rows = find_pairs(table, PairSearch(outcomes=tuple(Outcome), order=PairOrder.CALL))
    read = csv_rows(pairs_csv(table, rows))

    assert len(read) == len(table)
    for line, row in zip(read, rows.tolist(), strict=True):
        pair = table.pair(row)
        assert {line["source"], line["target"]} == {pair.source.id, pair.target.id}
        assert line["rel"] == "_to_".join(sorted((pair.source.modality, pair.target.modality)))
        assert (line["sign"], line["outcome"]) == (pair.outcome.symbol, pair.outcome.name.lower())
        assert (line["call"], line["reason"], line["judge"]) == (str(pair.call), pair.reason, "scripted")
        assert float(line["strength"]) == pytest.approx(pair.strength, abs=0.0006)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_of_the_csv_runs_in_a_spreadsheet(start: str) -> None:
    text = f"{start}HYPERLINK(1)"
    catalogue = Catalogue((Attribute(text, text, "=brand", "b"), Attribute("x", text, "geo", "g")))
    graph = signed_graph(catalogue, np.array([0], np.int32), np.array([1], np.int32), np.array([-1], np.int8))
    read = csv_rows(pairs_csv(pair_table(graph, None), np.array([0], np.int32)))[0]

    assert read["sign"] == "-"
    assert (read["source"], read["source_value"], read["rel"]) == (f"'{text}", f"'{text}", "'=brand_to_geo")
    assert not [cell for name, cell in read.items() if name != "sign" and cell[:1] in set("=+-@\t\r\n")]


def test_the_exact_file_reads_back_as_the_same_graph(graph: Artefact) -> None:
    workspace = services.workbench().open(WORKSPACE).workspace
    data = workspace.artefacts.read(graph, EDGES_FILE)
    stored = load_graph(workspace, graph.id)

    assert read_edges(data, stored.graph.catalogue).id == stored.graph.id
    assert write_edges(stored.graph) == data
    assert graph.manifest.parents[CATALOGUE] == stored.graph.catalogue.id
