"""Configurations to start from: the density's suggestion, those shipped, and those of this graph's datasets."""

from collections.abc import Callable, Mapping
from functools import partial

import streamlit as st

from app.components.configuration.draft import Draft, replace_draft, suggested_config
from app.components.failure import show_failure
from app.components.notice import give_notice
from app.services import current
from core.errors import ValenceError
from core.sampler.configuration import DatasetConfig
from core.sampler.configuration_check import check_config
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.demo import DATA, shipped_config
from core.workflows.graphs import GRAPH

Source = Callable[[], DatasetConfig]


def config_sources(draft: Draft) -> None:
    """A list of configurations, and a button that puts the chosen one in place of what is being tuned."""
    sources = _sources(draft.graph_id)
    with st.popover("Start from …", icon=":material/settings_backup_restore:"):
        chosen = st.selectbox("Settings to start from", list(sources), key="config-source")
        st.caption("They take the place of the settings you see, rows per label included.")
        st.button(
            "Use these settings",
            type="primary",
            key="use-source",
            on_click=_use,
            args=(draft.graph_id, sources[chosen]),
        )


def _sources(graph_id: str) -> Mapping[str, Source]:
    """What there is, by the name it is offered under; a shipped configuration only where it fits the catalogue."""
    sources: dict[str, Source] = {"Suggestion from the density": partial(suggested_config, graph_id)}
    workspace = current().workspace
    catalogue = current().graph(graph_id).graph.catalogue
    for path in sorted((DATA / "configs").glob("*.json")):
        if not check_config(shipped_config(path.stem), catalogue):
            sources[f"Shipped example “{path.stem}”"] = partial(shipped_config, path.stem)
    for dataset in workspace.artefacts.list(DATASET):
        if dataset.manifest.parents[GRAPH] == graph_id:
            name = f"Dataset {dataset.id[:8]} · {dataset.manifest.title}"
            sources[name] = partial(dataset_config, workspace, dataset)
    return sources


def _use(graph_id: str, source: Source) -> None:
    try:
        replace_draft(graph_id, source())
    except ValenceError as error:
        show_failure(error)
        return
    give_notice("The form shows these settings now.", icon=":material/check_circle:")
