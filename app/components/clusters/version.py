"""Which version of clusters is looked at, what is in it, and the versions it came from."""

from datetime import UTC, datetime

import streamlit as st

from app import queries
from app.components.failure import show_failure
from app.components.moments import reader_zone, when_text
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection, fill_in, is_chosen, select
from core.errors import ValenceError
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.stages import Stages
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.stage_edits import version_line
from core.workflows.stages import STAGES

STAGE_NAMES = {
    Stage.DESCRIBE: "described",
    Stage.CLUSTER: "embedded",
    Stage.LABEL: "named",
    Stage.SCORE: "scored",
    Stage.EXPAND: "asked",
}
_MAKER_NAMES = {"offline": "the rule-based analyst (offline)", "minilm": "MiniLM (offline)"}
_METRIC_PX = 110


def follow_version() -> None:
    """Select the catalogue of the selected clusters where nobody chose another: a link may name the clusters alone."""
    chosen = current_selection()
    held = current().workspace.artefacts
    if chosen.stages and not is_chosen("catalogue") and held.exists(STAGES, chosen.stages):
        fill_in(catalogue=held.get(STAGES, chosen.stages).manifest.parents[CATALOGUE])


def cluster_version(catalogue_id: str) -> Artefact | None:
    """A select box over the clusters of a catalogue, newest first; None, showing nothing, where it has none."""
    artefacts: tuple[Artefact, ...] = current().workspace.artefacts.list(STAGES)
    found = {a.id: a for a in artefacts if a.manifest.parents[CATALOGUE] == catalogue_id}
    chosen = current_selection().stages
    if chosen and chosen not in {artefact.id for artefact in artefacts}:
        st.warning("The clusters this link points to are not in this workspace.", icon=":material/link_off:")
    if not found:
        return None
    if chosen not in found:
        fill_in(stages=next(iter(found)))
    ids: list[str] = list(found)
    key = f"pick-stages-{current_selection().workspace}"
    st.session_state[key] = current_selection().stages
    st.selectbox(
        "Clusters",
        ids,
        format_func=lambda version: _version_name(found[version]),
        key=key,
        on_change=_choose,
        args=(key,),
        help="Versions of the clusters of this catalogue. Every edit by hand makes a new one.",
    )
    return found[current_selection().stages]


def _choose(key: str) -> None:
    select(stages=st.session_state[key])


def version_figures(version: Artefact, stages: Stages) -> None:
    """What a version holds, in figures; who made it; where its making ended early."""
    clusters = stages.clustering.clusters if stages.clustering else ()
    is_noise = stages.clustering.is_noise if stages.clustering else ()
    with st.grid(5, min_column_width=_METRIC_PX):
        st.metric("Attributes", f"{len(stages.catalogue):,}", help="Of the catalogue.")
        st.metric("Described", f"{stages.n_described:,}", help="Attributes with a description to compare them by.")
        st.metric("Clusters", f"{len(clusters):,}", help="Of all modalities together; some hold a single attribute.")
        st.metric(
            "Noise",
            f"{int(sum(is_noise)):,}",
            help="Attributes that fit no cluster. They sit in the nearest one, marked, and are always judged "
            "themselves: no score of their cluster decides for them.",
        )
        st.metric(
            "Scored pairs",
            f"{len(stages.scores):,}",
            help="Pairs of clusters of different modalities with an answer, “not viable” included.",
        )
    st.caption(" · ".join([f"Version {version.id[:8]}", *_origin(version), *_makers(stages)]))
    if stages.stopped:
        st.warning(plain(stages.stopped), icon=":material/hourglass_disabled:")
    if stages.problems:
        with st.expander(f"{len(stages.problems):,} without a usable answer", icon=":material/unknown_document:"):
            st.markdown("\n".join(f"- {plain(str(problem))}" for problem in stages.problems))


def version_history(version: Artefact) -> None:
    """The selected version and those it was edited from, each with what was changed; older ones can be opened."""
    workspace = current_selection().workspace
    line = version_line(current().workspace, version.id)
    st.caption("The newest first. A version never changes: an edit of an older one starts a branch of its own.")
    for place, artefact in enumerate(line):
        parent = artefact.manifest.parents.get(STAGES, "")
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            made = when_text(artefact.manifest.created_at, datetime.now(UTC), reader_zone())
            facts = artefact.manifest.facts
            figures = f"{facts['n_clusters']:,} clusters · {facts['n_scored']:,} scores"
            st.markdown(f"**{artefact.id[:8]}** · {made}  \n{_changes(workspace, parent, artefact.id)}")
            st.space("stretch")
            st.caption(figures)
            if place and st.button("Open", key=f"open-version-{artefact.id}", icon=":material/arrow_forward:"):
                select(stages=artefact.id)
                st.rerun()
            if not place:
                st.badge("Shown", icon=":material/visibility:")


def _changes(workspace: str, before: str, after: str) -> str:
    if not before:
        return "Prepared afresh"
    try:
        changes = queries.cluster_changes(workspace, before, after)
    except ValenceError as error:
        show_failure(error)
        return f"Made from {before[:8]}"
    return f"From {before[:8]}: {', '.join(changes)}"


def _version_name(version: Artefact) -> str:
    parent = version.manifest.parents.get(STAGES, "")
    n_clusters = version.manifest.facts["n_clusters"]
    parts = [version.manifest.title, version.id[:8], f"{n_clusters:,} clusters"]
    return " · ".join([*parts, f"from {parent[:8]}"] if parent else parts)


def _origin(version: Artefact) -> list[str]:
    parent = version.manifest.parents.get(STAGES, "")
    return [f"made from version {parent[:8]}"] if parent else []


def _makers(stages: Stages) -> list[str]:
    steps: dict[str, list[str]] = {}
    for stage, name in stages.made_by.items():
        steps.setdefault(name, []).append(STAGE_NAMES[stage])
    made = [f"{', '.join(done)} by {_maker(name)}" for name, done in steps.items()]
    n_edited, n_calls = len(stages.edited), stages.calls.total
    made += [f"{n_edited:,} description{'s'[: n_edited != 1]} written by hand"] if n_edited else []
    return [*made, f"{n_calls:,} call{'s'[: n_calls != 1]} to prepare it"]


def _maker(name: str) -> str:
    return plain(_MAKER_NAMES.get(name, name))
