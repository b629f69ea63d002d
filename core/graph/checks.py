"""Controlled correctness: a judge's answers held against a hand-made list of obvious pairs.

`python -m core.graph.checks tune` (or `final`) prints the offline judge's report on the shipped check set.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import InvalidInput, NotFound, Problem
from core.graph.judges.offline import offline_judge
from core.graph.judges.protocol import Judge
from core.graph.model import Outcome, Verdict, VerdictTable
from core.knowledge.files import CsvRow, read_csv

COLUMNS = ("source", "target", "expected", "split", "why")
SPLITS = ("tune", "final")
EXPECTED = {outcome.symbol: outcome for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)}

DATA = Path(__file__).resolve().parents[2] / "data"

VerdictOf = Callable[[int, int], Verdict]  # two catalogue positions -> what was said of the pair


@dataclass(frozen=True, slots=True)
class CheckPair:
    """One pair whose sign is obvious: two catalogue positions, the expected outcome, its split and the reason."""

    source: int
    target: int
    expected: Outcome
    split: str
    why: str


@dataclass(frozen=True, slots=True)
class CheckSet:
    """Check pairs over one catalogue."""

    catalogue: Catalogue
    pairs: tuple[CheckPair, ...]

    def only(self, split: str) -> "CheckSet":
        """The pairs of one split; `NotFound` lists the splits there are."""
        if split not in SPLITS:
            raise NotFound(f"There is no split {split!r}.", f"Choose one of: {', '.join(SPLITS)}.")
        return CheckSet(self.catalogue, tuple(pair for pair in self.pairs if pair.split == split))


class ObviousPair(Protocol):
    """A pair whose outcome is known beforehand."""

    @property
    def expected(self) -> Outcome:
        """What a good judge says of it."""
        ...


P = TypeVar("P", bound=ObviousPair)


@dataclass(frozen=True, slots=True)
class ObviousResult(Generic[P]):
    """An obvious pair and what was said of it."""

    pair: P
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        """Whether the outcome is the expected one."""
        return self.verdict.outcome == self.pair.expected

    @property
    def is_flipped(self) -> bool:
        """Whether + was answered for - or the reverse."""
        return int(self.verdict.outcome) * int(self.pair.expected) == -1

    @property
    def is_unanswered(self) -> bool:
        """Whether there is no answer: the judge did not know, gave none that can be used, or was not asked."""
        return self.verdict.outcome in (Outcome.UNJUDGED, Outcome.UNRESOLVED)


R = TypeVar("R", bound=ObviousResult[Any])


def misses_of(results: Iterable[R]) -> tuple[R, ...]:
    """Every result that is not as expected, flips first."""
    wrong = [result for result in results if not result.is_right]
    return tuple(sorted(wrong, key=lambda result: not result.is_flipped))


@dataclass(frozen=True, slots=True)
class CheckResult(ObviousResult[CheckPair]):
    """A check pair and what was said of it."""


class Tally(NamedTuple):
    """Answers to the pairs of one split and expected outcome; `n_unanswered` counts unjudged and unresolved ones."""

    split: str
    expected: Outcome
    n_pairs: int
    n_right: int
    n_flipped: int
    n_unanswered: int


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All results, in the order of the check set."""

    catalogue: Catalogue
    results: tuple[CheckResult, ...]

    @property
    def flips(self) -> tuple[CheckResult, ...]:
        """Answers of the opposite sign."""
        return tuple(result for result in self.results if result.is_flipped)

    @property
    def misses(self) -> tuple[CheckResult, ...]:
        """Every wrong answer, flips first."""
        return misses_of(self.results)

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """One tally per split and expected outcome that occurs."""
        groups = [(split, expected) for split in SPLITS for expected in EXPECTED.values()]
        tallies = (self._tally(split, expected) for split, expected in groups)
        return tuple(tally for tally in tallies if tally.n_pairs)

    def accuracy(self, split: str, *expected: Outcome) -> float:
        """Share of right answers (0..1) to a split's pairs that expect one of these outcomes; NaN without pairs."""
        tallies = [tally for tally in self.tallies if tally.split == split and tally.expected in expected]
        n_pairs = sum(tally.n_pairs for tally in tallies)
        return sum(tally.n_right for tally in tallies) / n_pairs if n_pairs else float("nan")

    def describe(self, result: CheckResult) -> str:
        """One line about a result: pair, expectation, answer and the answer's reason."""
        ends = [self.catalogue.attributes[end].value for end in (result.pair.source, result.pair.target)]
        asked = f"{ends[0]} / {ends[1]}: expected {result.pair.expected.symbol}, got {result.verdict.outcome.symbol}"
        return f"{asked} ({result.verdict.strength:.2f}). {result.verdict.reason}"

    def _tally(self, split: str, expected: Outcome) -> Tally:
        chosen = [r for r in self.results if r.pair.split == split and r.pair.expected == expected]
        return Tally(
            split=split,
            expected=expected,
            n_pairs=len(chosen),
            n_right=sum(r.is_right for r in chosen),
            n_flipped=sum(r.is_flipped for r in chosen),
            n_unanswered=sum(r.is_unanswered for r in chosen),
        )


