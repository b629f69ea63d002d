"""The clusters of one modality: how they were found, a map, the list, and one of them opened."""

from typing import Final

import pandas as pd
import streamlit as st

from app.cluster_tables import cluster_of, cluster_table, member_table, numbered_name
from app.components.clusters.charts import cluster_map, page_text_colour
from app.components.clusters.edit import cluster_edit
from app.components.plain_text import plain
from app.components.shares import percent
from app.theme import CHART_CONFIG
from core.graph.clusters.model import Cluster, Clustering, ModalityReport
from core.graph.strategies.cluster.stages import Stages

METHOD_NAMES: Final = {
    "singletons": "Not grouped: each its own cluster",
    "pca": "HDBSCAN after PCA",
    "umap": "HDBSCAN after UMAP",
}
_MAP_PX: Final = 420
_ROW_PX, _HEAD_PX, _MOST_ROWS = 35, 38, 12


def modality_reports(clustering: Clustering) -> None:
    """One line per modality: how it was clustered, how many clusters and how much noise, and what to know of it."""
    if not clustering.reports:
        st.caption("How these clusters were found is not recorded.")
        return
    rows = [
        {
            "Modality": report.modality,
            "Attributes": report.n,
            "How": METHOD_NAMES[report.method],
            "Clusters": len(clustering.by_modality[report.modality]),
            "Noise found": report.n_noise,
            "Agreement": report.agreement,
            "What to know": report.note,
        }
        for report in clustering.reports
    ]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        placeholder="–",
        column_config={
            "How": st.column_config.TextColumn(
                help="HDBSCAN finds clusters where attributes lie densely. Descriptions are first brought down to few "
                "numbers each, by UMAP in large modalities and by PCA in small ones."
            ),
            "Clusters": st.column_config.NumberColumn(help="As they are in this version, edits by hand included."),
            "Noise found": st.column_config.NumberColumn(
                help="Attributes that fitted no cluster. Where all of a modality was noise, "
                "each attribute is a cluster of its own and none is marked."
            ),
            "Agreement": st.column_config.NumberColumn(
                format="%.2f",
                help="Whether repeated runs, begun differently, find the same clusters: 1 always, 0 by chance alone "
                "(adjusted Rand index).",
            ),
            "What to know": st.column_config.TextColumn(width="large"),
        },
        key="cluster-reports",
    )
    if warnings := [f"**{plain(r.modality)}.** {plain(r.warning)}" for r in clustering.reports if r.warning]:
        st.warning("\n\n".join(warnings), icon=":material/grain:")


def modality_groups(version: str, stages: Stages) -> None:
    """Choose a modality and look at its clusters."""
    clustering = stages.clustering
    assert clustering is not None  # the page looks first
    modality = st.pills(
        "Modality",
        clustering.catalogue.modalities,
        default=clustering.catalogue.modalities[0],
        required=True,
        key=f"cluster-modality-{clustering.catalogue.id[:8]}",
        persist_state="session",
    )
    number = _opened(clustering, modality)
    grid = st.grid(2, min_column_width=_MAP_PX, gap="medium")
    with grid.cell():
        _map(version, clustering, modality, number)
        _singletons_rule(clustering, modality)
        cluster_edit(version, stages, cluster_of(stages, number))
    with grid.cell():
        _choose(version, clustering, modality)
        _card(stages, cluster_of(stages, number))
    st.markdown(f"##### All clusters of {plain(modality)}")
    _list(stages, modality)


def _opened(clustering: Clustering, modality: str) -> int:
    """The number of the open cluster; the largest one where none, or one that is gone, was open."""
    clusters = clustering.by_modality[modality]
    largest = max(clusters, key=lambda cluster: (len(cluster), -cluster.number)).number
    key = _open_key(clustering, modality)
    if st.session_state.get(key) not in {cluster.number for cluster in clusters}:
        st.session_state[key] = largest
    number: int = st.session_state[key]
    return number


def _choose(version: str, clustering: Clustering, modality: str) -> None:
    clusters = {cluster.number: cluster for cluster in clustering.by_modality[modality]}
    key, kept = f"pick-cluster-{version[:8]}-{modality}", _open_key(clustering, modality)
    st.session_state[key] = st.session_state[kept]
    st.selectbox(
        "Open cluster",
        list(clusters),
        format_func=lambda number: f"{numbered_name(clusters[number])} ({len(clusters[number]):,})",
        key=key,
        on_change=_keep_open,
        args=(key, kept),
        help="Choose here, or click a dot on the map. In brackets: how many attributes it holds.",
    )


