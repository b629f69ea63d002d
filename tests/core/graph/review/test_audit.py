from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.intervals import wilson
from core.graph.model import Outcome, Verdict, verdict_table
from core.graph.review.audit import JudgeErrors, audit_judge, audit_pairs, errors_in_graph, n_skipped
from core.graph.review.queue_file import Card, Queue
from core.graph.review.queue_settings import QueuePolicy, QueueSettings
from core.graph.review.ratings import Look
from core.store.review_log import Decision, Review, ReviewKind

PLUS, ZERO, MINUS = Decision.POSITIVE, Decision.NEUTRAL, Decision.NEGATIVE
CATALOGUE = Catalogue(
    tuple(Attribute(f"{kind}{i}", f"{kind} {i}", kind, kind) for kind in ("brand", "place", "device") for i in range(4))
)
JUDGED = {
    ("brand0", "place0"): Outcome.POSITIVE,
    ("brand0", "place1"): Outcome.POSITIVE,
    ("brand1", "place0"): Outcome.NEGATIVE,
    ("brand1", "place1"): Outcome.NEUTRAL,
    ("brand2", "device0"): Outcome.POSITIVE,
    ("brand2", "device1"): Outcome.NEUTRAL,
    ("place0", "device0"): Outcome.NEGATIVE,
    ("place1", "device1"): Outcome.UNRESOLVED,
}


def table():
    ends = np.array([[CATALOGUE.position_of[end] for end in pair] for pair in JUDGED], dtype=np.int32).T
    verdicts = [Verdict(outcome, 0.8, "Because.") for outcome in JUDGED.values()]
    return verdict_table(*ends, verdicts, np.zeros(len(JUDGED), dtype=np.int32), "judge")


def queue(audit, others=(), seed=0, modalities=None):
    cards = [
        Card(place, *pair, JUDGED.get(pair, Outcome.POSITIVE), "why", 0.0, pair in audit, 1)
        for place, pair in enumerate([*audit, *others], 1)
    ]
    settings = QueueSettings(policy=QueuePolicy.SURPRISE, seed=seed, modalities=modalities)
    return Queue(CATALOGUE.id, "g", settings, tuple(cards), len(JUDGED), len(JUDGED))


class Desk:
    """Reviews one after another."""

    def __init__(self):
        self.reviews = []

    def decide(self, of, pair, decision, reviewer="Ana", **more):
        number = len(self.reviews) + 1
        fields = {"graph": "g", "kind": ReviewKind.DECIDED, "note": "", "is_blind": True, "derived_from": ""}
        self.reviews.append(
            Review(
                number=number,
                id=f"r{number}",
                catalogue=CATALOGUE.id,
                source=pair[0],
                target=pair[1],
                reviewer=reviewer,
                decision=decision,
                queue=of.id if of else "",
                made_at="2026-01-01T00:00:00Z",
                **{**fields, **more},
            )
        )
        return self


def audit_of(queues, desk, look=Look.INDEPENDENT):
    return audit_judge(CATALOGUE, table(), queues, desk.reviews)[look]


def test_errors_are_told_apart():
    """Rows what the judge said, columns what reviewers say, both in the order -, 0, +."""
    errors = JudgeErrors(np.array([[5, 2, 1], [3, 20, 4], [6, 7, 40]]))
    assert errors.n_pairs == 88
    assert errors.wrong[:2] == (2 + 1 + 3 + 4 + 6 + 7, 88)
    assert errors.flips[:2] == (1 + 6, 61)
    assert errors.false_edges[:2] == (2 + 7, 61)
    assert errors.missed_edges[:2] == (3 + 4, 27)
    assert errors.wrong_edges[:2] == (16, 61)
    assert errors.wrong_where_judged(Outcome.POSITIVE)[:2] == (13, 53)
    assert errors.wrong_where_judged(Outcome.NEGATIVE)[:2] == (3, 8)
    assert errors.wrong_where_judged(Outcome.NEUTRAL) == errors.missed_edges
    assert errors.flips.interval == wilson(7, 61)
    assert JudgeErrors(np.zeros((3, 3), dtype=np.int64)).wrong.interval[1:] == (0.0, 1.0)


def test_only_random_cards_count():
    audit, picked = ("brand0", "place0"), ("brand0", "place1")
    of = queue([audit], [picked])
    desk = Desk().decide(of, audit, PLUS).decide(of, picked, MINUS).decide(None, ("brand1", "place0"), PLUS)
    found = audit_of([of], desk)
    assert found.overall.wrong[:2] == (0, 1)
    assert (found.n_drawn, found.n_decided, found.n_reviewers) == (1, 1, 1)
    assert audit_pairs([of]) == {audit}


