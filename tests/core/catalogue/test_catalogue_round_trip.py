"""Properties: what is written reads back the same, and no bytes make the reader fail."""

import csv
import io
import json
import unicodedata
import zipfile

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from core.catalogue.columns import FIELDS
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import problems_csv, read_catalogue
from core.catalogue.writing import catalogue_csv, csv_bytes
from core.errors import InvalidInput

NASTY = [
    '"',
    ",",
    ";",
    "|",
    "a;b|c,d",
    '""',
    "=1+1",
    "'",
    "NA",
    "007",
    "1e5",
    "TRUE",
    "null",
    "id",
    "value",
    "Value",
    "name",
    "<b>",
]
NASTY += [
    "Cafe\u0301",
    "\ufb01t",
    "x\u200by",
    "\ufeffx",
    "👩‍👩‍👧",
    "أحذية",
    "#N/A",
    "-",
    "\\",
    "\\n",
    "a, id, value",
    "sep=;",
    "[",
    "{",
]
NASTY += ["x;id;value;modality;attribute_type;y", "\u3000x".strip(), "{}", '{"id": 1}', "٣", "%s", "\ud7ff\ue000"]


def shows_something(text: str) -> bool:
    """Own reading of the rules: a letter, mark, number, punctuation or symbol, and no outer white space."""
    return any(unicodedata.category(char)[0] in "LNPS" for char in text) and text == text.strip()


one_line = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
texts = st.sampled_from(NASTY) | st.text(one_line, min_size=1, max_size=12).filter(shows_something)
fact_texts = texts | st.text(one_line | st.sampled_from('\n\r\t",;|'), min_size=1, max_size=12)


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    types = draw(st.lists(texts, min_size=2, max_size=5, unique=True))
    modalities = draw(st.lists(texts, min_size=2, max_size=2, unique=True))
    home = {name: modalities[i % 2] for i, name in enumerate(types)}
    ids = draw(st.lists(texts, min_size=2, max_size=8, unique=True))
    values = draw(st.lists(texts, min_size=len(ids), max_size=len(ids), unique=True))
    fact_names = draw(st.lists(texts.filter(lambda name: name not in FIELDS), max_size=3, unique=True))
    attributes = []
    for i, (attribute_id, value) in enumerate(zip(ids, values, strict=True)):
        name = types[i] if i < 2 else draw(st.sampled_from(types))
        facts = {fact: draw(fact_texts) for fact in fact_names if draw(st.booleans())}
        attributes.append(Attribute(attribute_id, value, home[name], name, facts))
    return Catalogue(tuple(attributes))


@settings(max_examples=200, deadline=None)
@given(catalogues())
def test_a_written_catalogue_reads_back_identical(catalogue):
    reading = read_catalogue(catalogue_csv(catalogue), "c.csv")
    assert reading.catalogue == catalogue, [str(problem) for problem in reading.problems]
    assert reading.catalogue.id == catalogue.id
    assert catalogue_csv(reading.catalogue) == catalogue_csv(catalogue)


@settings(max_examples=60, deadline=None)
@given(catalogues(), st.booleans())
def test_json_gives_the_same_catalogue(catalogue, as_lines):
    items = [{name: getattr(a, name) for name in FIELDS} | dict(a.facts) for a in catalogue.attributes]
    data = "\n".join(map(json.dumps, items)) if as_lines else json.dumps(items, ensure_ascii=False)
    assert read_catalogue(data.encode(), "c.jsonl" if as_lines else "c.json").catalogue == catalogue


@settings(max_examples=30, deadline=None)
@given(catalogues())
def test_a_workbook_of_text_cells_gives_the_same_catalogue(catalogue):
    plain = [(a.id, a.value, a.modality, a.attribute_type) for a in catalogue.attributes]
    # XML has no place for U+FFFE and U+FFFF.
    assume(not any(char in "\ufffe\uffff" for row in plain for text in row for char in text))
    book = openpyxl.Workbook()
    for i, row in enumerate([FIELDS, *plain], start=1):
        for j, text in enumerate(row, start=1):
            book.active.cell(i, j, text).data_type = "s"  # text, even where openpyxl takes it for a formula
    data = io.BytesIO()
    book.save(data)
    expected = tuple(Attribute(*row) for row in plain)
    reading = read_catalogue(data.getvalue(), "c.xlsx")
    assert reading.catalogue == Catalogue(expected), [str(problem) for problem in reading.problems]


