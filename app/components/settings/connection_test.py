"""One tiny call that shows whether a model answers."""

import streamlit as st

from app.components.llm.api_keys import session_keys
from app.components.plain_text import plain
from core.llm.clients import ConnectionReport, test_connection
from core.llm.settings import ModelSettings


def connection_test(settings: ModelSettings | None) -> None:
    """A button for the call and what came of it; without settings it waits for them to be corrected."""
    is_clicked = st.button(
        "Test the connection",
        icon=":material/cable:",
        disabled=settings is None,
        help="Asks for one word with the settings as they are in the form, saved or not. It costs a few tokens.",
    )
    if is_clicked and settings is not None:
        with st.spinner("Waiting for an answer"):
            _show(test_connection(settings, session_keys()))


def _show(report: ConnectionReport) -> None:
    if report.ok:
        st.success(
            f"**{plain(report.model)}** answered in {report.seconds:.2f} s. {_tokens(report)}",
            icon=":material/check_circle:",
        )
        return
    keys = session_keys()
    st.error(
        f"**{plain(keys.redact(report.problem))}** {plain(keys.redact(report.fix))}\n\n"
        f":small[Asked {plain(report.model)}; {report.seconds:.2f} s.]",
        icon=":material/error:",
    )


def _tokens(report: ConnectionReport) -> str:
    if report.input_tokens is None or report.output_tokens is None:
        return "It did not count its tokens."
    return f"Tokens: {report.input_tokens:,} in, {report.output_tokens:,} out."
