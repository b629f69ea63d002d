"""Files to tables of text: what is in the file is what is read, and what cannot be read says where and why."""

import datetime as dt
import io

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.tabular.cells import canonical
from core.tabular.demo import DEMO_SCHEMA, demo_table
from core.tabular.reading import read_table
from core.tabular.table import RawTable
from core.tabular.writing import to_csv, to_parquet

TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from('",;\n^'), max_size=6)


def problems_of(data: bytes, name: str):
    with pytest.raises(InvalidInput) as caught:
        read_table(data, name)
    return caught.value.problems


def parquet(**columns) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


def workbook(*rows) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def test_text_stays_text_and_only_an_empty_cell_is_missing():
    table = read_table(b'a,b,c\n007,NA,""\n1.50,null,"x, ""y"""\n,nan, z \n', "t.csv")
    assert table.columns == ("a", "b", "c")
    assert table.column("a") == ["007", "1.50", None]
    assert table.column("b") == ["NA", "null", "nan"]
    assert table.column("c") == [None, 'x, "y"', " z "]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters_encodings_and_line_ends_are_told_from_the_file(delimiter, encoding, end):
    lines = [["ä", "b"], ["ö", "1"], ["", "2"]]
    data = end.join(delimiter.join(line) for line in lines).encode(encoding)
    table = read_table(data, "T.CSV")
    assert (table.column("ä"), table.column("b")) == (["ö", None], ["1", "2"])


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), names=st.lists(TEXT, min_size=2, max_size=2))
def test_a_table_written_as_csv_is_read_again(rows, names):
    table = RawTable.of({f"a{names[0]}": [a for a, _ in rows], f"b{names[1]}": [b for _, b in rows]})
    back = read_table(to_csv(table), "back.csv")
    assert back.columns == table.columns and back.fingerprint() == table.fingerprint()


@pytest.mark.parametrize("name", ["a", "a;", "a|,b"])
def test_a_single_column_of_texts_with_delimiters_survives_csv(name):
    table = RawTable.of({name: ["x;y", "x|y|z", "x,y", "x", None]})
    assert read_table(to_csv(table), "a.csv").column(name) == ["x;y", "x|y|z", "x,y", "x", None]


def test_names_with_other_delimiters_survive_csv():
    table = RawTable.of({"a;": ["x;", "y"], "b|": ["1", None]})
    back = read_table(to_csv(table), "a.csv")
    assert back.columns == table.columns and back.fingerprint() == table.fingerprint()


def test_a_single_column_with_empty_cells_survives_csv():
    table = RawTable.of({"a": ["x", None, "y", None]})
    assert read_table(to_csv(table), "a.csv").column("a") == ["x", None, "y", None]


def test_the_demo_table_survives_parquet_with_its_types():
    table = demo_table(300, 2)
    data = to_parquet(table, DEMO_SCHEMA)
    types = {field.name: str(field.type) for field in pq.read_schema(io.BytesIO(data))}
    assert types["day"].startswith("date32") and types["hour"] == "int64" and types["bid"] == "double"
    assert types["interests"].startswith("list") and types["city"] == "large_string"
    back = read_table(data, "demo.parquet")
    for column in DEMO_SCHEMA.columns:
        assert canonical(column, back.cells[column.name]).equals(canonical(column, table.cells[column.name]))


def test_every_parquet_type_is_written_as_a_person_would():
    day = dt.datetime(2024, 3, 31)
    data = parquet(
        whole=pa.array([1, None, 3]),
        real=pa.array([0.1, float("nan"), 2.0]),
        huge=pa.array([float("inf"), 1e300, None]),
        truth=pa.array([True, False, None]),
        date=pa.array([day.date(), None, day.date()]),
        midnight=pa.array([day, None, day], pa.timestamp("ns")),
        moment=pa.array([day, None, day.replace(hour=5)], pa.timestamp("ms")),
        zoned=pa.array([day, None, day], pa.timestamp("us", tz="Europe/Berlin")),
        names=pa.array(["a", "", "a"]).dictionary_encode(),
        lists=pa.array([["x", "y"], [], None]),
        days=pa.array([[day.date()], None, None]),
        cents=pa.array([None, None, __import__("decimal").Decimal("1.50")]),
    )
    table = read_table(data, "t.parquet")
    assert table.column("whole") == ["1", None, "3"]
    assert table.column("real") == ["0.1", None, "2"]
    assert table.column("huge") == ["inf", "1e+300", None]
    assert table.column("truth") == ["true", "false", None]
    assert table.column("date") == table.column("midnight") == ["2024-03-31", None, "2024-03-31"]
    assert table.column("moment") == ["2024-03-31 00:00:00", None, "2024-03-31 05:00:00"]
    assert table.column("zoned") == ["2024-03-31 00:00:00Z", None, "2024-03-31 00:00:00Z"]
    assert table.column("names") == ["a", None, "a"]
    assert table.column("lists") == ["x^y", None, None]
    assert table.column("days") == ["2024-03-31", None, None]
    assert table.column("cents") == [None, None, "1.50"]


