"""Stored things that a run can build on: prompts, files of facts, prepared clusters, an earlier graph."""

from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from app.services import current
from app.state import current_selection
from core.graph.model import Origin
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.evidence import EVIDENCE
from core.workflows.graphs import GRAPH
from core.workflows.prompts import PROMPTS
from core.workflows.stages import STAGES

NONE: Final = ""


def chosen_prompts() -> str:
    """The id of the chosen version of the prompts; empty for the shipped ones."""
    return _chosen(_key(PROMPTS), current().workspace.artefacts.list(PROMPTS))


def pick_prompts(place: DeltaGenerator) -> None:
    """Choose a version of the prompts."""
    versions = current().workspace.artefacts.list(PROMPTS)
    _pick(
        place,
        _key(PROMPTS),
        "Prompts",
        versions,
        "The shipped prompts",
        "What the model is asked, word by word. Versions are made on the Settings page.",
    )


def chosen_facts() -> tuple[str, ...]:
    """The ids of the chosen files of facts."""
    known = {artefact.id for artefact in current().workspace.artefacts.list(EVIDENCE)}
    return tuple(id for id in st.session_state.get(_key(EVIDENCE), []) if id in known)


def pick_facts(place: DeltaGenerator) -> None:
    """Choose any of the kept files of facts."""
    files = {artefact.id: artefact.manifest.title for artefact in current().workspace.artefacts.list(EVIDENCE)}
    st.session_state[_key(EVIDENCE)] = list(chosen_facts())
    place.multiselect(
        "Files of facts",
        list(files),
        format_func=files.__getitem__,
        key=_key(EVIDENCE),
        persist_state="session",
        placeholder="None" if files else "None kept yet: add them on the Settings page",
        help="Rules of your experts. Those about the attributes of a call go into it as numbered evidence.",
    )


def chosen_stages(catalogue_id: str) -> str:
    """The id of the chosen prepared clusters of this catalogue; empty to find them afresh."""
    return _chosen(_key(STAGES, catalogue_id), _stages_of(catalogue_id))


def pick_stages(place: DeltaGenerator, catalogue_id: str) -> None:
    """Choose prepared clusters of this catalogue to go on from."""
    _pick(
        place,
        _key(STAGES, catalogue_id),
        "Go on from prepared clusters",
        _stages_of(catalogue_id),
        "Find clusters afresh",
        "Clusters of an earlier run or of the Clusters page, with your edits. What is there is not asked again.",
    )


def chosen_parent(catalogue_id: str) -> str:
    """The id of the graph whose answers are carried over; empty to ask everything."""
    return _chosen(_key(GRAPH, catalogue_id), _judged_graphs())


def pick_parent(place: DeltaGenerator, catalogue_id: str) -> None:
    """Choose an earlier graph to carry answers over from."""
    _pick(
        place,
        _key(GRAPH, catalogue_id),
        "Carry over answers of",
        _judged_graphs(),
        "No graph: ask every pair",
        "Answers of an earlier graph by the same judge are kept, also of an older version of the catalogue. Only new "
        "and changed attributes, and pairs without an answer, are asked.",
    )


def _stages_of(catalogue_id: str) -> list[Artefact]:
    found = current().workspace.artefacts.list(STAGES)
    return [artefact for artefact in found if artefact.manifest.parents.get(CATALOGUE) == catalogue_id]


def _judged_graphs() -> list[Artefact]:
    found = current().workspace.artefacts.list(GRAPH)
    is_judged = "judge_fingerprint"
    return [a for a in found if a.manifest.facts["origin"] == Origin.JUDGED and is_judged in a.manifest.facts]


def _pick(
    place: DeltaGenerator, key: str, label: str, found: "list[Artefact] | tuple[Artefact, ...]", none: str, help_: str
) -> None:
    names = {NONE: none} | {a.id: f"{a.manifest.title} · {a.id[:8]}" for a in found}
    st.session_state[key] = _chosen(key, found)
    place.selectbox(
        label,
        list(names),
        format_func=names.__getitem__,
        key=key,
        persist_state="session",
        help=help_,
        disabled=not found,
    )


def _chosen(key: str, found: "list[Artefact] | tuple[Artefact, ...]") -> str:
    """The chosen id, none where it is gone."""
    chosen: str = st.session_state.get(key, NONE)
    return chosen if any(artefact.id == chosen for artefact in found) else NONE


def _key(kind: str, catalogue_id: str = "") -> str:
    return f"graph-part-{kind}-{current_selection().workspace}-{catalogue_id}"
