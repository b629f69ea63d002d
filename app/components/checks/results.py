"""How a graph does on a check set: figures, a picture, and every pair that went wrong."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd
import streamlit as st

from app.components.checks.charts import accuracy_chart
from app.components.checks.frames import (
    left_out_columns,
    left_out_frame,
    result_columns,
    result_frame,
    results_csv,
)
from app.components.checks.tall_table import tall_table
from app.components.checks.to_queue import wrong_to_queue
from app.components.checks.words import EXPECTED_MEANINGS, PART_HELP, set_name
from app.components.interval_text import interval_metric
from app.components.plain_text import plain
from app.components.shares import percent
from app.theme import CHART_CONFIG
from core.graph.checks.report import CheckReport, CheckResult, Tally, expected_tallies
from core.store.artefacts import Artefact

_METRIC_PX = 125
_ALL = "all"
_WRONG = "Wrong"
_COUNTS = ("Pairs", "Right", "Flipped", "Missed", "No answer")  # in the order of a tally


class _List(NamedTuple):
    """One of the lists of pairs: its table, how its columns are shown, and what its rows are called."""

    frame: Callable[[slice], pd.DataFrame]
    n_rows: int
    columns: dict[str, Any]
    noun: str
    n_lines: int = 4


def check_results(graph: Artefact, version: Artefact, report: CheckReport, key: str) -> None:
    """Everything about one run of a set against a graph; `key` names the run."""
    if not report.results:
        st.warning(
            f"None of the {len(report.left_out):,} pairs of this set can be asked of this graph's catalogue.",
            icon=":material/search_off:",
        )
    else:
        _figures(report)
        _by_expected(report, key)
    st.caption(f"Check set **{plain(set_name(version))}** against graph **{plain(_graph_name(graph))}**")
    _lists(graph, version, report, key)


def part_of(report: CheckReport, key: str) -> CheckReport:
    """The chosen part of a report whose set comes in parts; a set without parts is shown whole."""
    splits = report.splits
    if not splits:
        return report
    counts = {_ALL: len(report.results), **{split: report.tally(split=split).n_pairs for split in splits}}
    part = st.segmented_control(
        "Part of the set",
        list(counts),
        default=_ALL,
        required=True,
        format_func=lambda name: f"{'All' if name == _ALL else name.capitalize()} ({counts[name]:,})",
        key=f"checks-part-{key}",
        help=PART_HELP,
        persist_state="session",
    )
    if part == _ALL:
        return report
    return CheckReport(
        report.catalogue,
        tuple(result for result in report.results if result.pair.split == part),
        tuple(item for item in report.left_out if item.pair.split == part),
    )


def accuracy_metric(place: Any, label: str, tally: Tally) -> None:
    """The share of right answers with its interval."""
    interval = tally.accuracy
    interval_metric(
        place,
        label,
        {"estimate": interval.estimate if tally.n_answered else None, "low": interval.low, "high": interval.high},
        help_text=f"{tally.n_right:,} of the {tally.n_answered:,} pairs that the graph has an answer to. The interval "
        "is Wilson's: where the share would lie, with 95% confidence, over all pairs like these.",
    )


def _figures(report: CheckReport) -> None:
    tally = report.tally()
    first, others = st.columns([1, 2.6], gap="small")
    accuracy_metric(first, "Right answers", tally)
    with others, st.grid(4, min_column_width=_METRIC_PX):
        _count(
            "Flipped", tally.n_flipped, tally.n_answered, "+ where − is expected, or the reverse: the worst mistake."
        )
        _count(
            "Missed",
            tally.n_missed,
            tally.n_answered,
            "A sign where none is expected, or no signal where a sign is.",
        )
        _count("No answer", tally.n_unanswered, tally.n_pairs, "Not judged, or no usable answer. Counted apart.")
        _count(
            "Cannot be asked",
            len(report.left_out),
            len(report.left_out) + tally.n_pairs,
            "Pairs of the set that this graph's catalogue cannot be asked: listed below, counted nowhere else.",
        )


def _count(label: str, count: int, whole: int, help_text: str) -> None:
    st.metric(
        label,
        f"{count:,}",
        f"of {whole:,}",
        delta_color="off",
        delta_arrow="off",
        help=help_text,
        border=True,
        height="stretch",
    )


def _by_expected(report: CheckReport, key: str) -> None:
    tallies = expected_tallies(report)
    total = report.tally()
    picture, table = st.columns([5, 9], gap="small", vertical_alignment="center")
    with picture:
        st.plotly_chart(
            accuracy_chart(total, tallies, EXPECTED_MEANINGS), config=CHART_CONFIG, key=f"checks-chart-{key}"
        )
    rows = {"All pairs": total, **{EXPECTED_MEANINGS[outcome]: tally for outcome, tally in tallies.items()}}
    rows |= {f"Part: {split}": report.tally(split=split) for split in report.splits if len(report.splits) > 1}
    table.dataframe(
        pd.DataFrame([_row(name, tally) for name, tally in rows.items()]),
        hide_index=True,
        placeholder="–",
        alt="Counts and accuracy by expected sign",
        column_config={
            "Expected": st.column_config.TextColumn(width=112),
            "Right of answered": st.column_config.TextColumn(
                width=158, help="Right answers among the pairs with an answer, with the 95% interval."
            ),
            **{name: st.column_config.NumberColumn(width=62) for name in _COUNTS},
        },
    )


def _row(name: str, tally: Tally) -> dict[str, Any]:
    accuracy, is_known = tally.accuracy, tally.n_answered > 0
    return {
        "Expected": name,
        "Right of answered": f"{percent(accuracy.estimate)} ({accuracy.low:.1%} to {accuracy.high:.1%})"
        if is_known
        else None,
        **dict(zip(_COUNTS, tally, strict=True)),
    }


def _lists(graph: Artefact, version: Artefact, report: CheckReport, key: str) -> None:
    lists = _all_lists(report)
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        shown = st.segmented_control(
            "Pairs",
            list(lists),
            default=next(iter(lists)) if report.results else list(lists)[-1],
            required=True,
            format_func=lambda name: f"{name} ({lists[name].n_rows:,})",
            key=f"checks-list-{key}",
            help="Wrong answers list flips first.",
            persist_state="session",
        )
        st.download_button(
            "All results",
            lambda: results_csv(report),
            file_name=f"check-results-{key}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
            key=f"checks-download-{key}",
            help="Every pair of the set with what became of it, for a spreadsheet. Cells that a spreadsheet would run "
            "as a formula begin with an apostrophe.",
        )
    chosen = lists[shown]
    if not chosen.n_rows:
        st.info(f"There are no {chosen.noun}.", icon=":material/check_circle:")
        return
    rows_key = f"checks-rows-{shown}-{chosen.n_rows}-{key}"
    tall_table(chosen.frame, chosen.n_rows, rows_key, chosen.noun, chosen.columns, n_lines=chosen.n_lines)
    if shown == _WRONG:
        wrong_to_queue(graph, version, report, key)


def _all_lists(report: CheckReport) -> dict[str, _List]:
    left_out = report.left_out
    return {
        _WRONG: _result_list(report, (*report.flips, *report.missed), "wrong answers"),
        "No answer": _result_list(report, report.unanswered, "pairs without an answer"),
        "Right": _result_list(report, report.right, "right answers"),
        "Cannot be asked": _List(
            lambda rows: left_out_frame(left_out[rows]),
            len(left_out),
            left_out_columns(),
            "pairs that this catalogue cannot be asked",
            n_lines=1,
        ),
    }


def _result_list(report: CheckReport, results: tuple[CheckResult, ...], noun: str) -> _List:
    return _List(lambda rows: result_frame(report, results[rows]), len(results), result_columns(), noun)


def _graph_name(graph: Artefact) -> str:
    return f"{graph.manifest.title} · {graph.id[:8]}"
