"""How often the judge errs, measured on the random audit cards of review queues and on nothing else.

Cards of a policy were picked because something looked wrong with them, so their error rate says nothing of the graph.
An audit card is drawn at random from all judged pairs, each as likely, which makes Wilson's interval (1927) fit
although pairs share attributes: it is the draw that is random, and the graph that is asked about is given. It leaves
out that a sample of most of a small graph knows more, so it errs to the wide side. A pair counts once its card is
decided in its queue; what counts as its truth is what most of its reviewers say, wherever they said it.

Counts of wrong edges in the whole graph add the strata of + and - edges, each with its own error rate; the interval is
that of Zou, Huang and Zhang for a sum of weighted shares (Computational Statistics & Data Analysis 53, 2009), from the
Wilson intervals of the shares.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.graph.intervals import Interval, wilson
from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.review.queue_file import Queue
from core.graph.review.ratings import (
    ANSWERS,
    N_ANSWERS,
    Look,
    PairIds,
    judge_ratings,
    majority,
    rate_pairs,
    rates,
    reviews_by_look,
)
from core.graph.review.reliability import MISSING, Ratings
from core.store.review_log import Decision, Review

_MINUS, _ZERO, _PLUS = (ANSWERS.index(outcome) for outcome in (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE))
_SIGNS = [_MINUS, _PLUS]


class Share(NamedTuple):
    """Hits among trials, with Wilson's interval; [0, 1] around NaN without trials."""

    hits: int
    trials: int
    interval: Interval


@dataclass(frozen=True, eq=False)
class JudgeErrors:
    """Audited pairs by what the judge said (rows) and what reviewers say (columns), int64 [3, 3] in `ANSWERS` order."""

    counts: NDArray[np.int64]
    confidence: float = 0.95

    @property
    def n_pairs(self) -> int:
        """Audited pairs."""
        return int(self.counts.sum())

    @property
    def wrong(self) -> Share:
        """Pairs whose answer is not the reviewers', among all."""
        return self._share(self.n_pairs - int(np.trace(self.counts)), self.n_pairs)

    @property
    def flips(self) -> Share:
        """Edges whose sign is the other one, among the judge's edges."""
        return self._share(int(self.counts[_PLUS, _MINUS] + self.counts[_MINUS, _PLUS]), self._n_edges)

    @property
    def false_edges(self) -> Share:
        """Edges that reviewers call neutral, among the judge's edges."""
        return self._share(int(self.counts[_SIGNS, _ZERO].sum()), self._n_edges)

    @property
    def missed_edges(self) -> Share:
        """Pairs called neutral that are an edge to reviewers, among those the judge called neutral."""
        return self._share(int(self.counts[_ZERO, _SIGNS].sum()), int(self.counts[_ZERO].sum()))

    @property
    def wrong_edges(self) -> Share:
        """Flipped or false edges, among the judge's edges."""
        return self._share(self.flips.hits + self.false_edges.hits, self._n_edges)

    def wrong_where_judged(self, outcome: Outcome) -> Share:
        """Pairs that are wrong, among those to which the judge gave this answer."""
        row = self.counts[ANSWERS.index(outcome)]
        return self._share(int(row.sum() - row[ANSWERS.index(outcome)]), int(row.sum()))

    @property
    def _n_edges(self) -> int:
        return int(self.counts[_SIGNS].sum())

    def _share(self, hits: int, trials: int) -> Share:
        return Share(hits, trials, wilson(hits, trials, self.confidence))


@dataclass(frozen=True, eq=False)
class ModalityPairErrors:
    """The judge's errors between two modalities, named in catalogue order."""

    modality_a: str
    modality_b: str
    errors: JudgeErrors


@dataclass(frozen=True, eq=False)
class Audit:
    """What the audit cards say of the judge, from reviews of one `Look`.

    `overall`: from queues that drew from all modalities; `by_modality_pair`: from all queues, pairs without an audited
    card left out. `n_drawn`: audit pairs of the queues; of these `n_decided` have a review of this look; `n_tied`:
    pairs whose reviewers are evenly split, so that nobody knows whether the judge erred, and `n_unanswered`: pairs that
    the judge no longer answers; both are in no count. `n_reviewers`: who decided any.
    """

    look: Look
    overall: JudgeErrors
    by_modality_pair: tuple[ModalityPairErrors, ...]
    n_drawn: int
    n_decided: int
    n_tied: int
    n_unanswered: int
    n_reviewers: int


class GraphErrors(NamedTuple):
    """How many edges of a whole graph are wrong, flipped or false, and how many are missing, as numbers of pairs.

    `n_edges`, `n_neutral`: pairs of the graph. NaN where no audited pair of a kind that the graph holds tells.
    """

    n_edges: int
    n_neutral: int
    wrong: Interval
    missed: Interval


def audit_pairs(queues: Iterable[Queue]) -> frozenset[PairIds]:
    """The pairs of all random audit cards."""
    return frozenset(pair for queue in queues for pair in queue.audit_pairs)