def test_facts_that_would_not_come_back_are_refused():
    attributes = (
        Attribute("a", "A", "m", "t", {"": "x", "value": "y", "kept": ""}),
        Attribute("b", "B", "n", "u", {" outer ": "z", "name": "fine"}),
    )
    with pytest.raises(InvalidInput) as error:
        catalogue_csv(Catalogue(attributes))
    assert sorted(problem.field for problem in error.value.problems) == ["", " outer ", "kept", "value"]


def test_the_bytes_are_as_documented():
    catalogue = Catalogue(
        (Attribute("a", 'Nike "Air", 1', "brand", "brand", {"x": "1\n2"}), Attribute("b", "é", "m", "t"))
    )
    assert catalogue_csv(catalogue) == (
        b'id,value,modality,attribute_type,x\na,"Nike ""Air"", 1",brand,brand,"1\n2"\nb,\xc3\xa9,m,t,\n'
    )


# --- no bytes make the reader fail ---------------------------------------------------------------------------------

NAMES = st.sampled_from(["c.csv", "c.tsv", "c.json", "c.jsonl", "c.xlsx", "c", "", "a/b.csv", "\0"])
CSV_SAMPLE = b'id,value,modality,attribute_type,note\na,Nike,brand,brand,"x\ny"\nb,"Ath, all",audience,interest,\n'
JSON_SAMPLE = (
    b'{"attributes": [{"id": "a", "value": 1.5, "modality": null, "attribute_type": ["x", {"y": true}]}, {"id": "b"}]}'
)


def workbook_sample() -> bytes:
    book = openpyxl.Workbook()
    for row in (FIELDS, ("a", "Nike", "brand", "brand"), ("b", 7, True, "=A1")):
        book.active.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


WORKBOOK = workbook_sample()


def check_says_why(data: bytes, filename: str) -> None:
    reading = read_catalogue(data, filename)
    assert (reading.catalogue is None) == bool(reading.problems)
    assert all(problem.message for problem in (*reading.problems, *reading.warnings))
    assert problems_csv(reading)
    if reading.catalogue:
        assert read_catalogue(catalogue_csv(reading.catalogue), "c.csv").catalogue == reading.catalogue


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=100).map(lambda text: text.encode("utf-8", "surrogatepass")), NAMES)
def test_arbitrary_bytes_give_a_reading(data, filename):
    check_says_why(data, filename)


@st.composite
def damaged(draw: st.DrawFn, sample: bytes) -> bytes:
    data = bytearray(sample)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data) - 1))
        replacement = draw(
            st.sampled_from([b"", b'"', b"\n", b",", b";", b"{", b"]", b"\0", b"\xff", b"<", b"&", b"9"])
        )
        data[at : at + draw(st.integers(0, 3))] = replacement
    return bytes(data[: draw(st.integers(1, len(data)))] if draw(st.booleans()) else data)


@settings(max_examples=300, deadline=None)
@given(st.one_of(damaged(CSV_SAMPLE), damaged(JSON_SAMPLE), damaged(WORKBOOK)), NAMES)
def test_damaged_files_give_a_reading(data, filename):
    check_says_why(data, filename)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_workbooks_with_damaged_parts_give_a_reading(data):
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    name = data.draw(st.sampled_from(sorted(parts)))
    parts[name] = data.draw(damaged(parts[name]))
    changed = io.BytesIO()
    with zipfile.ZipFile(changed, "w") as new:
        for part, content in parts.items():
            new.writestr(part, content)
    check_says_why(changed.getvalue(), "c.xlsx")


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), st.sampled_from(["id", "value", "note", "none", ""])))
def test_any_mapping_gives_a_reading(mapping):
    reading = read_catalogue(CSV_SAMPLE, "c.csv", mapping)
    assert (reading.catalogue is None) == bool(reading.problems)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.lists(st.text(one_line | st.sampled_from('\n\r\0",;|\t'), max_size=6), min_size=2, max_size=4), min_size=1
    )
)
def test_csv_bytes_are_what_the_standard_reader_reads(rows):
    data = csv_bytes(rows[0], rows[1:]).decode()
    assert list(csv.reader(io.StringIO(data, newline=""), strict=True)) == rows
