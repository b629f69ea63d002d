"""Density: what fractions random rows have on this graph, and which ranges each label should ask for."""

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.configuration.draft import Draft, current_draft
from app.components.configuration.fields import messages, stays_open, whole_number_text
from app.components.configuration.type_ranges import type_range_inputs
from app.components.density.charts import fraction_histograms
from app.components.density.cloud import cloud_panel
from app.components.density.label_ranges import apply_all_suggestions, label_range_inputs
from app.components.density.obstacles import obstacles
from app.components.density.pair_table import pair_table
from app.components.density.separability import separability_panel
from app.components.density.table import density_table, sparse_signs_notice
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.graph.newer_version import newer_version
from app.navigation import page_link
from app.state import current_selection, selection_in_url
from app.theme import CHART_CONFIG
from core.errors import ValenceError
from core.sampler.density import N_SUBGRAPHS
from core.workflows.draft_edits import TYPES
from core.workflows.graphs import GRAPH

_SUBGRAPHS = (1_000, N_SUBGRAPHS, 10_000, 40_000)
_SEED = ("seed",)
_DRAWN_BY = (TYPES, "seed")
_HALF_PX = 360  # the ranges and the picture of them, beside each other where there is room for both


def _look_and_tune(graph_id: str) -> None:
    draft = current_draft(graph_id)
    n_subgraphs = _what_is_drawn(draft)
    if draft.is_wrong(*_DRAWN_BY) and not draft.refused:
        st.info("Correct what is marked in red above: then you see what random rows look like.")
        return
    drawn = _drawn(draft, n_subgraphs)
    try:
        density = drawn.density()
    except ValenceError as error:
        show_failure(error)
        return
    if density.absent_frac.mean == 1.0:
        st.warning(
            "No pair of these attributes has a + or −: every row looks the same, whatever its label.",
            icon=":material/do_not_disturb_on:",
        )
    st.plotly_chart(fraction_histograms(density), config=CHART_CONFIG, key="density-histograms")
    density_table(density)
    sparse_signs_notice(density)
    pair_table(queries.modality_pairs(drawn.workspace, graph_id, drawn.type_ranges))
    st.subheader("Label ranges")
    _tune(drawn, selection_in_url())


@st.fragment
def _tune(drawn: queries.Drawn, chosen: dict[str, str]) -> None:
    """The part that follows every move of a label's slider; with the first move, links have to learn of the draft."""
    draft = current_draft(drawn.graph_id)
    if chosen != selection_in_url() or drawn != _drawn(draft, drawn.n_subgraphs):
        st.rerun()
    density, labels = drawn.density(), draft.config.label_params
    reports = {label: queries.label_report(drawn, label, params) for label, params in labels.items()}
    if draft.refused:
        st.caption(":material/edit_note: Changes that were refused on the Sampling page are not part of this picture.")
    grid = st.grid(2, min_column_width=_HALF_PX, gap="medium")
    with grid.cell():
        label_range_inputs(draft, density, reports)
    beside = grid.cell()
    with beside:
        cloud_panel(density, labels, queries.reach(drawn))
        apply_all_suggestions(draft, density)
    obstacles(draft, reports)
    if len(labels) > 1:  # last, since the best score of overlapping labels takes longest
        with beside:
            separability_panel(queries.separability(drawn, labels))


def _drawn(draft: Draft, n_subgraphs: int) -> queries.Drawn:
    ranges = tuple(draft.config.type_ranges.items())
    return queries.Drawn(current_selection().workspace, draft.graph_id, ranges, n_subgraphs, draft.config.seed)


def _what_is_drawn(draft: Draft) -> int:
    """What a random row holds, how many are drawn, and from which seed."""
    is_open = stays_open("quotas", is_wrong=draft.is_wrong(*_DRAWN_BY))
    with st.expander("What a row holds: attributes of each type", icon=":material/view_column:", expanded=is_open):
        type_range_inputs(draft)
        count, seed = st.columns(2, gap="medium")
        with seed:
            whole_number_text(draft, _SEED, "Seed", help_text="Where chance starts; the dataset uses the same seed.")
            messages(draft, _SEED)
        n_subgraphs: int = count.select_slider(
            "Random rows to draw",
            _SUBGRAPHS,
            N_SUBGRAPHS,
            format_func=lambda n: f"{n:,}",
            key="density-subgraphs",
            persist_state="session",
            help="More rows make the shares steadier, and take longer.",
        )
    return n_subgraphs


st.title("Density")
st.markdown(
    "How many pairs of a random row work together, conflict, or say nothing. "
    "Read off what this graph can offer, then set what each label asks for."
)
graph = artefact_picker(GRAPH, "Graph")
if graph is None:
    empty_state("No graph yet", "Density is measured on a signed graph.", "graph", "Build a graph")
else:
    newer_version(graph)
    _look_and_tune(graph.id)
    page_link("sampling", "Continue to sampling with these ranges")
