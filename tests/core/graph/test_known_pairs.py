"""The pairs that graphs of two catalogues share, against a look-up by value and modality."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import ValenceError
from core.graph.candidate_pairs import all_pairs
from core.graph.known_pairs import CommonGround, KnownPairs, common_ground, known_pairs, merged_keys
from core.graph.model import Outcome, Verdict, VerdictTable, graph_from_verdicts, verdict_table

Names = dict[frozenset[tuple[str, str]], tuple[int, int]]  # both ends, to the outcome and the row


def catalogue_of(names: list[tuple[str, str]], prefix: str) -> Catalogue:
    """Attributes by modality and value, with ids that say nothing about either."""
    return Catalogue(tuple(Attribute(f"{prefix}{i}", value, m, f"{m} type") for i, (m, value) in enumerate(names)))


def judged(catalogue: Catalogue, outcomes: list[int]) -> VerdictTable:
    pairs = all_pairs(catalogue)
    verdicts = [Verdict(Outcome(o), 0.5, f"reason {i}") for i, o in enumerate(outcomes)]
    return verdict_table(pairs.source, pairs.target, verdicts, np.zeros(len(verdicts), dtype=np.int32), "judge")


def by_name(catalogue: Catalogue, known: KnownPairs) -> Names:
    ends = [(a.modality, a.value) for a in catalogue.attributes]
    return {
        frozenset((ends[s], ends[t])): (int(o), int(r))
        for s, t, o, r in zip(known.source, known.target, known.outcome, known.row, strict=True)
    }


ATTRIBUTES = [(modality, f"{modality} {number}") for modality in ("brand", "geo", "platform") for number in range(4)]


@st.composite
def two_graphs(draw: st.DrawFn) -> tuple[Catalogue, VerdictTable, Catalogue, VerdictTable]:
    found = []
    for prefix in "ab":
        chosen = draw(st.lists(st.sampled_from(ATTRIBUTES), unique=True, min_size=1).flatmap(st.permutations))
        catalogue = catalogue_of(chosen, prefix)
        outcomes = st.lists(st.sampled_from([-1, 0, 1, 2, 3]), min_size=catalogue.n_pairs, max_size=catalogue.n_pairs)
        found += [catalogue, judged(catalogue, draw(outcomes))]
    return found[0], found[1], found[2], found[3]


@settings(max_examples=100, deadline=None)
@given(two_graphs())
def test_what_is_left_is_what_both_catalogues_could_hold(
    case: tuple[Catalogue, VerdictTable, Catalogue, VerdictTable],
) -> None:
    catalogue_a, a, catalogue_b, b = case
    shared = {(x.modality, x.value) for x in catalogue_a.attributes} & {
        (x.modality, x.value) for x in catalogue_b.attributes
    }
    if len({modality for modality, _ in shared}) < 2:
        with pytest.raises(ValenceError, match=f"share {len(shared)} attribute"):
            common_ground(catalogue_a, a, catalogue_b, b)
        return
    ground = common_ground(catalogue_a, a, catalogue_b, b)
    assert {(x.modality, x.value) for x in ground.catalogue.attributes} == shared
    assert (ground.n_only_a, ground.n_only_b) == (len(catalogue_a) - len(shared), len(catalogue_b) - len(shared))
    assert [catalogue_a.attributes[i] for i in ground.position_a] == list(ground.catalogue.attributes)
    for table, catalogue, held in ((a, catalogue_a, ground.a), (b, catalogue_b, ground.b)):
        whole = by_name(catalogue, known_pairs(table))
        assert by_name(ground.catalogue, held) == {ends: known for ends, known in whole.items() if ends <= shared}
        keys = held.keys(len(ground.catalogue))
        assert np.all(np.diff(keys) > 0)
        assert np.all(held.source < held.target)
    n = len(ground.catalogue)
    assert np.array_equal(merged_keys(ground.a, ground.b, n), np.union1d(ground.a.keys(n), ground.b.keys(n)))


def test_one_catalogue_is_taken_whole() -> None:
    catalogue = catalogue_of(ATTRIBUTES, "a")
    table = judged(catalogue, [1] * catalogue.n_pairs)
    ground = common_ground(catalogue, table, catalogue, graph_from_verdicts(catalogue, table))
    assert ground.catalogue is catalogue
    assert (ground.n_only_a, ground.n_only_b, ground.n_other_facts) == (0, 0, 0)
    assert len(ground.a.source) == len(ground.b.source) == catalogue.n_pairs
    assert set(ground.b.outcome.tolist()) == {1}


def test_attributes_with_other_facts_are_the_same_attributes_and_are_counted() -> None:
    catalogue = catalogue_of(ATTRIBUTES, "a")
    first, second, *rest = catalogue.attributes
    changed = Catalogue(
        (replace(first, id="other", facts={"tier": "luxury"}), replace(second, attribute_type="maker"), *rest)
    )
    table = judged(catalogue, [1] * catalogue.n_pairs)
    ground: CommonGround = common_ground(catalogue, table, changed, table)
    assert len(ground.catalogue) == len(catalogue)
    assert ground.n_other_facts == 2


def test_the_same_value_in_another_modality_is_another_attribute() -> None:
    one = catalogue_of([("brand", "Amazon"), ("geo", "Brazil"), ("geo", "Chile")], "a")
    other = catalogue_of([("platform", "Amazon"), ("geo", "Brazil"), ("geo", "Chile")], "b")
    with pytest.raises(ValenceError, match="share 2 attributes") as refused:
        common_ground(one, judged(one, [1, 1]), other, judged(other, [1, 1]))
    assert "same value and modality" in refused.value.fix
