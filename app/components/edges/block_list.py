"""The edges between groups of attributes that were pointed at, a page at a time."""

import streamlit as st

from app import queries
from app.components.edges.table import edge_table
from app.components.graph.settings_form import judge_name
from app.components.plain_text import plain
from app.edge_search import Block, EdgeSearch
from app.services import current
from app.state import current_selection
from core.fingerprint import content_id
from core.graph.grouping import Grouping
from core.store.artefacts import Artefact

_MOST_NAMES = 2
_LONGEST_NAME = 60


def block_list(graph: Artefact, grouping: Grouping, stages: str, block: Block) -> int | None:
    """The + and − pairs of a block, strongest first; returns the row, in the graph's table, of the selected one."""
    search = EdgeSearch(block=block, stages=stages)
    rows = queries.found_edges(current_selection().workspace, graph.id, search)
    table = current().pairs(graph.id)
    n_positive = int((table.outcome[rows] > 0).sum())
    st.markdown(
        f"**{len(rows):,}** edges between {_named(grouping, block.rows)} and {_named(grouping, block.columns)}: "
        f"**{n_positive:,}** +, **{len(rows) - n_positive:,}** −"
    )
    if not len(rows):
        return None
    view = content_id("edges-block", {"graph": graph.id, "search": search.model_dump(mode="json")})[:12]
    return edge_table(table, rows, judge_name(graph), view)


def _named(grouping: Grouping, groups: tuple[int, ...]) -> str:
    names = [grouping.names[group] for group in groups[:_MOST_NAMES]]
    shown = [plain(name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…") for name in names]
    if len(groups) == 1:
        return f"**{shown[0]}**"
    return f"{len(groups):,} groups ({'; '.join(shown)}{'; …' * (len(groups) > _MOST_NAMES)})"
