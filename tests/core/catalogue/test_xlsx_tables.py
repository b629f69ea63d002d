"""Workbooks: text as shown, typed cells with a warning, everything else refused by row."""

import datetime as dt
import io
import itertools
import zipfile

import openpyxl
import pytest

from core.catalogue import xlsx_tables
from core.catalogue.limits import MAX_ATTRIBUTES
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.reading import read_catalogue

HEADER = ["id", "value", "modality", "attribute_type"]
GOOD = [["a", "Nike", "brand", "brand"], ["b", "Athletes", "audience", "interest"]]
EXPECTED = Catalogue((Attribute("a", "Nike", "brand", "brand"), Attribute("b", "Athletes", "audience", "interest")))


def workbook(*rows, sheets=(), formats=None) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for place, number_format in (formats or {}).items():
        book.active[place].number_format = number_format
    for name in sheets:
        book.create_sheet(name)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def with_part(data: bytes, name: str, content: bytes | None) -> bytes:
    """The same archive with one part replaced (or left out)."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        if content is not None:
            new.writestr(name, content)
    return changed.getvalue()


def sheet_xml(body: str, before: str = "") -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{space}">{body}</worksheet>'.encode()


SHEET = "xl/worksheets/sheet1.xml"


@pytest.mark.parametrize("filename", ["c.xlsx", "c.csv", "c"])
def test_a_workbook_is_told_by_its_content(filename):
    reading = read_catalogue(workbook(HEADER, *GOOD), filename)
    assert reading.catalogue == EXPECTED
    assert len(reading.warnings) == (filename == "c.csv")


def test_text_cells_stay_text():
    reading = read_catalogue(workbook(HEADER, *GOOD, ["007", "1e5", "NA", "TRUE", ""]), "c.xlsx")
    assert reading.catalogue.attributes[2] == Attribute("007", "1e5", "NA", "TRUE")
    assert not reading.warnings


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (7, "General", "7"),
        (7.0, "General", "7"),
        (7, "000", "007"),
        (0.1 + 0.2, "General", "0.3"),
        (dt.date(2024, 1, 2), None, "2024-01-02"),
        (dt.datetime(2024, 1, 2, 3, 4, 5), None, "2024-01-02 03:04:05"),
        (dt.time(3, 4), None, "03:04:00"),
        (True, None, "TRUE"),
    ],
)
def test_typed_cells_become_the_text_they_show_with_a_warning(value, number_format, text):
    formats = {"B4": number_format} if number_format else None
    reading = read_catalogue(workbook(HEADER, *GOOD, ["c", value, "brand", "brand"], formats=formats), "c.xlsx")
    assert reading.catalogue.attributes[2].value == text
    assert [(w.row, w.field) for w in reading.warnings] == [(4, "value")]
    assert repr(text) in reading.warnings[0].message


def test_typed_cells_are_counted_per_column():
    rows = [[i, f"v{i}", f"m{i % 2}", f"t{i % 2}"] for i in range(8)]
    (warning,) = read_catalogue(workbook(HEADER, *rows), "c.xlsx").warnings
    assert "rows: 2, 3, 4, 5, 6 and 3 more" in warning.message


def test_formulas_and_error_cells_are_refused_by_row():
    reading = read_catalogue(
        workbook(HEADER, *GOOD, ["c", "=A1&B1", "brand", "brand"], ["d", "#N/A", "brand", "brand"]), "c.xlsx"
    )
    assert [(p.row, p.field) for p in reading.problems] == [(4, "value"), (5, "value")]
    assert "=A1&B1" in reading.problems[0].message and "paste special" in reading.problems[0].fix
    assert "#N/A" in reading.problems[1].message


def test_rows_are_those_of_the_sheet():
    reading = read_catalogue(workbook([], HEADER, *GOOD, [], ["c", None, "brand", "brand"]), "c.xlsx")
    assert [(p.row, p.field) for p in reading.problems] == [(6, "value")]


def test_a_cell_beyond_the_header_is_refused():
    reading = read_catalogue(workbook(HEADER, *GOOD, ["c", "Dior", "brand", "brand", None, "note"]), "c.xlsx")
    assert [p.row for p in reading.problems] == [4] and "column F" in reading.problems[0].message


def test_only_the_first_sheet_is_read_and_the_others_are_named():
    (warning,) = read_catalogue(workbook(HEADER, *GOOD, sheets=("Old", "Notes")), "c.xlsx").warnings
    assert "'Old', 'Notes'" in warning.message


def test_an_empty_sheet_is_an_empty_file():
    assert "empty" in read_catalogue(workbook(), "c.xlsx").problems[0].message


@pytest.mark.parametrize(("n_sheets", "text"), [(1, ""), (1, "v"), (2, "v")])
def test_too_many_rows_are_refused(n_sheets, text):
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for _ in range(n_sheets - 1):
        book.create_sheet()
    sheet.append(HEADER)
    for i in range(MAX_ATTRIBUTES + 1):
        sheet.append([f"{text}{i}" if text else i])
    data = io.BytesIO()
    book.save(data)
    problem, *rest = read_catalogue(data.getvalue(), "c.xlsx").problems
    assert f"more than {MAX_ATTRIBUTES:,}" in problem.message and not rest


def test_blank_rows_do_not_count():
    blank = '<row><c r="A1" s="0"/></row>' * (MAX_ATTRIBUTES + 10)
    rows = "".join("<row>" + "".join(f'<c t="str"><v>{t}</v></c>' for t in row) + "</row>" for row in [HEADER, *GOOD])
    data = with_part(workbook(HEADER), SHEET, sheet_xml(f"<sheetData>{rows}{blank}</sheetData>"))
    assert read_catalogue(data, "c.xlsx").catalogue == EXPECTED


@pytest.mark.parametrize(
    "data",
    [
        workbook(HEADER, *GOOD)[:2000],
        b"PK\x03\x04" + bytes(100),
        with_part(workbook(HEADER, *GOOD), SHEET, b"<worksheet"),
        with_part(workbook(HEADER, *GOOD), SHEET, None),
        with_part(workbook(HEADER, *GOOD), "xl/workbook.xml", b""),
        with_part(workbook(HEADER), SHEET, sheet_xml('<sheetData><row><c t="s"><v>99</v></c></row></sheetData>')),
    ],
    ids=["cut", "zeros", "xml", "no sheet", "no workbook", "no strings"],
)
def test_a_damaged_workbook_is_refused(data):
    problem, *rest = read_catalogue(data, "c.xlsx").problems
    assert (
        ("damaged" in problem.message or "no sheet" in problem.message) and "save it again" in problem.fix and not rest
    )


def test_another_zip_archive_is_no_workbook():
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("word/document.xml", "x")
    assert "no Excel workbook" in read_catalogue(data.getvalue(), "c.xlsx").problems[0].message


def test_a_zip_bomb_is_refused_before_it_is_unpacked():
    bomb = with_part(workbook(HEADER, *GOOD), "xl/media/bomb.bin", bytes(xlsx_tables.MAX_UNPACKED_BYTES + 1))
    assert len(bomb) < 1_000_000
    assert "unpacks to" in read_catalogue(bomb, "c.xlsx").problems[0].message


def test_an_archive_of_very_many_parts_is_refused(monkeypatch):
    monkeypatch.setattr(xlsx_tables, "MAX_ZIP_ENTRIES", 3)
    assert "parts" in read_catalogue(workbook(HEADER, *GOOD), "c.xlsx").problems[0].message


def test_entities_that_grow_without_end_are_refused():
    names = "abcdefghij"
    entities = '<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">' + "".join(
        f'<!ENTITY {name} "{f"&{before};" * 20}">' for before, name in itertools.pairwise(names)
    )
    body = '<sheetData><row r="1"><c r="A1" t="str"><v>&j;</v></c></row></sheetData>'
    bomb = with_part(workbook(HEADER), SHEET, sheet_xml(body, f"<!DOCTYPE w [{entities}]>"))
    assert "damaged" in read_catalogue(bomb, "c.xlsx").problems[0].message


@pytest.mark.parametrize(
    "body",
    [
        '<sheetData><row r="999999999999"><c r="A999999999999" t="str"><v>id</v></c></row></sheetData>',
        "<sheetData>" + '<row><c r="XFD1" t="str"><v> </v></c></row>' * 700 + "</sheetData>",
    ],
    ids=["far row", "far columns"],
)
def test_a_sheet_that_stretches_without_end_is_refused(body):
    data = with_part(workbook(HEADER), SHEET, sheet_xml(body))
    assert "goes on beyond" in read_catalogue(data, "c.xlsx").problems[0].message


@pytest.mark.parametrize("size", ["A1:XFD1048576", "A1:B2"])
def test_a_sheet_that_lies_about_its_size_is_read_by_its_rows(size):
    body = "".join(
        "<row>" + "".join(f'<c t="str"><v>{cell}</v></c>' for cell in row) + "</row>" for row in [HEADER, *GOOD]
    )
    xml = sheet_xml(f'<dimension ref="{size}"/><sheetData>{body}</sheetData>')
    assert read_catalogue(with_part(workbook(HEADER), SHEET, xml), "c.xlsx").catalogue == EXPECTED
