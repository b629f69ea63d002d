"""What exists of the main job: the newest line of work that starts from one catalogue."""

from dataclasses import dataclass

from core.sampler.configuration import DatasetConfig, parse_config
from core.store.artefacts import Artefact
from core.store.job_table import Job
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH

_JOBS_LOOKED_AT = 50


@dataclass(frozen=True, slots=True)
class Tuned:
    """A configuration for a graph; `draft` is its id while it is being tuned, empty once a dataset was made with it."""

    config: DatasetConfig
    draft: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Each thing made from the one before it, None where it is still to be made; `datasets` newest first.

    `tuned` is the draft changed last, or where there is none, the configuration of the newest dataset. `jobs` are the
    queued and running ones of the line. `n_catalogues` counts those of the whole workspace.
    """

    catalogue: Artefact | None
    graph: Artefact | None
    tuned: Tuned | None
    datasets: tuple[Artefact, ...]
    jobs: tuple[Job, ...]
    n_catalogues: int


def read_pipeline(workspace: Workspace, *, catalogue_id: str = "", graph_id: str = "", draft_id: str = "") -> Pipeline:
    """The line of the given ids; an id that is empty, unknown or of another line gives way to the newest."""
    artefacts = workspace.artefacts
    catalogues = artefacts.list(CATALOGUE)
    catalogue = _chosen(catalogues, catalogue_id)
    graph = _chosen(_made_from(catalogue, artefacts.list(GRAPH)), graph_id)
    datasets = _made_from(graph, artefacts.list(DATASET))
    line = {artefact.id for artefact in (catalogue, graph, *datasets) if artefact}
    return Pipeline(
        catalogue=catalogue,
        graph=graph,
        tuned=_tuned(workspace, graph.id, draft_id, datasets) if graph else None,
        datasets=datasets,
        jobs=tuple(job for job in workspace.jobs.list(_JOBS_LOOKED_AT) if _is_active_in(job, line)),
        n_catalogues=len(catalogues),
    )


def _chosen(newest_first: tuple[Artefact, ...], wanted: str) -> Artefact | None:
    return next((a for a in newest_first if a.id == wanted), newest_first[0] if newest_first else None)


def _made_from(parent: Artefact | None, made: tuple[Artefact, ...]) -> tuple[Artefact, ...]:
    return tuple(artefact for artefact in made if parent and parent.id in artefact.manifest.parents.values())


def _tuned(workspace: Workspace, graph_id: str, wanted: str, datasets: tuple[Artefact, ...]) -> Tuned | None:
    sql = "SELECT id, config FROM config_drafts WHERE graph = ? ORDER BY id = ? DESC, updated_at DESC LIMIT 1"
    rows = workspace.database.read(sql, [graph_id, wanted])
    if rows:
        return Tuned(parse_config(rows[0]["config"]), rows[0]["id"])
    return Tuned(dataset_config(workspace, datasets[0])) if datasets else None


def _is_active_in(job: Job, line: set[str]) -> bool:
    return not job.state.is_over and not line.isdisjoint(str(value) for value in job.parameters.values())
