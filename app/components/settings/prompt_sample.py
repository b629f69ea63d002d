"""Choosing the attributes that a prompt is previewed and tried on."""

import streamlit as st

from app import queries
from app.components.artefact_picker import artefact_picker
from app.components.plain_text import plain
from app.navigation import page_link
from app.services import current
from app.state import current_selection
from core.catalogue.model import Attribute, Catalogue
from core.graph.judges.sign_prompt import GROUNDED
from core.graph.prompts import PromptSet
from core.graph.strategies.cluster.prompt_texts import enrich_prompt_name
from core.knowledge.fact_files import FactFile
from core.llm.settings import ModelSettings
from core.workflows.catalogues import CATALOGUE
from core.workflows.evidence import EVIDENCE
from core.workflows.prompt_questions import MAX_ATTRIBUTES, PromptKind, TrialQuestion, prompt_kind

_FEW = 4


def choose_sample(name: str, prompts: PromptSet, model: ModelSettings) -> TrialQuestion | None:
    """Ask which attributes of a catalogue fill the prompt; None, with the reason shown, where there are none."""
    left, right = st.columns(2)
    with left:
        picked = artefact_picker(CATALOGUE, "Filled with attributes of")
    if picked is None:
        st.info("With a catalogue you would see here what a model is sent, word by word.", icon=":material/list_alt:")
        page_link("catalogue", "Add a catalogue")
        return None
    catalogue = queries.catalogue(current_selection().workspace, picked.id)
    kind = prompt_kind(name)
    if kind is PromptKind.PAIR:
        with right:
            primary = _choose_primary(catalogue)
        return _pair_sample(name, prompts, model, catalogue, primary)
    if kind is PromptKind.SCORE:
        return _groups_sample(name, prompts, model, catalogue)
    return _group_sample(name, prompts, model, catalogue)


def _choose_primary(catalogue: Catalogue) -> Attribute:
    chosen = st.selectbox(
        "Primary attribute",
        [a.id for a in catalogue.attributes],
        format_func=lambda attribute_id: _name(catalogue[attribute_id]),
        key=f"sample-primary-{catalogue.id}",
        persist_state="session",
        help="One call asks about one attribute and several others.",
    )
    return catalogue[chosen]


def _pair_sample(
    name: str, prompts: PromptSet, model: ModelSettings, catalogue: Catalogue, primary: Attribute
) -> TrialQuestion:
    others = [a for a in catalogue.attributes if a.modality != primary.modality]
    targets = _choose("Targets", others, _spread(others), f"targets-{catalogue.id}-{primary.modality}", catalogue)
    facts = _stored_facts() if name == GROUNDED else ()
    return TrialQuestion(name, prompts, model, (primary,), targets, facts)


def _groups_sample(name: str, prompts: PromptSet, model: ModelSettings, catalogue: Catalogue) -> TrialQuestion | None:
    if len(catalogue.modalities) < 2:
        st.info("This catalogue has one modality only, and groups are scored between two.", icon=":material/info:")
        return None
    groups: list[tuple[Attribute, ...]] = []
    for place, column in enumerate(st.columns(2)):
        with column:
            taken = [group[0].modality for group in groups if group]
            free = [modality for modality in catalogue.modalities if modality not in taken]
            groups.append(_group(f"{'First' if place == 0 else 'Second'} group", free, f"score-{place}", catalogue))
    return TrialQuestion(name, prompts, model, groups[0], groups[1])


def _group_sample(name: str, prompts: PromptSet, model: ModelSettings, catalogue: Catalogue) -> TrialQuestion | None:
    fitting = list(catalogue.modalities)
    if prompt_kind(name) is PromptKind.DESCRIBE:
        fitting = [modality for modality in fitting if enrich_prompt_name(prompts, modality) == name]
    if not fitting:
        st.info(
            "This catalogue has no attributes that this prompt is used for. Choose another catalogue to see it filled.",
            icon=":material/info:",
        )
        return None
    return TrialQuestion(name, prompts, model, _group("Attributes", fitting, f"group-{name}", catalogue))


def _group(label: str, modalities: list[str], key: str, catalogue: Catalogue) -> tuple[Attribute, ...]:
    modality = st.selectbox(
        f"{label}: modality", modalities, key=f"sample-{key}-modality-{catalogue.id}", persist_state="session"
    )
    offered = [catalogue.attributes[i] for i in catalogue.positions_by_modality[modality]]
    return _choose(label, offered, offered[:_FEW], f"{key}-{catalogue.id}-{modality}", catalogue)


def _choose(
    label: str, offered: list[Attribute], first: list[Attribute], key: str, catalogue: Catalogue
) -> tuple[Attribute, ...]:
    chosen = st.multiselect(
        label,
        [a.id for a in offered],
        default=[a.id for a in first],
        format_func=lambda attribute_id: _name(catalogue[attribute_id]),
        max_selections=MAX_ATTRIBUTES,
        key=f"sample-{key}",
        persist_state="session",
    )
    return tuple(catalogue[attribute_id] for attribute_id in chosen)


def _spread(others: list[Attribute]) -> list[Attribute]:
    """The first two of each modality."""
    by_modality: dict[str, list[Attribute]] = {}
    for attribute in others:
        by_modality.setdefault(attribute.modality, []).append(attribute)
    return [attribute for group in by_modality.values() for attribute in group[:2]][:MAX_ATTRIBUTES]


def _stored_facts() -> tuple[FactFile, ...]:
    stored = current().workspace.artefacts.list(EVIDENCE)
    files = f"{len(stored)} stored file{'' if len(stored) == 1 else 's'} of facts" if stored else "no stored file yet"
    st.caption(plain(f"Facts come from the table that ships with the workbench and from {files}."))
    return tuple(queries.evidence_file(current_selection().workspace, artefact.id) for artefact in stored)


def _name(attribute: Attribute) -> str:
    return f"{attribute.value} · {attribute.modality}"
