"""The filters of the edges page: from widgets to one search."""

from itertools import combinations
from typing import Final

import numpy as np
import streamlit as st

from app.components.pair_text import OUTCOME_MEANINGS, OUTCOME_TITLES
from app.edge_search import EdgeSearch
from app.services import current
from core.catalogue.model import Catalogue
from core.graph.model import Basis, Outcome
from core.graph.pair_table import SIGNED, PairOrder, PairSearch, PairTable
from core.graph.review.states import RULE, ReviewState
from core.store.artefacts import Artefact
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH

_ORDERS = {
    PairOrder.STRONGEST: "Strongest first",
    PairOrder.WEAKEST: "Weakest first",
    PairOrder.NAMES: "Names, A to Z",
    PairOrder.CALL: "Call number",
}
_FIRST_SHOWN = "+ and −"
_SHOWN: Final[dict[str, tuple[Outcome, ...]]] = {
    _FIRST_SHOWN: SIGNED,
    **{title: (outcome,) for outcome, title in OUTCOME_TITLES.items()},
    "All pairs": tuple(Outcome),
}
BASIS_NAMES: Final = {
    Basis.ASKED: "Asked of the judge",
    Basis.INHERITED: "Taken over from groups",
    Basis.INFERRED: "Inferred by a model",
    Basis.REVIEWED: "Reviewed by people",
    Basis.UPLOADED: "Uploaded in a file",
}
_STATES: Final[dict[str, tuple[ReviewState, ...]]] = {
    "Not reviewed": (ReviewState.UNREVIEWED,),
    "Reviewed": (ReviewState.CONFIRMED, ReviewState.CHANGED, ReviewState.CONFLICT),
    "Reviewed: confirmed": (ReviewState.CONFIRMED,),
    "Reviewed: changed": (ReviewState.CHANGED,),
    "Reviewers disagree": (ReviewState.CONFLICT,),
}
_UNSTABLE = "unstable"
_FULL_RANGE = (0.0, 1.0)
_FIELD_PX = 180
_GENERATION = "edges-filter-generation"  # counting up gives every filter a new key: all start afresh


def edge_filters(graph: Artefact, table: PairTable) -> EdgeSearch:
    """Ask which pairs to show; the answers stay while other pages are visited."""
    with st.container(border=True):
        text = _text()
        outcomes = _outcomes()
        with st.grid(4, min_column_width=_FIELD_PX):
            modalities = _modalities(table.catalogue)
            attribute = _attribute(table.catalogue)
            strength = _strength(is_known=table.reasons is not None)
            order = _order()
            bases = _bases(graph, table)
            disagreement = _disagreement(graph, table)
            states = _states()
    pairs = PairSearch(
        text=text,
        outcomes=outcomes,
        modalities=modalities,
        attribute=attribute,
        strength=strength,
        order=order,
        bases=bases,
        is_unstable=disagreement == _UNSTABLE,
    )
    return EdgeSearch(pairs=pairs, differs_from="" if disagreement == _UNSTABLE else disagreement, states=states)


def _text() -> str:
    return (
        st.text_input(
            "Search",
            key=_key("text"),
            type="search",
            live=True,
            placeholder="Words in either attribute or the reason",
            help="Every word must occur in one of the two attributes or in the reason. Case and accents do not matter.",
            persist_state="session",
        )
        or ""
    )


def _outcomes() -> tuple[Outcome, ...]:
    """One choice, which takes the place of the one before: what it says is what is shown."""
    return _SHOWN[
        st.segmented_control(
            "Show",
            list(_SHOWN),
            default=_FIRST_SHOWN,
            required=True,
            key=_key("outcomes"),
            help="  \n".join(f"**{OUTCOME_TITLES[o]}**: {OUTCOME_MEANINGS[o]}" for o in Outcome),
            persist_state="session",
            wrap=True,
        )
    ]


