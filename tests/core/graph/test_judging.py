"""From plan to verdicts to graph, to statistics, and through the verdict file and back."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import CorruptArtefact, ValenceError
from core.graph.call_plan import PlanMethod, plan_calls
from core.graph.judging import judge_plan
from core.graph.model import Outcome, Verdict, graph_from_verdicts
from core.graph.statistics import graph_statistics, unknown_attributes
from core.graph.verdict_file import read_verdicts, write_verdicts
from core.progress import finish


def catalogue_of(*sizes: int) -> Catalogue:
    return Catalogue(
        tuple(Attribute(f"{m}-{i}", f"value {m}-{i}", f"m{m}", f"t{m}") for m, n in enumerate(sizes) for i in range(n))
    )


def answer(a: Attribute, b: Attribute) -> Verdict:
    """A symmetric rule with all five outcomes, to compare every later step with."""
    low, high = sorted([a.id, b.id])
    outcome = list(Outcome)[sum(ord(c) for c in low + high) % 5]
    return Verdict(outcome, 0.5 if outcome in (-1, 1) else 0.0, f"{low} and {high}: {outcome.symbol}")


class RuleJudge:
    name = "rule"
    fingerprint = "rule-1"

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        return [answer(primary, target) for target in targets]


class ForgetfulJudge(RuleJudge):
    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        return super().verdicts(primary, targets)[1:]


@settings(max_examples=25, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 8), min_size=2, max_size=4),
    batch_size=st.integers(1, 7),
    method=st.sampled_from(list(PlanMethod)),
)
def test_each_pair_gets_the_judges_verdict_whatever_the_plan(
    sizes: list[int], batch_size: int, method: PlanMethod
) -> None:
    catalogue = catalogue_of(*sizes)
    plan = plan_calls(catalogue, method, batch_size)
    table = finish(judge_plan(catalogue, plan, RuleJudge())).verdicts
    assert len(table) == catalogue.n_pairs
    assert (table.source < table.target).all()
    calls = list(plan)
    for row in range(len(table)):
        a, b = (catalogue.attributes[i] for i in (table.source[row], table.target[row]))
        assert table.reason[row] == answer(a, b).reason
        assert table.outcome[row] == answer(a, b).outcome
        call = calls[table.call[row]]
        assert {int(table.source[row]), int(table.target[row])} in [{call.primary, int(t)} for t in call.targets]


def test_a_judge_that_leaves_a_pair_out_is_caught() -> None:
    catalogue = catalogue_of(2, 3)
    with pytest.raises(ValenceError, match="gave 2 verdicts for the 3 pairs of call 1"):
        finish(judge_plan(catalogue, plan_calls(catalogue), ForgetfulJudge()))


def test_statistics_count_each_outcome_once() -> None:
    catalogue = catalogue_of(4, 5, 3)
    table = finish(judge_plan(catalogue, plan_calls(catalogue), RuleJudge())).verdicts
    graph = graph_from_verdicts(catalogue, table)
    attributes = catalogue.attributes
    expected: dict[tuple[str, str], Counter[Outcome]] = {}
    for i, a in enumerate(attributes):
        for b in attributes[i + 1 :]:
            if a.modality != b.modality:
                expected.setdefault((a.modality, b.modality), Counter())[answer(a, b).outcome] += 1
    statistics = graph_statistics(graph, table)
    for pair in statistics.by_modality_pair:
        counts = expected[pair.modality_a, pair.modality_b]
        assert [pair.counts.n_positive, pair.counts.n_negative, pair.counts.n_neutral] == [
            counts[1],
            counts[-1],
            counts[0],
        ]
        assert [pair.counts.n_unjudged, pair.counts.n_unresolved] == [counts[2], counts[3]]
    assert statistics.total.n_pairs == catalogue.n_pairs == sum(sum(c.values()) for c in expected.values())
    assert graph.n_positive == statistics.total.n_positive
    assert graph.n_negative == statistics.total.n_negative


def test_without_verdicts_pairs_that_are_no_edge_count_as_unjudged_not_neutral() -> None:
    catalogue = catalogue_of(4, 5, 3)
    graph = graph_from_verdicts(catalogue, finish(judge_plan(catalogue, plan_calls(catalogue), RuleJudge())).verdicts)
    total = graph_statistics(graph, None).total
    assert (total.n_neutral, total.n_unresolved) == (0, 0)
    assert total.n_unjudged == catalogue.n_pairs - graph.n_edges


def test_the_sign_matrix_holds_every_edge_both_ways() -> None:
    catalogue = catalogue_of(4, 5, 3)
    graph = graph_from_verdicts(catalogue, finish(judge_plan(catalogue, plan_calls(catalogue), RuleJudge())).verdicts)
    matrix = graph.sign_matrix()
    for i, a in enumerate(catalogue.attributes):
        for j, b in enumerate(catalogue.attributes):
            outcome = answer(a, b).outcome if a.modality != b.modality else Outcome.NEUTRAL
            assert matrix[i, j] == (outcome if outcome in (-1, 1) else 0)


def test_verdicts_survive_the_file() -> None:
    catalogue = catalogue_of(4, 5, 3)
    table = finish(judge_plan(catalogue, plan_calls(catalogue), RuleJudge())).verdicts
    again = read_verdicts(write_verdicts(table, catalogue, "digest"), catalogue, "digest")
    for name in ("source", "target", "outcome", "strength", "call"):
        np.testing.assert_array_equal(getattr(again, name), getattr(table, name))
    assert (again.reason, again.judge) == (table.reason, table.judge)


def test_a_verdict_file_of_another_edges_file_or_catalogue_is_refused() -> None:
    catalogue = catalogue_of(2, 3)
    data = write_verdicts(
        finish(judge_plan(catalogue, plan_calls(catalogue), RuleJudge())).verdicts, catalogue, "digest"
    )
    with pytest.raises(CorruptArtefact, match="another edges file"):
        read_verdicts(data, catalogue, "other")
    with pytest.raises(CorruptArtefact, match="another edges file"):
        read_verdicts(data, catalogue_of(3, 3), "digest")
    with pytest.raises(CorruptArtefact, match="damaged"):
        read_verdicts(data[:50], catalogue, "digest")


def test_a_damaged_verdict_file_is_refused_and_never_misread() -> None:
    catalogue = catalogue_of(4, 5, 3)
    table = finish(judge_plan(catalogue, plan_calls(catalogue), RuleJudge())).verdicts
    data = write_verdicts(table, catalogue, "digest")
    random = np.random.default_rng(5)
    for position in random.integers(0, len(data), 300):
        damaged = bytearray(data)
        damaged[position] ^= int(random.integers(1, 256))
        try:
            again = read_verdicts(bytes(damaged), catalogue, "digest")
        except CorruptArtefact:
            continue
        assert (again.outcome.tolist(), again.reason) == (table.outcome.tolist(), table.reason)
        assert (again.source.tolist(), again.target.tolist()) == (table.source.tolist(), table.target.tolist())


class StrangersJudge(RuleJudge):
    """Knows every attribute but the first."""

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        return [
            Verdict(Outcome.UNJUDGED, 0.0, "unknown")
            if "0-0" in (primary.id, t.id)
            else Verdict(Outcome.NEUTRAL, 0.0, "")
            for t in targets
        ]


def test_an_attribute_without_a_single_judged_pair_is_unknown() -> None:
    catalogue = catalogue_of(3, 4)
    table = finish(judge_plan(catalogue, plan_calls(catalogue), StrangersJudge())).verdicts
    assert unknown_attributes(graph_from_verdicts(catalogue, table), table) == (0,)
