"""How far two graphs over one catalogue agree, over their common edges and over all candidate pairs.

The published agreement counts common edges alone: it says nothing of edges that only one graph has. So the whole pair
space is compared as well, by whether there is an edge and by its sign, with measures of the agreement beyond chance:
Cohen's kappa (Educational and Psychological Measurement 20, 1960), which chance makes small where one answer prevails;
PABAK (Byrt, Bishop and Carlin, Journal of Clinical Epidemiology 46, 1993), which takes all answers for equally likely;
and Gwet's AC1 (British Journal of Mathematical and Statistical Psychology 61, 2008), which expects less agreement by
chance where one answer prevails.
Every pair is counted and none is sampled, so these are figures without intervals.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.candidate_pairs import modality_numbers
from core.graph.known_pairs import KnownPairs, Table, known_pairs, merged_keys
from core.graph.model import Outcome

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
    def sign_pabak_all_pairs(self) -> float | None:
        """PABAK of +, -, or no edge, over all pairs."""
        return _pabak(self._signs)

    @property
    def sign_ac1_all_pairs(self) -> float | None:
        """Gwet's AC1 of +, -, or no edge, over all pairs."""
        return _ac1(self._signs)

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


def compare_graphs(catalogue: Catalogue, a: Table, b: Table) -> GraphComparison:
    """Compare two graphs of one catalogue, each by its verdicts or, where it has none, by its edges.

    `ValenceError` when one of them is of another catalogue.
    """
    for table in (a, b):
        _check_same(catalogue, table)
    return compare_pairs(catalogue, known_pairs(a), known_pairs(b))


def compare_pairs(catalogue: Catalogue, a: KnownPairs, b: KnownPairs) -> GraphComparison:
    """Compare what two graphs hold of the candidate pairs of a catalogue; pairs that neither lists count as unknown."""
    n, n_modalities = len(catalogue), len(catalogue.modalities)
    keys = merged_keys(a, b, n)
    modality = modality_numbers(catalogue)
    one, other = np.sort(np.stack([modality[keys // max(n, 1)], modality[keys % max(n, 1)]]), axis=0).astype(np.int64)
    cell = ((one * n_modalities + other) * _N_CLASSES + _classes(a, keys, n)) * _N_CLASSES + _classes(b, keys, n)
    shape = (n_modalities, n_modalities, _N_CLASSES, _N_CLASSES)
    counts = np.bincount(cell, minlength=n_modalities**2 * _N_CLASSES**2).reshape(shape)
    sizes = [len(positions) for positions in catalogue.positions_by_modality.values()]
    parts = []
    for first, second in combinations(range(n_modalities), 2):
        part = counts[first, second]
        part[_UNKNOWN, _UNKNOWN] += sizes[first] * sizes[second] - part.sum()
        parts.append(ModalityPairAgreement(part, catalogue.modalities[first], catalogue.modalities[second]))
    return GraphComparison(counts.sum(axis=(0, 1)), tuple(parts))


def _check_same(catalogue: Catalogue, table: Table) -> None:
    known = getattr(table, "catalogue", None)
    is_same = known.id == catalogue.id if known else int(table.target.max(initial=-1)) < len(catalogue)
    if not is_same:
        raise ValenceError(
            "These graphs are of different catalogues.", "Compare graphs that were built from the same catalogue."
        )


def _classes(known: KnownPairs, keys: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """What a graph holds of each pair of `keys`, a superset of its own."""
    held = np.full(len(known.outcome), _UNKNOWN, dtype=np.int64)
    for answer, number in _CLASS_OF.items():
        held[known.outcome == answer] = number
    classes = np.full(len(keys), _UNKNOWN, dtype=np.int64)
    classes[np.searchsorted(keys, known.keys(n))] = held
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


def _pabak(counts: _Counts) -> float | None:
    """(k p - 1) / (k - 1), with p the observed agreement of k answers: 1 if always, 0 if as by throwing dice."""
    agreement = _agreement(counts)
    return None if agreement is None else (len(counts) * agreement - 1) / (len(counts) - 1)


def _ac1(counts: _Counts) -> float | None:
    """(p - e) / (1 - e), with e the sum of q (1 - q) / (k - 1) over k answers of mean share q; e is below 1."""
    agreement, total = _agreement(counts), int(counts.sum())
    if agreement is None:
        return None
    share = (counts.sum(axis=0) + counts.sum(axis=1)) / (2 * total)
    expected = float((share * (1 - share)).sum()) / (len(counts) - 1)
    return (agreement - expected) / (1 - expected)
