"""Check pairs as people write them: two names, the expected sign, and why; whatever the catalogue."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from core.catalogue.limits import MAX_FACT_LENGTH, MAX_VALUE_LENGTH
from core.catalogue.text_checks import shown, text_errors
from core.errors import InvalidInput, Problem
from core.fingerprint import content_id
from core.graph.model import Outcome

REQUIRED: Final = ("source", "target", "expected")
COLUMNS: Final = (*REQUIRED, "split", "why")
SPLITS: Final = ("tune", "final")
MAX_PAIRS: Final = 5_000  # made by hand, and looked at as a whole on one page
MAX_WHY_LENGTH: Final = MAX_FACT_LENGTH

# Words are what files are written with: a lone + or - does not survive every spreadsheet.
EXPECTED_WORDS: Final = {
    Outcome.POSITIVE: "positive",
    Outcome.NEGATIVE: "negative",
    Outcome.NEUTRAL: "neutral",
}
_EXPECTED_OF: Final[Mapping[str, Outcome]] = {
    **{word: outcome for outcome, word in EXPECTED_WORDS.items()},
    "ambiguous": Outcome.NEUTRAL,
    "+": Outcome.POSITIVE,
    "-": Outcome.NEGATIVE,
    "−": Outcome.NEGATIVE,  # the typographic minus, which the pages show
    "0": Outcome.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class WrittenPair:
    """One check pair by name: each end is an attribute's id, or a value that one attribute alone has.

    `split` is one of `SPLITS` or empty; `row` is its row in the file or table it was read from, and no part of it.
    """

    source: str
    target: str
    expected: Outcome
    split: str = ""
    why: str = ""
    row: int = field(default=0, compare=False)

    @property
    def names(self) -> frozenset[str]:
        """Both ends, in no order."""
        return frozenset((self.source, self.target))


@dataclass(frozen=True, slots=True)
class WrittenSet:
    """Check pairs in the order they were written, no two of the same names."""

    pairs: tuple[WrittenPair, ...]

    @property
    def id(self) -> str:
        """Content id over the pairs and their order."""
        records: list[Any] = [[p.source, p.target, p.expected.symbol, p.split, p.why] for p in self.pairs]
        return content_id("check-set", records)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that occur, in the order of `SPLITS`."""
        found = {pair.split for pair in self.pairs}
        return tuple(split for split in SPLITS if split in found)


class Line(NamedTuple):
    """The texts of one pair by column, with the row that a person sees them in."""

    row: int
    cells: Mapping[str, str]


def written_set(lines: Iterable[Line]) -> WrittenSet:
    """Read a whole set; `InvalidInput` lists every fault of every row."""
    pairs, problems = written_pairs(lines)
    if not pairs and not problems:
        problems = [Problem("There is no pair.", "Write at least one, one a row.")]
    if problems:
        raise InvalidInput("The check set cannot be kept", problems)
    return WrittenSet(pairs)


def written_pairs(lines: Iterable[Line]) -> tuple[tuple[WrittenPair, ...], list[Problem]]:
    """The pairs of all faultless lines, and every fault by row; texts lose the white space around them."""
    pairs: list[WrittenPair] = []
    problems: list[Problem] = []
    for line in lines:
        cells = {column: line.cells.get(column, "").strip() for column in COLUMNS}
        faults = list(_faults(cells, line.row))
        problems.extend(faults)
        if not faults:
            expected = _EXPECTED_OF[cells["expected"].casefold()]
            pairs.append(
                WrittenPair(cells["source"], cells["target"], expected, cells["split"], cells["why"], line.row)
            )
    problems += _repetitions(pairs)
    return tuple(pairs), sorted(problems, key=lambda problem: problem.row or 0)


def _faults(cells: Mapping[str, str], row: int) -> Iterator[Problem]:
    for column in ("source", "target"):
        if not cells[column]:
            yield Problem("The cell is empty.", "Write the value or id of an attribute.", row, column)
        yield from _text_faults(cells[column], MAX_VALUE_LENGTH, row, column)
    if cells["source"] and cells["source"] == cells["target"]:
        yield Problem(f"{shown(cells['source'])} is paired with itself.", "Write two attributes.", row, "target")
    if cells["expected"].casefold() not in _EXPECTED_OF:
        message = f"{shown(cells['expected'])} is not a sign." if cells["expected"] else "The cell is empty."
        yield Problem(message, "Write + (or positive), - (negative) or 0 (neutral, ambiguous).", row, "expected")
    if cells["split"] not in ("", *SPLITS):
        yield Problem(
            f"{shown(cells['split'])} is no split.", f"Write {' or '.join(SPLITS)}, or leave it empty.", row, "split"
        )
    yield from _text_faults(cells["why"], MAX_WHY_LENGTH, row, "why", multiline=True)


def _text_faults(text: str, most: int, row: int, column: str, *, multiline: bool = False) -> Iterator[Problem]:
    for problem in text_errors(text, most, multiline) if text else ():
        yield Problem(problem.message, problem.fix, row, column)


def _repetitions(pairs: Sequence[WrittenPair]) -> Iterator[Problem]:
    first: dict[frozenset[str], WrittenPair] = {}
    for pair in pairs:
        earlier = first.setdefault(pair.names, pair)
        if earlier is not pair:
            yield repetition(pair, earlier)


def repetition(pair: WrittenPair, earlier: WrittenPair) -> Problem:
    """That a pair was written twice, and whether the two rows contradict each other."""
    same = pair.expected == earlier.expected
    how = "" if same else f", with {EXPECTED_WORDS[earlier.expected]} expected"
    return Problem(f"The pair is already in row {earlier.row}{how}.", "Keep one of the two rows.", pair.row, "target")
