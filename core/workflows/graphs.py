"""Signed graphs in a workspace: build one by a judge, take in an edges file, load either again."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from core.catalogue.model import Catalogue
from core.fingerprint import content_id, digest
from core.graph.call_plan import DEFAULT_BATCH_SIZE, CallPlan, PlanMethod, calls_floor, calls_published, plan_calls
from core.graph.edges_csv import read_edges, write_edges
from core.graph.judges.protocol import Judge
from core.graph.judges.registry import make_judge
from core.graph.judging import judge_plan
from core.graph.model import Origin, SignedGraph, VerdictTable, graph_from_verdicts
from core.graph.statistics import graph_statistics
from core.graph.verdict_file import read_verdicts, write_verdicts
from core.progress import Steps
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue

GRAPH = "graph"
EDGES_FILE = "edges.csv"
VERDICTS_FILE = "verdicts.parquet"


class GraphSettings(BaseModel):
    """How a graph is generated."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: Literal["brute-force"] = "brute-force"
    judge: str = "offline"
    plan: PlanMethod = PlanMethod.PACKED
    batch_size: int = Field(default=DEFAULT_BATCH_SIZE, ge=1, le=200)


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a run will cost; `calls` is exact, because it is the length of the plan that will run."""

    n_attributes: int
    n_pairs: int
    calls: int
    calls_published: int
    calls_floor: int


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph of the workspace; `verdicts` is None for an uploaded edges file, which holds none."""

    artefact: Artefact
    graph: SignedGraph
    verdicts: VerdictTable | None


@dataclass(frozen=True, slots=True)
class GraphRun:
    """A finished run: the graph, every verdict behind it, and what it took."""

    graph: SignedGraph
    verdicts: VerdictTable
    judge: Judge
    plan: CallPlan
    seconds: float


def estimate_cost(catalogue: Catalogue, settings: GraphSettings) -> CostEstimate:
    """Plan the run without making a call."""
    plan = plan_calls(catalogue, settings.plan, settings.batch_size)
    return CostEstimate(
        n_attributes=len(catalogue),
        n_pairs=catalogue.n_pairs,
        calls=plan.n_calls,
        calls_published=calls_published(catalogue, settings.batch_size),
        calls_floor=calls_floor(catalogue, settings.batch_size),
    )


def generate_graph(catalogue: Catalogue, settings: GraphSettings) -> Steps[GraphRun]:
    """Judge every cross-modality pair of the catalogue by the settings' plan; `seconds` is wall time."""
    judge = make_judge(settings.judge)
    plan = plan_calls(catalogue, settings.plan, settings.batch_size)
    started = time.perf_counter()
    judged = yield from judge_plan(catalogue, plan, judge)
    seconds = time.perf_counter() - started
    return GraphRun(graph_from_verdicts(catalogue, judged.verdicts), judged.verdicts, judge, plan, seconds)


def build_graph(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"catalogue": id, "settings": {...}, "title": text}` to `{"graph": id}`."""
    settings = GraphSettings.model_validate(parameters["settings"])
    catalogue = load_catalogue(workspace, parameters["catalogue"])
    run = yield from generate_graph(catalogue, settings)
    made_from = {"catalogue": catalogue.id, "settings": settings.model_dump(), "judge": run.judge.fingerprint}
    edges = write_edges(run.graph)
    default_title = f"{workspace.artefacts.get(CATALOGUE, catalogue.id).manifest.title} · {settings.judge}"
    artefact = workspace.artefacts.save(
        GRAPH,
        content_id("built-graph", made_from),
        parameters.get("title") or default_title,
        {EDGES_FILE: edges, VERDICTS_FILE: write_verdicts(run.verdicts, catalogue, digest(edges))},
        {
            "origin": Origin.JUDGED.value,
            **settings.model_dump(),
            "judge_fingerprint": run.judge.fingerprint,
            "calls": run.plan.n_calls,
            "seconds": round(run.seconds, 3),
            **_count_facts(run.graph, run.verdicts),
        },
        {CATALOGUE: catalogue.id},
    )
    return {GRAPH: artefact.id}


def save_uploaded_graph(workspace: Workspace, catalogue_id: str, data: bytes, title: str) -> Artefact:
    """Store an edges file made elsewhere; `InvalidInput` lists every problem and nothing is stored."""
    catalogue = load_catalogue(workspace, catalogue_id)
    graph = read_edges(data, catalogue)
    facts = {"origin": Origin.UPLOADED.value, **_count_facts(graph, None)}
    return workspace.artefacts.save(
        GRAPH, graph.id, title, {EDGES_FILE: write_edges(graph)}, facts, {CATALOGUE: catalogue.id}
    )


def load_graph(workspace: Workspace, graph_id: str) -> StoredGraph:
    """Read a stored graph with its verdicts, where it has any."""
    artefact = workspace.artefacts.get(GRAPH, graph_id)
    catalogue = load_catalogue(workspace, artefact.manifest.parents[CATALOGUE])
    edges = workspace.artefacts.read(artefact, EDGES_FILE)
    verdicts = None
    if VERDICTS_FILE in artefact.manifest.files:
        verdicts = read_verdicts(workspace.artefacts.read(artefact, VERDICTS_FILE), catalogue, digest(edges))
    return StoredGraph(artefact, read_edges(edges, catalogue, allow_empty=True), verdicts)


def _count_facts(graph: SignedGraph, verdicts: VerdictTable | None) -> dict[str, Any]:
    statistics = graph_statistics(graph, verdicts)
    return {"n_attributes": statistics.n_attributes, "n_pairs": statistics.total.n_pairs, **asdict(statistics.total)}
