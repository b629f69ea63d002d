"""Every pair that a graph knows of, as one table that can be searched and ordered in memory."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import Basis, Outcome, SignedGraph, VerdictTable

_ACCENTS = re.compile("[\u0300-\u036f]+")  # what NFKD leaves of the accents of Latin, Greek and Cyrillic letters
SIGNED = (Outcome.POSITIVE, Outcome.NEGATIVE)


class PairOrder(StrEnum):
    """How found pairs are ordered; ties keep the order of the catalogue."""

    STRONGEST = "strongest"
    WEAKEST = "weakest"
    NAMES = "names"
    CALL = "call"


class PairSearch(BaseModel):
    """Which pairs to find, in which order. Every condition must hold.

    Each word of `text` must occur in one of the two values or in the reason, whatever its case and accents.
    `modalities` names two modalities, in either order; `attribute` is an id; `strength` is closed at both ends, and the
    full range also finds pairs of unknown strength. `bases`: how the pair came by its outcome, none for any;
    `is_unstable`: only pairs of which repeated askings gave different answers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = ""
    outcomes: tuple[Outcome, ...] = SIGNED
    modalities: tuple[str, str] | None = None
    attribute: str = ""
    strength: tuple[float, float] = Field(default=(0.0, 1.0))
    bases: tuple[Basis, ...] = ()
    is_unstable: bool = False
    order: PairOrder = PairOrder.STRONGEST


class Pair(NamedTuple):
    """One row of a table: both ends in catalogue order; `strength`, `reason` and `call` (from 1) where known."""

    source: Attribute
    target: Attribute
    outcome: Outcome
    strength: float | None
    reason: str
    call: int | None


@dataclass(frozen=True, eq=False)
class PairTable:
    """The judged pairs of a graph, or its edges where no verdicts are known, as columns of length P.

    `source`, `target`: int32 catalogue positions, `source < target`; `outcome`: int8 `Outcome`; `strength`: float32 in
    0..1, NaN where unknown; `call`: int32 number of the planned call, -1 where there was none; `reasons`: one sentence
    each, or None; `judge`: the judge's name, empty where there was none; `basis`: int8 `Basis`; `stability`: float32,
    share of repeated askings that agreed, NaN where the pair was asked once.
    """

    catalogue: Catalogue
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    outcome: NDArray[np.int8]
    strength: NDArray[np.float32]
    call: NDArray[np.int32]
    reasons: tuple[str, ...] | None
    judge: str
    basis: NDArray[np.int8]
    stability: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.source)

    def pair(self, row: int) -> Pair:
        """One row as values."""
        attributes = self.catalogue.attributes
        strength, call = float(self.strength[row]), int(self.call[row])
        return Pair(
            attributes[self.source[row]],
            attributes[self.target[row]],
            Outcome(self.outcome[row]),
            None if np.isnan(strength) else strength,
            "" if self.reasons is None else self.reasons[row],
            None if call < 0 else call + 1,
        )

    def asked_with(self, row: int) -> NDArray[np.int64]:
        """Row numbers of every pair of the same call, the given one among them (only it where there was no call)."""
        call = self.call[row]
        return np.array([row]) if call < 0 else np.flatnonzero(self.call == call)

    @cached_property
    def degree(self) -> NDArray[np.int64]:
        """Number of signed pairs of each attribute [N]."""
        signed = np.isin(self.outcome, SIGNED)
        ends = np.concatenate([self.source[signed], self.target[signed]])
        return np.bincount(ends, minlength=len(self.catalogue))

    @cached_property
    def name_rank(self) -> NDArray[np.int64]:
        """Place of each attribute [N] among the sorted values, case and accents aside; equal values share a place."""
        folded = np.array([folded_text(a.value) for a in self.catalogue.attributes], dtype=object)
        return np.unique(folded, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def modality_number(self) -> NDArray[np.int64]:
        """Number of each attribute's modality [N], in catalogue order."""
        number = {modality: i for i, modality in enumerate(self.catalogue.modalities)}
        return np.array([number[a.modality] for a in self.catalogue.attributes], dtype=np.int64)

    @cached_property
    def folded_reasons(self) -> Any:
        """The reasons as an Arrow array of folded text, or None."""
        return None if self.reasons is None else pa.array(list(map(folded_text, self.reasons)), pa.string())

    @cached_property
    def folded_values(self) -> tuple[str, ...]:
        """The attributes' values as folded text."""
        return tuple(folded_text(a.value) for a in self.catalogue.attributes)


def pair_table(graph: SignedGraph, answers: VerdictTable | SignedGraph | None) -> PairTable:
    """Lay out what is known of a graph's pairs, or its edges when only they are (an uploaded file gives no reasons)."""
    if not isinstance(answers, VerdictTable):
        unknown = np.full(graph.n_edges, np.nan, dtype=np.float32)
        no_call = np.full(graph.n_edges, -1, dtype=np.int32)
        basis = np.full(graph.n_edges, Basis.UPLOADED, dtype=np.int8)
        ends = (graph.source, graph.target)
        return PairTable(graph.catalogue, *ends, graph.sign, unknown, no_call, None, "", basis, unknown)
    v = answers
    known = (v.source, v.target, v.outcome, v.strength, v.call, v.reason, v.judge)
    return PairTable(graph.catalogue, *known, v.basis, v.stability)


def find_pairs(table: PairTable, search: PairSearch, among: NDArray[np.bool_] | None = None) -> NDArray[np.int32]:
    """Row numbers of the pairs found, in the wanted order; an attribute or modality that is unknown finds nothing.

    `among`: bool [P], the rows to look at; without it all.
    """
    matches = _matches(table, search)
    rows = np.flatnonzero(matches if among is None else matches & among).astype(np.int32)
    for word in folded_text(search.text).split():
        rows = rows[_holds(table, rows, word)]
    keys = _order_keys(table, rows, search.order)
    return rows[np.lexsort(keys)] if keys else rows


def examples(table: PairTable, outcome: Outcome, n: int) -> list[int]:
    """Row numbers of up to `n` strong pairs of one outcome, no attribute twice.

    First a pair between every two modalities that have one, then the strongest of the rest.
    """
    rows = find_pairs(table, PairSearch(outcomes=(outcome,)))
    low, high = np.sort(table.modality_number[np.stack([table.source[rows], table.target[rows]])], axis=0)
    kinds = (low * len(table.catalogue) + high).tolist()
    chosen: list[int] = []
    used: set[int] = set()
    for is_once_per_kind in (True, False):
        seen: set[int] = set()
        for row, kind in zip(rows.tolist(), kinds, strict=True):
            ends = {int(table.source[row]), int(table.target[row])}
            if len(chosen) == n:
                return chosen
            if kind not in seen and not ends & used:
                chosen.append(row)
                used |= ends
                if is_once_per_kind:
                    seen.add(kind)
    return chosen


def folded_text(text: str) -> str:
    """Text as searches compare it: lower case, accents dropped."""
    if text.isascii():
        return text.lower()
    return _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold()))


