"""Agreement of two graphs against scikit-learn, a count by hand, and the published figures."""

from collections import Counter
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, cohen_kappa_score

from core.catalogue.model import Attribute, Catalogue
from core.errors import ValenceError
from core.graph.agreement import GraphComparison, PairAgreement, compare_graphs
from core.graph.candidate_pairs import all_pairs
from core.graph.model import (
    Outcome,
    SignedGraph,
    Verdict,
    VerdictTable,
    graph_from_verdicts,
    signed_graph,
    verdict_table,
)
from core.graph.pair_table import pair_table
from core.graph.published_comparison import PUBLISHED, agreement_of_edges

MISSING = 9  # a pair that a table does not list


def catalogue_of(sizes: list[int]) -> Catalogue:
    return Catalogue(
        tuple(Attribute(f"{m}-{i}", f"value {m}-{i}", f"m{m}", f"t{m}") for m, n in enumerate(sizes) for i in range(n))
    )


def table_of(catalogue: Catalogue, outcomes: list[int]) -> VerdictTable:
    """One outcome per candidate pair of the catalogue, in order."""
    pairs, outcome = all_pairs(catalogue), np.array(outcomes, dtype=np.int64)
    is_listed = outcome != MISSING
    verdicts = [Verdict(Outcome(int(o)), 1.0, "") for o in outcome[is_listed]]
    call = np.zeros(len(verdicts), dtype=np.int32)
    return verdict_table(pairs.source[is_listed], pairs.target[is_listed], verdicts, call, "judge")


def pabak(x: list[int], y: list[int]) -> float | None:
    """Kappa against a second rater who throws a die of three sides: its formula with a chance of 1/3."""
    if not x:
        return None
    observed = np.mean([one == other for one, other in zip(x, y, strict=True)])
    return pytest.approx((observed - 1 / 3) / (1 - 1 / 3))


def ac1(x: list[int], y: list[int]) -> float | None:
    """Gwet 2008, by its definition: chance agreement = P(a random rating is of a class, and the pair is a hard one)."""
    if not x:
        return None
    ratings = Counter([*x, *y])
    expected = sum(ratings[sign] / (2 * len(x)) * (1 - ratings[sign] / (2 * len(x))) for sign in (-1, 0, 1)) / 2
    observed = np.mean([one == other for one, other in zip(x, y, strict=True)])
    return pytest.approx((observed - expected) / (1 - expected))


def shares(figures: PairAgreement, a: list[int], b: list[int]) -> None:
    """Compare with scikit-learn over the listed outcomes of the same pairs."""

    def kappa(x: list[int], y: list[int]) -> float | None:
        return None if len({*x, *y}) <= 1 else pytest.approx(cohen_kappa_score(x, y))

    def accuracy(x: list[int], y: list[int]) -> float | None:
        return pytest.approx(accuracy_score(x, y)) if x else None

    signs = [[o if o in (-1, 1) else 0 for o in outcomes] for outcomes in (a, b)]
    edges = [[abs(o) for o in outcomes] for outcomes in signs]
    answered = [(x, y) for x, y in zip(a, b, strict=True) if {x, y} <= {-1, 0, 1}]
    answers = [[pair[side] for pair in answered] for side in (0, 1)]
    assert figures.n_pairs == len(a)
    assert figures.agreement_all_pairs == accuracy(*edges)
    assert figures.kappa_all_pairs == kappa(*edges)
    assert figures.sign_agreement_all_pairs == accuracy(*signs)
    assert figures.sign_kappa_all_pairs == kappa(*signs)
    assert figures.sign_pabak_all_pairs == pabak(*signs)
    assert figures.sign_ac1_all_pairs == ac1(*signs)
    assert figures.answered == len(answered)
    assert figures.agreement_answered == accuracy(*answers)
    assert figures.kappa_answered == kappa(*answers)
    assert figures.unknown_a == sum(o not in (-1, 0, 1) for o in a)
    assert figures.unknown_b == sum(o not in (-1, 0, 1) for o in b)
    common = [(x, y) for x, y in zip(*signs, strict=True) if x and y]
    assert figures.common == len(common)
    assert figures.mismatches == sum(x != y for x, y in common)
    assert figures.only_a == sum(bool(x) and not y for x, y in zip(*signs, strict=True))
    assert figures.only_b == sum(bool(y) and not x for x, y in zip(*signs, strict=True))


