"""The checks page: one click to figures that are the core's own, edits as versions, and texts that stay texts."""

import csv
import io
import re
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.checks.charts import accuracy_chart
from app.components.checks.frames import results_csv
from app.components.checks.words import EXPECTED_MEANINGS
from app.components.plain_text import plain
from app.components.shares import percent
from core.catalogue.model import Attribute, Catalogue
from core.graph.checks.check_file import SHIPPED_CHECKS, read_written_file
from core.graph.checks.report import expected_tallies
from core.graph.checks.written import WrittenPair, WrittenSet
from core.graph.model import Outcome
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.checks import CHECKS, check_stored_graph, import_shipped_checks, load_checks, save_checks
from core.workflows.graphs import GRAPH, load_graph, save_uploaded_graph
from core.workflows.review_queues import open_queue

Open = Callable[..., AppTest]
P, N, Z = Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL
WORK = "work"
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
NAMES = [("Nike", "brand"), (SCRIPT, "brand"), (FORMULA, "audience"), ("Poets", "audience"), ("**Bold**", "audience")]
OURS = Catalogue(tuple(Attribute(f"{kind}-{i}", value, kind, kind) for i, (value, kind) in enumerate(NAMES)))
EDGES = b"source,target,rel,sign\naudience-2,brand-0,audience_to_brand,+\naudience-3,brand-1,audience_to_brand,-\n"
PAIRS = WrittenSet(
    (
        WrittenPair("Nike", FORMULA, N, "tune", "[x](javascript:alert(1))"),
        WrittenPair(SCRIPT, "Poets", N, "final", "x" * 10_000),
        WrittenPair("Nike", "Poets", Z, "final", "שלום"),
        WrittenPair("Nobody", "Poets", P),
    )
)


@pytest.fixture
def held(home: object) -> Workspace:
    return services.workbench().create(WORK).workspace


@pytest.fixture
def graph(held: Workspace) -> Artefact:
    save_catalogue(held, OURS, "Ours")
    return save_uploaded_graph(held, OURS.id, EDGES, f"Graph {SCRIPT}")


