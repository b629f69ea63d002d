"""Queues in a real workspace: every policy, the link that opens them, and many reviewers at the same moment."""

import threading
from collections import Counter
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.catalogue.reading import catalogue_or_error, read_catalogue
from core.errors import InvalidInput, NotFound
from core.graph.edges_csv import write_edges
from core.graph.model import Outcome, signed_graph
from core.graph.review.assignment import LEASE_US
from core.graph.review.lookalikes import look_alikes
from core.graph.review.policies import AUDIT_WHY
from core.graph.review.queue_settings import ListedPair, QueuePolicy, QueueSettings
from core.graph.review.surprise import measure_surprise
from core.progress import finish
from core.sampler.leverage import Leverage
from core.store.review_log import Decision, NewReview, PairEnds, ReviewKind
from core.workflows import review_queues
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graphs import GRAPH, build_graph, load_graph, save_uploaded_graph
from core.workflows.groupings import group_attributes
from core.workflows.review_queues import (
    OTHER_GRAPH,
    QUEUE,
    create_queue,
    decided_pairs,
    open_conflicts,
    open_queue,
    prepare_look_alikes,
    put_cards_back,
    queue_progress,
    queues_of,
    take_card,
)
from core.workflows.reviews import apply_derived, record_review, resolution_of, revert_derived, reviews_of, undo_review

SMALL = Path(__file__).resolve().parents[3] / "data" / "catalogues" / "small.csv"
PEOPLE = ("Ana", "Bo", "Cy", "Di")


@pytest.fixture
def catalogue():
    return catalogue_or_error(read_catalogue(SMALL.read_bytes(), SMALL.name))


@pytest.fixture
def graph(workspace, catalogue):
    """The id of the offline judge's graph of the small catalogue: 27 attributes, 252 judged pairs."""
    save_catalogue(workspace, catalogue, "Small")
    return finish(build_graph(workspace, {"catalogue": catalogue.id, "settings": {}, "title": "Judged"}))["graph"]


def decide(workspace, queue, card, reviewer, decision=Decision.POSITIVE, kind=ReviewKind.DECIDED):
    new = NewReview(queue.catalogue, card.source, card.target, queue.graph, reviewer, decision, kind, queue.id)
    return record_review(workspace, new)


def made(workspace, graph, policy=QueuePolicy.AUDIT, **settings):
    return open_queue(workspace, create_queue(workspace, graph, QueueSettings(policy=policy, **settings)).id)


def together(*calls):
    """Run calls at the same moment; their results in order, or the first failure."""
    gate, results = threading.Barrier(len(calls)), [None] * len(calls)
    failures = []

    def run(place):
        try:
            gate.wait()
            results[place] = calls[place]()
        except BaseException as failure:
            failures.append(failure)
            raise

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    return results


def test_a_stored_queue_is_found_by_its_id_and_keeps_what_it_was_made_from(workspace, graph, catalogue):
    settings = QueueSettings(policy=QueuePolicy.SURPRISE, n_cards=20, seed=3)
    made_first = create_queue(workspace, graph, settings, " Sports first ")
    queue = open_queue(workspace, made_first.id)
    assert (queue.id, queue.graph, queue.catalogue, queue.settings) == (made_first.id, graph, catalogue.id, settings)
    assert made_first.manifest.title == "Sports first"
    assert made_first.manifest.parents == {CATALOGUE: catalogue.id, GRAPH: graph}
    facts = made_first.manifest.facts
    assert (facts["policy"], facts["n_cards"], facts["n_audit"], facts["n_double"]) == ("surprise", 20, 2, 4)
    assert create_queue(workspace, graph, settings, "Again").manifest.title == "Sports first"
    other = create_queue(workspace, graph, settings.model_copy(update={"seed": 4}))
    assert other.manifest.title == "Structural surprise · Judged"
    assert [q.id for q in queues_of(workspace, catalogue.id)] == [other.id, made_first.id]
    assert queues_of(workspace, "elsewhere") == ()
    with pytest.raises(NotFound):
        open_queue(workspace, "nothing")


