"""What a dataset version is, in five figures, and what is wrong with it, if anything."""

from datetime import UTC, datetime

import streamlit as st

from app import queries
from app.components.graph.newer_version import newer_version_notice
from app.components.moments import reader_zone, when_text
from app.components.open_with import open_with
from app.components.page_words import in_page_words
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.dataset.evaluation import Evaluation
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.drafts import create_draft
from core.workflows.graphs import GRAPH

_FIGURE_PX = 150


def dataset_headline(dataset: Artefact) -> None:
    """Rows, labels, share in range, duplicates and seed; the counts hold even where the evaluation is damaged."""
    facts = dataset.manifest.facts
    n_labels, n_failed = len(facts["labels"]), len(facts["failed_labels"])
    grid = st.grid(5, min_column_width=_FIGURE_PX)
    rows, labels, in_range, duplicates, seed = (grid.cell() for _ in range(5))
    rows.metric("Rows", f"{facts['n_rows']:,}", help="Synthetic campaigns, each with one label.", border=True)
    labels.metric(
        "Labels",
        f"{n_labels} of {n_labels + n_failed}" if n_failed else n_labels,
        help="Labels that have rows, of those that were asked for.",
        border=True,
    )
    seed.metric(
        "Seed",
        str(facts["seed"]),
        help=f"The seed {facts['seed']}: the same seed, graph and configuration give the same rows, byte for byte.",
        border=True,
    )
    try:
        evaluation = queries.dataset_evaluation(current_selection().workspace, dataset.id)
    except ValenceError:
        in_range.metric("Rows in range", "–", border=True)
        duplicates.metric("Duplicate rows", "–", border=True)
        raise
    in_range.metric(
        "Rows in range",
        _rate_text(evaluation),
        help="Rows whose share of + pairs, share of − pairs and number of attributes of each type all lie within what "
        "was asked. Counted again from the graph after drawing; 100 % is expected.",
        border=True,
    )
    n_duplicates = sum(label.n_duplicates for label in evaluation.labels.values())
    duplicates.metric(
        "Duplicate rows",
        f"{n_duplicates:,}",
        help=f"Rows that repeat an earlier row of their label exactly: {n_duplicates / evaluation.n_rows:.2%} of all.",
        border=True,
    )
    if n_outside := rows_outside(evaluation):
        st.error(
            f"**{n_outside:,} of {evaluation.n_rows:,} rows lie outside the ranges of their label.** This must not "
            "happen: do not use this version. Draw the rows again; the table below shows which labels are affected.",
            icon=":material/error:",
        )


def failed_labels(dataset: Artefact) -> None:
    """Every label that has no rows, with the full reason."""
    for label, reason in dataset.manifest.facts["failed_labels"].items():
        st.warning(
            f"**The label “{plain(label)}” has no rows in this version.** {plain(in_page_words(reason))}",
            icon=":material/warning:",
        )


def newer_graph_notice(dataset: Artefact) -> None:
    """Say when the dataset's graph has a newer reviewed version, or else when its catalogue has a graph that was made
    after it, and offer to use that.
    """
    held = current().workspace.artefacts
    parents = dataset.manifest.parents
    graphs = [graph for graph in held.list(GRAPH) if graph.manifest.parents.get(CATALOGUE) == parents[CATALOGUE]]
    own = next((graph for graph in graphs if graph.id == parents[GRAPH]), None)
    if own is not None and newer_version_notice(own, "Draw rows on it", lambda newest: _draw_on(newest, dataset)):
        return
    if own is None or graphs[0].manifest.created_at <= own.manifest.created_at:
        return
    newest = graphs[0]
    made = when_text(newest.manifest.created_at, datetime.now(UTC), reader_zone())
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/update: **There is a newer graph of this catalogue**: {plain(newest.manifest.title)} "
            f"({newest.id[:8]}), made {made}. These rows were drawn on {plain(own.manifest.title)} ({own.id[:8]}) and "
            "stay as they are."
        )
        if st.button("Draw rows on the newer one", icon=":material/play_circle:", key="use-newer-graph"):
            open_with("sampling", graph=newest.id)


def _draw_on(graph: Artefact, dataset: Artefact) -> None:
    """Go to drawing with the dataset's own configuration."""
    config = queries.dataset_configuration(current_selection().workspace, dataset.id)
    open_with("sampling", graph=graph.id, draft=create_draft(current().workspace, graph.id, config))


def rows_outside(evaluation: Evaluation) -> int:
    """Rows that break a hard range; 0 in every dataset that was drawn rightly."""
    return sum(round((1.0 - (label.in_range_rate or 0.0)) * label.n) for label in evaluation.labels.values() if label.n)


def _rate_text(evaluation: Evaluation) -> str:
    """Rounded down, so that 100 % means every row."""
    outside = rows_outside(evaluation)
    return f"{int((evaluation.n_rows - outside) / evaluation.n_rows * 1_000) / 10:g} %"
