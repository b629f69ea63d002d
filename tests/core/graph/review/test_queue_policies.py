"""Policies against brute force: every score counted again pair by pair, and sentences that say what was counted."""

import re
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, SignedGraph, Verdict, signed_graph, verdict_table
from core.graph.review.policies import (
    judged_pairs,
    n_known_facts,
    rank_by_disagreement,
    rank_by_few_facts,
    rank_by_instability,
    rank_by_leverage,
    rank_by_surprise,
)
from core.graph.review.queue_settings import ABOUT, JUDGED, QueuePolicy, QueueSettings
from core.graph.review.surprise import PRIOR_PAIRS, measure_surprise
from core.knowledge.traits import Traits, load_trait_table
from core.workflows.review_queues import POLICY_NAMES
from tests.fakes.review_desk import desk_catalogue, random_grouping, random_pairs

CATALOGUE = desk_catalogue(7, 6, 5, shuffled_by=1)


def counted_by_hand(pairs, grouping, row):
    """Siblings and triangles of one judged pair, by looking at every other pair and every third attribute."""
    known = {
        frozenset((int(a), int(b))): int(o)
        for a, b, o in zip(pairs.source, pairs.target, pairs.outcome, strict=True)
        if o in JUDGED
    }
    a, b, own = int(pairs.source[row]), int(pairs.target[row]), int(pairs.outcome[row])
    groups = {int(grouping.group[a]), int(grouping.group[b])}
    siblings = [o for pair, o in known.items() if {int(grouping.group[e]) for e in pair} == groups and pair != {a, b}]
    thirds = [
        known[frozenset((a, c))] * known[frozenset((b, c))] * own
        for c in range(len(pairs.catalogue))
        if known.get(frozenset((a, c))) and known.get(frozenset((b, c))) and own
    ]
    return siblings, thirds.count(1), thirds.count(-1)


@pytest.mark.parametrize("seed", range(6))
def test_surprise_is_what_counting_by_hand_gives(seed):
    pairs = random_pairs(CATALOGUE, seed, share=0.8, weights=(0.1, 0.2, 0.7), unanswered=0.1)
    grouping = random_grouping(CATALOGUE, seed, n=2)
    ranking = rank_by_surprise(pairs, grouping)
    judged = [row for row in range(len(pairs)) if pairs.outcome[row] in JUDGED]
    by_hand = {row: counted_by_hand(pairs, grouping, row) for row in judged}
    n_balanced = sum(balanced for _, balanced, _ in by_hand.values())
    n_triangles = n_balanced + sum(unbalanced for _, _, unbalanced in by_hand.values())
    usual_balance = n_balanced / n_triangles
    n_wanted = 0
    for row in range(len(pairs)):
        if row not in by_hand:
            assert np.isnan(ranking.score[row])
            continue
        siblings, balanced, unbalanced = by_hand[row]
        own = int(pairs.outcome[row])
        usual = sum(int(pairs.outcome[other]) == own for other in judged) / len(judged)
        here = (siblings.count(own) + PRIOR_PAIRS * usual) / (len(siblings) + PRIOR_PAIRS)
        bits_siblings = np.log2(usual / here)
        balance_here = (balanced + PRIOR_PAIRS * usual_balance) / (balanced + unbalanced + PRIOR_PAIRS)
        bits_triangles = np.log2(usual_balance / balance_here) if own else 0.0
        outvoted = bits_siblings > 0 and siblings.count(own) < max(siblings.count(o) for o in (-1, 0, 1))
        unbalancing = bits_triangles > 0 and unbalanced > balanced
        if bits_siblings + bits_triangles > 1e-9 and (outvoted or unbalancing):
            n_wanted += 1
            assert ranking.score[row] == pytest.approx(bits_siblings + bits_triangles)
            why = ranking.why(row)
            counts = [int(n) for n in re.findall(r"(\d+) (?:is|are) ", why)]
            assert sum(counts) == len(siblings)
            if balanced + unbalanced > 1:
                assert f"{unbalanced} of its {balanced + unbalanced} triangles" in why
        elif abs(bits_siblings + bits_triangles) > 1e-9:
            assert np.isnan(ranking.score[row])
    assert n_wanted > 3


def test_the_odd_one_out_of_a_block_is_the_greatest_surprise_and_a_rare_sign_among_its_like_is_none():
    """Blocks of one sign each, one pair turned over: only that one is wanted first, not the pairs of the - block."""
    catalogue = desk_catalogue(6, 6)
    source, target = np.array(list(combinations(range(12), 2)), dtype=np.int32).T
    across = (source < 6) & (target >= 6)
    source, target = source[across], target[across]
    sign = np.where((source < 2) & (target < 8), -1, 1).astype(np.int8)
    odd = int(np.flatnonzero((source == 4) & (target == 10))[0])
    sign[odd] = -1
    group = np.array([0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3], dtype=np.int32)
    grouping = replace(random_grouping(catalogue, 0), group=group, names=("A", "B", "C", "D"))
    pairs = judged_pairs(catalogue, SignedGraph(catalogue, source, target, sign))
    ranking = rank_by_surprise(pairs, grouping)
    assert np.flatnonzero(ranking.is_wanted).tolist() == [odd]
    assert ranking.why(odd) == "This one is −; of the other pairs between “B” and “D”, 15 are +."


