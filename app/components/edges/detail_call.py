"""The call that asked about a pair: what else it asked, and the exact words sent and received."""

from datetime import datetime
from typing import Final

import streamlit as st

from app.components.edges.detail_known import KnownPair
from app.components.edges.table import pair_columns, pair_frame
from app.components.moments import parse_utc, reader_zone, when_text
from app.components.pair_text import OUTCOME_SIGNS
from app.components.plain_text import named
from app.components.runs.views import CALLS, VIEWS_KEY
from app.components.runs.words import shown
from app.navigation import open_page
from app.services import current
from core.store.clock import utc_now

_TALL: Final = 320
_SIDE_PX: Final = 340


def call_label(pair: KnownPair, row: int, call: int) -> str:
    """How many pairs the call of the pair in a row of the table asked about."""
    n_pairs = len(pair.table.asked_with(row))
    return f"Call {call:,} asked about {n_pairs:,} pair{'' if n_pairs == 1 else 's'}"


def call_view(pair: KnownPair, row: int) -> None:
    """List the pairs of the same call; with a model, its words and the way to its run."""
    table, others = pair.table, pair.table.asked_with(row)
    counts = {sign: int((table.outcome[others] == outcome).sum()) for outcome, sign in OUTCOME_SIGNS.items()}
    st.caption("Verdicts: " + ", ".join(f"{count:,} {sign}" for sign, count in counts.items() if count))
    st.dataframe(
        pair_frame(table, others, pair.judge),
        hide_index=True,
        height="content",
        column_order=("Sign", "First attribute", "Second attribute", "Strength", "Reason"),
        column_config=pair_columns(),
        placeholder="–",
        alt="Pairs of the same call",
    )
    if pair.first is not None and pair.first.reply:
        _words(pair, pair.first.reply)


def _words(pair: KnownPair, reply: str) -> None:
    run = str(pair.stored.artefact.manifest.facts.get("job", ""))
    with st.container(horizontal=True, vertical_alignment="center"):
        is_open = st.toggle("Show the exact question and answer", key="edge-panel-words")
        if run and st.button("Open its run", icon=":material/receipt_long:", key=f"edge-panel-run-{pair.graph_id}"):
            _open_run(run)
    if not is_open:
        return
    answer = current().workspace.answers.find(reply)
    if answer is None:
        st.info("The log of answers no longer holds this one.", icon=":material/history:")
        return
    model = named(str(answer.request.get("model", "")))
    st.caption(f"Model {model} · {named(answer.provider)} · {when_text(answer.answered_at, _now(), reader_zone())}")
    with st.grid(2, min_column_width=_SIDE_PX) as sides:
        with sides.cell():
            _text("What was asked", str(answer.request.get("prompt", "")))
        with sides.cell():
            _text("What came back", answer.reply)


def _text(title: str, text: str) -> None:
    st.caption(title)
    st.code(shown(text) or "(nothing)", language=None, height=_TALL, wrap_lines=True)


def _now() -> datetime:
    return parse_utc(utc_now())


def _open_run(run: str) -> None:
    """The page of runs, turned to the calls of this one."""
    st.session_state[VIEWS_KEY] = CALLS
    st.query_params["run"] = run
    open_page("runs")
