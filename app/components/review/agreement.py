"""Agreement: how often the judge errs, and how far reviewers agree with each other and with the judge."""

import streamlit as st

from app import queries
from app.components.review.agreement_charts import coefficient_chart
from app.components.review.agreement_errors import judge_errors
from app.components.review.agreement_kappa import why_kappa_misleads
from app.components.review.agreement_tables import measures_table, most_first, table_of_two, two_in_full
from app.components.review.agreement_words import LOOK_MEANINGS, LOOK_TITLES, MEASURE_SOURCES
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.graph.review.agreement_report import AgreementReport
from core.graph.review.ratings import Look
from core.store.artefacts import Artefact
from core.workflows.review_agreement import GraphAgreement, PairPool

_HALF_PX = 400  # narrower than this, table and chart stand one above the other
_POOL_TITLES = {PairPool.ALL: "All reviewed pairs", PairPool.AUDIT: "Random audit cards"}
_POOL_MEANINGS = {
    PairPool.ALL: (
        "Among these are pairs that a queue picked because something looked odd, and people agree less on such pairs. "
        "For a figure that holds for the graph as a whole choose the random audit cards."
    ),
    PairPool.AUDIT: "These pairs were drawn at random, so the figures hold for the graph as a whole.",
}


def agreement_view(graph: Artefact) -> None:
    """Show what the reviews say of a graph's judge and of each other."""
    found = queries.review_agreement(current_selection().workspace, graph.id)
    if not any(report.n_reviews for report in found.reports.values()):
        st.info(
            "Nobody has decided a pair yet. Agreement and the judge's error rate appear with the first reviews.",
            icon=":material/rate_review:",
        )
        return
    look = _choose_look(found)
    judge_errors(found, look)
    pool = _choose_pool(found, look)
    report = found.reports[look, pool]
    _among_reviewers(report, found.n_conflicts)
    _with_the_judge(report, found.judge)
    with st.expander("How these figures are computed", icon=":material/function:"):
        st.markdown(MEASURE_SOURCES)


def _choose_look(found: GraphAgreement) -> Look:
    """Independent decisions, unless there are none; the others are shown apart, never together."""
    counts = {look: found.reports[look, PairPool.ALL].n_reviews for look in Look}
    look = st.segmented_control(
        "Which decisions",
        list(Look),
        format_func=lambda one: f"{LOOK_TITLES[one]} · {counts[one]:,}",
        default=Look.INDEPENDENT if counts[Look.INDEPENDENT] else Look.INFORMED,
        required=True,
        key="agreement-look",
        help=LOOK_MEANINGS[Look.INDEPENDENT] + " Whoever takes a blind decision back has seen the verdict by then.",
    )
    chosen = Look(look or Look.INDEPENDENT)
    st.caption(LOOK_MEANINGS[chosen])
    return chosen


def _choose_pool(found: GraphAgreement, look: Look) -> PairPool:
    st.markdown("##### How far people agree")
    counts = {pool: found.reports[look, pool].n_pairs for pool in PairPool}
    pool = st.segmented_control(
        "Measured on",
        list(PairPool),
        format_func=lambda one: f"{_POOL_TITLES[one]} · {counts[one]:,}",
        default=PairPool.ALL,
        required=True,
        key="agreement-pool",
    )
    chosen = PairPool(pool or PairPool.ALL)
    are_all_random = counts[PairPool.ALL] == counts[PairPool.AUDIT]
    st.caption(_POOL_MEANINGS[PairPool.AUDIT if are_all_random else chosen])
    return chosen


def _among_reviewers(report: AgreementReport, n_conflicts: int) -> None:
    st.markdown("###### Reviewers with each other")
    if not report.n_compared:
        st.info(
            f"Of these {report.n_pairs:,} pairs none was decided by two people. A queue in which some cards go to two "
            "reviewers changes that.",
            icon=":material/group:",
        )
        return
    people = len({name for two in report.by_two for name in (two.one, two.other)})
    st.caption(f"{report.n_compared:,} of {report.n_pairs:,} pairs were decided by two or more of {people:,} people.")
    grid = st.grid(2, min_column_width=_HALF_PX, gap="medium")
    table, chart = grid.cell(), grid.cell()
    with table:
        measures_table(report.among_reviewers)
    if any(c.is_defined for c in report.among_reviewers.values()):
        chart.plotly_chart(coefficient_chart(report.among_reviewers), config=CHART_CONFIG, key="agreement-measures")
    why_kappa_misleads(report)
    if n_conflicts:
        st.info(
            f"On {n_conflicts:,} pair{'s' if n_conflicts != 1 else ''} the reviewers are evenly split. Settle them "
            "under “Conflicts” on this page.",
            icon=":material/balance:",
        )
    if len(report.by_two) > 1:
        table_of_two(most_first(report.by_two), ("One reviewer", "The other"), "agreement-by-two")
    two_in_full(most_first(report.by_two), "agreement-two", "Where two reviewers differ")


def _with_the_judge(report: AgreementReport, judge: str) -> None:
    st.markdown("###### Reviewers with the judge" if judge else "###### Reviewers with the uploaded file")
    if not report.with_judge:
        st.info("The judge gave no answer to any of these pairs.", icon=":material/gavel:")
        return
    rows = most_first(report.with_judge)
    if len(rows) > 1 and report.majority_with_judge.n_pairs:
        rows = [report.majority_with_judge, *rows]
    table_of_two(rows, ("Reviewer", "Judge"), "agreement-with-judge")
    two_in_full(rows, "agreement-judge", "Where reviewers and the judge differ")
