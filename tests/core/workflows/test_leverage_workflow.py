"""Leverage over stored datasets and drafts: the right rows, the right order of sources, and what is refused."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.dataset.reading import read_rows
from core.dataset.version import PARQUET_FILE, ROWS_FILE
from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.graph.edges_csv import write_edges
from core.graph.model import Outcome, signed_graph
from core.jobs import InlineJobRunner
from core.sampler.configuration import DatasetConfig, config_json, parse_config
from core.sampler.held_rows import N_RANDOM_ROWS, fitting, labelled_rows
from core.sampler.leverage import leverage_of, what_if
from core.sampler.recount import index_edges, recount_rows
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.datasets import DATASET, build_dataset
from core.workflows.drafts import create_draft
from core.workflows.graphs import StoredGraph, load_graph, save_uploaded_graph
from core.workflows.leverage import (
    RowSource,
    datasets_of,
    draft_source,
    edge_leverage,
    load_rows,
    pair_what_if,
)
from core.workflows.works import WORKS

TYPES = {"brand": 6, "interest": 8, "city": 5}


def catalogue_of(prefix: str = "") -> Catalogue:
    return Catalogue(
        tuple(Attribute(f"{prefix}{t}-{i}", f"{t} {i}", t, t) for t, size in TYPES.items() for i in range(size))
    )


def stored_graph(workspace: Workspace, seed: int, catalogue: Catalogue | None = None) -> StoredGraph:
    catalogue = catalogue or catalogue_of()
    types = [a.attribute_type for a in catalogue.attributes]
    pairs = np.array([(i, j) for i, j in combinations(range(len(types)), 2) if types[i] != types[j]], dtype=np.int32)
    signs = np.random.default_rng(seed).choice([1, -1, 0], p=[0.4, 0.3, 0.3], size=len(pairs)).astype(np.int8)
    graph = signed_graph(catalogue, pairs[signs != 0, 0], pairs[signs != 0, 1], signs[signs != 0])
    save_catalogue(workspace, catalogue, "Attributes")
    return load_graph(workspace, save_uploaded_graph(workspace, catalogue.id, write_edges(graph), f"graph {seed}").id)


def config_of(seed: int = 5) -> DatasetConfig:
    return parse_config(
        {
            "type_ranges": {"interest": [1, 3], "brand": [1, 2], "city": [0, 1]},
            "label_params": {
                "pos": {"pos_frac_range": [0.3, 1], "neg_frac_range": [0, 0.3], "num_samples": 70},
                "neg": {"pos_frac_range": [0, 0.3], "neg_frac_range": [0.2, 1], "num_samples": 30},
            },
            "seed": seed,
        }
    )


def dataset_of(workspace: Workspace, graph: StoredGraph, seed: int = 5) -> Artefact:
    job = InlineJobRunner(workspace, {**WORKS, "build_dataset": build_dataset})
    parameters = {
        "graph": graph.artefact.id,
        "config": config_of(seed).model_dump(mode="json"),
        "title": f"rows {seed}",
    }
    done = job.get(job.submit("build_dataset", parameters))
    return workspace.artefacts.get(DATASET, done.result["dataset"])


def test_a_dataset_is_counted_row_by_row_as_its_file_has_them(workspace: Workspace) -> None:
    stored = stored_graph(workspace, 1)
    dataset, config = dataset_of(workspace, stored), config_of()
    data = workspace.artefacts.read(dataset, ROWS_FILE)
    read = read_rows(data, stored.graph.catalogue, config.type_ranges, list(config.label_params))
    rows = labelled_rows(read.nodes, read.offsets, read.label, config.label_params)

    counted = edge_leverage(workspace, stored, RowSource(dataset.id))
    expected = leverage_of(stored.graph, rows)
    for name in ("n_rows", "n_flipped", "n_dropped"):
        np.testing.assert_array_equal(getattr(counted, name), getattr(expected, name))
    assert (counted.n_all, counted.n_outside) == (100, 0)

    edge = int(counted.order[0])
    ends = [stored.graph.catalogue.attributes[int(c[edge])].id for c in (stored.graph.source, stored.graph.target)]
    flipped = Outcome(-int(stored.graph.sign[edge]))
    found = pair_what_if(stored, load_rows(workspace, stored, RowSource(dataset.id)), ends[1], ends[0], flipped)
    same = what_if(stored.graph, rows, int(stored.graph.source[edge]), int(stored.graph.target[edge]), flipped)
    np.testing.assert_array_equal(found.row, same.row)
    assert found.leaves.sum() == counted.n_flipped[edge] > 0
    lines = data.decode().splitlines()
    for row in found.row:
        assert all(f'"{stored.graph.catalogue[end].value}"' in lines[row] for end in ends)


def test_another_graph_of_the_catalogue_can_be_counted_on_the_same_rows(workspace: Workspace) -> None:
    first, second = stored_graph(workspace, 1), stored_graph(workspace, 2)
    dataset = dataset_of(workspace, first)
    counted = edge_leverage(workspace, second, RowSource(dataset.id))
    rows = load_rows(workspace, second, RowSource(dataset.id))
    fits = fitting(recount_rows(index_edges(second.graph), rows.nodes, rows.offsets).fractions, rows.labels)
    assert counted.n_outside == int((rows.held & ~fits).any(axis=1).sum()) > 0
    assert len(counted.n_rows) == second.graph.n_edges


def test_a_draft_gives_random_subgraphs_held_to_the_labels_they_fit(workspace: Workspace) -> None:
    stored = stored_graph(workspace, 1)
    first = draft_source(workspace, stored)
    create_draft(workspace, stored.artefact.id, config_of(9))
    source = draft_source(workspace, stored)
    assert source == RowSource(config=config_json(config_of(9))) != first
    assert parse_config(first.config).type_ranges == {"brand": (1, 2), "interest": (1, 2), "city": (1, 2)}

    rows = load_rows(workspace, stored, source)
    counted = edge_leverage(workspace, stored, source)
    assert len(rows) == counted.n_all == N_RANDOM_ROWS
    assert counted.n_outside == 0 < counted.n_flipped.max()


def test_a_graph_made_from_another_is_counted_under_its_parents_draft(workspace: Workspace) -> None:
    parent, child = stored_graph(workspace, 1), stored_graph(workspace, 2)
    create_draft(workspace, parent.artefact.id, config_of(9))
    manifest = child.artefact.manifest
    linked = manifest.model_copy(update={"parents": {**manifest.parents, "graph": parent.artefact.id}})
    child = replace(child, artefact=replace(child.artefact, manifest=linked))
    assert draft_source(workspace, child) == RowSource(config=config_json(config_of(9)))
    dataset = dataset_of(workspace, parent)
    other = dataset_of(workspace, stored_graph(workspace, 3))
    assert [d.id for d in datasets_of(workspace, child)] == [dataset.id, other.id]


def test_datasets_of_the_graph_come_before_others_and_those_of_other_catalogues_not_at_all(
    workspace: Workspace,
) -> None:
    first, second = stored_graph(workspace, 1), stored_graph(workspace, 2)
    own = dataset_of(workspace, first)
    others = dataset_of(workspace, second)
    strange = stored_graph(workspace, 1, catalogue_of("x-"))
    dataset_of(workspace, strange, 7)
    assert [d.id for d in datasets_of(workspace, first)] == [own.id, others.id]
    assert [d.id for d in datasets_of(workspace, second)] == [others.id, own.id]


def test_rows_of_another_catalogue_are_refused(workspace: Workspace) -> None:
    strange = stored_graph(workspace, 1, catalogue_of("x-"))
    dataset = dataset_of(workspace, strange)
    with pytest.raises(ValenceError, match="another catalogue"):
        edge_leverage(workspace, stored_graph(workspace, 1), RowSource(dataset.id))


def test_what_is_gone_damaged_or_impossible_is_said(workspace: Workspace) -> None:
    stored = stored_graph(workspace, 1)
    with pytest.raises(NotFound):
        edge_leverage(workspace, stored, RowSource("0" * 24))
    unfit = config_of().model_copy(update={"type_ranges": {"brand": (7, 9), "nothing": (1, 1)}})
    with pytest.raises(InvalidInput) as refused:
        edge_leverage(workspace, stored, RowSource(config=config_json(unfit)))
    assert len(refused.value.problems) == 2
    dataset = dataset_of(workspace, stored)
    path = workspace.artefacts.path(dataset, PARQUET_FILE)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CorruptArtefact):
        edge_leverage(workspace, stored, RowSource(dataset.id))
