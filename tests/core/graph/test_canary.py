from collections import Counter

import pytest

from core.errors import InvalidInput
from core.graph.canary import CanaryFailed, read_canary, require_canary, run_canary
from core.graph.judges.offline import offline_judge
from core.graph.model import Outcome, Verdict
from core.llm.budget import BudgetReached
from core.progress import finish

HEADER = "source,source_modality,source_type,target,target_modality,target_type,expected,why\n"
GOOD = (
    HEADER
    + "Nib,pen,steel,Poets,writer,slow,+,a\nNib,pen,steel,Clerks,writer,fast,-,b\nQuill,pen,old,Poets,writer,slow,0,c\n"
)


class Fake:
    name = "fake"
    fingerprint = "f"

    def __init__(self, signs, n_calls=99):
        self.signs, self.n_left, self.asked = signs, n_calls, []

    def verdicts(self, primary, targets):
        if not self.n_left:
            raise BudgetReached("Enough.")
        self.n_left -= 1
        self.asked.append((primary, [*targets]))
        return [Verdict(self.signs[primary.value, target.value], 1.0, "") for target in targets]


@pytest.fixture
def canary(tmp_path):
    def write(text):
        path = tmp_path / "canary.csv"
        path.write_text(text, encoding="utf-8")
        return read_canary(path)

    return write


SIGNS = {("Nib", "Poets"): Outcome.POSITIVE, ("Nib", "Clerks"): Outcome.NEGATIVE, ("Quill", "Poets"): Outcome.NEUTRAL}


def test_the_shipped_canary_is_balanced_and_costs_two_calls():
    pairs = read_canary()
    assert Counter(pair.expected for pair in pairs) == {
        Outcome.POSITIVE: 9,
        Outcome.NEGATIVE: 9,
        Outcome.NEUTRAL: 9,
    }
    per_source = Counter(pair.source.id for pair in pairs)
    assert len(per_source) == 2 and max(per_source.values()) <= 25
    assert all(pair.why.endswith(".") for pair in pairs)


def test_the_offline_judge_passes_the_shipped_canary():
    report = finish(run_canary(offline_judge(), read_canary()))
    assert report.share >= 0.85 and report.n_flipped == 0 and report.n_calls == 2
    require_canary(report)


def test_each_source_is_asked_once_with_its_own_modality_and_type(canary):
    judge = Fake(SIGNS)
    report = finish(run_canary(judge, canary(GOOD), n_workers=1))
    assert [(p.value, p.modality, p.attribute_type, [t.value for t in targets]) for p, targets in judge.asked] == [
        ("Nib", "pen", "steel", ["Poets", "Clerks"]),
        ("Quill", "pen", "old", ["Poets"]),
    ]
    assert (report.n_right, report.n_flipped, report.n_unanswered, report.share) == (3, 0, 0, 1.0)
    assert report.misses == ()


def test_a_failing_canary_refuses_with_every_miss_flips_first_unless_insisted(canary):
    signs = {**SIGNS, ("Nib", "Poets"): Outcome.UNRESOLVED, ("Nib", "Clerks"): Outcome.POSITIVE}
    report = finish(run_canary(Fake(signs), canary(GOOD)))
    assert (report.n_right, report.n_flipped, report.n_unanswered) == (1, 1, 1)
    with pytest.raises(CanaryFailed) as caught:
        require_canary(report)
    assert caught.value.message == (
        "fake answered 1 of 3 obvious pairs rightly (33%; 80% are needed): "
        "Nib / Clerks: + instead of -; Nib / Poets: ? instead of +."
    )
    assert caught.value.report is report and "insist" in caught.value.fix
    require_canary(report, insist=True)
    require_canary(report, threshold=1 / 3)


def test_pairs_beyond_the_budget_are_unanswered(canary):
    report = finish(run_canary(Fake(SIGNS, n_calls=1), canary(GOOD), n_workers=1))
    assert (report.n_right, report.n_unanswered, report.n_calls) == (2, 1, 1)
    assert report.results[2].verdict.reason == "Not asked: Enough."
    with pytest.raises(CanaryFailed, match=r"could not all be asked\. Enough"):  # the model is not to blame
        require_canary(report)


def test_a_judge_that_answers_nothing_is_not_said_to_be_wrong(canary):
    report = finish(run_canary(Fake(dict.fromkeys(SIGNS, Outcome.UNRESOLVED)), canary(GOOD)))
    with pytest.raises(CanaryFailed, match="None of the 3 obvious pairs was answered"):
        require_canary(report)


def test_one_sided_judges_fail_the_shipped_canary():
    class Always(Fake):
        def verdicts(self, primary, targets):
            return [Verdict(self.signs, 1.0, "")] * len(targets)

    for outcome in (Outcome.POSITIVE, Outcome.NEUTRAL, Outcome.NEGATIVE):
        with pytest.raises(CanaryFailed):
            require_canary(finish(run_canary(Always(outcome), read_canary())))


def test_every_fault_of_a_canary_file_is_reported_with_its_row(canary):
    with pytest.raises(InvalidInput) as caught:
        canary(
            GOOD
            + "Nib,pen,steel,,writer,slow,+,a\nNib,pen,steel,Scribes,writer,slow,*,a\n"
            + "Nib,pen,steel,Quill,pen,old,+,a\nPoets,writer,slow,Nib,pen,steel,+,a\n"
        )
    assert [(p.row, p.field) for p in caught.value.problems] == [
        (5, "target"),
        (6, "expected"),
        (7, "target_modality"),
        (8, "target"),
    ]
    with pytest.raises(InvalidInput, match="There is no pair"):
        canary(HEADER)
    with pytest.raises(InvalidInput, match="'expected' is missing"):
        canary(HEADER.replace("expected", "sign"))
