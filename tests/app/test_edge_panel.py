"""The panel of a pair against what the core says, with its parts opened one by one."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from streamlit.testing.v1 import AppTest

from app import queries, services
from app.components.edges.what_if_rows import PAGE_ROWS
from app.components.plain_text import plain
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.fingerprint import digest
from core.graph.edges_csv import write_edges
from core.graph.judges.offline import offline_judge
from core.graph.model import Outcome, Verdict, graph_from_verdicts, signed_graph, verdict_table
from core.graph.pair_table import PairSearch, PairTable, find_pairs, pair_table
from core.graph.review.states import RULE
from core.graph.siblings import siblings_of
from core.graph.triangles import triangles_of
from core.graph.verdict_file import write_verdicts
from core.sampler.configuration import parse_config
from core.sampler.held_rows import N_RANDOM_ROWS
from core.sampler.leverage import leverage_of, what_if
from core.store.answer_rows import Answer
from core.store.artefacts import Artefact
from core.store.review_log import Decision, NewReview
from core.workflows import graph_tools
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.datasets import DATASET
from core.workflows.demo import DATA
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import (
    EDGES_FILE,
    GRAPH,
    VERDICTS_FILE,
    StoredGraph,
    count_facts,
    load_graph,
    save_uploaded_graph,
)
from core.workflows.leverage import RowSource, load_rows
from core.workflows.review_queues import open_queue
from core.workflows.reviewed_graphs import apply_reviews
from core.workflows.reviews import record_review, undo_review

WORKSPACE = "work"
SIZES = {"brand": 9, "audience": 10, "geo": 5}
HOSTILE = (
    "<script>alert(1)</script> [x](javascript:alert(1)) https://evil.example www.evil.example a@evil.example "
    "\x1b[31m \u202eabc $x$ :red[y] " + "z" * 10_000
)
FOLDS = ("reviews", "siblings", "triangles", "what-if", "graphs", "evidence", "cited", "call")


class Shown(NamedTuple):
    """A judged graph with the pair that the panel is opened on: the first edge."""

    graph: Artefact
    stored: StoredGraph
    table: PairTable
    ends: tuple[int, int]

    def attribute(self, side: int) -> Attribute:
        return self.stored.graph.catalogue.attributes[self.ends[side]]


def catalogue_of() -> Catalogue:
    return Catalogue(
        tuple(
            Attribute(f"{m}-{i}", f"{m.title()} No {i}", m, m, {"origin": f"<b>land {i}</b>", "tier": str(i % 3)})
            for m, size in SIZES.items()
            for i in range(size)
        )
    )


def judged_graph(
    catalogue: Catalogue, reason: str = "Because {} of *that*.", title: str = "Judged", seed: int = 5
) -> Artefact:
    """Stored as a run stores it, with a reason, a fact named as used and a logged answer for every pair."""
    workspace = services.workbench().open(WORKSPACE).workspace
    attributes = catalogue.attributes
    pairs = [
        (i, j)
        for i in range(len(attributes))
        for j in range(i + 1, len(attributes))
        if attributes[i].modality != attributes[j].modality
    ]
    rng = np.random.default_rng(seed)
    said = [
        Verdict(Outcome(int(o)), float(s), reason.format(n), (f"fact {n} {reason[:30]}",), "f" * 64)
        for n, (o, s) in enumerate(
            zip(rng.choice([1, -1, 0], p=[0.45, 0.35, 0.2], size=len(pairs)), rng.random(len(pairs)), strict=True)
        )
    ]
    verdicts = verdict_table(
        np.array([i for i, _ in pairs], np.int32),
        np.array([j for _, j in pairs], np.int32),
        said,
        (np.arange(len(pairs)) // 25).astype(np.int32),
        "a model",
        stability=np.full(len(pairs), 0.5, np.float32),
    )
    graph = graph_from_verdicts(catalogue, verdicts)
    edges = write_edges(graph)
    facts = {
        "origin": "judged",
        "judge": "llm",
        "judge_name": "a model",
        "judge_fingerprint": "x",
        "strategy": "brute_force",
        "settings": {},
        "calls": 1,
        "job": "the-run",
        **count_facts(graph, verdicts),
    }
    files = {EDGES_FILE: edges, VERDICTS_FILE: write_verdicts(verdicts, catalogue, digest(edges))}
    id = digest(f"{title}{seed}".encode())[:24]
    return workspace.artefacts.save(GRAPH, id, title, files, facts, {CATALOGUE: catalogue.id})


def shown_of(graph: Artefact) -> Shown:
    stored = load_graph(services.workbench().open(WORKSPACE).workspace, graph.id)
    table = pair_table(stored.graph, stored.answers)
    return Shown(graph, stored, table, (int(stored.graph.source[0]), int(stored.graph.target[0])))


@pytest.fixture
def shown(home: Path) -> Shown:
    workspace = services.workbench().create(WORKSPACE).workspace
    catalogue = catalogue_of()
    save_catalogue(workspace, catalogue, "Attributes")
    return shown_of(judged_graph(catalogue))


def _script(graph: str, first: int, second: int, judge: str) -> None:
    from app.components.edges.detail import pair_panel

    pair_panel(graph, first, second, judge)


def open_panel(shown: Shown, *folds: str, ends: tuple[int, int] | None = None) -> AppTest:
    first, second = ends or shown.ends
    page = AppTest.from_function(_script, args=(shown.graph.id, first, second, "A model"), default_timeout=60)
    page.query_params["workspace"] = WORKSPACE
    for name in folds:
        page.session_state[f"edge-panel-{name}"] = True
    page.run()
    assert not page.exception
    return page


def everything(page: AppTest) -> str:
    kinds = ("subheader", "markdown", "caption", "info", "error", "table")
    return "\n".join(str(element.value) for kind in kinds for element in page.get(kind))


def label(page: AppTest, start: str) -> str:
    return next(e.label for e in page.expander if e.label.startswith(start))


def review(shown: Shown, by: str, decision: str, note: str = "", **more: Any) -> str:
    source, target = shown.attribute(0), shown.attribute(1)
    new = NewReview(
        shown.stored.graph.catalogue.id, source.id, target.id, shown.graph.id, by, Decision(decision), note=note, **more
    )
    return record_review(services.workbench().open(WORKSPACE).workspace, new).id


def test_the_head_says_what_why_how_and_about_whom(shown: Shown) -> None:
    page = open_panel(shown)
    row = int(np.flatnonzero((shown.table.source == shown.ends[0]) & (shown.table.target == shown.ends[1]))[0])
    pair = shown.table.pair(row)
    text = everything(page)

    assert pair.source.value in page.subheader[0].value and pair.target.value in page.subheader[0].value
    assert {1: "works together", -1: "conflicts"}[pair.outcome] in page.markdown[0].value
    assert pair.reason.replace("*", "\\*") in text
    assert f"strength {pair.strength:.2f} · asked directly (call {pair.call})" in text
    assert "50.0% of the answers were the same" in text
    for side in (0, 1):
        assert f"\\<b\\>land {shown.attribute(side).id[-1]}\\</b\\>" in text
        assert shown.attribute(side).id in text


def test_a_closed_part_is_neither_counted_nor_drawn(shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a closed part was counted")

    for name in ("edge_leverage", "pair_what_if", "past_answer"):
        monkeypatch.setattr(queries, name, never)
    page = open_panel(shown)
    assert not page.dataframe and not page.metric
    assert all(not e.children for e in page.expander)


def test_the_outcome_is_that_of_the_rule_and_every_review_is_listed_with_what_became_of_it(shown: Shown) -> None:
    assert label(open_panel(shown), "Reviews") == "Reviews: none"
    review(shown, "Ana", "-", "Seen it fail.")
    review(shown, "Bo", "+", is_blind=True)
    withdrawn = review(shown, "Cy", "+")
    undo_review(services.workbench().open(WORKSPACE).workspace, withdrawn, "Cy")
    page = open_panel(shown, "reviews")
    assert label(page, "Reviews") == "Reviews: in conflict"
    assert "Reviewers disagree" in page.markdown[0].value
    frame = page.dataframe[0].value
    assert frame["Counts"].tolist() == ["withdrawn", "a vote, in conflict", "a vote, in conflict"]

    review(shown, "Cy", "skip")
    review(shown, "Di", "-")
    review(shown, "Bo", "0")
    page = open_panel(shown, "reviews")
    frame = page.dataframe[0].value
    assert label(page, "Reviews") == "Reviews: 2 of 3 say −"
    assert "conflicts" in page.markdown[0].value and "Ana, Di" in page.markdown[0].value
    assert dict(zip(zip(frame["Reviewer"], frame["Counts"], strict=True), frame["Decision"], strict=True)) == {
        ("Bo", "a vote, outvoted"): ["0"],
        ("Di", "decides"): ["−"],
        ("Cy", "skipped"): ["skipped"],
        ("Cy", "withdrawn"): ["+"],
        ("Bo", "replaced by another of theirs"): ["+"],
        ("Ana", "decides"): ["−"],
    }
    assert frame["Note"].dropna().tolist() == ["Seen it fail."]
    assert any(how.endswith("blind") for how in frame["How"])
    assert f"The rule: {RULE}" in everything(page)


def test_a_pair_goes_to_review_as_a_queue_of_its_own(shown: Shown) -> None:
    page = open_panel(shown, "reviews")
    with pytest.MonkeyPatch.context() as patch:
        opened: list[dict[str, str]] = []
        patch.setattr("app.components.edges.detail_review.open_with", lambda *_, **ids: opened.append(ids))
        next(b for b in page.button if b.label == "Review this pair").click().run()
    queue = open_queue(services.workbench().open(WORKSPACE).workspace, opened[0]["queue"])
    assert [(c.source, c.target) for c in queue.cards] == [(shown.attribute(0).id, shown.attribute(1).id)]
    assert not queue.settings.is_blind and opened[0]["graph"] == shown.graph.id


def test_similar_pairs_are_those_of_the_two_groups_and_can_be_reviewed(shown: Shown) -> None:
    grouping = queries.grouping(WORKSPACE, shown.graph.id)
    ends = next(
        (int(s), int(t))
        for s, t in zip(shown.stored.graph.source, shown.stored.graph.target, strict=True)
        if siblings_of(shown.table, grouping, int(s), int(t)).is_opposite.sum() > 1
    )
    found = siblings_of(shown.table, grouping, *ends)
    page = open_panel(shown, "siblings", ends=ends)

    assert label(page, "Similar") == f"Similar pairs: {found.n_same} of {len(found.row)} agree"
    frame = page.dataframe[0].value
    expected = [shown.table.pair(int(row)) for row in found.row]
    assert list(zip(frame["First attribute"], frame["Second attribute"], strict=True)) == [
        (pair.source.value, pair.target.value) for pair in expected
    ]
    page.segmented_control(key="edge-panel-sibling-kind").set_value("Opposite sign").run()
    opposite = [shown.table.pair(int(row)) for row in found.row[found.is_opposite]]
    assert page.dataframe[0].value["Reason"].tolist() == [pair.reason for pair in opposite]
    with pytest.MonkeyPatch.context() as patch:
        opened: list[dict[str, str]] = []
        patch.setattr("app.components.edges.detail_review.open_with", lambda *_, **ids: opened.append(ids))
        page.button(key="edge-panel-review-rows").click().run()
    queue = open_queue(services.workbench().open(WORKSPACE).workspace, opened[0]["queue"])
    assert [(c.source, c.target) for c in queue.cards] == [(pair.source.id, pair.target.id) for pair in opposite]
    assert queue.settings.is_blind


def test_triangles_that_do_not_fit_are_listed_first_and_the_clearest_before_the_others(shown: Shown) -> None:
    graph = shown.stored.graph
    edges = zip(graph.source.tolist(), graph.target.tolist(), strict=True)
    both = {ends: triangles_of(shown.table, *ends) for ends in edges}
    ends, found = next((e, t) for e, t in both.items() if t.is_balanced.any() and (~t.is_balanced).sum() > 1)
    page = open_panel(shown, "triangles", ends=ends)
    frame = page.dataframe[0].value
    assert label(page, "Triangles") == f"Triangles: {found.is_balanced.sum()} of {len(found)} fit"
    assert frame["Triangle"].tolist() == sorted(frame["Triangle"])  # “does not fit” before “fits”
    assert (frame["Triangle"] == "fits").sum() == found.is_balanced.sum()
    attributes = graph.catalogue.attributes
    unfit = [attributes[i].value for i in found.third[~found.is_balanced]]
    assert frame["Third attribute"].tolist()[: len(unfit)] == unfit
    strengths = frame["Strength"].tolist()[: len(unfit)]
    assert strengths == sorted(strengths, reverse=True)


def dataset(shown: Shown) -> Artefact:
    ranges = {"pos": ([0.3, 1.0], [0.0, 0.35], 150), "neg": ([0.0, 0.4], [0.2, 1.0], 100)}
    config = parse_config(
        {
            "type_ranges": {"brand": [1, 2], "audience": [1, 3], "geo": [1, 2]},
            "label_params": {
                name: {"pos_frac_range": pos, "neg_frac_range": neg, "num_samples": n}
                for name, (pos, neg, n) in ranges.items()
            },
        }
    )
    held = services.workbench().open(WORKSPACE)
    parameters = {"graph": shown.graph.id, "config": config.model_dump(mode="json"), "title": "Campaigns"}
    job = held.jobs.get(held.jobs.submit("build_dataset", parameters))
    return held.workspace.artefacts.get(DATASET, job.result[DATASET])


def metrics(page: AppTest) -> dict[str, str]:
    return {m.label: m.value for m in page.metric}


def test_what_if_counts_and_lists_the_rows_that_the_core_finds(shown: Shown) -> None:
    made = dataset(shown)
    workspace = services.workbench().open(WORKSPACE).workspace
    rows = load_rows(workspace, shown.stored, RowSource(made.id))
    leverage = leverage_of(shown.stored.graph, rows)
    edge = int(leverage.order[0])
    ends = int(shown.stored.graph.source[edge]), int(shown.stored.graph.target[edge])
    sign = int(shown.stored.graph.sign[edge])
    page = open_panel(shown, "what-if", ends=ends)

    found = what_if(shown.stored.graph, rows, *ends, Outcome(-sign))
    assert metrics(page) == {
        "Rows with both": f"{len(found.row)}",
        "Would lose their label": f"{leverage.n_flipped[edge]}",
        "Place among edges": "1",
    }
    listed = page.dataframe[0].value
    assert listed["Row"].tolist() == (found.row[found.leaves] + 1).tolist()[:PAGE_ROWS]
    values = [shown.stored.graph.catalogue[shown.attribute(0).id].value]
    assert values and all(
        shown.stored.graph.catalogue.attributes[e].value in line for e in ends for line in listed["Attributes"]
    )
    for why, label_name in zip(listed["Why"], listed["Label"], strict=True):
        assert re.search(r"share [\d.]+% is (above|below) [\d.]+%", why) and label_name in ("pos", "neg")

    page.segmented_control(key=f"edge-panel-after-{sign}").set_value(Outcome.NEUTRAL).run()
    assert metrics(page)["Would lose their label"] == f"{leverage.n_dropped[edge]}"


def test_without_a_dataset_random_rows_are_counted(shown: Shown) -> None:
    page = open_panel(shown, "what-if")
    assert page.metric[0].delta == f"of {N_RANDOM_ROWS:,}"
    assert page.selectbox[0].value == ""


def test_rows_drawn_from_another_graph_say_how_many_do_not_fit(shown: Shown) -> None:
    dataset(shown)
    other = shown_of(judged_graph(shown.stored.graph.catalogue, title="Other", seed=6))
    page = open_panel(other, "what-if")
    counted = queries.edge_leverage(WORKSPACE, other.graph.id, RowSource(page.selectbox[0].value))
    assert counted.n_outside > 0
    assert f"{counted.n_outside:,} of the 250 rows are outside" in everything(page)


def test_every_graph_of_the_catalogue_has_its_say_and_a_damaged_one_hides_no_other(shown: Shown) -> None:
    catalogue = shown.stored.graph.catalogue
    workspace = services.workbench().open(WORKSPACE).workspace
    others = [judged_graph(catalogue, title=f"Other {seed}", seed=seed) for seed in (6, 7)]
    review(shown, "Ana", "0")
    reviewed = apply_reviews(workspace, shown.graph.id, "Reviewed")
    path = workspace.artefacts.path(others[1], VERDICTS_FILE)
    path.write_bytes(b"nothing")
    lines = open_panel(shown, "graphs").dataframe[0].value.set_index("Id")

    assert set(lines.index) == {g.id[:8] for g in (*others, reviewed, shown.graph)}
    assert lines.loc[shown.graph.id[:8], "Graph"] == "Judged (this one)"
    for graph in (others[0], shown.graph):
        said = shown_of(graph)
        row = np.flatnonzero((said.table.source == shown.ends[0]) & (said.table.target == shown.ends[1]))[0]
        pair = said.table.pair(int(row))
        assert lines.loc[graph.id[:8], "Sign"] == [{1: "+", -1: "−", 0: "0"}[int(pair.outcome)]]
        assert lines.loc[graph.id[:8], "Reason"] == pair.reason
    assert lines.loc[reviewed.id[:8], "Sign"] == ["0"]
    assert lines.loc[reviewed.id[:8], "Before reviews"] == lines.loc[shown.graph.id[:8], "Sign"]
    assert "Cannot be read" in lines.loc[others[1].id[:8], "Reason"]


def test_the_call_shows_its_pairs_and_the_words_of_the_model(shown: Shown) -> None:
    page = open_panel(shown, "call", "words")
    assert label(page, "Call") == "Call 1 asked about 25 pairs"
    assert len(page.dataframe[0].value) == 25
    assert "no longer holds" in page.info[0].value

    log = services.workbench().open(WORKSPACE).workspace.answers
    log.record(Answer("f" * 64, {"prompt": f"Judge {HOSTILE}", "model": "m"}, "gemini", '{"1": "+"}', "stop", 1, 1))
    page = open_panel(shown, "call", "words")
    assert [c.value for c in page.code] == [f"Judge {HOSTILE}", '{"1": "+"}']

    with pytest.MonkeyPatch.context() as patch:
        opened: list[str] = []
        patch.setattr("app.components.edges.detail_call.open_page", opened.append)
        next(b for b in page.button if b.label == "Open its run").click().run()
    assert (opened, page.query_params["run"]) == (["runs"], "the-run")


def test_facts_that_the_judge_named_are_listed(shown: Shown) -> None:
    page = open_panel(shown, "cited")
    assert label(page, "1 fact") == "1 fact the judge went by"
    assert any(re.search(r"fact \d+ Because", m.value) for m in page.markdown)


def test_text_of_users_stays_text_wherever_it_is_shown(home: Path) -> None:
    workspace = services.workbench().create(WORKSPACE).workspace
    text = HOSTILE.replace("\x1b", "")[:9_900]  # a catalogue takes no control characters and no longer texts
    hostile = Catalogue(
        tuple(
            Attribute(f"{m}-{i} {text[:90]}", f"{i} {text[:180]}", m, m, {f"note {i}": text})
            for m in ("brand", "<i>geo</i>", "audience")
            for i in range(6)
        )
    )
    save_catalogue(workspace, hostile, text[:80])
    shown = shown_of(judged_graph(hostile, reason=HOSTILE.replace("{", "").replace("}", ""), title=text[:80]))
    review(shown, "<b>Ana</b> www.evil.example", "-", HOSTILE[:1000])
    page = open_panel(shown, *FOLDS)
    text = everything(page)
    assert "evil" in text
    for dangerous in (r"(?<!\\)<script", r"(?<!\\)\]\(javascript", r"https?:\\?//", r"www\.", r"\w@", r"(?<!\\)\$x"):
        assert not re.search(dangerous, text), dangerous
    assert len(page.expander) == 7
    assert max(len(m.value) for m in page.markdown) < 4_000


@given(some.text(some.sampled_from("htps:/w.@ aé-+_"), max_size=30))
def test_no_address_survives_and_nothing_else_changes(text: str) -> None:
    shown = plain(text).replace("\\", "")
    assert shown.replace("\u2060", "") == text
    assert not re.search(r"(?i)https?://|www\.|[-.\w+]@", shown)


def test_a_pair_that_the_graph_does_not_list_is_shown_too(home: Path) -> None:
    workspace = services.workbench().create(WORKSPACE).workspace
    catalogue = catalogue_of()
    save_catalogue(workspace, catalogue, "Attributes")
    columns = (np.array(c, np.int32) for c in ([0, 1], [9, 9]))
    edges = write_edges(signed_graph(catalogue, *columns, np.array([1, -1], np.int8)))
    shown = shown_of(save_uploaded_graph(workspace, catalogue.id, edges, "mine.csv"))
    page = open_panel(shown, *FOLDS)
    assert "the uploaded file holds only signs" in everything(page)
    assert not any(e.label.startswith("Call") for e in page.expander)

    page = open_panel(shown, *FOLDS, ends=(2, 10))
    assert "says nothing of this pair" in everything(page)
    assert "Place among edges" not in metrics(page)


def rules_graph() -> Shown:
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    held = services.workbench().create(WORKSPACE)
    save_catalogue(held.workspace, catalogue, "Attributes")
    settings = GraphSettings().model_dump(mode="json")
    job = held.jobs.get(held.jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": settings}))
    return shown_of(held.workspace.artefacts.get(GRAPH, job.result[GRAPH]))


def test_evidence_of_the_rules_adds_up_to_the_verdict(home: Path) -> None:
    shown, judge = rules_graph(), offline_judge()
    rows = find_pairs(shown.table, PairSearch()).tolist()
    explained = [judge.explain(*shown.table.pair(row)[:2]) for row in rows]  # type: ignore[attr-defined]
    number = next(
        i for i, e in enumerate(explained) if e and len(e.evidence) > 1 and not any(x.decides for x in e.evidence)
    )
    row = rows[number]
    page = open_panel(shown, "evidence", ends=(int(shown.table.source[row]), int(shown.table.target[row])))

    cells = page.table[0].value["Adds"]
    adds = [float(cell.split("**")[1].replace("−", "-")) for cell in cells]
    assert adds == [round(e.contribution, 2) for e in explained[number].evidence]
    assert sum(adds) == pytest.approx(explained[number].score, abs=0.005 * len(adds))
    assert all(":blue[" in cell if add > 0 else ":orange[" in cell for cell, add in zip(cells, adds, strict=True))


def test_rules_that_changed_do_not_explain_old_verdicts(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judge = offline_judge()
    judge.fingerprint = "of other rules"  # type: ignore[misc]
    with monkeypatch.context() as patch:
        patch.setattr(graph_tools, "offline_judge", lambda: judge)
        shown = rules_graph()
    page = open_panel(shown, "evidence")
    assert "The rules have changed" in page.info[0].value
    assert not page.error
