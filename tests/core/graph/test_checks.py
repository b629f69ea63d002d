import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput
from core.graph.checks import read_check_set, run_checks, verdicts_by_judge, verdicts_by_table
from core.graph.model import Outcome, Verdict, verdict_table

VALUES = [
    ("Nib", "pen"),
    ("Quill", "pen"),
    ("Poets", "writer"),
    ("Clerks", "writer"),
    ("Twin", "pen"),
    ("Twin", "writer"),
]
CATALOGUE = Catalogue(tuple(Attribute(f"{kind}-{value}", value, kind, kind) for value, kind in VALUES))
HEADER = "source,target,expected,split,why\n"
GOOD = HEADER + "Nib,Poets,+,tune,a\nClerks,Nib,-,tune,b\nQuill,Poets,0,final,c\nwriter-Twin,pen-Twin,-,final,d\n"


@pytest.fixture
def check_file(tmp_path):
    def write(text):
        path = tmp_path / "checks.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def always(outcome):
    return lambda source, target: Verdict(outcome, 0.5, f"because of {source} and {target}.")


def test_values_and_ids_name_the_ends(check_file):
    pairs = read_check_set(check_file(GOOD), CATALOGUE).pairs
    assert [(p.source, p.target, p.expected.symbol, p.split, p.why) for p in pairs] == [
        (0, 2, "+", "tune", "a"),
        (3, 0, "-", "tune", "b"),
        (1, 2, "0", "final", "c"),
        (5, 4, "-", "final", "d"),
    ]


def test_every_fault_is_reported_with_its_row(check_file):
    text = GOOD + (
        "Nib,Prose,+,tune,unknown end\n"
        "Twin,Nib,+,tune,two of that value\n"
        "Nib,Quill,+,tune,one modality\n"
        "Nib,Clerks,+,test,split and twice\n"
        "Quill,Clerks,*,tune,sign\n"
        "Poets,Nib,+,tune,twice\n"
        "Nib,Poets\n"
    )
    with pytest.raises(InvalidInput) as caught:
        read_check_set(check_file(text), CATALOGUE)
    found = {(p.row, p.field): p.message for p in caught.value.problems}
    assert found == {
        (6, "target"): "'Prose' is not in the catalogue.",
        (7, "source"): "'Twin' occurs 2 times in the catalogue.",
        (8, "target"): "Both ends are of modality 'pen'.",
        (9, "split"): "'test' is no split.",
        (10, "expected"): "'*' is not a sign.",
        (11, "target"): "The pair is already in row 2.",
        (12, "checks.csv"): "The row has 2 cells, the header 5.",
    }


def test_a_wrong_header_is_a_fault(check_file):
    with pytest.raises(InvalidInput, match="column 'why' is missing"):
        read_check_set(check_file("source,target,expected,split\n"), CATALOGUE)


@pytest.mark.parametrize(
    ("outcome", "right", "flipped", "unanswered"),
    [
        (Outcome.POSITIVE, {("tune", "+")}, {("tune", "-"), ("final", "-")}, set()),
        (Outcome.NEGATIVE, {("tune", "-"), ("final", "-")}, {("tune", "+")}, set()),
        (Outcome.NEUTRAL, {("final", "0")}, set(), set()),
        (Outcome.UNJUDGED, set(), set(), "all"),
        (Outcome.UNRESOLVED, set(), set(), "all"),
    ],
)
def test_answers_are_tallied_by_split_and_expectation(check_file, outcome, right, flipped, unanswered):
    report = run_checks(read_check_set(check_file(GOOD), CATALOGUE), always(outcome))
    tallies = {(t.split, t.expected.symbol): t for t in report.tallies}
    assert set(tallies) == {("tune", "+"), ("tune", "-"), ("final", "0"), ("final", "-")}
    assert {key for key, t in tallies.items() if t.n_right == t.n_pairs == 1} == right
    assert {key for key, t in tallies.items() if t.n_flipped} == flipped
    assert {key for key, t in tallies.items() if t.n_unanswered} == (set(tallies) if unanswered == "all" else set())
    assert len(report.flips) == len(flipped)
    assert len(report.misses) == 4 - len(right)


def test_misses_list_flips_first_and_explain_themselves(check_file):
    answers = {0: Verdict(Outcome.NEUTRAL, 0.1, "Dull."), 3: Verdict(Outcome.POSITIVE, 0.9, "Bright.")}
    checks = read_check_set(check_file(GOOD), CATALOGUE).only("tune")
    report = run_checks(checks, lambda source, target: answers[source])
    assert [report.describe(miss) for miss in report.misses] == [
        "Clerks / Nib: expected -, got + (0.90). Bright.",
        "Nib / Poets: expected +, got 0 (0.10). Dull.",
    ]


def test_accuracy_is_the_share_of_right_answers(check_file):
    report = run_checks(read_check_set(check_file(GOOD), CATALOGUE), always(Outcome.NEGATIVE))
    assert report.accuracy("tune", Outcome.POSITIVE, Outcome.NEGATIVE) == 0.5
    assert report.accuracy("final", Outcome.NEGATIVE) == 1.0
    assert np.isnan(report.accuracy("tune", Outcome.NEUTRAL))


def test_a_judge_is_asked_about_one_pair_at_a_time():
    class Echo:
        name, fingerprint = "echo", "0"

        def verdicts(self, primary, targets):
            return [Verdict(Outcome.POSITIVE, 1.0, f"{primary.value}>{target.value}") for target in targets]

    assert verdicts_by_judge(Echo(), CATALOGUE)(1, 3).reason == "Quill>Clerks"


def test_a_table_answers_in_either_order_and_admits_what_was_not_asked():
    table = verdict_table(
        source=np.array([0, 1], dtype=np.int32),
        target=np.array([2, 3], dtype=np.int32),
        verdicts=[Verdict(Outcome.POSITIVE, 0.25, "Good."), Verdict(Outcome.NEGATIVE, 0.5, "Bad.")],
        call=np.array([0, 0], dtype=np.int32),
        judge="test",
    )
    verdict_of = verdicts_by_table(table)
    assert verdict_of(2, 0) == verdict_of(0, 2) == Verdict(Outcome.POSITIVE, 0.25, "Good.")
    assert verdict_of(3, 1).outcome is Outcome.NEGATIVE
    assert verdict_of(0, 3).outcome is Outcome.UNJUDGED