def _modalities(catalogue: Catalogue) -> tuple[str, str] | None:
    return st.selectbox(
        "Modalities",
        list(combinations(catalogue.modalities, 2)),
        index=None,
        format_func=lambda pair: f"{pair[0]} × {pair[1]}",
        placeholder="Any two",
        key=_key("modalities", catalogue),
        help="Only pairs of one attribute of each of these two kinds.",
        persist_state="session",
    )


def _attribute(catalogue: Catalogue) -> str:
    names = {a.id: f"{a.value} · {a.modality}" for a in catalogue.attributes}
    return (
        st.selectbox(
            "Attribute",
            list(names),
            index=None,
            format_func=names.__getitem__,
            placeholder="Any",
            key=_key("attribute", catalogue),
            help="Only pairs with this attribute at one end. Type to search.",
            persist_state="session",
        )
        or ""
    )


def _strength(*, is_known: bool) -> tuple[float, float]:
    strength = st.slider(
        "Strength",
        *_FULL_RANGE,
        _FULL_RANGE,
        0.05,
        key=_key("strength"),
        disabled=not is_known,
        help="How clear the judge's verdict is, from 0 to 1. Uploaded edges have none.",
        persist_state="session",
    )
    return strength if is_known else _FULL_RANGE


def _order() -> PairOrder:
    return st.selectbox(
        "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, key=_key("order"), persist_state="session"
    )


def _bases(graph: Artefact, table: PairTable) -> tuple[Basis, ...]:
    """How a pair came by its sign, as far as this graph knows more than one way."""
    counts = np.bincount(table.basis, minlength=len(Basis))
    known = [basis for basis in Basis if counts[basis]]
    chosen = st.selectbox(
        "Where it comes from",
        known,
        index=None,
        format_func=lambda basis: f"{BASIS_NAMES[basis]} ({counts[basis]:,})",
        placeholder="Anywhere",
        key=f"{_key('basis')}-{graph.id[:8]}",
        disabled=len(known) < 2,
        help="A judge was asked about the pair, or its sign was taken over from its groups, inferred by a model, "
        "settled by reviewers, or uploaded.",
        persist_state="session",
    )
    return () if chosen is None else (chosen,)


def _disagreement(graph: Artefact, table: PairTable) -> str:
    """`_UNSTABLE`, the id of a graph, or nothing."""
    catalogue_id = graph.manifest.parents[CATALOGUE]
    others = {
        other.id: f"Differs from {other.manifest.title} · {other.id[:8]}"
        for other in current().workspace.artefacts.list(GRAPH)
        if other.manifest.parents[CATALOGUE] == catalogue_id and other.id != graph.id
    }
    unstable = {_UNSTABLE: "Repeated askings differ"} if bool((table.stability < 1).any()) else {}
    choices = {**unstable, **others}
    return (
        st.selectbox(
            "Disagreement",
            list(choices),
            index=None,
            format_func=choices.__getitem__,
            placeholder="Any or none",
            key=f"{_key('disagreement')}-{graph.id[:8]}",
            disabled=not choices,
            help="Pairs of which repeated askings gave different answers, or that another graph of the same catalogue "
            "answered differently (+, − or 0 in both, and not the same).",
            persist_state="session",
        )
        or ""
    )


def _states() -> tuple[ReviewState, ...]:
    chosen = st.selectbox(
        "Reviews",
        list(_STATES),
        index=None,
        placeholder="Any or none",
        key=_key("reviews"),
        help=f"What people's reviews say of the pair today. {RULE}",
        persist_state="session",
    )
    return _STATES[chosen] if chosen else ()


def clear_filters() -> None:
    """Set every filter back to its start."""
    st.session_state[_GENERATION] = st.session_state.get(_GENERATION, 0) + 1


def _key(name: str, catalogue: Catalogue | None = None) -> str:
    """A widget's key; choices from a catalogue are kept apart for every catalogue."""
    of_catalogue = f"-{catalogue.id[:8]}" if catalogue else ""
    return f"edges-{name}{of_catalogue}-{st.session_state.get(_GENERATION, 0)}"
