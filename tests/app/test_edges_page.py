import csv
import io
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.clusters.matrix_charts import Measure, block_matrix
from app.components.edges.download import pairs_csv
from app.components.edges.heatmap_charts import axis_names, sign_heatmap, sign_map
from app.components.edges.table import PAGE_ROWS
from app.components.pair_text import OUTCOME_TITLES
from app.graph_structure import structure_of
from core.catalogue.model import Attribute, Catalogue
from core.fingerprint import content_id, digest
from core.graph.balance import strained_edges, triangle_balance
from core.graph.edges_csv import read_edges, write_edges
from core.graph.group_making import grouping_by_edges
from core.graph.model import (
    Basis,
    Origin,
    Outcome,
    Verdict,
    VerdictTable,
    graph_from_verdicts,
    signed_graph,
    verdict_table,
)
from core.graph.pair_table import PairOrder, PairSearch, PairTable, find_pairs, pair_table
from core.graph.statistics import graph_statistics
from core.graph.structure import count_blocks, degrees
from core.graph.verdict_file import write_verdicts
from core.store.artefacts import Artefact
from core.store.review_log import Decision, NewReview
from core.workflows import graph_tools
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import EDGES_FILE, GRAPH, VERDICTS_FILE, load_graph, save_uploaded_graph

Open = Callable[..., AppTest]
WORKSPACE = "work"
SIZES = {"brand": 8, "audience": 9, "platform": 4, "geo": 5}
ALL_OUTCOMES = list(Outcome)
HEATMAP_TAB = ":material/grid_on: Heatmap"
NETWORK_TAB = ":material/hub: Network"
STRUCTURE_TAB = ":material/query_stats: Structure"


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


def open_tab(page: AppTest, tab: str) -> AppTest:
    page.session_state["edges-views"] = tab
    page.run()
    assert not page.exception and not page.error
    return page


def select_in_chart(page: AppTest, start: str, **selection: object) -> AppTest:
    """What a browser would report of a click or a drawn box in the one chart whose key begins so."""
    key = widget(page, "plotly_chart", start).key
    page.session_state[key] = {"selection": {"points": [], "point_indices": [], "box": [], "lasso": [], **selection}}
    return page.run()


def opened_pair(page: AppTest) -> list[tuple[str, str]]:
    """Both names in the head of the panel, without the marks that keep text of users in its own direction."""
    heads = [re.sub("[\u2066-\u2069*]", "", head.value) for head in page.subheader]
    return [(first, second) for first, _, second in (head.partition(" × ") for head in heads)]


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


def test_the_network_follows_the_selected_row_and_the_theme(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)
    table = table_of(graph)
    degree = np.bincount(np.concatenate([table.source, table.target])[np.tile(np.abs(table.outcome) == 1, 2)])
    best = table.catalogue.attributes[int(degree.argmax())].id
    open_tab(page, NETWORK_TAB)
    assert frame_query(page) == frame_of(graph, best, "light")

    page.context = {"theme": "dark"}
    pair = table.pair(int(find_pairs(table, PairSearch())[5]))
    select_row(page, 5)
    assert frame_query(page) == frame_of(graph, pair.source.id, "dark")
    centre = table.catalogue.position_of[pair.source.id]
    counted = table.outcome[(table.source == centre) | (table.target == centre)]
    n_positive, n_negative = int((counted == 1).sum()), int((counted == -1).sum())
    assert f"works together with {n_positive:,} and conflicts with {n_negative:,} attributes" in everything(page)

    widget(page, "selectbox", "edges-network-").set_value("geo-0").run()
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
    assert not page.exception


def test_an_empty_workspace_says_what_to_do(open_page: Open) -> None:
    page = open_page("edges", WORKSPACE)

    assert "No graph yet" in everything(page)
    assert not page.exception and not page.dataframe


def test_a_link_to_a_graph_that_is_gone_shows_the_newest(graph: Artefact, open_page: Open) -> None:
    page = open_page("edges", WORKSPACE, graph="0" * 24)

    assert "not in this workspace" in page.warning[0].value
    assert not page.error and len(page.dataframe[0].value)


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