def test_a_drawn_pair_that_was_only_decided_elsewhere_waits_for_its_card():
    """Pairs that a policy picks would come in first, and they are the suspicious ones."""
    pair = ("brand0", "place0")
    of, elsewhere = queue([pair]), queue([], [pair], seed=1)
    desk = Desk().decide(elsewhere, pair, MINUS)
    assert audit_of([of, elsewhere], desk).overall.n_pairs == 0
    desk.decide(of, pair, MINUS, "Bo")
    found = audit_of([of, elsewhere], desk)
    assert found.overall.flips[:2] == (1, 1)
    assert found.n_reviewers == 2  # what Ana said elsewhere tells of the same pair


def test_a_card_decided_again_counts_by_what_was_said_independently():
    pair = ("brand0", "place0")
    elsewhere, of = queue([], [pair], seed=1), queue([pair])
    desk = Desk().decide(elsewhere, pair, MINUS).decide(of, pair, PLUS, is_blind=False)
    assert audit_of([of], desk).overall.flips.hits == 1
    assert audit_of([of], desk, Look.INFORMED).overall.n_pairs == 0


def test_those_who_saw_the_verdict_are_counted_apart():
    one, other = ("brand0", "place0"), ("brand1", "place0")
    of = queue([one, other])
    desk = (
        Desk()
        .decide(of, one, MINUS)
        .decide(of, other, MINUS, is_blind=False)
        .decide(of, one, PLUS, "Bo", is_blind=False)
    )
    blind, seen = (audit_of([of], desk, look) for look in Look)
    assert (blind.overall.wrong[:2], blind.n_decided, blind.n_reviewers) == ((1, 1), 1, 1)
    assert (seen.overall.wrong[:2], seen.n_decided, seen.n_reviewers) == ((0, 2), 2, 2)


def test_withdrawn_skipped_derived_and_settled_reviews_are_no_audit():
    pair = ("brand0", "place0")
    of = queue([pair])
    for more in (
        {"withdrawn_at": "later"},
        {"kind": ReviewKind.DERIVED, "derived_from": "r0"},
        {"kind": ReviewKind.ADJUDICATED},
    ):
        assert audit_of([of], Desk().decide(of, pair, MINUS, **more)).n_decided == 0
    skipped = Desk().decide(of, pair, Decision.SKIP)
    assert audit_of([of], skipped).n_decided == 0
    assert n_skipped([of], skipped.reviews) == 1
    assert n_skipped([of], skipped.decide(of, pair, PLUS, "Bo").reviews) == 0


def test_the_majority_of_reviewers_is_the_truth_and_a_tie_is_none():
    pair = ("brand0", "place0")
    of = queue([pair])
    desk = Desk().decide(of, pair, PLUS).decide(of, pair, ZERO, "Bo")
    tied = audit_of([of], desk)
    assert (tied.n_tied, tied.overall.n_pairs, tied.n_decided) == (1, 0, 1)
    desk.decide(of, pair, ZERO, "Cy")
    assert audit_of([of], desk).overall.false_edges[:2] == (1, 1)


def test_a_pair_that_the_judge_left_open_is_told_and_not_counted():
    pair = ("place1", "device1")
    of = queue([pair])
    found = audit_of([of], Desk().decide(of, pair, PLUS))
    assert (found.n_unanswered, found.overall.n_pairs) == (1, 0)


def test_a_pair_drawn_twice_counts_once():
    pair = ("brand0", "place0")
    queues = [queue([pair]), queue([pair], seed=1)]
    desk = Desk().decide(queues[0], pair, MINUS).decide(queues[1], pair, MINUS, "Bo")
    assert audit_of(queues, desk).overall.wrong[:2] == (1, 1)


def test_modality_pairs_come_in_the_order_of_the_catalogue_and_add_up():
    of, desk = queue(list(JUDGED)[:-1]), Desk()
    for pair in list(JUDGED)[:-1]:
        desk.decide(of, pair, PLUS)
    found = audit_of([of], desk)
    names = [(part.modality_a, part.modality_b) for part in found.by_modality_pair]
    assert names == [("brand", "place"), ("brand", "device"), ("place", "device")]
    assert np.array_equal(sum(part.errors.counts for part in found.by_modality_pair), found.overall.counts)
    assert [part.errors.n_pairs for part in found.by_modality_pair] == [4, 2, 1]
    assert found.by_modality_pair[0].errors.wrong[:2] == (2, 4)


