"""One run in figures: what it spent, what went wrong and what to do, what its calls were for, and what it made."""

from collections.abc import Sequence

import streamlit as st

from app.components.open_with import open_with
from app.components.pair_text import OUTCOME_TITLES
from app.components.plain_text import plain
from app.components.runs.views import show_calls
from app.components.runs.words import advice, count_text, money, outcome_word, purpose_word, seconds_text
from app.theme import NEUTRAL
from core.graph.statistics import OutcomeCounts
from core.jobs import JobState
from core.llm.prices import PRICE_UNKNOWN
from core.store.answer_rows import Batch
from core.workflows.runs import Run, RunGraph

_FIGURE_PX = 140
_ADVICE_PX = 760
_ENDED = (JobState.FAILED, JobState.INTERRUPTED)


def run_figures(run: Run, currency: str, batches: tuple[Batch, ...] = ()) -> None:
    """Show a run's figures, its failures by kind, and its graph."""
    if run.state in _ENDED and run.error:
        st.error(f"**{plain(run.error)}** {plain(run.fix)}", icon=":material/error:")
    if run.is_offline:
        offline_notice(run)
        _answered_here(run)
    else:
        _spending(run, currency)
    _failures(run)
    _purposes(run)
    _batches(batches)
    if run.graph:
        st.markdown("##### The graph it made")
        _graph(run, run.graph)


def offline_notice(run: Run) -> None:
    """Say of a run of the rule-based judge that there is nothing paid to see, and where its reasons are."""
    if run.embedder in ("", "offline"):
        sentence = "The rule-based judge answered here; nothing was sent anywhere."
    else:
        sentence = (
            "The rule-based judge answered here. Only the texts of the attributes were sent, to find alike ones by "
            f"{plain(run.embedder)}; those requests are not listed."
        )
    st.info(f"{sentence} Every verdict and its reason is on the Edges page.", icon=":material/rule:")


def _answered_here(run: Run) -> None:
    n_calls = f"{run.graph.n_calls:,}" if run.graph and run.graph.is_there else "–"
    _metrics(
        [
            ("Answered here", n_calls, "", "Calls of the plan that the rule-based judge answered."),
            ("Sent out", "0", "", "The rule-based judge asks no model."),
            ("Time", seconds_text(run.seconds), "", "From start to end; of a resumed run, of its last part."),
        ]
    )


def _metrics(figures: Sequence[tuple[str, str, str, str]]) -> None:
    """Label, value, what stands below it, and help, of each figure."""
    grid = st.grid(len(figures), min_column_width=_FIGURE_PX)
    for label, value, below, help_text in figures:
        grid.metric(
            label,
            value,
            below or None,
            delta_color="off",
            delta_arrow="off",
            help=help_text,
            border=True,
            height="stretch",
        )


def _spending(run: Run, currency: str) -> None:
    spent = run.spent
    paid = "Calls that the provider may charge for; failed ones are among them where they reached it."
    tokens = f"{count_text(spent.input_tokens)} in · {count_text(spent.output_tokens)} out"
    exact = f"Tokens charged: {spent.input_tokens:,} for the prompts and {spent.output_tokens:,} for the answers."
    cost = ("–", PRICE_UNKNOWN) if spent.cost is None else (money(spent.cost, currency), "")
    figures = [
        ("Calls paid", f"{spent.n_calls:,}", "", paid),
        ("Answers free", f"{spent.n_cached:,}", "", "Answered before, by this run or another; taken from the log."),
        ("Errors", f"{spent.n_errors:,}", "", "Attempts that failed. Most are asked again by themselves."),
        ("Tokens", _in_full(spent.input_tokens + spent.output_tokens), tokens, exact),
        ("Cost", *cost, "By the price table of this workspace when the calls were made."),
        ("Time", seconds_text(run.seconds), "", "From start to end; of a resumed run, of its last part."),
    ]
    _metrics(figures)
    notes = []
    if spent.n_in_flight:
        notes.append(f"{spent.n_in_flight:,} on their way now, not counted above")
    if spent.n_unmeasured:
        notes.append(f"{spent.n_unmeasured:,} charged by estimate, because the provider gave no token count")
    if spent.cost is None:
        notes.append("the price of the model is unknown: add it under Settings, Prices, and later runs show their cost")
    if run.attempt > 1:
        notes.append(f"resumed {run.attempt - 1:,} time{'s' if run.attempt > 2 else ''}")
    if notes:
        text = "; ".join(notes)
        st.caption(f"{text[0].upper()}{text[1:]}.")


