"""Made-up graphs as files and in a workspace; a small one stands in for those of the published sizes."""

from pathlib import Path

import numpy as np
import pytest

from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import NotFound, ValenceError
from core.graph.edges_csv import read_edges
from core.models.vector_tables import read_vector_table
from core.sampler.example_graphs import ExampleGraph, ExampleType, make_example
from core.sampler.example_vectors import example_vectors
from core.store.workspace import Workspace, open_workspace
from core.workflows import examples
from core.workflows.catalogues import CATALOGUE
from core.workflows.drafts import newest_draft, read_draft, write_draft
from core.workflows.examples import save_example, write_example
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.headless import read_config_file
from core.workflows.vectors import load_vectors, vectors_of

TINY = ExampleGraph("tiny", "Tiny.", {"x": ExampleType(8, (1, 2)), "y": ExampleType(9, (1, 3))}, 20, 15, 0.5, 7)


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examples, "example_named", lambda name: TINY)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(tmp_path / "work")


def test_the_files_hold_the_graph_and_its_quotas(tiny: None, tmp_path: Path) -> None:
    report = write_example("tiny", tmp_path / "new" / "folder")
    made = make_example(TINY)
    folder = Path(report["folder"])
    catalogue = catalogue_or_error(read_catalogue_file(folder / "catalogue.csv"))
    assert catalogue.id == made.catalogue.id
    assert read_edges((folder / "edges.csv").read_bytes(), catalogue).id == made.id
    config = read_config_file(folder / "config.json")
    assert (config.type_ranges, config.seed) == (TINY.type_ranges, 7)
    assert (report["n_attributes"], report["n_positive"], report["n_negative"]) == (17, 20, 15)


def test_the_vectors_can_be_uploaded_as_they_were_written(tiny: None, tmp_path: Path) -> None:
    write_example("tiny", tmp_path)
    table = read_vector_table((tmp_path / "vectors.csv").read_bytes())
    assert table.key == "id"
    assert table.names == tuple(attribute.id for attribute in make_example(TINY).catalogue.attributes)
    np.testing.assert_array_equal(table.numbers, example_vectors(TINY))


def test_files_of_others_are_kept(tiny: None, tmp_path: Path) -> None:
    write_example("tiny", tmp_path)
    write_example("tiny", tmp_path)  # the same files again
    (tmp_path / "edges.csv").write_text("mine", encoding="utf-8")
    (tmp_path / "catalogue.csv").unlink()
    with pytest.raises(ValenceError, match=r"edges\.csv holds something else"):
        write_example("tiny", tmp_path)
    assert (tmp_path / "edges.csv").read_text(encoding="utf-8") == "mine"
    assert not (tmp_path / "catalogue.csv").exists()


def test_an_unknown_example_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no example graph '7'") as told:
        write_example("7", tmp_path)
    assert "746, 1400" in told.value.fix


def test_a_workspace_gets_the_graph_its_catalogue_and_the_quotas(tiny: None, workspace: Workspace) -> None:
    saved = save_example(workspace, "tiny")
    assert load_graph(workspace, saved.id).graph.id == make_example(TINY).id
    assert saved.manifest.parents[CATALOGUE] == make_example(TINY).catalogue.id
    draft = newest_draft(workspace, saved.id)
    assert read_draft(workspace, draft, saved.id).type_ranges == TINY.type_ranges


def test_a_workspace_gets_the_content_vectors_once(tiny: None, workspace: Workspace) -> None:
    saved = save_example(workspace, "tiny")
    save_example(workspace, "tiny")
    (artefact,) = vectors_of(workspace, saved.manifest.parents[CATALOGUE])
    stored = load_vectors(workspace, artefact.id)
    assert stored.ids == tuple(attribute.id for attribute in make_example(TINY).catalogue.attributes)
    np.testing.assert_allclose(stored.vectors, example_vectors(TINY), atol=1e-6)


def test_the_same_example_again_leaves_what_was_tuned(tiny: None, workspace: Workspace) -> None:
    saved = save_example(workspace, "tiny")
    draft = newest_draft(workspace, saved.id)
    tuned = read_draft(workspace, draft, saved.id).model_copy(update={"seed": 99})
    write_draft(workspace, draft, tuned)
    assert save_example(workspace, "tiny").id == saved.id
    assert len(workspace.artefacts.list(GRAPH)) == 1
    assert read_draft(workspace, newest_draft(workspace, saved.id), saved.id).seed == 99
