from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.graph.call_plan import PlannedCall
from core.graph.judging import table_of_calls
from core.graph.model import Outcome, Verdict
from core.graph.stability import ProbeSettings, merge_probes, plan_probes, probe
from core.llm.budget import BudgetReached
from core.progress import finish

CATALOGUE = Catalogue(tuple(Attribute(str(i), f"v{i}", "a" if i < 8 else "b", "t") for i in range(40)))


def calls_of(n_primaries=8, batch=6):
    """Every one of the first attributes against all of the others, in calls of `batch` that each begin elsewhere."""
    others = [np.roll(np.arange(8, 40, dtype=np.int32), p) for p in range(n_primaries)]
    batches = [(p, others[p][first : first + batch]) for p in range(n_primaries) for first in range(0, 32, batch)]
    return [PlannedCall(number, primary, targets) for number, (primary, targets) in enumerate(batches)]


def answers(calls, outcome_of=lambda a, b: Outcome.POSITIVE):
    return [
        (
            call,
            [Verdict(outcome_of(min(call.primary, t), max(call.primary, t)), 1.0, "r") for t in call.targets.tolist()],
        )
        for call in calls
    ]


def pairs_of(calls):
    return [(call.primary, int(target)) for call in calls for target in call.targets]


def parity(a, b):
    return Outcome.POSITIVE if (a + b) % 2 else Outcome.NEGATIVE


@given(st.floats(0, 1), st.integers(0, 50), st.integers(1, 25), st.integers(1, 12))
@settings(max_examples=60)
def test_the_wanted_share_is_asked_once_more_the_other_way_round(share, seed, batch_size, batch):
    calls = calls_of(batch=batch)
    probes = plan_probes(calls, ProbeSettings(share=share, seed=seed), batch_size)
    asked, again = pairs_of(calls), pairs_of(probes)
    assert len(again) == np.ceil(share * len(asked))
    assert len(set(again)) == len(again)
    assert {(target, primary) for primary, target in again} <= set(asked)
    assert all(1 <= len(call.targets) <= batch_size for call in probes)
    assert [call.number for call in probes] == list(range(len(calls), len(calls) + len(probes)))


@given(st.integers(0, 200))
@settings(max_examples=40)
def test_no_pair_keeps_its_place_where_another_is_to_be_had(seed):
    calls = calls_of(batch=5)
    place = {(call.primary, int(t)): at for call in calls for at, t in enumerate(call.targets)}
    for call in plan_probes(calls, ProbeSettings(share=0.5, seed=seed)):
        old = [place[int(former), call.primary] for former in call.targets]
        kept = sum(at == before for at, before in enumerate(old))
        assert kept == 0 or (kept == 1 and len(set(old)) == 1)  # all stood at one place: one of them has to return


def test_every_pair_is_as_likely_as_any_other():
    calls = [PlannedCall(0, 0, np.arange(8, 11, dtype=np.int32)), PlannedCall(1, 1, np.array([8], dtype=np.int32))]
    drawn = Counter(
        pair for seed in range(1000) for pair in pairs_of(plan_probes(calls, ProbeSettings(share=0.25, seed=seed), 1))
    )
    assert set(drawn) == {(8, 0), (9, 0), (10, 0), (8, 1)}
    assert max(abs(count - 250) for count in drawn.values()) < 5 * np.sqrt(1000 * 0.25 * 0.75)


def test_the_same_seed_draws_the_same_probes_and_nothing_is_drawn_from_nothing():
    calls = calls_of()
    one, same, other = (plan_probes(calls, ProbeSettings(share=0.2, seed=seed)) for seed in (1, 1, 2))
    assert pairs_of(one) == pairs_of(same) != pairs_of(other)
    assert plan_probes([], ProbeSettings()) == ()
    assert plan_probes(calls, ProbeSettings(share=0)) == ()


