"""The rules of a catalogue, each a function from numbered attributes to the problems it finds."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from core.catalogue.columns import FIELDS, Columns
from core.catalogue.limits import MAX_FACT_LENGTH, MAX_ID_LENGTH, MAX_NAME_LENGTH, MAX_VALUE_LENGTH
from core.catalogue.model import Attribute
from core.catalogue.table_model import Table
from core.catalogue.text_checks import comparison_key, difference, shown, text_errors, text_warnings
from core.errors import Problem

_MAX_LENGTHS = {
    "id": MAX_ID_LENGTH,
    "value": MAX_VALUE_LENGTH,
    "modality": MAX_NAME_LENGTH,
    "attribute_type": MAX_NAME_LENGTH,
}


class NumberedAttribute(NamedTuple):
    """An attribute and the row it was read from; a missing cell is an empty text here."""

    row: int
    attribute: Attribute


class Findings(NamedTuple):
    """What validation says of a table: `problems` refuse it, `warnings` do not."""

    attributes: tuple[Attribute, ...]
    problems: list[Problem]
    warnings: list[Problem]


def validate(table: Table, columns: Columns) -> Findings:
    """Check every rule on every row; problems and warnings name rows and the file's own column names, in row order."""
    numbered = [NumberedAttribute(row.number, _attribute(row.cells, columns)) for row in table.rows]
    header_of = {name: table.header[position] for name, position in columns.position.items()}
    problems = [
        *table.problems,
        *_unnamed_cells(table, columns),
        *_missing_cells(numbered, {(p.row, p.field) for p in table.problems}, header_of),
        *_texts(numbered, header_of, _field_errors),
        *_doubled(numbered, header_of["id"], lambda a: a.id, "the id {id}"),
        *_doubled(numbered, header_of["value"], _value_key, "the value {value} of modality {modality}"),
        *_shared_types(numbered, header_of["attribute_type"]),
    ]
    if not any(problem.row and not problem.field for problem in table.problems):  # a refused row may be of another one
        problems += _lone_modality(numbered, header_of["modality"])
    warnings = [
        *table.warnings,
        *_texts(numbered, header_of, lambda _, text: text_warnings(text)),
        *_twin_values(numbered, header_of["value"]),
        *(twin for name in ("id", "modality", "attribute_type") for twin in _twins(numbered, name, header_of[name])),
    ]
    if not table.rows and not table.problems:
        problems.append(Problem("There is a header but no row below it.", "Add the attributes, one per row."))
    return Findings(tuple(attribute for _, attribute in numbered), _in_row_order(problems), _in_row_order(warnings))


def _attribute(cells: Sequence[str], columns: Columns) -> Attribute:
    facts = {name: cells[position] for name, position in columns.facts.items() if cells[position]}
    attribute_id, value, modality, attribute_type = (cells[columns.position[name]] for name in FIELDS)
    return Attribute(attribute_id, value, modality, attribute_type, facts)


def _in_row_order(problems: Iterable[Problem]) -> list[Problem]:
    """What concerns the whole file first, then by row; the order within a row stays."""
    return sorted(problems, key=lambda problem: problem.row or 0)


def _unnamed_cells(table: Table, columns: Columns) -> Iterator[Problem]:
    """Text below a column without a name would be lost; empty columns are what spreadsheets leave behind."""
    for position in columns.blanks:
        for row in table.rows:
            if row.cells[position].strip():
                message = f"Column {position + 1} has no name in the header but holds {shown(row.cells[position])}."
                yield Problem(message, "Name the column, or clear its cells.", row.number)


def _missing_cells(
    numbered: Sequence[NumberedAttribute], known: set[tuple[int | None, str]], header_of: dict[str, str]
) -> Iterator[Problem]:
    for name in FIELDS:
        for row, attribute in numbered:
            if not getattr(attribute, name) and (row, header_of[name]) not in known:
                yield Problem("The cell is empty.", f"Fill in the {name}, or delete the row.", row, header_of[name])


def _field_errors(name: str, text: str) -> Sequence[Problem]:
    if name in _MAX_LENGTHS:
        return text_errors(text, _MAX_LENGTHS[name])
    return text_errors(text, MAX_FACT_LENGTH, multiline=True)


