"""Signed graphs in a workspace: build one by a judge, take in an edges file, load either again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.errors import ValenceError
from core.fingerprint import content_id, digest
from core.graph.edges_csv import read_edges, write_edges
from core.graph.model import Origin, SignedGraph, VerdictTable
from core.graph.review.answers import reviewed_answers
from core.graph.review.review_file import read_reviews
from core.graph.review.states import pair_states
from core.graph.statistics import graph_statistics
from core.graph.verdict_file import read_verdicts, write_verdicts
from core.jobs import JOB
from core.progress import Steps
from core.store.artefacts import Artefact
from core.store.review_log import Review
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.graph_generation import Generated, generate_graph
from core.workflows.graph_runs import GraphRun
from core.workflows.graph_settings import GraphSettings, Grounding
from core.workflows.graph_sources import sources_of
from core.workflows.graph_strategies import Parent, Start
from core.workflows.stages import STAGES, load_stages, save_stages

GRAPH = "graph"
EDGES_FILE = "edges.csv"
VERDICTS_FILE = "verdicts.parquet"
REVIEWS_FILE = "reviews.parquet"


@dataclass(frozen=True, slots=True)
class StoredGraph:
    """A graph of the workspace. `graph`: its edges, reviewed where it is a reviewed graph; `verdicts`: the judge's own,
    never changed by a review, None for an uploaded edges file, which holds none; `reviews`: those that counted when a
    reviewed graph was made.

    `judged`: what was said before any review, the verdicts or the uploaded edges; `answers`: what is known now, which
    for a reviewed graph is `judged` with the settled pairs replaced, and `judged` itself otherwise.
    """

    artefact: Artefact
    graph: SignedGraph
    verdicts: VerdictTable | None
    judged: VerdictTable | SignedGraph
    answers: VerdictTable | SignedGraph
    reviews: tuple[Review, ...] = ()

    @property
    def origin(self) -> Origin:
        """Where its signs come from."""
        return Origin(self.artefact.manifest.facts["origin"])


def build_graph(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Job: `{"catalogue": id, "settings": {...}, "title": text}` to `{"graph": id}`, and `"stages"` where it made some.

    A reached budget still gives a graph, of what was judged; its facts say why it stopped.
    """
    settings = GraphSettings.model_validate(parameters["settings"])
    catalogue = load_catalogue(workspace, parameters["catalogue"])
    start = load_start(workspace, settings)
    job = parameters.get(JOB, "")
    made = yield from generate_graph(catalogue, settings, sources_of(workspace, settings, job), start)
    title = workspace.artefacts.get(CATALOGUE, catalogue.id).manifest.title
    parents = {CATALOGUE: catalogue.id, **({GRAPH: settings.extends} if settings.extends else {})}
    if made.run.stages:
        parents[STAGES] = save_stages(workspace, made.run.stages, f"{title} · clusters").id
    graph_title = parameters.get("title") or f"{title} · {settings.judge}"
    if made.bare:
        plain = settings.model_copy(update={"grounding": Grounding()})
        _save(workspace, plain, Generated(made.bare, None), f"{graph_title} · without facts", parents, job)
    artefact = _save(workspace, settings, made, graph_title, parents, job)
    return {GRAPH: artefact.id, **({STAGES: parents[STAGES]} if STAGES in parents else {})}


def _save(
    workspace: Workspace,
    settings: GraphSettings,
    made: Generated,
    title: str,
    parents: Mapping[str, str],
    job: str,
) -> Artefact:
    run, catalogue = made.run, made.run.graph.catalogue
    edges = write_edges(run.graph)
    verdicts = write_verdicts(run.verdicts, catalogue, digest(edges))
    facts = {
        "origin": Origin.JUDGED.value,
        **_setting_facts(settings),
        "judge_name": run.judge_name,
        "judge_fingerprint": run.judge_fingerprint,
        "calls": run.n_calls,
        "check_calls": run.n_check_calls,
        "seconds": round(run.seconds, 3),
        "stopped": run.stopped,
        "warnings": list(run.warnings),
        "report": dict(run.report),
        "usage": asdict(made.usage) if made.usage else None,
        "job": job,
        **count_facts(run.graph, run.verdicts),
    }
    files = {EDGES_FILE: edges, VERDICTS_FILE: verdicts}
    return workspace.artefacts.save(
        GRAPH, _built_id(catalogue.id, settings, run, verdicts), title, files, facts, dict(parents)
    )


