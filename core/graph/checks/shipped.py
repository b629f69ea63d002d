"""The shipped check set, and how the offline judge does on it."""

from collections.abc import Iterator

from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.graph.checks.answers import verdicts_by_judge
from core.graph.checks.check_file import DATA, SHIPPED_CHECKS
from core.graph.checks.obvious import EXPECTED
from core.graph.checks.report import CheckReport, run_checks
from core.graph.checks.resolve import read_check_set
from core.graph.judges.offline import offline_judge


def shipped_report(split: str) -> CheckReport:
    """The offline judge's answers to one split of the shipped check set over the large catalogue."""
    catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "large.csv"))
    checks = read_check_set(SHIPPED_CHECKS, catalogue).only(split)
    return run_checks(checks, verdicts_by_judge(offline_judge(), catalogue))


def report_lines(report: CheckReport) -> Iterator[str]:
    """The report as text: flips and other misses first, then one line per split and expected outcome."""
    yield from (f"{'FLIP' if miss.is_flipped else 'miss'} {report.describe(miss)}" for miss in report.misses)
    for split in report.splits:
        for symbol, expected in EXPECTED.items():
            tally = report.tally(expected, split=split)
            if tally.n_pairs:
                right = f"{tally.n_right} of {tally.n_pairs} right ({100 * tally.share_right:.1f} %)"
                yield f"{split} {symbol}: {right}"
    yield f"flips: {len(report.flips)}"
