"""Review queues in a workspace: make one, open it, hand its cards out to reviewers at the same time."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, Final

import numpy as np

from core.errors import InvalidInput, Problem
from core.graph.attribute_vectors import trait_vectors
from core.graph.grouping import Grouping
from core.graph.review.assignment import LEASE_US, QueueProgress, card_states, free_cards, next_card, progress
from core.graph.review.conflicts import Conflict, conflicts
from core.graph.review.lookalikes import AlikePairs, alike_pairs
from core.graph.review.policies import (
    JudgedPairs,
    Ranking,
    judged_pairs,
    n_known_facts,
    rank_by_disagreement,
    rank_by_few_facts,
    rank_by_instability,
    rank_by_leverage,
    rank_by_surprise,
)
from core.graph.review.queue_file import Card, Queue, read_queue, write_queue
from core.graph.review.queue_making import build_queue
from core.graph.review.queue_settings import QueuePolicy, QueueSettings
from core.knowledge.traits import load_trait_table
from core.sampler.leverage import Leverage
from core.store.artefacts import Artefact
from core.store.clock import next_instant_us
from core.store.review_log import Claim, Decision, PairEnds, Review, reviewer_faults
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH, StoredGraph, load_graph
from core.workflows.groupings import group_attributes, newest_clusters
from core.workflows.leverage import RowSource, draft_source, edge_leverage
from core.workflows.reviews import resolution_of, reviews_of

QUEUE: Final = "queue"
OTHER_GRAPH: Final = "other-graph"
QUEUE_FILE: Final = "queue.json"

POLICY_NAMES: Final = {
    QueuePolicy.DISAGREEMENT: "Disagreement",
    QueuePolicy.SURPRISE: "Structural surprise",
    QueuePolicy.FEW_FACTS: "Few facts",
    QueuePolicy.LEVERAGE: "Highest leverage",
    QueuePolicy.AUDIT: "Random audit",
    QueuePolicy.LISTED: "Picked pairs",
}


def create_queue(
    workspace: Workspace,
    graph_id: str,
    settings: QueueSettings,
    title: str = "",
    *,
    grouping: Grouping | None = None,
    leverage: Leverage | None = None,
) -> Artefact:
    """Choose pairs of a graph for review and store them as a queue, whose id is the link to share.

    `grouping` and `leverage` (of the graph's edges over the rows that the settings name) are made where a policy needs
    them and they are not given. The same pairs by the same settings are one queue, the first title kept. `InvalidInput`
    when no pair is left, or says what is wrong with the settings; `NotFound` for ids that are gone.
    """
    stored = load_graph(workspace, graph_id)
    pairs = judged_pairs(stored.graph.catalogue, stored.judged)
    ranking = _ranking(workspace, stored, pairs, settings, grouping, leverage)
    reviews = reviews_of(workspace, stored.graph.catalogue.id)
    queue = build_queue(pairs, graph_id, settings, ranking, decided_pairs(reviews))
    parents = {
        CATALOGUE: queue.catalogue,
        GRAPH: graph_id,
        **({OTHER_GRAPH: settings.other} if settings.other else {}),
        **({DATASET: settings.dataset} if settings.dataset else {}),
    }
    title = title.strip() or f"{POLICY_NAMES[settings.policy]} · {stored.artefact.manifest.title}"
    return workspace.artefacts.save(QUEUE, queue.id, title, {QUEUE_FILE: write_queue(queue)}, _facts(queue), parents)


def open_queue(workspace: Workspace, queue_id: str) -> Queue:
    """Read a stored queue; `NotFound` when there is none, `CorruptArtefact` when its file was changed."""
    return read_queue(workspace.artefacts.read(workspace.artefacts.get(QUEUE, queue_id), QUEUE_FILE))


def queues_of(workspace: Workspace, catalogue_id: str) -> tuple[Artefact, ...]:
    """The queues over graphs of a catalogue, newest first."""
    return tuple(q for q in workspace.artefacts.list(QUEUE) if q.manifest.parents[CATALOGUE] == catalogue_id)


def take_card(workspace: Workspace, queue: Queue, reviewer: str, number: int = 0) -> Card | None:
    """Give a reviewer their card for ten minutes, and let go of any other they held; None when nothing is left to them.

    The card `number` where it is free to them, else the one they hold, else the next of the queue. Two people never
    hold a card that one is to decide, however closely they ask. `InvalidInput` for a name that cannot be recorded.
    """
    if faults := reviewer_faults(reviewer):
        raise InvalidInput("This reviewer cannot be given a card", [Problem(*f, field="reviewer") for f in faults])
    now_us = next_instant_us()

    def choose(claims: tuple[Claim, ...], _in_queue: tuple[Review, ...]) -> PairEnds | None:
        card = _wanted(workspace, queue, claims, reviewer, number, now_us)
        kept = None if card is None else PairEnds(card.source, card.target)
        for claim in claims:
            if claim.reviewer == reviewer and (claim.source, claim.target) != kept:
                workspace.reviews.drop_claim(queue.id, claim.source, claim.target, reviewer)
        return kept

    taken = workspace.reviews.take_claim(queue.id, reviewer, now_us + LEASE_US, choose)
    return None if taken is None else queue.card_of[taken]


def put_cards_back(workspace: Workspace, queue: Queue, reviewer: str) -> None:
    """Let go of every card that a reviewer holds in a queue, so that others need not wait for it."""
    for claim in workspace.reviews.claims(queue.id):
        if claim.reviewer == reviewer:
            workspace.reviews.drop_claim(queue.id, claim.source, claim.target, reviewer)


def queue_progress(workspace: Workspace, queue: Queue, reviewer: str = "") -> QueueProgress:
    """How far a queue and one reviewer in it have come now."""
    claims = workspace.reviews.claims(queue.id)
    return progress(queue, reviews_on_cards(workspace, queue), reviewer, claims, next_instant_us())


def open_conflicts(workspace: Workspace, stored: StoredGraph, queue: Queue | None = None) -> tuple[Conflict, ...]:
    """The pairs of a queue, or of the graph's catalogue, that wait for an adjudication, the longest waiting first."""
    return conflicts(resolution_of(workspace, stored), queue)


def reviews_on_cards(workspace: Workspace, queue: Queue) -> Iterator[Review]:
    """Every review of the pairs of a queue, wherever it was made: by pair, so that time grows with the queue alone."""
    log = workspace.reviews
    return chain.from_iterable(log.of_pair(queue.catalogue, card.source, card.target) for card in queue.cards)


def decided_pairs(reviews: Iterable[Review]) -> frozenset[PairEnds]:
    """The pairs of which anybody's decision stands."""
    return frozenset(PairEnds(r.source, r.target) for r in reviews if r.stands and r.decision is not Decision.SKIP)


def prepare_look_alikes(workspace: Workspace, stored: StoredGraph, grouping: Grouping | None = None) -> AlikePairs:
    """What `core.graph.review.lookalikes.look_alikes` needs of a graph; worth keeping by the graph's id."""
    catalogue = stored.graph.catalogue
    traits = trait_vectors(catalogue, load_trait_table())
    return alike_pairs(judged_pairs(catalogue, stored.judged), grouping or _grouping(workspace, stored), traits)


def _wanted(
    workspace: Workspace, queue: Queue, claims: tuple[Claim, ...], reviewer: str, number: int, now_us: int
) -> Card | None:
    reviews = tuple(reviews_on_cards(workspace, queue))
    if number:
        for card in free_cards(queue, card_states(queue, reviews), claims, reviewer, now_us):
            if card.number == number:
                return card
    return next_card(queue, reviews, claims, reviewer, now_us)


def _ranking(
    workspace: Workspace,
    stored: StoredGraph,
    pairs: JudgedPairs,
    settings: QueueSettings,
    grouping: Grouping | None,
    leverage: Leverage | None,
) -> Ranking | None:
    """What the policy says of the pairs; None where it needs to say nothing."""
    if settings.policy is QueuePolicy.DISAGREEMENT:
        return _disagreement(workspace, pairs, settings)
    if settings.policy is QueuePolicy.SURPRISE:
        return rank_by_surprise(pairs, grouping or _grouping(workspace, stored))
    if settings.policy is QueuePolicy.FEW_FACTS:
        return rank_by_few_facts(pairs, n_known_facts(pairs.catalogue, load_trait_table()))
    if settings.policy is QueuePolicy.LEVERAGE:
        return _by_leverage(workspace, stored, pairs, settings, leverage)
    return None


def _disagreement(workspace: Workspace, pairs: JudgedPairs, settings: QueueSettings) -> Ranking:
    if settings.other:
        other = load_graph(workspace, settings.other)
        return rank_by_disagreement(pairs, other.answers, other.graph.catalogue, other.artefact.manifest.title)
    if np.isnan(pairs.stability).all():
        message = "No pair of this graph was asked more than once, so its judge cannot have disagreed with itself."
        problem = Problem(message, "Choose another graph to compare with, or another policy.", field="other")
        raise InvalidInput("This queue cannot be made", [problem])
    return rank_by_instability(pairs)


def _by_leverage(
    workspace: Workspace, stored: StoredGraph, pairs: JudgedPairs, settings: QueueSettings, leverage: Leverage | None
) -> Ranking:
    if leverage is None:
        source = RowSource(settings.dataset) if settings.dataset else draft_source(workspace, stored)
        leverage = edge_leverage(workspace, stored, source)
    of_what = f"{leverage.n_all:,} random campaigns"
    if settings.dataset:
        of_what = f"the dataset “{workspace.artefacts.get(DATASET, settings.dataset).manifest.title}”"
    return rank_by_leverage(pairs, stored.graph, leverage.n_flipped, of_what)


def _grouping(workspace: Workspace, stored: StoredGraph) -> Grouping:
    clusters = newest_clusters(workspace, stored.graph.catalogue.id)
    return group_attributes(workspace, stored, clusters.id if clusters else "")


def _facts(queue: Queue) -> dict[str, Any]:
    """What a list of queues shows without opening them."""
    return {
        "policy": queue.settings.policy.value,
        "seed": queue.settings.seed,
        "is_blind": queue.settings.is_blind,
        "n_cards": len(queue),
        "n_audit": len(queue.audit_pairs),
        "n_double": sum(card.n_needed > 1 for card in queue.cards),
        "n_candidates": queue.n_candidates,
        "n_audit_frame": queue.n_audit_frame,
        "n_left_out": queue.n_left_out,
    }
