"""Compare: where two graphs agree, and where they do not."""

import streamlit as st

from app import queries
from app.components.compare.differing import differing_pairs
from app.components.compare.headline import headline, not_judged, shared_attributes
from app.components.compare.measures import measure_table
from app.components.compare.modality_pairs import modality_pairs
from app.components.compare.overlap import overlap
from app.components.compare.pickers import Compared, compare_pickers
from app.components.compare.published import published_example
from app.components.empty_state import empty_state
from app.components.failure import show_failure
from app.state import current_selection
from core.errors import ValenceError


def _comparison(compared: Compared) -> None:
    try:
        comparison = queries.comparison(current_selection().workspace, compared.a.id, compared.b.id)
    except ValenceError as error:
        show_failure(error)
        return
    shared_attributes(compared, comparison)
    headline(comparison.agreement)
    not_judged(comparison.agreement)
    whole, modalities, pairs = st.tabs(["Overlap", "By modality", "Pairs that differ"])
    with whole:
        overlap(comparison.agreement, compared.key)
        st.markdown("##### How far they agree")
        measure_table(comparison.agreement)
    with modalities:
        modality_pairs(comparison.agreement, compared.key)
    with pairs:
        differing_pairs(compared)


st.title("Compare")
st.markdown("Hold two graphs against each other: two strategies, two judges, two dates, before and after review.")
compared = compare_pickers()
if compared is None:
    empty_state(
        "Two graphs are needed",
        "Build a second graph, with another strategy or judge, or upload edges made elsewhere.",
        "graph",
        "Build or upload a graph",
    )
else:
    _comparison(compared)
published_example()
