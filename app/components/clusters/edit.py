"""Editing clusters by hand: every change is a new version, and one that cannot be says why."""

from collections.abc import Callable
from functools import partial
from typing import Final

import streamlit as st

from app.cluster_tables import numbered_name, values_of
from app.components.failure import show_failure
from app.components.notice import give_notice
from app.services import current
from app.state import current_selection, select
from core.errors import ValenceError
from core.graph.clusters.edits import (
    MAX_LABEL,
    merge_clusters,
    move_members,
    rename_cluster,
    set_noise,
    split_cluster,
)
from core.graph.clusters.model import Cluster
from core.graph.strategies.cluster.stages import Stages
from core.workflows.stage_edits import StageEdit, edit_stages, on_clusters


def keep_edit(version: str, edit: StageEdit, done: str) -> None:
    """Keep an edit as a new version and show that one, or say why it cannot be."""
    try:
        saved = edit_stages(current().workspace, version, edit)
    except ValenceError as error:
        show_failure(error)
        return
    select(stages=saved.id)
    give_notice(f"{done} This is version {saved.id[:8]}; {version[:8]} stays as it was.", icon=":material/history:")
    st.rerun()


def cluster_edit(version: str, stages: Stages, cluster: Cluster) -> None:
    """Choose a kind of change to one cluster and make it."""
    kind = st.segmented_control(
        "Change this cluster",
        list(_FORMS),
        key=f"cluster-edit-{current_selection().workspace}",
        help="A change is kept as a new version. A cluster with other members or another name is another cluster to "
        "whoever scores, so its scores go, to be made anew in one step.",
    )
    if kind:
        with st.container(border=True):
            _FORMS[kind](version, stages, cluster)


def _rename(version: str, _: Stages, cluster: Cluster) -> None:
    label = st.text_input(
        "New name",
        cluster.card.label if cluster.card else "",
        key=_key("label", version, cluster),
        help=f"Two to four words, at most {MAX_LABEL} characters, used once in a modality.",
    )
    if _button("Rename", version, cluster):
        keep_edit(version, on_clusters(partial(rename_cluster, number=cluster.number, label=label or "")), "Renamed.")


def _move(version: str, stages: Stages, cluster: Cluster) -> None:
    members = _choose_members(version, stages, cluster, "Attributes to move")
    into = st.selectbox(
        "Into", _others(stages, cluster), index=None, format_func=_name_in(stages), key=_key("into", version, cluster)
    )
    if _button("Move", version, cluster, is_ready=into is not None):
        assert into is not None  # the button is disabled without
        keep_edit(version, on_clusters(partial(move_members, members=members, into=into)), "Moved.")


def _split(version: str, stages: Stages, cluster: Cluster) -> None:
    members = _choose_members(version, stages, cluster, "Attributes for a new cluster")
    if _button("Split off", version, cluster):
        split = partial(split_cluster, number=cluster.number, members=members)
        keep_edit(version, on_clusters(split), "Split. The new cluster has no name yet.")


def _merge(version: str, stages: Stages, cluster: Cluster) -> None:
    others = st.multiselect(
        "Clusters to take in",
        _others(stages, cluster),
        format_func=_name_in(stages),
        key=_key("merge", version, cluster),
        help="They join this cluster, which keeps its name.",
    )
    if _button("Merge", version, cluster):
        keep_edit(version, on_clusters(partial(merge_clusters, numbers=[cluster.number, *others])), "Merged.")


def _noise(version: str, stages: Stages, cluster: Cluster) -> None:
    assert stages.clustering is not None  # there is a cluster
    marked = [position for position in cluster.members if stages.clustering.is_noise[position]]
    chosen = st.multiselect(
        "Noise: attributes that fit no cluster",
        list(cluster.members),
        marked,
        format_func=dict(zip(cluster.members, values_of(stages, cluster.members), strict=True)).__getitem__,
        key=_key("noise", version, cluster),
        help="They stay here and are always judged themselves. Scores stay as they are.",
    )
    if _button("Keep the marks", version, cluster):
        keep_edit(version, _marks(marked, chosen), "Marked.")


def _marks(marked: list[int], chosen: list[int]) -> StageEdit:
    """Set the marks that are new and clear those that are gone."""
    added, gone = sorted(set(chosen) - set(marked)), sorted(set(marked) - set(chosen))

    def edit(stages: Stages) -> Stages:
        for members, is_noise in ((added, True), (gone, False)):
            if members:
                stages = on_clusters(partial(set_noise, members=members, is_noise=is_noise))(stages)
        return stages

    return edit


_FORMS: Final[dict[str, Callable[[str, Stages, Cluster], None]]] = {
    "Rename": _rename,
    "Move attributes": _move,
    "Split": _split,
    "Merge": _merge,
    "Mark noise": _noise,
}


def _choose_members(version: str, stages: Stages, cluster: Cluster, label: str) -> list[int]:
    names = dict(zip(cluster.members, values_of(stages, cluster.members), strict=True))
    chosen: list[int] = st.multiselect(
        label, list(names), format_func=names.__getitem__, key=_key(label, version, cluster)
    )
    return chosen


def _others(stages: Stages, cluster: Cluster) -> list[int]:
    assert stages.clustering is not None  # there is a cluster
    return [other.number for other in stages.clustering.by_modality[cluster.modality] if other is not cluster]


def _name_in(stages: Stages) -> Callable[[int], str]:
    assert stages.clustering is not None  # there is a cluster
    clusters = stages.clustering.by_number
    return lambda number: numbered_name(clusters[number])


def _button(label: str, version: str, cluster: Cluster, *, is_ready: bool = True) -> bool:
    return st.button(
        label, key=_key(f"do-{label}", version, cluster), type="primary", icon=":material/save:", disabled=not is_ready
    )


def _key(name: str, version: str, cluster: Cluster) -> str:
    """Fields start afresh for every version and cluster."""
    return f"cluster-edit-{name}-{version[:8]}-{cluster.number}"
