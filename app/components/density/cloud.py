"""The picture beside the sliders: random rows as a cloud, the labels as boxes on it, and how far rows can reach."""

import streamlit as st

from app.components.density.charts import label_cloud
from app.components.shares import percent
from app.theme import CHART_CONFIG
from core.sampler.configuration import LabelParams
from core.sampler.density import Density
from core.workflows.density_report import ReachReport


def cloud_panel(density: Density, labels: dict[str, LabelParams], reach: ReachReport) -> None:
    """The cloud, a switch to see the whole reach, and what the marks mean."""
    is_wide = st.toggle(
        "Show how far rows can reach",
        key="cloud-shows-reach",
        persist_state="session",
        help="Zooms out to the greatest and least shares that searches found, with the same attributes per row.",
    )
    st.plotly_chart(label_cloud(density, labels, reach if is_wide else None), config=CHART_CONFIG, key="label-cloud")
    st.caption(
        f"The grey cloud is {density.n_subgraphs:,} random rows, stronger where there are more. "
        "A box is a label: it takes the rows inside. "
        "Where boxes overlap, labels are hard to tell apart."
    )
    ends = reach.extremes
    st.caption(
        f":material/open_in_full: Searches reached {percent(ends.pos_min)} to {percent(ends.pos_max)} + pairs and "
        f"{percent(ends.neg_min)} to {percent(ends.neg_max)} − pairs. Rows beyond may exist, but none was found."
    )
