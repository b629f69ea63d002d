"""Two graphs on one check set: which is right more often, where they differ, and whether it could be chance."""

from functools import partial

import pandas as pd
import streamlit as st

from app.catalogue_tables import PAGE_ROWS, TablePage
from app.components.checks.frames import paired_columns, paired_frame
from app.components.checks.results import accuracy_metric
from app.components.checks.tall_table import tall_table
from app.components.paged_table import paged_table
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection, fill_in, select
from core.graph.checks.paired import PairedReport, compare_reports
from core.graph.checks.report import CheckReport
from core.graph.checks.written import WrittenSet
from core.store.artefacts import Artefact
from core.workflows.graphs import GRAPH

_METRIC_PX = 150
_NOT_COMPARED = "Not compared"


def other_graph(graph: Artefact) -> Artefact | None:
    """Ask for the graph to compare with; None, with a word, where the workspace has no other."""
    others = {g.id: g for g in current().workspace.artefacts.list(GRAPH) if g.id != graph.id}
    if not others:
        st.info("This workspace has one graph only. Build or upload another one to compare.", icon=":material/hub:")
        return None
    if current_selection().other not in others:
        fill_in(other=next(iter(others)))
    key = f"checks-other-{current_selection().workspace}-{graph.id[:8]}"
    st.session_state[key] = current_selection().other
    st.selectbox(
        "Compare with",
        list(others),
        format_func=lambda id: f"{others[id].manifest.title} · {id[:8]}",
        key=key,
        on_change=_choose,
        args=(key,),
        help="Graph B. Graph A is the one chosen above.",
    )
    return others[current_selection().other]


def paired_results(written: WrittenSet, a: CheckReport, b: CheckReport, names: tuple[str, str], key: str) -> None:
    """Both graphs side by side on the pairs that both answered."""
    paired = compare_reports(a, b)
    if paired.n_pairs:
        _figures(paired, a, b)
        st.markdown(_verdict(paired))
    st.caption(f"A: **{plain(names[0])}** · B: **{plain(names[1])}**")
    lists = {
        "Only A is right": paired.only_a,
        "Only B is right": paired.only_b,
        "Both wrong, differently": paired.other_mistakes,
        "Both wrong, alike": paired.same_mistakes,
        "Both right": paired.both_right,
    }
    counts = {**{name: len(pairs) for name, pairs in lists.items()}, _NOT_COMPARED: len(paired.incomparable)}
    shown = st.segmented_control(
        "Pairs",
        list(counts),
        default=next(name for name in counts if counts[name] or name == _NOT_COMPARED),
        required=True,
        format_func=lambda name: f"{name} ({counts[name]:,})",
        key=f"checks-paired-{key}",
        help="Not compared: a graph has no answer to the pair, or its catalogue cannot be asked.",
        persist_state="session",
        wrap=True,
    )
    if not counts[shown]:
        st.info("There is no such pair.", icon=":material/check_circle:")
    elif shown == _NOT_COMPARED:
        frame = _incomparable_frame(written, a, b, paired.incomparable)
        read = partial(_page, frame)
        paged_table(read, f"checks-paired-rows-{shown}-{key}", "pairs that are not compared", {})
    else:
        pairs = lists[shown]
        rows_key = f"checks-paired-rows-{shown}-{key}"
        tall_table(lambda rows: paired_frame(a, pairs[rows]), len(pairs), rows_key, "pairs", paired_columns())


def _figures(paired: PairedReport, a: CheckReport, b: CheckReport) -> None:
    with st.grid(4, min_column_width=_METRIC_PX):
        accuracy_metric(st.container(), "A: right answers", a.tally())
        accuracy_metric(st.container(), "B: right answers", b.tally())
        st.metric(
            "Only A is right",
            f"{len(paired.only_a):,}",
            f"of {paired.n_pairs:,} that both answered",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
        st.metric(
            "Only B is right",
            f"{len(paired.only_b):,}",
            f"of {paired.n_pairs:,} that both answered",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )


def _verdict(paired: PairedReport) -> str:
    n_a, n_b = len(paired.only_a), len(paired.only_b)
    if n_a == n_b:
        same = "on the very same pairs" if n_a == 0 else "each on other pairs"
        return f"On the {paired.n_pairs:,} pairs that both answered, A and B are right equally often, {same}."
    ahead = "A" if n_a > n_b else "B"
    chance = "less than 0.1 %" if paired.chance < 0.001 else f"{paired.chance:.1%}"
    return (
        f"On the {paired.n_pairs:,} pairs that both answered, **{ahead} is right {abs(n_a - n_b):,} more "
        f"time{'s'[: abs(n_a - n_b) != 1]}**. "
        f"If both were equally good, a gap this wide or wider would come up by chance in {chance} of cases "
        "(exact McNemar test)."
    )


def _incomparable_frame(written: WrittenSet, a: CheckReport, b: CheckReport, rows: tuple[int, ...]) -> pd.DataFrame:
    pair_of = {pair.row: pair for pair in written.pairs}
    said = [{r.pair.row: OUTCOME_SIGNS[r.verdict.outcome] for r in report.results} for report in (a, b)]
    return pd.DataFrame(
        {
            "First attribute": [pair_of[row].source for row in rows],
            "Second attribute": [pair_of[row].target for row in rows],
            "Expected": [OUTCOME_SIGNS[pair_of[row].expected] for row in rows],
            "A says": [said[0].get(row, "cannot be asked") for row in rows],
            "B says": [said[1].get(row, "cannot be asked") for row in rows],
            "Row": rows,
        }
    )


def _page(frame: pd.DataFrame, page: int) -> TablePage:
    return TablePage(frame.iloc[(page - 1) * PAGE_ROWS : page * PAGE_ROWS], len(frame))


def _choose(key: str) -> None:
    select(other=st.session_state[key])
