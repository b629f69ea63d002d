"""Checks: a graph held against pairs whose sign is obvious."""

from collections.abc import Callable

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.checks.add import add_check_set
from app.components.checks.edit import edit_check_set
from app.components.checks.kept import checks_round, say_what_was_kept
from app.components.checks.paired import other_graph, paired_results
from app.components.checks.picker import check_set_picker
from app.components.checks.results import check_results, part_of
from app.components.checks.versions import check_versions
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.manage_version import manage_version
from app.services import current
from app.state import current_selection
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.checks.report import CheckReport
from core.graph.checks.written import WrittenSet
from core.store.artefacts import Artefact
from core.workflows.checks import check_stored_graph, is_bare
from core.workflows.graphs import GRAPH


def _report(graph: Artefact, written: WrittenSet) -> CheckReport:
    """Run the set; a graph that came from a file first asks what a missing edge means."""
    stored = current().graph(graph.id)
    absent_is_neutral = is_bare(stored) and st.toggle(
        f"Count pairs without an edge as 0 in {graph.id[:8]}",
        key=f"checks-absent-{graph.id[:8]}",
        help="This graph came from a file, which lists + and − only. Switch this on where you know that whoever made "
        "it looked at every pair; else a pair without an edge counts as not answered.",
        persist_state="session",
    )
    return check_stored_graph(stored, written, absent_is_neutral=absent_is_neutral)


def _results(graph: Artefact, version: Artefact, written: WrittenSet) -> None:
    key = f"{version.id[:8]}-{graph.id[:8]}"
    report = part_of(_report(graph, written), key)
    check_results(graph, version, report, key)


def _compare(graph: Artefact, version: Artefact, written: WrittenSet) -> None:
    other = other_graph(graph)
    if other is None:
        return
    key = f"{version.id[:8]}-{graph.id[:8]}-{other.id[:8]}"
    names = (f"{graph.manifest.title} · {graph.id[:8]}", f"{other.manifest.title} · {other.id[:8]}")
    paired_results(written, _report(graph, written), _report(other, written), names, key)


def _look(graph: Artefact, version: Artefact, catalogue: Catalogue) -> None:
    written = queries.check_set(current_selection().workspace, version.id)
    views: dict[str, Callable[[], None]] = {
        ":material/fact_check: Results": lambda: _results(graph, version, written),
        ":material/compare_arrows: Compare two graphs": lambda: _compare(graph, version, written),
        ":material/edit_note: Pairs": lambda: edit_check_set(version, written, catalogue),
        ":material/history: Versions": lambda: check_versions(version),
        ":material/add_circle: Add a set": lambda: add_check_set(catalogue),
    }
    for tab, view in zip(
        st.tabs([*views], key=f"checks-view-{checks_round()}", on_change="rerun"), views.values(), strict=True
    ):
        with tab:
            if tab.open:
                view()


st.title("Checks")
st.markdown("Pairs whose answer is known beforehand, held against a graph: how often it is right, and where it is not.")
say_what_was_kept()
head = st.container(horizontal=True, vertical_alignment="bottom")
with head:
    graph = artefact_picker(GRAPH, "Graph")
if graph is None:
    empty_state("No graph yet", "Checks tell how good a graph is, so they need one.", "graph", "Build a graph")
else:
    with head:
        version = check_set_picker()
    catalogue = current().graph(graph.id).graph.catalogue
    try:
        if version is None:
            st.markdown("#### No check set yet")
            add_check_set(catalogue)
        else:
            with head:
                manage_version(version)
            _look(graph, version, catalogue)
    except ValenceError as error:
        show_failure(error)