# more filters


def test_pairs_are_found_by_where_their_sign_comes_from_and_by_repeated_askings(home: Path, open_page: Open) -> None:
    """Three pairs of one graph: asked twice with two answers, asked once, taken over."""
    catalogue, workspace = small_catalogue(), services.workbench().create(WORKSPACE).workspace
    save_catalogue(workspace, catalogue, "Attributes")
    position = catalogue.position_of
    ends = [("brand-0", "geo-0"), ("brand-0", "geo-1"), ("brand-1", "geo-0")]
    verdicts = verdict_table(
        np.array([position[a] for a, _ in ends], dtype=np.int32),
        np.array([position[b] for _, b in ends], dtype=np.int32),
        [Verdict(Outcome.POSITIVE, 0.5, "Because.") for _ in ends],
        np.zeros(3, dtype=np.int32),
        "scripted",
        basis=np.array([Basis.ASKED, Basis.ASKED, Basis.INHERITED], dtype=np.int8),
        stability=np.array([0.6, 1.0, np.nan], dtype=np.float32),
    )
    store_judged(catalogue, verdicts, "judged")
    page = open_page("edges", WORKSPACE)
    assert not page.exception

    widget(page, "selectbox", "edges-basis").set_value(Basis.INHERITED).run()
    assert shown_pairs(page) == [("Brand No 1", "Geo No 0")]
    widget(page, "selectbox", "edges-basis").set_value(None).run()
    widget(page, "selectbox", "edges-disagreement").set_value("unstable").run()
    assert shown_pairs(page) == [("Brand No 0", "Geo No 0")]


def test_pairs_are_found_that_another_graph_answered_differently(graph: Artefact, open_page: Open) -> None:
    """The other graph flips one edge, has one less, and one where the judge said 0."""
    stored, table = load_graph(services.workbench().open(WORKSPACE).workspace, graph.id), table_of(graph)
    neutral = int(np.flatnonzero(table.outcome == Outcome.NEUTRAL)[0])
    other = stored.graph
    sign = other.sign.copy()
    sign[3] = -sign[3]
    kept = np.arange(other.n_edges) != 7
    ends = (other.source[kept], other.target[kept], sign[kept])
    changed = signed_graph(
        other.catalogue,
        np.append(ends[0], table.source[neutral]).astype(np.int32),
        np.append(ends[1], table.target[neutral]).astype(np.int32),
        np.append(ends[2], 1).astype(np.int8),
    )
    workspace = services.workbench().open(WORKSPACE).workspace
    uploaded = save_uploaded_graph(workspace, other.catalogue.id, write_edges(changed), "other.csv")
    page = open_page("edges", WORKSPACE, graph=graph.id)
    widget(page, "segmented_control", "edges-outcomes").set_value("All pairs").run()
    widget(page, "selectbox", "edges-disagreement").set_value(uploaded.id).run()

    attributes = other.catalogue.attributes
    flipped = (attributes[other.source[3]].value, attributes[other.target[3]].value)
    assert set(shown_pairs(page)) == {flipped, *names(table, [neutral])}


