"""What a graph holds: counts by outcome, overall and by modality pair."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from core.graph.model import Outcome, SignedGraph, VerdictTable


@dataclass(frozen=True, slots=True)
class OutcomeCounts:
    """Candidate pairs by outcome; the five counts sum to the number of pairs."""

    n_positive: int
    n_negative: int
    n_neutral: int
    n_unresolved: int
    n_unjudged: int

    @property
    def n_pairs(self) -> int:
        """All candidate pairs counted."""
        return self.n_positive + self.n_negative + self.n_neutral + self.n_unresolved + self.n_unjudged


@dataclass(frozen=True, slots=True)
class ModalityPairCounts:
    """Counts between two modalities, named in catalogue order."""

    modality_a: str
    modality_b: str
    counts: OutcomeCounts


@dataclass(frozen=True, slots=True)
class GraphStatistics:
    """Counts over a whole graph and between every two modalities.

    Without verdicts (an uploaded edges file) the pairs that are no edge count as unjudged: the file does not say
    whether anybody looked at them.
    """

    n_attributes: int
    total: OutcomeCounts
    by_modality_pair: tuple[ModalityPairCounts, ...]


def graph_statistics(graph: SignedGraph, answers: VerdictTable | SignedGraph | None) -> GraphStatistics:
    """Count the graph's pairs by outcome, from what is known of them, or from its edges where only they are."""
    catalogue = graph.catalogue
    modality_of = np.array([catalogue.modalities.index(a.modality) for a in catalogue.attributes], dtype=np.int64)
    known = _known_outcomes(answers if isinstance(answers, VerdictTable) else graph, graph, modality_of)
    by_pair = tuple(
        ModalityPairCounts(
            catalogue.modalities[a],
            catalogue.modalities[b],
            _counts(known[a, b], _n_pairs(graph, a, b)),
        )
        for a, b in combinations(range(len(catalogue.modalities)), 2)
    )
    return GraphStatistics(len(catalogue), _counts(known.sum(axis=(0, 1)), catalogue.n_pairs), by_pair)


def unknown_attributes(graph: SignedGraph, verdicts: VerdictTable) -> tuple[int, ...]:
    """Catalogue positions of the attributes that were asked about and not judged in a single pair."""
    asked, judged = (np.zeros(graph.n_nodes, dtype=np.bool_) for _ in range(2))
    answered = verdicts.outcome != Outcome.UNJUDGED
    for ends in (verdicts.source, verdicts.target):
        asked[ends] = True
        judged[ends[answered]] = True
    return tuple(np.flatnonzero(asked & ~judged).tolist())


def _known_outcomes(
    table: VerdictTable | SignedGraph, graph: SignedGraph, modality_of: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int, int, int], np.dtype[np.int64]]:
    """Counts [modality, modality, outcome + 1] with the first modality before the second."""
    outcome = table.outcome if isinstance(table, VerdictTable) else table.sign
    ends = np.sort(np.stack([modality_of[table.source], modality_of[table.target]]), axis=0)
    counts = np.zeros((len(graph.catalogue.modalities),) * 2 + (len(Outcome),), dtype=np.int64)
    np.add.at(counts, (ends[0], ends[1], outcome.astype(np.int64) + 1), 1)
    return counts


def _counts(known: np.ndarray[tuple[int], np.dtype[np.int64]], n_pairs: int) -> OutcomeCounts:
    by_outcome = {outcome: int(known[outcome + 1]) for outcome in Outcome}
    n_asked = sum(by_outcome.values())
    return OutcomeCounts(
        n_positive=by_outcome[Outcome.POSITIVE],
        n_negative=by_outcome[Outcome.NEGATIVE],
        n_neutral=by_outcome[Outcome.NEUTRAL],
        n_unresolved=by_outcome[Outcome.UNRESOLVED],
        n_unjudged=by_outcome[Outcome.UNJUDGED] + n_pairs - n_asked,
    )


def _n_pairs(graph: SignedGraph, a: int, b: int) -> int:
    groups = list(graph.catalogue.positions_by_modality.values())
    return len(groups[a]) * len(groups[b])
