"""Signed graphs and the verdicts they are made of.

*Neutral* (the judge said: no signal), *unresolved* (asked, no usable answer) and *unjudged* (never asked, or
the judge says it does not know) are three things and stay three things here.
"""

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
    """Where an edge's sign comes from."""

    JUDGED = "judged"
    UPLOADED = "uploaded"


class Verdict(NamedTuple):
    """What a judge said of one pair: the outcome, how strongly (0..1), why, in one sentence."""

    outcome: Outcome
    strength: float
    reason: str


@dataclass(frozen=True, eq=False)
class VerdictTable:
    """Every verdict of one run, as columns of length P (the pairs asked).

    `source`, `target`: int32 catalogue positions, `source < target`; `outcome`: int8 `Outcome`; `strength`: float32
    in 0..1; `call`: int32 number of the planned call that asked; `reason`: one sentence each; `judge`: the judge's
    name.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    outcome: NDArray[np.int8]
    strength: NDArray[np.float32]
    call: NDArray[np.int32]
    reason: tuple[str, ...]
    judge: str

    def __len__(self) -> int:
        return len(self.source)


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
