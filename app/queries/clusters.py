"""Cached reads of prepared clusters."""

import streamlit as st

from app.cluster_tables import (
    CallCounts,
    Fates,
    call_counts,
    expansion_calls,
    pair_fates,
    stage_changes,
    without_inheriting,
)
from app.queries.catalogues import catalogue
from app.services import workbench
from core.graph.strategies.cluster.estimate import ClusterEstimate, StageEstimate, estimate_cluster
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.workflows.graph_settings import GraphSettings
from core.workflows.stages import load_stages


@st.cache_data(show_spinner="Reading the clusters", max_entries=8)
def cluster_stages(workspace: str, version: str) -> Stages:
    """A stored version of prepared clusters; `CorruptArtefact` when its files were changed."""
    return load_stages(workbench().open(workspace).workspace, version)


@st.cache_data(show_spinner=False, max_entries=64)
def cluster_fates(workspace: str, version: str, settings: ClusterStrategySettings) -> Fates:
    """What thresholds make of all pairs of attributes; `ValenceError` while cluster pairs have no score."""
    return pair_fates(cluster_stages(workspace, version), settings)


@st.cache_data(show_spinner="Counting calls", max_entries=64)
def cluster_calls(workspace: str, version: str, settings: ClusterStrategySettings, batch_size: int) -> CallCounts:
    """Calls that a run from a version of clusters would make under these thresholds."""
    asking_all = _calls_asking_all(workspace, version, without_inheriting(settings), batch_size)
    return call_counts(cluster_stages(workspace, version), settings, batch_size, asking_all)


@st.cache_data(show_spinner=False, max_entries=64)
def _calls_asking_all(
    workspace: str, version: str, settings: ClusterStrategySettings, batch_size: int
) -> StageEstimate:
    return expansion_calls(cluster_stages(workspace, version), settings, batch_size)


@st.cache_data(show_spinner=False, max_entries=64)
def preparation_calls(workspace: str, catalogue_id: str, version: str, settings: GraphSettings) -> ClusterEstimate:
    """Calls stage by stage from a version of clusters, or from nothing for an empty id."""
    start = cluster_stages(workspace, version) if version else None
    known = catalogue(workspace, catalogue_id)
    return estimate_cluster(known, settings.cluster, start, settings.clusters, settings.batch_size)


@st.cache_data(show_spinner=False, max_entries=64)
def cluster_changes(workspace: str, before: str, after: str) -> tuple[str, ...]:
    """In what two versions of clusters differ."""
    return stage_changes(cluster_stages(workspace, before), cluster_stages(workspace, after))
