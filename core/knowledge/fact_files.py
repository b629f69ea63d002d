"""Expert rules from a file: a CSV of attribute and fact, or Markdown in which every bullet or paragraph is one fact."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import PurePath
from typing import NamedTuple

from core.catalogue.columns import plain_name
from core.catalogue.decoding import decode
from core.catalogue.limits import MAX_VALUE_LENGTH, TableLimits
from core.catalogue.model import Attribute, Catalogue
from core.catalogue.table_model import Table, unreadable
from core.catalogue.tables import check_size, read_table
from core.catalogue.text_checks import shown, text_errors, text_warnings
from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.knowledge.evidence import Fact
from core.knowledge.mentions import MentionIndex
from core.knowledge.names import loose_key

MAX_FACT_LENGTH = 500
FACT_LIMITS = TableLimits(max_bytes=4_000_000, max_rows=20_000, rows_are="facts")
COLUMNS = ("attribute", "modality", "fact")

_MARKDOWN_NAMES = frozenset({".md", ".markdown", ".txt"})
_HEADING = re.compile(r"\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$")
_BULLET = re.compile(r"\s*(?:[-*+]|\d{1,4}[.)])\s+(.*)$")
_RULER = re.compile(r"\s*(?:-{3,}|\*{3,}|_{3,}|={3,})\s*$")
_FENCE = re.compile(r"\s*(?:```|~~~)")


class Note(NamedTuple):
    """One fact of a file: its row or line, its text, and whom it is about.

    `attribute` and `modality` as a CSV names them (`modality` may be empty); in Markdown both are empty and the fact is
    about every attribute that `words` (its text below its heading) mention.
    """

    row: int
    text: str
    attribute: str = ""
    modality: str = ""
    words: str = ""


@dataclass(frozen=True)
class FactFile:
    """The facts of one file, as a source for grounding."""

    filename: str
    notes: tuple[Note, ...]

    @cached_property
    def fingerprint(self) -> str:
        """Content id of the facts; the file's name is part of every citation, so of the content too."""
        return content_id("fact-file", [self.filename, [list(note) for note in self.notes]])

    def facts_about(self, attribute: Attribute) -> Sequence[Fact]:
        """The facts that name this attribute, by value or id, in the order of the file."""
        rows = {*self._named(attribute), *self._mentions.that_mention(attribute.value)}
        return [Fact(self.notes[row].text, f"{self.filename}, row {self.notes[row].row}") for row in sorted(rows)]

    def unused(self, catalogue: Catalogue) -> tuple[Problem, ...]:
        """The facts that are about no attribute of a catalogue, each with its row: they can ground nothing there."""
        used = {fact.source for attribute in catalogue.attributes for fact in self.facts_about(attribute)}
        return tuple(
            Problem(
                f"{shown(note.attribute or note.text)} names no attribute of this catalogue, so the fact is not used.",
                "Write the attribute's value as the catalogue does.",
                row=note.row,
            )
            for note in self.notes
            if f"{self.filename}, row {note.row}" not in used
        )

    def _named(self, attribute: Attribute) -> list[int]:
        keys = {loose_key(attribute.value), loose_key(attribute.id)} - {""}
        modality = loose_key(attribute.modality)
        found = [row for key in keys for row in self._by_attribute.get(key, ())]
        return [row for row in found if loose_key(self.notes[row].modality) in ("", modality)]

    @cached_property
    def _by_attribute(self) -> dict[str, list[int]]:
        rows: dict[str, list[int]] = {}
        for row, note in enumerate(self.notes):
            if note.attribute:
                rows.setdefault(loose_key(note.attribute), []).append(row)
        return rows

    @cached_property
    def _mentions(self) -> MentionIndex:
        return MentionIndex(note.words for note in self.notes)


@dataclass(frozen=True, slots=True)
class FactReading:
    """What came of a file: facts unless there are `problems`; `warnings` are for a person to look at."""

    filename: str
    facts: FactFile | None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def read_facts(data: bytes, filename: str) -> FactReading:
    """Read facts from a table (attribute, fact, and modality where a name is not unique) or from Markdown.

    Never raises for what a file may hold, but reports every problem with its row (of a table) or line (of Markdown).
    """
    name = PurePath(filename).name
    try:
        if PurePath(name).suffix.lower() in _MARKDOWN_NAMES:
            notes, problems, warnings = _read_markdown(data)
        else:
            notes, problems, warnings = _read_table_notes(data, name)
    except InvalidInput as error:
        return FactReading(name, None, error.problems)
    for note in notes:
        problems += [_at(problem, note.row) for problem in text_errors(note.text, MAX_FACT_LENGTH)]
        warnings += [_at(problem, note.row) for problem in text_warnings(note.text)]
    if not notes and not problems:
        problems.append(Problem("The file holds no fact.", "Write one fact a row, a bullet or a paragraph."))
    return FactReading(name, None if problems else FactFile(name, tuple(notes)), tuple(problems), tuple(warnings))


