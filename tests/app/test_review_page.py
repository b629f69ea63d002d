import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app import services
from app.components.plain_text import named, shortened
from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, Verdict
from core.graph.review.queue_file import Card, Queue
from core.graph.review.queue_settings import ListedPair, QueuePolicy, QueueSettings
from core.store.artefacts import Artefact
from core.store.review_log import Decision, NewReview, PairEnds, Review, ReviewKind
from core.workflows import graph_tools
from core.workflows.catalogues import save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.review_queues import QUEUE, QUEUE_FILE, create_queue, open_queue, queue_progress
from core.workflows.reviews import apply_derived, record_review

Open = Callable[..., AppTest]
WORKSPACE = "work"
ANA = "Ana"
N_BRANDS, N_GROUPS = 6, 5
HOSTILE = "<script>alert(1)</script> [x](javascript:alert(2)) \u202e$a$ \x1b[31m"


def small_catalogue() -> Catalogue:
    brands = [Attribute(f"b{i}", f"Brand {i}", "brand", "brand", {"tier": f"tier {i}"}) for i in range(N_BRANDS)]
    groups = [Attribute(f"a{i}", f"Group {i}", "audience", "audience") for i in range(N_GROUPS)]
    return Catalogue((*brands, *groups))


class ParityJudge:
    """The sum of the two numbers decides: even is −, odd is +, and every tenth pair is neutral."""

    name = "parity"
    fingerprint = "parity-1"

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> Sequence[Verdict]:
        return [self._verdict(*sorted((primary.id, target.id))) for target in targets]

    def _verdict(self, group: str, brand: str) -> Verdict:
        number = int(group[1:]) + int(brand[1:])
        outcome = Outcome.NEUTRAL if number == 5 else Outcome.POSITIVE if number % 2 else Outcome.NEGATIVE
        return Verdict(outcome, 0.5 + number / 100, f"Reason of {group} and {brand}. {HOSTILE}")


