"""Made-up graphs, groups, queues and reviews for the tests of review queues."""

import random

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.graph.candidate_pairs import all_pairs, modality_numbers
from core.graph.grouping import Grouping, GroupOrigin
from core.graph.model import Outcome, Verdict, verdict_table
from core.graph.review.policies import judged_pairs
from core.graph.review.queue_file import Card, Queue
from core.graph.review.queue_settings import QueuePolicy, QueueSettings
from core.store.review_log import Decision, Review, ReviewKind


def desk_catalogue(*sizes, shuffled_by=None):
    """A catalogue with so many attributes of each modality, one modality after another or shuffled by a seed."""
    kinds = ("brand", "audience", "geo", "device")
    attributes = [Attribute(f"{k}-{i}", f"{k} {i}", k, k) for k, n in zip(kinds, sizes, strict=False) for i in range(n)]
    if shuffled_by is not None:
        random.Random(shuffled_by).shuffle(attributes)
    return Catalogue(tuple(attributes))


def random_pairs(catalogue, seed, share=1.0, weights=(0.2, 0.3, 0.5), unanswered=0.0):
    """Judged pairs with outcomes -, 0, + by their weights; some unresolved; strengths and some stabilities known."""
    draw = np.random.default_rng(seed)
    pairs = all_pairs(catalogue)
    kept = np.flatnonzero(draw.random(len(pairs.source)) < share)
    n = len(kept)
    outcomes = draw.choice([-1, 0, 1], size=n, p=weights)
    outcomes[draw.random(n) < unanswered] = Outcome.UNRESOLVED
    verdicts = [
        Verdict(Outcome(int(o)), round(float(s), 2), "Why.") for o, s in zip(outcomes, draw.random(n), strict=True)
    ]
    stability = np.where(draw.random(n) < 0.5, np.nan, draw.integers(0, 4, n) / 3).astype(np.float32)
    calls = np.zeros(n, dtype=np.int32)
    table = verdict_table(pairs.source[kept], pairs.target[kept], verdicts, calls, "judge", stability=stability)
    return judged_pairs(catalogue, table)


def random_grouping(catalogue, seed, n=3):
    """Groups of at most n per modality."""
    numbers = modality_numbers(catalogue) * n + np.random.default_rng(seed).integers(0, n, len(catalogue))
    group = np.unique(numbers, return_inverse=True)[1].astype(np.int32)
    names = tuple(f"group {i}" for i in range(int(group.max()) + 1))
    return Grouping(catalogue, group, names, np.argsort(group, kind="stable").astype(np.int32), GroupOrigin.EDGES)


def made_queue(n_cards, audit=(), double=(), **settings):
    """A queue of pairs b0-g0, b1-g1 ... by hand; `audit` and `double` are numbers of cards."""
    wanted = QueueSettings(policy=QueuePolicy.FEW_FACTS, **settings)
    cards = tuple(
        Card(i, f"b{i}", f"g{i}", Outcome.POSITIVE, f"Why {i}.", 1.0, i in audit, 2 if i in double else 1)
        for i in range(1, n_cards + 1)
    )
    return Queue("catalogue", "graph", wanted, cards, n_candidates=n_cards, n_audit_frame=n_cards)


class Desk:
    """Takes down reviews in order, as the log would."""

    def __init__(self, queue):
        self.queue = queue
        self.reviews = []

    def decide(self, number, reviewer, decision=Decision.POSITIVE, kind=ReviewKind.DECIDED, queue=None, stands=True):
        card = self.queue.cards[number - 1]
        place = len(self.reviews) + 1
        review = Review(
            number=place,
            id=f"r{place}",
            catalogue=self.queue.catalogue,
            source=card.source,
            target=card.target,
            graph=self.queue.graph,
            reviewer=reviewer,
            decision=decision,
            kind=kind,
            queue=self.queue.id if queue is None else queue,
            note="",
            is_blind=True,
            derived_from="r0" if kind is ReviewKind.DERIVED else "",
            made_at="2026-01-01",
            withdrawn_by="" if stands else reviewer,
            withdrawn_at="" if stands else "2026-01-02",
        )
        self.reviews.append(review)
        return review
