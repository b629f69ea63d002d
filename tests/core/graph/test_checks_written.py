"""Check sets as files: every fault by row, words for signs, and a round trip that no spreadsheet runs."""

import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.catalogue.cells import escaped, restored
from core.errors import InvalidInput, NotFound
from core.graph.checks.check_file import (
    SHIPPED_CHECKS,
    read_written_file,
    read_written_set,
    write_check_set,
)
from core.graph.checks.written import MAX_PAIRS, Line, WrittenPair, WrittenSet, written_set
from core.graph.model import Outcome

P, N, Z = Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL
FORMULA_STARTS = "=+-@\t\r\n"


def read(text, name="checks.csv"):
    return read_written_set(text.encode(), name)


def problems_of(text):
    with pytest.raises(InvalidInput) as caught:
        read(text)
    return {(p.row, p.field): p.message for p in caught.value.problems}


def test_signs_are_read_as_symbols_and_as_words_and_columns_in_any_order():
    signs = {"+": P, "positive": P, "-": N, "−": N, "Negative": N, "0": Z, "neutral": Z, "ambiguous": Z}
    lines = [f" why {i} ;{sign};b{i};a{i}" for i, sign in enumerate(signs)]
    found = read("\n".join(["Why;Expected;Target;Source", *lines])).pairs
    assert found == tuple(WrittenPair(f"a{i}", f"b{i}", sign, "", f"why {i}") for i, sign in enumerate(signs.values()))
    assert [pair.row for pair in found] == list(range(2, len(signs) + 2))


def test_every_fault_of_every_row_is_reported_at_once():
    long, ansi = "x" * 201, "red \x1b[31m"
    text = (
        "source,target,expected,split,why\n"
        "Nib,Poets,+,tune,fine\n"
        ",Poets,maybe,soon,three faults\n"
        "Nib,Nib,0,,itself\n"
        "\n"
        "Poets,Nib,-,,again with another sign\n"
        f"{long},Clerks,,,{ansi}\n"
        "Nib,Clerks\n"
        f"Quill,Clerks,+,,{'y' * 10_001}\n"
    )
    found = problems_of(text)
    assert set(found) == {
        *((3, field) for field in ("source", "expected", "split")),
        (4, "target"),
        (6, "target"),
        *((7, field) for field in ("source", "expected", "why")),
        (8, ""),
        (9, "why"),
    }
    assert found[3, "expected"] == "'maybe' is not a sign."
    assert found[6, "target"] == "The pair is already in row 2, with positive expected."
    assert "U+001B" in found[7, "why"] and "\x1b" not in found[7, "why"]
    assert "10,001 characters" in found[9, "why"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("source,target,split\na,b,tune\n", "There is no column 'expected'"),
        ("source,target,expected,notes\na,b,+,hm\n", "The column 'notes' is none of a check set."),
        ("source,target,expected,Source\na,b,+,c\n", "The column 'Source' occurs twice."),
        ("source,target,expected,\na,b,+,c\n", "The column '' is none of a check set."),
        ("source,target,expected\n", "There is a header but no pair below it."),
        ("", "The file is empty."),
        ("<html><table></table>", "The file is a web page"),
        ('source,target,expected\n"a,b,+\n', "never closed"),
    ],
)
def test_a_file_that_is_no_check_set_says_what_it_lacks(text, message):
    with pytest.raises(InvalidInput, match=message):
        read(text)


def test_empty_trailing_columns_of_a_spreadsheet_do_no_harm():
    assert len(read("source,target,expected,,\na,b,+,,\n").pairs) == 1


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(NotFound, match="There is no file"):
        read_written_file(tmp_path / "none.csv")


def test_the_shipped_set_is_what_its_description_says():
    shipped = read_written_file(SHIPPED_CHECKS)
    assert [sum(p.expected is sign for p in shipped.pairs) for sign in (P, N, Z)] == [90, 90, 90]
    assert {split: sum(p.split == split for p in shipped.pairs) for split in shipped.splits} == {
        "tune": 180,
        "final": 90,
    }
    assert all(pair.why for pair in shipped.pairs)


TEXT = st.one_of(
    st.sampled_from(
        [
            '=HYPERLINK("http://x")',
            "'=1+1",
            "''=1",
            "'quoted'",
            "-",
            "+1",
            "@here",
            "<script>alert(1)</script>",
            "שלום",
            'a, "b"; c|d',
            "[x](javascript:alert(1))",
        ]
    ),
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30),
).filter(lambda text: text == text.strip() and any(c.isprintable() and not c.isspace() for c in text))


@settings(deadline=None)
@given(st.text(max_size=20) | st.builds(lambda n, rest: "'" * n + rest, st.integers(0, 3), TEXT))
def test_cells_come_back_and_never_begin_like_a_formula(text):
    assert restored(escaped(text)) == text
    assert not escaped(text).startswith(tuple(FORMULA_STARTS))


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT, st.sampled_from([P, N, Z]), st.sampled_from(["", "tune", "final"]), TEXT)))
def test_a_set_survives_its_file(rows):
    lines, seen = [], set()
    for source, target, expected, split, why in rows:
        if source != target and frozenset((source, target)) not in seen:
            seen.add(frozenset((source, target)))
            cells = {"source": source, "target": target, "expected": expected.symbol, "split": split, "why": why}
            lines.append(Line(len(lines) + 2, cells))
    if not lines:
        return
    try:
        written = written_set(lines)
    except InvalidInput:  # a text of invisible characters alone, which no set holds
        return
    data = write_check_set(written)
    again = read_written_set(data, "again.csv")
    assert again == written and again.id == written.id and write_check_set(again) == data
    cells = [cell for row in csv.reader(io.StringIO(data.decode(), newline="")) for cell in row]
    assert not any(cell.startswith(tuple(FORMULA_STARTS)) for cell in cells)


def test_the_id_is_that_of_the_content_and_its_order():
    one, two = WrittenPair("a", "b", P, row=2), WrittenPair("c", "d", N, row=3)
    assert WrittenSet((one, two)).id == WrittenSet((WrittenPair("a", "b", P, row=9), two)).id
    others = [("a", "b", N), ("b", "a", P), ("a", "b", P, "tune"), ("a", "b", P, "", "why")]
    variants = [(two, one), (one,), *((WrittenPair(*cells), two) for cells in others)]
    assert len({WrittenSet(pairs).id for pairs in [(one, two), *variants]}) == 7


def test_a_set_made_by_hand_without_a_pair_is_refused():
    with pytest.raises(InvalidInput, match="There is no pair"):
        written_set([])


def test_a_file_with_more_pairs_than_anybody_made_by_hand_is_refused():
    rows = "".join(f"a{i},b{i},+\n" for i in range(MAX_PAIRS + 1))
    with pytest.raises(InvalidInput, match=f"more than {MAX_PAIRS:,} pairs"):
        read(f"source,target,expected\n{rows}")
