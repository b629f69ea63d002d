"""What the edges page can look for: conditions on the pairs themselves, and on what lies beside them."""

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.graph.grouping import Grouping
from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.pair_table import SIGNED, PairSearch, PairTable, find_pairs
from core.graph.review.states import STATES, Resolution, ReviewState, outcomes_at, states_of_pairs

ANSWERED = (*SIGNED, Outcome.NEUTRAL)


class Block(BaseModel):
    """Pairs with one end in a group of `rows` and the other in one of `columns`, whichever end is which."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: tuple[int, ...]
    columns: tuple[int, ...]


class EdgeSearch(BaseModel):
    """Which pairs to show. Every condition must hold.

    `block`: between which groups, as made from the clusters of `stages` (empty: from none); `differs_from`: the id of a
    graph that gave another of the answers +, − and 0; `states`: what reviews made of them, none for whatever they did.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pairs: PairSearch = PairSearch()
    block: Block | None = None
    stages: str = ""
    differs_from: str = ""
    states: tuple[ReviewState, ...] = ()


def find_edges(
    table: PairTable,
    search: EdgeSearch,
    *,
    groups: Grouping | None = None,
    other: VerdictTable | SignedGraph | None = None,
    resolution: Resolution | None = None,
) -> NDArray[np.int32]:
    """Row numbers of the pairs found, in the wanted order; what a condition is about must be given with it."""
    among = np.ones(len(table), dtype=np.bool_)
    if search.block and groups:
        among &= _in_block(table, groups, search.block)
    if search.differs_from and other is not None:
        among &= _differs(table, other)
    if search.states and resolution is not None:
        wanted = [STATES.index(state) for state in search.states]
        among &= np.isin(states_of_pairs(resolution, table.source, table.target), wanted)
    return find_pairs(table, search.pairs, among)


def _in_block(table: PairTable, groups: Grouping, block: Block) -> NDArray[np.bool_]:
    source, target = groups.group[table.source], groups.group[table.target]
    is_row, is_column = (np.isin(np.arange(len(groups.names)), side) for side in (block.rows, block.columns))
    inside: NDArray[np.bool_] = (is_row[source] & is_column[target]) | (is_column[source] & is_row[target])
    return inside


def _differs(table: PairTable, other: VerdictTable | SignedGraph) -> NDArray[np.bool_]:
    """Both graphs answered +, − or 0, and not the same."""
    theirs = outcomes_at(other, table.source, table.target, len(table.catalogue))
    differs: NDArray[np.bool_] = (
        np.isin(table.outcome, ANSWERED) & np.isin(theirs, ANSWERED) & (table.outcome != theirs)
    )
    return differs