def test_pairs_are_found_by_what_reviews_made_of_them(graph: Artefact, open_page: Open) -> None:
    workspace = services.workbench().open(WORKSPACE).workspace
    table = table_of(graph)
    rows = find_pairs(table, PairSearch(outcomes=(Outcome.POSITIVE,)))[:4].tolist()
    said = {
        rows[0]: [("ana", Decision.POSITIVE)],
        rows[1]: [("ana", Decision.NEGATIVE)],
        rows[2]: [("ana", Decision.POSITIVE), ("bo", Decision.NEGATIVE)],
    }
    reviews = [
        NewReview(
            catalogue=table.catalogue.id,
            source=table.pair(row).source.id,
            target=table.pair(row).target.id,
            graph=graph.id,
            reviewer=who,
            decision=decision,
        )
        for row, decisions in said.items()
        for who, decision in decisions
    ]
    page = open_page("edges", WORKSPACE)
    widget(page, "selectbox", "edges-reviews").set_value("Reviewed").run()
    assert "No pair matches" in page.info[0].value
    workspace.reviews.append(reviews)  # somebody reviews meanwhile: the same search finds them
    page.run()
    assert set(shown_pairs(page)) == set(names(table, rows[:3]))
    for choice, row in (("Reviewed: confirmed", 0), ("Reviewed: changed", 1), ("Reviewers disagree", 2)):
        widget(page, "selectbox", "edges-reviews").set_value(choice).run()
        assert shown_pairs(page) == names(table, [rows[row]])
    widget(page, "selectbox", "edges-reviews").set_value("Not reviewed").run()
    assert count_line(page).startswith(f"**{len(find_pairs(table, PairSearch())) - 3:,}** of")


def store_judged(catalogue: Catalogue, verdicts: VerdictTable, title: str) -> Artefact:
    """A judged graph with these verdicts, as the workflow stores one."""
    workspace = services.workbench().open(WORKSPACE).workspace
    edges = write_edges(graph_from_verdicts(catalogue, verdicts))
    files = {EDGES_FILE: edges, VERDICTS_FILE: write_verdicts(verdicts, catalogue, digest(edges))}
    facts = {"origin": Origin.JUDGED.value, "judge": "offline", "judge_name": verdicts.judge}
    return workspace.artefacts.save(
        GRAPH, content_id("test-graph", digest(edges)), title, files, facts, {CATALOGUE: catalogue.id}
    )


# heatmap


def edges_between(table: PairTable, rows: set[int], columns: set[int]) -> set[tuple[str, str]]:
    """Every signed pair with one end in either set, counted one by one."""
    return {
        (pair.source.value, pair.target.value)
        for row, pair in ((row, table.pair(row)) for row in range(len(table)))
        if pair.outcome in (Outcome.POSITIVE, Outcome.NEGATIVE)
        and any(a in rows and b in columns for a, b in both_ways(table, row))
    }


def both_ways(table: PairTable, row: int) -> list[tuple[int, int]]:
    ends = int(table.source[row]), int(table.target[row])
    return [ends, ends[::-1]]


def block_pairs(page: AppTest) -> set[tuple[str, str]]:
    frame = page.dataframe[-1].value
    return set(zip(frame["First attribute"], frame["Second attribute"], strict=True))


def test_the_heatmap_has_every_pair_in_its_cell_and_hover_tells_names_sign_and_reason(graph: Artefact) -> None:
    table = table_of(graph)
    grouping = services.workbench().open(WORKSPACE).groups(graph.id, "")
    for part in ((), ("brand", "geo")):
        drawn = sign_map(table, grouping, part)
        figure = sign_heatmap(table, grouping, drawn)
        names_of = {f"{a.value} ({a.modality})": position for position, a in enumerate(table.catalogue.attributes)}
        seen: dict[tuple[int, int], tuple[str, object]] = {}
        for trace in (t for t in figure.data if t.type == "heatmap"):
            for i, j in zip(*np.nonzero(trace.z), strict=True):  # 0 where both are of one modality
                hidden = "" if trace.customdata is None else trace.customdata[i, j]
                cell = names_of[trace.y[i]], names_of[trace.x[j]]
                assert cell not in seen
                seen[cell] = (trace.hovertemplate.replace("%{customdata}", hidden.replace("<br>", " ")), trace.z[i, j])
        modality = [a.modality for a in table.catalogue.attributes]
        sides = [[p for p, m in enumerate(modality) if not part or m == side] for side in part or ("", "")]
        assert set(seen) == {(i, j) for i in sides[0] for j in sides[1] if modality[i] != modality[j]}
        for row in range(len(table)):
            pair = table.pair(row)
            for cell in both_ways(table, row):
                if cell not in seen:
                    assert part
                    continue
                if pair.outcome in (Outcome.POSITIVE, Outcome.NEGATIVE):
                    assert f"{OUTCOME_TITLES[pair.outcome]} {pair.reason}" in seen[cell][0]
                else:
                    assert OUTCOME_TITLES[pair.outcome] in seen[cell][0]
    assert set(seen)  # the second part has cells at all