def test_surprise_uses_the_groups_of_the_graph_and_the_surest_surprises_come_first(workspace, graph):
    queue = made(workspace, graph, QueuePolicy.SURPRISE, n_cards=30, audit_share=0)
    stored = load_graph(workspace, graph)
    v = stored.verdicts
    found = measure_surprise(group_attributes(workspace, stored, ""), v.source, v.target, v.outcome)
    best = sorted(found.bits[found.is_against].tolist(), reverse=True)[:30]
    assert [card.score for card in queue.cards] == pytest.approx(best)
    again = create_queue(workspace, graph, queue.settings, grouping=group_attributes(workspace, stored, ""))
    assert again.id == queue.id


def test_disagreement_with_another_graph_lists_what_it_answers_otherwise(workspace, graph, catalogue):
    edges = load_graph(workspace, graph).graph
    flipped = np.arange(edges.n_edges) % 9 == 0
    other = signed_graph(catalogue, edges.source, edges.target, np.where(flipped, -edges.sign, edges.sign))
    uploaded = save_uploaded_graph(workspace, catalogue.id, write_edges(other), "By hand").id
    artefact = create_queue(
        workspace, graph, QueueSettings(policy=QueuePolicy.DISAGREEMENT, other=uploaded, audit_share=0)
    )
    queue = open_queue(workspace, artefact.id)
    ids = [a.id for a in catalogue.attributes]
    expected = {(ids[a], ids[b]) for a, b in zip(edges.source[flipped], edges.target[flipped], strict=True)}
    assert {card.pair for card in queue.cards} == expected
    assert all("“By hand” says" in card.why for card in queue.cards)
    assert artefact.manifest.parents[OTHER_GRAPH] == uploaded
    with pytest.raises(InvalidInput, match="asked more than once"):
        create_queue(workspace, graph, QueueSettings(policy=QueuePolicy.DISAGREEMENT))
    with pytest.raises(NotFound):
        create_queue(workspace, graph, QueueSettings(policy=QueuePolicy.DISAGREEMENT, other="gone"))


def test_leverage_is_taken_as_given_or_measured_over_random_campaigns(workspace, graph, monkeypatch):
    edges = load_graph(workspace, graph).graph
    n_out = np.arange(edges.n_edges, dtype=np.int64)
    given = Leverage(n_out, n_out, n_out, 500, 0)
    settings = QueueSettings(policy=QueuePolicy.LEVERAGE, n_cards=10, audit_share=0)
    queue = open_queue(workspace, create_queue(workspace, graph, settings, leverage=given).id)
    ids = [a.id for a in edges.catalogue.attributes]
    last = np.argsort(-n_out)[:10]
    assert [card.pair for card in queue.cards] == [(ids[edges.source[e]], ids[edges.target[e]]) for e in last]
    assert queue.cards[0].why == (
        f"If its sign flipped, {edges.n_edges - 1} rows of 500 random campaigns would leave the range of their label."
    )
    asked = []
    monkeypatch.setattr(review_queues, "draft_source", lambda held, stored: "draft")
    monkeypatch.setattr(review_queues, "edge_leverage", lambda *args: asked.append(args[2]) or given)
    assert create_queue(workspace, graph, settings).id == queue.id
    assert asked == ["draft"]


def test_listed_pairs_of_a_comparison_come_as_they_are(workspace, graph, catalogue):
    ends = [catalogue.attributes[place].id for place in (-1, 0)]
    pairs = (ListedPair(source=ends[0], target=ends[1], why="A says +, B says −."),)
    queue = made(workspace, graph, QueuePolicy.LISTED, pairs=pairs, audit_share=0)
    assert [(card.pair, card.why) for card in queue.cards] == [(tuple(ends[::-1]), "A says +, B says −.")]
    with pytest.raises(InvalidInput, match="There is no attribute"):
        made(workspace, graph, QueuePolicy.LISTED, pairs=(ListedPair(source="x", target="y"),))


def test_an_audit_queue_draws_neutral_pairs_too_and_few_facts_draws_any(workspace, graph):
    queue = made(workspace, graph, n_cards=200)
    assert {card.outcome for card in queue.cards} >= {Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL}
    assert all(card.is_audit and card.why == AUDIT_WHY for card in queue.cards)
    few = made(workspace, graph, QueuePolicy.FEW_FACTS, n_cards=20, audit_share=0)
    assert [card.score for card in few.cards] == sorted((card.score for card in few.cards), reverse=True)


