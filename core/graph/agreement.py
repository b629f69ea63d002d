"""How far two graphs over one catalogue agree, over their common edges and over all candidate pairs.

The published agreement counts common edges alone: it says nothing of edges that only one graph has. So the whole pair
space is compared as well, by whether there is an edge and by its sign, with Cohen's kappa (Educational and
Psychological Measurement 20, 1960) for the agreement beyond chance.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.candidate_pairs import modality_numbers
from core.graph.model import Outcome, SignedGraph, VerdictTable

_NEGATIVE, _NEUTRAL, _POSITIVE, _UNKNOWN = range(4)
_N_CLASSES = 4
_CLASS_OF = {Outcome.NEGATIVE: _NEGATIVE, Outcome.NEUTRAL: _NEUTRAL, Outcome.POSITIVE: _POSITIVE}
_SIGNED = [_NEGATIVE, _POSITIVE]
_UNSIGNED = [_NEUTRAL, _UNKNOWN]
_ANSWERS = [_NEGATIVE, _NEUTRAL, _POSITIVE]

_Counts = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PairAgreement:
    """Agreement of graphs a and b over a set of candidate pairs; a share without anything to share is None.

    `counts`: int64 [4, 4], pairs by what a (rows) and b (columns) hold: negative, neutral, positive, or unknown (not
    asked, no usable answer, or no edge in a graph without verdicts).
    """

    counts: _Counts

    @property
    def n_pairs(self) -> int:
        """All candidate pairs."""
        return int(self.counts.sum())

    @property
    def edges_a(self) -> int:
        """Signed pairs of a."""
        return int(self.counts[_SIGNED].sum())

    @property
    def edges_b(self) -> int:
        """Signed pairs of b."""
        return int(self.counts[:, _SIGNED].sum())

    @property
    def common(self) -> int:
        """Edges that both have, whatever their signs."""
        return int(self.counts[np.ix_(_SIGNED, _SIGNED)].sum())

    @property
    def mismatches(self) -> int:
        """Common edges with opposite signs."""
        return int(self.counts[_NEGATIVE, _POSITIVE] + self.counts[_POSITIVE, _NEGATIVE])

    @property
    def only_a(self) -> int:
        """Edges of a that b has not."""
        return self.edges_a - self.common

    @property
    def only_b(self) -> int:
        """Edges of b that a has not."""
        return self.edges_b - self.common

    @property
    def agreement_on_common(self) -> float | None:
        """Share of the common edges with the same sign: the published sign agreement."""
        return _share(self.common - self.mismatches, self.common)

    @property
    def recall_of_a(self) -> float | None:
        """Share of a's edges that b has as well, whatever their signs: the published recall."""
        return _share(self.common, self.edges_a)

    @property
    def precision_of_b(self) -> float | None:
        """Share of b's edges that a has as well, whatever their signs."""
        return _share(self.common, self.edges_b)

    @property
    def agreement_all_pairs(self) -> float | None:
        """Share of all pairs that are an edge in both graphs or in neither."""
        return _agreement(self._existence)

    @property
    def kappa_all_pairs(self) -> float | None:
        """Cohen's kappa of being an edge, over all pairs."""
        return _kappa(self._existence)

    @property
    def sign_agreement_all_pairs(self) -> float | None:
        """Share of all pairs that are +, -, or no edge, in both graphs alike."""
        return _agreement(self._signs)

    @property
    def sign_kappa_all_pairs(self) -> float | None:
        """Cohen's kappa of +, -, or no edge, over all pairs."""
        return _kappa(self._signs)

    @property
    def unknown_a(self) -> int:
        """Pairs of which a holds no answer; they count as no edge above."""
        return int(self.counts[_UNKNOWN].sum())

    @property
    def unknown_b(self) -> int:
        """Pairs of which b holds no answer; they count as no edge above."""
        return int(self.counts[:, _UNKNOWN].sum())

    @property
    def answered(self) -> int:
        """Pairs that both answered with +, - or neutral."""
        return int(self._answers.sum())

    @property
    def agreement_answered(self) -> float | None:
        """Share of the pairs answered in both with the same answer."""
        return _agreement(self._answers)

    @property
    def kappa_answered(self) -> float | None:
        """Cohen's kappa of +, - or neutral, over the pairs answered in both."""
        return _kappa(self._answers)

    @property
    def _answers(self) -> _Counts:
        return self.counts[np.ix_(_ANSWERS, _ANSWERS)]

    @property
    def _signs(self) -> _Counts:
        return _merged(self.counts, [[_NEGATIVE], _UNSIGNED, [_POSITIVE]])

    @property
    def _existence(self) -> _Counts:
        return _merged(self.counts, [_SIGNED, _UNSIGNED])


