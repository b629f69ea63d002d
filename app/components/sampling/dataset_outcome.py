"""What came of drawing rows: the dataset, its labels, and every label that could not be met."""

import streamlit as st

from app.components.page_words import in_page_words
from app.components.plain_text import plain
from app.navigation import page_link
from app.services import current
from app.state import current_selection
from core.store.artefacts import Artefact
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH


def dataset_outcome(graph_id: str) -> None:
    """The selected dataset, if it was made from this graph: rows per label, failed labels, the way to it."""
    dataset = _selected(graph_id)
    if dataset is None:
        return
    facts = dataset.manifest.facts
    failed = facts["failed_labels"]
    with st.container(border=True):
        icon = ":material/warning:" if failed else ":material/dataset:"
        st.markdown(f"{icon} **{plain(dataset.manifest.title)}** · {dataset.id[:8]}")
        counts = " · ".join(f"{plain(label)} {n:,}" for label, n in facts["labels"].items())
        st.markdown(f"**{facts['n_rows']:,} rows**: {counts}")
        for label, reason in failed.items():
            st.error(
                f"**No rows of “{plain(label)}”.** {plain(in_page_words(reason))} The other labels are complete.",
                icon=":material/block:",
            )
        page_link("datasets", "Look at this dataset")


def _selected(graph_id: str) -> Artefact | None:
    artefacts, dataset_id = current().workspace.artefacts, current_selection().dataset
    if not dataset_id or not artefacts.exists(DATASET, dataset_id):
        return None
    dataset = artefacts.get(DATASET, dataset_id)
    return dataset if dataset.manifest.parents.get(GRAPH) == graph_id else None
