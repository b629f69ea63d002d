"""Check results as tables for the page and as files for a spreadsheet."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import streamlit as st

from app.components.checks.words import sign_column
from app.components.pair_text import OUTCOME_SIGNS
from app.theme import NEUTRAL
from core.catalogue.cells import escaped
from core.catalogue.writing import csv_bytes
from core.graph.checks.paired import PairedResult
from core.graph.checks.report import CheckReport, CheckResult
from core.graph.checks.resolve import LeftOut
from core.graph.checks.written import EXPECTED_WORDS
from core.graph.model import Outcome

_FILE_HEADER: Final = (
    *("row", "source", "source_value", "target", "target_value", "expected", "answer", "result"),
    *("strength", "reason", "why"),
)
_FILE_ANSWERS: Final = {**EXPECTED_WORDS, Outcome.UNJUDGED: "not judged", Outcome.UNRESOLVED: "no answer"}
_NAME_PX = 130


def outcome_of_check(result: CheckResult) -> str:
    """What became of a pair, in a word."""
    if result.is_right:
        return "Right"
    return "Flipped" if result.is_flipped else "No answer" if result.is_unanswered else "Missed"


def result_frame(report: CheckReport, results: Sequence[CheckResult]) -> pd.DataFrame:
    """The given results as people read them, one line each."""
    ends = [report.ends(result) for result in results]
    return pd.DataFrame(
        {
            "Result": [outcome_of_check(result) for result in results],
            "First attribute": [source.value for source, _ in ends],
            "Second attribute": [target.value for _, target in ends],
            "Expected": [[OUTCOME_SIGNS[result.pair.expected]] for result in results],
            "Graph says": [[OUTCOME_SIGNS[result.verdict.outcome]] for result in results],
            "Why it is expected": [result.pair.why or None for result in results],
            "The graph's reason": [result.verdict.reason or None for result in results],
            "Strength": pd.array([result.verdict.strength for result in results], dtype="Float32"),
            "Part": [result.pair.split or None for result in results],
            "Row": [result.pair.row for result in results],
        }
    )


def result_columns() -> dict[str, Any]:
    """How the columns of `result_frame` are shown."""
    return {
        "Result": st.column_config.TextColumn(
            width=80,
            help="Flipped: the opposite sign. Missed: a sign where none is expected, or none where one is.",
        ),
        "First attribute": st.column_config.TextColumn(width=_NAME_PX),
        "Second attribute": st.column_config.TextColumn(width=_NAME_PX),
        "Expected": sign_column("Expected", "What the check set says."),
        "Graph says": sign_column("Graph says", "What the graph holds of this pair, reviews included."),
        "Why it is expected": st.column_config.TextColumn(width=235),
        "The graph's reason": st.column_config.TextColumn(width=235),
        "Strength": st.column_config.ProgressColumn(
            width=95, color=NEUTRAL, min_value=0.0, max_value=1.0, format="%.2f", help="How clear the verdict is."
        ),
        "Part": st.column_config.TextColumn(width=60),
        "Row": st.column_config.NumberColumn(width=55, help="Row of the check set's file; its header is row 1."),
    }


def left_out_frame(left_out: Sequence[LeftOut]) -> pd.DataFrame:
    """Pairs that the catalogue cannot be asked, with every reason."""
    return pd.DataFrame(
        {
            "First attribute": [item.pair.source for item in left_out],
            "Second attribute": [item.pair.target for item in left_out],
            "Expected": [[OUTCOME_SIGNS[item.pair.expected]] for item in left_out],
            "Why it cannot be asked": [" ".join(problem.message for problem in item.problems) for item in left_out],
            "Row": [item.pair.row for item in left_out],
        }
    )


def left_out_columns() -> dict[str, Any]:
    """How the columns of `left_out_frame` are shown."""
    return {
        **{name: st.column_config.TextColumn(width=_NAME_PX) for name in ("First attribute", "Second attribute")},
        "Expected": sign_column("Expected", "What the check set says."),
        "Why it cannot be asked": st.column_config.TextColumn(width=520),
        "Row": st.column_config.NumberColumn(width=55, help="Row of the check set's file; its header is row 1."),
    }


def paired_frame(a: CheckReport, pairs: Sequence[PairedResult]) -> pd.DataFrame:
    """Pairs with what both graphs say, one line each; `a` names the attributes."""
    ends = [a.ends(pair.a) for pair in pairs]
    return pd.DataFrame(
        {
            "First attribute": [source.value for source, _ in ends],
            "Second attribute": [target.value for _, target in ends],
            "Expected": [[OUTCOME_SIGNS[pair.a.pair.expected]] for pair in pairs],
            "A says": [[OUTCOME_SIGNS[pair.a.verdict.outcome]] for pair in pairs],
            "B says": [[OUTCOME_SIGNS[pair.b.verdict.outcome]] for pair in pairs],
            "A's reason": [pair.a.verdict.reason or None for pair in pairs],
            "B's reason": [pair.b.verdict.reason or None for pair in pairs],
            "Row": [pair.a.pair.row for pair in pairs],
        }
    )


def paired_columns() -> dict[str, Any]:
    """How the columns of `paired_frame` are shown."""
    return {
        **{name: st.column_config.TextColumn(width=_NAME_PX) for name in ("First attribute", "Second attribute")},
        "Expected": sign_column("Expected", "What the check set says."),
        "A says": sign_column("A says", "What the graph above says."),
        "B says": sign_column("B says", "What the other graph says."),
        **{name: st.column_config.TextColumn(width=240) for name in ("A's reason", "B's reason")},
        "Row": st.column_config.NumberColumn(width=55, help="Row of the check set's file; its header is row 1."),
    }


def results_csv(report: CheckReport) -> bytes:
    """Every result as UTF-8 CSV, wrong ones first, then what was left out; no cell is run by a spreadsheet."""
    wrong = [*report.flips, *report.missed, *report.unanswered, *report.right]
    rows = [_file_row(report, result) for result in wrong]
    rows += [_left_out_row(item) for item in report.left_out]
    return csv_bytes(_FILE_HEADER, (tuple(map(escaped, row)) for row in rows))


def _file_row(report: CheckReport, result: CheckResult) -> tuple[str, ...]:
    source, target = report.ends(result)
    strength = result.verdict.strength
    return (
        *(str(result.pair.row), source.id, source.value, target.id, target.value),
        EXPECTED_WORDS[result.pair.expected],
        _FILE_ANSWERS[result.verdict.outcome],
        outcome_of_check(result).lower(),
        "" if strength != strength else f"{strength:.3f}",
        *(result.verdict.reason, result.pair.why),
    )


def _left_out_row(item: LeftOut) -> tuple[str, ...]:
    pair, reasons = item.pair, " ".join(problem.message for problem in item.problems)
    expected = EXPECTED_WORDS[pair.expected]
    return (str(pair.row), "", pair.source, "", pair.target, expected, "", "left out", "", reasons, pair.why)