def facts_or_error(reading: FactReading) -> FactFile:
    """The facts, or InvalidInput with all the problems that stood in their way."""
    if reading.facts is None:
        raise InvalidInput(f"{reading.filename} holds no usable facts", reading.problems)
    return reading.facts


class _Found(NamedTuple):
    notes: list[Note]
    problems: list[Problem]
    warnings: list[Problem]


def _read_table_notes(data: bytes, name: str) -> _Found:
    table = read_table(data, name, FACT_LIMITS, lambda header: len({plain_name(cell) for cell in header} & {*COLUMNS}))
    column = _columns(table)
    notes, problems = [], list(table.problems)
    for row in table.rows:
        cells = {field: row.cells[position].strip() for field, position in column.items()}
        empty = [field for field in ("attribute", "fact") if not cells[field]]
        problems += [
            Problem(f"The {field} is empty.", "Fill the cell or delete the row.", row.number, field) for field in empty
        ]
        if len(cells["attribute"]) > MAX_VALUE_LENGTH:
            message = (
                f"{shown(cells['attribute'])} is longer than any attribute may be ({MAX_VALUE_LENGTH} characters)."
            )
            problems.append(Problem(message, "Name one attribute.", row.number, "attribute"))
        if not empty:
            notes.append(
                Note(row.number, " ".join(cells["fact"].split()), cells["attribute"], cells.get("modality", ""))
            )
    return _Found(notes, problems, list(table.warnings))


def _columns(table: Table) -> dict[str, int]:
    """Field to position; InvalidInput when a needed column is missing, doubled or unknown."""
    names = [plain_name(cell) for cell in table.header]
    faults = [f"The column {field!r} is missing." for field in ("attribute", "fact") if field not in names]
    faults += [
        f"The column {field!r} occurs {names.count(field)} times." for field in COLUMNS if names.count(field) > 1
    ]
    faults += [
        f"The column {shown(cell)} is not known."
        for cell, name in zip(table.header, names, strict=True)
        if name not in COLUMNS
    ]
    if faults:
        fix = "The columns are attribute, fact and, where a name is not unique, modality."
        raise InvalidInput("The facts", [Problem(fault, fix, table.header_row) for fault in faults])
    return {field: names.index(field) for field in COLUMNS if field in names}


def _read_markdown(data: bytes) -> _Found:
    check_size(data, FACT_LIMITS)
    found = _Found([], [], [])
    for note in _notes(decode(data).splitlines(), found.problems):
        found.notes.append(note)
        if len(found.notes) > FACT_LIMITS.max_rows:
            raise unreadable(f"The file holds more than {FACT_LIMITS.max_rows:,} facts.", "Split it.")
    return found


class _Part(StrEnum):
    """What a line of Markdown begins or continues."""

    HEADING = "heading"
    BULLET = "bullet"
    TEXT = "text"
    GAP = "gap"


class _Block(NamedTuple):
    """Lines that belong together, with the number of the first."""

    part: _Part
    row: int
    lines: list[str]


def _notes(lines: Sequence[str], problems: list[Problem]) -> Iterator[Note]:
    """Bullets and paragraphs below the heading they stand under."""
    heading = ""
    for block in _blocks(_text_lines(lines, problems)):
        text = " ".join(" ".join(block.lines).split())
        if block.part is _Part.HEADING:
            heading = text
        elif text:
            whole = f"{heading}: {text}" if heading else text
            yield Note(block.row, whole, words=whole)


def _blocks(lines: Iterator[tuple[int, str]]) -> Iterator[_Block]:
    """Lines gathered up: one of plain text continues the bullet or paragraph above it."""
    block: _Block | None = None
    for number, line in lines:
        part, text = _taken_apart(line)
        if part is _Part.TEXT and block and block.part is not _Part.HEADING:
            block.lines.append(text)
            continue
        if block:
            yield block
        block = None if part is _Part.GAP else _Block(part, number, [text])
    if block:
        yield block


def _taken_apart(line: str) -> tuple[_Part, str]:
    if not line.strip() or _RULER.match(line):
        return _Part.GAP, ""
    if match := _HEADING.match(line):
        return _Part.HEADING, match[1]
    if match := _BULLET.match(line):
        return _Part.BULLET, match[1]
    return _Part.TEXT, line


def _text_lines(lines: Sequence[str], problems: list[Problem]) -> Iterator[tuple[int, str]]:
    """The lines that can be facts, with their numbers; code and tables become problems, and gaps."""
    is_code = False
    for number, line in enumerate(lines, start=1):
        is_fence = _FENCE.match(line) is not None
        is_table = not is_code and line.lstrip().startswith("|")
        if is_fence and not is_code:
            problems.append(Problem("A block of code is no fact.", "Write it as a paragraph or delete it.", number))
        if is_table:
            problems.append(Problem("A table is not read from Markdown.", "Use bullets, or upload a CSV.", number))
        yield number, "" if is_fence or is_code or is_table else line
        is_code = is_code != is_fence


def _at(problem: Problem, row: int) -> Problem:
    return Problem(problem.message, problem.fix, row, "fact")
