"""What every graph of the catalogue says of a pair: the same question asked of other judges, at other times."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from app import queries
from app.components.edges.detail_known import KnownPair
from app.components.edges.table import pair_columns
from app.components.graph.judge_picker import judge_name
from app.components.moments import parse_utc, reader_zone
from app.components.pair_text import OUTCOME_SIGNS
from app.services import current
from app.state import current_selection
from core.errors import ValenceError
from core.store.artefacts import Artefact
from core.workflows.pair_history import PastAnswer, graphs_of

_MOST: Final = 25
_HEIGHT: Final = 320


def graphs_view(pair: KnownPair) -> None:
    """List the graphs of the catalogue, the newest first, with what each says of the pair."""
    graphs = graphs_of(current().workspace, pair.table.catalogue.id)
    lines = [_line(graph, pair) for graph in graphs[:_MOST]]
    st.dataframe(
        pd.DataFrame(lines),
        hide_index=True,
        height=min(_HEIGHT, 38 + 35 * len(lines)),
        column_config=_columns(),
        placeholder="–",
        alt="What each graph says of this pair",
    )
    more = f" The newest {_MOST} of {len(graphs):,} are listed." if len(graphs) > _MOST else ""
    st.caption(f"Graphs of the same catalogue. A graph that does not mention the pair has no sign.{more}")


def _line(graph: Artefact, pair: KnownPair) -> dict[str, Any]:
    manifest = graph.manifest
    line: dict[str, Any] = {
        "Sign": None,
        "Graph": f"{manifest.title}{' (this one)' if graph.id == pair.graph_id else ''}",
        "Judge": judge_name(graph),
        "Strength": None,
        "Reason": None,
        "Before reviews": None,
        "Made": parse_utc(manifest.created_at),
        "Id": graph.id[:8],
    }
    try:
        said = queries.past_answer(current_selection().workspace, graph.id, pair.source.id, pair.target.id)
    except ValenceError as error:  # one damaged graph hides nothing of the others
        return {**line, "Reason": f"Cannot be read: {error.message}"}
    return {**line, **_said(said)}


def _said(said: PastAnswer) -> dict[str, Any]:
    if said.now is None:
        return {}
    first = None if said.first is None or said.first == said.now else [OUTCOME_SIGNS[said.first.outcome]]
    return {
        "Sign": [OUTCOME_SIGNS[said.outcome]],
        "Strength": said.now.strength,
        "Reason": said.now.reason or None,
        "Before reviews": first,
    }


def _columns() -> dict[str, Any]:
    shared = pair_columns()
    return {
        "Sign": {**shared["Sign"], "width": 90},
        "Graph": st.column_config.TextColumn(width=220),
        "Strength": shared["Strength"],
        "Reason": st.column_config.TextColumn(width=280),
        "Before reviews": {
            **shared["Sign"],
            "label": "Before reviews",
            "width": 120,
            "help": "What the judge or the file said, where people have reviewed the pair.",
        },
        "Judge": st.column_config.TextColumn(width=150),
        "Made": st.column_config.DatetimeColumn(width=150, format="D MMM YYYY, HH:mm", timezone=str(reader_zone())),
        "Id": st.column_config.TextColumn(width=80),
    }
