"""Check pairs by name to pairs of a catalogue; what the catalogue cannot be asked is listed, with the reason."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from core.catalogue.model import Catalogue
from core.catalogue.nearest import NearestNames
from core.catalogue.text_checks import shown
from core.errors import NotFound, Problem
from core.graph.checks.check_file import read_written_file, unusable
from core.graph.checks.written import SPLITS, WrittenPair, WrittenSet, repetition
from core.graph.model import Outcome

MAX_SUGGESTIONS = 20  # distinct unknown names that are looked up for near ones; the rest are reported without


@dataclass(frozen=True, slots=True)
class CheckPair:
    """One pair whose sign is obvious: two catalogue positions, the expected outcome, its split and the reason.

    `row`: where its set has it.
    """

    source: int
    target: int
    expected: Outcome
    split: str
    why: str
    row: int = 0


class LeftOut(NamedTuple):
    """A pair that a catalogue cannot be asked, and every reason; `is_absent`: the catalogue lacks an attribute of it,
    and nothing else is wrong.
    """

    pair: WrittenPair
    problems: tuple[Problem, ...]
    is_absent: bool


@dataclass(frozen=True, slots=True)
class CheckSet:
    """Check pairs over one catalogue, no pair twice; `left_out`: those of the written set that it cannot be asked."""

    catalogue: Catalogue
    pairs: tuple[CheckPair, ...]
    left_out: tuple[LeftOut, ...] = ()

    def only(self, split: str) -> "CheckSet":
        """The pairs of one split; `NotFound` lists the splits there are."""
        if split not in SPLITS:
            raise NotFound(f"There is no split {split!r}.", f"Choose one of: {', '.join(SPLITS)}.")
        pairs = tuple(pair for pair in self.pairs if pair.split == split)
        return CheckSet(self.catalogue, pairs, tuple(item for item in self.left_out if item.pair.split == split))

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every reason for which a pair was left out, by row."""
        return tuple(problem for item in self.left_out for problem in item.problems)


def resolve(written: WrittenSet, catalogue: Catalogue, *, suggest: bool = False) -> CheckSet:
    """Find both ends of every pair in the catalogue; `suggest` names the nearest known values of an unknown one."""
    names = _Names(catalogue, suggest)
    pairs: list[CheckPair] = []
    left_out: list[LeftOut] = []
    first: dict[tuple[int, int], WrittenPair] = {}
    for pair in written.pairs:
        unknown, wrong = names.faults(pair)
        if not unknown and not wrong:
            source, target = names.position(pair.source), names.position(pair.target)
            earlier = first.setdefault((min(source, target), max(source, target)), pair)
            if earlier is pair:
                pairs.append(CheckPair(source, target, pair.expected, pair.split, pair.why, pair.row))
                continue
            wrong = [repetition(pair, earlier)]  # one by value, one by id
        left_out.append(LeftOut(pair, (*unknown, *wrong), is_absent=not wrong))
    return CheckSet(catalogue, tuple(pairs), tuple(left_out))


def read_check_set(path: Path, catalogue: Catalogue) -> CheckSet:
    """Read a check set file whose every pair the catalogue must hold; `InvalidInput` lists every fault by row."""
    found = resolve(read_written_file(path), catalogue, suggest=True)
    if found.left_out:
        raise unusable(path.name, found.problems)
    return found


def name_in(catalogue: Catalogue, position: int) -> str:
    """How a check set names an attribute of the catalogue: by its value where that says which, else by its id."""
    attribute = catalogue.attributes[position]
    is_plain = len(catalogue.positions_by_value[attribute.value]) == 1 and (
        attribute.value == attribute.id or attribute.value not in catalogue.position_of
    )
    return attribute.value if is_plain else attribute.id


class _Names:
    """Ids, and values that are no id, of one catalogue."""

    def __init__(self, catalogue: Catalogue, suggest: bool) -> None:
        self.catalogue = catalogue
        self._index = NearestNames([*catalogue.positions_by_value, *catalogue.position_of]) if suggest else None
        self._near: dict[str, tuple[str, ...]] = {}

    def position(self, text: str) -> int:
        """Of a name that `faults` found nothing wrong with."""
        return self._positions(text)[0]

    def faults(self, pair: WrittenPair) -> tuple[list[Problem], list[Problem]]:
        """What of the pair the catalogue lacks, and what else is wrong with it."""
        ends = {"source": pair.source, "target": pair.target}
        found = {column: self._positions(text) for column, text in ends.items()}
        unknown = [self._unknown(text, pair.row, column) for column, text in ends.items() if not found[column]]
        wrong = [self._doubtful(text, pair.row, column) for column, text in ends.items() if len(found[column]) > 1]
        if not unknown and not wrong:
            wrong += self._same_modality(found["source"][0], found["target"][0], pair.row)
        return unknown, wrong

    def _positions(self, text: str) -> tuple[int, ...]:
        if text in self.catalogue.position_of:
            return (self.catalogue.position_of[text],)
        return self.catalogue.positions_by_value.get(text, ())

    def _unknown(self, text: str, row: int, column: str) -> Problem:
        if self._index and text not in self._near and len(self._near) < MAX_SUGGESTIONS:
            self._near[text] = self._index.nearest(text)
        near = ", ".join(map(shown, self._near.get(text, ())))
        fix = f"Nearest known: {near}." if near else "Write a value or an id of the catalogue."
        return Problem(f"{shown(text)} is not in the catalogue.", fix, row, column)

    def _doubtful(self, text: str, row: int, column: str) -> Problem:
        positions = self.catalogue.positions_by_value[text]
        ids = ", ".join(shown(self.catalogue.attributes[i].id) for i in positions)
        message = f"{shown(text)} is the value of {len(positions)} attributes of the catalogue."
        return Problem(message, f"Write one of their ids: {ids}.", row, column)

    def _same_modality(self, source: int, target: int, row: int) -> Iterator[Problem]:
        one, other = self.catalogue.attributes[source], self.catalogue.attributes[target]
        if one.modality == other.modality:
            message = f"Both attributes are of modality {shown(one.modality)}; such pairs are never asked."
            yield Problem(message, "Pair two modalities.", row, "target")
