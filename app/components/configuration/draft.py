"""The configuration draft of a graph, and the changes to it that were refused and wait to be corrected.

The draft lives in the workspace and, once something was changed, its id in the URL, so a refresh loses nothing that was
kept. Who changed nothing yet looks at the draft that was tuned last, and changes a copy of it. What was typed and
refused stays in the session until it is corrected or discarded; it is tried again together with every further change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from app import queries
from app.components.failure import show_problems
from app.components.notice import give_notice
from app.services import current
from app.state import current_selection, fill_in, is_chosen, select
from core.errors import InvalidInput, NotFound, Problem
from core.sampler.configuration import DatasetConfig
from core.sampler.configuration_check import check_config
from core.sampler.density import N_SUBGRAPHS
from core.store.artefacts import Artefact
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.draft_edits import LABELS, Edits, Path, field_of, read_edits, value_at
from core.workflows.drafts import (
    create_draft,
    newest_draft,
    read_draft,
    starting_config,
    starting_type_ranges,
    write_draft,
)
from core.workflows.graphs import GRAPH

_SEED = 2026


@dataclass(frozen=True, slots=True)
class Draft:
    """What is being tuned for a graph: `config` as kept, `refused` changes as typed, and everything wrong with both."""

    graph_id: str
    config: DatasetConfig
    refused: Edits
    problems: tuple[Problem, ...]

    def shown(self, path: Path) -> Any:
        """What a field shows: the value as typed where it was refused, else the one that is kept."""
        return self.refused[path] if path in self.refused else value_at(self.config, path)

    def problems_at(self, *fields: str) -> tuple[Problem, ...]:
        """The problems of these fields."""
        return tuple(problem for problem in self.problems if problem.field in fields)

    def is_wrong(self, *sections: str) -> bool:
        """Whether anything in these parts of the configuration (`sampler`, `type_ranges` ...) has to be corrected."""
        return any(problem.field.split(".")[0] in sections for problem in self.problems)


def current_draft(graph_id: str) -> Draft:
    """The draft of this graph that is selected; a missing, stale or foreign one gives way to the one tuned last.

    The first draft of a graph has the settings of its newest dataset, or else what its density suggests.
    """
    config = _kept_config(graph_id)
    refused = _refused(graph_id)
    catalogue = current().graph(graph_id).graph.catalogue
    touched = {field_of(path) for path in refused}
    problems = [problem for problem in check_config(config, catalogue) if problem.field not in touched]
    if refused:
        problems += read_edits(config, refused, catalogue.attribute_types).problems
    return Draft(graph_id, config, refused, tuple(problems))


def keep_edits(graph_id: str, edits: Edits) -> bool:
    """Try changes together with those that were refused before; kept all at once, or not at all."""
    tried = {**_refused(graph_id), **edits}
    types = current().graph(graph_id).graph.catalogue.attribute_types
    reading = read_edits(_kept_config(graph_id), tried, types)
    if reading.config is None:
        st.session_state[_key(graph_id)] = tried
        return False
    replace_draft(graph_id, reading.config)
    return True


def replace_draft(graph_id: str, config: DatasetConfig) -> None:
    """Keep a whole configuration; changes that were refused are given up.

    A draft that was not chosen may be somebody else's: it stays as it is, and a copy is changed and chosen.
    """
    st.session_state.pop(_key(graph_id), None)
    _kept_config(graph_id)  # there is a draft to write to, even where its link has become stale
    if is_chosen("draft"):
        write_draft(current().workspace, current_selection().draft, config)
    else:
        select(draft=create_draft(current().workspace, graph_id, config))


def replace_part(graph_id: str, config: DatasetConfig, *changed: Path) -> None:
    """Keep a configuration that was changed at some paths only; refused changes elsewhere stay and are tried again."""
    others = {
        path: value for path, value in _refused(graph_id).items() if not any(path[: len(c)] == c for c in changed)
    }
    replace_draft(graph_id, config)
    if others:
        keep_edits(graph_id, others)


def discard_refused(graph_id: str) -> None:
    """Give up every change that was refused."""
    st.session_state.pop(_key(graph_id), None)


def label_path(label: str, *rest: str | int) -> Path:
    """The path of a label, or of something in it."""
    return (LABELS, label, *rest)


def suggested_config(graph_id: str) -> DatasetConfig:
    """What tuning starts from: quotas of one or two attributes of each type, and the ranges the density suggests."""
    catalogue = current().graph(graph_id).graph.catalogue
    ranges = starting_type_ranges(catalogue)
    return starting_config(queries.density(current_selection().workspace, graph_id, ranges, N_SUBGRAPHS, _SEED))


def _kept_config(graph_id: str) -> DatasetConfig:
    workspace, draft_id = current().workspace, current_selection().draft
    if draft_id:
        try:
            return read_draft(workspace, draft_id, graph_id)
        except NotFound:
            pass  # what takes its place says so below
        except InvalidInput as error:
            show_problems("The settings that were being tuned cannot be used any more", error.problems, warning=True)
    if newest := newest_draft(workspace, graph_id):
        try:
            config = read_draft(workspace, newest, graph_id)
        except InvalidInput:
            pass  # told above if it is the one that was asked for; otherwise nobody asked for it
        else:
            fill_in(draft=newest)
            give_notice("Continuing with the settings that were tuned last for this graph.", icon=":material/tune:")
            return config
    config = _first_config(graph_id, is_replacement=bool(draft_id))
    fill_in(draft=create_draft(workspace, graph_id, config))
    return config


def _first_config(graph_id: str, *, is_replacement: bool) -> DatasetConfig:
    if (drawn := _newest_dataset(graph_id)) is not None:
        return dataset_config(current().workspace, drawn)
    if is_replacement:
        give_notice("Started new settings for this graph, from what its density suggests.", icon=":material/tune:")
    return suggested_config(graph_id)


def _newest_dataset(graph_id: str) -> Artefact | None:
    datasets = current().workspace.artefacts.list(DATASET)
    return next((dataset for dataset in datasets if dataset.manifest.parents.get(GRAPH) == graph_id), None)


def _refused(graph_id: str) -> Mapping[Path, Any]:
    refused: Mapping[Path, Any] = st.session_state.get(_key(graph_id), {})
    return refused


def _key(graph_id: str) -> str:
    return f"refused-changes-{current_selection().workspace}-{graph_id}"