@st.composite
def two_tables(draw: st.DrawFn) -> tuple[Catalogue, list[int], list[int]]:
    catalogue = catalogue_of(draw(st.lists(st.integers(1, 5), min_size=0, max_size=4)))
    outcomes = st.lists(
        st.sampled_from([*(int(o) for o in Outcome), MISSING]), min_size=catalogue.n_pairs, max_size=catalogue.n_pairs
    )
    return catalogue, draw(outcomes), draw(outcomes)


@settings(max_examples=50, deadline=None)
@given(two_tables())
def test_figures_equal_those_of_scikit_learn(case: tuple[Catalogue, list[int], list[int]]) -> None:
    catalogue, a, b = case
    comparison = compare_graphs(catalogue, table_of(catalogue, a), table_of(catalogue, b))
    shares(comparison, a, b)
    modality = [attribute.modality for attribute in catalogue.attributes]
    pairs = [(modality[s], modality[t]) for s, t in zip(*all_pairs(catalogue), strict=True)]
    assert [(p.modality_a, p.modality_b) for p in comparison.by_modality_pair] == [
        *combinations(catalogue.modalities, 2)
    ]
    for part in comparison.by_modality_pair:
        inside = [i for i, pair in enumerate(pairs) if pair == (part.modality_a, part.modality_b)]
        shares(part, [a[i] for i in inside], [b[i] for i in inside])


@settings(max_examples=25, deadline=None)
@given(two_tables())
def test_edges_alone_say_nothing_of_other_pairs(case: tuple[Catalogue, list[int], list[int]]) -> None:
    catalogue, a, b = case
    tables = table_of(catalogue, a), table_of(catalogue, b)
    by_edges = compare_graphs(catalogue, *(graph_from_verdicts(catalogue, table) for table in tables))
    shares(by_edges, *([o if o in (-1, 1) else MISSING for o in outcomes] for outcomes in (a, b)))
    mixed = compare_graphs(catalogue, tables[0], graph_from_verdicts(catalogue, tables[1]))
    shares(mixed, a, [o if o in (-1, 1) else MISSING for o in b])


def published() -> tuple[SignedGraph, SignedGraph]:
    """Graphs with the published counts: 5,131 and 4,649 edges, 3,476 in common, 70 of them with opposite signs."""
    catalogue = catalogue_of([60, 60, 10, 30])
    pairs = all_pairs(catalogue)
    order = np.random.default_rng(0).permutation(len(pairs.source))
    in_a, in_b = order[:5131], np.concatenate([order[:3476], order[5131 : 5131 + 1173]])
    sign_a, sign_b = np.ones(len(order), dtype=np.int8), np.ones(len(order), dtype=np.int8)
    sign_b[order[:70]] = -1
    return (
        signed_graph(catalogue, pairs.source[in_a], pairs.target[in_a], sign_a[in_a]),
        signed_graph(catalogue, pairs.source[in_b], pairs.target[in_b], sign_b[in_b]),
    )


def test_the_published_agreement_is_conditional_on_both_graphs_having_the_edge() -> None:
    a, b = published()
    comparison = compare_graphs(a.catalogue, a, b)
    counts = (comparison.n_pairs, comparison.edges_a, comparison.edges_b, comparison.common, comparison.mismatches)
    assert counts == (8700, 5131, 4649, 3476, 70)
    assert (comparison.only_a, comparison.only_b) == (1655, 1173)
    assert comparison.agreement_on_common == pytest.approx(0.980, abs=5e-4)
    assert comparison.recall_of_a == pytest.approx(0.677, abs=5e-4)
    assert comparison.precision_of_b == pytest.approx(3476 / 4649)
    assert comparison.agreement_all_pairs == pytest.approx(0.675, abs=5e-4)
    assert comparison.kappa_all_pairs == pytest.approx(0.34, abs=5e-3)
    assert sum(part.mismatches for part in comparison.by_modality_pair) == 70


