"""Where a dataset comes from, as a picture: catalogue, graph, configuration, dataset."""

from collections.abc import Callable
from datetime import UTC, datetime

import streamlit as st

from app import queries
from app.components.graph.newer_version import newest_version
from app.components.graph.settings_form import judge_name
from app.components.moments import reader_zone, when_text
from app.components.open_with import open_with
from app.components.plain_text import plain
from app.navigation import open_page, page_icon
from app.services import current
from app.state import current_selection, select
from core.graph.judges.offline import DISCLAIMER
from core.sampler.configuration import config_json
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.drafts import create_draft
from core.workflows.graphs import GRAPH

_CARD_PX = 190


def lineage(dataset: Artefact) -> None:
    """Four cards with short ids and ways to the pages, then the configuration as JSON and the versions of libraries."""
    held = current().workspace.artefacts
    parents = dataset.manifest.parents
    catalogue, graph = held.get(CATALOGUE, parents[CATALOGUE]), held.get(GRAPH, parents[GRAPH])
    cards: tuple[Callable[[], None], ...] = (
        lambda: _catalogue_card(catalogue),
        lambda: _graph_card(graph),
        lambda: _configuration_card(dataset, graph),
        lambda: _dataset_card(dataset),
    )
    grid = st.grid(len(cards), min_column_width=_CARD_PX)
    for card in cards:
        with grid.container(border=True, height="stretch"):
            card()
    if graph.manifest.facts.get("judge") == "offline":
        st.info(f"The graph's judge: {DISCLAIMER}", icon=":material/rule:")
    with st.expander("The configuration as JSON", icon=":material/data_object:"):
        st.code(
            config_json(queries.dataset_configuration(current_selection().workspace, dataset.id)), "json", height=420
        )


def _catalogue_card(catalogue: Artefact) -> None:
    _head("catalogue", "Catalogue", catalogue)
    st.markdown(f"{catalogue.manifest.facts['n_attributes']:,} attributes")
    _open_button("catalogue", {CATALOGUE: catalogue.id})


def _graph_card(graph: Artefact) -> None:
    facts = graph.manifest.facts
    _head("graph", "Signed graph", graph)
    st.markdown(
        f"{facts['n_positive']:,} + edges, {facts['n_negative']:,} − edges  \nJudge: {plain(judge_name(graph))}"
    )
    if newest := newest_version(graph):
        st.caption(f":material/rate_review: newer reviewed version: {plain(newest.manifest.title)} ({newest.id[:8]})")
    _open_button("graph", {GRAPH: graph.id})


def _configuration_card(dataset: Artefact, graph: Artefact) -> None:
    facts = dataset.manifest.facts
    st.markdown(f"{page_icon('density')} **Configuration**")
    st.caption(f"{facts['lineage']['config_id'][:8]}")
    n_labels = len(facts["labels"]) + len(facts["failed_labels"])
    st.markdown(f"{n_labels} label{'s'[: n_labels != 1]}, seed {facts['seed']}")
    st.space("stretch")
    if st.button(
        "Change a copy",
        key="tune-a-copy",
        icon=":material/tune:",
        width="stretch",
        help="Opens a copy of this configuration where label ranges are set. This dataset stays as it is.",
    ):
        config = queries.dataset_configuration(current_selection().workspace, dataset.id)
        draft = create_draft(current().workspace, graph.id, config)
        select(graph=graph.id, draft=draft)
        open_page("density")


def _dataset_card(dataset: Artefact) -> None:
    _head("datasets", "This dataset", dataset)
    st.markdown(f"{dataset.manifest.facts['n_rows']:,} rows")
    versions = dataset.manifest.facts["lineage"]["versions"]
    st.caption(f"Made with {', '.join(f'{name} {version}' for name, version in versions.items())}")


def _head(url_path: str, name: str, artefact: Artefact) -> None:
    made = when_text(artefact.manifest.created_at, datetime.now(UTC), reader_zone())
    st.markdown(f"{page_icon(url_path)} **{name}**  \n{plain(artefact.manifest.title)}")
    st.caption(f"{artefact.id[:8]}, made {made}")


def _open_button(url_path: str, ids: dict[str, str]) -> None:
    st.space("stretch")
    if st.button("Open", key=f"lineage-{url_path}", icon=":material/arrow_forward:", width="stretch"):
        open_with(url_path, **ids)