def test_a_sample_of_two_modalities_tells_nothing_of_the_whole_graph():
    pair = ("brand0", "place0")
    of = queue([pair], modalities=("place", "brand"))
    found = audit_of([of], Desk().decide(of, pair, MINUS))
    assert found.overall.n_pairs == 0
    assert found.by_modality_pair[0].errors.flips[:2] == (1, 1)


def test_no_audit_is_no_crash():
    for found in audit_judge(CATALOGUE, table(), [], []).values():
        assert (found.n_drawn, found.n_decided, found.overall.n_pairs, found.by_modality_pair) == (0, 0, 0, ())


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 30), min_size=9, max_size=9), st.integers(0, 900), st.integers(0, 900))
def test_wrong_edges_of_a_graph_add_both_signs(counts, n_positive, n_negative):
    errors = JudgeErrors(np.array(counts).reshape(3, 3))
    found = errors_in_graph(errors, n_positive, n_negative, 500)
    parts = [
        (n_positive, errors.wrong_where_judged(Outcome.POSITIVE)),
        (n_negative, errors.wrong_where_judged(Outcome.NEGATIVE)),
    ]
    held = [(n, share) for n, share in parts if n]
    assert 0 <= found.wrong.low <= found.wrong.high <= found.n_edges
    if all(share.trials for _, share in held):
        assert found.wrong.estimate == pytest.approx(sum(n * share.hits / share.trials for n, share in held))
        assert found.wrong.low - 1e-9 <= found.wrong.estimate <= found.wrong.high + 1e-9
        ends = [sum(n * share.interval[end] for n, share in held) for end in (1, 2)]
        assert ends[0] - 1e-9 <= found.wrong.low and found.wrong.high <= ends[1] + 1e-9  # squares add to less
    else:
        assert np.isnan(found.wrong.estimate)


def test_one_sign_alone_has_wilsons_interval_scaled():
    errors = JudgeErrors(np.array([[0, 0, 0], [1, 9, 2], [3, 2, 45]]))
    found = errors_in_graph(errors, 1_000, 0, 200)
    assert found.wrong == pytest.approx(tuple(1_000 * x for x in wilson(5, 50)))
    assert found.missed == pytest.approx(tuple(200 * x for x in wilson(3, 12)))


def test_the_interval_of_wrong_edges_holds_the_true_number():
    """4,000 + edges, 5 % of them wrong, 600 - edges, 20 %: samples of 150 of all pairs, neutral ones too."""
    rng, n_runs, held = np.random.default_rng(21), 600, 0
    judged = np.repeat([2, 0, 1], [4_000, 600, 3_000])
    is_wrong = np.concatenate([np.arange(4_000) < 200, np.arange(600) < 120, np.arange(3_000) < 150])
    truth = np.where(is_wrong, (judged + 1) % 3, judged)
    for _ in range(n_runs):
        drawn = rng.choice(len(judged), 150, replace=False)
        counts = np.zeros((3, 3), dtype=np.int64)
        np.add.at(counts, (judged[drawn], truth[drawn]), 1)
        held += errors_in_graph(JudgeErrors(counts), 4_000, 600, 3_000).wrong.holds(320)
    assert 0.93 <= held / n_runs <= 0.99


def test_pairs_that_a_policy_showed_first_are_not_missing_from_the_sample():
    """The judge errs on 4 of 16 pairs, which a policy finds; their audit cards are no longer looked at blind."""
    pairs = list(product([f"brand{i}" for i in range(4)], [f"place{i}" for i in range(4)]))
    wrong = pairs[:4]
    ends = np.array([[CATALOGUE.position_of[end] for end in pair] for pair in pairs], dtype=np.int32).T
    verdicts = [Verdict(Outcome.POSITIVE, 0.9, "") for _ in pairs]
    judged = verdict_table(*ends, verdicts, np.zeros(len(pairs), dtype=np.int32), "judge")
    picked, drawn = queue([], wrong, seed=1), queue(pairs)
    desk = Desk()
    for pair in wrong:
        desk.decide(picked, pair, MINUS)
    for pair in pairs:
        desk.decide(drawn, pair, MINUS if pair in wrong else PLUS, is_blind=pair not in wrong)
    found = audit_judge(CATALOGUE, judged, [picked, drawn], desk.reviews)[Look.INDEPENDENT]
    assert found.overall.wrong[:2] == (4, 16)
