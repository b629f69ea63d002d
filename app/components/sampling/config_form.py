"""The form of a dataset's configuration: labels, what a row holds, preferences, variety, noise, search, seed."""

import streamlit as st

from app.components.configuration.draft import Draft, discard_refused
from app.components.configuration.fields import messages, problem_line, stays_open, whole_number_text
from app.components.configuration.type_ranges import type_range_inputs
from app.components.sampling.diversity_fields import DIVERSITY, diversity_fields
from app.components.sampling.label_table import label_table
from app.components.sampling.noise_fields import NOISE, noise_fields
from app.components.sampling.sampler_settings import SAMPLER, sampler_settings
from app.components.sampling.soft_pairs import soft_pair_inputs
from core.sampler.configuration import DatasetConfig
from core.workflows.draft_edits import LABELS

_SEED = ("seed",)
_SEED_HELP = "Where chance starts. The same settings and the same seed always make the very same rows."


def config_form(draft: Draft) -> None:
    """Every value of the configuration as a field, its problems below it."""
    with st.container(border=True):
        st.markdown("##### Labels")
        label_table(draft)
    with st.container(border=True):
        st.markdown("##### What a row holds")
        type_range_inputs(draft)
    with st.container(border=True):
        st.markdown("##### Preferences between types")
        soft_pair_inputs(draft)
    is_open = stays_open("diversity", is_wrong=draft.is_wrong(DIVERSITY)) or not draft.config.diversity.is_off
    with st.expander("Variety of rows", icon=":material/diversity_2:", expanded=is_open):
        diversity_fields(draft)
    is_open = stays_open("noise", is_wrong=draft.is_wrong(NOISE)) or not draft.config.noise.is_off
    with st.expander("Noise, on purpose", icon=":material/blur_on:", expanded=is_open):
        noise_fields(draft)
    is_open = stays_open("search", is_wrong=draft.is_wrong(SAMPLER, "seed"))
    with st.expander("Search settings and seed", icon=":material/settings:", expanded=is_open):
        with st.grid(4).cell():
            whole_number_text(draft, _SEED, "Seed", help_text=_SEED_HELP)
            messages(draft, _SEED)
        sampler_settings(draft)


def refused_notice(draft: Draft, *, fields_are_shown: bool) -> None:
    """Say what has to be corrected, list what no field on the page shows, and offer to give refused changes up."""
    if not draft.problems:
        return
    n = len(draft.problems)
    subject = "One value has" if n == 1 else f"{n} values have"
    kept = " Until then the last settings that were accepted stay as they are." if draft.refused else ""
    st.warning(f"{subject} to be corrected before rows can be drawn.{kept}", icon=":material/edit_note:")
    for problem in draft.problems:
        if not fields_are_shown or not _has_field(problem.field, draft):
            problem_line(problem, where=problem.field)
    if draft.refused:
        st.button(
            "Undo the changes that were refused",
            icon=":material/undo:",
            key="discard-refused",
            on_click=discard_refused,
            args=(draft.graph_id,),
        )


def _has_field(field: str, draft: Draft) -> bool:
    """Whether the form shows a field's messages; those of a label that is gone have no place."""
    if field.startswith(f"{LABELS}."):
        return any(field.startswith(f"{LABELS}.{label}") for label in draft.config.label_params)
    return field.split(".")[0] in DatasetConfig.model_fields
