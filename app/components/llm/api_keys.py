"""Where this server's API keys come from; of a key itself nothing is ever shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from app.components.failure import show_failure
from app.components.plain_text import plain
from core.errors import Problem, ValenceError
from core.llm.keys import NEEDS_KEY, VERTEX_SWITCH, Keys, KeyStatus, environment_keys, key_status, keys_from

SECRETS_FILE: Final = ".streamlit/secrets.toml"
_EXAMPLE: Final = "your-key"


def session_keys() -> Keys:
    """Keys of the server's Streamlit secrets, where it has any, and of its environment."""
    secrets = _secrets()
    return keys_from(secrets) if secrets else environment_keys()


def key_problem(provider: str) -> str:
    """Why a call to this provider cannot be made for want of a key, as one sentence; empty where it can."""
    try:
        status = key_status(provider, session_keys())
    except ValenceError as error:
        return f"{error.message} {error.fix}"
    is_missing = status.needed and not status.variable and not status.vertex
    return f"{status.sentence} The Model tab says how to set one." if is_missing else ""


def show_key_status(provider: str) -> None:
    """Which variable holds the provider's key, or how to set one."""
    if _is_broken():
        st.warning(
            "The server has a Streamlit secrets file, but it cannot be read. Keys are looked for in environment "
            "variables only. Correct the file and start the server again.",
            icon=":material/key_off:",
        )
    try:
        status = key_status(provider, session_keys())
    except ValenceError as error:
        show_failure(error)
        return
    if status.vertex:
        st.success(plain(status.sentence), icon=":material/key:")
    elif status.variable:
        st.success(f"{plain(status.sentence)} It is read {_place(status)}.", icon=":material/key:")
    elif status.needed:
        st.warning(plain(status.sentence), icon=":material/key_off:")
    else:
        st.info(plain(status.sentence), icon=":material/key_off:")
    if status.looked_for and not status.vertex:
        _how_to_set(status)
    st.caption(
        "Keys are read where they are and used for calls alone. They are never stored, logged, shown or exported."
    )


def key_leaks(texts: Mapping[str, str]) -> tuple[Problem, ...]:
    """A problem for each text, by field, that holds a key or what has the shape of one: it must not be stored."""
    keys = session_keys()
    return tuple(
        Problem(
            "It holds an API key, or what looks like one.",
            "Take it out: what is written here is stored. A key belongs in the server's environment.",
            field=field,
        )
        for field, text in texts.items()
        if keys.redact(text) != text
    )


def _how_to_set(status: KeyStatus) -> None:
    variable = status.looked_for[0]
    is_set = bool(status.variable)
    with st.expander("How to use another key" if is_set else "How to set a key", icon=":material/help:"):
        st.markdown("Whoever runs this server sets the key in one of these ways, then starts the server again:")
        st.markdown("**As an environment variable**, in the terminal that starts it:")
        st.code(f"export {variable}={_EXAMPLE}\nvalence serve", language="bash")
        st.markdown(f"**As a Streamlit secret**, one line in `{SECRETS_FILE}`:")
        st.code(f'{variable} = "{_EXAMPLE}"', language="toml")
        if len(status.looked_for) > 1:
            st.caption(f"Looked for in this order: {', '.join(plain(name) for name in status.looked_for)}.")
        if status.provider in NEEDS_KEY:
            st.caption(f"For Vertex AI set `{VERTEX_SWITCH}=true` and `GOOGLE_CLOUD_PROJECT` instead of a key.")


def _place(status: KeyStatus) -> str:
    held = _secrets().get(status.variable)
    is_secret = isinstance(held, str) and bool(held.strip())
    return "from the Streamlit secrets" if is_secret else "from the server's environment"


def _secrets() -> Mapping[str, object]:
    """The secrets by name; none without a secrets file, or with one that cannot be read."""
    return st.secrets.to_dict() if st.secrets.load_if_toml_exists() else {}


def _is_broken() -> bool:
    try:
        st.secrets.to_dict()
    except StreamlitSecretNotFoundError:
        return any(Path(path).exists() for path in st.get_option("secrets.files"))
    return False
