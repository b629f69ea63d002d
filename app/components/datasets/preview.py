"""The rows of a dataset, searched and page by page."""

from functools import partial

import streamlit as st

from app import queries
from app.components.paged_table import paged_table
from app.dataset_rows import RowSearch
from app.state import current_selection
from app.theme import label_colours
from core.sampler.configuration import LABEL_KEY
from core.store.artefacts import Artefact


def dataset_preview(dataset: Artefact) -> None:
    """Filters by label and by attribute value, and one page of the rows they let through."""
    workspace = current_selection().workspace
    labels = list(dataset.manifest.facts["labels"])
    search = _search(labels, dataset.id[:8])
    read = partial(queries.dataset_page, workspace, dataset.id, search)
    first = read(1)
    if not first.n_rows:
        st.info(
            "No row fits. Search for a part of a value, separate several by commas, or take a label away.",
            icon=":material/search_off:",
        )
        return
    line, *types = (name for name in first.rows.columns if name != LABEL_KEY)
    colours = label_colours(list(dataset.manifest.facts["sampling"]))  # all that were asked for, as on every chart
    columns = {
        line: st.column_config.NumberColumn("Line", width=70, format="localized", help="Line of the files, from 1."),
        LABEL_KEY: st.column_config.MultiselectColumn(
            "Label", width=90, options=labels, color=[colours[label] for label in labels]
        ),
        **{name: st.column_config.ListColumn(name) for name in types},
    }
    paged_table(read, f"rows-{dataset.id[:8]}-{search}", "rows", columns)


def _search(labels: list[str], key: str) -> RowSearch:
    text, label = st.columns([3, 2])
    wanted = text.text_input(
        "Search",
        key=f"row-search-{key}",
        persist_state="session",
        icon=":material/search:",
        placeholder="Values, such as: tiktok, nike",
        help="Finds rows that hold every value named, several separated by commas. A part of a value is enough; case "
        "and accents do not matter.",
    )
    chosen = label.multiselect(
        "Label", labels, key=f"row-labels-{key}", persist_state="session", placeholder="All labels"
    )
    return RowSearch(tuple(chosen), wanted)
