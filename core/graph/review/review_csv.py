"""Reviews as a table for experts who work in a spreadsheet: written with what is known of each pair, and read back."""

from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from core.catalogue.cells import escaped, restored
from core.catalogue.columns import plain_name
from core.catalogue.limits import TableLimits
from core.catalogue.model import Catalogue
from core.catalogue.nearest import NearestNames
from core.catalogue.table_model import Row, Table
from core.catalogue.tables import read_table
from core.catalogue.text_checks import shown
from core.catalogue.writing import csv_bytes
from core.errors import InvalidInput, Problem
from core.graph.model import Outcome
from core.store.review_log import MAX_NOTE_LENGTH, Decision, reviewer_faults

COLUMNS = (
    *("source", "source_value", "target", "target_value", "graph"),
    *("judge_sign", "strength", "reason", "decision", "note", "reviewer"),
)
NEEDED = ("source", "target", "graph", "decision")
REVIEW_LIMITS = TableLimits(max_bytes=512_000_000, max_rows=1_000_000, rows_are="reviews")

_WORDS = {  # a lone sign may be taken for the start of a formula, so decisions are written out
    Decision.POSITIVE: "positive",
    Decision.NEGATIVE: "negative",
    Decision.NEUTRAL: "neutral",
    Decision.SKIP: "skip",
}
_DECISIONS: Mapping[str, Decision] = {
    **{word: decision for decision, word in _WORDS.items()},
    **dict.fromkeys(("+", "+1", "1"), Decision.POSITIVE),
    **dict.fromkeys(("-", "-1", "−", "−1"), Decision.NEGATIVE),
    "0": Decision.NEUTRAL,
}
_DECIDE = f"Write {', '.join(_WORDS.values())}, or +, - or 0, or leave the cell empty."


class ReviewLine(NamedTuple):
    """One line to write: catalogue positions, what the judge says (`strength` NaN where unknown), and what a reviewer
    decided; `decision` None where nobody has.
    """

    source: int
    target: int
    judged: Outcome
    strength: float
    reason: str
    decision: Decision | None = None
    note: str = ""
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class DecidedLine:
    """One line of a read table that holds a decision: its row, attribute ids in the order of the catalogue, and what
    was decided; `note` is None without a column of notes, `reviewer` empty where the line names nobody.
    """

    row: int
    source: str
    target: str
    decision: Decision
    note: str | None
    reviewer: str


@dataclass(frozen=True, slots=True)
class ReviewTable:
    """What a read table holds: its decided lines, how many lines there are, and what is odd about it."""

    decided: tuple[DecidedLine, ...]
    n_lines: int
    warnings: tuple[Problem, ...]


def write_review_csv(
    catalogue: Catalogue, graph_id: str, lines: Iterable[ReviewLine], *, is_blind: bool = False
) -> bytes:
    """UTF-8 CSV with a byte order mark, which spreadsheets need to read it as such; no cell is taken for a formula.

    `is_blind`: what the judge said is left empty.
    """
    return BOM_UTF8 + csv_bytes(COLUMNS, (_cells(catalogue, graph_id, line, is_blind) for line in lines))


def read_review_csv(data: bytes, filename: str, catalogue: Catalogue, graph_id: str) -> ReviewTable:
    """Read what `write_review_csv` wrote and a person filled in, as CSV, TSV or XLSX, rows in any order.

    Lines without a decision are counted only. `InvalidInput` lists every problem and its row (header 1): an unknown
    attribute, two of one modality, a decision that is none, one pair decided twice by one reviewer, another graph.
    """
    table = read_table(data, filename, REVIEW_LIMITS, lambda header: len(_places(header)))
    faults = [*_missing_columns(table), *_repeated_columns(table)]
    if faults:
        raise InvalidInput("The reviews cannot be read", [*faults, *table.problems])
    sheet = _Sheet(table, catalogue, graph_id)
    problems = [*table.problems, *sheet.problems]
    if problems:
        raise InvalidInput("The reviews cannot be read", sorted(problems, key=lambda problem: problem.row or 0))
    return ReviewTable(tuple(sheet.decided), len(table.rows), (*table.warnings, *sheet.warnings))