@pytest.fixture
def graph(home: Path, monkeypatch: pytest.MonkeyPatch) -> Artefact:
    """A graph that the parity judge built."""
    monkeypatch.setattr(graph_tools, "offline_judge", ParityJudge)
    held = services.workbench().create(WORKSPACE)
    catalogue = save_catalogue(held.workspace, small_catalogue(), "Attributes")
    settings = GraphSettings().model_dump(mode="json")
    job = held.jobs.get(held.jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": settings}))
    return held.workspace.artefacts.get(GRAPH, job.result[GRAPH])


def make_queue(graph: Artefact, **settings: object) -> Queue:
    wanted = {"policy": QueuePolicy.AUDIT, "n_cards": 12, "double_share": 0, **settings}
    workspace = services.workbench().open(WORKSPACE).workspace
    return open_queue(workspace, create_queue(workspace, graph.id, QueueSettings.model_validate(wanted), "Mine").id)


def reviews(queue: Queue) -> tuple[Review, ...]:
    return services.workbench().open(WORKSPACE).workspace.reviews.of_queue(queue.id)


def press(page: AppTest, key: str) -> AppTest:
    return next(button for button in page.button if button.key == f"review-{key}").click().run()


def everything(page: AppTest) -> str:
    kinds = ("title", "markdown", "caption", "info", "success", "warning", "error", "progress")
    return "\n".join(str(getattr(element, "value", "")) for kind in kinds for element in page.get(kind))


def card_on(page: AppTest, queue: Queue) -> Card:
    [number] = re.findall(r"Card (\d+) of", everything(page))
    return queue.cards[int(number) - 1]


def desk(open_page: Open, queue: Queue, reviewer: str = ANA) -> AppTest:
    page = open_page("review", WORKSPACE, queue=queue.id, reviewer=reviewer)
    assert not page.exception and not page.error
    return page


def test_a_decision_is_saved_and_the_next_card_comes(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph, is_blind=False)
    page = desk(open_page, queue)
    first = card_on(page, queue)
    assert first.number == 1
    press(page, "negative")

    [saved] = reviews(queue)
    assert (saved.source, saved.target, saved.decision, saved.reviewer) == (*first.pair, Decision.NEGATIVE, ANA)
    assert (saved.kind, saved.graph, saved.is_blind) == (ReviewKind.DECIDED, graph.id, False)
    text = everything(page)
    assert "Saved" in text and "− conflicts" in text
    assert card_on(page, queue).number == 2
    assert "You decided **1** · **1** of 12 cards are done" in page.get("progress")[0].text


def test_every_button_records_what_it_says_with_its_note(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    page = desk(open_page, queue)
    for number, (key, decision) in enumerate(
        [("positive", "+"), ("negative", "-"), ("neutral", "0"), ("skip", "skip")], start=1
    ):
        note = page.text_input(key="review-note-text")
        assert note.value == ""
        note.set_value(f"note {number} {HOSTILE}")
        press(page, key)
        last = reviews(queue)[-1]
        assert (last.decision, last.note) == (decision, f"note {number} {HOSTILE}")
    assert len(reviews(queue)) == 4


def test_undo_brings_the_card_back_as_often_as_it_is_asked(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    page = desk(open_page, queue)
    for _ in range(3):
        press(page, "positive")
    press(page, "undo")
    assert card_on(page, queue).number == 3
    assert "Undone" in everything(page)
    press(page, "undo")
    assert card_on(page, queue).number == 2
    assert [review.stands for review in reviews(queue)] == [True, False, False]

    press(page, "negative")
    assert card_on(page, queue).number == 3
    assert [r.decision for r in reviews(queue) if r.stands] == [Decision.POSITIVE, Decision.NEGATIVE]


def test_a_refresh_in_the_middle_of_a_card_shows_the_same_card(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    page = desk(open_page, queue)
    press(page, "positive")
    before = card_on(page, queue)
    again = desk(open_page, queue)

    assert card_on(again, queue) == before
    assert len(reviews(queue)) == 1


def test_two_reviewers_get_different_cards_and_both_see_the_progress(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    ana, bo = desk(open_page, queue), desk(open_page, queue, "Bo")
    assert card_on(ana, queue) != card_on(bo, queue)
    for _ in range(3):
        press(ana, "positive")
        press(bo, "negative")
        assert card_on(ana, queue) != card_on(bo, queue)
    ana.run()

    pairs = [(review.source, review.target) for review in reviews(queue)]
    assert len(set(pairs)) == len(pairs) == 6
    workspace = services.workbench().open(WORKSPACE).workspace
    assert queue_progress(workspace, queue, ANA).n_done == 6


def test_blind_hides_the_verdict_until_the_decision_and_tells_it_then(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph, policy=QueuePolicy.FEW_FACTS, is_blind=True, audit_share=0)
    page = desk(open_page, queue)
    card = card_on(page, queue)
    hidden = everything(page)
    assert "Reason of" not in hidden and "The judge said" not in hidden and card.why not in hidden
    press(page, "positive")

    told = everything(page)
    assert f"Reason of {card.target} and {card.source}" in told and "The judge said" in told
    assert card.why in told.replace("\\", "")
    assert reviews(queue)[-1].is_blind


def test_whoever_peeked_or_had_decided_before_is_not_blind(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph, is_blind=True)
    page = desk(open_page, queue)
    page.toggle(key=f"review-blind-{queue.id}").set_value(False).run()
    assert "Reason of" in everything(page)
    page.toggle(key=f"review-blind-{queue.id}").set_value(True).run()
    assert "does not count as blind" in everything(page)
    press(page, "positive")
    assert not reviews(queue)[-1].is_blind

    press(page, "positive")
    assert reviews(queue)[-1].is_blind
    press(page, "undo")
    assert "does not count as blind" in everything(page)
    press(page, "negative")
    assert not reviews(queue)[-1].is_blind


def test_a_queue_that_is_done_says_so_and_brings_skipped_cards_back(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph, n_cards=3)
    page = desk(open_page, queue)
    press(page, "positive")
    press(page, "skip")
    press(page, "positive")
    assert "Nothing is left for you here" in everything(page)
    assert "You skipped 1" in everything(page)

    press(page, "unskip")
    assert card_on(page, queue).number == 2
    press(page, "neutral")
    assert "This queue is done" in everything(page)


def test_undo_tells_what_stays_and_the_look_alikes_can_still_be_taken_back(graph: Artefact, open_page: Open) -> None:
    listed = [ListedPair(source="b0", target="a1")]
    queue = make_queue(graph, policy=QueuePolicy.LISTED, pairs=listed, audit_share=0)
    page = press(desk(open_page, queue), "negative")
    [decided] = reviews(queue)
    press(page, f"apply-{decided.id}")
    decide(queue, "<b>Bo</b>", Decision.POSITIVE)
    page = press(page.run(), "undo")

    text = everything(page)
    assert "Undone" in text and "Decided by others since, which stays: \u2068\\<b\\>Bo\\</b\\>\u2069 +" in text
    derived = [review for review in reviews(queue) if review.kind is ReviewKind.DERIVED]
    assert derived and all(review.stands for review in derived)
    assert f"It still counts, as applied, to {len(derived)} edge" in text
    assert not [button for button in page.button if button.key == f"review-apply-{decided.id}"]
    page = press(page, f"revert-{decided.id}")
    assert {review.reviewer for review in reviews(queue) if review.stands} == {"<b>Bo</b>"}
    assert "still counts" not in everything(page) and not page.exception


def test_look_alikes_are_offered_applied_and_taken_back_in_one_step(graph: Artefact, open_page: Open) -> None:
    listed = [ListedPair(source="b0", target="a1")]
    queue = make_queue(graph, policy=QueuePolicy.LISTED, pairs=listed, audit_share=0)
    page = desk(open_page, queue)
    press(page, "negative")
    [decided] = reviews(queue)
    offer = [button for button in page.button if button.key == f"review-apply-{decided.id}"]
    assert offer, "the brands and groups are alike, so others have the same verdict between the same groups"
    count = int(re.findall(r"to (\d+) edge", offer[0].label)[0])
    offer[0].click().run()

    derived = [review for review in reviews(queue) if review.kind is ReviewKind.DERIVED]
    assert len(derived) == count > 0
    assert {(r.decision, r.derived_from, r.reviewer) for r in derived} == {(Decision.NEGATIVE, decided.id, ANA)}
    first = load_graph(services.workbench().open(WORKSPACE).workspace, graph.id).judged
    position = small_catalogue().position_of
    outcome = {(s, t): o for s, t, o in zip(first.source.tolist(), first.target.tolist(), first.outcome, strict=True)}  # type: ignore[union-attr]
    same = outcome[position["b0"], position["a1"]]
    assert all(outcome[position[r.source], position[r.target]] == same for r in derived)

    press(page, f"revert-{decided.id}")
    assert [r.stands for r in reviews(queue)] == [True, *[False] * count]


def test_a_link_to_a_queue_asks_for_a_name_and_names_nobody(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    page = open_page("review", WORKSPACE, queue=queue.id)
    assert "12 pairs to look at" in everything(page)
    assert not [button for button in page.button if button.key == "review-positive"]
    link = next(code.value for code in page.code)
    assert link.endswith(f"/review?workspace={WORKSPACE}&queue={queue.id}") and "reviewer" not in link

    name = next(box for box in page.selectbox if box.label == "Your name")
    name.options.append("  Ana ")  # as if it was typed: the test harness sends only options it knows
    name.set_value("  Ana ").run()
    assert card_on(page, queue).number == 1
    assert page.query_params["reviewer"] in (ANA, [ANA])


@pytest.mark.parametrize("name", ["x" * 200, "   ", "a\u202eb"])
def test_a_link_with_a_name_that_cannot_be_recorded_asks_for_another(
    graph: Artefact, open_page: Open, name: str
) -> None:
    queue = make_queue(graph)
    page = open_page("review", WORKSPACE, queue=queue.id, reviewer=name)
    assert "12 pairs to look at" in everything(page) and len(page.error) == 1
    box = next(box for box in page.selectbox if box.label == "Your name")
    assert box.value is None
    box.options.append("Bo")
    box.set_value("Bo").run()
    assert card_on(page, queue).number == 1 and not page.error
    assert not page.exception


def test_a_link_with_another_spelling_of_a_name_is_the_same_person(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph, double_share=1)
    decide(queue, ANA, Decision.POSITIVE)
    page = desk(open_page, queue, "ana")
    assert card_on(page, queue).number == 2, "nobody decides a card twice as two people"
    press(page, "negative")
    assert {review.reviewer for review in reviews(queue)} == {ANA}


def test_a_link_to_a_queue_that_is_gone_says_so(graph: Artefact, open_page: Open) -> None:
    page = open_page("review", WORKSPACE, queue="0" * 24)
    assert "not in this workspace" in everything(page)
    assert "New queue" in everything(page)
    assert not page.exception


def test_a_queue_is_made_with_the_chosen_settings_and_opened(graph: Artefact, open_page: Open) -> None:
    page = open_page("review", WORKSPACE, reviewer=ANA)
    page.radio(key="review-new-policy").set_value(QueuePolicy.AUDIT).run()
    page.number_input(key="review-new-cards").set_value(7)
    page.number_input(key="review-new-double").set_value(100)
    page.toggle(key="review-new-blind").set_value(False)
    press(page, "make-queue")

    workspace = services.workbench().open(WORKSPACE).workspace
    [made] = workspace.artefacts.list("queue")
    queue = open_queue(workspace, made.id)
    assert (len(queue), queue.settings.policy, queue.settings.is_blind) == (7, QueuePolicy.AUDIT, False)
    assert {card.n_needed for card in queue.cards} == {2}
    assert "Card 1 of 7" in everything(page)


def test_a_damaged_queue_does_not_hide_the_others(graph: Artefact, open_page: Open) -> None:
    for seed in (1, 2):
        make_queue(graph, seed=seed)
    workspace = services.workbench().open(WORKSPACE).workspace
    damaged, intact = workspace.artefacts.list(QUEUE)
    damaged.folder.joinpath(QUEUE_FILE).chmod(0o644)
    damaged.folder.joinpath(QUEUE_FILE).write_bytes(b"{}")
    page = open_page("review", WORKSPACE, reviewer=ANA)
    assert len(page.error) == 1 and not page.exception
    assert [b.key for b in page.button if str(b.key).startswith("review-open-")] == [f"review-open-{intact.id}"]
    assert "New queue" in everything(page)


def test_a_queue_without_any_pair_says_why(graph: Artefact, open_page: Open) -> None:
    page = open_page("review", WORKSPACE, reviewer=ANA)
    page.radio(key="review-new-policy").set_value(QueuePolicy.DISAGREEMENT).run()
    press(page, "make-queue")
    assert "This queue cannot be made" in everything(page) and not page.exception


def test_a_conflict_is_listed_with_votes_and_settled(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    decide(queue, ANA, Decision.POSITIVE, "I know them")
    decide(queue, "Bo", Decision.NEGATIVE, HOSTILE)
    page = open_page("review", WORKSPACE, reviewer="Cleo")
    assert "1 conflict waits to be settled" in everything(page)
    open_tab(page, "Conflicts")
    text = everything(page)
    assert "I know them" in text and ANA in text and "Bo" in text
    card = queue.cards[0]
    press(page, f"settle-neutral-{card.source}-{card.target}")

    last = reviews_of_pair(queue)[-1]
    assert (last.kind, last.decision, last.reviewer) == (ReviewKind.ADJUDICATED, Decision.NEUTRAL, "Cleo")
    assert "No conflicts" in everything(page)


def test_my_decisions_are_listed_and_taken_back(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    for number, reviewer in ((0, ANA), (1, ANA), (2, "Bo")):
        decide(queue, reviewer, Decision.POSITIVE, "", number)
    page = open_page("review", WORKSPACE, reviewer=ANA)
    open_tab(page, "My decisions")
    assert len(page.dataframe[0].value) == 2
    page.session_state[page.dataframe[0].key] = {"selection": {"rows": [0, 1], "columns": [], "cells": []}}
    page.run()
    press(page, "take-back")
    assert [review.stands for review in reviews(queue)] == [False, False, True]


def test_a_decision_is_taken_back_with_its_look_alikes_in_one_step_at_any_time(
    graph: Artefact, open_page: Open
) -> None:
    queue = make_queue(graph, policy=QueuePolicy.LISTED, pairs=[ListedPair(source="b0", target="a1")], audit_share=0)
    first = decide(queue, ANA, Decision.NEGATIVE)
    pairs = [PairEnds("b2", "a1"), PairEnds("b4", "a1")]
    apply_derived(services.workbench().open(WORKSPACE).workspace, first.id, pairs, ANA)
    page = open_tab(open_page("review", WORKSPACE, reviewer=ANA), "My decisions")
    row = list(page.dataframe[0].value["Made"]).index("On its card")
    page.session_state[page.dataframe[0].key] = {"selection": {"rows": [row], "columns": [], "cells": []}}
    page.run()
    assert "with the 2 applied" in next(b.label for b in page.button if b.key == "review-take-back-all")
    press(page, "take-back-all")
    assert [review.stands for review in reviews(queue)] == [False] * 3 and not page.exception


def test_the_reviewed_graph_changes_what_the_reviews_say(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    changed = next(card for card in queue.cards if card.outcome is Outcome.POSITIVE)
    decide(queue, ANA, Decision.NEGATIVE, "", changed.number - 1)
    page = open_page("review", WORKSPACE, graph=graph.id, reviewer=ANA)
    open_tab(page, "Reviewed graph")
    assert {metric.label: metric.value for metric in page.metric}["Changed"] == "1"
    assert "1 from + to −" in everything(page)
    press(page, "make-graph")

    workspace = services.workbench().open(WORKSPACE).workspace
    [made] = [a for a in workspace.artefacts.list(GRAPH) if a.id != graph.id]
    assert made.manifest.parents[GRAPH] == graph.id
    position = small_catalogue().position_of
    pair = (position[changed.source], position[changed.target])
    edges = load_graph(workspace, made.id).graph
    assert int(edges.sign_matrix()[pair]) == -1
    assert int(load_graph(workspace, graph.id).graph.sign_matrix()[pair]) == 1
    assert "stored and selected" in everything(page)


def test_texts_of_users_stay_on_one_line_and_are_escaped() -> None:
    text = named(HOSTILE)
    assert r"\<script\>" in text and r"\]\(" not in text and r"\](javascript\:" in text
    assert text.startswith("\u2068") and text.endswith("\u2069")
    assert shortened("a\n\n# b   c") == "a # b c"
    assert len(shortened("x" * 10_000)) == 60


def decide(queue: Queue, reviewer: str, decision: Decision, note: str = "", number: int = 0) -> Review:
    card = queue.cards[number]
    review = NewReview(
        queue.catalogue, card.source, card.target, queue.graph, reviewer, decision, queue=queue.id, note=note
    )
    return record_review(services.workbench().open(WORKSPACE).workspace, review)


def reviews_of_pair(queue: Queue) -> tuple[Review, ...]:
    card = queue.cards[0]
    return services.workbench().open(WORKSPACE).workspace.reviews.of_pair(queue.catalogue, card.source, card.target)


def open_tab(page: AppTest, name: str) -> AppTest:
    label = next(tab.label for tab in page.tabs if name in tab.label)
    page.session_state["review-views"] = label
    return page.run()


def test_a_filled_in_file_is_recorded_once_and_mistakes_are_listed(graph: Artefact, open_page: Open) -> None:
    queue = make_queue(graph)
    workspace = services.workbench().open(WORKSPACE).workspace
    card = queue.cards[0]
    header = "source,target,graph,decision,note,reviewer"
    line = f"{card.source},{card.target},{graph.id},negative,'=1+1,"
    page = open_page("review", WORKSPACE, graph=graph.id, reviewer=ANA)
    open_tab(page, "Spreadsheet")

    def upload(text: str) -> str:
        page.file_uploader[0].upload("reviews.csv", text.encode()).run()
        press(page, "import")
        return everything(page)

    assert "maybe" in upload(f"{header}\n{line}\n{card.source},{card.target},{graph.id},maybe,,Bo\n")
    assert not workspace.reviews.of_catalogue(queue.catalogue)
    assert "**1** decision recorded" in upload(f"{header}\n{line}\n")
    [made] = workspace.reviews.of_catalogue(queue.catalogue)
    assert (made.reviewer, made.decision, made.note, made.kind) == (
        ANA,
        Decision.NEGATIVE,
        "=1+1",
        ReviewKind.IMPORTED,
    )
    assert "**0** decisions recorded" in upload(f"{header}\n{line}\n")
    assert len(workspace.reviews.of_catalogue(queue.catalogue)) == 1
