"""A prompt as it would be sent, word by word."""

import streamlit as st

from app.components.failure import show_failure
from app.components.plain_text import plain
from app.components.settings.prompt_names import prompt_title
from core.errors import ValenceError
from core.workflows.prompt_questions import TrialQuestion
from core.workflows.prompt_trials import TrialPreview, preview, suspicious_texts

_HEIGHT = 420


def prompt_preview(question: TrialQuestion) -> TrialPreview | None:
    """Show both parts of the request; None, with the reason shown, where the chosen attributes do not suit."""
    try:
        shown = preview(question)
    except ValenceError as error:
        show_failure(error)
        return None
    flagged = suspicious_texts(question)
    if flagged:
        st.warning(
            "**Look at these values.** A model sees them in quotation marks, as data.\n\n"
            + "\n".join(f"- {plain(sentence)}" for sentence in flagged),
            icon=":material/report:",
        )
    if shown.prompt != question.name:
        st.info(
            f"Nothing is known of these attributes, so a run would use the prompt "
            f"“{plain(prompt_title(shown.prompt))}” for them. That one is shown.",
            icon=":material/info:",
        )
    told, asked = st.columns(2)
    with told:
        st.caption("What the model is told once")
        st.code(shown.request.system or "(nothing)", language=None, wrap_lines=True, height=_HEIGHT)
    with asked:
        st.caption("What it is asked in this call")
        st.code(shown.request.prompt, language=None, wrap_lines=True, height=_HEIGHT)
    return shown
