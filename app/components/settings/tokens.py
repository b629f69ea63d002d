"""Tokens of the teams that submit over the API: made, shown once, listed, and revoked."""

from typing import Final

import streamlit as st

from app.components.failure import show_failure
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.plain_text import plain
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.models.protocol import Track
from core.store.clock import utc_now
from core.workflows.tokens import (
    MAX_DAYS,
    NewToken,
    Scope,
    TokenFacts,
    TokenState,
    create_token,
    revoke_token,
    token_request,
    tokens_of,
)

_SCOPES: Final = {
    "Read and submit": (Scope.READ, Scope.SUBMIT),
    "Read only": (Scope.READ,),
    "Submit only": (Scope.SUBMIT,),
}
_TRACKS: Final = {
    Track.BLIND: "Blind: rows, texts and vectors",
    Track.GRAPH_AWARE: "Graph-aware: the edges too",
}
_STATES: Final = {TokenState.ACTIVE: "Active", TokenState.EXPIRED: "Expired", TokenState.REVOKED: "Revoked"}
_DONE: Final = "token-revoked"


def tokens_panel() -> None:
    """The form with the token it made, and everybody who holds one."""
    st.caption("With a token a team downloads training rows and submits predictions: [the API](/api/v1/docs) says how.")
    if made := _create():
        _show_once(made)
    st.markdown("##### Tokens given out")
    if name := st.session_state.pop(_DONE, ""):
        st.success(f"Revoked {plain(name)}. It opens nothing any more.", icon=":material/block:")
    tokens = tokens_of(current().workspace)
    if not tokens:
        st.caption("No token was given out yet.")
        return
    _table(tokens)
    _revoke([token for token in tokens if token.state is TokenState.ACTIVE])


def _create() -> NewToken | None:
    with st.form("token-form"):
        left, right = st.columns(2)
        team = left.text_input("Team", help="One name per team: quotas and the board go by it.")
        note = right.text_input("Note", help="What you want to remember of this token. Nobody else sees it.")
        left, middle, right = st.columns(3)
        scopes = left.selectbox("Allows to", list(_SCOPES))
        track = middle.selectbox(
            "Track",
            list(_TRACKS),
            format_func=_TRACKS.__getitem__,
            help="Fixed for a team by its first token: who has seen the edges is not ranked as blind.",
        )
        days = right.number_input("Days until it expires", 1, MAX_DAYS, 90)
        is_sent = st.form_submit_button("Create the token", type="primary", icon=":material/key:")
    if not is_sent:
        return None
    values = {"team": team, "scopes": _SCOPES[scopes], "track": track, "days": days, "note": note}
    try:
        return create_token(current().workspace, token_request(values))
    except ValenceError as error:
        show_failure(error)
        return None


def _show_once(made: NewToken) -> None:
    """The token, in this run of the page and in no other: it is kept nowhere."""
    with st.container(border=True):
        st.markdown(f"**The token of {plain(made.facts.team)}.** Copy it now: it is not shown again.")
        st.code(made.text, language=None, wrap_lines=True)
        st.caption("It belongs into the header `Authorization: Bearer`, and never into an address.")


def _table(tokens: tuple[TokenFacts, ...]) -> None:
    now, zone = parse_utc(utc_now()), reader_zone()
    st.dataframe(
        [
            {
                "Team": token.team,
                "Token": token.id,
                "Allows to": list(token.scopes),
                "Track": str(token.track),
                "State": _STATES[token.state],
                "Made": when_text(token.created_at, now, zone),
                "Expires": token.expires_at[:10],
                "Note": token.note or None,
            }
            for token in tokens
        ],
        hide_index=True,
        column_config={"Token": st.column_config.TextColumn(help="Its id, which is no secret.")},
        placeholder="–",
        alt="Tokens given out",
    )


def _revoke(active: list[TokenFacts]) -> None:
    if not active:
        return
    with st.popover("Revoke a token", icon=":material/block:"):
        names = {token.id: f"{token.team} · {token.id}" for token in active}
        chosen = st.selectbox(
            "Token to revoke", list(names), format_func=names.__getitem__, key=f"revoke-{current_selection().workspace}"
        )
        st.caption("It stops working at once, for good. What was submitted with it stays.")
        if st.button("Revoke it", type="primary"):
            try:
                revoke_token(current().workspace, chosen)
            except ValenceError as error:
                show_failure(error)
                return
            st.session_state[_DONE] = names[chosen]
            st.rerun()
