"""What one stored catalogue holds: counts, and its attributes searched and page by page."""

from functools import partial

import streamlit as st

from app import queries
from app.catalogue_tables import COLUMNS, AttributeFilter, CatalogueOverview, filtered_csv
from app.components.catalogue.charts import MOST_BARS, attributes_by_type
from app.components.paged_table import paged_table
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from app.theme import CHART_CONFIG
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import load_catalogue

COLUMN_NAMES = {"value": "Value", "modality": "Modality", "attribute_type": "Attribute type", "id": "Id"}

_FIELD_PX = 170


def catalogue_counts(catalogue: Artefact) -> None:
    """The figures of a version above its chart."""
    overview = queries.catalogue_overview(current_selection().workspace, catalogue.id)
    with st.grid(4, min_column_width=_FIELD_PX):
        st.metric("Attributes", f"{overview.n_attributes:,}", help="Rows of the catalogue.")
        st.metric("Modalities", len(overview.modalities), help="Kinds of attribute: brand, audience, platform ...")
        st.metric(
            "Attribute types",
            len(overview.types),
            help="Finer kinds within a modality. A row of a dataset holds some attributes of each type.",
        )
        st.metric(
            "Pairs to judge",
            f"{overview.n_pairs:,}",
            help="Pairs of attributes of different modalities: what a graph asks about.",
        )
    st.plotly_chart(attributes_by_type(overview), config=CHART_CONFIG, key="attributes-by-type")
    if len(overview.types) > MOST_BARS:
        st.caption(f"One bar per modality, since there are {len(overview.types):,} attribute types.")
    if overview.facts:
        st.caption(f"Facts kept with the attributes: {', '.join(map(plain, overview.facts))}")


def catalogue_table(catalogue: Artefact) -> None:
    """Search, filters, one page of what was found, and downloads."""
    workspace = current_selection().workspace
    wanted = _filter(queries.catalogue_overview(workspace, catalogue.id), catalogue.id[:8])
    read = partial(queries.catalogue_page, workspace, catalogue.id, wanted)
    n_found = read(1).n_rows
    if n_found:
        paged_table(read, f"attributes-{catalogue.id[:8]}-{wanted}", "attributes", COLUMN_NAMES)
    else:
        st.info("No attribute fits. Search for fewer words, or take a filter away.", icon=":material/search_off:")
    _downloads(catalogue, wanted, n_found)


def _filter(overview: CatalogueOverview, key: str) -> AttributeFilter:
    grid = st.grid(4, min_column_width=_FIELD_PX)
    search, modality, attribute_type, order = (grid.cell() for _ in range(4))
    words = search.text_input(
        "Search",
        key=f"attribute-search-{key}",
        persist_state="session",
        icon=":material/search:",
        placeholder="Words in any column",
        help="Finds attributes that hold every word somewhere, in any column; case and accents do not matter.",
    )
    modalities = modality.multiselect(
        "Modality", overview.modalities, key=f"attribute-modality-{key}", persist_state="session", placeholder="All"
    )
    types = attribute_type.multiselect(
        "Attribute type",
        [count.attribute_type for count in overview.types],
        key=f"attribute-type-{key}",
        persist_state="session",
        placeholder="All",
    )
    by = order.selectbox(
        "Order",
        ["", *COLUMNS],
        format_func=lambda name: f"By {COLUMN_NAMES[name].lower()}" if name else "As in the file",
        key=f"attribute-order-{key}",
        persist_state="session",
        help="Orders all pages. A click on a column's head orders the page you see only.",
    )
    return AttributeFilter(words, tuple(modalities), tuple(types), by)


def _downloads(catalogue: Artefact, wanted: AttributeFilter, n_found: int) -> None:
    n_all = catalogue.manifest.facts["n_attributes"]
    held = current().workspace
    with st.container(horizontal=True):
        _download(f"Download all {n_all:,} (CSV)", "all", held, catalogue.id, AttributeFilter())
        if 0 < n_found < n_all:
            _download(f"Download the {n_found:,} found (CSV)", "found", held, catalogue.id, wanted)


def _download(label: str, part: str, held: Workspace, catalogue_id: str, wanted: AttributeFilter) -> None:
    st.download_button(
        label,
        lambda: filtered_csv(load_catalogue(held, catalogue_id), wanted),
        file_name=f"catalogue-{catalogue_id[:8]}{'' if part == 'all' else '-found'}.csv",
        mime="text/csv",
        icon=":material/download:",
        key=f"download-{part}-{catalogue_id[:8]}",
        on_click="ignore",
    )
