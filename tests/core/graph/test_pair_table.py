import unicodedata

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Outcome, SignedGraph, Verdict, graph_from_verdicts, signed_graph, verdict_table
from core.graph.pair_table import PairOrder, PairSearch, PairTable, examples, find_pairs, folded_text, pair_table

VALUES = (
    "Itaú",
    "ITAU Bank",
    "Rolex",
    "Übersee",
    "K-Pop Fans",
    "Budget Shoppers",
    "New York",
    "york",
    "São Paulo",
    "X",
)
MODALITIES = ("brand", "audience", "geo")
CATALOGUE = Catalogue(
    tuple(
        Attribute(f"{modality}-{number}", VALUES[(number * 3 + start) % len(VALUES)], modality, modality)
        for number in range(4)
        for start, modality in enumerate(MODALITIES)
    )
)
WORDS = ("itau", "ITAÚ", "york", "pop", "k-pop", "clear", "Évidence", "rolex", "nowhere", "")


def all_pairs() -> list[tuple[int, int]]:
    attributes = CATALOGUE.attributes
    n = len(attributes)
    return [(i, j) for i in range(n) for j in range(i + 1, n) if attributes[i].modality != attributes[j].modality]


@st.composite
def tables(draw: st.DrawFn) -> PairTable:
    pairs = draw(st.lists(st.sampled_from(all_pairs()), unique=True, max_size=30))
    n = len(pairs)

    def column(values: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(values, min_size=n, max_size=n))

    outcomes = column(st.sampled_from(list(Outcome)))
    strengths = column(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]))
    reasons = column(st.sampled_from(["Clear case.", "évidence on both sides", "York again"]))
    verdicts = verdict_table(
        source=np.array([i for i, _ in pairs], np.int32),
        target=np.array([j for _, j in pairs], np.int32),
        verdicts=[Verdict(*said) for said in zip(outcomes, strengths, reasons, strict=True)],
        call=np.array(column(st.integers(0, 5)), np.int32),
        judge="oracle",
    )
    return pair_table(graph_from_verdicts(CATALOGUE, verdicts), verdicts)


searches = st.builds(
    PairSearch,
    text=st.just("") | st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
    outcomes=st.just(tuple(Outcome)) | st.lists(st.sampled_from(list(Outcome)), unique=True).map(tuple),
    modalities=st.none() | st.sampled_from([("brand", "geo"), ("geo", "brand"), ("audience", "geo"), ("x", "geo")]),
    attribute=st.sampled_from(["", "", "", "brand-0", "geo-3", "no such id"]),
    strength=st.sampled_from([(0.0, 1.0), (0.0, 1.0), (0.25, 0.75), (0.5, 0.5), (0.0, 0.5)]),
    order=st.sampled_from(PairOrder),
)


def bare(text: str) -> str:
    """Case and accents dropped, by another road than the code's."""
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if unicodedata.category(c) != "Mn")


def is_found(table: PairTable, row: int, search: PairSearch) -> bool:
    pair = table.pair(row)
    ends = (pair.source, pair.target)
    texts = [bare(text) for text in (pair.source.value, pair.target.value, pair.reason)]
    low, high = search.strength
    return (
        pair.outcome in search.outcomes
        and all(any(bare(word) in text for text in texts) for word in search.text.split())
        and (search.modalities is None or {end.modality for end in ends} == set(search.modalities))
        and (not search.attribute or search.attribute in {end.id for end in ends})
        and (search.strength == (0.0, 1.0) or (pair.strength is not None and low <= pair.strength <= high))
    )


def sort_key(table: PairTable, row: int, order: PairOrder) -> tuple[object, ...]:
    pair = table.pair(row)
    strength = -1.0 if pair.strength is None else pair.strength
    keys: dict[PairOrder, tuple[object, ...]] = {
        PairOrder.STRONGEST: (-strength,),
        PairOrder.WEAKEST: (strength,),
        PairOrder.NAMES: (bare(pair.source.value), bare(pair.target.value)),
        PairOrder.CALL: (pair.call or 0,),
    }
    return (*keys[order], row)


