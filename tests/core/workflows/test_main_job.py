"""The main job in a workspace: what is stored is what was made, the same request is the same result."""

from pathlib import Path

import numpy as np
import pytest

from core.catalogue.model import Catalogue
from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.errors import CorruptArtefact, InvalidInput, NotFound
from core.graph.model import Outcome
from core.jobs import InlineJobRunner, JobState
from core.progress import finish
from core.store.workspace import Workspace
from core.workflows.catalogues import load_catalogue, save_catalogue
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.demo import DATA, fill_demo_workspace, shipped_config
from core.workflows.graph_costs import estimate_cost
from core.workflows.graph_runs import run_graph
from core.workflows.graph_settings import GraphSettings
from core.workflows.graph_strategies import Start
from core.workflows.graph_tools import Sources, open_tools
from core.workflows.graphs import EDGES_FILE, GRAPH, load_graph, save_uploaded_graph


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return catalogue_or_error(read_catalogue_file(DATA / "catalogues" / "small.csv"))


def build_graph(jobs: InlineJobRunner, workspace: Workspace, catalogue: Catalogue, **settings: object) -> str:
    save_catalogue(workspace, catalogue, "Small")
    chosen = GraphSettings.model_validate(settings).model_dump(mode="json")
    job = jobs.get(jobs.submit("build_graph", {"catalogue": catalogue.id, "settings": chosen}))
    assert job.state is JobState.DONE, job.error
    return str(job.result[GRAPH])


def build_dataset(jobs: InlineJobRunner, graph_id: str) -> str:
    config = shipped_config("small").model_dump(mode="json")
    job = jobs.get(jobs.submit("build_dataset", {GRAPH: graph_id, "config": config}))
    assert job.state is JobState.DONE, job.error
    return str(job.result[DATASET])


def test_a_catalogue_is_stored_once_and_comes_back_whole(workspace: Workspace, catalogue: Catalogue) -> None:
    first, second = (save_catalogue(workspace, catalogue, title) for title in ("Small", "Again"))
    assert first == second
    assert load_catalogue(workspace, catalogue.id) == catalogue


def test_the_stored_graph_is_the_one_the_judge_made(
    workspace: Workspace, jobs: InlineJobRunner, catalogue: Catalogue
) -> None:
    stored = load_graph(workspace, build_graph(jobs, workspace, catalogue))
    with open_tools(GraphSettings(), Sources(run="test")) as tools:
        made = finish(run_graph(catalogue, GraphSettings(), tools, Start()))
    assert stored.graph.id == made.graph.id
    assert stored.verdicts is not None
    np.testing.assert_array_equal(stored.verdicts.outcome, made.verdicts.outcome)
    assert stored.verdicts.reason == made.verdicts.reason
    facts = stored.artefact.manifest.facts
    assert facts["calls"] == estimate_cost(catalogue, GraphSettings()).calls == 17
    assert facts["n_positive"] == int((made.verdicts.outcome == Outcome.POSITIVE).sum())


def test_the_same_request_is_the_same_graph(workspace: Workspace, jobs: InlineJobRunner, catalogue: Catalogue) -> None:
    first = build_graph(jobs, workspace, catalogue)
    assert build_graph(jobs, workspace, catalogue) == first
    assert build_graph(jobs, workspace, catalogue, batch_size=10) != first


def test_an_uploaded_graph_has_no_verdicts_and_no_neutral_pairs(
    workspace: Workspace, jobs: InlineJobRunner, catalogue: Catalogue
) -> None:
    built = workspace.artefacts.get(GRAPH, build_graph(jobs, workspace, catalogue))
    edges = workspace.artefacts.read(built, EDGES_FILE)
    uploaded = load_graph(workspace, save_uploaded_graph(workspace, catalogue.id, edges, "mine.csv").id)
    assert uploaded.verdicts is None
    facts = uploaded.artefact.manifest.facts
    assert (facts["n_neutral"], facts["n_positive"]) == (0, built.manifest.facts["n_positive"])
    assert facts["n_unjudged"] == facts["n_pairs"] - facts["n_positive"] - facts["n_negative"]


def test_a_bad_edges_file_stores_nothing(workspace: Workspace, catalogue: Catalogue) -> None:
    save_catalogue(workspace, catalogue, "Small")
    with pytest.raises(InvalidInput):
        save_uploaded_graph(workspace, catalogue.id, b"source,target,rel,sign\nnobody,nothing,x,+\n", "bad.csv")
    assert workspace.artefacts.list(GRAPH) == ()


def test_a_graph_without_edges_can_be_stored_and_loaded(workspace: Workspace, jobs: InlineJobRunner) -> None:
    data = b"id,value,modality,attribute_type\n1,Zzyzx Qwfp,x,x\n2,Brrlgh Mnpq,y,y\n"
    strangers = Path(workspace.root.parent / "strangers.csv")
    strangers.write_bytes(data)
    unknown = catalogue_or_error(read_catalogue_file(strangers))
    stored = load_graph(workspace, build_graph(jobs, workspace, unknown))
    assert stored.graph.n_edges == 0
    assert stored.artefact.manifest.facts["n_unjudged"] == 1


def test_a_dataset_names_its_parents_and_reproduces(
    workspace: Workspace, jobs: InlineJobRunner, catalogue: Catalogue
) -> None:
    graph_id = build_graph(jobs, workspace, catalogue)
    dataset = workspace.artefacts.get(DATASET, build_dataset(jobs, graph_id))
    assert dataset.manifest.parents == {GRAPH: graph_id, "catalogue": catalogue.id}
    assert dataset_config(workspace, dataset) == shipped_config("small")
    assert dataset.manifest.facts["labels"] == {"pos": 200, "neg": 200, "avg": 200}
    job = jobs.get(jobs.submit("reproduce_dataset", {DATASET: dataset.id}))
    assert job.state is JobState.DONE, job.error
    assert {c["name"] for c in job.result["reproduction"]} == set(dataset.manifest.files)
    assert all(c["recorded"] == c["regenerated"] for c in job.result["reproduction"])


def test_a_tampered_artefact_is_noticed(workspace: Workspace, jobs: InlineJobRunner, catalogue: Catalogue) -> None:
    graph_id = build_graph(jobs, workspace, catalogue)
    path = workspace.artefacts.path(workspace.artefacts.get(GRAPH, graph_id), EDGES_FILE)
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(CorruptArtefact):
        load_graph(workspace, graph_id)


def test_a_job_over_something_missing_fails_with_a_sentence(jobs: InlineJobRunner) -> None:
    job = jobs.get(jobs.submit("build_dataset", {GRAPH: "0" * 24, "config": {}}))
    assert job.state is JobState.FAILED
    assert "graph" in job.error
    with pytest.raises(NotFound, match="build_graph"):
        jobs.submit("paint", {})


def test_the_demo_workspace_is_filled_once(workspace: Workspace) -> None:
    fill_demo_workspace(workspace)
    kinds = {kind: len(workspace.artefacts.list(kind)) for kind in ("catalogue", GRAPH, DATASET)}
    assert kinds == {"catalogue": 2, GRAPH: 2, DATASET: 2}
    n_jobs = len(workspace.jobs.list(50))
    fill_demo_workspace(workspace)
    assert len(workspace.jobs.list(50)) == n_jobs