def test_parquet_columns_without_text_are_all_named():
    data = parquet(
        raw=pa.array([b"x"]), nested=pa.array([{"a": 1}]), joined=pa.array([["a^b"]]), gap=pa.array([["a", None]])
    )
    assert [problem.field for problem in problems_of(data, "t.parquet")] == ["raw", "nested", "joined", "gap"]


def test_a_workbook_is_read_as_it_is_shown():
    data = workbook(
        ["code", "day", "share", "n", "yes", None],
        ["007", dt.datetime(2024, 3, 31), 0.1 + 0.2, 3, True],
        [None, dt.datetime(2024, 3, 31, 5, 6), None, 4.0],
        [None],
        ["NA"],
    )
    table = read_table(data, "t.xlsx")
    assert table.column("code") == ["007", None, "NA"]
    assert table.column("day") == ["2024-03-31", "2024-03-31 05:06:00", None]
    assert table.column("share") == ["0.3", None, None]
    assert table.column("n") == ["3", "4", None]
    assert table.column("yes") == ["TRUE", None, None]


def test_formulas_errors_and_stray_cells_of_a_workbook_are_all_named():
    found = problems_of(workbook(["a", "b"], ["=1+1", "#N/A"], [1, 2, 3]), "t.xlsx")
    assert [(p.row, p.field) for p in found] == [(2, "a"), (2, "b"), (3, "")]


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (b"", "t.csv", "empty"),
        (b"   \n", "t.csv", "empty"),
        (b"a,b\n", "t.csv", "no rows"),
        (b"a,b\n1,2\n", "t.json", "'.json' is not read"),
        (b"a,b\n1,2\n", "t", "'nothing' is not read"),
        (b"\x89PNG\r\n\x1a\nxx", "t.csv", "PNG"),
        (b"a,b\n1,\xff\n", "t.csv", "not UTF-8"),
        (b"no parquet", "t.parquet", "no Parquet file"),
        (b"no workbook", "t.xlsx", "no workbook"),
    ],
)
def test_a_file_that_is_no_table_says_what_it_is(data, name, said):
    assert said in " ".join(str(problem) for problem in problems_of(data, name))


def test_rows_of_another_width_and_open_quotes_are_named_by_row():
    short, long = problems_of(b"a,b\n1\n1,2\n1,2,3\n", "t.csv")
    assert (short.row, long.row) == (2, 4) and "1 cell" in short.message
    (quote,) = problems_of(b'a,b\n1,2\n3,"4\n5,6\n', "t.csv")
    assert quote.row == 3 and "quote" in quote.message


def test_names_that_are_missing_or_come_twice_are_all_named():
    found = problems_of(b"a,b,a,,b,a\n1,2,3,4,5,6\n", "t.csv")
    assert [problem.field for problem in found] == ["a", "b", ""]
    assert "1, 3, 6" in found[0].message and "4" in found[2].message
    assert problems_of(workbook(["a", "a"], [1, 2]), "t.xlsx")[0].field == "a"


def test_more_columns_than_the_limit_are_refused():
    header = ",".join(f"c{i}" for i in range(101))
    assert "101 columns" in problems_of(f"{header}\n{header}\n".encode(), "t.csv")[0].message
    wide = ",".join(f"c{i}" for i in range(100))
    assert len(read_table(f"{wide}\n{wide}\n".encode(), "t.csv").columns) == 100


def test_more_rows_than_the_limit_are_refused():
    data = b"a\n" + b"1\n" * 1_000_001
    assert "1,000,001 rows" in problems_of(data, "t.csv")[0].message


def test_the_fingerprint_tells_cells_apart_and_not_their_storage():
    table = RawTable.of({"a": ["x", None, "yz"], "b": ["1", "2", "3"]})
    same = RawTable(("a", "b"), {name: table.cells[name].cast(pa.string()) for name in "ab"})
    assert table.fingerprint() == same.fingerprint()
    others = [
        RawTable.of({"a": ["x", "y", "z"], "b": ["1", "2", "3"]}),
        RawTable.of({"a": ["xy", None, "z"], "b": ["1", "2", "3"]}),
        RawTable.of({"b": ["x", None, "yz"], "a": ["1", "2", "3"]}),
        RawTable.of({"a": [None, "x", "yz"], "b": ["1", "2", "3"]}),
    ]
    assert len({table.fingerprint(), *(other.fingerprint() for other in others)}) == 5


def test_rows_are_taken_and_joined_in_order():
    table = RawTable.of({"a": ["x", None, "z"]})
    import numpy as np

    assert table.take(np.array([2, 0, 2])).column("a") == ["z", "x", "z"]
    assert table.concat(table.take(np.array([1]))).column("a") == ["x", None, "z", None]
