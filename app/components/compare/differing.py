"""The pairs in which two graphs differ: filters, a page at a time, and both reasons of a selected pair."""

from functools import partial
from itertools import combinations
from typing import Any, Final

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from app import queries
from app.components.compare.download import difference_download
from app.components.compare.pickers import Compared
from app.components.compare.to_queue import to_queue
from app.components.edges.table import badge_colour
from app.components.pair_text import OUTCOME_SIGNS, outcome_badge
from app.components.plain_text import named, pair_words, plain, quoted
from app.services import current
from app.state import current_selection
from core.fingerprint import content_id
from core.graph.differences import Difference, DifferenceKind, Differences, DifferenceSearch, difference
from core.graph.model import Outcome

_KINDS: Final = {
    DifferenceKind.ALL: "All",
    DifferenceKind.FLIPPED: "Opposite signs",
    DifferenceKind.ONLY_A: "Edge in A only",
    DifferenceKind.ONLY_B: "Edge in B only",
    DifferenceKind.ZERO_AGAINST_SIGN: "0 against a sign",
}
_KINDS_HELP: Final = (
    "**Opposite signs**: + in one graph, − in the other.  \n"
    "**Edge in A only**, **in B only**: the other graph says 0, or did not judge the pair.  \n"
    "**0 against a sign**: the part of these where the other graph did judge, and saw no signal."
)
_PAGE_ROWS: Final = 50
_TABLE_PX: Final = 460


def differing_pairs(compared: Compared) -> None:
    """Filter, look through, download and hand over the differing pairs."""
    names = current_selection().workspace, compared.a.id, compared.b.id
    found = queries.differing_pairs(*names)
    if not len(found.source):
        st.success("The graphs do not differ: every edge is in both, with the same sign.", icon=":material/check:")
        return
    search = _filters(compared, found)
    numbers = queries.matching_differences(*names, search.model_dump(mode="json"))
    tell = partial(_tell, compared, found)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(numbers):,}** of {len(found.source):,} differing pairs", width="stretch")
        if len(numbers):
            difference_download(compared, tell, numbers)
            to_queue(compared, tell, numbers)
    if not len(numbers):
        st.info("No pair matches. Choose another kind, or clear the search.", icon=":material/search_off:")
        return
    view = content_id("differences-view", {"graphs": names, "search": search.model_dump(mode="json")})[:12]
    selected = _table([tell(number) for number in _page_of(numbers, view)], len(numbers), view)
    if selected is not None:
        _detail(compared, selected)


def _tell(compared: Compared, found: Differences, number: int) -> Difference:
    pairs = current().pairs
    return difference(found, number, pairs(compared.a.id), pairs(compared.b.id))


def _filters(compared: Compared, found: Differences) -> DifferenceSearch:
    counts = {kind: int(found.of_kind(kind).sum()) for kind in _KINDS}
    kind = st.segmented_control(
        "Show",
        [kind for kind, count in counts.items() if count],
        default=DifferenceKind.ALL,
        required=True,
        format_func=lambda kind: f"{_KINDS[kind]} ({counts[kind]:,})",
        key=f"compare-kind-{compared.key}",
        persist_state="session",
        wrap=True,
        help=_KINDS_HELP,
    )
    line = st.columns([2, 1])
    text = line[0].text_input(
        "Search",
        key=f"compare-text-{compared.key}",
        type="search",
        live=True,
        placeholder="Words in either attribute or a reason",
        help="Every word must occur in one of the two attributes or in one of the reasons. Case and accents do not "
        "matter.",
        persist_state="session",
    )
    modalities = _modalities(line[1], compared)
    return DifferenceSearch(kind=kind, modalities=modalities, text=text or "")


def _modalities(place: DeltaGenerator, compared: Compared) -> tuple[str, str] | None:
    catalogue = current().pairs(compared.a.id).catalogue
    return place.selectbox(
        "Modalities",
        list(combinations(catalogue.modalities, 2)),
        index=None,
        format_func=lambda pair: f"{pair[0]} × {pair[1]}",
        placeholder="Any two",
        key=f"compare-modalities-{compared.key}",
        persist_state="session",
    )