def test_decided_pairs_stay_out_of_the_next_queue(workspace, graph):
    first = made(workspace, graph, QueuePolicy.FEW_FACTS, n_cards=6, audit_share=0)
    one, other, third = first.cards[:3]
    decide(workspace, first, one, "Ana")
    decide(workspace, first, other, "Ana", Decision.SKIP)
    undo_review(workspace, decide(workspace, first, third, "Ana").id, "Ana")
    second = made(workspace, graph, QueuePolicy.FEW_FACTS, n_cards=6, audit_share=0)
    assert one.pair not in second.card_of
    assert {other.pair, third.pair} <= set(second.card_of)
    assert second.n_left_out == 1
    assert decided_pairs(reviews_of(workspace, first.catalogue)) == {one.pair}
    # A decision in another queue counts for this one's card too.
    assert queue_progress(workspace, first, "Ana").n_done == 1
    decide(workspace, second, third, "Bo")
    assert queue_progress(workspace, first, "Ana").n_done == 2


def test_a_refresh_shows_the_same_card_and_a_wanted_card_comes_at_once(workspace, graph):
    queue = made(workspace, graph, n_cards=5, double_share=0)
    assert [take_card(workspace, queue, "Ana").number for _ in range(3)] == [1, 1, 1]
    assert take_card(workspace, queue, "Bo").number == 2
    assert take_card(workspace, queue, "Ana", number=4).number == 4  # and card 1 is free again
    assert take_card(workspace, queue, "Cy").number == 1
    assert take_card(workspace, queue, "Di", number=2).number == 3  # Bo has it: the next one instead
    assert len(workspace.reviews.claims(queue.id)) == 4
    assert queue_progress(workspace, queue, "Bo").n_held == 3
    put_cards_back(workspace, queue, "Ana")
    assert {c.reviewer for c in workspace.reviews.claims(queue.id)} == {"Bo", "Cy", "Di"}
    with pytest.raises(InvalidInput, match="no name"):
        take_card(workspace, queue, " ")


def test_a_browser_closed_in_the_middle_of_a_card_gives_it_back_after_the_lease(workspace, graph, monkeypatch):
    queue = made(workspace, graph, n_cards=1, double_share=0)
    now = [10**15]
    monkeypatch.setattr(review_queues, "next_instant_us", lambda: now[0])
    assert take_card(workspace, queue, "Ana").number == 1
    now[0] += LEASE_US - 1
    assert take_card(workspace, queue, "Bo") is None
    assert queue_progress(workspace, queue, "Bo").n_held == 1
    now[0] += 1
    assert take_card(workspace, queue, "Bo").number == 1
    # Ana comes back and decides all the same, then Bo does: both decisions are kept.
    decide(workspace, queue, queue.cards[0], "Ana", Decision.NEGATIVE)
    decide(workspace, queue, queue.cards[0], "Bo", Decision.POSITIVE)
    kept = workspace.reviews.of_pair(queue.catalogue, *queue.cards[0].pair)
    assert [(r.reviewer, r.decision.value, r.stands) for r in kept] == [("Ana", "-", True), ("Bo", "+", True)]


def test_reviewers_who_ask_at_the_same_moment_never_hold_the_same_single_card(workspace, graph):
    for seed in range(12):
        queue = made(workspace, graph, n_cards=6, double_share=0.5, seed=seed)
        cards = together(*(partial(take_card, workspace, queue, who) for who in PEOPLE))
        held = Counter(card.number for card in cards)
        needed = {card.number: card.n_needed for card in queue.cards}
        assert all(n <= needed[number] for number, n in held.items()), f"seed {seed}: {held}"
        claims = {(claim.reviewer, claim.source) for claim in workspace.reviews.claims(queue.id)}
        assert claims == {(who, card.source) for who, card in zip(PEOPLE, cards, strict=True)}


def test_four_people_at_once_finish_a_queue_and_no_decision_is_lost_or_made_twice(workspace, graph):
    queue = made(workspace, graph, n_cards=24, double_share=0.25)
    done = {who: [] for who in PEOPLE}

    def work(who):
        while (card := take_card(workspace, queue, who)) is not None:
            decide(workspace, queue, card, who, Decision.NEGATIVE if who == "Bo" else Decision.POSITIVE)
            done[who].append(card.number)

    together(*(partial(work, who) for who in PEOPLE))
    # Who found nothing left may have gone while others still held a last double card: they go on alone.
    for who in PEOPLE:
        work(who)
    per_card = Counter(number for numbers in done.values() for number in numbers)
    assert per_card == {card.number: card.n_needed for card in queue.cards}
    assert all(len(set(numbers)) == len(numbers) for numbers in done.values())
    reviews = workspace.reviews.of_queue(queue.id)
    assert len(reviews) == 24 + 6
    assert {(r.reviewer, (r.source, r.target)) for r in reviews} == {
        (who, queue.cards[number - 1].pair) for who, numbers in done.items() for number in numbers
    }
    assert queue_progress(workspace, queue).is_finished