def test_without_pairs_or_groups_of_more_than_one_nothing_is_a_surprise():
    grouping = random_grouping(CATALOGUE, 0)
    empty = np.zeros(0, dtype=np.int32)
    none = measure_surprise(grouping, empty, empty, np.zeros(0, dtype=np.int8))
    assert len(none.bits) == len(none.siblings) == 0
    lone = judged_pairs(CATALOGUE, signed_graph(CATALOGUE, *np.array([[0], [8]], dtype=np.int32), np.array([-1])))
    assert not rank_by_surprise(lone, grouping).is_wanted.any()


def test_unbalanced_triangles_alone_make_a_surprise():
    """Three attributes of three kinds, + + -, beside many balanced ones: exactly its three pairs are wanted."""
    catalogue = desk_catalogue(5, 5, 5)
    corners = [(i, 5 + i, 10 + i) for i in range(5)]
    edges = [(a, b, 1) for corner in corners for a, b in combinations(corner, 2)]
    edges[2] = (5, 10, -1)  # of the first corner
    source, target, sign = (np.array(column) for column in zip(*edges, strict=True))
    graph = signed_graph(catalogue, source.astype(np.int32), target.astype(np.int32), sign.astype(np.int8))
    alone = np.arange(15, dtype=np.int32)  # nobody has siblings
    grouping = replace(random_grouping(catalogue, 0), group=alone, names=tuple(f"only {i}" for i in alone))
    pairs = judged_pairs(catalogue, graph)
    ranking = rank_by_surprise(pairs, grouping)
    found = {tuple(sorted((int(pairs.source[r]), int(pairs.target[r])))) for r in np.flatnonzero(ranking.is_wanted)}
    assert found == {(0, 5), (0, 10), (5, 10)}
    assert ranking.why(0) == "Its only triangle is out of balance."


def test_disagreement_counts_only_pairs_that_both_answer():
    mine, theirs = random_pairs(CATALOGUE, 1, 0.7, unanswered=0.2), random_pairs(CATALOGUE, 2, 0.7, unanswered=0.2)
    ranking = rank_by_disagreement(mine, theirs.table, CATALOGUE, "Other")
    other = {(int(a), int(b)): int(o) for a, b, o in zip(theirs.source, theirs.target, theirs.outcome, strict=True)}
    n_wanted = 0
    for row in range(len(mine)):
        here = int(mine.outcome[row])
        there = other.get((int(mine.source[row]), int(mine.target[row])), int(Outcome.UNJUDGED))
        differs = here in JUDGED and there in JUDGED and here != there
        assert bool(ranking.is_wanted[row]) == differs
        if differs:
            n_wanted += 1
            assert ranking.score[row] // 1 == (2 if here * there == -1 else 1)
            words = {1: "+", -1: "−", 0: "neutral"}
            strength = f"{mine.strength[row]:.2f}"
            told = f"This graph says {words[here]} (strength {strength}), “Other” says {words[there]}."
            assert ranking.why(row) == told
    assert n_wanted > 10
    # Of two flips the surer comes first.
    flips = [r for r in range(len(mine)) if ranking.score[r] >= 2]
    assert sorted(flips, key=lambda r: -ranking.score[r]) == sorted(flips, key=lambda r: (-mine.strength[r], r))


def test_an_uploaded_graph_disagrees_only_where_it_has_an_edge():
    mine = random_pairs(CATALOGUE, 1)
    flipped = signed_graph(CATALOGUE, mine.source[:6], mine.target[:6], np.full(6, -1, dtype=np.int8))
    wanted = rank_by_disagreement(mine, flipped, CATALOGUE, "File").is_wanted
    assert wanted[:6].tolist() == (mine.outcome[:6] != -1).tolist()
    assert not wanted[6:].any()
    edges = judged_pairs(CATALOGUE, flipped)
    assert "strength" not in rank_by_disagreement(edges, mine.table, CATALOGUE, "Judge").why(0)


def test_a_graph_of_another_catalogue_disagrees_on_the_attributes_that_both_have():
    mine = random_pairs(CATALOGUE, 1)
    kept = [a for a in reversed(CATALOGUE.attributes) if not a.id.endswith("-0")]
    other = Catalogue((Attribute("new", "New", "brand", "brand"), *kept))
    theirs = random_pairs(other, 3)
    wanted = rank_by_disagreement(mine, theirs.table, other, "Other").is_wanted
    answers = {frozenset(a.id for a in theirs.ends(r)): int(theirs.outcome[r]) for r in range(len(theirs))}
    for row in range(len(mine)):
        there = answers.get(frozenset(a.id for a in mine.ends(row)))
        assert bool(wanted[row]) == (there is not None and there != mine.outcome[row])
    assert wanted.any()


