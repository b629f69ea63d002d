"""The pairs in which two graphs differ, against a plain loop over every candidate pair."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.agreement import compare_pairs
from core.graph.candidate_pairs import all_pairs
from core.graph.differences import (
    DifferenceKind,
    Differences,
    DifferenceSearch,
    difference,
    find_differences,
    search_differences,
)
from core.graph.known_pairs import common_ground
from core.graph.model import Outcome, Verdict, VerdictTable, graph_from_verdicts, verdict_table
from core.graph.pair_table import PairTable, pair_table

MISSING = 9
NAMES = ["Nike", "Café Olé", "Athletes", "Brazil", "Tokyo", "TikTok", "Rolex"]
MODALITIES = ["brand", "brand", "audience", "geo", "geo", "platform", "brand"]
CATALOGUE = Catalogue(
    tuple(Attribute(f"id-{i}", v, m, m) for i, (v, m) in enumerate(zip(NAMES, MODALITIES, strict=True)))
)
OUTCOMES = st.lists(
    st.sampled_from([*(int(o) for o in Outcome), MISSING]), min_size=CATALOGUE.n_pairs, max_size=CATALOGUE.n_pairs
)


def verdicts(outcomes: list[int], said: str) -> VerdictTable:
    """One verdict per listed pair; strengths fall from pair to pair, reasons name the graph and the pair."""
    pairs, chosen = all_pairs(CATALOGUE), np.array(outcomes) != MISSING
    numbers = np.flatnonzero(chosen)
    made = [Verdict(Outcome(outcomes[i]), 1 - i / 32, f"{said} of pair {i}") for i in numbers.tolist()]
    return verdict_table(pairs.source[chosen], pairs.target[chosen], made, np.zeros(len(made), dtype=np.int32), "judge")


def table(known: VerdictTable) -> PairTable:
    return pair_table(graph_from_verdicts(CATALOGUE, known), known)


def ends(found: Differences, numbers: np.ndarray) -> list[tuple[int, int]]:
    return list(zip(found.source[numbers].tolist(), found.target[numbers].tolist(), strict=True))


def sign(outcome: int) -> int:
    return outcome if outcome in (-1, 1) else 0


@settings(max_examples=80, deadline=None)
@given(OUTCOMES, OUTCOMES)
def test_every_kind_is_what_a_loop_over_all_pairs_finds(a: list[int], b: list[int]) -> None:
    tables = table(verdicts(a, "a")), table(verdicts(b, "b"))
    ground = common_ground(CATALOGUE, tables[0], CATALOGUE, tables[1])
    found = find_differences(ground)
    pairs = list(zip(*(column.tolist() for column in all_pairs(CATALOGUE)), strict=True))
    held = dict(zip(pairs, zip(a, b, strict=True), strict=True))
    expected = {
        DifferenceKind.ALL: [p for p in pairs if sign(held[p][0]) != sign(held[p][1])],
        DifferenceKind.FLIPPED: [p for p in pairs if sign(held[p][0]) * sign(held[p][1]) == -1],
        DifferenceKind.ONLY_A: [p for p in pairs if sign(held[p][0]) and not sign(held[p][1])],
        DifferenceKind.ONLY_B: [p for p in pairs if sign(held[p][1]) and not sign(held[p][0])],
        DifferenceKind.ZERO_AGAINST_SIGN: [p for p in pairs if {held[p], held[p][::-1]} & {(0, 1), (0, -1)}],
    }
    for kind, wanted in expected.items():
        assert ends(found, np.flatnonzero(found.of_kind(kind))) == wanted, kind
        searched = search_differences(found, *tables, DifferenceSearch(kind=kind))
        assert sorted(ends(found, searched)) == wanted
    figures = compare_pairs(CATALOGUE, ground.a, ground.b)
    counted = figures.mismatches, figures.only_a, figures.only_b
    kinds = DifferenceKind.FLIPPED, DifferenceKind.ONLY_A, DifferenceKind.ONLY_B
    assert tuple(int(found.of_kind(kind).sum()) for kind in kinds) == counted
    assert len(found.source) == sum(counted)


@settings(max_examples=40, deadline=None)
@given(OUTCOMES, OUTCOMES)
def test_a_difference_says_what_both_graphs_said(a: list[int], b: list[int]) -> None:
    known = verdicts(a, "a"), verdicts(b, "b")
    tables = table(known[0]), table(known[1])
    found = find_differences(common_ground(CATALOGUE, tables[0], CATALOGUE, tables[1]))
    number = {pair: i for i, pair in enumerate(zip(*(c.tolist() for c in all_pairs(CATALOGUE)), strict=True))}
    for i in range(len(found.source)):
        pair = number[int(found.source[i]), int(found.target[i])]
        shown = difference(found, i, *tables)
        assert (shown.source.id, shown.target.id) == (f"id-{found.source[i]}", f"id-{found.target[i]}")
        for outcomes, said, outcome, strength, reason in (
            (a, "a", shown.outcome_a, shown.strength_a, shown.reason_a),
            (b, "b", shown.outcome_b, shown.strength_b, shown.reason_b),
        ):
            is_listed = outcomes[pair] != MISSING
            assert outcome == (outcomes[pair] if is_listed else Outcome.UNJUDGED)
            assert strength == (pytest.approx(1 - pair / 32) if is_listed else None)
            assert reason == (f"{said} of pair {pair}" if is_listed else "")


def test_contradictions_come_first_and_the_clearest_of_them_before_all() -> None:
    #     pair:  0  1  2  3  4        5        6 ...
    a = [1, 1, 1, -1, 1, 1, MISSING] + [MISSING] * (CATALOGUE.n_pairs - 7)
    b = [MISSING, 0, -1, 1, 1, MISSING, -1] + [MISSING] * (CATALOGUE.n_pairs - 7)
    tables = table(verdicts(a, "a")), table(verdicts(b, "b"))
    found = find_differences(common_ground(CATALOGUE, tables[0], CATALOGUE, tables[1]))
    pairs = list(zip(*(column.tolist() for column in all_pairs(CATALOGUE)), strict=True))
    ordered = [pairs.index(pair) for pair in ends(found, search_differences(found, *tables, DifferenceSearch()))]
    assert ordered == [2, 3, 1, 0, 5, 6]


def test_filters_by_modalities_and_words_agree_with_a_loop() -> None:
    rng = np.random.default_rng(3)
    a, b = (rng.choice([-1, 0, 1, MISSING], CATALOGUE.n_pairs).tolist() for _ in range(2))
    tables = table(verdicts(a, "The first says CAFE")), table(verdicts(b, "The second, ‘tókyo’"))
    found = find_differences(common_ground(CATALOGUE, tables[0], CATALOGUE, tables[1]))
    whole = [difference(found, i, *tables) for i in range(len(found.source))]
    for one, other in combinations(CATALOGUE.modalities, 2):
        for modalities in ((one, other), (other, one)):
            numbers = search_differences(found, *tables, DifferenceSearch(modalities=modalities))
            expected = [i for i, d in enumerate(whole) if {d.source.modality, d.target.modality} == {one, other}]
            assert sorted(numbers.tolist()) == expected
    for text, words in (
        ("café FIRST", ("cafe", "first")),
        ("tokyo pair", ("tokyo", "pair")),
        ("nothing", ("nothing",)),
    ):
        numbers = search_differences(found, *tables, DifferenceSearch(text=text))
        expected = [
            i
            for i, d in enumerate(whole)
            if all(
                any(
                    word in cell.lower().replace("é", "e").replace("ó", "o")
                    for cell in (d.source.value, d.target.value, d.reason_a, d.reason_b)
                )
                for word in words
            )
        ]
        assert sorted(numbers.tolist()) == expected, text
    unknown = DifferenceSearch(modalities=("brand", "device"))
    assert not len(search_differences(found, *tables, unknown))


def test_uploaded_edges_have_no_reasons_and_no_strength() -> None:
    known = verdicts([1] * CATALOGUE.n_pairs, "a")
    flipped = verdicts([-1] * CATALOGUE.n_pairs, "b")
    uploaded = pair_table(graph_from_verdicts(CATALOGUE, flipped), None)
    found = find_differences(common_ground(CATALOGUE, table(known), CATALOGUE, uploaded))
    shown = difference(found, 0, table(known), uploaded)
    assert (shown.outcome_a, shown.outcome_b) == (Outcome.POSITIVE, Outcome.NEGATIVE)
    assert (shown.strength_b, shown.reason_b) == (None, "")
    assert shown.reason_a == "a of pair 0"
    numbers = search_differences(found, table(known), uploaded, DifferenceSearch(text="pair 3"))
    assert numbers.tolist() == [i for i in range(CATALOGUE.n_pairs) if "3" in str(i)]


def test_differences_of_two_catalogues_are_told_by_the_first_ones_positions() -> None:
    order = [6, 5, 0, 3, 2]  # of the second catalogue, which lacks two attributes
    other = Catalogue(tuple(Attribute(f"b-{i}", NAMES[i], MODALITIES[i], MODALITIES[i]) for i in order))
    first = verdicts([1] * CATALOGUE.n_pairs, "a")
    pairs = all_pairs(other)
    n = len(pairs.source)
    second = verdict_table(
        pairs.source, pairs.target, [Verdict(Outcome.NEGATIVE, 1.0, "b")] * n, np.zeros(n, dtype=np.int32), "judge"
    )
    tables = table(first), pair_table(graph_from_verdicts(other, second), second)
    found = find_differences(common_ground(CATALOGUE, tables[0], other, tables[1]))
    named = {frozenset((d.source.id, d.target.id)) for d in (difference(found, i, *tables) for i in range(n))}
    expected = {frozenset((f"id-{i}", f"id-{j}")) for i, j in combinations(order, 2) if MODALITIES[i] != MODALITIES[j]}
    assert named == expected
    for i in range(n):
        b = tables[1].pair(int(found.row_b[i]))
        a = tables[0].pair(int(found.row_a[i]))
        assert {b.source.value, b.target.value} == {a.source.value, a.target.value}
