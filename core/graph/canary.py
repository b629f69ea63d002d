"""The canary: a handful of obvious pairs asked before a large run, to catch a model or prompt that does not work.

The shipped pairs name well-known brands, people and places with their own modality and type, so they can be asked
whatever the catalogue is. They share two primaries, so they cost two calls. They were chosen to be obvious and with the
offline judge's answers in view: passing shows that a judge works, not how good it is (for that see `checks`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.errors import InvalidInput, Problem, ValenceError
from core.graph.call_plan import PlannedCall
from core.graph.checks.check_file import DATA
from core.graph.checks.obvious import EXPECTED, ObviousResult, misses_of
from core.graph.judges.protocol import Judge
from core.graph.judging import ask_calls
from core.graph.model import Outcome, Verdict
from core.knowledge.files import CsvRow, read_csv
from core.progress import Steps

SHIPPED_CANARY = DATA / "checks" / "canary.csv"
THRESHOLD = 0.8  # share of right answers below which a large run should not start

COLUMNS = (
    "source",
    "source_modality",
    "source_type",
    "target",
    "target_modality",
    "target_type",
    "expected",
    "why",
)


@dataclass(frozen=True, slots=True)
class CanaryPair:
    """One obvious pair: two attributes of its own, the expected outcome and the reason."""

    source: Attribute
    target: Attribute
    expected: Outcome
    why: str


@dataclass(frozen=True, slots=True)
class CanaryResult(ObviousResult[CanaryPair]):
    """A canary pair and what the judge said of it."""

    def __str__(self) -> str:
        names = f"{self.pair.source.value} / {self.pair.target.value}"
        return f"{names}: {self.verdict.outcome.symbol} instead of {self.pair.expected.symbol}"


@dataclass(frozen=True, slots=True)
class CanaryReport:
    """All results, in the order of the pairs; `n_calls`: planned calls that were made.

    `stopped`: why the others were not, or empty.
    """

    judge: str
    results: tuple[CanaryResult, ...]
    n_calls: int
    stopped: str = ""

    @property
    def n_right(self) -> int:
        """Pairs answered as expected."""
        return sum(result.is_right for result in self.results)

    @property
    def n_flipped(self) -> int:
        """Pairs answered with the opposite sign."""
        return sum(result.is_flipped for result in self.results)

    @property
    def n_unanswered(self) -> int:
        """Pairs without an answer."""
        return sum(result.is_unanswered for result in self.results)

    @property
    def share(self) -> float:
        """Share of all pairs answered as expected, 0..1: one without an answer is not right."""
        return self.n_right / len(self.results)

    @property
    def misses(self) -> tuple[CanaryResult, ...]:
        """Every pair not answered as expected, flips first."""
        return misses_of(self.results)


class CanaryFailed(ValenceError):
    """The judge got too many obvious pairs wrong, or could not be asked; `report` holds every answer."""

    def __init__(self, report: CanaryReport, threshold: float) -> None:
        self.report = report
        if report.stopped:
            super().__init__(f"The obvious pairs that check the model could not all be asked. {report.stopped}")
            return
        if report.n_unanswered == len(report.results):
            super().__init__(
                f"None of the {len(report.results)} obvious pairs was answered: {report.results[0].verdict.reason}",
                "Ask again when the provider answers, or choose another model.",
            )
            return
        super().__init__(
            f"{report.judge} answered {report.n_right} of {len(report.results)} obvious pairs rightly "
            f"({report.share:.0%}; {threshold:.0%} are needed): {'; '.join(str(miss) for miss in report.misses)}.",
            "Look at the raw answers, try another model or prompt, or insist to go on all the same.",
        )


def read_canary(path: Path = SHIPPED_CANARY) -> tuple[CanaryPair, ...]:
    """Read canary pairs from a CSV of `COLUMNS`; `InvalidInput` lists every fault by row."""
    problems: list[Problem] = []
    file = read_csv(path, COLUMNS, problems)
    rows = file.rows if file else ()
    problems += _faults(rows)
    if file and not rows:
        problems.append(Problem("There is no pair.", "Write one obvious pair a row."))
    if problems:
        raise InvalidInput(f"The canary {path.name}", problems)
    return tuple(
        CanaryPair(
            _attribute(row, "source"), _attribute(row, "target"), EXPECTED[row.cells["expected"]], row.cells["why"]
        )
        for row in rows
    )


def run_canary(judge: Judge, pairs: Sequence[CanaryPair], n_workers: int = 2) -> Steps[CanaryReport]:
    """Ask all pairs, one call per source, and report; a pair that a reached budget left out counts as unanswered."""
    ends = {end.id: end for pair in pairs for end in (pair.source, pair.target)}
    catalogue = Catalogue(tuple(ends.values()))
    calls = _calls(catalogue, pairs)
    asked = yield from ask_calls(catalogue, calls, judge, n_workers)
    not_asked = Verdict(Outcome.UNJUDGED, 0.0, f"Not asked: {asked.stopped}")
    said = {
        (call.primary, int(target)): verdict
        for call, answer in zip(calls, asked.answers, strict=True)
        for target, verdict in zip(call.targets, answer or [not_asked] * len(call.targets), strict=True)
    }
    results = tuple(CanaryResult(pair, said[_positions(catalogue, pair)]) for pair in pairs)
    return CanaryReport(judge.name, results, sum(answer is not None for answer in asked.answers), asked.stopped)


def require_canary(report: CanaryReport, threshold: float = THRESHOLD, *, insist: bool = False) -> None:
    """Refuse (CanaryFailed, with every miss) to go on below `threshold`, unless the user insists."""
    if report.share < threshold and not insist:
        raise CanaryFailed(report, threshold)


def _calls(catalogue: Catalogue, pairs: Sequence[CanaryPair]) -> list[PlannedCall]:
    """One call per source, with its targets in the order of the pairs."""
    targets: dict[int, list[int]] = {}
    for source, target in (_positions(catalogue, pair) for pair in pairs):
        targets.setdefault(source, []).append(target)
    return [
        PlannedCall(number, source, np.array(targets[source], dtype=np.int32)) for number, source in enumerate(targets)
    ]


def _positions(catalogue: Catalogue, pair: CanaryPair) -> tuple[int, int]:
    return catalogue.position_of[pair.source.id], catalogue.position_of[pair.target.id]


def _faults(rows: Sequence[CsvRow]) -> Iterator[Problem]:
    first_row: dict[frozenset[str], int] = {}
    for row in rows:
        for column in COLUMNS[:-1]:
            if not row.cells[column]:
                yield Problem("The cell is empty.", "Fill it or delete the row.", row.number, column)
        if row.cells["expected"] and row.cells["expected"] not in EXPECTED:
            message = f"{row.cells['expected']!r} is not a sign."
            yield Problem(message, f"Write {', '.join(EXPECTED)}.", row.number, "expected")
        source, target = _attribute(row, "source"), _attribute(row, "target")
        if source.modality == target.modality:
            message = f"Both ends are of modality {source.modality!r}."
            yield Problem(message, "Pair two modalities.", row.number, "target_modality")
        first = first_row.setdefault(frozenset((source.id, target.id)), row.number)
        if first != row.number:
            yield Problem(f"The pair is already in row {first}.", "Keep one of the two rows.", row.number, "target")


def _attribute(row: CsvRow, end: str) -> Attribute:
    value, modality, attribute_type = (row.cells[column] for column in (end, f"{end}_modality", f"{end}_type"))
    return Attribute(f"{modality}: {value}", value, modality, attribute_type)
