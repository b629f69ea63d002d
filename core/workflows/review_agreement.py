"""What the reviews of a workspace say of each other and of a graph's judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.review.agreement_report import AgreementReport, report_agreement
from core.graph.review.audit import Audit, GraphErrors, audit_judge, audit_pairs, errors_in_graph, n_skipped
from core.graph.review.queue_file import Queue
from core.graph.review.ratings import Look, judge_ratings, rate_pairs, reviews_by_look
from core.graph.review.states import ReviewState
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import CATALOGUE
from core.workflows.graphs import GRAPH, StoredGraph
from core.workflows.review_queues import open_queue, queues_of
from core.workflows.reviewed_graphs import first_graph
from core.workflows.reviews import resolution_of, reviews_of


class PairPool(StrEnum):
    """Which pairs agreement is measured on: all that were reviewed, or those drawn at random alone."""

    ALL = "all"
    AUDIT = "audit"


@dataclass(frozen=True, eq=False)
class GraphAgreement:
    """Agreement of reviewers and judge over one graph's pairs, and the judge's error rate.

    `judge` is empty for an uploaded graph; `reports` by how the reviews came about and which pairs they are of;
    `audits` and `in_graph` (what the audit's error rates make of the whole graph) by the former; `n_conflicts`: pairs
    that wait for an adjudication; `n_skipped`: audit pairs that were only ever skipped.
    """

    judge: str
    reports: Mapping[tuple[Look, PairPool], AgreementReport]
    audits: Mapping[Look, Audit]
    in_graph: Mapping[Look, GraphErrors]
    n_conflicts: int
    n_skipped: int


def measure_agreement(workspace: Workspace, stored: StoredGraph) -> GraphAgreement:
    """Measure everything anew, from all reviews of the graph's catalogue and the audit cards of its queues.

    A reviewed graph has its parent's judge and, with it, the queues of the parent and of its other reviewed versions.
    """
    catalogue, judged = stored.graph.catalogue, stored.judged
    reviews = reviews_of(workspace, catalogue.id)
    queues = audit_queues(workspace, stored.artefact)
    audits = audit_judge(catalogue, judged, queues, reviews)
    counts = _outcome_counts(judged)
    judge = judged.judge if isinstance(judged, VerdictTable) else ""
    reports = {}
    for look, found in reviews_by_look(reviews).items():
        rated = rate_pairs(found)
        for pool, pairs in ((PairPool.ALL, rated), (PairPool.AUDIT, rated.only(audit_pairs(queues)))):
            answers = judge_ratings(catalogue, judged, pairs.pairs)
            reports[look, pool] = report_agreement(pairs, answers, judge or "Uploaded file")
    return GraphAgreement(
        judge,
        reports,
        audits,
        {look: errors_in_graph(audit.overall, *counts) for look, audit in audits.items()},
        resolution_of(workspace, stored).count(ReviewState.CONFLICT),
        n_skipped(queues, reviews),
    )


def audit_queues(workspace: Workspace, graph: Artefact) -> tuple[Queue, ...]:
    """The queues with audit cards over the pairs of a graph's judge, in no particular order."""
    judged = first_graph(graph)
    family = {a.id for a in workspace.artefacts.list(GRAPH) if first_graph(a) == judged}
    over_family = [
        q for q in queues_of(workspace, graph.manifest.parents[CATALOGUE]) if q.manifest.parents[GRAPH] in family
    ]
    return tuple(open_queue(workspace, q.id) for q in over_family if q.manifest.facts["n_audit"])


def _outcome_counts(judged: VerdictTable | SignedGraph) -> tuple[int, int, int]:
    """Pairs judged +, - and neutral."""
    outcome = judged.sign if isinstance(judged, SignedGraph) else judged.outcome
    positive, negative, neutral = (
        int(np.count_nonzero(outcome == wanted)) for wanted in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)
    )
    return positive, negative, neutral
