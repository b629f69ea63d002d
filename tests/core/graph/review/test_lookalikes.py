"""Look-alikes against a search of every pair of the catalogue, and one case that a person can follow."""

import numpy as np
import pytest

from core.graph.attribute_vectors import normalised
from core.graph.candidate_pairs import all_pairs
from core.graph.model import Outcome, signed_graph
from core.graph.review.lookalikes import LEAST_LIKENESS, MOST_OFFERED, alike_pairs, look_alikes
from core.graph.review.policies import judged_pairs
from core.graph.review.queue_settings import JUDGED
from tests.fakes.review_desk import desk_catalogue, random_grouping, random_pairs

CATALOGUE = desk_catalogue(9, 8, 6, shuffled_by=1)


def made(seed, share_known=0.7):
    """A graph with groups, and vectors that crowd together so that many attributes are alike."""
    draw = np.random.default_rng(seed)
    pairs = random_pairs(CATALOGUE, seed, share=0.9, weights=(0.15, 0.15, 0.7), unanswered=0.1)
    traits = 1 + draw.normal(0, 0.9, (len(CATALOGUE), 5))
    traits[draw.random(len(CATALOGUE)) > share_known] = 0
    return pairs, random_grouping(CATALOGUE, seed, n=2), normalised(traits)


def likeness(pairs, traits, one, other):
    if one == other:
        return 1.0
    if traits[one].any() and traits[other].any():
        return float(traits[one] @ traits[other])
    rows = np.zeros((2, len(CATALOGUE)))
    for a, b, o in zip(pairs.source, pairs.target, pairs.outcome, strict=True):
        for row, end in zip(rows, (one, other), strict=True):
            if end in (a, b) and o in (-1, 1):
                row[a + b - end] = o
    lengths = np.linalg.norm(rows, axis=1)
    return float(rows[0] @ rows[1] / lengths.prod()) if lengths.all() else 0.0


@pytest.mark.parametrize("seed", range(4))
def test_look_alikes_are_what_a_search_of_all_pairs_finds(seed):
    pairs, grouping, traits = made(seed)
    alike = alike_pairs(pairs, grouping, traits)
    known = {(int(a), int(b)): int(o) for a, b, o in zip(pairs.source, pairs.target, pairs.outcome, strict=True)}
    ids = [a.id for a in CATALOGUE.attributes]
    reviewed = {(ids[a], ids[b]) for a, b in list(known)[::5]}
    cosine = np.array([[likeness(pairs, traits, a, b) for b in range(len(ids))] for a in range(len(ids))]).round(6)
    n_found = 0
    for a, b in list(known)[::7]:
        found = look_alikes(alike, ids[b], ids[a], reviewed, most=1000)
        expected = {}
        for (c, d), outcome in known.items():
            if outcome != known[a, b] or known[a, b] not in JUDGED or (c, d) == (a, b) or (ids[c], ids[d]) in reviewed:
                continue
            for e, f in ((c, d), (d, c)):  # e stands for a, f for b
                if grouping.group[e] == grouping.group[a] and grouping.group[f] == grouping.group[b]:
                    least = min(cosine[a, e], cosine[b, f])
                    if least >= LEAST_LIKENESS:
                        expected[ids[c], ids[d]] = least
        assert {(one.source, one.target) for one in found} == set(expected)
        assert [one.likeness for one in found] == pytest.approx(sorted(expected.values(), reverse=True), abs=1e-5)
        for one in found:
            assert one.likeness == pytest.approx(expected[one.source, one.target], abs=1e-5)
            shared = {one.source, one.target} & {ids[a], ids[b]}
            assert len(shared) == one.why.count(" again")
        n_found += len(found)
        assert look_alikes(alike, ids[a], ids[b], reviewed) == found[:MOST_OFFERED]
    assert n_found > 10


def test_groups_may_stand_either_way_round_in_the_catalogue():
    """brand-0/geo-0 is like brand-1/geo-0, and said so in words."""
    catalogue = desk_catalogue(2, 2)
    pairs = all_pairs(catalogue)
    graph = signed_graph(catalogue, pairs.source, pairs.target, np.ones(4, dtype=np.int8))
    grouping = random_grouping(catalogue, 0, n=1)
    traits = normalised(np.array([[1, 0], [1, 0.5], [0, 0], [0, 0]]))
    found = look_alikes(alike_pairs(judged_pairs(catalogue, graph), grouping, traits), "audience-0", "brand-0", set())
    assert [(one.source, one.target) for one in found] == [
        ("brand-0", "audience-1"),  # alike by their edges, which are the same
        ("brand-1", "audience-0"),
        ("brand-1", "audience-1"),
    ]
    same = "; the judge said the same of both pairs."
    assert found[0].why == f"brand 0 again; audience 1 is like audience 0 (likeness 1.00 by edges){same}"
    assert found[1].why == f"brand 1 is like brand 0 (likeness 0.89 by known facts); audience 0 again{same}"


def test_a_pair_without_an_answer_has_no_look_alikes():
    pairs, grouping, traits = made(0)
    alike = alike_pairs(pairs, grouping, traits)
    unresolved = int(np.flatnonzero(pairs.outcome == Outcome.UNRESOLVED)[0])
    assert look_alikes(alike, *(end.id for end in pairs.ends(unresolved)), set()) == ()
    listed = {tuple(end.id for end in pairs.ends(row)) for row in range(len(pairs))}
    everyone = all_pairs(CATALOGUE)
    ids = [a.id for a in CATALOGUE.attributes]
    unjudged = next(p for a, b in zip(*everyone, strict=True) if (p := (ids[a], ids[b])) not in listed)
    assert look_alikes(alike, *unjudged, set()) == ()


def test_without_any_facts_edges_tell_who_is_alike():
    pairs, grouping = random_pairs(CATALOGUE, 1, weights=(0.05, 0.05, 0.9)), random_grouping(CATALOGUE, 1, n=2)
    nothing = np.zeros((len(CATALOGUE), 0), dtype=np.float32)
    alike = alike_pairs(pairs, grouping, nothing)
    whys = [
        one.why for row in range(len(pairs)) for one in look_alikes(alike, *(end.id for end in pairs.ends(row)), set())
    ]
    assert whys
    assert all("by edges" in why and "by known facts" not in why for why in whys)