def test_two_who_decide_the_same_card_at_the_same_moment_both_keep_their_decision(workspace, graph):
    queue = made(workspace, graph, n_cards=1, double_share=1)
    card = queue.cards[0]
    assert {take_card(workspace, queue, who).number for who in ("Ana", "Bo")} == {1}
    together(
        partial(decide, workspace, queue, card, "Ana", Decision.POSITIVE),
        partial(decide, workspace, queue, card, "Bo", Decision.NEGATIVE),
    )
    kept = {(r.reviewer, r.decision) for r in workspace.reviews.of_pair(queue.catalogue, *card.pair)}
    assert kept == {("Ana", Decision.POSITIVE), ("Bo", Decision.NEGATIVE)}

    stored = load_graph(workspace, graph)
    [conflict] = open_conflicts(workspace, stored, queue)
    assert ((conflict.source, conflict.target), conflict.judged) == (card.pair, card.outcome)
    assert {(vote.reviewer, vote.decision) for vote in conflict.votes} == kept
    decide(workspace, queue, card, "Cy", Decision.NEUTRAL, ReviewKind.ADJUDICATED)
    assert open_conflicts(workspace, stored) == ()
    [row] = range(len(resolution_of(workspace, stored)))
    assert resolution_of(workspace, stored).resolved[row] == Outcome.NEUTRAL


def test_conflicts_come_by_how_long_they_have_waited(workspace, graph):
    queue = made(workspace, graph, n_cards=4, double_share=1)
    for number in (3, 1):
        for who, decision in (("Ana", Decision.POSITIVE), ("Bo", Decision.NEGATIVE)):
            decide(workspace, queue, queue.cards[number - 1], who, decision)
    decide(workspace, queue, queue.cards[1], "Ana")
    stored = load_graph(workspace, graph)
    assert [queue.card_of[c.source, c.target].number for c in open_conflicts(workspace, stored)] == [3, 1]
    elsewhere = made(workspace, graph, QueuePolicy.FEW_FACTS, n_cards=2, audit_share=0, skip_reviewed=False)
    wanted = {card.pair for card in elsewhere.cards} & {queue.cards[0].pair, queue.cards[2].pair}
    assert {(c.source, c.target) for c in open_conflicts(workspace, stored, elsewhere)} == wanted


def test_a_decision_spreads_over_look_alikes_and_takes_their_cards_out_of_the_queue(workspace, graph, catalogue):
    stored = load_graph(workspace, graph)
    alike = prepare_look_alikes(workspace, stored)
    attributes = catalogue.attributes
    v = stored.verdicts
    pairs = [(attributes[a].id, attributes[b].id) for a, b in zip(v.source, v.target, strict=True)]
    pair = next(p for p in pairs if len(look_alikes(alike, *p, set())) >= 3)
    found = look_alikes(alike, *pair, set())
    listed = tuple(ListedPair(source=s, target=t) for s, t in (pair, *((one.source, one.target) for one in found)))
    queue = made(workspace, graph, QueuePolicy.LISTED, pairs=listed, audit_share=0, double_share=0)
    first = decide(workspace, queue, queue.cards[0], "Ana", Decision.NEUTRAL)
    apply_derived(workspace, first.id, [PairEnds(one.source, one.target) for one in found], "Ana")
    assert take_card(workspace, queue, "Bo") is None
    assert look_alikes(alike, *pair, decided_pairs(reviews_of(workspace, catalogue.id))) == ()
    revert_derived(workspace, first.id, "Ana")
    assert take_card(workspace, queue, "Bo").number == 2
    assert look_alikes(alike, *pair, decided_pairs(reviews_of(workspace, catalogue.id))) == found


def test_deleting_a_graph_is_refused_while_a_queue_reviews_it(workspace, graph):
    queue = made(workspace, graph, n_cards=1)
    with pytest.raises(Exception, match="was used to make queue"):
        workspace.artefacts.delete(GRAPH, graph)
    workspace.artefacts.delete(QUEUE, queue.id)
    workspace.artefacts.delete(GRAPH, graph)
