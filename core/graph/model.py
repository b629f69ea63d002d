"""Signed graphs and the verdicts they are made of.

*Neutral* (the judge said: no signal), *unresolved* (asked, no usable answer) and *unjudged* (never asked, or
the judge says it does not know) are three things and stay three things here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.fingerprint import content_id, digest


class Sign(IntEnum):
    """The sign of an edge."""

    NEGATIVE = -1
    POSITIVE = 1

    @property
    def symbol(self) -> str:
        """`+` or `-`, as the edges CSV writes it."""
        return "+" if self is Sign.POSITIVE else "-"


class Outcome(IntEnum):
    """What is known of one candidate pair. Signs keep the numbers of `Sign`."""

    NEGATIVE = -1
    NEUTRAL = 0
    POSITIVE = 1
    UNJUDGED = 2
    UNRESOLVED = 3

    @property
    def symbol(self) -> str:
        """`+`, `-`, `0`, or `?` for what has no verdict."""
        return {-1: "-", 0: "0", 1: "+"}.get(int(self), "?")


class Origin(StrEnum):
    """Where a graph's signs come from: a judge, a file, or either of them and the reviews that counted."""

    JUDGED = "judged"
    UPLOADED = "uploaded"
    REVIEWED = "reviewed"


class Basis(IntEnum):
    """How a pair came by its outcome: `ASKED` of a judge, `INHERITED` from its cluster pair, `INFERRED` by a model,
    `REVIEWED` by people, or `UPLOADED` in a file that does not say.
    """

    ASKED = 0
    INHERITED = 1
    INFERRED = 2
    REVIEWED = 3
    UPLOADED = 4


class Verdict(NamedTuple):
    """What a judge said of one pair: the outcome, how strongly (0..1), why, in one sentence.

    `evidence`: the facts it was given and named as used; `reply`: the fingerprint of the logged answer it was read
    from, empty for a judge that needs none.
    """

    outcome: Outcome
    strength: float
    reason: str
    evidence: tuple[str, ...] = ()
    reply: str = ""


@dataclass(frozen=True, eq=False)
class VerdictTable:
    """Every verdict of one run, as columns of length P, sorted by (source, target), each pair once.

    `source`, `target`: int32 catalogue positions, `source < target`; `outcome`: int8 `Outcome`; `strength`: float32
    in 0..1; `call`: int32 number of the planned call that asked, -1 where none did; `reason`: one sentence each;
    `judge`: the judge's name. `basis`: int8 `Basis`; `probability`: float32, of an inferred outcome being what the
    judge would say, NaN elsewhere; `stability`: float32, share of repeated askings that agreed, NaN where the pair was
    asked once; `evidence`: the facts named as used, one text each, mostly empty; `reply`: as in `Verdict`.
    Made by `verdict_table`, which fills the columns that a plain run does not need.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    outcome: NDArray[np.int8]
    strength: NDArray[np.float32]
    call: NDArray[np.int32]
    reason: tuple[str, ...]
    judge: str
    basis: NDArray[np.int8]
    probability: NDArray[np.float32]
    stability: NDArray[np.float32]
    evidence: tuple[tuple[str, ...], ...]
    reply: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.source)


def verdict_table(
    source: NDArray[np.int32],
    target: NDArray[np.int32],
    verdicts: Sequence[Verdict],
    call: NDArray[np.int32],
    judge: str,
    *,
    basis: NDArray[np.int8] | None = None,
    probability: NDArray[np.float32] | None = None,
    stability: NDArray[np.float32] | None = None,
) -> VerdictTable:
    """Columns of length P, in any order of pairs, put into canonical order; the caller vouches that pairs are unique.

    Without `basis` every pair was asked; without `probability` or `stability` none has one.
    """
    n_pairs = len(verdicts)
    low, high = np.minimum(source, target), np.maximum(source, target)
    order = np.lexsort((high, low))
    unknown = np.full(n_pairs, np.nan, dtype=np.float32)
    return VerdictTable(
        source=low[order].astype(np.int32),
        target=high[order].astype(np.int32),
        outcome=np.array([v.outcome for v in verdicts], dtype=np.int8)[order],
        strength=np.array([v.strength for v in verdicts], dtype=np.float32)[order],
        call=call[order].astype(np.int32),
        reason=tuple(verdicts[position].reason for position in order),
        judge=judge,
        basis=np.full(n_pairs, Basis.ASKED, dtype=np.int8) if basis is None else basis[order].astype(np.int8),
        probability=unknown if probability is None else probability[order].astype(np.float32),
        stability=unknown if stability is None else stability[order].astype(np.float32),
        evidence=tuple(verdicts[position].evidence for position in order),
        reply=tuple(verdicts[position].reply for position in order),
    )


@dataclass(frozen=True, eq=False)
class SignedGraph:
    """Attributes and signed edges, as columns of length E sorted by (source, target).

    `source`, `target`: int32 catalogue positions with `source < target`, each pair once, ends of different
    modalities; `sign`: int8, +1 or -1.
    """

    catalogue: Catalogue
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    sign: NDArray[np.int8]

    @property
    def n_nodes(self) -> int:
        """Number of attributes."""
        return len(self.catalogue)

    @property
    def n_edges(self) -> int:
        """Number of signed edges."""
        return len(self.source)

    @property
    def n_positive(self) -> int:
        """Number of + edges."""
        return int(np.count_nonzero(self.sign == Sign.POSITIVE))

    @property
    def n_negative(self) -> int:
        """Number of - edges."""
        return int(np.count_nonzero(self.sign == Sign.NEGATIVE))

    @property
    def id(self) -> str:
        """Content id over the catalogue and the edges."""
        edges = digest(self.source.tobytes() + self.target.tobytes() + self.sign.tobytes())
        return content_id("graph", {"catalogue": self.catalogue.id, "edges": edges})

    def sign_matrix(self) -> NDArray[np.int8]:
        """Dense symmetric int8 [N, N]: +1, -1, or 0 where there is no edge."""
        matrix = np.zeros((self.n_nodes, self.n_nodes), dtype=np.int8)
        matrix[self.source, self.target] = self.sign
        matrix[self.target, self.source] = self.sign
        return matrix


def signed_graph(
    catalogue: Catalogue, source: NDArray[np.int32], target: NDArray[np.int32], sign: NDArray[np.int8]
) -> SignedGraph:
    """Put edges into canonical order (smaller position first, sorted); the caller vouches that pairs are unique."""
    low, high = np.minimum(source, target), np.maximum(source, target)
    order = np.lexsort((high, low))
    return SignedGraph(
        catalogue, low[order].astype(np.int32), high[order].astype(np.int32), sign[order].astype(np.int8)
    )


def graph_from_verdicts(catalogue: Catalogue, verdicts: VerdictTable) -> SignedGraph:
    """Keep the pairs judged + or - as edges; neutral, unjudged and unresolved pairs make none."""
    signed = (verdicts.outcome == Outcome.POSITIVE) | (verdicts.outcome == Outcome.NEGATIVE)
    return signed_graph(catalogue, verdicts.source[signed], verdicts.target[signed], verdicts.outcome[signed])