def _texts(
    numbered: Sequence[NumberedAttribute],
    header_of: dict[str, str],
    check: Callable[[str, str], Sequence[Problem]],
) -> Iterator[Problem]:
    for row, attribute in numbered:
        for name in FIELDS:
            text = getattr(attribute, name)
            if text:
                yield from (replace(problem, row=row, field=header_of[name]) for problem in check(name, text))
        for name, text in attribute.facts.items():
            yield from (replace(problem, row=row, field=name) for problem in check("", text))


def _value_key(attribute: Attribute) -> tuple[str, str] | str:
    """Empty, as for a missing cell, unless both texts are there."""
    return (attribute.modality, attribute.value) if attribute.modality and attribute.value else ""


def _doubled(
    numbered: Sequence[NumberedAttribute], field: str, key_of: Callable[[Attribute], tuple[str, str] | str], what: str
) -> Iterator[Problem]:
    first_row: dict[tuple[str, str] | str, int] = {}
    for row, attribute in numbered:
        key = key_of(attribute)
        if not key:
            continue
        first = first_row.setdefault(key, row)
        if first != row:
            name = what.format(id=shown(attribute.id), value=shown(attribute.value), modality=shown(attribute.modality))
            yield Problem(f"Row {first} already has {name}.", "Delete or rename one of the two.", row, field)


def _shared_types(numbered: Sequence[NumberedAttribute], field: str) -> Iterator[Problem]:
    """A type range counts attributes of one type, so a type belongs to one modality."""
    home: dict[str, tuple[str, int]] = {}
    told: set[tuple[str, str]] = set()
    for row, attribute in numbered:
        name, modality = attribute.attribute_type, attribute.modality
        if not name or not modality:
            continue
        first_modality, first_row = home.setdefault(name, (modality, row))
        if modality != first_modality and (name, modality) not in told:
            told.add((name, modality))
            yield Problem(
                f"The attribute type {shown(name)} stands under modality {shown(modality)} here and under "
                f"{shown(first_modality)} in row {first_row}; ranges per type would be ambiguous.",
                "Give each modality attribute types of its own.",
                row,
                field,
            )


def _lone_modality(numbered: Sequence[NumberedAttribute], field: str) -> Iterator[Problem]:
    modalities = {attribute.modality for _, attribute in numbered}
    if len(modalities) == 1 and "" not in modalities:
        yield Problem(
            f"Every attribute is of modality {shown(*modalities)}, so there is no cross-modality pair to judge.",
            "Add attributes of at least one other modality.",
            field=field,
        )


def _twins(numbered: Sequence[NumberedAttribute], name: str, field: str) -> Iterator[Problem]:
    """Near-duplicates among the distinct texts of one field, each named with the first row that carries it."""
    first_row: dict[str, int] = {}
    for row, attribute in numbered:
        first_row.setdefault(getattr(attribute, name), row)
    first_of: dict[str, str] = {}
    for text, row in first_row.items():
        other = first_of.setdefault(comparison_key(text), text)
        if text and other != text:
            yield _twin(text, row, other, first_row[other], field)


def _twin_values(numbered: Sequence[NumberedAttribute], field: str) -> Iterator[Problem]:
    """Near-duplicates among the values of one modality (or of modalities that are near-duplicates themselves)."""
    first_of: dict[tuple[str, str], NumberedAttribute] = {}
    for numbered_attribute in numbered:
        row, attribute = numbered_attribute
        if not attribute.value or not attribute.modality:
            continue
        key = (comparison_key(attribute.modality), comparison_key(attribute.value))
        first = first_of.setdefault(key, numbered_attribute)
        if first.attribute.value != attribute.value:
            yield _twin(attribute.value, row, first.attribute.value, first.row, field)


def _twin(text: str, row: int, other: str, other_row: int, field: str) -> Problem:
    return Problem(
        f"{shown(text)} differs from {shown(other)} in row {other_row} only in {difference(text, other)}.",
        "If they mean the same, keep one.",
        row,
        field,
    )