def _in_full(count: int) -> str:
    """A count in full as long as it fits a figure."""
    return f"{count:,}" if count < 1_000_000 else count_text(count)


def _failures(run: Run) -> None:
    if not run.spent.n_errors:
        return
    st.markdown("##### What went wrong, and what to do")
    with st.container(border=True):
        for kind, count in run.spent.n_errors_by_kind.items():
            said, times = advice(kind), "once" if count == 1 else f"{count:,} times"
            with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
                with st.container(width=_ADVICE_PX, gap="xxsmall"):
                    st.markdown(f"**{plain(outcome_word(kind))}** · {times}. {said.meaning}")
                    st.caption(said.action)
                st.button(
                    "Show calls",
                    key=f"run-errors-{run.id}-{kind}",
                    icon=":material/forum:",
                    on_click=show_calls,
                    args=(run.id, kind),
                )


def _purposes(run: Run) -> None:
    by_purpose = run.spent.n_calls_by_purpose
    if not by_purpose:
        return
    st.markdown("##### What the calls were for")
    total = sum(by_purpose.values())
    st.dataframe(
        [
            {"Purpose": purpose_word(purpose), "Calls": count, "Share": count / total}
            for purpose, count in by_purpose.items()
        ],
        hide_index=True,
        width="content",
        height="content",
        column_config={
            "Purpose": st.column_config.TextColumn(width=220),
            "Calls": st.column_config.NumberColumn(
                width=110, format="localized", help="Paid, free and failed ones together."
            ),
            "Share": st.column_config.ProgressColumn(width=220, color=NEUTRAL, format="percent", max_value=1.0),
        },
        key=f"run-purposes-{run.id}",
        alt="Calls by purpose",
    )


def _batches(batches: tuple[Batch, ...]) -> None:
    if not batches:
        return
    st.markdown("##### Batches handed to the provider")
    st.dataframe(
        [
            {
                "Batch": batch.name,
                "Requests": len(batch.fingerprints),
                "State": batch.state,
                "Answers": "collected" if batch.collected_at else "not yet collected",
            }
            for batch in batches
        ],
        hide_index=True,
        height="content",
        alt="Batches of this run",
    )


def _graph(run: Run, graph: RunGraph) -> None:
    if not graph.is_there or graph.counts is None:
        st.caption(f"The graph {graph.id[:8]} was deleted since.")
        return
    if graph.stopped:
        st.info(f"Why the run stopped: {plain(graph.stopped)}", icon=":material/pan_tool:")
    for warning in graph.warnings:
        st.warning(plain(warning), icon=":material/warning:")
    st.markdown(f"**{plain(graph.title)}** · {graph.id[:8]} · {outcome_line(graph.counts)}")
    with st.container(horizontal=True):
        if st.button("Open the graph", icon=":material/hub:", key=f"run-graph-{graph.id}"):
            open_with("graph", graph=graph.id)
        edges_button(run, "graph")


def outcome_line(counts: OutcomeCounts) -> str:
    """The pairs by outcome in one line; outcomes that did not occur are left out."""
    found = [(title, getattr(counts, f"n_{outcome.name.lower()}")) for outcome, title in OUTCOME_TITLES.items()]
    return " · ".join(f"{title}: {count:,}" for title, count in found if count)


def edges_button(run: Run, place: str) -> None:
    """The way to every verdict of a run's graph, while it is there; `place` tells two of them on a page apart."""
    graph = run.graph
    if not (graph and graph.is_there):
        return
    if st.button("See every verdict", icon=":material/linked_services:", key=f"run-edges-{place}-{graph.id}"):
        open_with("edges", graph=graph.id)
