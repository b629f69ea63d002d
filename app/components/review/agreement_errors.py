"""The judge's error rate, from the random audit cards alone."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from app.components.pair_text import OUTCOME_TITLES
from app.components.review.agreement_charts import error_chart
from app.components.review.agreement_words import LOOK_TITLES, count_interval, share_text
from app.components.shares import percent
from app.theme import CHART_CONFIG
from core.graph.model import Outcome
from core.graph.review.audit import Audit, GraphErrors, JudgeErrors, ModalityPairErrors, Share
from core.graph.review.ratings import Look
from core.workflows.review_agreement import GraphAgreement

_FIGURE_PX = 190
_HALF_PX = 400  # narrower than this, table and chart stand one above the other
_ROW_PX = 35
_HEADER_PX = 37
_MOST_ROWS = 12


def judge_errors(found: GraphAgreement, look: Look) -> None:
    """Show the error rate overall, by what the judge said and between modalities, and what it means for the graph."""
    audit = found.audits[look]
    st.markdown("##### How often the judge errs" if found.judge else "##### How often the uploaded file errs")
    if not audit.n_decided:
        _nothing_yet(audit, look)
    else:
        st.caption(
            f"Measured on random audit cards alone: {audit.n_decided:,} of {audit.n_drawn:,} are decided, by "
            f"{_people(audit.n_reviewers)}. What most of them say counts as right. Pairs that a queue picked for other "
            "reasons are left out: they are the suspicious ones."
        )
        _figures(audit.overall)
        if audit.overall.n_pairs:
            st.markdown(_in_the_graph(found.in_graph[look]))
        _by_answer_and_modality(audit)
        _left_out(audit, found.n_skipped)
    _other_look(found.audits[_other(look)])


def _nothing_yet(audit: Audit, look: Look) -> None:
    if not audit.n_drawn:
        text = (
            "No queue of this graph has random audit cards. Make a queue with the policy “Random audit”, or give "
            "another queue a share of them."
        )
    else:
        text = f"Of {audit.n_drawn:,} random audit cards none is decided yet ({LOOK_TITLES[look].lower()})."
    st.info(text, icon=":material/casino:")


def _figures(errors: JudgeErrors) -> None:
    grid = st.grid(4, min_column_width=_FIGURE_PX)
    figures = (
        ("Wrong answers", errors.wrong, "Audited pairs to which reviewers give another answer, of all audited pairs."),
        ("Flipped signs", errors.flips, "Edges of the judge with the other sign, + for − or − for +."),
        ("Edges that are none", errors.false_edges, "Edges of the judge that reviewers call neutral."),
        ("Missed edges", errors.missed_edges, "Pairs that the judge called neutral and reviewers call + or −."),
    )
    for label, share, help_text in figures:
        _, low, high = share.interval
        grid.metric(
            label,
            percent(share.interval.estimate) if share.trials else "Not known",
            f"{share_text(share)} · {low:.1%} to {high:.1%}" if share.trials else "no pair of this kind audited",
            delta_color="off",
            delta_arrow="off",
            help=f"{help_text} Below: how many of how many, and the 95% interval.",
            border=True,
            height="stretch",
        )


def _in_the_graph(errors: GraphErrors) -> str:
    text = f"In the whole graph, {count_interval(errors.wrong)} of its {errors.n_edges:,} edges are wrong"
    if errors.n_neutral:
        text += f", and {count_interval(errors.missed)} of the {errors.n_neutral:,} neutral pairs should be edges"
    return f"{text} (95% intervals; + and − edges each by their own error rate)."


def _by_answer_and_modality(audit: Audit) -> None:
    answers = [
        _row("The judge said", OUTCOME_TITLES[outcome], audit.overall.wrong_where_judged(outcome))
        for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
    ]
    grid = st.grid(2, min_column_width=_HALF_PX, gap="medium")
    table, chart = grid.cell(), grid.cell()
    with table:
        st.markdown("###### By what the judge said")
        _frame(answers, "agreement-by-answer")
    with chart:
        st.markdown("###### Between modalities")
        if audit.by_modality_pair:
            figure = error_chart(audit.by_modality_pair)
            st.plotly_chart(figure, config=CHART_CONFIG, key="agreement-errors")
    with st.expander("Between modalities, in figures", icon=":material/table:"):
        _frame([_modality_row(part) for part in audit.by_modality_pair], "agreement-by-modality")


def _row(title: str, name: str, share: Share) -> dict[str, str]:
    _, low, high = share.interval
    return {
        title: name,
        "Wrong": share_text(share),
        "Share": percent(share.interval.estimate) if share.trials else "–",
        "95% interval": f"{low:.1%} to {high:.1%}" if share.trials else "–",
    }


def _modality_row(part: ModalityPairErrors) -> dict[str, str]:
    errors = part.errors
    return {
        **_row("Between", f"{part.modality_a} × {part.modality_b}", errors.wrong),
        "Flipped signs": share_text(errors.flips),
        "Edges that are none": share_text(errors.false_edges),
        "Missed edges": share_text(errors.missed_edges),
    }


def _frame(rows: Sequence[dict[str, str]], key: str) -> None:
    height = _HEADER_PX + _ROW_PX * min(max(len(rows), 1), _MOST_ROWS)
    st.dataframe(pd.DataFrame(rows), hide_index=True, height=height, key=key)


def _left_out(audit: Audit, n_skipped: int) -> None:
    """Pairs that are in no figure, each with its reason."""
    n_overall = audit.overall.n_pairs
    n_counted = sum(part.errors.n_pairs for part in audit.by_modality_pair)
    notes = [
        (audit.n_tied, "on which reviewers are evenly split, so that nobody knows whether the judge is right"),
        (n_skipped, "that people skipped; if those are the hard ones, the true error rate is higher"),
        (audit.n_unanswered, "to which the judge gave no usable answer"),
        (n_counted - n_overall, "from queues over two modalities alone, which count only between those"),
    ]
    told = [f"{count:,} {why}" for count, why in notes if count]
    if told:
        st.caption(f"Audit pairs not among the {n_overall:,} above: {'; '.join(told)}.")


def _other_look(audit: Audit) -> None:
    """What the other kind of decisions says, in a line of its own: it is never mixed in."""
    share = audit.overall.wrong
    if share.trials:
        st.caption(
            f"{LOOK_TITLES[audit.look]}, not counted above: {share_text(share)} audited pairs wrong "
            f"({percent(share.interval.estimate)}, {share.interval.low:.1%} to {share.interval.high:.1%})."
        )


def _other(look: Look) -> Look:
    return Look.INFORMED if look is Look.INDEPENDENT else Look.INDEPENDENT


def _people(n: int) -> str:
    return "one person" if n == 1 else f"{n:,} people"