def _matches(table: PairTable, search: PairSearch) -> NDArray[np.bool_]:
    found = np.isin(table.outcome, search.outcomes)
    if search.attribute:
        position = table.catalogue.position_of.get(search.attribute, -1)
        found &= (table.source == position) | (table.target == position)
    if search.modalities is not None:
        found &= _between(table, search.modalities)
    low, high = search.strength
    if low > 0.0 or high < 1.0:
        found &= (table.strength >= np.float32(low)) & (table.strength <= np.float32(high))
    if search.bases:
        found &= np.isin(table.basis, search.bases)
    if search.is_unstable:
        found &= table.stability < 1.0  # never true of NaN
    return found


def _between(table: PairTable, modalities: tuple[str, str]) -> NDArray[np.bool_]:
    known = table.catalogue.modalities
    a, b = (known.index(name) if name in known else -1 for name in modalities)
    source, target = table.modality_number[table.source], table.modality_number[table.target]
    between: NDArray[np.bool_] = ((source == a) & (target == b)) | ((source == b) & (target == a))
    return between


def _holds(table: PairTable, rows: NDArray[np.int32], word: str) -> NDArray[np.bool_]:
    """Whether each of the rows has the word in a value or in its reason."""
    named = np.array([word in value for value in table.folded_values], dtype=np.bool_)
    found: NDArray[np.bool_] = named[table.source[rows]] | named[table.target[rows]]
    if table.folded_reasons is not None:
        rest = np.flatnonzero(~found)
        reasons = table.folded_reasons.take(pa.array(rows[rest]))
        found[rest] = pc.match_substring(reasons, word).to_numpy(zero_copy_only=False)
    return found


def _order_keys(table: PairTable, rows: NDArray[np.int32], order: PairOrder) -> tuple[NDArray[Any], ...]:
    """Sort keys, the least significant first; no keys keep the catalogue's order. Unknown strengths come last."""
    if order is PairOrder.CALL:
        return (table.call[rows],)
    if order is PairOrder.NAMES:
        return (table.name_rank[table.target[rows]], table.name_rank[table.source[rows]])
    strength = table.strength[rows]
    return (-strength if order is PairOrder.STRONGEST else strength,)
