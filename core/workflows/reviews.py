"""Reviews in a workspace: record a decision, take it back, apply it to look-alikes, take reviews out and in as CSV."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem, ValenceError
from core.graph.review.states import Resolution, pair_states
from core.store.review_log import Decision, NewReview, PairEnds, Review, ReviewKind
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE, load_catalogue
from core.workflows.graphs import GRAPH, StoredGraph


@dataclass(frozen=True, slots=True)
class Undone:
    """A withdrawn review. `stood`: it had not been withdrawn before; `later`: standing reviews of the pair by other
    people that came after it and stay; `derived`: standing reviews that repeat it and stay.
    """

    review: Review
    stood: bool
    later: tuple[Review, ...]
    derived: tuple[Review, ...]


def record_review(workspace: Workspace, review: NewReview, key: str | None = None) -> Review:
    """Record one decision, on the disk when this returns; the same `key` records it once.

    `NotFound` for an unknown catalogue or graph, `InvalidInput` for ends that are no pair of the catalogue.
    """
    catalogue = load_catalogue(workspace, review.catalogue)
    _check_graph(workspace, review)
    problems = pair_problems(catalogue, review.source, review.target)
    if problems:
        raise InvalidInput("The review cannot be recorded", problems)
    return workspace.reviews.append([review], key)[0]


def undo_review(workspace: Workspace, review_id: str, by: str) -> Undone:
    """Withdraw one's own review; what others decided, before or after, stays and is told.

    `NotFound` for an unknown review, `ValenceError` for another's.
    """
    before = workspace.reviews.review(review_id)
    stood = workspace.reviews.withdraw([review_id], by) == 1
    review = workspace.reviews.review(review_id)
    others = workspace.reviews.of_pair(review.catalogue, review.source, review.target)
    later = tuple(r for r in others if r.stands and r.number > before.number and r.reviewer != by)
    return Undone(review, stood, later, derived_reviews(workspace, review_id))


def apply_derived(
    workspace: Workspace, review_id: str, pairs: Sequence[PairEnds], by: str, key: str | None = None
) -> tuple[Review, ...]:
    """Repeat one's own standing review on pairs that are like its pair, all in one step; returns what was added.

    Pairs that already repeat it are left out. `InvalidInput` lists the ends that are no pair, and adds nothing.
    """
    first = workspace.reviews.review(review_id)
    if first.reviewer != by:
        raise ValenceError(f"This review is by {first.reviewer!r}.", "Decide the pair yourself, then apply it.")
    if not first.stands or first.decision is Decision.SKIP:
        raise ValenceError("A withdrawn or skipped review says nothing of other pairs.", "Decide the pair first.")
    catalogue = load_catalogue(workspace, first.catalogue)
    faults = [problem for row, pair in enumerate(pairs, 1) for problem in pair_problems(catalogue, *pair, row=row)]
    if faults:
        raise InvalidInput("The review cannot be applied to these pairs", faults)
    known = {PairEnds(first.source, first.target)}
    if key is None:  # under a key the log itself knows what it has
        known |= {PairEnds(r.source, r.target) for r in derived_reviews(workspace, review_id)}
    new = [_repeated(first, pair) for pair in dict.fromkeys(PairEnds(*pair) for pair in pairs) if pair not in known]
    return workspace.reviews.append(new, key)


def revert_derived(workspace: Workspace, review_id: str, by: str) -> int:
    """Withdraw everything that repeats a review, in one step, and count it; the review itself stays."""
    return workspace.reviews.withdraw([review.id for review in derived_reviews(workspace, review_id)], by)


def derived_reviews(workspace: Workspace, review_id: str) -> tuple[Review, ...]:
    """The standing reviews that repeat a review on look-alikes, in order of arrival."""
    catalogue = workspace.reviews.review(review_id).catalogue
    return tuple(r for r in workspace.reviews.of_catalogue(catalogue) if r.derived_from == review_id and r.stands)


def reviews_of(workspace: Workspace, catalogue_id: str) -> tuple[Review, ...]:
    """Every review of a catalogue, withdrawn ones too, in order of arrival."""
    return workspace.reviews.of_catalogue(catalogue_id)


def resolution_of(workspace: Workspace, stored: StoredGraph) -> Resolution:
    """Where every reviewed pair stands today, against what the graph's judge said first."""
    return pair_states(stored.graph.catalogue, stored.judged, reviews_of(workspace, stored.graph.catalogue.id))


def known_reviewer(workspace: Workspace, catalogue_id: str, name: str) -> str:
    """The name of a reviewer as they wrote it the first time: another case or spacing makes no other person."""
    folded = folded_name(name)
    known = (known for known in workspace.reviews.reviewers(catalogue_id) if folded_name(known) == folded)
    return next(known, " ".join(name.split()))


def folded_name(name: str) -> str:
    """What all spellings of a reviewer's name share: neither case nor spacing makes another person."""
    return " ".join(name.split()).casefold()


def pair_problems(catalogue: Catalogue, source: str, target: str, row: int | None = None) -> list[Problem]:
    """Why two attribute ids are no pair of a catalogue in its order; empty where they are one."""
    problems = [
        Problem(f"There is no attribute {end!r} in the catalogue.", "Choose one of its attributes.", row, field)
        for field, end in (("source", source), ("target", target))
        if end not in catalogue.position_of
    ]
    if problems:
        return problems
    if catalogue[source].modality == catalogue[target].modality:
        message = f"{source!r} and {target!r} are both of modality {catalogue[source].modality!r}."
        return [Problem(message, "Choose attributes of two modalities.", row, "target")]
    if catalogue.position_of[source] > catalogue.position_of[target]:
        message = f"{target!r} comes before {source!r} in the catalogue."
        return [Problem(message, "Name the ends in the order of the catalogue.", row, "source")]
    return []


def _check_graph(workspace: Workspace, review: NewReview) -> None:
    graph = workspace.artefacts.get(GRAPH, review.graph)
    if graph.manifest.parents[CATALOGUE] != review.catalogue:
        message = f"The graph {graph.manifest.title!r} is of another catalogue."
        problem = Problem(message, "Choose a graph of the catalogue that the pair is of.", field="graph")
        raise InvalidInput("The review cannot be recorded", [problem])


def _repeated(first: Review, pair: PairEnds) -> NewReview:
    return NewReview(
        catalogue=first.catalogue,
        source=pair.source,
        target=pair.target,
        graph=first.graph,
        reviewer=first.reviewer,
        decision=first.decision,
        kind=ReviewKind.DERIVED,
        queue=first.queue,
        derived_from=first.id,
    )