def read_check_set(path: Path, catalogue: Catalogue) -> CheckSet:
    """Read a check set CSV, whose ends are values or ids of the catalogue; `InvalidInput` lists every fault by row."""
    problems: list[Problem] = []
    file = read_csv(path, COLUMNS, problems)
    pairs: list[CheckPair] = []
    first_row: dict[frozenset[int], int] = {}
    for row in file.rows if file else ():
        faults = list(_row_faults(row, catalogue))
        if not faults:
            pair = _check_pair(row, catalogue)
            first = first_row.setdefault(frozenset((pair.source, pair.target)), row.number)
            if first != row.number:
                faults = [_fault(row, "target", f"The pair is already in row {first}.", "Keep one of the two rows.")]
            pairs.append(pair)
        problems.extend(faults)
    if problems:
        raise InvalidInput(f"The check set {path.name}", problems)
    return CheckSet(catalogue, tuple(pairs))


def run_checks(check_set: CheckSet, verdict_of: VerdictOf) -> CheckReport:
    """Ask for every pair of the set, once, and report the answers."""
    results = [CheckResult(pair, verdict_of(pair.source, pair.target)) for pair in check_set.pairs]
    return CheckReport(check_set.catalogue, tuple(results))


def verdicts_by_judge(judge: Judge, catalogue: Catalogue) -> VerdictOf:
    """A look-up that asks the judge about one pair at a time."""
    return lambda source, target: judge.verdicts(catalogue.attributes[source], [catalogue.attributes[target]])[0]


def verdicts_by_table(table: VerdictTable) -> VerdictOf:
    """A look-up in the verdicts of a run; a pair that was never asked is unjudged."""
    ends = zip(table.source.tolist(), table.target.tolist(), strict=True)
    position = {pair: index for index, pair in enumerate(ends)}

    def verdict_of(source: int, target: int) -> Verdict:
        index = position.get((min(source, target), max(source, target)))
        if index is None:
            return Verdict(Outcome.UNJUDGED, 0.0, "This pair was not asked.")
        return Verdict(Outcome(int(table.outcome[index])), float(table.strength[index]), table.reason[index])

    return verdict_of


def _row_faults(row: CsvRow, catalogue: Catalogue) -> Iterator[Problem]:
    ends = {column: _positions(row.cells[column], catalogue) for column in ("source", "target")}
    for column, positions in ends.items():
        text = row.cells[column]
        if not positions:
            yield _fault(row, column, f"{text!r} is not in the catalogue.", "Write a value or an id of the catalogue.")
        elif len(positions) > 1:
            yield _fault(row, column, f"{text!r} occurs {len(positions)} times in the catalogue.", "Write the id.")
    if all(len(positions) == 1 for positions in ends.values()):
        source, target = (catalogue.attributes[positions[0]] for positions in ends.values())
        if source.modality == target.modality:
            yield _fault(row, "target", f"Both ends are of modality {source.modality!r}.", "Pair two modalities.")
    if row.cells["expected"] not in EXPECTED:
        yield _fault(row, "expected", f"{row.cells['expected']!r} is not a sign.", f"Write {', '.join(EXPECTED)}.")
    if row.cells["split"] not in SPLITS:
        yield _fault(row, "split", f"{row.cells['split']!r} is no split.", f"Write {' or '.join(SPLITS)}.")


def _check_pair(row: CsvRow, catalogue: Catalogue) -> CheckPair:
    source, target = (_positions(row.cells[column], catalogue)[0] for column in ("source", "target"))
    return CheckPair(source, target, EXPECTED[row.cells["expected"]], row.cells["split"], row.cells["why"])


def _positions(text: str, catalogue: Catalogue) -> tuple[int, ...]:
    if text in catalogue.position_of:
        return (catalogue.position_of[text],)
    return catalogue.positions_by_value.get(text, ())


def _fault(row: CsvRow, column: str, message: str, fix: str) -> Problem:
    return Problem(message, fix, row=row.number, field=column)


def shipped_report(split: str) -> CheckReport:
    """The offline judge's answers to one split of the shipped check set over the large catalogue."""
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "large.csv"))
    checks = read_check_set(DATA / "checks" / "obvious_pairs.csv", catalogue).only(split)
    return run_checks(checks, verdicts_by_judge(offline_judge(), catalogue))


def report_lines(report: CheckReport) -> Iterator[str]:
    """The report as text: flips and other misses first, then one line per expected outcome."""
    yield from (f"{'FLIP' if miss.is_flipped else 'miss'} {report.describe(miss)}" for miss in report.misses)
    for tally in report.tallies:
        share = 100 * tally.n_right / tally.n_pairs
        yield f"{tally.split} {tally.expected.symbol}: {tally.n_right} of {tally.n_pairs} right ({share:.1f} %)"
    yield f"flips: {len(report.flips)}"


if __name__ == "__main__":
    print("\n".join(report_lines(shipped_report(*sys.argv[1:] or ["tune"]))))
