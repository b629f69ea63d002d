from collections.abc import Sequence
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from core.catalogue.model import Attribute
from core.errors import ValenceError
from core.graph.model import Outcome, Verdict

# The benchmarks are no installed package.
_SPEC = spec_from_file_location("simulated_llm", Path(__file__).parents[5] / "benchmarks" / "simulated_llm.py")
_MODULE = module_from_spec(_SPEC)
_SPEC.loader.exec_module(_MODULE)
NoisyJudge = _MODULE.NoisyJudge

_PRIMARY = Attribute("p", "p", "m", "m")
_TARGETS = [Attribute(f"t{i}", f"t{i}", "n", "n") for i in range(4_000)]


class _Fixed:
    name = fingerprint = "fixed"

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        return [Verdict(self.outcome, 0.3, "because") for _ in targets]


@pytest.mark.parametrize("outcome", [Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE])
def test_the_share_asked_for_is_replaced_by_both_other_outcomes(outcome):
    said = [v.outcome for v in NoisyJudge(_Fixed(outcome), 0.1, 3).verdicts(_PRIMARY, _TARGETS)]
    others = [said.count(other) for other in (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE) if other != outcome]
    assert all(150 < count < 250 for count in others)  # 200 expected, standard deviation 14


def test_a_pair_gets_the_same_answer_from_either_end_and_another_seed_another():
    judge = NoisyJudge(_Fixed(Outcome.POSITIVE), 0.5, 3)
    said = judge.verdicts(_PRIMARY, _TARGETS[:50])
    assert said == [judge.verdicts(target, [_PRIMARY])[0] for target in _TARGETS[:50]]
    assert said != NoisyJudge(_Fixed(Outcome.POSITIVE), 0.5, 4).verdicts(_PRIMARY, _TARGETS[:50])
    assert judge.fingerprint != NoisyJudge(_Fixed(Outcome.POSITIVE), 0.5, 4).fingerprint


def test_no_noise_changes_no_outcome_and_no_answer_stays_none():
    assert {v.outcome for v in NoisyJudge(_Fixed(Outcome.NEGATIVE), 0.0, 1).verdicts(_PRIMARY, _TARGETS[:99])} == {-1}
    for outcome in (Outcome.UNJUDGED, Outcome.UNRESOLVED):
        verdicts = NoisyJudge(_Fixed(outcome), 1.0, 1).verdicts(_PRIMARY, _TARGETS[:9])
        assert verdicts == [Verdict(outcome, 0.3, "because")] * 9
    with pytest.raises(ValenceError):
        NoisyJudge(_Fixed(Outcome.NEUTRAL), 1.1, 1)