def _page_of(numbers: NDArray[np.int32], view: str) -> list[int]:
    page = int(st.session_state.get(f"compare-page-{view}") or 1)
    chosen: list[int] = numbers[(page - 1) * _PAGE_ROWS : page * _PAGE_ROWS].tolist()
    return chosen


def _table(shown: list[Difference], n_found: int, view: str) -> Difference | None:
    """One page of differing pairs; returns the one that is selected."""
    n_pages = max(1, -(-n_found // _PAGE_ROWS))
    page = int(st.session_state.get(f"compare-page-{view}") or 1)
    selection = st.dataframe(
        difference_frame(shown),
        key=f"compare-table-{view}-{page}",
        on_select="rerun",
        selection_mode="single-row",
        hide_index=True,
        height=min(_TABLE_PX, 37 + 35 * len(shown)),
        column_config=_columns(),
        placeholder="–",
        alt=f"Page {page} of {n_pages} of the pairs that differ",
    )
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        first = (page - 1) * _PAGE_ROWS + 1
        st.caption(
            f"Pairs {first:,} to {first + len(shown) - 1:,} of {n_found:,}, the clearest contradictions first. "
            "Select a row to read both reasons.",
            width="content",
        )
        if n_pages > 1:
            st.pagination(n_pages, key=f"compare-page-{view}")
    rows = selection["selection"]["rows"]
    return shown[rows[0]] if rows and rows[0] < len(shown) else None


def difference_frame(shown: list[Difference]) -> pd.DataFrame:
    """The pairs as people read them: one line each."""
    return pd.DataFrame(
        {
            "First attribute": [d.source.value for d in shown],
            "Second attribute": [d.target.value for d in shown],
            "A": [[OUTCOME_SIGNS[d.outcome_a]] for d in shown],
            "B": [[OUTCOME_SIGNS[d.outcome_b]] for d in shown],
            "Why, in A": [d.reason_a or None for d in shown],
            "Why, in B": [d.reason_b or None for d in shown],
            "Modalities": [f"{d.source.modality} × {d.target.modality}" for d in shown],
        }
    )


def _columns() -> dict[str, Any]:
    signs = {OUTCOME_SIGNS[outcome]: badge_colour(outcome) for outcome in Outcome}
    side: dict[str, Any] = {"options": list(signs), "color": list(signs.values()), "width": 105}
    return {
        "First attribute": st.column_config.TextColumn(width=165),
        "Second attribute": st.column_config.TextColumn(width=165),
        "A": st.column_config.MultiselectColumn(**side, help="What graph A says."),
        "B": st.column_config.MultiselectColumn(**side, help="What graph B says."),
        "Why, in A": st.column_config.TextColumn(width=225),
        "Why, in B": st.column_config.TextColumn(width=225),
        "Modalities": st.column_config.TextColumn(width=150),
    }


def _detail(compared: Compared, chosen: Difference) -> None:
    """One pair with what both graphs say; text of users and judges is escaped."""
    with st.container(border=True):
        st.markdown(f"#### {pair_words(chosen.source.value, chosen.target.value)}")
        st.caption(f"{plain(chosen.source.modality)} × {plain(chosen.target.modality)}")
        sides = (
            ("A", compared.a, chosen.outcome_a, chosen.strength_a, chosen.reason_a),
            ("B", compared.b, chosen.outcome_b, chosen.strength_b, chosen.reason_b),
        )
        for column, (name, graph, outcome, strength, reason) in zip(st.columns(2, gap="medium"), sides, strict=True):
            with column:
                st.markdown(f"**{name}** · {named(graph.manifest.title)}")
                figures = "" if strength is None else f" strength {strength:.2f}"
                st.markdown(f"{outcome_badge(outcome, in_full=True)}{figures}")
                st.markdown(f"> {quoted(reason)}" if reason else _no_reason(outcome))


def _no_reason(outcome: Outcome) -> str:
    if outcome is Outcome.UNJUDGED:
        return "This graph holds no answer for the pair."
    return "No reason is known."
