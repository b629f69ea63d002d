"""Edges CSV (`source,target,rel,sign`) to a signed graph and back."""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from core.catalogue.columns import plain_name
from core.catalogue.decoding import decode
from core.catalogue.delimited import read_delimited
from core.catalogue.limits import TableLimits
from core.catalogue.model import Catalogue
from core.catalogue.nearest import NearestNames
from core.catalogue.table_model import Table
from core.catalogue.tables import check_size
from core.catalogue.text_checks import shown
from core.catalogue.writing import csv_bytes
from core.errors import InvalidInput, Problem
from core.graph.model import Sign, SignedGraph, signed_graph

COLUMNS = ("source", "target", "rel", "sign")
EDGE_LIMITS = TableLimits(max_bytes=512_000_000, max_rows=5_000_000, rows_are="edges")
MAX_SUGGESTIONS = 20  # distinct unknown names that are looked up for near ones; the rest are reported without

_SIGN_OF = {"+": int(Sign.POSITIVE), "-": int(Sign.NEGATIVE)}
_UNKNOWN, _AMBIGUOUS = -1, -2  # instead of a catalogue position
_NOT_SIGNS: Mapping[str, str] = {
    "": "The cell is empty",
    "0": "'0' is no sign: neutral pairs are left out of an edges file",
}


def edge_rel(source_modality: str, target_modality: str) -> str:
    """The `rel` of an edge written in this direction: `audience_to_brand`."""
    return f"{source_modality}_to_{target_modality}"


def write_edges(graph: SignedGraph) -> bytes:
    """UTF-8 CSV of ids in the graph's order; the source is the end whose modality comes first in the alphabet."""
    attributes = graph.catalogue.attributes
    symbols = {int(sign): sign.symbol for sign in Sign}
    rows = []
    for i, j, sign in zip(graph.source.tolist(), graph.target.tolist(), graph.sign.tolist(), strict=True):
        source, target = sorted((attributes[i], attributes[j]), key=lambda a: a.modality)
        rows.append((source.id, target.id, edge_rel(source.modality, target.modality), symbols[sign]))
    return csv_bytes(COLUMNS, rows)


def read_edges(data: bytes, catalogue: Catalogue, *, allow_empty: bool = False) -> SignedGraph:
    """Read edges between attributes of the catalogue, named by id or by a value that only one attribute has.

    Raises InvalidInput with every problem of the file and its row (header 1). A file without edges is refused as well,
    unless `allow_empty` says that a graph without edges is meant.
    """
    check_size(data, EDGE_LIMITS)
    table = read_delimited(decode(data), EDGE_LIMITS, lambda header: len(_positions(header)))
    column_problems = list(_column_problems(table))
    if column_problems:
        raise InvalidInput("The edges cannot be read", [*column_problems, *table.problems])
    edges = _EdgeFile(table, catalogue)
    problems = [*table.problems, *edges.problems()]
    if not table.rows and not problems and not allow_empty:
        problems.append(Problem("There is a header but no edge below it.", "Add the edges, one per row."))
    if problems:
        raise InvalidInput("The edges cannot be read", sorted(problems, key=lambda problem: problem.row or 0))
    signs = np.array([_SIGN_OF[sign] for sign in edges.signs], dtype=np.int8)
    return signed_graph(catalogue, np.array(edges.sources, np.int32), np.array(edges.targets, np.int32), signs)


def _positions(header: Sequence[str]) -> dict[str, int]:
    """Where each known column stands; the first of equal names."""
    names = [plain_name(name) for name in header]
    return {name: names.index(name) for name in COLUMNS if name in names}


def _column_problems(table: Table) -> Iterator[Problem]:
    positions = _positions(table.header)
    listed = ", ".join(map(shown, table.header[:10]))
    for name in COLUMNS:
        if name not in positions:
            fix = f"The columns must be {', '.join(COLUMNS)}."
            yield Problem(f"There is no column {name!r}; the columns are {listed}.", fix, table.header_row, name)
    for i, name in enumerate(table.header):
        if i not in positions.values():
            fix = "Delete it: an edge is only its two ends, rel and sign."
            yield Problem(f"The column {shown(name)} is none of an edges file.", fix, table.header_row, name)


