"""The form of the model that answers: shown with its published defaults, kept per workspace when it is saved."""

from typing import Any, Final, NamedTuple

import streamlit as st

from app.components.configuration.fields import problem_line
from app.components.failure import show_failure
from app.components.llm.settings_check import URL, Checked, checked
from app.components.notice import give_notice
from app.services import current
from app.state import current_selection
from core.errors import InvalidInput
from core.llm.settings import DEFAULT_MODEL, ModelSettings
from core.workflows.model_settings import read_model_settings, write_model_settings

PROVIDER_NAMES: Final = {"gemini": "Gemini", "openai-compatible": "OpenAI-compatible server"}

_PUBLISHED: Final = ModelSettings()
_URL_HELP: Final = {
    "gemini": "Leave it empty for Google's own address. Another one is for a gateway of your company.",
    "openai-compatible": "Where the server listens, such as http://localhost:11434/v1 for Ollama. Ollama, vLLM, "
    "llama.cpp, LM Studio, OpenAI and most gateways speak this protocol.",
}


class ModelForm(NamedTuple):
    """What the form holds, saved or not, and the provider chosen in it."""

    checked: Checked[ModelSettings]
    provider: str


def model_form() -> ModelForm:
    """Show the form with its save button."""
    kept = _kept()
    stored = kept or _PUBLISHED
    _apply_reset()
    provider = st.segmented_control(
        "Who answers",
        list(PROVIDER_NAMES),
        format_func=PROVIDER_NAMES.__getitem__,
        default=stored.provider if stored.provider in PROVIDER_NAMES else _PUBLISHED.provider,
        required=True,
        key=_key("provider"),
        persist_state="session",
        help="Gemini is Google's service and the published choice. An OpenAI-compatible server may run on your own "
        "machine or at any other provider.",
    )
    values: dict[str, Any] = {"provider": provider}
    own = stored if stored.provider == provider else ModelSettings.model_validate(values)
    default_model = own.model if own is stored or provider == "gemini" else ""
    places: dict[str, Any] = {}
    left, right = st.columns(2)
    with left:
        values["model"] = _text("Model", f"model-{provider}", default_model, _MODEL_HELP, _MODEL_EXAMPLE[provider])
        places["model"] = st.container()
    with right:
        values[URL] = _text(
            "Address (base URL)", f"url-{provider}", own.base_url, _URL_HELP[provider], URL_EXAMPLE[provider]
        )
        places[URL] = st.container()
    cells = [column for _ in range(2) for column in st.columns(2)]
    for column, (field, label, look, help_text) in zip(cells, _NUMBERS, strict=True):
        with column:
            st.session_state.setdefault(_key(field), getattr(stored, field))
            shown = f"{help_text} Published: {getattr(_PUBLISHED, field):,}."
            values[field] = st.number_input(label, key=_key(field), persist_state="session", help=shown, **look)
            places[field] = st.container()
    form = checked(ModelSettings, values)
    for field, place in places.items():
        with place:
            for problem in form.at(field):
                problem_line(problem)
    _actions(form, kept)
    return ModelForm(form, provider)


_MODEL_EXAMPLE: Final = {"gemini": DEFAULT_MODEL, "openai-compatible": "llama3.1:8b"}
URL_EXAMPLE: Final = {"gemini": "Google's own address", "openai-compatible": "http://localhost:11434/v1"}
_MODEL_HELP: Final = f"The model's name as its provider writes it. Published: {DEFAULT_MODEL}."
_NUMBERS: Final[tuple[tuple[str, str, dict[str, Any], str], ...]] = (
    (
        "temperature",
        "Temperature",
        {"step": 0.05, "format": "%.2f"},
        "From 0, the same answer each time, to 2, most varied.",
    ),
    (
        "max_output_tokens",
        "Longest answer, in tokens",
        {"step": 128},
        "A token is about three quarters of a word. An answer that is cut off here is asked for in smaller parts.",
    ),
    ("timeout_s", "Wait at most, in seconds", {"step": 5.0, "format": "%.0f"}, "How long one call may take."),
    ("n_workers", "Calls at once", {"step": 1}, "More is faster, until the provider asks to slow down."),
)


def _text(label: str, name: str, default: str, help_text: str, example: str) -> str:
    st.session_state.setdefault(_key(name), default)
    return str(
        st.text_input(label, key=_key(name), persist_state="session", help=help_text, placeholder=example) or ""
    ).strip()


def _kept() -> ModelSettings | None:
    """What the workspace uses; None, with the reason shown, where that cannot be used any more."""
    try:
        return read_model_settings(current().workspace)
    except InvalidInput as error:
        show_failure(error)
        return None


def _actions(form: Checked[ModelSettings], kept: ModelSettings | None) -> None:
    is_changed = form.settings != kept
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Save the model",
            type="primary",
            icon=":material/save:",
            disabled=form.settings is None or not is_changed,
        ):
            assert form.settings is not None  # the button is disabled without
            write_model_settings(current().workspace, form.settings)
            give_notice(
                "Saved. Graphs of this workspace are built with this model from now on.", icon=":material/save:"
            )
            st.rerun()
        if form.settings != _PUBLISHED and st.button("Fill in the published settings", icon=":material/restart_alt:"):
            st.session_state[_RESET] = True
            st.rerun()
        if form.settings is None:
            st.caption("Correct what is marked to save it.")
        elif is_changed:
            st.caption("Not saved yet.")
        else:
            st.caption("This is what the workspace uses.")


_RESET: Final = "model-form-reset"


def _apply_reset() -> None:
    """Fields can be filled in only before they are drawn."""
    if not st.session_state.pop(_RESET, False):
        return
    st.session_state[_key("provider")] = _PUBLISHED.provider
    st.session_state[_key(f"model-{_PUBLISHED.provider}")] = _PUBLISHED.model
    st.session_state[_key(f"url-{_PUBLISHED.provider}")] = _PUBLISHED.base_url
    for field, *_ in _NUMBERS:
        st.session_state[_key(field)] = getattr(_PUBLISHED, field)


def _key(name: str) -> str:
    return f"model-form-{name}-{current_selection().workspace}"