def test_hostile_names_and_reasons_stay_text_in_the_heatmap() -> None:
    bad = "<img src=\"x\" onerror=alert(1)><a href='http://evil.example'>x</a>"
    catalogue = Catalogue((Attribute("a", bad, bad, bad), Attribute("b", "\u202eright to left", "y", "y")))
    said = [Verdict(Outcome.POSITIVE, 1.0, bad + "x" * 10_000)]
    ends = np.zeros(1, np.int32), np.ones(1, np.int32)
    verdicts = verdict_table(*ends, said, np.zeros(1, np.int32), "oracle")
    graph = graph_from_verdicts(catalogue, verdicts)
    grouping = grouping_by_edges(graph)
    table = pair_table(graph, verdicts)
    text = sign_heatmap(table, grouping, sign_map(table, grouping, ())).to_json()
    assert "\\u003cimg" not in text and "<img" not in text and "<a href" not in text
    assert len(text) < 20_000
    assert "&quot;" not in text, "plotly shows the entity of a quotation mark as it is written"
    matrix = block_matrix(count_blocks(graph, grouping.group, 2), [bad, bad], [0, 1], [0, 1], Measure.LEANING, "black")
    assert "\\u003cimg" not in matrix.to_json() and "<img" not in matrix.to_json()


def test_a_box_in_the_heatmap_lists_the_edges_of_the_groups_it_touches(graph: Artefact, open_page: Open) -> None:
    page = open_tab(open_page("edges", WORKSPACE), HEATMAP_TAB)
    table = table_of(graph)
    grouping = services.workbench().open(WORKSPACE).groups(graph.id, "")
    assert f"There are {len(grouping.names):,}." in everything(page)
    lines = axis_names(grouping, grouping.order)
    select_in_chart(page, "edges-signs", box=[{"x": [lines[3], lines[8]], "y": [lines[20], lines[16]]}])

    wanted = [
        {p for g in {int(grouping.group[grouping.order[i]]) for i in span} for p in grouping.members(g).tolist()}
        for span in (range(16, 21), range(3, 9))
    ]
    expected = edges_between(table, *wanted)
    assert block_pairs(page) <= expected and len(block_pairs(page)) == min(PAGE_ROWS, len(expected))
    assert f"**{len(expected):,}** edges between" in everything(page)


def test_a_click_on_a_block_of_groups_lists_its_edges_and_a_row_opens_the_edge(
    graph: Artefact, open_page: Open
) -> None:
    page = open_tab(open_page("edges", WORKSPACE), HEATMAP_TAB)
    table = table_of(graph)
    grouping = services.workbench().open(WORKSPACE).groups(graph.id, "")
    widget(page, "segmented_control", "edges-heatmap-kind").set_value("Groups").run()
    brand, geo = (int(grouping.group[table.catalogue.position_of[name]]) for name in ("brand-0", "geo-0"))
    select_in_chart(page, "edges-groups-grid", points=[{"customdata": [brand, geo]}])
    expected = edges_between(table, set(grouping.members(brand).tolist()), set(grouping.members(geo).tolist()))
    assert block_pairs(page) == expected
    n_positive = sum(table.outcome[row] == 1 for row in range(len(table)) if names(table, [row])[0] in expected)
    assert f"**{n_positive:,}** +, **{len(expected) - n_positive:,}** −" in everything(page)

    key = page.dataframe[-1].key
    page.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    strongest = find_pairs(table, PairSearch())
    first = next(row for row in strongest.tolist() if names(table, [row])[0] in expected)
    page.run()
    assert not page.exception
    assert opened_pair(page) == names(table, [first])


# network of a group


