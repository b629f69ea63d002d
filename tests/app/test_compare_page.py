"""The Compare page: every figure equals the core's own, differing pairs can be found, kept and sent to review."""

import csv
import io
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.compare.charts import edge_circles, modality_shares, pair_space
from app.components.compare.differing import difference_frame
from app.components.compare.download import differences_csv
from app.components.compare.headline import share_text
from app.components.compare.measures import measures
from app.components.plain_text import pair_words
from core.catalogue.model import Attribute, Catalogue
from core.fingerprint import digest
from core.graph.agreement import GraphComparison, compare_graphs
from core.graph.candidate_pairs import all_pairs
from core.graph.differences import (
    Difference,
    DifferenceKind,
    DifferenceSearch,
    difference,
    find_differences,
    search_differences,
)
from core.graph.edges_csv import write_edges
from core.graph.known_pairs import common_ground
from core.graph.model import Outcome, SignedGraph, Verdict, VerdictTable, signed_graph, verdict_table
from core.graph.pair_table import PairTable, pair_table
from core.graph.published_comparison import PUBLISHED
from core.graph.review.queue_settings import QueuePolicy
from core.graph.verdict_file import write_verdicts
from core.store.artefacts import Artefact
from core.store.review_log import Decision, NewReview
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graphs import EDGES_FILE, GRAPH, VERDICTS_FILE, count_facts, save_uploaded_graph
from core.workflows.review_queues import QUEUE, open_queue
from core.workflows.reviewed_graphs import apply_reviews
from core.workflows.reviews import record_review

Open = Callable[..., AppTest]
WORKSPACE = "work"
SIZES = {"brand": 9, "audience": 8, "geo": 6}
HOSTILE = "<script>alert(1)</script> **bold** [link](https://example.org) \x1b[31mred"


def catalogue_of(prefix: str = "", skip: int = 0) -> Catalogue:
    """`skip`: this many attributes of each modality are left out."""
    return Catalogue(
        tuple(
            Attribute(f"{prefix}{modality}-{i}", f"{modality.title()} No {i}", modality, modality)
            for modality, size in SIZES.items()
            for i in range(skip, size)
        )
    )


def judged(workspace: Workspace, catalogue: Catalogue, seed: int, title: str) -> Artefact:
    """A stored graph of every outcome, drawn by a seed, with a reason for each verdict."""
    pairs, rng = all_pairs(catalogue), np.random.default_rng(seed)
    outcome = rng.choice([-1, 0, 1, 2, 3], len(pairs.source), p=[0.2, 0.3, 0.35, 0.1, 0.05])
    made = [Verdict(Outcome(int(o)), i % 89 / 88, f"{HOSTILE} {title} {i}") for i, o in enumerate(outcome)]
    known = verdict_table(pairs.source, pairs.target, made, np.zeros(len(made), dtype=np.int32), "scripted")
    return stored(workspace, catalogue, known, title)


def stored(workspace: Workspace, catalogue: Catalogue, known: VerdictTable, title: str) -> Artefact:
    signed = np.abs(known.outcome) == 1
    graph = signed_graph(catalogue, known.source[signed], known.target[signed], known.outcome[signed])
    edges = write_edges(graph)
    files = {EDGES_FILE: edges, VERDICTS_FILE: write_verdicts(known, catalogue, digest(edges))}
    facts = {"origin": "judged", "judge": "offline", "strategy": "brute-force", **count_facts(graph, known)}
    return workspace.artefacts.save(GRAPH, digest(edges)[:24], title, files, facts, {CATALOGUE: catalogue.id})


@pytest.fixture
def workspace(home: object) -> Workspace:
    return services.workbench().create(WORKSPACE).workspace


@pytest.fixture
def two(workspace: Workspace) -> tuple[Artefact, Artefact]:
    """Graphs a and b of one catalogue; b is the newest."""
    catalogue = catalogue_of()
    save_catalogue(workspace, catalogue, "Attributes")
    return judged(workspace, catalogue, 1, "First"), judged(workspace, catalogue, 2, "Second <b>one</b>")


def table_of(graph: Artefact) -> PairTable:
    return services.workbench().open(WORKSPACE).pairs(graph.id)


def compared(a: Artefact, b: Artefact) -> GraphComparison:
    return compare_graphs(table_of(a).catalogue, table_of(a), table_of(b))


def metric(page: AppTest, label: str) -> "AppTest.Metric":  # type: ignore[name-defined]
    return next(m for m in page.metric if m.label == label)


def widget(page: AppTest, kind: str, start: str) -> "AppTest.Widget":  # type: ignore[name-defined]
    found = [element for element in page.get(kind) if str(element.key).startswith(start)]
    assert len(found) == 1, [element.key for element in page.get(kind)]
    return found[0]