def _keep_open(key: str, kept: str) -> None:
    st.session_state[kept] = st.session_state[key]


def _map(version: str, clustering: Clustering, modality: str, number: int) -> None:
    key = f"cluster-map-{version[:8]}-{modality}"
    st.plotly_chart(
        cluster_map(clustering, modality, number, page_text_colour()),
        config={**CHART_CONFIG, "scrollZoom": True},
        key=key,
        on_select=lambda: _open_clicked(key, _open_key(clustering, modality)),
        selection_mode="points",
        alt=f"Map of the attributes of {modality}, near each other where their descriptions are alike",
    )
    st.caption(
        "Attributes near each other are described alike; directions mean nothing. Colour: cluster (eight colours, used "
        "again). Large dot: typical of its cluster. Hollow dot: noise, put into the nearest cluster. Ringed: the open "
        "cluster."
    )


def _open_clicked(chart_key: str, open_key: str) -> None:
    points = st.session_state[chart_key].selection.points
    if points and (data := points[0].get("customdata")):
        st.session_state[open_key] = int(data[0])


def _singletons_rule(clustering: Clustering, modality: str) -> None:
    """Say why a modality has no clusters."""
    report = next((r for r in clustering.reports if r.modality == modality), None)
    if report is None or report.method != "singletons":
        return
    st.info(f"{plain(_in_words(report))} Scores are then between single attributes.", icon=":material/scatter_plot:")


def _in_words(report: ModalityReport) -> str:
    n_all = f"{report.n:,} attribute{'s'[: report.n != 1]}"
    if report.n_noise:
        return f"All {n_all} turned out to be noise: no cluster stands out, so each is a cluster of its own."
    return report.note or f"The {n_all} were not grouped: each is a cluster of its own."


def _card(stages: Stages, cluster: Cluster) -> None:
    assert stages.clustering is not None  # there is a cluster
    card = cluster.card
    with st.container(border=True):
        st.markdown(f"#### {plain(card.label) if card else f'Cluster {cluster.number}, no name yet'}")
        if card and card.summary:
            st.markdown(plain(card.summary))
        if card and card.characteristics:
            st.markdown("\n".join(f"- {plain(line)}" for line in card.characteristics))
        st.caption(_figures(stages.clustering, cluster))
        table = member_table(stages, cluster)
        st.dataframe(
            table,
            hide_index=True,
            height=_table_height(len(table)),
            column_config={
                "Membership": st.column_config.NumberColumn(
                    format="%.2f", help="How strongly it belongs: 1 in the middle, 0 for noise. Edits leave it as is."
                ),
                "Typical": st.column_config.CheckboxColumn(help="Nearest the middle of the cluster."),
                "Noise": st.column_config.CheckboxColumn(help="Always judged itself, whatever its cluster scores."),
            },
            key=f"cluster-members-{cluster.number}",
        )


def _figures(clustering: Clustering, cluster: Cluster) -> str:
    n_noise = int(clustering.is_noise[list(cluster.members)].sum())
    parts = [f"{len(cluster):,} attribute{'s'[: len(cluster) != 1]}", f"{n_noise:,} noise"]
    if cluster.stability is None:
        return " · ".join([*parts, "stability not measured for these members"])
    kept = "stayed alone" if len(cluster) == 1 else "two members came out together"
    return " · ".join([*parts, f"in {percent(cluster.stability)} of repeated runs {kept}"])


def _list(stages: Stages, modality: str) -> None:
    table = cluster_table(stages, modality)
    st.dataframe(
        table.drop(columns="number"),
        hide_index=True,
        height=_table_height(len(table)),
        column_config={
            "Noise": st.column_config.NumberColumn(help="Members marked as noise."),
            "Stability": st.column_config.ProgressColumn(
                format="%d%%",
                min_value=0,
                max_value=100,
                help="How often repeated runs put two members together. Empty where it was not measured, or where "
                "members were changed by hand.",
            ),
            "Members": st.column_config.TextColumn(width="large", help="The most typical first."),
            "Summary": st.column_config.TextColumn(width="large"),
        },
        key=f"cluster-list-{modality}",
    )


def _table_height(n_rows: int) -> int:
    return _HEAD_PX + _ROW_PX * min(n_rows, _MOST_ROWS)


def _open_key(clustering: Clustering, modality: str) -> str:
    return f"cluster-open-{clustering.catalogue.id[:8]}-{modality}"
