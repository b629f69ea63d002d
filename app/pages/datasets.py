"""Datasets: versions of labelled rows, how good they are, what they hold, where they come from, and their files."""

from collections.abc import Callable

import streamlit as st

from app.components.artefact_picker import artefact_picker
from app.components.datasets.attributes import dataset_attributes
from app.components.datasets.downloads import dataset_downloads
from app.components.datasets.evaluation import dataset_evaluation
from app.components.datasets.headline import dataset_headline, failed_labels, newer_graph_notice
from app.components.datasets.hygiene import dataset_hygiene
from app.components.datasets.lineage import lineage
from app.components.datasets.noise_notice import noise_notice
from app.components.datasets.preview import dataset_preview
from app.components.datasets.reproduction_view import REPRODUCE, reproduction_view
from app.components.datasets.split import dataset_splits, sealed_notice
from app.components.datasets.split_form import SPLIT_JOB
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.components.job_panel import watched_job
from app.components.manage_version import manage_version
from app.components.plain_text import plain
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.datasets import DATASET
from core.workflows.sealed_rows import RowsSealed


def _origin(dataset: Artefact) -> None:
    _show(lineage, dataset)
    st.markdown("##### Reproduce this version")
    _show(reproduction_view, dataset)


_VIEWS: dict[str, Callable[[Artefact], None]] = {
    ":material/monitoring: Evaluation": dataset_evaluation,
    ":material/table_rows: Rows": dataset_preview,
    ":material/bar_chart: Attributes": dataset_attributes,
    ":material/diversity_2: Variety": dataset_hygiene,
    ":material/account_tree: Origin": _origin,
    ":material/call_split: Splits": dataset_splits,
}


def _show(part: Callable[[Artefact], None], dataset: Artefact) -> None:
    """A part that cannot be shown says why in its place; the others stay."""
    try:
        part(dataset)
    except RowsSealed as sealed:
        st.info(plain(f"{sealed.message} {sealed.fix}"), icon=":material/lock:")
    except ValenceError as error:
        show_failure(error)


def _version(dataset: Artefact) -> None:
    for part in (sealed_notice, dataset_headline, failed_labels, noise_notice, newer_graph_notice, dataset_downloads):
        _show(part, dataset)
    for tab, view in zip(st.tabs(list(_VIEWS), key="dataset-views", on_change="rerun"), _VIEWS.values(), strict=True):
        with tab:
            if tab.open:
                _show(view, dataset)


st.title("Datasets")
st.markdown("Versions of labelled rows: how well they meet what was asked, what they hold, and where they come from.")
watched_job(REPRODUCE)
watched_job(SPLIT_JOB)
head = st.container(horizontal=True, vertical_alignment="bottom")
with head:
    dataset = artefact_picker(DATASET, "Dataset")
if dataset is None:
    empty_state(
        "No dataset yet",
        "A dataset is made by drawing labelled rows on a signed graph.",
        "sampling",
        "Draw rows",
    )
else:
    with head:
        rows = f"{dataset.manifest.facts['n_rows']:,} rows"
        manage_version(dataset, f"with its {rows} for good? Only drawing it again brings it back.", ask_twice=True)
    _version(dataset)