def test_instability_wants_the_pairs_that_changed_when_asked_again():
    pairs = random_pairs(CATALOGUE, 4)
    ranking = rank_by_instability(pairs)
    for row, stability in enumerate(pairs.stability.tolist()):
        assert bool(ranking.is_wanted[row]) == (stability < 1)
        if stability < 1:
            assert ranking.score[row] == pytest.approx(1 - stability)
            assert f"{stability:.0%}" in ranking.why(row)


def test_few_facts_orders_by_what_is_known_of_both_ends():
    pairs = random_pairs(CATALOGUE, 4)
    n_facts = np.random.default_rng(0).integers(0, 9, len(CATALOGUE))
    ranking = rank_by_few_facts(pairs, n_facts)
    assert ranking.is_wanted.all()
    for one, other in combinations(range(len(pairs)), 2):
        a, b = (sorted(n_facts[[pairs.source[r], pairs.target[r]]].tolist()) for r in (one, other))
        if a != b and a[0] <= b[0] and a[1] <= b[1]:
            assert ranking.score[one] > ranking.score[other]
    n_facts[:] = 1
    n_facts[pairs.source[0]] = 0
    ends = pairs.ends(0)
    told = f"Little is known here: no facts of {ends[0].value} and 1 fact of {ends[1].value}."
    assert rank_by_few_facts(pairs, n_facts).why(0) == told


def test_known_facts_are_those_of_the_table_and_of_the_catalogue_each_once():
    table = load_trait_table()
    nike = Attribute("1", "Nike", "brand", "brand")
    row = table.resolve(nike)
    assert isinstance(row, Traits)
    facet = next(iter(row.facets))
    more = Attribute("2", "Nike", "brand", "brand", {facet.replace("_", " ").title(): "x", "Own note": "y"})
    nobody = Attribute("3", "Zxqv Unheard", "brand", "brand", {"Note": "z"})
    counts = n_known_facts(Catalogue((nike, more, nobody)), table)
    assert counts.tolist() == [len(row.facets), len(row.facets) + 1, 1]


def test_leverage_takes_its_counts_by_edge():
    pairs = random_pairs(CATALOGUE, 4)
    signed = np.isin(pairs.outcome, [-1, 1])
    some = np.flatnonzero(signed)[::2]
    edges = SignedGraph(CATALOGUE, pairs.source[some], pairs.target[some], pairs.outcome[some])
    n_out = np.random.default_rng(0).integers(0, 3, len(some))
    n_out[:2] = 1, 2_000
    ranking = rank_by_leverage(pairs, edges, n_out, "the dataset “Spring”")
    expected = np.full(len(pairs), np.nan)
    expected[some] = np.where(n_out > 0, n_out, np.nan)
    np.testing.assert_array_equal(ranking.score, expected)
    assert ranking.why(int(some[1])).startswith("If its sign flipped, 2,000 rows of the dataset “Spring” would leave")
    assert ", 1 row of" in ranking.why(int(some[0]))


def test_every_policy_has_a_name_and_says_what_it_does():
    assert set(ABOUT) == set(POLICY_NAMES) == set(QueuePolicy)
    assert all(text.endswith(".") and len(text) < 120 for text in ABOUT.values())


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"policy": "listed"}, "needs `pairs`"),
        ({"policy": "audit", "other": "x"}, "`other` belongs to the policy 'disagreement'"),
        ({"policy": "surprise", "dataset": "x"}, "`dataset` belongs"),
        ({"policy": "audit", "pairs": [{"source": "a", "target": "b"}]}, "`pairs` belongs"),
        ({"audit_share": 1}, "less than or equal to 0.9"),
        ({"outcomes": []}, "at least 1"),
        ({"n_crads": 3}, "Extra inputs"),
    ],
)
def test_settings_that_contradict_themselves_are_refused(given, reason):
    with pytest.raises(ValueError, match=reason):
        QueueSettings.model_validate(given)


def test_verdicts_keep_what_the_judge_said_of_a_pair():
    catalogue = desk_catalogue(7, 6)
    verdicts = [Verdict(Outcome.NEUTRAL, 0.4, "Why.")]
    ends = np.array([[0], [8]], dtype=np.int32)
    table = verdict_table(ends[1], ends[0], verdicts, np.zeros(1, dtype=np.int32), "judge")
    pairs = judged_pairs(catalogue, table)
    assert (pairs.sign(0), len(pairs), [a.id for a in pairs.ends(0)]) == ("neutral", 1, ["brand-0", "audience-1"])
