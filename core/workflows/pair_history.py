"""What the graphs of a catalogue say of one pair, each looked up in its files: loading them all would take seconds."""

from dataclasses import dataclass

from core.catalogue.model import Catalogue
from core.fingerprint import digest
from core.graph.model import Basis, Outcome
from core.graph.pair_answer import PairAnswer, answer_in_edges, answer_in_verdicts
from core.graph.review.answers import reason_of
from core.graph.review.resolution import resolve
from core.graph.review.review_file import read_reviews
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.graphs import EDGES_FILE, GRAPH, REVIEWS_FILE, VERDICTS_FILE


@dataclass(frozen=True, slots=True)
class PastAnswer:
    """What a graph says of a pair: `first` by its judge or file, None where that says nothing; `now` with the reviews
    that counted when the graph was made, the same as `first` where there were none.
    """

    first: PairAnswer | None
    now: PairAnswer | None

    @property
    def outcome(self) -> Outcome:
        """The outcome with reviews; `UNJUDGED` where the graph says nothing."""
        return Outcome.UNJUDGED if self.now is None else self.now.outcome


def graphs_of(workspace: Workspace, catalogue_id: str) -> tuple[Artefact, ...]:
    """Every graph of a catalogue, the newest first."""
    return tuple(g for g in workspace.artefacts.list(GRAPH) if g.manifest.parents[CATALOGUE] == catalogue_id)


def past_answer(workspace: Workspace, graph_id: str, first: str, second: str) -> PastAnswer:
    """What a stored graph says of two attribute ids, in either order.

    `NotFound` for a graph that is gone, `CorruptArtefact` for one whose files were changed.
    """
    graph = workspace.artefacts.get(GRAPH, graph_id)
    files = graph.manifest.files
    if VERDICTS_FILE in files:
        said = answer_in_verdicts(workspace.artefacts.read(graph, VERDICTS_FILE), first, second)
    else:
        uploaded = graph
        if REVIEWS_FILE in files:  # made of an uploaded file, whose own edges are the first answers
            uploaded = workspace.artefacts.get(GRAPH, graph.manifest.parents[GRAPH])
        said = answer_in_edges(workspace.artefacts.read(uploaded, EDGES_FILE), first, second)
    if REVIEWS_FILE not in files:
        return PastAnswer(said, said)
    catalogue = load_catalogue(workspace, graph.manifest.parents[CATALOGUE])
    return PastAnswer(said, _reviewed(workspace, graph, catalogue, said, {first, second}))


def _reviewed(
    workspace: Workspace, graph: Artefact, catalogue: Catalogue, said: PairAnswer | None, ends: set[str]
) -> PairAnswer | None:
    edges = digest(workspace.artefacts.read(graph, EDGES_FILE))
    reviews = read_reviews(workspace.artefacts.read(graph, REVIEWS_FILE), catalogue, edges)
    of_pair = [review for review in reviews if {review.source, review.target} == ends]
    resolved = resolve(said.outcome if said else Outcome.UNJUDGED, of_pair)
    if resolved is None or resolved.is_conflict:
        return said
    return PairAnswer(resolved.outcome, Basis.REVIEWED, 1.0, reason_of(resolved))
