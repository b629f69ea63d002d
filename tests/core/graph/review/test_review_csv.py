import csv
import io
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.cells import escaped, restored
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.writing import csv_bytes
from core.errors import InvalidInput
from core.graph.model import Outcome
from core.graph.review.review_csv import COLUMNS, DecidedLine, ReviewLine, read_review_csv, write_review_csv
from core.store.review_log import MAX_NOTE_LENGTH, Decision

CATALOGUE = Catalogue(
    (
        Attribute("b1", "Nike", "brand", "brand"),
        Attribute("b2", '=HYPERLINK("http://x","y")', "brand", "brand"),
        Attribute("a1", "@Runners", "audience", "audience"),
        Attribute("a2", "Nike", "audience", "audience"),
        Attribute("+a3", "Golfers", "audience", "audience"),
    )
)
POSITION = CATALOGUE.position_of
GRAPH = "0123456789abcdef01234567"
HOSTILE = (
    '=HYPERLINK("http://evil","click")',
    "+1+1",
    "-2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "  =1",
    "＝1",
    "'=1",
    "''''=1",
    "'tis fine",
    "'",
    '"',
    '""\r\n""',
    "a,b;c\td|e",
    "line\nbreak\r\nand\rmore",
    "\u202eright to left\u202c שלום مرحبا",
    "\x1b[31mred\x1b[0m",
    "<script>alert(1)</script>",
    "<a href='javascript:alert(1)'>x</a>",
    "x" * 10_000,
    "=" * 10_000,
    "1E5",
    "007",
    "NA",
    " ",
    "\x00",
)
texts = st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


def line(source="b1", target="a1", decision=None, **changes):
    empty = ReviewLine(POSITION[source], POSITION[target], Outcome.POSITIVE, 0.5, "They run.")
    return empty._replace(decision=decision, **changes)


def read(data, filename="reviews.csv"):
    return read_review_csv(data, filename, CATALOGUE, GRAPH)


def sheet(*rows, header=COLUMNS):
    """A CSV of rows given as dictionaries, filled up with a decided pair."""
    usual = {"source": "b1", "target": "a1", "graph": GRAPH, "decision": "positive"}
    return csv_bytes(header, [[{**usual, **row}.get(name, "") for name in header] for row in rows])


def faults(*rows, **more):
    with pytest.raises(InvalidInput) as failure:
        read(sheet(*rows, **more))
    return [(problem.row, problem.field, problem.message) for problem in failure.value.problems]


# Cells


@given(texts)
@settings(max_examples=400, deadline=None)
def test_a_cell_is_restored_to_the_very_text(text):
    assert restored(escaped(text)) == text


@pytest.mark.parametrize("text", [*HOSTILE, "=a", "+a", "-a", "@a", "\ta", "\ra", " \t =x"])
def test_no_cell_begins_a_formula(text):
    cell = escaped(text)
    assert not cell.lstrip(" \t\r\n\u3000").startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))
    assert not cell.startswith(("\t", "\r", "\n"))


def test_what_a_person_types_stays_as_it_is():
    for text in ("'tis", "plain", "'", "'quoted'", "a = b", "=1"):
        assert restored(text) == text


# Round trip


@given(
    lines=st.lists(
        st.tuples(
            st.sampled_from([(s, t) for s in (0, 1) for t in (2, 3, 4)]),
            st.none() | st.sampled_from(list(Decision)),
            texts,
            texts,
            st.sampled_from(["", "Ana", "=Bo", "@שרה", 'O\'Neil, "Jo"']),
        ),
        max_size=6,
        unique_by=lambda one: (one[0], one[4]),
    ),
    is_blind=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_hostile_texts_survive_the_round_trip(lines, is_blind):
    given_lines = [
        ReviewLine(*ends, Outcome.NEGATIVE, math.nan, reason, what, note if what else "", who)
        for ends, what, reason, note, who in lines
    ]
    data = write_review_csv(CATALOGUE, GRAPH, given_lines, is_blind=is_blind)
    table = read(data)
    ids = [attribute.id for attribute in CATALOGUE.attributes]
    assert table.decided == tuple(
        DecidedLine(row, ids[one.source], ids[one.target], one.decision, one.note, one.reviewer)
        for row, one in enumerate(given_lines, 2)
        if one.decision
    )
    assert table.n_lines == len(lines) and table.warnings == ()
    for cells in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)


def test_a_written_line_says_what_is_known_in_plain_cells():
    judged = line(decision=Decision.NEGATIVE, reason="=1+1", note="-why", reviewer="Ana")
    unknown = ReviewLine(POSITION["b2"], POSITION["+a3"], Outcome.UNJUDGED, math.nan, "")
    data = write_review_csv(CATALOGUE, GRAPH, [judged, unknown])
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert rows[0] == {
        "source": "b1",
        "source_value": "Nike",
        "target": "a1",
        "target_value": "'@Runners",
        "graph": GRAPH,
        "judge_sign": "positive",
        "strength": "0.5",
        "reason": "'=1+1",
        "decision": "negative",
        "note": "'-why",
        "reviewer": "Ana",
    }
    assert (rows[1]["target"], rows[1]["judge_sign"], rows[1]["strength"]) == ("'+a3", "unjudged", "")
    blind = write_review_csv(CATALOGUE, GRAPH, [judged], is_blind=True)
    [row] = csv.DictReader(io.StringIO(blind.decode("utf-8-sig"), newline=""))
    assert [row[name] for name in ("judge_sign", "strength", "reason")] == ["", "", ""]


