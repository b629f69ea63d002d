"""Which two graphs are compared: A as everywhere, B beside it, and both turned round with one click."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import streamlit as st

from app.components.artefact_picker import artefact_picker
from app.components.graph.judge_picker import judge_name
from app.components.moments import reader_zone, when_text
from app.components.plain_text import plain
from app.components.runs.words import STRATEGIES
from app.services import current
from app.state import current_selection, fill_in, select
from core.graph.model import Origin
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH

_COLUMNS = (10, 1, 10)


class Compared(NamedTuple):
    """The two graphs that are compared."""

    a: Artefact
    b: Artefact

    @property
    def is_one_catalogue(self) -> bool:
        """Whether both were built from the same version of a catalogue."""
        return self.a.manifest.parents[CATALOGUE] == self.b.manifest.parents[CATALOGUE]

    @property
    def key(self) -> str:
        """Names both in the keys of widgets."""
        return f"{self.a.id[:8]}-{self.b.id[:8]}"


def compare_pickers() -> Compared | None:
    """Ask for both graphs; None, with nothing shown, where the workspace has fewer than two."""
    found = current().workspace.artefacts.list(GRAPH)
    if len(found) < 2:
        return None
    left, middle, right = st.columns(_COLUMNS, vertical_alignment="bottom")
    with left:
        a = artefact_picker(GRAPH, "Graph A", help_text="The graph that the other one is held against.")
    if a is None:
        return None
    others = _in_order(a, [graph for graph in found if graph.id != a.id])
    with right:
        b = _other(a, others)
    middle.button(
        "",
        key="compare-swap",
        icon=":material/swap_horiz:",
        on_click=_swap,
        args=(a.id, b.id),
        help="Exchange A and B. What is counted stays; what is counted from A's side turns round.",
        width="stretch",
    )
    left, _, right = st.columns(_COLUMNS)
    with left:
        _origin(a)
    with right:
        _origin(b)
    return Compared(a, b)


def _in_order(a: Artefact, others: Sequence[Artefact]) -> list[Artefact]:
    """The graph that A was made from first, then those of its catalogue, each newest first."""
    parent, catalogue = a.manifest.parents.get(GRAPH, ""), a.manifest.parents[CATALOGUE]
    return sorted(others, key=lambda g: (g.id != parent, g.manifest.parents[CATALOGUE] != catalogue))


def _other(a: Artefact, others: Sequence[Artefact]) -> Artefact:
    ids = [graph.id for graph in others]
    chosen = current_selection().other
    if chosen and chosen not in ids and chosen != a.id:
        st.warning("The graph B this link points to is not in this workspace; showing another one.")
    if chosen not in ids:
        fill_in(other=ids[0])
    names = {graph.id: _name(a, graph) for graph in others}
    key = f"pick-other-{current_selection().workspace}"
    st.session_state[key] = current_selection().other
    st.selectbox(
        "Graph B",
        ids,
        format_func=names.__getitem__,
        key=key,
        on_change=_choose,
        args=(key,),
        help="Graphs of the same catalogue come first. Graphs of another one are compared on the attributes that both "
        "catalogues have.",
    )
    return next(graph for graph in others if graph.id == current_selection().other)


def _name(a: Artefact, graph: Artefact) -> str:
    is_same = graph.manifest.parents[CATALOGUE] == a.manifest.parents[CATALOGUE]
    return f"{graph.manifest.title} · {graph.id[:8]}{'' if is_same else ' · another catalogue'}"


def _choose(key: str) -> None:
    select(other=st.session_state[key])


def _swap(a: str, b: str) -> None:
    select(graph=b, other=a)


def _origin(graph: Artefact) -> None:
    """How a graph came about, in one line."""
    facts = graph.manifest.facts
    parts = [_made(facts["origin"], facts.get("strategy", "")), judge_name(graph)]
    counts = f"edges: {facts['n_positive']:,} +, {facts['n_negative']:,} −"
    when, *_ = when_text(graph.manifest.created_at, datetime.now(UTC), reader_zone()).split(" · ")
    st.caption(" · ".join([*(plain(part) for part in dict.fromkeys(parts) if part), counts, when]))


def _made(origin: str, strategy: str) -> str:
    return STRATEGIES.get(strategy, "") if origin == Origin.JUDGED else origin.capitalize()