def _cells(catalogue: Catalogue, graph_id: str, line: ReviewLine, is_blind: bool) -> tuple[str, ...]:
    source, target = catalogue.attributes[line.source], catalogue.attributes[line.target]
    strength = f"{line.strength:.4g}" if line.strength >= 0 else ""
    judged = ("", "", "") if is_blind else (line.judged.name.lower(), strength, line.reason)
    decision = "" if line.decision is None else _WORDS[line.decision]
    ends = (source.id, source.value, target.id, target.value)
    return tuple(map(escaped, (*ends, graph_id, *judged, decision, line.note, line.reviewer)))


def _places(header: Sequence[str]) -> dict[str, int]:
    """Where each known column stands; the first of equal names."""
    names = [plain_name(name) for name in header]
    return {name: names.index(plain_name(name)) for name in COLUMNS if plain_name(name) in names}


def _missing_columns(table: Table) -> Iterator[Problem]:
    places, listed = _places(table.header), ", ".join(map(shown, table.header[:12]))
    for name in NEEDED:
        if name not in places:
            message = f"There is no column {name!r}; the columns are {listed}."
            yield Problem(message, "Export the reviews again and fill in that file.", table.header_row, name)


def _repeated_columns(table: Table) -> Iterator[Problem]:
    """Two columns of decisions, or of anything else that is read, could contradict each other in every row."""
    places = _places(table.header)
    known = {plain_name(name): name for name in places}
    for place, name in enumerate(table.header):
        read = known.get(plain_name(name))
        if read is not None and places[read] != place:
            message = f"The column {shown(name)} is there again, after column {places[read] + 1}."
            yield Problem(message, "Keep one of the two.", table.header_row, name)


