"""Reviews as a file: out for experts who work in a spreadsheet, and in again."""

from typing import Final

import streamlit as st

from app.components.failure import show_failure, show_problems
from app.services import current
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.review_files import ExportedPairs, ImportReport, export_reviews, import_reviews

_WHICH: Final = {
    ExportedPairs.EDGES: "All + and − edges",
    ExportedPairs.JUDGED: "All judged pairs",
    ExportedPairs.REVIEWED: "Reviewed pairs only",
}
_UPLOADS: Final = "review-uploads"  # counting up empties the field


def spreadsheet_view(graph: Artefact, reviewer: str) -> None:
    """Offer the file of a graph's reviews and take a filled-in one."""
    out, back = st.columns(2, gap="large")
    with out:
        st.markdown("##### To a spreadsheet")
        _export(graph)
    with back:
        st.markdown("##### Back from a spreadsheet")
        _import(graph, reviewer)


def _export(graph: Artefact) -> None:
    workspace = current().workspace
    which = st.selectbox("Which pairs", list(_WHICH), format_func=_WHICH.__getitem__, key="review-export-which")
    st.caption(
        "One line for each pair. Write **positive**, **negative**, **neutral** or **skip** (or +, −, 0) in the column "
        "**decision**, a reason in **note**, your name in **reviewer**. Leave the other columns as they are."
    )
    st.download_button(
        "Download as CSV",
        lambda: export_reviews(workspace, graph.id, which),
        file_name=f"reviews-{graph.id[:8]}.csv",
        mime="text/csv",
        icon=":material/download:",
        on_click="ignore",
        key=f"review-export-{graph.id}-{which}",
        help="Cells that a spreadsheet would run as a formula are made harmless, and restored when they come back.",
    )


def _import(graph: Artefact, reviewer: str) -> None:
    generation = st.session_state.get(_UPLOADS, 0)
    file = st.file_uploader("Filled-in file", type=["csv", "xlsx"], key=f"review-upload-{graph.id}-{generation}")
    st.caption(
        "Lines without a name in the column **reviewer** are taken as yours. Nothing is recorded while the file has a "
        "mistake, and the same file twice adds nothing."
    )
    if file and st.button("Check and record", key="review-import", type="primary", icon=":material/upload:"):
        try:
            with st.spinner("Checking every line…"):
                report = import_reviews(current().workspace, graph.id, file.getvalue(), file.name, reviewer)
        except ValenceError as error:
            show_failure(error)
            return
        _report(report)


def _report(report: ImportReport) -> None:
    new = len(report.new)
    parts = [f"**{new:,}** decision{'s' if new != 1 else ''} recorded"]
    parts += [f"{report.n_unchanged:,} known already"] if report.n_unchanged else []
    parts += [f"{report.n_undecided:,} lines without a decision"] if report.n_undecided else []
    st.success(f"{', '.join(parts)}, of {report.n_lines:,} lines.", icon=":material/check_circle:")
    for what, problems in (
        ("Left out: their reviewer has decided otherwise since", report.outdated),
        ("Other reviewers see these pairs otherwise", report.conflicts),
        ("About the file", report.warnings),
    ):
        if problems:
            show_problems(what, problems, warning=True)