@pytest.mark.parametrize(
    ("word", "decision"),
    [
        *(("positive", Decision.POSITIVE), ("Negative ", Decision.NEGATIVE), ("NEUTRAL", Decision.NEUTRAL)),
        *(("skip", Decision.SKIP), ("+", Decision.POSITIVE), ("'+", Decision.POSITIVE), ("+1", Decision.POSITIVE)),
        *(("1", Decision.POSITIVE), ("-", Decision.NEGATIVE), ("'-", Decision.NEGATIVE), ("-1", Decision.NEGATIVE)),
        *(("−", Decision.NEGATIVE), ("0", Decision.NEUTRAL)),
    ],
)
def test_signs_and_words_are_decisions(word, decision):
    assert read(sheet({"decision": word})).decided[0].decision is decision


def test_spreadsheets_may_save_it_otherwise():
    data = write_review_csv(CATALOGUE, GRAPH, [line(decision=Decision.POSITIVE, note="a; b", reviewer="Ana")])
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    for delimiter, end, encoding in ((";", "\r\n", "utf-8"), ("\t", "\n", "utf-16"), (",", "\r\n", "utf-8-sig")):
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=delimiter, lineterminator=end).writerows([*rows[:1], [""] * len(COLUMNS), *rows[1:]])
        table = read(text.getvalue().encode(encoding))
        assert table.decided == (DecidedLine(3, "b1", "a1", Decision.POSITIVE, "a; b", "Ana"),)


def test_columns_may_move_and_others_are_not_read():
    header = ("decision", "target", "my own", "graph", "source")
    table = read(sheet({"my own": "x"}, header=header))
    assert table.decided == (DecidedLine(2, "b1", "a1", Decision.POSITIVE, None, ""),)
    [warning] = table.warnings
    assert warning.field == "my own" and "not read" in warning.message


def test_pairs_have_no_direction_and_values_name_attributes():
    turned = read(sheet({"source": "a1", "target": "b1"}, {"source": "Golfers", "target": "b2"}))
    assert [(one.source, one.target) for one in turned.decided] == [("b1", "a1"), ("b2", "+a3")]


# Bad input


def test_every_fault_is_told_with_its_row():
    found = faults(
        {"decision": "maybe"},
        {"source": "b9"},
        {"source": "b1", "target": "b2"},
        {"source": "Nike", "target": "a1"},
        {"target": ""},
        {"target": "a2", "reviewer": " Ana"},
        {"target": "a2", "note": "n" * (MAX_NOTE_LENGTH + 1)},
        {"target": "a2", "reviewer": "Bo", "decision": "positive"},
        {"target": "a2", "reviewer": "Bo", "decision": "negative"},
        {"source": "a2", "target": "b1", "reviewer": "Bo", "decision": "positive"},
        {"decision": "", "note": "I wonder"},
        {"decision": "", "source": "unknown, but nobody decided it"},
    )
    assert [(row, field) for row, field, _ in found] == [
        (2, "decision"),
        (3, "source"),
        (4, "target"),
        (5, "source"),
        (6, "target"),
        (7, "reviewer"),
        (8, "note"),
        (10, "decision"),
        (11, "decision"),
        (12, "note"),
    ]
    messages = {row: message for row, _, message in found}
    assert "'maybe' is no decision" in messages[2]
    assert "'b9' is no id or value" in messages[3]
    assert "both of modality 'brand'" in messages[4]
    assert "value of 2 attributes" in messages[5]
    assert messages[10] == "Row 9 already decides this pair by 'Bo', as positive."
    assert "as it is here" in messages[11]


def test_reviews_of_another_graph_are_refused_once_per_graph():
    found = faults({"graph": "other"}, {"graph": "other", "target": "a2"}, {"graph": "", "target": "+a3"})
    assert [(row, field) for row, field, _ in found] == [(2, "graph"), (4, "graph")]
    assert found[0][2].startswith("2 decided rows are of the graph 'other', not of") and GRAPH in found[0][2]
    assert "of no graph" in found[1][2]
    assert read(sheet({"graph": "other", "decision": ""})).decided == ()


def test_columns_sorted_apart_are_noticed():
    [(row, field, message)] = faults({"source": "b1", "source_value": "Golfers"})
    assert (row, field) == (2, "source_value") and "'Golfers', but 'b1' is 'Nike'" in message
    table = read(sheet({"source": "b1", "source_value": "Nikè"}))  # mangled by a spreadsheet: the id is what counts
    assert len(table.decided) == 1 and table.warnings[0].row == 2


def test_missing_columns_and_broken_files_are_told():
    found = faults({}, header=("source", "target", "note"))
    assert [(row, field) for row, field, _ in found] == [(1, "graph"), (1, "decision")]
    for data in (b"", b"\xff\xfe\x00", b"%PDF-1.4", b'source,target,graph,decision\n"b1,a1'):
        with pytest.raises(InvalidInput):
            read(data)
    ragged = sheet({}).decode().replace("\n", "\n", 1) + "b1,a1\n"
    with pytest.raises(InvalidInput, match="too few"):
        read(ragged.encode())
    assert read(csv_bytes(COLUMNS, [])).n_lines == 0