class _Sheet:
    """The rows of a table, checked one by one and against each other."""

    def __init__(self, table: Table, catalogue: Catalogue, graph_id: str) -> None:
        self.catalogue = catalogue
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = list(_unread_columns(table))
        self.decided: list[DecidedLine] = []
        self._graph_id = graph_id
        self._places = _places(table.header)
        self._rows_by_graph: dict[str, list[int]] = {}
        self._first: dict[tuple[str, str, str], DecidedLine] = {}
        for row in table.rows:
            self._read(row)
        self.problems += _other_graphs(self._rows_by_graph, graph_id)

    def _read(self, row: Row) -> None:
        """A line without a decision may be as old or odd as it likes; a note on it must not be lost unsaid."""
        word = self._cell(row, "decision").strip()
        if not word:
            if self._cell(row, "note").strip():
                self._fault(row, "note", "There is a note but no decision.", f"{_DECIDE} Then take the note away.")
            return
        n_problems = len(self.problems)
        decision = _DECISIONS.get(word.casefold())
        if decision is None:
            self._fault(row, "decision", f"{shown(word)} is no decision.", _DECIDE)
        ends = [self._position(row, name) for name in ("source", "target")]
        note, reviewer = self._cell(row, "note"), self._cell(row, "reviewer")
        self._check_person(row, note, reviewer)
        graph = self._cell(row, "graph").strip()
        if graph != self._graph_id:
            self._rows_by_graph.setdefault(graph, []).append(row.number)
        source, target = ends
        if source is None or target is None or not self._is_pair(row, source, target):
            return
        if len(self.problems) > n_problems or decision is None:
            return
        low, high = (self.catalogue.attributes[end].id for end in sorted((source, target)))
        kept_note = note if "note" in self._places else None
        self._keep(DecidedLine(row.number, low, high, decision, kept_note, reviewer))

    def _keep(self, line: DecidedLine) -> None:
        first = self._first.setdefault((line.source, line.target, line.reviewer), line)
        if first is line:
            self.decided.append(line)
            return
        how = "as it is here" if first.decision is line.decision else f"as {_WORDS[first.decision]}"
        who = f" by {shown(line.reviewer)}" if line.reviewer else ""
        message = f"Row {first.row} already decides this pair{who}, {how}."
        self.problems.append(Problem(message, "Keep one of the two rows.", line.row, "decision"))

    def _position(self, row: Row, name: str) -> int | None:
        """The attribute that a cell names, by its id or by a value that only one has."""
        text = self._cell(row, name)
        position = self.catalogue.position_of.get(text)
        if position is None:
            named = self.catalogue.positions_by_value.get(text, ())
            if len(named) != 1:
                self._fault(row, name, *self._unknown(text, len(named)))
                return None
            position = named[0]
        self._check_value(row, name, position)
        return position

    def _unknown(self, text: str, n_named: int) -> tuple[str, str]:
        if n_named:
            return f"{shown(text)} is the value of {n_named} attributes.", "Write the id of the one you mean."
        if not text:
            return "The cell is empty.", "Write the id of an attribute."
        near = ", ".join(map(shown, self._nearest.nearest(text)))
        fix = f"Nearest known: {near}." if near else "Write the id of one of its attributes."
        return f"{shown(text)} is no id or value of the catalogue.", fix

    @cached_property
    def _nearest(self) -> NearestNames:
        return NearestNames([*self.catalogue.position_of, *self.catalogue.positions_by_value])

    def _check_value(self, row: Row, name: str, position: int) -> None:
        """The value beside an id shows whether columns were sorted apart, the one slip that would swap decisions."""
        value, right = self._cell(row, f"{name}_value"), self.catalogue.attributes[position].value
        if value in ("", right):
            return
        message = f"The value is {shown(value)}, but {shown(self._cell(row, name))} is {shown(right)}."
        if value in self.catalogue.positions_by_value:
            self._fault(row, f"{name}_value", message, "Were the columns sorted apart? Export again and fill that in.")
        else:
            self.warnings.append(Problem(message, "The id was taken.", row.number, f"{name}_value"))

    def _is_pair(self, row: Row, source: int, target: int) -> bool:
        one, other = self.catalogue.attributes[source], self.catalogue.attributes[target]
        if one.modality != other.modality:
            return True
        message = f"{shown(one.id)} and {shown(other.id)} are both of modality {shown(one.modality)}."
        self._fault(row, "target", message, "Delete the row: a pair is of two modalities.")
        return False

    def _check_person(self, row: Row, note: str, reviewer: str) -> None:
        for message, fix in reviewer_faults(reviewer) if reviewer else ():
            self._fault(row, "reviewer", message, fix)
        if len(note) > MAX_NOTE_LENGTH:
            message = f"The note has {len(note):,} characters; at most {MAX_NOTE_LENGTH:,} are kept."
            self._fault(row, "note", message, "Shorten it.")

    def _cell(self, row: Row, name: str) -> str:
        return restored(row.cells[self._places[name]]) if name in self._places else ""

    def _fault(self, row: Row, field: str, message: str, fix: str) -> None:
        self.problems.append(Problem(message, fix, row.number, field))


def _unread_columns(table: Table) -> Iterator[Problem]:
    known = _places(table.header).values()
    for place, name in enumerate(table.header):
        if place not in known:
            yield Problem(f"The column {shown(name)} is not read.", "", table.header_row, name)


def _other_graphs(rows_by_graph: Mapping[str, Sequence[int]], graph_id: str) -> Iterator[Problem]:
    """One problem per graph named, since a whole file is usually of one."""
    for graph, rows in rows_by_graph.items():
        count = f"{len(rows):,} decided rows are" if len(rows) > 1 else "This row is"
        of = f"of the graph {shown(graph)}" if graph else "of no graph"
        message = f"{count} {of}, not of {graph_id!r}."
        yield Problem(message, "Import it into that graph, or export this one and fill that in.", rows[0], "graph")