def texts(page: AppTest) -> str:
    kinds = ("markdown", "caption", "info", "warning", "error", "success")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


def shown(page: AppTest) -> list[tuple[str, str]]:
    frame = next(f.value for f in page.dataframe if "Why, in A" in f.value)
    return list(zip(frame["First attribute"], frame["Second attribute"], strict=True))


def found_by(a: Artefact, b: Artefact, **wanted: object) -> list[Difference]:
    tables = table_of(a), table_of(b)
    found = find_differences(common_ground(tables[0].catalogue, tables[0], tables[1].catalogue, tables[1]))
    search = DifferenceSearch(**wanted)  # type: ignore[arg-type]
    return [difference(found, i, *tables) for i in search_differences(found, *tables, search).tolist()]


def named(found: list[Difference]) -> list[tuple[str, str]]:
    return [(d.source.value, d.target.value) for d in found]


def test_every_figure_is_the_cores_own(two: tuple[Artefact, Artefact], open_page: Open) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    assert not page.exception and not page.error
    agreement = compared(a, b)
    for label, share in (
        ("Same sign on common edges", agreement.agreement_on_common),
        ("Agree over all pairs", agreement.agreement_all_pairs),
        ("Edges of A that B has", agreement.recall_of_a),
        ("Edges of B that A has", agreement.precision_of_b),
    ):
        assert metric(page, label).value == share_text(share)
    lines = page.table[0].value
    assert lines["Value"].tolist() == [f"**{m.value}**" for m in measures(agreement)]
    kappa = float(lines["Value"][2].strip("*").replace("−", "-"))
    assert kappa == pytest.approx(agreement.kappa_all_pairs, abs=0.005)
    assert "−0.00" not in "".join(lines["Value"])
    frame = next(f.value for f in page.dataframe if "Only A" in f.value)
    assert frame["Opposite"].tolist() == [part.mismatches for part in agreement.by_modality_pair]
    assert frame["Same sign"].tolist() == pytest.approx(
        [100 * (part.agreement_on_common or 0) for part in agreement.by_modality_pair]
    )
    unknown = f"{agreement.unknown_a:,} pairs in A and {agreement.unknown_b:,} pairs in B"
    assert unknown in texts(page)


def test_charts_hold_the_counts(two: tuple[Artefact, Artefact]) -> None:
    agreement = compared(*two)
    labels = " ".join(label.text for label in edge_circles(agreement, "black").layout.annotations)
    for count in (agreement.edges_a, agreement.edges_b, agreement.only_a, agreement.common, agreement.only_b):
        assert f"{count:,}" in labels
    cells = [int(label.text.replace(",", "")) for label in pair_space(agreement, "black").layout.annotations]
    order = [2, 0, 1, 3]
    assert cells == agreement.counts[np.ix_(order, order)].ravel().tolist()
    figure = modality_shares(agreement, lambda part: part.recall_of_a, "Recall", "black")
    values = figure.data[0].z[~np.isnan(figure.data[0].z)]
    assert sorted(values) == pytest.approx(sorted(p.recall_of_a or 0 for p in agreement.by_modality_pair))


def test_the_newest_two_graphs_are_shown_until_others_are_chosen(
    two: tuple[Artefact, Artefact], workspace: Workspace, open_page: Open
) -> None:
    a, b = two
    third = judged(workspace, catalogue_of(), 3, "Third")
    page = open_page("compare", WORKSPACE)
    assert widget(page, "selectbox", "pick-graph").value == third.id
    assert widget(page, "selectbox", "pick-other").value == b.id
    widget(page, "selectbox", "pick-other").set_value(a.id).run()
    assert page.query_params["other"] == a.id
    assert metric(page, "Edges of A that B has").value == share_text(compared(third, a).recall_of_a)


def test_both_graphs_are_turned_round_with_one_click(two: tuple[Artefact, Artefact], open_page: Open) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    widget(page, "button", "compare-swap").click().run()
    assert not page.exception
    assert (widget(page, "selectbox", "pick-graph").value, widget(page, "selectbox", "pick-other").value) == (
        b.id,
        a.id,
    )
    assert metric(page, "Edges of A that B has").value == share_text(compared(b, a).recall_of_a)


def test_the_graph_that_the_other_one_was_is_replaced_when_it_becomes_the_first(
    two: tuple[Artefact, Artefact], open_page: Open
) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    widget(page, "selectbox", "pick-graph").set_value(b.id).run()
    assert not page.exception
    assert widget(page, "selectbox", "pick-other").value == a.id


