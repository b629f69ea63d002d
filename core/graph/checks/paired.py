"""Two graphs held against one check set: which pairs each gets right, and whether the difference could be chance."""

from dataclasses import dataclass
from math import comb
from typing import NamedTuple

from core.graph.checks.report import CheckReport, CheckResult


class PairedResult(NamedTuple):
    """One check pair and what each graph said of it."""

    a: CheckResult
    b: CheckResult


@dataclass(frozen=True, slots=True)
class PairedReport:
    """Graphs a and b over the pairs that both answered; `incomparable`: rows of the set that one of them did not.

    `only_a`, `only_b`: pairs that one alone got right; `other_mistakes`: both wrong, each in its own way.
    """

    both_right: tuple[PairedResult, ...]
    only_a: tuple[PairedResult, ...]
    only_b: tuple[PairedResult, ...]
    same_mistakes: tuple[PairedResult, ...]
    other_mistakes: tuple[PairedResult, ...]
    incomparable: tuple[int, ...]

    @property
    def n_pairs(self) -> int:
        """Pairs that both answered."""
        groups = (self.both_right, self.only_a, self.only_b, self.same_mistakes, self.other_mistakes)
        return sum(map(len, groups))

    @property
    def chance(self) -> float:
        """How often two equally good graphs would differ at least as much (0..1), the two-sided exact McNemar test.

        The binomial test of `only_a` against `only_b` at one half; 1 where neither is ahead.
        """
        n = len(self.only_a) + len(self.only_b)
        least = min(len(self.only_a), len(self.only_b))
        tail = sum(comb(n, k) for k in range(least + 1))
        return min(1.0, 2 * tail / (1 << n))


def compare_reports(a: CheckReport, b: CheckReport) -> PairedReport:
    """Put two reports on the same written set side by side, row by row; their catalogues may differ."""
    results_a, results_b = ({result.pair.row: result for result in report.results} for report in (a, b))
    groups: dict[str, list[PairedResult]] = {
        name: [] for name in ("both_right", "only_a", "only_b", "same_mistakes", "other_mistakes")
    }
    incomparable = [*(results_a.keys() ^ results_b.keys())]
    for row, result in results_a.items():
        other = results_b.get(row)
        if other is None:
            continue
        if result.is_unanswered or other.is_unanswered:
            incomparable.append(row)
        else:
            groups[_group(result, other)].append(PairedResult(result, other))
    both_lack = {item.pair.row for item in a.left_out} & {item.pair.row for item in b.left_out}
    return PairedReport(
        **{name: tuple(results) for name, results in groups.items()},
        incomparable=tuple(sorted({*incomparable, *both_lack})),
    )


def _group(a: CheckResult, b: CheckResult) -> str:
    if a.is_right or b.is_right:
        return "both_right" if a.is_right and b.is_right else "only_a" if a.is_right else "only_b"
    return "same_mistakes" if a.verdict.outcome == b.verdict.outcome else "other_mistakes"