class _Names:
    """Texts that name an attribute: every id, and every value that is no id and belongs to one attribute."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.position = {
            value: found[0] if len(found) == 1 else _AMBIGUOUS for value, found in catalogue.positions_by_value.items()
        }
        self.position.update(catalogue.position_of)
        self._suggestions: dict[str, tuple[str, ...]] = {}

    @cached_property
    def _index(self) -> NearestNames:
        return NearestNames(self.position)

    def problem(self, text: str, row: int, field: str) -> Problem:
        """Why a text names no single attribute, and which names it may have meant."""
        if not text:
            return Problem("The cell is empty.", "Write the id or value of an attribute.", row, field)
        if text in self.position:
            found = self.catalogue.positions_by_value[text]
            ids = ", ".join(shown(self.catalogue.attributes[i].id) for i in found)
            return Problem(
                f"{shown(text)} is the value of {len(found)} attributes.", f"Write one of their ids: {ids}.", row, field
            )
        near = ", ".join(map(shown, self._near(text)))
        fix = f"Nearest known: {near}." if near else "Write the id or value of one of its attributes."
        return Problem(f"{shown(text)} is no id or value of the catalogue.", fix, row, field)

    def _near(self, text: str) -> tuple[str, ...]:
        if text not in self._suggestions and len(self._suggestions) < MAX_SUGGESTIONS:
            self._suggestions[text] = self._index.nearest(text)
        return self._suggestions.get(text, ())


class _EdgeFile:
    """The columns of an edges table, with the ends as catalogue positions (negative where a text names none)."""

    def __init__(self, table: Table, catalogue: Catalogue) -> None:
        positions = _positions(table.header)
        self.catalogue = catalogue
        self.rows = [row.number for row in table.rows]
        self.source_texts, self.target_texts, self.rels, self.signs = (
            [row.cells[positions[name]] for row in table.rows] for name in COLUMNS
        )
        self.names = _Names(catalogue)
        self.sources = [self.names.position.get(text, _UNKNOWN) for text in self.source_texts]
        self.targets = [self.names.position.get(text, _UNKNOWN) for text in self.target_texts]

    def problems(self) -> Iterator[Problem]:
        """Everything wrong with single edges and with pairs of them."""
        yield from self._unknown_ends("source", self.source_texts, self.sources)
        yield from self._unknown_ends("target", self.target_texts, self.targets)
        yield from (_sign_problem(s, row) for s, row in zip(self.signs, self.rows, strict=True) if s not in _SIGN_OF)
        yield from self._impossible_pairs()
        yield from self._wrong_rels()
        yield from self._repeated_pairs()

    def _unknown_ends(self, field: str, texts: Sequence[str], ends: Sequence[int]) -> Iterator[Problem]:
        for text, end, row in zip(texts, ends, self.rows, strict=True):
            if end < 0:
                yield self.names.problem(text, row, field)

    def _pairs(self) -> Iterator[tuple[int, int, int]]:
        """Index in the file, source and target of every row whose ends are both known."""
        for i, (source, target) in enumerate(zip(self.sources, self.targets, strict=True)):
            if source >= 0 and target >= 0:
                yield i, source, target

    def _impossible_pairs(self) -> Iterator[Problem]:
        attributes = self.catalogue.attributes
        for i, source, target in self._pairs():
            one, other = attributes[source], attributes[target]
            if source == target:
                yield Problem(f"{shown(one.id)} is joined to itself.", "Delete the row.", self.rows[i])
            elif one.modality == other.modality:
                message = f"{shown(one.id)} and {shown(other.id)} are both of modality {shown(one.modality)}"
                yield Problem(f"{message}; edges join different modalities.", "Delete the row.", self.rows[i])

    def _wrong_rels(self) -> Iterator[Problem]:
        attributes = self.catalogue.attributes
        for i, source, target in self._pairs():
            one, other = attributes[source].modality, attributes[target].modality
            if one != other and self.rels[i] != edge_rel(one, other):
                yield _rel_problem(self.rels[i], one, other, self.rows[i])

    def _repeated_pairs(self) -> Iterator[Problem]:
        first: dict[tuple[int, int], int] = {}
        for i, source, target in self._pairs():
            j = first.setdefault((source, target) if source < target else (target, source), i)
            if i != j and source != target:
                yield self._repetition(i, j)

    def _repetition(self, i: int, j: int) -> Problem:
        signs = (self.signs[i], self.signs[j])
        how = "the same" if signs[0] == signs[1] else "the opposite" if {*signs} == {*_SIGN_OF} else "another"
        turned = "" if self.sources[i] == self.sources[j] else ", in the other direction"
        pair = f"{shown(self.source_texts[i])} and {shown(self.target_texts[i])}"
        message = f"Row {self.rows[j]} already joins {pair} with {how} sign ({shown(signs[1])}){turned}."
        return Problem(message, "Keep one of the two rows.", self.rows[i])


def _rel_problem(rel: str, source_modality: str, target_modality: str, row: int) -> Problem:
    right = edge_rel(source_modality, target_modality)
    if rel == edge_rel(target_modality, source_modality):
        message = f"{shown(rel)} is the wrong way round for a source of modality {shown(source_modality)}."
    else:
        ends = f"from {shown(source_modality)} to {shown(target_modality)}"
        message = f"{shown(rel)} does not fit an edge {ends}." if rel else "The cell is empty."
    return Problem(message, f"Write {shown(right)}.", row, "rel")


def _sign_problem(sign: str, row: int) -> Problem:
    reason = _NOT_SIGNS.get(sign)
    if reason is None and len(sign) == 1 and not sign.isascii():
        reason = f"{shown(sign)} is U+{ord(sign):04X} {unicodedata.name(sign, 'without a name')}, no sign"
    if reason is None:
        reason = f"{shown(sign)} is no sign"
    return Problem(f"{reason}.", "Write + or - (the plain hyphen of the keyboard, U+002D).", row, "sign")
