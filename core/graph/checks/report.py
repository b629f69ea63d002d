"""How answers compare with a check set: counts, accuracy with its interval, and every pair that went wrong."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from core.catalogue.model import Attribute, Catalogue
from core.graph.checks.answers import VerdictOf
from core.graph.checks.obvious import EXPECTED, ObviousResult, misses_of
from core.graph.checks.resolve import CheckPair, CheckSet, LeftOut
from core.graph.checks.written import SPLITS
from core.graph.intervals import Interval, wilson
from core.graph.model import Outcome


@dataclass(frozen=True, slots=True)
class CheckResult(ObviousResult[CheckPair]):
    """A check pair and what was said of it."""


class Tally(NamedTuple):
    """Answers to some check pairs; `n_right + n_flipped + n_missed + n_unanswered` make `n_pairs`."""

    n_pairs: int
    n_right: int
    n_flipped: int
    n_missed: int
    n_unanswered: int

    @property
    def n_answered(self) -> int:
        """Pairs with an answer, right or wrong."""
        return self.n_pairs - self.n_unanswered

    @property
    def accuracy(self) -> Interval:
        """Share of right answers among the answers (0..1) with its 95 % interval (Wilson); NaN without an answer."""
        return wilson(self.n_right, self.n_answered)

    @property
    def share_right(self) -> float:
        """Share of right answers among all pairs (0..1), those without an answer included; NaN without a pair."""
        return self.n_right / self.n_pairs if self.n_pairs else float("nan")


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All results, in the order of the check set; `left_out`: pairs that the catalogue could not be asked."""

    catalogue: Catalogue
    results: tuple[CheckResult, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def flips(self) -> tuple[CheckResult, ...]:
        """Answers of the opposite sign."""
        return tuple(result for result in self.results if result.is_flipped)

    @property
    def missed(self) -> tuple[CheckResult, ...]:
        """Wrong answers that are no flips: a sign where none is, or none where one is."""
        return tuple(result for result in self.results if result.is_missed)

    @property
    def unanswered(self) -> tuple[CheckResult, ...]:
        """Pairs without an answer."""
        return tuple(result for result in self.results if result.is_unanswered)

    @property
    def right(self) -> tuple[CheckResult, ...]:
        """Pairs answered as expected."""
        return tuple(result for result in self.results if result.is_right)

    @property
    def misses(self) -> tuple[CheckResult, ...]:
        """Every pair not answered as expected, flips first."""
        return misses_of(self.results)

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that occur among the results."""
        found = {result.pair.split for result in self.results}
        return tuple(split for split in SPLITS if split in found)

    def tally(self, *expected: Outcome, split: str | None = None) -> Tally:
        """Counts of the pairs that expect one of these outcomes, any without one named; of one split, or of all."""
        return tally_of(
            result
            for result in self.results
            if (not expected or result.pair.expected in expected) and split in (None, result.pair.split)
        )

    def accuracy(self, split: str, *expected: Outcome) -> float:
        """Share of right answers (0..1) to a split's pairs that expect one of these outcomes; NaN without pairs."""
        return self.tally(*expected, split=split).share_right

    def ends(self, result: CheckResult) -> tuple[Attribute, Attribute]:
        """Both attributes of a result's pair."""
        return self.catalogue.attributes[result.pair.source], self.catalogue.attributes[result.pair.target]

    def describe(self, result: CheckResult) -> str:
        """One line about a result: pair, expectation, answer and the answer's reason."""
        source, target = self.ends(result)
        verdict = result.verdict
        asked = f"{source.value} / {target.value}: expected {result.pair.expected.symbol}, got {verdict.outcome.symbol}"
        strength = "" if verdict.strength != verdict.strength else f" ({verdict.strength:.2f})"
        return f"{asked}{strength}. {verdict.reason}"


def run_checks(check_set: CheckSet, verdict_of: VerdictOf) -> CheckReport:
    """Ask for every pair of the set, once, and report the answers."""
    results = [CheckResult(pair, verdict_of(pair.source, pair.target)) for pair in check_set.pairs]
    return CheckReport(check_set.catalogue, tuple(results), check_set.left_out)


def tally_of(results: Iterable[CheckResult]) -> Tally:
    """Count results by what became of them."""
    chosen = list(results)
    return Tally(
        n_pairs=len(chosen),
        n_right=sum(result.is_right for result in chosen),
        n_flipped=sum(result.is_flipped for result in chosen),
        n_missed=sum(result.is_missed for result in chosen),
        n_unanswered=sum(result.is_unanswered for result in chosen),
    )


def expected_tallies(report: CheckReport) -> dict[Outcome, Tally]:
    """Counts by expected outcome, +, - and neutral in this order, those that occur."""
    tallies = {outcome: report.tally(outcome) for outcome in EXPECTED.values()}
    return {outcome: tally for outcome, tally in tallies.items() if tally.n_pairs}
