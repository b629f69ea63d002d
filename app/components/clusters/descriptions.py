"""The description of every attribute, by which clusters are found, and a field to correct one by hand."""

from functools import partial

import streamlit as st

from app.catalogue_tables import page_of
from app.cluster_tables import description_table
from app.components.clusters.edit import keep_edit
from app.components.paged_table import paged_table
from app.components.plain_text import plain
from core.graph.strategies.cluster.replies import DESCRIPTION_LENGTH
from core.graph.strategies.cluster.stages import Stages, with_description

_FIELD_PX = 320


def descriptions(version: str, stages: Stages) -> None:
    """A searched table of all descriptions, and a field to write one of them anew."""
    st.caption(
        "Attributes are grouped by how alike these descriptions are, so a wrong one puts an attribute into the wrong "
        "cluster."
    )
    _edit(version, stages)
    words = st.text_input(
        "Search",
        key=f"description-search-{stages.catalogue.id[:8]}",
        persist_state="session",
        icon=":material/search:",
        placeholder="Words in any column",
    )
    table = description_table(stages, words or "")
    if table.empty:
        st.info("No description fits. Search for fewer words.", icon=":material/search_off:")
        return
    paged_table(
        lambda page: page_of(table, page),
        f"descriptions-{version[:8]}-{words}",
        "descriptions",
        {
            "Description": st.column_config.TextColumn(width="large"),
            "By hand": st.column_config.CheckboxColumn(help="Written by a person. It is kept as it is."),
        },
    )


def _edit(version: str, stages: Stages) -> None:
    attributes = stages.catalogue.attributes
    with st.expander("Write a description by hand", icon=":material/edit_note:"):
        attribute_id = st.selectbox(
            "Attribute",
            [attribute.id for attribute in attributes],
            format_func=lambda id: f"{stages.catalogue[id].value} · {stages.catalogue[id].modality}",
            key=f"describe-{version[:8]}",
        )
        now = stages.descriptions[stages.catalogue.position_of[attribute_id]]
        text = st.text_area(
            f"Description of {plain(stages.catalogue[attribute_id].value)}",
            now,
            key=f"description-{version[:8]}-{attribute_id}",
            height=140,
            placeholder="No description yet",
            help=f"At most {DESCRIPTION_LENGTH:,} characters.",
        )
        if stages.clustering is not None:
            st.caption(
                ":material/warning: Clusters and scores were made from the old description, so the new version starts "
                "without them: you can correct more descriptions, then find the clusters anew. This version keeps its "
                "own."
            )
        key = f"describe-keep-{version[:8]}"
        if st.button("Keep this description", type="primary", icon=":material/save:", key=key):
            keep_edit(version, partial(with_description, attribute_id=attribute_id, text=text or ""), "Described.")