def test_kinds_searches_and_modalities_find_what_the_core_finds(
    two: tuple[Artefact, Artefact], open_page: Open
) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    whole = found_by(a, b)
    assert shown(page) == named(whole)[:50]
    assert f"**{len(whole):,}** of {len(whole):,} differing pairs" in texts(page)
    for kind in DifferenceKind:
        widget(page, "segmented_control", "compare-kind").set_value(kind).run()
        assert shown(page) == named(found_by(a, b, kind=kind))[:50]
    widget(page, "segmented_control", "compare-kind").set_value(DifferenceKind.ALL).run()
    widget(page, "selectbox", "compare-modalities").set_value(("brand", "geo")).run()
    assert shown(page) == named(found_by(a, b, modalities=("brand", "geo")))[:50]
    widget(page, "text_input", "compare-text").set_value("GEO 2 no").run()
    assert shown(page) == named(found_by(a, b, modalities=("brand", "geo"), text="geo 2 no"))[:50]
    widget(page, "text_input", "compare-text").set_value("no such word").run()
    assert "No pair matches" in texts(page) and not page.exception


def test_a_selected_pair_shows_what_both_graphs_say_as_the_text_it_is(
    two: tuple[Artefact, Artefact], open_page: Open
) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    key = next(f.key for f in page.dataframe if "Why, in A" in f.value)
    page.session_state[key] = {"selection": {"rows": [2], "columns": [], "cells": []}}
    page.run()
    chosen, said = found_by(a, b)[2], texts(page)
    assert f"#### {pair_words(chosen.source.value, chosen.target.value)}" in said
    for reason in (chosen.reason_a, chosen.reason_b):
        assert reason.rsplit(" ", 1)[1] in said
    assert "\\<script\\>alert(1)\\</script\\>" in said and "<script>" not in said
    assert "\\[link\\](https" in said and "https\\://" not in said  # an address that is whole would become a link
    assert "Second \\<b\\>one\\</b\\>" in said


def test_a_graph_before_and_after_review_differs_in_what_was_reviewed(
    two: tuple[Artefact, Artefact], workspace: Workspace, open_page: Open
) -> None:
    graph = two[0]
    table = table_of(graph)
    row = int(np.flatnonzero(table.outcome == Outcome.POSITIVE)[0])
    pair = table.pair(row)
    review = NewReview(table.catalogue.id, pair.source.id, pair.target.id, graph.id, "Ana", Decision.NEGATIVE)
    record_review(workspace, review)
    reviewed = apply_reviews(workspace, graph.id)
    page = open_page("compare", WORKSPACE, graph=reviewed.id)
    assert not page.exception and not page.error
    assert widget(page, "selectbox", "pick-other").value == graph.id  # its parent, though another graph is newer
    assert metric(page, "Same sign on common edges").delta.startswith("1 of ")
    assert shown(page) == [(pair.source.value, pair.target.value)]
    line = next(f.value for f in page.dataframe if "Why, in A" in f.value).iloc[0]
    assert (line["A"], line["B"]) == (["−"], ["+"])
    assert "Ana" in line["Why, in A"] and line["Why, in B"] == pair.reason


def test_pairs_found_go_to_the_review_queue(
    two: tuple[Artefact, Artefact], workspace: Workspace, open_page: Open
) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    widget(page, "segmented_control", "compare-kind").set_value(DifferenceKind.FLIPPED).run()
    flipped = found_by(a, b, kind=DifferenceKind.FLIPPED)
    widget(page, "number_input", "compare-queue-n").set_value(7).run()
    widget(page, "button", "compare-queue-make").click().run()
    assert not page.exception and not page.error
    made = workspace.artefacts.list(QUEUE)
    assert len(made) == 1 and page.query_params["queue"] == made[0].id
    queue = open_queue(workspace, made[0].id)
    assert (queue.graph, queue.settings.policy) == (a.id, QueuePolicy.LISTED)
    assert [card.pair for card in queue.cards] == [(d.source.id, d.target.id) for d in flipped[:7]]
    assert not any(card.is_audit for card in queue.cards)
    assert f"“First” ({a.id[:8]}) says" in queue.cards[0].why and b.id[:8] in queue.cards[0].why


def test_graphs_that_do_not_differ_are_told_so(workspace: Workspace, open_page: Open) -> None:
    catalogue = catalogue_of()
    save_catalogue(workspace, catalogue, "Attributes")
    a = judged(workspace, catalogue, 1, "First")
    graph = services.workbench().open(WORKSPACE).graph(a.id).graph
    b = save_uploaded_graph(workspace, catalogue.id, write_edges(graph), "The same edges, uploaded")
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    assert not page.exception
    assert "The graphs do not differ" in texts(page)
    assert metric(page, "Same sign on common edges").value == "100.0%"


