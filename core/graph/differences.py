"""The pairs in which two graphs differ: opposite signs, and edges that one of them has alone."""

from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.catalogue.model import Attribute
from core.graph.known_pairs import CommonGround, KnownPairs, merged_keys
from core.graph.model import Outcome
from core.graph.pair_table import SIGNED, Pair, PairTable, folded_text

_NOWHERE = -1  # instead of a row: the table does not list the pair


class DifferenceKind(StrEnum):
    """In what two graphs differ about a pair.

    `FLIPPED`, `ONLY_A` and `ONLY_B` are apart and make up `ALL`; `ZERO_AGAINST_SIGN` is the part of the last two where
    the other graph does hold an answer: no signal.
    """

    ALL = "all"
    FLIPPED = "flipped"
    ONLY_A = "only_a"
    ONLY_B = "only_b"
    ZERO_AGAINST_SIGN = "zero_against_sign"


class DifferenceSearch(BaseModel):
    """Which differing pairs to find; every condition must hold.

    `modalities` names two modalities, in either order. Each word of `text` must occur in one of the two values or in
    one of the two reasons, whatever its case and accents.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DifferenceKind = DifferenceKind.ALL
    modalities: tuple[str, str] | None = None
    text: str = ""


class Differences(NamedTuple):
    """Columns of length D, sorted by (source, target).

    `source`, `target`: int32 positions in a's own catalogue, `source < target`; `outcome_a`, `outcome_b`: int8
    `Outcome`, `UNJUDGED` where a graph does not list the pair; `row_a`, `row_b`: int32, where the pair stands in the
    graph's own table, -1 where it does not.
    """

    source: NDArray[np.int32]
    target: NDArray[np.int32]
    outcome_a: NDArray[np.int8]
    outcome_b: NDArray[np.int8]
    row_a: NDArray[np.int32]
    row_b: NDArray[np.int32]

    def of_kind(self, kind: DifferenceKind) -> NDArray[np.bool_]:
        """Which of the D pairs are of a kind, bool [D]."""
        in_a, in_b = np.isin(self.outcome_a, SIGNED), np.isin(self.outcome_b, SIGNED)
        zero = (self.outcome_a == Outcome.NEUTRAL) | (self.outcome_b == Outcome.NEUTRAL)
        found: dict[DifferenceKind, NDArray[np.bool_]] = {
            DifferenceKind.ALL: np.ones(len(self.source), dtype=np.bool_),
            DifferenceKind.FLIPPED: in_a & in_b,
            DifferenceKind.ONLY_A: in_a & ~in_b,
            DifferenceKind.ONLY_B: in_b & ~in_a,
            DifferenceKind.ZERO_AGAINST_SIGN: zero,
        }
        return found[kind]


class Difference(NamedTuple):
    """One differing pair as values; strength and reason as far as a graph knows them."""

    source: Attribute
    target: Attribute
    outcome_a: Outcome
    outcome_b: Outcome
    strength_a: float | None
    strength_b: float | None
    reason_a: str
    reason_b: str


def find_differences(ground: CommonGround) -> Differences:
    """Every pair that is + or - in one graph at least and not the same in the other, as `PairAgreement` counts them."""
    n = len(ground.catalogue)
    keys = merged_keys(ground.a, ground.b, n)
    row_a, outcome_a = _looked_up(ground.a, keys, n)
    row_b, outcome_b = _looked_up(ground.b, keys, n)
    is_signed = np.isin(outcome_a, SIGNED) | np.isin(outcome_b, SIGNED)
    found = np.flatnonzero(is_signed & (outcome_a != outcome_b))
    source, target = np.divmod(keys[found], max(n, 1))
    position = ground.position_a
    return Differences(
        position[source], position[target], outcome_a[found], outcome_b[found], row_a[found], row_b[found]
    )


def search_differences(
    found: Differences, table_a: PairTable, table_b: PairTable, search: DifferenceSearch
) -> NDArray[np.int32]:
    """Numbers of the differing pairs that a search finds.

    First opposite signs, then 0 against a sign, then a sign against nothing; within each the clearest first, by the sum
    of both strengths (an unknown one counts as 0), then in the order of the catalogue.
    """
    is_found = found.of_kind(search.kind)
    if search.modalities is not None:
        is_found = is_found & _between(found, table_a, search.modalities)
    rows = np.flatnonzero(is_found).astype(np.int32)
    for word in folded_text(search.text).split():
        rows = rows[_holds(found, rows, table_a, table_b, word)]
    strength = _strength(table_a, found.row_a[rows]) + _strength(table_b, found.row_b[rows])
    class_of = found.of_kind(DifferenceKind.FLIPPED) * 2 + found.of_kind(DifferenceKind.ZERO_AGAINST_SIGN)
    return rows[np.lexsort((-strength, -class_of[rows]))]


def difference(found: Differences, number: int, table_a: PairTable, table_b: PairTable) -> Difference:
    """One differing pair with what both graphs say of it."""
    attributes = table_a.catalogue.attributes
    in_a, in_b = _pair(table_a, int(found.row_a[number])), _pair(table_b, int(found.row_b[number]))
    return Difference(
        attributes[found.source[number]],
        attributes[found.target[number]],
        Outcome(found.outcome_a[number]),
        Outcome(found.outcome_b[number]),
        in_a.strength if in_a else None,
        in_b.strength if in_b else None,
        in_a.reason if in_a else "",
        in_b.reason if in_b else "",
    )


def _pair(table: PairTable, row: int) -> Pair | None:
    return None if row == _NOWHERE else table.pair(row)


def _looked_up(known: KnownPairs, keys: NDArray[np.int64], n: int) -> tuple[NDArray[np.int32], NDArray[np.int8]]:
    """Row and outcome of each pair of `keys`, a superset of the graph's own."""
    row = np.full(len(keys), _NOWHERE, dtype=np.int32)
    outcome = np.full(len(keys), Outcome.UNJUDGED, dtype=np.int8)
    place = np.searchsorted(keys, known.keys(n))
    row[place], outcome[place] = known.row, known.outcome
    return row, outcome


def _between(found: Differences, table: PairTable, modalities: tuple[str, str]) -> NDArray[np.bool_]:
    known = table.catalogue.modalities
    a, b = (known.index(name) if name in known else _NOWHERE for name in modalities)
    source, target = table.modality_number[found.source], table.modality_number[found.target]
    between: NDArray[np.bool_] = ((source == a) & (target == b)) | ((source == b) & (target == a))
    return between


def _strength(table: PairTable, rows: NDArray[np.int32]) -> NDArray[np.float32]:
    """0 where a table does not list the pair or knows no strength."""
    known = np.nan_to_num(np.append(table.strength, np.float32(0)))  # the last one, for -1
    return known[rows].astype(np.float32)


def _holds(
    found: Differences, rows: NDArray[np.int32], table_a: PairTable, table_b: PairTable, word: str
) -> NDArray[np.bool_]:
    """Whether each of the rows has the word in a value or in a reason."""
    named = np.array([word in value for value in table_a.folded_values], dtype=np.bool_)
    held: NDArray[np.bool_] = named[found.source[rows]] | named[found.target[rows]]
    for table, where in ((table_a, found.row_a[rows]), (table_b, found.row_b[rows])):
        rest = np.flatnonzero(~held & (where != _NOWHERE))
        if table.folded_reasons is not None:
            reasons = table.folded_reasons.take(pa.array(where[rest]))
            held[rest] = pc.match_substring(reasons, word).to_numpy(zero_copy_only=False)
    return held
