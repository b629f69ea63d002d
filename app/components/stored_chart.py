"""Charts of what is stored, built once: plotly takes longer to build a figure than a page takes for all the rest."""

from collections.abc import Callable

import plotly.graph_objects as go
import streamlit as st

from app.theme import CHART_CONFIG


def stored_chart(key: str, shown: tuple[str, ...], build: Callable[[], go.Figure]) -> None:
    """Draw the chart `key` of what the ids in `shown` name, calling `build` only where it was not built before.

    Everything that `build` reads must follow from `shown`: content ids never change what they mean.
    """
    st.plotly_chart(_figure(key, shown, build), config=CHART_CONFIG, key=key)


@st.cache_resource(max_entries=64, show_spinner=False)
def _figure(key: str, shown: tuple[str, ...], _build: Callable[[], go.Figure]) -> go.Figure:  # noqa: ARG001 - the key
    return _build()