@dataclass(frozen=True, eq=False)
class ModalityPairAgreement(PairAgreement):
    """Agreement between two modalities, named in catalogue order."""

    modality_a: str
    modality_b: str


@dataclass(frozen=True, eq=False)
class GraphComparison(PairAgreement):
    """Agreement over the whole catalogue, and between every two of its modalities."""

    by_modality_pair: tuple[ModalityPairAgreement, ...]


def compare_graphs(
    catalogue: Catalogue, a: VerdictTable | SignedGraph, b: VerdictTable | SignedGraph
) -> GraphComparison:
    """Compare two graphs of one catalogue, each by its verdicts or, where it has none, by its edges.

    `ValenceError` when one of them is of another catalogue.
    """
    for table in (a, b):
        _check_same(catalogue, table)
    n, n_modalities = len(catalogue), len(catalogue.modalities)
    keys = np.union1d(_keys(a, n), _keys(b, n))
    modality = modality_numbers(catalogue)
    between = np.sort(np.stack([modality[keys // max(n, 1)], modality[keys % max(n, 1)]]), axis=0)
    counts = np.zeros((n_modalities, n_modalities, _N_CLASSES, _N_CLASSES), dtype=np.int64)
    np.add.at(counts, (between[0], between[1], _classes(a, keys, n), _classes(b, keys, n)), 1)
    sizes = [len(positions) for positions in catalogue.positions_by_modality.values()]
    parts = []
    for one, other in combinations(range(n_modalities), 2):
        part = counts[one, other]
        part[_UNKNOWN, _UNKNOWN] += sizes[one] * sizes[other] - part.sum()  # pairs that neither table lists
        parts.append(ModalityPairAgreement(part, catalogue.modalities[one], catalogue.modalities[other]))
    return GraphComparison(counts.sum(axis=(0, 1)), tuple(parts))


def _check_same(catalogue: Catalogue, table: VerdictTable | SignedGraph) -> None:
    if isinstance(table, SignedGraph):
        is_same = table.catalogue.id == catalogue.id
    else:
        is_same = int(table.target.max(initial=-1)) < len(catalogue)
    if not is_same:
        raise ValenceError(
            "These graphs are of different catalogues.", "Compare graphs that were built from the same catalogue."
        )


def _keys(table: VerdictTable | SignedGraph, n: int) -> NDArray[np.int64]:
    """One number per pair of a table, ascending, since tables are sorted."""
    return table.source.astype(np.int64) * n + table.target


def _classes(table: VerdictTable | SignedGraph, keys: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """What a table holds of each pair of `keys`, a superset of its own."""
    outcome = table.sign if isinstance(table, SignedGraph) else table.outcome
    classes = np.full(len(keys), _UNKNOWN, dtype=np.int64)
    held = np.full(len(outcome), _UNKNOWN, dtype=np.int64)
    for answer, number in _CLASS_OF.items():
        held[outcome == answer] = number
    classes[np.searchsorted(keys, _keys(table, n))] = held
    return classes


def _merged(counts: _Counts, groups: list[list[int]]) -> _Counts:
    """Counts by groups of classes instead of single ones."""
    return np.array([[counts[np.ix_(rows, columns)].sum() for columns in groups] for rows in groups], dtype=np.int64)


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _agreement(counts: _Counts) -> float | None:
    return _share(int(np.trace(counts)), int(counts.sum()))


def _kappa(counts: _Counts) -> float | None:
    """(observed - expected) / (1 - expected) agreement; None where chance alone would always agree."""
    total = int(counts.sum())
    expected = int(counts.sum(axis=1) @ counts.sum(axis=0))  # times total squared, so that 1 is told exactly
    if expected == total * total:
        return None
    return (int(np.trace(counts)) * total - expected) / (total * total - expected)