def load_start(workspace: Workspace, settings: GraphSettings) -> Start:
    """The stages and the parent graph that the settings name; `ValenceError` for a parent without verdicts."""
    stages = load_stages(workspace, settings.stages) if settings.stages else None
    if not settings.extends:
        return Start(stages)
    stored = load_graph(workspace, settings.extends)
    if stored.verdicts is None:
        raise ValenceError("An uploaded edges file holds no answers to carry over.", "Choose a graph that was judged.")
    facts = stored.artefact.manifest.facts
    return Start(stages, Parent(stored.graph.catalogue, stored.verdicts, facts["judge_fingerprint"]))


def save_uploaded_graph(workspace: Workspace, catalogue_id: str, data: bytes, title: str) -> Artefact:
    """Store an edges file made elsewhere; `InvalidInput` lists every problem and nothing is stored."""
    catalogue = load_catalogue(workspace, catalogue_id)
    graph = read_edges(data, catalogue)
    facts = {"origin": Origin.UPLOADED.value, **count_facts(graph, graph)}
    return workspace.artefacts.save(
        GRAPH, graph.id, title, {EDGES_FILE: write_edges(graph)}, facts, {CATALOGUE: catalogue.id}
    )


def load_graph(workspace: Workspace, graph_id: str) -> StoredGraph:
    """Read a stored graph with its verdicts, where it has any, and with its reviews, where it is a reviewed one."""
    artefact = workspace.artefacts.get(GRAPH, graph_id)
    catalogue = load_catalogue(workspace, artefact.manifest.parents[CATALOGUE])
    edges = workspace.artefacts.read(artefact, EDGES_FILE)
    graph = read_edges(edges, catalogue, allow_empty=True)
    verdicts = None
    if VERDICTS_FILE in artefact.manifest.files:
        verdicts = read_verdicts(workspace.artefacts.read(artefact, VERDICTS_FILE), catalogue, digest(edges))
    if REVIEWS_FILE not in artefact.manifest.files:
        known = graph if verdicts is None else verdicts
        return StoredGraph(artefact, graph, verdicts, known, known)
    reviews = read_reviews(workspace.artefacts.read(artefact, REVIEWS_FILE), catalogue, digest(edges))
    judged = verdicts if verdicts is not None else load_graph(workspace, artefact.manifest.parents[GRAPH]).graph
    answers = reviewed_answers(judged, pair_states(catalogue, judged, reviews))
    return StoredGraph(artefact, graph, verdicts, judged, answers, reviews)


def _built_id(catalogue_id: str, settings: GraphSettings, run: GraphRun, verdicts: bytes) -> str:
    """A model may answer otherwise the next time, so what it answered is part of the id."""
    made_from = {"catalogue": catalogue_id, "settings": settings.content(), "judge": run.judge_fingerprint}
    return content_id("built-graph", {**made_from, "verdicts": digest(verdicts)})


def _setting_facts(settings: GraphSettings) -> dict[str, Any]:
    """What a page or a person looks for first, beside the settings as a whole."""
    return {
        "strategy": settings.strategy.value,
        "judge": settings.judge,
        "plan": settings.plan.value,
        "batch_size": settings.batch_size,
        "settings": settings.model_dump(mode="json"),
    }


def count_facts(graph: SignedGraph, answers: VerdictTable | SignedGraph) -> dict[str, Any]:
    """Pairs by outcome, for the manifest of a graph."""
    statistics = graph_statistics(graph, answers)
    return {"n_attributes": statistics.n_attributes, "n_pairs": statistics.total.n_pairs, **asdict(statistics.total)}