def metrics(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def press(page: AppTest, label: str) -> AppTest:
    return next(button for button in page.button if button.label == label).click().run()


def choose(page: AppTest, label: str, id: str) -> AppTest:
    return next(box for box in page.selectbox if box.label == label).set_value(id).run()


def selected(page: AppTest, name: str) -> str:
    value = page.query_params[name]
    return value[0] if isinstance(value, list) else value


def show(page: AppTest, view: str, round_: int = 0) -> AppTest:
    page.session_state[f"checks-view-{round_}"] = view
    return page.run()


def shown_list(page: AppTest, columns: tuple[str, ...]) -> pd.DataFrame:
    frame: pd.DataFrame = next(d.value for d in page.dataframe if set(columns) <= set(d.value.columns))
    return frame


def sets(held: Workspace) -> dict[str, str]:
    return {version.id: version.manifest.title for version in held.artefacts.list(CHECKS)}


def test_without_a_graph_the_page_says_where_to_get_one(open_page: Open, held: Workspace) -> None:
    page = open_page("checks", WORK)
    assert not page.exception
    assert any("No graph yet" in markdown.value for markdown in page.markdown)


def test_on_the_demo_one_click_gives_the_cores_own_figures(open_page: Open, home: object) -> None:
    page = open_page("checks", "demo")
    demo = services.workbench().open("demo").workspace
    small, large = sorted(demo.artefacts.list(GRAPH), key=lambda g: int(g.manifest.facts["n_attributes"]))
    choose(page, "Graph", small.id)
    assert any("23 of them are in this graph's catalogue" in m.value for m in page.markdown)
    press(page, "Use these pairs")
    assert not page.exception
    (kept,) = demo.artefacts.list(CHECKS)
    assert selected(page, "checks") == kept.id
    assert "270 pairs" in page.success[0].value
    shipped = read_written_file(SHIPPED_CHECKS)
    for graph in (small, large):
        choose(page, "Graph", graph.id)
        report = check_stored_graph(load_graph(demo, graph.id), shipped)
        tally = report.tally()
        assert tally.n_pairs + len(report.left_out) == 270
        assert metrics(page) == {
            "Right answers": percent(tally.accuracy.estimate),
            "Flipped": str(tally.n_flipped),
            "Missed": str(tally.n_missed),
            "No answer": str(tally.n_unanswered),
            "Cannot be asked": str(len(report.left_out)),
        }
        table = shown_list(page, ("Expected", "Right of answered"))
        assert table["Pairs"].tolist()[:4] == [tally.n_pairs, *(t.n_pairs for t in expected_tallies(report).values())]


def test_what_the_catalogue_lacks_is_listed_pair_by_pair(open_page: Open, held: Workspace, graph: Artefact) -> None:
    version = save_checks(held, PAIRS, "Mine")
    page = open_page("checks", WORK)
    key = f"{version.id[:8]}-{graph.id[:8]}"
    page.session_state[f"checks-list-{key}"] = "Cannot be asked"
    page.run()
    table = shown_list(page, ("Why it cannot be asked",))
    assert table["First attribute"].tolist() == ["Nobody"]
    assert table["Why it cannot be asked"].tolist() == ["'Nobody' is not in the catalogue."]
    assert table["Row"].tolist() == [5]


def test_a_graph_from_a_file_asks_what_a_missing_edge_means(open_page: Open, held: Workspace, graph: Artefact) -> None:
    save_checks(held, PAIRS, "Mine")
    page = open_page("checks", WORK)
    assert (metrics(page)["Right answers"], metrics(page)["Flipped"], metrics(page)["No answer"]) == ("50.0%", "1", "1")
    page.toggle[0].set_value(True).run()
    assert (metrics(page)["Right answers"], metrics(page)["No answer"]) == (percent(2 / 3), "0")


def test_flips_come_first_and_a_part_is_counted_alone(open_page: Open, held: Workspace, graph: Artefact) -> None:
    version = save_checks(held, WrittenSet((WrittenPair("**Bold**", "Nike", P), *PAIRS.pairs)), "Mine")
    page = open_page("checks", WORK)
    page.toggle[0].set_value(True).run()
    table = shown_list(page, ("Result",))
    assert table["Result"].tolist() == ["Flipped", "Missed"]
    assert table["Expected"].tolist() == [["−"], ["+"]] and table["Graph says"].tolist() == [["+"], ["0"]]
    page.session_state[f"checks-part-{version.id[:8]}-{graph.id[:8]}"] = "final"
    page.run()
    assert metrics(page)["Right answers"] == "100.0%"


def test_hostile_texts_stay_texts(open_page: Open, held: Workspace, graph: Artefact) -> None:
    save_checks(held, PAIRS, f"{SCRIPT} [x](javascript:alert(1))")
    page = open_page("checks", WORK)
    for view in (":material/fact_check: Results", ":material/edit_note: Pairs", ":material/history: Versions"):
        show(page, view)
        assert not page.exception
        texts = [element.value for kind in (page.markdown, page.caption) for element in kind]
        assert not any(re.search(r"(?<!\\)\]\(javascript", text) for text in texts)
        assert not any(markdown.allow_html for markdown in page.markdown)
    show(page, ":material/fact_check: Results")
    assert any(plain(f"Graph {SCRIPT}") in caption.value for caption in page.caption)


def test_the_results_file_runs_nothing_and_holds_every_pair(held: Workspace, graph: Artefact) -> None:
    report = check_stored_graph(load_graph(held, graph.id), PAIRS)
    rows = list(csv.DictReader(io.StringIO(results_csv(report).decode(), newline="")))
    assert [row["result"] for row in rows] == ["flipped", "no answer", "right", "left out"]
    assert sorted(row["why"] for row in rows) == sorted(pair.why for pair in PAIRS.pairs)
    cells = [cell for row in rows for cell in row.values()]
    assert f"'{FORMULA}" in cells
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def upload(page: AppTest, text: str, name: str = "ours.csv") -> AppTest:
    page.file_uploader[0].upload(name, text.encode())
    return page.run()


def test_a_faulty_file_is_refused_row_by_row_and_nothing_is_kept(
    open_page: Open, held: Workspace, graph: Artefact
) -> None:
    text = "source,target,expected\nNike,Poets,maybe\nNike,**Bold**,+\n**Bold**,Nike,-\nPoets,**Bold**,0\n"
    page = upload(open_page("checks", WORK), text)
    assert not page.exception
    shown = page.error[0].value
    assert all(f"row {row}," in shown for row in (2, 4))
    page = upload(page, "source,target,expected\nPoets,**Bold**,0\nNike,Poets,+\n")
    assert "row 2," in page.error[0].value and "such pairs are never asked" in page.error[0].value
    assert sets(held) == {}


def test_a_file_with_unknown_attributes_is_kept_only_knowingly(
    open_page: Open, held: Workspace, graph: Artefact
) -> None:
    page = upload(open_page("checks", WORK), "source,target,expected,why\nNike,Poets,+,a\nNike,Poet,-,b\n")
    assert "row 3, target" in page.warning[0].value and "'Poets'" in page.warning[0].value
    assert sets(held) == {}
    press(page, "Keep all 2, these 1 listed apart")
    (kept,) = sets(held)
    assert load_checks(held, kept).pairs[1] == WrittenPair("Nike", "Poet", N, "", "b")
    assert metrics(page)["Cannot be asked"] == "1"


def test_a_set_starts_with_one_pair_made_by_hand(open_page: Open, held: Workspace, graph: Artefact) -> None:
    page = open_page("checks", WORK)
    boxes = {box.label: box for box in page.selectbox}
    boxes["First attribute"].set_value(0).run()
    assert {box.label: box for box in page.selectbox}["Second attribute"].options == [
        f"{value} · audience" for value, kind in NAMES if kind == "audience"
    ]
    {box.label: box for box in page.selectbox}["Second attribute"].set_value(2).run()
    press(page, "Start a set with this pair")
    assert "Give the set a title" in page.error[0].value
    page.text_input(key="checks-new-0").set_value("By hand")
    press(page, "Start a set with this pair")
    assert list(sets(held).values()) == ["By hand"]
    (kept,) = sets(held)
    assert load_checks(held, kept).pairs == (WrittenPair("Nike", FORMULA, P),)


def test_an_edited_table_becomes_a_new_version(open_page: Open, held: Workspace, graph: Artefact) -> None:
    first = save_checks(held, PAIRS, "Mine")
    page = show(open_page("checks", WORK), ":material/edit_note: Pairs")
    editor = f"checks-edit-{first.id}"
    bad = {"source": "Nike", "target": "Nobody else", "expected": "+"}
    page.session_state[editor] = {"edited_rows": {}, "added_rows": [bad, {}], "deleted_rows": []}
    press(page.run(), "Keep as a new version")
    assert "row 6, target" in page.error[0].value
    assert list(sets(held)) == [first.id]

    page.session_state[editor] = {
        "edited_rows": {0: {"expected": "0"}},
        "added_rows": [{"source": SCRIPT, "target": FORMULA, "expected": "−"}],
        "deleted_rows": [3],
    }
    press(page.run(), "Keep as a new version")
    assert not page.exception
    second = selected(page, "checks")
    assert load_checks(held, second).pairs == (
        WrittenPair("Nike", FORMULA, Z, "tune", PAIRS.pairs[0].why),
        *PAIRS.pairs[1:3],
        WrittenPair(SCRIPT, FORMULA, N),
    )
    assert load_checks(held, first.id) == PAIRS
    show(page, ":material/history: Versions", 1)
    assert any(f"From {first.id[:8]}: 1 added, 1 removed, 1 changed" in m.value for m in page.markdown)
    press(page, "Open")
    assert selected(page, "checks") == first.id


def test_two_graphs_are_compared_on_the_pairs_that_both_answered(
    open_page: Open, held: Workspace, graph: Artefact
) -> None:
    data = b"source,target,rel,sign\naudience-2,brand-0,audience_to_brand,-\naudience-3,brand-0,audience_to_brand,+\n"
    other = save_uploaded_graph(held, OURS.id, data, "Other")
    save_checks(held, PAIRS, "Mine")
    page = open_page("checks", WORK, graph=graph.id, other=other.id)
    show(page, ":material/compare_arrows: Compare two graphs")
    assert not page.exception
    figures = metrics(page)
    assert (figures["A: right answers"], figures["B: right answers"]) == ("50.0%", "50.0%")
    assert (figures["Only A is right"], figures["Only B is right"]) == ("0", "1")
    table = shown_list(page, ("A says", "B says"))
    assert (table["A says"].tolist(), table["B says"].tolist()) == ([["+"]], [["−"]])
    assert any("B is right 1 more time**" in markdown.value for markdown in page.markdown)


def test_one_graph_alone_has_nothing_to_compare_with(open_page: Open, held: Workspace, graph: Artefact) -> None:
    save_checks(held, PAIRS, "Mine")
    page = show(open_page("checks", WORK), ":material/compare_arrows: Compare two graphs")
    assert "one graph only" in page.info[0].value


def test_wrong_pairs_go_to_review_without_giving_the_answer_away(
    open_page: Open, held: Workspace, graph: Artefact
) -> None:
    save_checks(held, WrittenSet((WrittenPair("**Bold**", "Nike", P), *PAIRS.pairs)), "Mine")
    page = open_page("checks", WORK)
    page.toggle[0].set_value(True).run()
    press(page, "Have these 2 reviewed")
    assert not page.exception and not page.error
    queue = open_queue(held, selected(page, "queue"))
    chosen = [{OURS[card.source].value, OURS[card.target].value} for card in queue.cards]
    assert chosen == [{"Nike", FORMULA}, {"Nike", "**Bold**"}]
    assert queue.settings.is_blind
    assert not any(sign in card.why for card in queue.cards for sign in ("+", "−", "positive", "negative"))


def test_a_version_is_renamed_and_deleted_but_not_under_its_children(
    open_page: Open, held: Workspace, graph: Artefact
) -> None:
    first = save_checks(held, PAIRS, "Mine")
    second = save_checks(held, WrittenSet(PAIRS.pairs[:2]), "Mine", first.id)
    page = open_page("checks", WORK, checks=first.id)
    press(page, "Delete this version")
    assert second.id[:8] in page.error[0].value
    choose(page, "Check set", second.id)
    next(box for box in page.text_input if box.label == "Title").set_value("Ours").run()
    press(page, "Rename")
    assert sets(held)[second.id] == "Ours"
    press(page, "Delete this version")
    assert list(sets(held)) == [first.id]


def test_a_link_to_a_set_that_is_gone_shows_another(open_page: Open, held: Workspace, graph: Artefact) -> None:
    save_checks(held, PAIRS, "Mine")
    page = open_page("checks", WORK, checks="0" * 24)
    assert not page.exception
    assert "not in this workspace" in page.warning[0].value
    assert "Right answers" in metrics(page)


def test_the_picture_shows_the_intervals_of_the_report(held: Workspace, graph: Artefact) -> None:
    report = check_stored_graph(load_graph(held, graph.id), PAIRS, absent_is_neutral=True)
    tallies = expected_tallies(report)
    figure = accuracy_chart(report.tally(), tallies, EXPECTED_MEANINGS)
    drawn = {trace.y[0]: (trace.x[0], trace.error_x.array[0], trace.error_x.arrayminus[0]) for trace in figure.data}
    for name, tally in {"All pairs": report.tally(), **{EXPECTED_MEANINGS[o]: t for o, t in tallies.items()}}.items():
        share, low, high = tally.accuracy
        assert drawn[name] == pytest.approx((share, high - share, share - low))


def test_the_shipped_set_is_offered_once(open_page: Open, held: Workspace, graph: Artefact) -> None:
    import_shipped_checks(held)
    page = open_page("checks", WORK)
    assert not page.exception
    assert any("None of the 270 pairs" in warning.value for warning in page.warning)
    show(page, ":material/add_circle: Add a set")
    assert "Use these pairs" not in [button.label for button in page.button]
    press(page, "Show it")
    assert not page.exception