def audit_judge(
    catalogue: Catalogue,
    table: VerdictTable | SignedGraph,
    queues: Sequence[Queue],
    reviews: Sequence[Review],
    confidence: float = 0.95,
) -> dict[Look, Audit]:
    """Measure a judge by the audit cards of queues over its pairs, apart for independent and informed reviews.

    `reviews`: all of the catalogue, in order of arrival. Only pairs that were decided on an audit card of these queues
    count. Were it enough that somebody decided them elsewhere, the pairs that a policy picked would come first; were
    what was said elsewhere left out, they would be missing, since nobody decides a pair independently twice.
    """
    drawn = audit_pairs(queues)
    from_all = audit_pairs(queue for queue in queues if queue.settings.modalities is None)
    is_on_card = _on_audit_card(queues)
    decided = {(r.source, r.target) for r in reviews if rates(r) and is_on_card(r)}
    audits = {}
    for look, found in reviews_by_look(reviews).items():
        rated = rate_pairs(review for review in found if (review.source, review.target) in decided)
        truth, judged = majority(rated.ratings), judge_ratings(catalogue, table, rated.pairs)
        is_tied, is_unanswered = truth == MISSING, judged == MISSING
        is_counted = ~is_tied & ~is_unanswered
        is_overall = is_counted & np.array([pair in from_all for pair in rated.pairs], dtype=np.bool_)
        between = [_modalities(catalogue, pair) for pair in rated.pairs]
        audits[look] = Audit(
            look,
            JudgeErrors(_counts(judged, truth, is_overall), confidence),
            tuple(
                ModalityPairErrors(*both, JudgeErrors(_counts(judged, truth, is_counted & at), confidence))
                for both in sorted(set(between), key=lambda names: tuple(map(catalogue.modalities.index, names)))
                if np.any(is_counted & (at := np.array([names == both for names in between], dtype=np.bool_)))
            ),
            n_drawn=len(drawn),
            n_decided=len(rated.pairs),
            n_tied=int(np.count_nonzero(is_tied)),
            n_unanswered=int(np.count_nonzero(is_unanswered & ~is_tied)),
            n_reviewers=len(rated.raters),
        )
    return audits


def errors_in_graph(errors: JudgeErrors, n_positive: int, n_negative: int, n_neutral: int) -> GraphErrors:
    """Carry error rates by the judge's answer over to a graph with so many pairs of each answer."""
    wrong = [(n_positive, Outcome.POSITIVE), (n_negative, Outcome.NEGATIVE)]
    return GraphErrors(
        n_positive + n_negative,
        n_neutral,
        _weighted_sum([(n, errors.wrong_where_judged(outcome).interval) for n, outcome in wrong]),
        _weighted_sum([(n_neutral, errors.missed_edges.interval)]),
    )


def n_skipped(queues: Iterable[Queue], reviews: Iterable[Review]) -> int:
    """Audit pairs that somebody skipped and nobody has decided: pairs too hard to decide may be judged worse."""
    is_on_card = _on_audit_card(queues)
    standing = [review for review in reviews if review.stands and is_on_card(review)]
    skipped = {(r.source, r.target) for r in standing if r.decision is Decision.SKIP}
    return len(skipped - {(r.source, r.target) for r in standing if r.decision is not Decision.SKIP})


def _on_audit_card(queues: Iterable[Queue]) -> Callable[[Review], bool]:
    """Whether a review was made on an audit card of one of the queues."""
    pairs_of = {queue.id: queue.audit_pairs for queue in queues}
    return lambda review: (review.source, review.target) in pairs_of.get(review.queue, ())


def _weighted_sum(strata: Iterable[tuple[int, Interval]]) -> Interval:
    """Zou, Huang and Zhang: distances from the estimates to the ends of the intervals add as squares."""
    held = [(n, share) for n, share in strata if n]
    if any(np.isnan(share.estimate) for _, share in held):
        return Interval(float("nan"), sum(n * s.low for n, s in held), sum(n * s.high for n, s in held))
    total = sum(n * share.estimate for n, share in held)
    below = np.sqrt(sum((n * (share.estimate - share.low)) ** 2 for n, share in held))
    above = np.sqrt(sum((n * (share.high - share.estimate)) ** 2 for n, share in held))
    return Interval(total, max(0.0, total - float(below)), min(float(sum(n for n, _ in held)), total + float(above)))


def _counts(judged: Ratings, truth: Ratings, is_counted: NDArray[np.bool_]) -> NDArray[np.int64]:
    counts = np.zeros((N_ANSWERS, N_ANSWERS), dtype=np.int64)
    np.add.at(counts, (judged[is_counted].astype(np.int64), truth[is_counted].astype(np.int64)), 1)
    return counts


def _modalities(catalogue: Catalogue, pair: PairIds) -> tuple[str, str]:
    low, high = sorted((catalogue[end].modality for end in pair), key=catalogue.modalities.index)
    return low, high