def test_the_published_counts_alone_give_the_figures_of_graphs_that_have_them() -> None:
    a, b = published()
    whole = compare_graphs(a.catalogue, a, b)
    by_counts = agreement_of_edges(8_700, 5_131, 4_649, 3_476, 70)
    for figures in (by_counts, PUBLISHED):
        for name in (
            *("n_pairs", "edges_a", "edges_b", "common", "mismatches", "only_a", "only_b", "agreement_on_common"),
            *("recall_of_a", "precision_of_b", "agreement_all_pairs", "kappa_all_pairs", "sign_agreement_all_pairs"),
        ):
            assert getattr(figures, name) == getattr(whole, name), name


def test_gwets_ac1_stays_high_where_one_answer_prevails_and_kappa_does_not() -> None:
    """The paradox that the two measures differ by: 118 + and 5 + against -, 2 - against +, none - in both."""
    counts = np.zeros((4, 4), dtype=np.int64)
    counts[2, 2], counts[2, 0], counts[0, 2] = 118, 5, 2
    figures = PairAgreement(counts)
    assert figures.sign_agreement_all_pairs == pytest.approx(118 / 125)
    assert figures.sign_kappa_all_pairs == pytest.approx(-0.0234, abs=1e-4)
    share = np.array([7, 243]) / 250
    expected = (share * (1 - share)).sum() / 2  # three answers are possible: +, - and no edge
    assert figures.sign_ac1_all_pairs == pytest.approx((118 / 125 - expected) / (1 - expected))


def test_a_table_of_pairs_is_compared_like_the_verdicts_it_shows() -> None:
    catalogue = catalogue_of([3, 4, 2])
    outcomes = list(product([-1, 0, 1, 2, 3, MISSING], repeat=2))[: catalogue.n_pairs]
    tables = [table_of(catalogue, [pair[side] for pair in outcomes]) for side in (0, 1)]
    shown = [pair_table(graph_from_verdicts(catalogue, table), table) for table in tables]
    assert np.array_equal(compare_graphs(catalogue, *shown).counts, compare_graphs(catalogue, *tables).counts)


def test_the_order_of_the_graphs_turns_the_counts() -> None:
    a, b = published()
    one, other = compare_graphs(a.catalogue, a, b), compare_graphs(a.catalogue, b, a)
    assert np.array_equal(one.counts, other.counts.T)
    assert (one.recall_of_a, one.only_a) == (other.precision_of_b, other.only_b)


def test_a_graph_agrees_with_itself() -> None:
    catalogue = catalogue_of([5, 4])
    table = table_of(catalogue, [-1, 0, 1, 2] * 5)
    comparison: GraphComparison = compare_graphs(catalogue, table, table)
    assert comparison.agreement_on_common == comparison.kappa_all_pairs == comparison.kappa_answered == 1.0
    assert comparison.unknown_a == comparison.unknown_b == 5


def test_nothing_to_compare_gives_no_figure() -> None:
    catalogue = catalogue_of([2, 2])
    nothing = table_of(catalogue, [0] * 4)
    comparison = compare_graphs(catalogue, nothing, nothing)
    assert comparison.agreement_on_common is comparison.recall_of_a is comparison.kappa_all_pairs is None
    assert comparison.agreement_all_pairs == 1.0


def test_graphs_of_different_catalogues_are_refused() -> None:
    a, _ = published()
    with pytest.raises(ValenceError, match="different catalogues"):
        compare_graphs(catalogue_of([60, 60, 30, 10]), a, a)
    table = table_of(catalogue_of([4, 4]), [1] * 16)
    with pytest.raises(ValenceError, match="different catalogues"):
        compare_graphs(catalogue_of([2, 2]), table, table)