def test_the_network_of_a_group_is_asked_for_by_its_number(graph: Artefact, open_page: Open) -> None:
    page = open_tab(open_page("edges", WORKSPACE), NETWORK_TAB)
    grouping = services.workbench().open(WORKSPACE).groups(graph.id, "")
    widget(page, "segmented_control", "edges-network-kind").set_value("A group").run()
    widget(page, "selectbox", "edges-network-group").set_value(1).run()
    widget(page, "segmented_control", "edges-network-most").set_value(20).run()
    query = frame_query(page)
    assert (query["group"], query["most"], query["graph"]) == ("1", "20", graph.id) and "attribute" not in query
    table, members = table_of(graph), set(grouping.members(1).tolist())
    touching = [row for row in range(len(table)) if {int(table.source[row]), int(table.target[row])} & members]
    n_positive = int((table.outcome[touching] == 1).sum())
    assert f"have {n_positive:,} + and {int((table.outcome[touching] == -1).sum()):,} −" in everything(page)


# structure


def test_the_structure_tells_what_the_core_counts(graph: Artefact, open_page: Open) -> None:
    page = open_tab(open_page("edges", WORKSPACE), STRUCTURE_TAB)
    stored = load_graph(services.workbench().open(WORKSPACE).workspace, graph.id).graph
    counted, balance = degrees(stored), triangle_balance(stored)
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Without edges"] == f"{len(counted.isolated):,}"
    assert shown["Only +"] == f"{len(counted.only_positive):,}"
    assert shown["Only −"] == f"{len(counted.only_negative):,}"
    assert shown["Balanced triangles"] == f"{balance.n_balanced / balance.n_triangles:.1%}"
    assert f"of {balance.n_triangles:,} triangles are balanced" in everything(page)

    frame = next(d for d in page.dataframe if str(d.key).startswith("structure-edges"))
    table = table_of(graph)
    rows = strained_edges(balance, 100)
    ends = [(stored.source[row], stored.target[row]) for row in rows]
    value = [a.value for a in table.catalogue.attributes]
    assert [(value[a], value[b]) for a, b in ends] == list(
        zip(frame.value["First attribute"], frame.value["Second attribute"], strict=True)
    )
    assert frame.value["Gain"].tolist() == balance.strain[rows].tolist()
    page.session_state[frame.key] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    page.run()
    assert not page.exception
    assert opened_pair(page) == [(value[ends[1][0]], value[ends[1][1]])]


def test_triangles_are_listed_with_the_signs_between_their_attributes() -> None:
    catalogue = Catalogue(tuple(Attribute(name, name, name, name) for name in "abcd"))
    ends = np.array([[0, 1, 1], [0, 2, 1], [1, 2, -1], [0, 3, 1]])
    graph = signed_graph(catalogue, *(ends[:, i].astype(np.int32) for i in (0, 1)), ends[:, 2].astype(np.int8))
    found = structure_of(graph)
    assert [(t.nodes, t.signs, t.strain) for t in found.triangles] == [((0, 1, 2), (1, -1, 1), 3)]
    assert [(tuple(e.ends), e.n_balanced, e.n_unbalanced) for e in found.edges] == [
        ((0, 1), 0, 1),
        ((0, 2), 0, 1),
        ((1, 2), 0, 1),
    ]


def test_a_graph_without_triangles_says_so(home: Path, open_page: Open) -> None:
    workspace, catalogue = services.workbench().create(WORKSPACE).workspace, small_catalogue()
    save_catalogue(workspace, catalogue, "Attributes")
    save_uploaded_graph(workspace, catalogue.id, b"source,target,rel,sign\nbrand-0,geo-1,brand_to_geo,+\n", "mine.csv")
    page = open_tab(open_page("edges", WORKSPACE), STRUCTURE_TAB)
    assert "there is no triangle" in everything(page)
    assert "No edge has more unbalanced" in everything(page)
    open_tab(page, HEATMAP_TAB)
    open_tab(page, NETWORK_TAB)
