"""The line of work from one catalogue: what was made from what, and what is newest."""

from core.catalogue.model import Attribute, Catalogue
from core.jobs import JobState
from core.sampler.configuration import DatasetConfig, LabelParams, config_json
from core.store.artefacts import Artefact
from core.store.job_table import Ending
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.datasets import DATASET
from core.workflows.drafts import create_draft, write_draft
from core.workflows.graphs import save_uploaded_graph
from core.workflows.pipeline import Pipeline, Tuned, read_pipeline

EDGES = b"source,target,rel,sign\nb,a,brand_to_audience,%b\n"


def config(seed: int) -> DatasetConfig:
    label = LabelParams(pos_frac_range=(0.0, 1.0), neg_frac_range=(0.0, 1.0), num_samples=1)
    return DatasetConfig(type_ranges={"brand": (1, 1), "audience": (1, 1)}, label_params={"any": label}, seed=seed)


def catalogue(workspace: Workspace, title: str) -> Artefact:
    attributes = (Attribute("b", title, "brand", "brand"), Attribute("a", "Athletes", "audience", "audience"))
    return save_catalogue(workspace, Catalogue(attributes), title)


def graph(workspace: Workspace, parent: Artefact, sign: bytes = b"+") -> Artefact:
    return save_uploaded_graph(workspace, parent.id, EDGES % sign, f"{parent.manifest.title} {sign.decode()}")


def dataset(workspace: Workspace, parent: Artefact, seed: int) -> Artefact:
    files = {"config.json": config_json(config(seed)).encode()}
    return workspace.artefacts.save(DATASET, f"d{seed}", f"Rows {seed}", files, {}, {"graph": parent.id})


def tuned(workspace: Workspace, draft_id: str = "") -> Tuned | None:
    return read_pipeline(workspace, draft_id=draft_id).tuned


def test_an_empty_workspace_has_nothing_yet(workspace: Workspace) -> None:
    assert read_pipeline(workspace) == Pipeline(None, None, None, (), (), 0)


def test_the_line_holds_only_what_was_made_from_its_catalogue(workspace: Workspace) -> None:
    first = catalogue(workspace, "First")
    first_graph = graph(workspace, first)
    rows = dataset(workspace, first_graph, 1)
    second = catalogue(workspace, "Second")
    line = read_pipeline(workspace)
    assert (line.catalogue, line.graph, line.datasets, line.tuned) == (second, None, (), None)
    line = read_pipeline(workspace, catalogue_id=first.id)
    assert (line.catalogue, line.graph, line.datasets) == (first, first_graph, (rows,))
    assert line.n_catalogues == 2


def test_an_id_of_another_line_gives_way_to_the_newest(workspace: Workspace) -> None:
    first, second = catalogue(workspace, "First"), catalogue(workspace, "Second")
    older, newer = graph(workspace, second, b"+"), graph(workspace, second, b"-")
    foreign = graph(workspace, first)
    assert read_pipeline(workspace, graph_id=older.id).graph == older
    for unusable in ("", foreign.id, "gone"):
        assert read_pipeline(workspace, catalogue_id="gone", graph_id=unusable).graph == newer


def test_what_is_tuned_is_the_wanted_draft_then_the_last_changed_then_the_newest_datasets(
    workspace: Workspace,
) -> None:
    made = graph(workspace, catalogue(workspace, "First"))
    for seed in (1, 2):
        dataset(workspace, made, seed)
    assert tuned(workspace) == Tuned(config(2), "")

    older, newer = (create_draft(workspace, made.id, config(seed)) for seed in (3, 4))
    create_draft(workspace, "another-graph", config(5))
    assert tuned(workspace) == Tuned(config(4), newer)
    assert tuned(workspace, older) == Tuned(config(3), older)
    write_draft(workspace, older, config(6))
    assert tuned(workspace) == Tuned(config(6), older)


def test_only_unfinished_jobs_on_the_line_belong_to_it(workspace: Workspace) -> None:
    first = catalogue(workspace, "First")
    made = graph(workspace, first)
    queued = workspace.jobs.add("build_graph", "queued", {"catalogue": first.id})
    running = workspace.jobs.add("build_dataset", "running", {"graph": made.id, "config": {}})
    workspace.jobs.start(running.id)
    over = workspace.jobs.add("build_graph", "over", {"catalogue": first.id})
    workspace.jobs.end(over.id, Ending(JobState.CANCELLED))
    workspace.jobs.add("build_graph", "elsewhere", {"catalogue": "another"})
    assert [job.id for job in read_pipeline(workspace).jobs] == [running.id, queued.id]
