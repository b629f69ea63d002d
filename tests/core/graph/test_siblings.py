"""Siblings and look-ups of a pair against going through every pair one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.grouping import Grouping, GroupOrigin
from core.graph.model import Outcome, Verdict, graph_from_verdicts, verdict_table
from core.graph.pair_lookup import outcome_of, row_of
from core.graph.pair_table import PairTable, pair_table
from core.graph.siblings import siblings_of

SIZES = {"brand": 5, "audience": 6, "geo": 3}
CATALOGUE = Catalogue(tuple(Attribute(f"{m}-{i}", f"{m} {i}", m, m) for m, size in SIZES.items() for i in range(size)))
# Two groups of brands, three of audiences, one of places.
GROUP = np.array([0, 1, 0, 1, 1, 2, 3, 2, 4, 3, 2, 5, 5, 5], dtype=np.int32)
GROUPING = Grouping(
    CATALOGUE,
    GROUP,
    tuple(f"group {i}" for i in range(6)),
    np.argsort(GROUP, kind="stable").astype(np.int32),
    GroupOrigin.FACTS,
)
PAIRS = [
    (i, j)
    for i in range(len(CATALOGUE))
    for j in range(i + 1, len(CATALOGUE))
    if CATALOGUE.attributes[i].modality != CATALOGUE.attributes[j].modality
]


def table_of(outcomes: dict[tuple[int, int], tuple[Outcome, float]]) -> PairTable:
    pairs = list(outcomes)
    verdicts = verdict_table(
        source=np.array([i for i, _ in pairs], np.int32),
        target=np.array([j for _, j in pairs], np.int32),
        verdicts=[Verdict(*outcomes[pair], "So it is.") for pair in pairs],
        call=np.zeros(len(pairs), np.int32),
        judge="oracle",
    )
    return pair_table(graph_from_verdicts(CATALOGUE, verdicts), verdicts)


@st.composite
def known(draw: st.DrawFn) -> dict[tuple[int, int], tuple[Outcome, float]]:
    pairs = draw(st.lists(st.sampled_from(PAIRS), unique=True, max_size=60))
    said = st.tuples(st.sampled_from(list(Outcome)), st.sampled_from([0.0, 0.25, 0.5, 1.0, float("nan")]))
    return {pair: draw(said) for pair in pairs}


@settings(deadline=None, max_examples=150)
@given(known=known(), pair=st.sampled_from(PAIRS), is_turned=st.booleans())
def test_siblings_are_the_other_pairs_of_the_two_groups(
    known: dict[tuple[int, int], tuple[Outcome, float]], pair: tuple[int, int], is_turned: bool
) -> None:
    table = table_of(known)
    found = siblings_of(table, GROUPING, *(pair[::-1] if is_turned else pair))
    groups = {int(GROUP[pair[0]]), int(GROUP[pair[1]])}
    expected = {p: s for p, s in known.items() if p != pair and {int(GROUP[p[0]]), int(GROUP[p[1]])} == groups}
    listed = [(int(table.source[r]), int(table.target[r])) for r in found.row]
    own = known.get(pair, (Outcome.UNJUDGED, 0.0))[0]

    assert sorted(listed) == sorted(expected)
    assert [Outcome(o) for o in found.outcome] == [expected[p][0] for p in listed]
    assert found.shares_end.tolist() == [bool(set(p) & set(pair)) for p in listed]
    assert found.own == own
    assert found.is_same.tolist() == [own in (-1, 0, 1) and expected[p][0] == own for p in listed]
    assert found.is_opposite.tolist() == [own in (-1, 1) and expected[p][0] == -own for p in listed]
    counts = [int(np.sum(group == GROUP)) for group in groups]
    between = counts[0] * counts[1]
    n_silent = sum(expected[p][0] in (Outcome.UNJUDGED, Outcome.UNRESOLVED) for p in listed)
    assert found.n_unknown == between - 1 - len(listed) + n_silent
    assert found.n_same == sum(found.is_same)


@settings(deadline=None, max_examples=60)
@given(known=known(), pair=st.sampled_from(PAIRS))
def test_pairs_that_share_an_attribute_come_first_and_the_clearest_of_them_before_the_rest(
    known: dict[tuple[int, int], tuple[Outcome, float]], pair: tuple[int, int]
) -> None:
    table = table_of(known)
    found = siblings_of(table, GROUPING, *pair)
    strength = table.strength[found.row]
    keys = list(zip(~found.shares_end, np.where(np.isnan(strength), np.inf, -strength), strict=True))
    assert keys == sorted(keys)


def test_a_pair_of_groups_of_one_has_no_siblings() -> None:
    pair = (0, 8)
    lonely = np.array([9, 1, 2, 1, 1, 2, 3, 2, 4, 3, 2, 5, 5, 5], dtype=np.int32)
    grouping = Grouping(CATALOGUE, lonely, ("",) * 10, GROUPING.order, GroupOrigin.EDGES)
    found = siblings_of(table_of(dict.fromkeys(PAIRS, (Outcome.POSITIVE, 1.0))), grouping, *pair)
    assert (len(found.row), found.n_same, found.n_unknown) == (0, 0, 0)


@pytest.mark.parametrize("known_pairs", [[], [(0, 5)], PAIRS, PAIRS[::3]])
def test_every_pair_is_looked_up_in_either_order(known_pairs: list[tuple[int, int]]) -> None:
    said = {pair: (Outcome(number % 3 - 1), 0.5) for number, pair in enumerate(known_pairs)}
    table = table_of(said)
    for pair in PAIRS:
        row = row_of(table, *pair)
        assert row == row_of(table, *pair[::-1])
        assert (row is None) == (pair not in said)
        assert outcome_of(table, *pair) == said.get(pair, (Outcome.UNJUDGED,))[0]
        assert row is None or (table.source[row], table.target[row]) == pair
