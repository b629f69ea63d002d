"""Who judges: the rules that ship with the workbench, or the model chosen on the Settings page."""

from typing import Final, NamedTuple, cast, get_args

import streamlit as st

from app.components.failure import show_failure
from app.components.graph.suspicious_values import suspicious_values
from app.components.llm.api_keys import session_keys
from app.components.llm.model_form import PROVIDER_NAMES
from app.components.plain_text import plain
from app.navigation import page_link
from app.services import current
from core.errors import ValenceError
from core.graph.judges.offline import DISCLAIMER
from core.llm.keys import key_status
from core.llm.settings import ModelSettings
from core.store.artefacts import Artefact
from core.workflows.graph_settings import OFFLINE, JudgeName
from core.workflows.model_settings import read_model_settings

OFFLINE_NAME: Final = "Rule-based estimate (offline)"
_MODEL: Final = "model"
_KEY: Final = "graph-judge"


class JudgeChoice(NamedTuple):
    """The judge as graph settings name it, its model (None offline), and whether calls can be made at all."""

    judge: JudgeName
    model: ModelSettings | None
    is_ready: bool

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.model.model if self.model else OFFLINE_NAME


def judge_picker(catalogue_id: str) -> JudgeChoice:
    """Let the judge be chosen and say what it needs; a key never shows."""
    st.markdown("##### Who judges")
    chosen = st.segmented_control(
        "Judge",
        [OFFLINE, _MODEL],
        format_func={OFFLINE: OFFLINE_NAME, _MODEL: "Language model"}.__getitem__,
        default=OFFLINE,
        required=True,
        key=_KEY,
        persist_state="session",
        label_visibility="collapsed",
        help="Who decides whether two attributes suit each other.",
    )
    if chosen == OFFLINE:
        st.info(f"{DISCLAIMER} It runs here and costs nothing.", icon=":material/rule:")
        return JudgeChoice(OFFLINE, None, True)
    choice = _model_choice()
    suspicious_values(catalogue_id)
    return choice


def _model_choice() -> JudgeChoice:
    try:
        model = read_model_settings(current().workspace)
    except ValenceError as error:
        show_failure(error)
        page_link("settings", "Choose a model on the Settings page")
        return JudgeChoice(OFFLINE, None, False)
    if model.provider not in get_args(JudgeName):
        st.warning("The model of this workspace cannot judge.", icon=":material/error:")
        page_link("settings", "Choose a model on the Settings page")
        return JudgeChoice(OFFLINE, None, False)
    with st.container(border=True, horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(width="content", gap="xxsmall"):
            provider = PROVIDER_NAMES[model.provider]
            place = f" at `{model.base_url.replace('`', '')}`" if model.base_url else ""
            st.markdown(f"**{plain(model.model)}** · {provider}{place}")
            is_ready = _key_line(model)
        page_link("settings", "Change the model or set a key" if not is_ready else "Change the model")
    return JudgeChoice(cast(JudgeName, model.provider), model, is_ready)


def _key_line(model: ModelSettings) -> bool:
    """Say where the key is found, and whether calls can be made."""
    try:
        status = key_status(model.provider, session_keys())
    except ValenceError as error:
        st.caption(f":red[:material/key_off: {plain(error.message)}] {plain(error.fix)}")
        return False
    is_ready = bool(status.variable or status.vertex or not status.needed)
    icon = ":material/key:" if status.variable or status.vertex else ":material/key_off:"
    text = f"{icon} {plain(status.sentence)}"
    st.caption(text if is_ready else f":red[{text}] The Settings page says how to set one.")
    return is_ready


def judge_name(graph: Artefact) -> str:
    """Who judged a stored graph, as people read it."""
    facts = graph.manifest.facts
    if "judge" not in facts:  # uploaded, perhaps reviewed since
        return "Uploaded"
    return OFFLINE_NAME if facts["judge"] == OFFLINE else str(facts.get("judge_name") or facts["judge"])
