"""Settings: the model that answers and its prompts, what it costs, the facts it is given; and tokens of the API."""

from collections.abc import Callable

import streamlit as st

from app.components.failure import show_failure
from app.components.llm.api_keys import show_key_status
from app.components.llm.embedder_form import OFFLINE, embedder_form
from app.components.llm.model_form import model_form
from app.components.settings.connection_test import connection_test
from app.components.settings.evidence_files import evidence_files
from app.components.settings.price_table import price_table
from app.components.settings.prompt_editor import choose_prompt, edit_prompt, save_version
from app.components.settings.prompt_preview import prompt_preview
from app.components.settings.prompt_sample import choose_sample
from app.components.settings.prompt_trial import prompt_trial
from app.components.settings.prompt_versions import prompt_versions
from app.components.settings.tokens import tokens_panel
from app.services import current
from core.errors import ValenceError
from core.workflows.model_settings import read_model_settings


def _model() -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("##### The model that judges")
        form = model_form()
    with right:
        st.markdown("##### Key and connection")
        show_key_status(form.provider)
        connection_test(form.checked.settings)
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.markdown("##### The embedder that finds groups of alike attributes")
        embedder = embedder_form()
    with right:
        if embedder not in (OFFLINE, form.provider):
            st.markdown("##### Key of the embedder")
            show_key_status(embedder)


def _prompts() -> None:
    version, name = choose_prompt()
    edited = edit_prompt(version, name)
    save_version(version)
    st.markdown("##### As a model is sent it")
    if edited is None:
        st.info("Correct the text above to see it filled and to try it.", icon=":material/visibility_off:")
    else:
        question = choose_sample(name, edited, read_model_settings(current().workspace))
        shown = prompt_preview(question) if question else None
        if question and shown:
            prompt_trial(question, shown)
    st.markdown("##### Versions")
    prompt_versions()


_VIEWS: dict[str, Callable[[], None]] = {
    ":material/smart_toy: Model": _model,
    ":material/edit_note: Prompts": _prompts,
    ":material/payments: Prices": price_table,
    ":material/fact_check: Facts for the judge": evidence_files,
    ":material/key: Tokens": tokens_panel,
}


def _show(part: Callable[[], None]) -> None:
    """A part that cannot be shown says why in its place."""
    try:
        part()
    except ValenceError as error:
        show_failure(error)


st.title("Settings")
st.markdown(
    "How this workspace asks language models, which the offline judge does not need; and who may submit predictions."
)
for tab, view in zip(st.tabs(list(_VIEWS), key="settings-views", on_change="rerun"), _VIEWS.values(), strict=True):
    with tab:
        if tab.open:
            _show(view)
