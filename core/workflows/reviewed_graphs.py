"""Reviewed graphs: a new version of a graph in which reviews decide, and which versions are newer than a graph."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from core.errors import InvalidInput, Problem
from core.fingerprint import content_id, digest
from core.graph.edges_csv import write_edges
from core.graph.model import Origin, graph_from_verdicts
from core.graph.review.answers import reviewed_answers
from core.graph.review.resolution import counting_reviews
from core.graph.review.review_file import write_reviews
from core.graph.review.states import Resolution, ReviewState, pair_states
from core.graph.verdict_file import write_verdicts
from core.store.artefacts import Artefact
from core.store.review_log import Review
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import (
    EDGES_FILE,
    GRAPH,
    REVIEWS_FILE,
    VERDICTS_FILE,
    count_facts,
    load_graph,
)
from core.workflows.reviews import reviews_of

_OF_THE_JUDGE = ("judge", "judge_name", "judge_fingerprint")


def apply_reviews(workspace: Workspace, graph_id: str, title: str = "") -> Artefact:
    """Store the graph with its reviewed pairs resolved as they stand now, as a new version; the graph itself stays.

    The parent is the graph that was judged or uploaded, also when `graph_id` is an earlier reviewed version of it, and
    the id follows from the parent and the reviews that count: without newer ones it is the same version again.
    `InvalidInput` when no review settles a pair.
    """
    stored = load_graph(workspace, graph_id)
    parent = workspace.artefacts.get(GRAPH, first_graph(stored.artefact))
    catalogue = stored.graph.catalogue
    counting = counting_reviews(reviews_of(workspace, catalogue.id))
    resolution = pair_states(catalogue, stored.judged, counting)
    _refuse_unsettled(resolution)
    answers = reviewed_answers(stored.judged, resolution)
    graph = graph_from_verdicts(catalogue, answers)
    edges = write_edges(graph)
    files = {EDGES_FILE: edges, REVIEWS_FILE: write_reviews(counting, catalogue, digest(edges))}
    if stored.verdicts is not None:
        files[VERDICTS_FILE] = write_verdicts(stored.verdicts, catalogue, digest(edges))
    facts = {
        "origin": Origin.REVIEWED.value,
        **{name: parent.manifest.facts[name] for name in _OF_THE_JUDGE if name in parent.manifest.facts},
        **_review_facts(resolution, counting),
        **count_facts(graph, answers),
    }
    parents = {CATALOGUE: catalogue.id, GRAPH: parent.id}
    title = title.strip() or f"{parent.manifest.title} · reviewed"
    return workspace.artefacts.save(GRAPH, reviewed_id(parent.id, counting), title, files, facts, parents)


def newer_versions(workspace: Workspace, graph_id: str) -> tuple[Artefact, ...]:
    """The reviewed versions that are newer than a graph, the one to take first: what the reviews make of it today where
    that is stored, then the latest made. Empty where the graph itself is what the reviews make today.
    """
    versions = reviewed_versions(workspace, graph_id)
    if not versions:
        return ()
    artefact = workspace.artefacts.get(GRAPH, graph_id)
    reviews = reviews_of(workspace, artefact.manifest.parents[CATALOGUE])
    today = reviewed_id(first_graph(artefact), counting_reviews(reviews))
    if graph_id == today:
        return ()
    since = artefact.manifest.created_at if is_reviewed(artefact) else ""
    newer = [a for a in versions if a.id != graph_id and (a.id == today or a.manifest.created_at > since)]
    return tuple(sorted(newer, key=lambda a: (a.id == today, a.manifest.created_at), reverse=True))


def reviewed_versions(workspace: Workspace, graph_id: str) -> tuple[Artefact, ...]:
    """Every reviewed version of a graph, or of the graph that it is itself a version of, newest first."""
    first = first_graph(workspace.artefacts.get(GRAPH, graph_id))
    graphs = workspace.artefacts.list(GRAPH)
    return tuple(a for a in graphs if is_reviewed(a) and a.manifest.parents[GRAPH] == first)


def is_reviewed(artefact: Artefact) -> bool:
    """Whether a graph was made by applying reviews."""
    return bool(artefact.manifest.facts["origin"] == Origin.REVIEWED)


def first_graph(artefact: Artefact) -> str:
    """The id of the graph that was judged or uploaded: a reviewed graph's parent, or the graph itself."""
    return artefact.manifest.parents[GRAPH] if is_reviewed(artefact) else artefact.id


def reviewed_id(parent_id: str, counting: Iterable[Review]) -> str:
    """The id of the graph that reviews make of its parent."""
    return content_id("reviewed-graph", {"parent": parent_id, "reviews": [review.id for review in counting]})


def _refuse_unsettled(resolution: Resolution) -> None:
    if resolution.count(ReviewState.CONFIRMED) + resolution.count(ReviewState.CHANGED):
        return
    n_conflicts = resolution.count(ReviewState.CONFLICT)
    if n_conflicts:
        problem = Problem(f"All {n_conflicts} reviewed pairs are in conflict.", "Settle them first.")
    else:
        problem = Problem("No pair of this graph has a review that counts.", "Review some pairs first.")
    raise InvalidInput("There is nothing to apply", [problem])


def _review_facts(resolution: Resolution, counting: tuple[Review, ...]) -> dict[str, Any]:
    counts = Counter(resolution.state)
    return {
        "reviews": {
            "n_reviews": len(counting),
            "n_reviewers": len({review.reviewer for review in counting}),
            "n_confirmed": counts[ReviewState.CONFIRMED],
            "n_changed": counts[ReviewState.CHANGED],
            "n_conflicts": counts[ReviewState.CONFLICT],
            "last_made_at": counting[-1].made_at,
        }
    }
