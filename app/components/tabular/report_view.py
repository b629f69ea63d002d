"""A report on several made tables: in short, then likeness, usefulness and privacy, always beside the five anchors."""

from collections.abc import Callable
from typing import Final

import streamlit as st

from app import queries
from app.components.manage_version import manage_version
from app.components.open_with import open_with
from app.components.plain_text import plain
from app.components.tabular.board import show_synthesizers
from app.components.tabular.compare_form import ANCHORS_HELP
from app.components.tabular.downloads import report_downloads
from app.components.tabular.method_styles import MethodStyle, method_styles, shown_methods
from app.components.tabular.pick import pick
from app.components.tabular.report_fidelity import fidelity_view
from app.components.tabular.report_privacy import privacy_view
from app.components.tabular.report_short import short_view
from app.components.tabular.report_utility import utility_view
from app.services import current
from app.state import current_selection
from core.store.artefacts import Artefact
from core.tabular.report.model import MethodReport, Report
from core.workflows.tabular_reports import reports
from core.workflows.tabular_standings import REPORT

View = Callable[[Report, list[MethodReport], dict[str, MethodStyle]], None]
VIEWS: Final[dict[str, View]] = {
    ":material/summarize: In short": short_view,
    ":material/difference: Likeness": fidelity_view,
    ":material/target: Usefulness": utility_view,
    ":material/shield: Privacy": privacy_view,
}


def report_view(schema: Artefact) -> None:
    """The selected report of a schema, or nothing before the first one."""
    found = reports(current().workspace, schema.id)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        artefact = pick(REPORT, found, "Report")
        if artefact is None:
            return
        report_downloads(artefact)
        if st.button("See it on the Leaderboard", icon=":material/leaderboard:", key="tabular-see-board"):
            show_synthesizers()
            open_with("leaderboard", tabular_schema=schema.id)
        manage_version(artefact)
    report = queries.tabular_report(current_selection().workspace, artefact.id)
    styles = method_styles(report)
    methods = shown_methods(report, _chosen(artefact, report))
    positive = f", where “{plain(report.positive)}” is the rarest class" if report.positive else ""
    target = f" The target is {plain(report.target)}{positive}." if report.target else " There is no target."
    st.caption(
        f"Learnt from {report.n_train:,} real rows, judged against {report.n_holdout:,} that no engine saw.{target} "
        "Grey: the five anchors.",
        help=ANCHORS_HELP,
    )
    tabs = st.tabs(list(VIEWS), key=f"tabular-report-{artefact.id}", on_change="rerun")
    for tab, view in zip(tabs, VIEWS.values(), strict=True):
        with tab:
            if tab.open:
                view(report, methods, styles)


def _chosen(artefact: Artefact, report: Report) -> list[str]:
    """Which methods the charts show beside the anchors; asked only where there are several."""
    titles = {method.name: method.title for method in report.methods if not method.is_anchor}
    if len(titles) < 2:
        return list(titles)
    return st.pills(
        "Tables shown beside the anchors",
        list(titles),
        format_func=titles.__getitem__,
        default=list(titles),
        selection_mode="multi",
        key=f"tabular-shown-{artefact.id}",
        persist_state="session",
    )
