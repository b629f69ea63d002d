"""The published configurations, brought to a catalogue whose types may have other names."""

import streamlit as st

from app.components.configuration.draft import Draft, replace_draft
from app.components.failure import show_failure
from app.components.notice import give_notice
from app.components.plain_text import plain
from app.services import current
from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.sampler.configuration import DatasetConfig
from core.sampler.published import likely_types, lowered_quotas, published_config, published_names, with_types

_LEFT_OUT = "left out"


def published_configs(draft: Draft) -> None:
    """A button that opens the list of published configurations."""
    if st.button("Published settings …", icon=":material/menu_book:", key="published"):
        _choose(draft.graph_id)


@st.dialog("Settings of the publication", width="large")
def _choose(graph_id: str) -> None:
    catalogue = current().graph(graph_id).graph.catalogue
    name = st.segmented_control(
        "Configuration", published_names(), default=published_names()[0], required=True, key="published-name"
    )
    published = published_config(name)
    st.markdown(f"{plain(published.about)} {_labels_text(published.config)}")
    st.caption(
        "The publication names its attribute types as below, in brackets how many of them a row holds. Choose which of "
        "your types stands for each; a type that your catalogue lacks is left out."
    )
    mapping = _mapping(published.config, catalogue)
    for lower in lowered_quotas(published.config, mapping, catalogue):
        st.caption(
            f":material/arrow_downward: {plain(lower.attribute_type)}: your catalogue has too few, so rows hold "
            f"{_range_text(lower.given)} instead of {_range_text(lower.asked)}."
        )
    try:
        config = with_types(published.config, mapping, catalogue)
    except ValenceError as error:
        show_failure(error)
        return
    st.caption("These settings take the place of those you see, rows per label included.")
    if st.button("Use these settings", type="primary", key="use-published"):
        replace_draft(graph_id, config)
        give_notice(f"The form shows the settings of {name} now.", icon=":material/check_circle:")
        st.rerun()


def _mapping(config: DatasetConfig, catalogue: Catalogue) -> dict[str, str]:
    likely = likely_types(config, catalogue)
    own = ["", *catalogue.attribute_types]
    mapping = {}
    grid = st.grid(3, gap=("small", "small"))
    for name, (low, high) in config.type_ranges.items():
        with grid.cell():
            mapping[name] = st.selectbox(
                f"{name} ({_range_text((low, high))})",
                own,
                index=own.index(likely[name]),
                format_func=lambda kind: kind or _LEFT_OUT,
                key=f"published-type-{name}",
            )
    return mapping


def _labels_text(config: DatasetConfig) -> str:
    parts = " · ".join(f"{plain(label)} {params.num_samples:,}" for label, params in config.label_params.items())
    return f"Rows: {parts}."


def _range_text(allowed: tuple[int, int]) -> str:
    low, high = allowed
    return f"{low}" if low == high else f"{low} to {high}"
