"""The agreement view in a small page of its own, over the small catalogue's graph and reviews made here."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from app import services
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.model import Outcome
from core.graph.review.queue_settings import QueuePolicy, QueueSettings
from core.graph.review.ratings import Look
from core.graph.review.reliability import Measure
from core.graph.review.resolution import DECISION_OF
from core.progress import finish
from core.store.review_log import Decision, NewReview
from core.workflows.catalogues import save_catalogue
from core.workflows.demo import DATA
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import EDGES_FILE, GRAPH, build_graph, load_graph, save_uploaded_graph
from core.workflows.review_agreement import PairPool, measure_agreement
from core.workflows.review_queues import create_queue, open_queue
from core.workflows.reviewed_graphs import apply_reviews

HOSTILE = "<script>alert(1)</script> *Bo* [x](javascript:alert(2)) \u202eabc"


def page():
    from app.components.review.agreement import agreement_view
    from app.services import current
    from app.state import current_selection

    agreement_view(current().workspace.artefacts.get("graph", current_selection().graph))


@pytest.fixture
def workspace(home):
    return services.workbench().create("work").workspace


@pytest.fixture
def graph(workspace):
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))
    save_catalogue(workspace, catalogue, "Small")
    made = finish(
        build_graph(workspace, {"catalogue": catalogue.id, "settings": GraphSettings().model_dump(mode="json")})
    )
    return workspace.artefacts.get(GRAPH, made[GRAPH])


def look_at(graph):
    test = AppTest.from_function(page, default_timeout=60)
    test.query_params["workspace"] = "work"
    test.query_params["graph"] = graph.id
    test.run()
    assert not test.exception
    return test


def queue_of(workspace, graph, **settings):
    return open_queue(workspace, create_queue(workspace, graph.id, QueueSettings(**settings)).id)


def decide(workspace, queue, cards, reviewer, error_rate=0.0, seed=0, is_blind=True):
    """Decide cards as the judge did, but another way where a coin says so."""
    rng = np.random.default_rng(seed)
    answers = [Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE]
    new = []
    for card in cards:
        others = [answer for answer in answers if answer != card.outcome]
        answer = others[rng.integers(2)] if rng.random() < error_rate else card.outcome
        new.append(
            NewReview(
                queue.catalogue,
                card.source,
                card.target,
                queue.graph,
                reviewer,
                DECISION_OF[answer],
                queue=queue.id,
                is_blind=is_blind,
            )
        )
    workspace.reviews.append(new)


def texts(test):
    return "\n".join(e.value for kind in ("markdown", "caption", "info") for e in getattr(test, kind))


def metrics(test):
    return {metric.label: (metric.value, metric.delta) for metric in test.metric}


def test_without_reviews_it_says_so(workspace, graph):
    test = look_at(graph)
    assert "Nobody has decided a pair yet" in test.info[0].value
    assert not test.metric


def test_the_error_rate_is_that_of_the_audit_cards(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=60)
    decide(workspace, queue, queue.cards, "Ana", error_rate=0.25)
    test = look_at(graph)
    audit = measure_agreement(workspace, load_graph(workspace, graph.id)).audits[Look.INDEPENDENT]
    wrong, flips = audit.overall.wrong, audit.overall.flips
    assert wrong.trials == 60 and 5 < wrong.hits < 25
    shown = metrics(test)
    assert shown["Wrong answers"][0] == f"{wrong.hits / 60:.1%}"
    assert shown["Wrong answers"][1].startswith(f"{wrong.hits} of 60 · ")
    assert shown["Flipped signs"][1].startswith(f"{flips.hits} of {flips.trials} · ")
    by_answer = test.dataframe[0].value
    assert [row.split(" of ")[1] for row in by_answer["Wrong"]] == [
        str(audit.overall.wrong_where_judged(outcome).trials)
        for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
    ]
    assert "In the whole graph, about" in texts(test)
    assert "none was decided by two people" in texts(test)


def test_two_reviewers_are_measured_and_kappa_is_explained_from_their_answers(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=50)
    decide(workspace, queue, queue.cards, "Ana", 0.1, 1)
    decide(workspace, queue, queue.cards[:40], "Bo", 0.1, 2)
    report = measure_agreement(workspace, load_graph(workspace, graph.id)).reports[Look.INDEPENDENT, PairPool.ALL]
    test = look_at(graph)
    table = test.table[0].value
    kappa, percent = report.among_reviewers[Measure.KAPPA], report.among_reviewers[Measure.PERCENT]
    assert table.loc["Cohen's kappa", "Value"] == f"{kappa.estimate:.2f}"
    assert table.loc["Percent agreement", "Value"] == f"{percent.estimate:.0%}"
    assert table.loc["Gwet's AC1", "Value"] == f"{report.among_reviewers[Measure.AC1].estimate:.2f}"
    assert table["What it says"].str.len().min() > 20
    text = texts(test)
    assert f"{report.answers[2] / report.answers.sum():.0%}** of these {report.answers.sum()} answers are +" in text
    assert f"÷ {1 - kappa.chance:.1%} = **{kappa.estimate:.2f}**" in text
    with_judge = test.dataframe[-2].value
    assert set(with_judge["Reviewer"]) == {"Most reviewers", "Ana", "Bo"}
    assert with_judge.set_index("Reviewer")["Pairs"]["Bo"] == 40


def test_decisions_with_the_verdict_in_sight_are_shown_apart(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=40)
    decide(workspace, queue, queue.cards[:20], "Ana", error_rate=1.0)
    decide(workspace, queue, queue.cards, "Bo", is_blind=False)
    test = look_at(graph)
    assert metrics(test)["Wrong answers"][1].startswith("20 of 20")
    assert "Verdict in sight, not counted above: 0 of 40 audited pairs wrong" in texts(test)
    assert "none was decided by two people" in texts(test)  # Ana and Bo did not look at them alike
    test.segmented_control(key="agreement-look").set_value(Look.INFORMED).run()
    assert not test.exception
    assert metrics(test)["Wrong answers"][1].startswith("0 of 40")
    assert "flatter the judge" in texts(test)


def test_picked_pairs_leave_the_error_rate_alone_and_can_be_left_out(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.SURPRISE, n_cards=30, audit_share=0.5)
    picked = [card for card in queue.cards if not card.is_audit]
    audit = [card for card in queue.cards if card.is_audit]
    decide(workspace, queue, picked, "Ana", error_rate=1.0)
    decide(workspace, queue, audit, "Ana")
    test = look_at(graph)
    assert metrics(test)["Wrong answers"][1].startswith(f"0 of {len(audit)}")
    assert test.dataframe[-2].value.set_index("Reviewer")["Pairs"]["Ana"] == len(queue)
    test.segmented_control(key="agreement-pool").set_value(PairPool.AUDIT).run()
    assert not test.exception
    assert test.dataframe[-2].value.set_index("Reviewer")["Pairs"]["Ana"] == len(audit)


def test_new_reviews_are_seen_at_once(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=20)
    decide(workspace, queue, queue.cards[:10], "Ana")
    test = look_at(graph)
    assert metrics(test)["Wrong answers"][1].startswith("0 of 10")
    decide(workspace, queue, queue.cards[10:], "Ana", error_rate=1.0)
    assert metrics(test.run())["Wrong answers"][1].startswith("10 of 20")


def test_everybody_always_plus_leaves_kappa_without_a_value(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=80)
    positive = [card for card in queue.cards if card.outcome is Outcome.POSITIVE]
    for reviewer in ("Ana", "Bo"):
        decide(workspace, queue, positive, reviewer)
    test = look_at(graph)
    assert test.table[0].value.loc["Cohen's kappa", "Value"] == "not defined"
    assert "nobody ever disagreed" in texts(test)


def test_conflicts_are_counted_and_ties_are_no_error(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=10)
    decide(workspace, queue, queue.cards, "Ana")
    decide(workspace, queue, queue.cards[:3], "Bo", error_rate=1.0)
    test = look_at(graph)
    assert metrics(test)["Wrong answers"][1].startswith("0 of 7")
    assert "On 3 pairs the reviewers are evenly split" in texts(test)
    assert "3 on which reviewers are evenly split" in texts(test)


def test_skips_alone_measure_nothing(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=5)
    skips = [
        NewReview(queue.catalogue, c.source, c.target, queue.graph, "Ana", Decision.SKIP, queue=queue.id, is_blind=True)
        for c in queue.cards
    ]
    workspace.reviews.append(skips)
    assert "Nobody has decided a pair yet" in look_at(graph).info[0].value
    decide(workspace, queue, queue.cards[:1], "Bo")
    assert "4 that people skipped" in texts(look_at(graph))


def test_names_of_reviewers_stay_text(workspace, graph):
    name = HOSTILE.replace("\u202e", "")  # a name cannot hold an invisible character
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=12)
    for reviewer in (name, "Ana", "Cy"):
        decide(workspace, queue, queue.cards, reviewer, 0.3, len(reviewer))
    test = look_at(graph)
    assert name not in texts(test)  # nowhere in Markdown; tables and lists show text as text
    assert any(name in frame.value.to_string() for frame in test.dataframe)


def test_a_reviewed_version_has_the_judge_and_the_audit_of_its_parent(workspace, graph):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=30)
    decide(workspace, queue, queue.cards, "Ana", error_rate=0.5)
    before = metrics(look_at(graph))
    reviewed = apply_reviews(workspace, graph.id)
    assert metrics(look_at(reviewed)) == before
    again = queue_of(workspace, reviewed, policy=QueuePolicy.AUDIT, n_cards=30, seed=9)
    decide(workspace, again, again.cards, "Bo")
    both = len(queue.audit_pairs | again.audit_pairs)
    assert f"{both} of {both} are decided" in texts(look_at(graph))


def test_an_uploaded_graph_is_called_what_it_is(workspace, graph):
    edges = workspace.artefacts.read(graph, EDGES_FILE).splitlines(keepends=True)
    uploaded = save_uploaded_graph(workspace, graph.manifest.parents["catalogue"], b"".join(edges[:80]), "Mine")
    queue = queue_of(workspace, uploaded, policy=QueuePolicy.AUDIT, n_cards=20)
    decide(workspace, queue, queue.cards, "Ana")
    test = look_at(uploaded)
    assert "How often the uploaded file errs" in texts(test)
    assert metrics(test)["Missed edges"][0] == "Not known"
    assert set(test.dataframe[-2].value["Judge"]) == {"Uploaded file"}


def test_it_is_a_part_of_the_review_page(workspace, graph, open_page):
    queue = queue_of(workspace, graph, policy=QueuePolicy.AUDIT, n_cards=20)
    decide(workspace, queue, queue.cards, "Ana", error_rate=0.3)
    test = open_page("review", workspace="work", graph=graph.id)
    test.session_state["review-views"] = next(tab.label for tab in test.tabs if tab.label.endswith("Agreement"))
    test.run()
    assert not test.exception
    assert metrics(test)["Wrong answers"] == metrics(look_at(graph))["Wrong answers"]
