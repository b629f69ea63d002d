"""Queues: what comes in, in which order, how many audit and double cards, and always the same from the same seed."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from core.errors import InvalidInput
from core.graph.model import Outcome, signed_graph
from core.graph.review.policies import AUDIT_WHY, LISTED_WHY, Ranking, judged_pairs, rank_by_few_facts
from core.graph.review.queue_making import build_queue
from core.graph.review.queue_settings import JUDGED, ListedPair, QueuePolicy, QueueSettings
from tests.fakes.review_desk import desk_catalogue, random_pairs

CATALOGUE = desk_catalogue(8, 9, 5, shuffled_by=1)
PAIRS = random_pairs(CATALOGUE, 1, share=0.9, unanswered=0.05)
GRAPH = "graph"


def wanted(policy=QueuePolicy.FEW_FACTS, **more):
    return QueueSettings(policy=policy, **more)


def half_up(number):
    return int(np.floor(number + 0.5))


def coarse_ranking(pairs, seed):
    """Few distinct scores, some pairs not wanted."""
    score = np.random.default_rng(seed).integers(0, 4, len(pairs)).astype(np.float64)
    return Ranking(np.where(score == 0, np.nan, score), lambda row: f"Row {row}.")


def ids(pairs, row):
    return tuple(end.id for end in pairs.ends(row))


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**40),
    n_cards=st.integers(1, 120),
    audit_share=st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9]),
    double_share=st.sampled_from([0.0, 0.15, 0.5, 1.0]),
    outcomes=st.sampled_from([JUDGED, (Outcome.POSITIVE,), (Outcome.NEGATIVE, Outcome.UNRESOLVED)]),
    modalities=st.sampled_from([None, ("geo", "brand"), ("audience", "brand")]),
)
def test_a_queue_is_what_its_settings_say(seed, n_cards, audit_share, double_share, outcomes, modalities):
    want = wanted(
        seed=seed,
        n_cards=n_cards,
        audit_share=audit_share,
        double_share=double_share,
        outcomes=outcomes,
        modalities=modalities,
    )
    ranking = coarse_ranking(PAIRS, 5)
    queue = build_queue(PAIRS, GRAPH, want, ranking)

    row_of = {ids(PAIRS, row): row for row in range(len(PAIRS))}
    modality = {a.id: a.modality for a in CATALOGUE.attributes}
    between = [modalities is None or {modality[e] for e in ids(PAIRS, r)} == set(modalities) for r in range(len(PAIRS))]
    candidates = [
        r for r in range(len(PAIRS)) if between[r] and PAIRS.outcome[r] in outcomes and not np.isnan(ranking.score[r])
    ]
    frame = [r for r in range(len(PAIRS)) if between[r] and PAIRS.outcome[r] in JUDGED]

    assert [card.number for card in queue.cards] == list(range(1, len(queue) + 1))
    assert len({frozenset(card.pair) for card in queue.cards}) == len(queue) <= n_cards  # no pair twice
    assert queue.n_candidates == len(candidates)
    assert queue.n_audit_frame == len(frame)
    best = [card for card in queue.cards if not card.is_audit]
    audit = [card for card in queue.cards if card.is_audit]
    assert all(row_of[card.pair] in candidates for card in best)
    assert all(row_of[card.pair] in frame for card in audit)
    assert all(card.outcome == PAIRS.outcome[row_of[card.pair]] for card in queue.cards)
    # Nothing better was left behind, and better comes first.
    scores = [ranking.score[row_of[card.pair]] for card in best]
    assert scores == sorted(scores, reverse=True) == [card.score for card in best]
    left = set(candidates) - {row_of[card.pair] for card in queue.cards}
    assert max((ranking.score[r] for r in left), default=-1) <= min(scores, default=np.inf)
    # Both shares are exact.
    assert sum(card.n_needed == 2 for card in queue.cards) == half_up(round(double_share * len(queue), 9))
    assert len(queue) == n_cards or not left  # nothing is left behind while there is room
    if len(queue) == n_cards:
        assert len(audit) == min(half_up(round(audit_share * n_cards, 9)), len(frame))
    else:  # where candidates run out, so does the audit; what is both counts once
        n_both = sum(row_of[card.pair] in candidates for card in audit)
        assert len(best) + n_both == len(candidates)
        assert len(audit) == len(frame) or len(audit) >= audit_share * len(queue) - 1
        assert len(audit) <= half_up(round(audit_share * n_cards, 9))
    assert build_queue(PAIRS, GRAPH, want, ranking) == queue


def test_another_seed_gives_another_queue_and_the_same_one_the_same_id():
    ranking = coarse_ranking(PAIRS, 5)
    queues = [build_queue(PAIRS, GRAPH, wanted(seed=seed), ranking) for seed in (1, 1, 2)]
    assert queues[0].id == queues[1].id != queues[2].id
    assert [c.pair for c in queues[0].cards] != [c.pair for c in queues[2].cards]
    # The same audit and double draws whatever the policy says: only the seed decides them.
    other = build_queue(PAIRS, GRAPH, wanted(seed=1), coarse_ranking(PAIRS, 6))
    assert other.audit_pairs == queues[0].audit_pairs
    assert [c.n_needed for c in other.cards] == [c.n_needed for c in queues[0].cards]


@pytest.mark.parametrize("policy", [QueuePolicy.AUDIT, QueuePolicy.FEW_FACTS])
def test_the_audit_sample_is_uniform_over_all_judged_pairs(policy):
    """Chi-square of how often each pair is drawn, over seeds; variance of a draw without replacement."""
    # A ranking that wants few pairs, all of one kind, must not pull the sample anywhere.
    ranking = Ranking(np.where(PAIRS.outcome == -1, PAIRS.strength.astype(np.float64), np.nan), lambda row: "Why.")
    n_seeds, n_cards = 600, 24
    drawn, places = Counter(), Counter()
    for seed in range(n_seeds):
        queue = build_queue(
            PAIRS,
            GRAPH,
            wanted(policy, seed=seed, n_cards=n_cards, audit_share=0.5, outcomes=(Outcome.NEGATIVE,)),
            None if policy is QueuePolicy.AUDIT else ranking,
        )
        drawn.update(queue.audit_pairs)
        places.update(card.number for card in queue.cards if card.is_audit)
        n_audit = len(queue.audit_pairs)
        assert n_audit == (n_cards if policy is QueuePolicy.AUDIT else n_cards // 2)
    frame = [ids(PAIRS, r) for r in range(len(PAIRS)) if PAIRS.outcome[r] in JUDGED]
    assert set(drawn) <= set(frame)
    assert min(Counter(PAIRS.outcome[np.isin(PAIRS.outcome, JUDGED)].tolist()).values()) > 0
    share = n_audit / len(frame)
    statistic = sum((drawn[pair] - n_seeds * share) ** 2 for pair in frame) / (n_seeds * share * (1 - share))
    statistic *= (len(frame) - 1) / len(frame)
    low, high = chi2.ppf([1e-4, 1 - 1e-4], len(frame) - 1)
    assert low < statistic < high
    if policy is not QueuePolicy.AUDIT:  # and audit cards stand anywhere in the queue
        expected = n_seeds * n_audit / n_cards
        by_place = sum((places[place] - expected) ** 2 for place in range(1, n_cards + 1)) / (expected / 2)
        assert by_place < chi2.ppf(1 - 1e-4, n_cards - 1)


def test_pairs_of_equal_score_come_in_random_order():
    ranking = Ranking(np.zeros(len(PAIRS)), lambda row: "Why.")
    want = [wanted(seed=seed, n_cards=20, audit_share=0, outcomes=tuple(Outcome)) for seed in range(200)]
    firsts = Counter(card.pair for one in want for card in build_queue(PAIRS, GRAPH, one, ranking).cards)
    assert len(firsts) == len(PAIRS)  # every pair gets its chance: 20 of about 160, 200 times


def test_reviewed_pairs_stay_out_but_not_of_the_audit_sample():
    ranking = coarse_ranking(PAIRS, 5)
    full = build_queue(PAIRS, GRAPH, wanted(n_cards=100, audit_share=0), ranking)
    reviewed = {card.pair for card in full.cards[::2]}
    rest = build_queue(PAIRS, GRAPH, wanted(n_cards=100, audit_share=0), ranking, {(b, a) for a, b in reviewed})
    assert {c.pair for c in rest.cards} == {c.pair for c in full.cards} - reviewed
    assert rest.n_left_out == len(reviewed)
    assert rest.n_candidates == full.n_candidates - len(reviewed)
    again = build_queue(PAIRS, GRAPH, wanted(n_cards=100, audit_share=0, skip_reviewed=False), ranking, reviewed)
    assert [c.pair for c in again.cards] == [c.pair for c in full.cards]

    everything = {ids(PAIRS, row) for row in range(len(PAIRS))}
    audit = wanted(QueuePolicy.AUDIT, n_cards=30)
    assert build_queue(PAIRS, GRAPH, audit, None, everything) == build_queue(PAIRS, GRAPH, audit, None)
    assert all(c.is_audit and c.why == AUDIT_WHY for c in build_queue(PAIRS, GRAPH, audit, None).cards)


def test_an_audit_card_that_the_policy_wants_too_says_so_and_no_wanted_pair_is_lost():
    ranking = Ranking(np.ones(len(PAIRS)), lambda row: f"Row {row}.")
    n = int(np.isin(PAIRS.outcome, JUDGED).sum())
    queue = build_queue(PAIRS, GRAPH, wanted(n_cards=1000, audit_share=0.5), ranking)
    assert len(queue) == n  # every judged pair, once
    row_of = {ids(PAIRS, row): row for row in range(len(PAIRS))}
    for card in queue.cards:
        told = f"Row {row_of[card.pair]}."
        assert card.why == (f"{AUDIT_WHY} {told}" if card.is_audit else told)


def test_listed_pairs_keep_their_order_their_reason_and_come_unjudged_too():
    known = {ids(PAIRS, row): row for row in range(len(PAIRS))}
    apart = [(a.id, b.id) for a, b in product(CATALOGUE.attributes, repeat=2) if a.modality < b.modality]
    unknown = next(p for p in apart if p not in known and p[::-1] not in known)
    negative = ids(PAIRS, int(np.flatnonzero(PAIRS.outcome == -1)[0]))
    unresolved = ids(PAIRS, int(np.flatnonzero(PAIRS.outcome == Outcome.UNRESOLVED)[0]))
    listed = [negative[::-1], unknown, unresolved]
    want = wanted(
        QueuePolicy.LISTED,
        audit_share=0,
        outcomes=(Outcome.POSITIVE,),
        pairs=tuple(ListedPair(source=a, target=b, why="A differs." * (i == 0)) for i, (a, b) in enumerate(listed)),
    )
    queue = build_queue(PAIRS, GRAPH, want, None)
    assert [frozenset(c.pair) for c in queue.cards] == [frozenset(p) for p in listed]
    assert all(CATALOGUE.position_of[c.source] < CATALOGUE.position_of[c.target] for c in queue.cards)
    assert [c.outcome for c in queue.cards] == [Outcome.NEGATIVE, Outcome.UNJUDGED, Outcome.UNRESOLVED]
    assert [c.why for c in queue.cards] == ["A differs.", LISTED_WHY, LISTED_WHY]
    short = build_queue(PAIRS, GRAPH, want.model_copy(update={"n_cards": 2}), None)
    assert [c.pair for c in short.cards] == [c.pair for c in queue.cards[:2]]
    assert short.n_candidates == 3  # so a page can say that one was left out


def test_every_fault_of_listed_pairs_and_modalities_is_told_at_once():
    want = wanted(
        QueuePolicy.LISTED,
        modalities=("brand", "moon"),
        pairs=(
            ListedPair(source="brand-0", target="geo-0"),
            ListedPair(source="brand-0", target="brand-1"),
            ListedPair(source="nobody", target="nothing"),
            ListedPair(source="geo-0", target="brand-0"),
        ),
    )
    with pytest.raises(InvalidInput) as refused:
        build_queue(PAIRS, GRAPH, want, None)
    told = [(p.field, p.message) for p in refused.value.problems]
    assert [field for field, _ in told] == ["modalities", "pairs.2", "pairs.3", "pairs.3", "pairs.4"]
    assert "'moon'" in told[0][1]
    assert "one modality" in told[1][1]
    assert "place 1" in told[4][1]
    assert all(p.fix for p in refused.value.problems)

    same = wanted(modalities=("geo", "geo"))
    with pytest.raises(InvalidInput, match="pairs join two"):
        build_queue(PAIRS, GRAPH, same, coarse_ranking(PAIRS, 1))


def test_an_empty_queue_is_refused_with_its_reason():
    nothing = Ranking(np.full(len(PAIRS), np.nan), lambda row: "")
    with pytest.raises(InvalidInput, match="finds no pair"):
        build_queue(PAIRS, GRAPH, wanted(audit_share=0.5), nothing)
    everything = {ids(PAIRS, row) for row in range(len(PAIRS))}
    with pytest.raises(InvalidInput, match="Somebody has decided all"):
        build_queue(PAIRS, GRAPH, wanted(audit_share=0), coarse_ranking(PAIRS, 1), everything)


def test_an_uploaded_graph_is_audited_by_its_edges():
    signed = np.isin(PAIRS.outcome, [-1, 1])
    graph = signed_graph(CATALOGUE, PAIRS.source[signed], PAIRS.target[signed], PAIRS.outcome[signed])
    pairs = judged_pairs(CATALOGUE, graph)
    queue = build_queue(pairs, GRAPH, wanted(QueuePolicy.AUDIT, n_cards=5000), None)
    assert len(queue) == queue.n_audit_frame == graph.n_edges
    ranking = rank_by_few_facts(pairs, np.zeros(len(CATALOGUE), dtype=np.int64))
    assert len(build_queue(pairs, GRAPH, wanted(n_cards=10), ranking)) == 10
