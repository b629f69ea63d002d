"""Cached comparisons of two graphs."""

from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from app.services import workbench
from core.graph.agreement import GraphComparison, compare_pairs
from core.graph.differences import Differences, DifferenceSearch, find_differences, search_differences
from core.graph.known_pairs import CommonGround, common_ground


class Comparison(NamedTuple):
    """How far two stored graphs agree, and how many attributes their catalogues share (`n_other_facts` of them with
    another type or other facts) or have alone.
    """

    agreement: GraphComparison
    n_common: int
    n_only_a: int
    n_only_b: int
    n_other_facts: int


@st.cache_data(show_spinner="Comparing the graphs", max_entries=32)
def comparison(workspace: str, a: str, b: str) -> Comparison:
    """Two stored graphs by id, over the pairs that both could hold; `ValenceError` where there is none."""
    ground = _common_ground(workspace, a, b)
    agreement = compare_pairs(ground.catalogue, ground.a, ground.b)
    return Comparison(agreement, len(ground.catalogue), ground.n_only_a, ground.n_only_b, ground.n_other_facts)


@st.cache_data(show_spinner="Looking for pairs that differ", max_entries=4)
def differing_pairs(workspace: str, a: str, b: str) -> Differences:
    """Every pair in which two stored graphs differ; positions and rows are those of the graphs' own tables."""
    return find_differences(_common_ground(workspace, a, b))


@st.cache_data(show_spinner=False, max_entries=32)
def matching_differences(workspace: str, a: str, b: str, search: dict[str, Any]) -> NDArray[np.int32]:
    """Numbers of the differing pairs that a search finds, in its order."""
    pairs = workbench().open(workspace).pairs
    wanted = DifferenceSearch.model_validate(search)
    return search_differences(differing_pairs(workspace, a, b), pairs(a), pairs(b), wanted)


def _common_ground(workspace: str, a: str, b: str) -> CommonGround:
    pairs = workbench().open(workspace).pairs
    return common_ground(pairs(a).catalogue, pairs(a), pairs(b).catalogue, pairs(b))
