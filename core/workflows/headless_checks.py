"""An edges file held against a check set file, without a workspace: `valence graph check`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from core.errors import InvalidInput
from core.fingerprint import digest
from core.graph.checks.answers import verdicts_by_answers
from core.graph.checks.check_file import read_written_file
from core.graph.checks.obvious import EXPECTED
from core.graph.checks.report import CheckReport, CheckResult, Tally, run_checks
from core.graph.checks.resolve import LeftOut, resolve
from core.graph.edges_csv import read_edges
from core.workflows.headless import Report, catalogue_file, read_file, verdicts_beside
from core.workflows.records import record


def check_graph_file(
    edges_path: Path, catalogue_path: Path, checks_path: Path, *, absent_is_neutral: bool = False
) -> Report:
    """Hold a graph against a check set; the verdict file beside the edges is used where there is one.

    `InvalidInput` lists every fault of the three files by row. Pairs that the catalogue cannot be asked are no
    fault of the set, which may have been made for another one: they are listed under `left_out`, unless all are.
    """
    catalogue = catalogue_file(catalogue_path)
    data = read_file(edges_path)
    graph = read_edges(data, catalogue, allow_empty=True)
    check_set = resolve(read_written_file(checks_path), catalogue)
    if not check_set.pairs:
        raise InvalidInput(f"{checks_path.name} has no pair that this catalogue can be asked", check_set.problems)
    verdicts, note = verdicts_beside(edges_path, catalogue, digest(data))
    bare = verdicts is None
    answers = graph if verdicts is None else verdicts
    verdict_of = verdicts_by_answers(answers, is_bare=bare, absent_is_neutral=absent_is_neutral)
    report = check_report_record(run_checks(check_set, verdict_of))
    return {**report, **({"note": note} if bare and not absent_is_neutral else {})}


def check_report_record(report: CheckReport) -> Report:
    """A check report as JSON data: counts and accuracy overall, by expected sign and by split, then every pair that
    was not answered as expected, flips first.
    """
    return {
        **tally_record(report.tally()),
        "by_expected": {symbol: tally_record(report.tally(outcome)) for symbol, outcome in EXPECTED.items()},
        "by_split": {split: tally_record(report.tally(split=split)) for split in report.splits},
        "flips": _records(report, report.flips),
        "misses": _records(report, report.missed),
        "unanswered": _records(report, report.unanswered),
        "n_left_out": len(report.left_out),
        "left_out": [_left_out(item) for item in report.left_out],
    }


def tally_record(tally: Tally) -> dict[str, Any]:
    """Counts; `accuracy` is the share of right answers among the answers, null without one; the interval is 95 %."""
    accuracy = tally.accuracy
    return {
        **record(tally),
        "n_answered": tally.n_answered,
        "accuracy": record(accuracy.estimate),
        "accuracy_interval": [accuracy.low, accuracy.high],
    }


def _records(report: CheckReport, results: Iterable[CheckResult]) -> list[dict[str, Any]]:
    return [_result(report, result) for result in results]


def _result(report: CheckReport, result: CheckResult) -> dict[str, Any]:
    source, target = report.ends(result)
    return {
        "row": result.pair.row,
        "source": source.id,
        "source_value": source.value,
        "target": target.id,
        "target_value": target.value,
        "expected": result.pair.expected.symbol,
        "answer": result.verdict.outcome.symbol,
        "strength": record(result.verdict.strength),
        "reason": result.verdict.reason,
        "why": result.pair.why,
    }


def _left_out(item: LeftOut) -> dict[str, Any]:
    return {
        "row": item.pair.row,
        "source": item.pair.source,
        "target": item.pair.target,
        "expected": item.pair.expected.symbol,
        "problems": [problem.message for problem in item.problems],
    }