@settings(max_examples=150, deadline=None)
@given(tables(), searches)
def test_finding_agrees_with_asking_every_row(table: PairTable, search: PairSearch) -> None:
    expected = [row for row in range(len(table)) if is_found(table, row, search)]
    expected.sort(key=lambda row: sort_key(table, row, search.order))

    assert find_pairs(table, search).tolist() == expected


@settings(max_examples=60, deadline=None)
@given(tables())
def test_degree_and_calls_agree_with_counting(table: PairTable) -> None:
    pairs = [table.pair(row) for row in range(len(table))]
    signed = [pair for pair in pairs if pair.outcome in (Outcome.POSITIVE, Outcome.NEGATIVE)]
    counted = [sum(a.id in (p.source.id, p.target.id) for p in signed) for a in CATALOGUE.attributes]

    assert table.degree.tolist() == counted
    for row, pair in enumerate(pairs):
        together = [other for other, same in enumerate(pairs) if same.call == pair.call]
        assert table.asked_with(row).tolist() == together


@settings(max_examples=100, deadline=None)
@given(tables(), st.sampled_from(list(Outcome)), st.integers(1, 8))
def test_examples_name_no_attribute_twice_and_leave_none_out_that_fits(
    table: PairTable, outcome: Outcome, n: int
) -> None:
    chosen = [table.pair(row) for row in examples(table, outcome, n)]
    ends = [end.id for pair in chosen for end in (pair.source, pair.target)]

    assert all(pair.outcome == outcome for pair in chosen)
    assert len(ends) == len(set(ends))
    assert len(chosen) <= n
    if len(chosen) < n:
        rest = [table.pair(row) for row in range(len(table)) if table.outcome[row] == outcome]
        assert all({pair.source.id, pair.target.id} & set(ends) for pair in rest)


def uploaded() -> SignedGraph:
    source, target = np.array([0, 4, 0], np.int32), np.array([8, 9, 5], np.int32)
    return signed_graph(CATALOGUE, source, target, np.array([1, -1, 1], np.int8))


def test_examples_come_from_every_two_modalities_first() -> None:
    pairs = [(0, 1), (2, 6), (3, 4), (7, 8)]  # brand x audience, geo x brand, brand x audience, audience x geo
    n = len(pairs)
    verdicts = verdict_table(
        *(np.array(end, np.int32) for end in zip(*pairs, strict=True)),
        [Verdict(Outcome.POSITIVE, strength, "") for strength in (0.9, 0.2, 0.8, 0.1)],
        np.zeros(n, np.int32),
        "oracle",
    )
    table = pair_table(graph_from_verdicts(CATALOGUE, verdicts), verdicts)

    assert examples(table, Outcome.POSITIVE, 3) == [0, 1, 3]
    assert examples(table, Outcome.POSITIVE, 4) == [0, 1, 3, 2]


def test_an_uploaded_graph_has_its_edges_and_nothing_else() -> None:
    graph = uploaded()
    table = pair_table(graph, None)

    assert [table.pair(row) for row in range(len(table))] == [
        (CATALOGUE.attributes[i], CATALOGUE.attributes[j], Outcome(sign), None, "", None)
        for i, j, sign in zip(graph.source, graph.target, graph.sign, strict=True)
    ]
    assert table.asked_with(1).tolist() == [1]


@pytest.mark.parametrize("order", list(PairOrder))
def test_unknown_strength_is_found_unless_a_strength_is_asked_for(order: PairOrder) -> None:
    table = pair_table(uploaded(), None)

    assert sorted(find_pairs(table, PairSearch(order=order)).tolist()) == [0, 1, 2]
    assert find_pairs(table, PairSearch(order=order, strength=(0.0, 0.9))).tolist() == []


def test_searching_an_uploaded_graph_looks_at_the_values() -> None:
    table = pair_table(uploaded(), None)
    wanted = CATALOGUE.attributes[4].value

    assert [table.pair(row).source.value for row in find_pairs(table, PairSearch(text=wanted.upper()))] == [wanted]


@pytest.mark.parametrize(
    ("text", "folded"), [("Itaú", "itau"), ("STRASSE", "strasse"), ("Straße", "strasse"), ("ﬁt", "fit")]
)
def test_folding_drops_case_accents_and_ligatures(text: str, folded: str) -> None:
    assert folded_text(text) == folded
