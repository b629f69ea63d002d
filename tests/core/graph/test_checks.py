"""Check sets over a catalogue: what can be asked, what is said, and how right it is."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, NotFound
from core.graph.checks.answers import (
    verdicts_by_answers,
    verdicts_by_judge,
    verdicts_by_table,
)
from core.graph.checks.report import expected_tallies, run_checks, tally_of
from core.graph.checks.resolve import name_in, read_check_set, resolve
from core.graph.checks.written import WrittenPair, WrittenSet
from core.graph.intervals import wilson
from core.graph.model import Outcome, Verdict, signed_graph, verdict_table

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
P, N, Z = Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL


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
    assert [(p.source, p.target, p.expected.symbol, p.split, p.why, p.row) for p in pairs] == [
        (0, 2, "+", "tune", "a", 2),
        (3, 0, "-", "tune", "b", 3),
        (1, 2, "0", "final", "c", 4),
        (5, 4, "-", "final", "d", 5),
    ]


def test_a_name_leads_back_to_its_attribute_and_to_no_other():
    # An id that is another attribute's value: the id wins when read, so the value cannot be written.
    crossed = Catalogue((*CATALOGUE.attributes, Attribute("Nib", "Pencil", "pen", "pen")))
    for catalogue in (CATALOGUE, crossed):
        for position, other in itertools.permutations(range(len(catalogue)), 2):
            a, b = (catalogue.attributes[i] for i in (position, other))
            if a.modality == b.modality:
                continue
            written = WrittenSet((WrittenPair(name_in(catalogue, position), name_in(catalogue, other), P),))
            pair = resolve(written, catalogue).pairs[0]
            assert (pair.source, pair.target) == (position, other)


def test_every_pair_that_cannot_be_asked_is_reported_with_its_row(check_file):
    text = GOOD + (
        "Nib,Prose,+,tune,unknown end\n"
        "Twin,Nib,+,tune,two of that value\n"
        "Nib,Quill,+,tune,one modality\n"
        "writer-Poets,pen-Nib,+,tune,twice by id\n"
        "Nob,Proets,+,,both unknown\n"
    )
    with pytest.raises(InvalidInput) as caught:
        read_check_set(check_file(text), CATALOGUE)
    found = {(p.row, p.field): (p.message, p.fix) for p in caught.value.problems}
    assert set(found) == {(6, "target"), (7, "source"), (8, "target"), (9, "target"), (10, "source"), (10, "target")}
    assert found[6, "target"][0] == "'Prose' is not in the catalogue."
    assert found[7, "source"] == (
        "'Twin' is the value of 2 attributes of the catalogue.",
        "Write one of their ids: 'pen-Twin', 'writer-Twin'.",
    )
    assert "both attributes are of modality 'pen'" in found[8, "target"][0].casefold()
    assert found[9, "target"][0] == "The pair is already in row 2."
    assert found[10, "target"][1].startswith("Nearest known: 'Poets'")


def test_nothing_is_dropped_in_silence_when_a_catalogue_lacks_pairs():
    ends = [("Nib", "Poets"), ("Nib", "Sky"), ("Sky", "Sea"), ("Twin", "Sky"), ("Nib", "Quill"), ("Quill", "Clerks")]
    written = WrittenSet(tuple(WrittenPair(a, b, P, row=i) for i, (a, b) in enumerate(ends, start=2)))
    found = resolve(written, CATALOGUE)
    rows = {pair.row for pair in found.pairs} | {item.pair.row for item in found.left_out}
    assert rows == {pair.row for pair in written.pairs}
    assert [pair.row for pair in found.pairs] == [2, 7]
    assert {item.pair.row: item.is_absent for item in found.left_out} == {3: True, 4: True, 5: False, 6: False}
    assert len(found.problems) == 1 + 2 + 2 + 1
    assert run_checks(found, always(P)).left_out == found.left_out


@pytest.mark.parametrize(
    ("outcome", "right", "flipped", "unanswered"),
    [
        (Outcome.POSITIVE, {("tune", P)}, {("tune", N), ("final", N)}, False),
        (Outcome.NEGATIVE, {("tune", N), ("final", N)}, {("tune", P)}, False),
        (Outcome.NEUTRAL, {("final", Z)}, set(), False),
        (Outcome.UNJUDGED, set(), set(), True),
        (Outcome.UNRESOLVED, set(), set(), True),
    ],
)
def test_answers_are_tallied_by_split_and_expectation(check_file, outcome, right, flipped, unanswered):
    report = run_checks(read_check_set(check_file(GOOD), CATALOGUE), always(outcome))
    groups = [("tune", P), ("tune", N), ("final", Z), ("final", N)]
    for split, expected in groups:
        tally = report.tally(expected, split=split)
        kind = (tally.n_right, tally.n_flipped, tally.n_missed, tally.n_unanswered)
        is_right, is_flipped = (split, expected) in right, (split, expected) in flipped
        missed = not (is_right or is_flipped or unanswered)
        assert kind == (is_right, is_flipped, missed, unanswered)
        assert tally.n_pairs == 1
    assert report.tally(P, split="final").n_pairs == 0
    assert report.splits == ("tune", "final")
    assert list(expected_tallies(report)) == [P, N, Z]
    assert [tally.n_pairs for tally in expected_tallies(report).values()] == [1, 2, 1]
    assert len(report.flips) == len(flipped)
    assert len(report.misses) == 4 - len(right)


OUTCOMES = st.sampled_from(list(Outcome))


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from([P, N, Z]), OUTCOMES), max_size=40))
def test_the_parts_of_a_report_are_a_partition_and_its_figures_a_recount(cells):
    pairs = tuple(WrittenPair(f"a{i}", f"b{i}", expected, row=i + 2) for i, (expected, _) in enumerate(cells))
    attributes = (Attribute(f"{kind}{i}", f"{kind}{i}", kind, kind) for kind in "ab" for i in range(len(cells)))
    found = resolve(WrittenSet(pairs), Catalogue(tuple(attributes)))
    report = run_checks(found, lambda source, target: Verdict(cells[min(source, target)][1], 0.5, ""))
    parts = [report.right, report.flips, report.missed, report.unanswered]
    assert sorted(r.pair.row for part in parts for r in part) == [p.row for p in pairs]
    n_right = sum(said == expected for expected, said in cells)
    n_flipped = sum({said, expected} == {P, N} for expected, said in cells)
    n_silent = sum(said in (Outcome.UNJUDGED, Outcome.UNRESOLVED) for _, said in cells)
    n_missed = len(cells) - n_right - n_flipped - n_silent
    tally = report.tally()
    assert tally == (len(cells), n_right, n_flipped, n_missed, n_silent)
    by_sign = expected_tallies(report).values()
    assert [sum(column) for column in zip(*by_sign, strict=True)] == (list(tally) if cells else [])
    np.testing.assert_equal(tally.accuracy, wilson(n_right, len(cells) - n_silent))
    if cells:
        assert tally.share_right == n_right / len(cells)
        assert [r.is_flipped for r in report.misses] == sorted([r.is_flipped for r in report.misses], reverse=True)


def test_the_interval_is_wilsons_over_answered_pairs_alone():
    """8 of 10: the roots of (p - 0.8)^2 = z^2 p (1 - p) / 10, solved here as the quadratic they are."""
    result_of = {10: Outcome.UNJUDGED, 11: Outcome.UNRESOLVED, 8: Z, 9: N}
    pairs = tuple(WrittenPair(f"a{i}", f"b{i}", P) for i in range(12))
    attributes = tuple(Attribute(f"{kind}{i}", f"{kind}{i}", kind, kind) for kind in "ab" for i in range(12))
    found = resolve(WrittenSet(pairs), Catalogue(attributes))
    tally = tally_of(run_checks(found, lambda a, b: Verdict(result_of.get(min(a, b), P), 1.0, "")).results)
    z = 1.959963984540054
    a, b, c = 1 + z * z / 10, -(1.6 + z * z / 10), 0.64
    root = math.sqrt(b * b - 4 * a * c)
    assert tally.accuracy.estimate == 0.8
    assert tally.accuracy[1:] == pytest.approx(((-b - root) / (2 * a), (-b + root) / (2 * a)))
    assert tally.share_right == pytest.approx(8 / 12)


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
    with pytest.raises(NotFound, match="tune, final"):
        read_check_set(check_file(GOOD), CATALOGUE).only("test")


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
    for verdict_of in (verdicts_by_table(table), verdicts_by_answers(table, is_bare=False, absent_is_neutral=True)):
        assert verdict_of(2, 0) == verdict_of(0, 2) == Verdict(Outcome.POSITIVE, 0.25, "Good.")
        assert verdict_of(3, 1).outcome is Outcome.NEGATIVE
        assert verdict_of(0, 3).outcome is verdict_of(2, 5).outcome is Outcome.UNJUDGED


@settings(deadline=None)
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda pair: pair[0] < pair[1])), st.booleans())
def test_bare_edges_say_nothing_of_other_pairs_unless_told_so(edges, absent_is_neutral):
    catalogue = Catalogue(tuple(Attribute(f"x{i}", f"x{i}", f"m{i}", "t") for i in range(9)))
    ends = sorted(edges, key=lambda pair: -pair[1])
    sign = [1 if (a + b) % 2 else -1 for a, b in ends]
    source, target = (np.array([pair[i] for pair in ends], dtype=np.int32) for i in (0, 1))
    graph = signed_graph(catalogue, source, target, np.array(sign, dtype=np.int8))
    verdict_of = verdicts_by_answers(graph, is_bare=True, absent_is_neutral=absent_is_neutral)
    matrix = graph.sign_matrix()
    absent = Outcome.NEUTRAL if absent_is_neutral else Outcome.UNJUDGED
    for a, b in itertools.permutations(range(9), 2):
        assert verdict_of(a, b).outcome == (matrix[a, b] or absent)
        assert np.isnan(verdict_of(a, b).strength)
