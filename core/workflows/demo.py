"""The demonstration: the shipped catalogues taken through the whole main job, in a workspace or in a folder."""

import tempfile
import time
from pathlib import Path
from typing import Final

from core.catalogue.reading import catalogue_or_error, read_catalogue_file
from core.jobs import InlineJobRunner
from core.progress import Steps
from core.sampler.configuration import DatasetConfig
from core.store.workspace import Workspace
from core.workflows import headless, headless_graphs
from core.workflows.catalogues import CATALOGUE, save_catalogue
from core.workflows.graph_settings import GraphSettings
from core.workflows.graphs import GRAPH
from core.workflows.headless import Report
from core.workflows.sample_files import sample_to_folder
from core.workflows.sample_inputs import SampleInputs
from core.workflows.works import WORKS

DATA: Final = Path(__file__).parents[2] / "data"
_TITLES: Final = {"small": "Small demo (27 attributes)", "large": "Large demo (160 attributes)"}


def shipped_config(name: str) -> DatasetConfig:
    """The configuration shipped for the catalogue of that name."""
    return headless.read_config_file(DATA / "configs" / f"{name}.json")


def fill_demo_workspace(workspace: Workspace) -> None:
    """Take the shipped catalogues through the main job, unless the workspace holds a catalogue already."""
    if workspace.artefacts.list(CATALOGUE):
        return
    jobs = InlineJobRunner(workspace, WORKS)
    for name, title in _TITLES.items():
        catalogue = catalogue_or_error(read_catalogue_file(DATA / "catalogues" / f"{name}.csv"))
        save_catalogue(workspace, catalogue, title)
        parameters = {"catalogue": catalogue.id, "settings": GraphSettings().model_dump(mode="json")}
        graph = jobs.get(jobs.submit("build_graph", parameters, title=f"Build graph: {title}")).result[GRAPH]
        sampling = {GRAPH: graph, "config": shipped_config(name).model_dump(mode="json")}
        jobs.submit("build_dataset", sampling, title=f"Sample rows: {title}")


def run_demo(out: Path | None) -> Steps[Report]:
    """The main job on the large shipped catalogue, its files kept in `out` where one is given."""
    with tempfile.TemporaryDirectory(prefix="valence-demo-") as folder:
        return (yield from _run_in(Path(folder), out))


def _run_in(folder: Path, out: Path | None) -> Steps[Report]:
    """The graph is made in `folder` and copied with the dataset, so that a refused `out` keeps what it holds."""
    started = time.perf_counter()
    catalogue, config = DATA / "catalogues" / "large.csv", DATA / "configs" / "large.json"
    edges = folder / "edges.csv"
    estimate = headless_graphs.estimate_graph(catalogue, GraphSettings())
    graph = yield from headless_graphs.build_graph_file(catalogue, edges, GraphSettings())
    density = headless.density(edges, catalogue, config, None, None)
    copies = [edges, headless.verdicts_path(edges)]
    sampled = yield from sample_to_folder(
        SampleInputs(edges, catalogue, config), out or folder / "dataset", copies=copies
    )
    return {
        "ok": sampled["ok"],
        "estimate": estimate,
        "graph": graph,
        "density": density,
        "evaluation": sampled["evaluation"],
        "failed_labels": sampled["failed_labels"],
        "folder": None if out is None else str(out),
        "seconds": round(time.perf_counter() - started, 2),
    }
