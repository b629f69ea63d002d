"""Cached reads of densities and of what they say about labels."""

from typing import NamedTuple

import streamlit as st

from app.queries.graphs import stored_graph
from core.progress import finish
from core.sampler.configuration import LabelParams, parse_config
from core.sampler.density import Density, measure_density
from core.sampler.encoding import encode_config, label_box
from core.sampler.feasibility import proof_of_infeasibility
from core.sampler.pair_density import PairDensity, pair_densities
from core.sampler.separability import Separability, measure_separability
from core.workflows.density_report import LabelReport, ReachReport, report_label, report_reach
from core.workflows.dry_run import DryLabel
from core.workflows.dry_run import dry_run as try_rows


@st.cache_data(show_spinner=False, max_entries=64)
def density(
    workspace: str, graph_id: str, type_ranges: dict[str, tuple[int, int]], n_subgraphs: int, seed: int
) -> Density:
    """The density of a stored graph under quotas."""
    return measure_density(stored_graph(workspace, graph_id).graph, type_ranges, n_subgraphs, seed)


@st.cache_data(show_spinner="Drawing a few rows of each label", max_entries=16)
def dry_run(workspace: str, graph_id: str, config: str) -> tuple[DryLabel, ...]:
    """The first rows of every label of a configuration (its JSON text), and why labels have none."""
    return finish(try_rows(stored_graph(workspace, graph_id).graph, parse_config(config)))


@st.cache_data(show_spinner=False, max_entries=64)
def impossible_labels(workspace: str, graph_id: str, config: str) -> frozenset[str]:
    """The labels of a configuration (its JSON text) for which the quotas prove that no row can ever fit."""
    parsed = parse_config(config)
    encoding = encode_config(stored_graph(workspace, graph_id).graph, parsed)
    return frozenset(
        label
        for label, params in parsed.label_params.items()
        if proof_of_infeasibility(encoding, label_box(encoding.max_size, params))
    )


class Drawn(NamedTuple):
    """What a density was drawn from; `type_ranges` as items, in the order of the rows' keys."""

    workspace: str
    graph_id: str
    type_ranges: tuple[tuple[str, tuple[int, int]], ...]
    n_subgraphs: int
    seed: int

    def density(self) -> Density:
        """The density itself."""
        return density(self.workspace, self.graph_id, dict(self.type_ranges), self.n_subgraphs, self.seed)


@st.cache_data(show_spinner="Searching how far rows reach", max_entries=32)
def reach(drawn: Drawn) -> ReachReport:
    """The extremes of both fractions that searches find."""
    return report_reach(stored_graph(drawn.workspace, drawn.graph_id).graph, drawn.density())


def label_report(drawn: Drawn, label: str, params: LabelParams) -> LabelReport:
    """How hard a label is, and what stands in its way; its number of rows changes nothing."""
    return _label_report(drawn, label, params.pos_frac_range, params.neg_frac_range)


@st.cache_data(show_spinner=False, max_entries=256)
def _label_report(
    drawn: Drawn, label: str, pos_range: tuple[float, float], neg_range: tuple[float, float]
) -> LabelReport:
    params = LabelParams(pos_frac_range=pos_range, neg_frac_range=neg_range, num_samples=1)
    return report_label(stored_graph(drawn.workspace, drawn.graph_id).graph, drawn.density(), label, params)


def separability(drawn: Drawn, label_params: dict[str, LabelParams]) -> Separability:
    """How far labels can be told apart by their ranges, with their numbers of rows."""
    return _separability(drawn, tuple((name, params.model_dump_json()) for name, params in label_params.items()))


@st.cache_data(show_spinner=False, max_entries=64)
def _separability(drawn: Drawn, labels: tuple[tuple[str, str], ...]) -> Separability:
    params = {name: LabelParams.model_validate_json(text) for name, text in labels}
    return measure_separability(drawn.density(), params)


@st.cache_data(show_spinner=False, max_entries=32)
def modality_pairs(
    workspace: str, graph_id: str, type_ranges: tuple[tuple[str, tuple[int, int]], ...]
) -> tuple[PairDensity, ...]:
    """What every two modalities bring to a random row under these quotas."""
    return pair_densities(stored_graph(workspace, graph_id).graph, dict(type_ranges))