def test_graphs_of_two_catalogues_are_compared_on_what_both_have(workspace: Workspace, open_page: Open) -> None:
    one, other = catalogue_of(), catalogue_of("x-", skip=2)
    for catalogue in (one, other):
        save_catalogue(workspace, catalogue, f"{len(catalogue)} attributes")
    a, b = judged(workspace, one, 1, "First"), judged(workspace, other, 2, "Second")
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    assert not page.exception
    n_pairs = other.n_pairs
    assert f"**{len(other)} attributes are in both**" in texts(page)
    assert f"about their {n_pairs:,} pairs" in texts(page)
    assert f"Left out are {len(one) - len(other)} attributes that only A's catalogue has and 0" in texts(page)
    assert f"{n_pairs:,} pairs" in metric(page, "Agree over all pairs").delta
    widget(page, "button", "compare-queue-make").click().run()
    assert not page.exception and not page.error
    queue = open_queue(workspace, workspace.artefacts.list(QUEUE)[0].id)
    assert all(card.source in one.position_of and card.target in one.position_of for card in queue.cards)


def test_graphs_without_a_common_pair_are_refused_in_words(workspace: Workspace, open_page: Open) -> None:
    one = catalogue_of()
    other = Catalogue(tuple(replace(a, id=f"x-{a.id}", value=f"Other {a.value}") for a in one.attributes))
    for catalogue in (one, other):
        save_catalogue(workspace, catalogue, catalogue.attributes[0].value)
    a, b = judged(workspace, one, 1, "First"), judged(workspace, other, 2, "Second")
    page = open_page("compare", WORKSPACE, graph=a.id, other=b.id)
    assert not page.exception
    assert "no pair in common" in page.error[0].value
    assert any("published comparison" in expander.label for expander in page.expander)


def test_one_graph_alone_cannot_be_compared(workspace: Workspace, open_page: Open) -> None:
    catalogue = catalogue_of()
    save_catalogue(workspace, catalogue, "Attributes")
    judged(workspace, catalogue, 1, "First")
    page = open_page("compare", WORKSPACE)
    assert not page.exception
    assert "Two graphs are needed" in texts(page)


def test_a_link_to_a_graph_that_is_gone_says_so(two: tuple[Artefact, Artefact], open_page: Open) -> None:
    a, b = two
    page = open_page("compare", WORKSPACE, graph=a.id, other="gone")
    assert "not in this workspace" in texts(page)
    assert widget(page, "selectbox", "pick-other").value == b.id


def test_the_published_comparison_is_shown_with_its_own_figures(
    two: tuple[Artefact, Artefact], open_page: Open
) -> None:
    page = open_page("compare", WORKSPACE, graph=two[0].id, other=two[1].id)
    example = next(expander for expander in page.expander if "published comparison" in expander.label)
    figures = {m.label: m.value for m in example.metric}
    assert figures["Same sign on common edges"] == "98.0%"
    assert figures["Agree over all pairs"] == "67.5%"
    assert figures["Edges of A that B has"] == "67.7%"
    assert f"kappa of {PUBLISHED.kappa_all_pairs:.2f}" in example.markdown[0].value


def test_the_file_of_differences_is_safe_in_a_spreadsheet() -> None:
    formula = Attribute("=cmd", "+1 attribute", "@kind", "t")
    other = Attribute("b", "Brazil", "geo", "geo")
    found = Difference(formula, other, Outcome.POSITIVE, Outcome.UNJUDGED, 0.5, None, '-because, "so"\nand so', "")
    header, line = csv.reader(io.StringIO(differences_csv([found]).decode()))
    cells = dict(zip(header, line, strict=True))
    assert (cells["source"], cells["source_value"], cells["source_modality"]) == ("'=cmd", "'+1 attribute", "'@kind")
    assert (cells["a"], cells["b"], cells["a_strength"], cells["b_strength"]) == ("positive", "unjudged", "0.500", "")
    assert cells["a_reason"] == '\'-because, "so"\nand so'
    assert difference_frame([found])["A"].tolist() == [["+"]]


def test_uploaded_edges_and_a_table_of_them_are_one_graph() -> None:
    catalogue = catalogue_of()
    pairs = all_pairs(catalogue)
    graph: SignedGraph = signed_graph(catalogue, pairs.source, pairs.target, np.ones(len(pairs.source), dtype=np.int8))
    figures = compare_graphs(catalogue, graph, pair_table(graph, graph))
    assert figures.agreement_on_common == 1.0 and figures.common == catalogue.n_pairs