def test_stability_and_self_agreement_against_a_plain_count():
    calls = calls_of()
    table = table_of_calls(answers(calls, parity), "j")
    probes = plan_probes(calls, ProbeSettings(share=0.5, seed=3))
    odd = {(min(p, t), max(p, t)) for p, t in pairs_of(probes)[::4]}
    lost = {(min(p, t), max(p, t)) for p, t in pairs_of(probes)[1::4]}

    def second(a, b):
        if (a, b) in lost:
            return Outcome.UNRESOLVED
        return Outcome(-parity(a, b)) if (a, b) in odd else parity(a, b)

    probed = merge_probes(table, answers(probes, second))
    n_probed = len(pairs_of(probes))
    agreement = probed.self_agreement
    assert (agreement.n_pairs, agreement.n_lost) == (n_probed - len(lost), len(lost))
    assert agreement.n_flipped == len(odd)
    assert agreement.agreement.estimate == pytest.approx(1 - len(odd) / (n_probed - len(lost)))
    assert agreement.agreement.low < agreement.agreement.estimate < agreement.agreement.high
    probed_pairs = {(min(p, t), max(p, t)) for p, t in pairs_of(probes)} - lost
    for source, target, stability in zip(
        table.source.tolist(), table.target.tolist(), probed.verdicts.stability.tolist(), strict=True
    ):
        if (source, target) in probed_pairs:
            assert stability == float((source, target) not in odd)
        else:
            assert np.isnan(stability)
    assert np.array_equal(probed.verdicts.outcome, table.outcome)
    assert np.isnan(table.stability).all()


def test_a_pair_asked_again_several_times_has_the_share_that_agreed():
    (call,) = [PlannedCall(0, 0, np.array([9], dtype=np.int32))]
    table = table_of_calls(answers([call]), "j")
    back = [PlannedCall(number, 9, np.array([0], dtype=np.int32)) for number in (1, 2, 3)]
    said = [Outcome.POSITIVE, Outcome.NEUTRAL, Outcome.POSITIVE]
    made = [(probe_call, [Verdict(outcome, 1.0, "")]) for probe_call, outcome in zip(back, said, strict=True)]
    probed = merge_probes(table, made)
    assert probed.verdicts.stability.tolist() == pytest.approx([2 / 3])
    assert probed.self_agreement.n_flipped == 0


def test_a_pair_that_was_never_answered_or_is_not_in_the_table_counts_as_lost():
    calls = [PlannedCall(0, 0, np.array([9, 10], dtype=np.int32))]
    table = table_of_calls([(calls[0], [Verdict(Outcome.UNRESOLVED, 0, ""), Verdict(Outcome.UNJUDGED, 0, "")])], "j")
    probes = [PlannedCall(1, 9, np.array([0, 1], dtype=np.int32)), PlannedCall(2, 10, np.array([0], dtype=np.int32))]
    probed = merge_probes(table, answers(probes))
    assert (probed.self_agreement.n_pairs, probed.self_agreement.n_lost) == (0, 3)
    assert np.isnan(probed.verdicts.stability).all()
    agreement = probed.self_agreement.agreement
    assert np.isnan(agreement.estimate) and (agreement.low, agreement.high) == (0, 1)


def test_without_probes_nothing_is_known():
    table = table_of_calls(answers(calls_of()), "j")
    probed = merge_probes(table, [])
    assert probed.n_calls == 0 and np.isnan(probed.verdicts.stability).all()


class Parity:
    name = "parity"
    fingerprint = "p"

    def __init__(self, n_calls):
        self.n_left = n_calls

    def verdicts(self, primary, targets):
        if not self.n_left:
            raise BudgetReached("That is enough.")
        self.n_left -= 1
        return [Verdict(parity(int(primary.id), int(target.id)), 1.0, "") for target in targets]


def test_probing_keeps_what_a_reached_budget_allowed():
    calls = calls_of()
    table = table_of_calls(answers(calls, parity), "j")
    probes = plan_probes(calls, ProbeSettings(share=0.5, seed=3))
    probed = finish(probe(CATALOGUE, table, probes, Parity(2)))
    assert probed.n_calls == 2 and probed.stopped == "That is enough."
    assert probed.self_agreement.n_pairs == len(probes[0].targets) + len(probes[1].targets)
    assert probed.self_agreement.agreement.estimate == 1.0
