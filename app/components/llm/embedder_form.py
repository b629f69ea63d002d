"""The form of the embedder, which turns texts into vectors; the offline one needs nothing and is the default."""

import time
from typing import Any, Final

import streamlit as st

from app.components.configuration.fields import problem_line
from app.components.failure import show_failure
from app.components.llm.api_keys import session_keys
from app.components.llm.model_form import PROVIDER_NAMES, URL_EXAMPLE
from app.components.llm.settings_check import URL, Checked, checked
from app.components.notice import give_notice
from app.services import current
from app.state import current_selection
from core.errors import InvalidInput, ValenceError
from core.llm.clients import make_embedder
from core.llm.embedding_settings import EmbeddingSettings
from core.llm.protocol import EmbeddingTask
from core.llm.settings import DEFAULT_EMBEDDING_MODEL
from core.workflows.model_settings import read_embedding_settings, write_embedding_settings

OFFLINE: Final = "offline"

_NAMES: Final = {OFFLINE: "Offline (ships with the workbench)", **PROVIDER_NAMES}
_MODEL_EXAMPLE: Final = {"gemini": DEFAULT_EMBEDDING_MODEL, "openai-compatible": "nomic-embed-text"}
_TASK_NAMES: Final = {
    EmbeddingTask.CLUSTERING: "Clustering",
    EmbeddingTask.CLASSIFICATION: "Classification",
    EmbeddingTask.SEMANTIC_SIMILARITY: "Similarity",
}


def embedder_form() -> str:
    """Show the form with its own save button and a try-out; returns the provider chosen in it."""
    kept = _kept()
    stored = kept or EmbeddingSettings()
    provider = st.segmented_control(
        "Who compares descriptions",
        list(_NAMES),
        format_func=_NAMES.__getitem__,
        default=stored.provider,
        required=True,
        key=_key("provider"),
        persist_state="session",
        help="Clusters of alike attributes are found by comparing their descriptions. The offline way runs here and is "
        "free; the others are asked over the network and may cost money.",
    )
    values: dict[str, Any] = {"provider": provider}
    places = _ask(values, stored) if provider != OFFLINE else {}
    if provider == OFFLINE:
        st.caption("A small model (MiniLM) that comes with the workbench: it runs here, is free and needs no key.")
    form = checked(EmbeddingSettings, values)
    for field, place in places.items():
        with place:
            for problem in form.at(field):
                problem_line(problem)
    _actions(form, kept)
    return str(provider)


def _ask(values: dict[str, Any], stored: EmbeddingSettings) -> dict[str, Any]:
    """Fill `values` from fields; returns where to say what is wrong with each."""
    provider = values["provider"]
    own = stored if stored.provider == provider else EmbeddingSettings.model_validate({"provider": provider})
    default_model = own.model if own is stored or provider == "gemini" else ""
    places: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        values["model"] = _text("Embedding model", f"model-{provider}", default_model, _MODEL_EXAMPLE[provider])
        places["model"] = st.container()
    with right:
        values[URL] = _text("Address (base URL)", f"url-{provider}", own.base_url, URL_EXAMPLE[provider])
        places[URL] = st.container()
    columns = [column for _ in range(2) for column in st.columns(2)]
    with columns[0]:
        # None is the model's own length, which an empty field stands for.
        st.session_state.setdefault(_key("dimensions"), own.dimensions)
        values["dimensions"] = st.number_input(
            "Numbers per vector",
            value=None,
            step=1,
            key=_key("dimensions"),
            persist_state="session",
            help="How finely a text is described. Empty: what the model gives by itself. Published: 768.",
        )
        places["dimensions"] = st.container()
    with columns[1]:
        st.session_state.setdefault(_key("task"), own.task)
        values["task"] = st.selectbox(
            "Made for",
            list(_TASK_NAMES),
            format_func=_TASK_NAMES.__getitem__,
            key=_key("task"),
            persist_state="session",
            help="What Gemini tunes its vectors for. Other servers pass over it.",
        )
    for column, (field, label, help_text) in zip(columns[2:], _NUMBERS, strict=True):
        with column:
            st.session_state.setdefault(_key(field), getattr(own, field))
            values[field] = st.number_input(
                label,
                step=1 if field == "batch_size" else 5.0,
                key=_key(field),
                help=help_text,
                persist_state="session",
                format=None if field == "batch_size" else "%.0f",
            )
            places[field] = st.container()
    return places


_NUMBERS: Final = (
    ("batch_size", "Texts per request", "How many texts are sent at once."),
    ("timeout_s", "Wait at most, in seconds", "How long one request may take."),
)


def _kept() -> EmbeddingSettings | None:
    """What the workspace uses; None, with the reason shown, where that cannot be used any more."""
    try:
        return read_embedding_settings(current().workspace)
    except InvalidInput as error:
        show_failure(error)
        return None


def _actions(form: Checked[EmbeddingSettings], kept: EmbeddingSettings | None) -> None:
    settings = form.settings
    with st.container(horizontal=True, vertical_alignment="center"):
        is_unsaved = settings is not None and settings != kept
        if st.button("Save the embedder", type="primary", icon=":material/save:", disabled=not is_unsaved):
            assert settings is not None  # the button is disabled without
            write_embedding_settings(current().workspace, settings)
            give_notice("Saved.", icon=":material/save:")
            st.rerun()
        is_tried = st.button("Try it on one text", icon=":material/cable:", disabled=settings is None)
        st.caption(
            "Correct what is marked to save it."
            if settings is None
            else "Not saved yet."
            if is_unsaved
            else "This is what the workspace uses."
        )
    if is_tried and settings is not None:
        _try(settings)


def _try(settings: EmbeddingSettings) -> None:
    started = time.perf_counter()
    try:
        with st.spinner("Waiting for a vector"):
            vectors = make_embedder(settings, session_keys()).embed(["Ski boots: winter sports, premium prices."])
    except ValenceError as error:
        show_failure(error)
        return
    seconds = time.perf_counter() - started
    st.success(f"It made a vector of {vectors.shape[1]:,} numbers in {seconds:.2f} s.", icon=":material/check_circle:")


def _text(label: str, name: str, default: str, example: str) -> str:
    st.session_state.setdefault(_key(name), default)
    return str(st.text_input(label, key=_key(name), persist_state="session", placeholder=example) or "").strip()


def _key(name: str) -> str:
    return f"embedder-form-{name}-{current_selection().workspace}"
