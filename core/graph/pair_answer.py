"""What one graph says of one pair, from the graph in memory or from its files without reading the rest of them."""

import csv
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import CorruptArtefact
from core.graph.model import Basis, Outcome, Sign, SignedGraph, VerdictTable
from core.graph.pair_lookup import row_of

_SIGN_OF = {sign.symbol: Outcome(sign) for sign in Sign}


@dataclass(frozen=True, slots=True)
class PairAnswer:
    """One pair's answer; `call` counts from 1. What is not known is None or empty, as for all but the sign of an edge
    in an uploaded file. Fields as in `VerdictTable`.
    """

    outcome: Outcome
    basis: Basis
    strength: float | None = None
    reason: str = ""
    call: int | None = None
    judge: str = ""
    probability: float | None = None
    stability: float | None = None
    evidence: tuple[str, ...] = ()
    reply: str = ""


def answer_in(answers: VerdictTable | SignedGraph, source: int, target: int) -> PairAnswer | None:
    """The answer on a pair of catalogue positions, in either order; None where there is none."""
    row = row_of(answers, source, target)
    if row is None:
        return None
    if isinstance(answers, SignedGraph):
        return PairAnswer(Outcome(answers.sign[row]), Basis.UPLOADED)
    return PairAnswer(
        Outcome(answers.outcome[row]),
        Basis(answers.basis[row]),
        _known(answers.strength[row]),
        answers.reason[row],
        _numbered(answers.call[row]),
        answers.judge,
        _known(answers.probability[row]),
        _known(answers.stability[row]),
        answers.evidence[row],
        answers.reply[row],
    )


def answer_in_verdicts(data: bytes, first: str, second: str) -> PairAnswer | None:
    """The answer on two attribute ids, in either order, in a verdict file; `CorruptArtefact` when it is damaged."""
    try:
        file = pq.ParquetFile(io.BytesIO(data))
        ends = file.read(columns=["source", "target"], use_threads=False)
        rows = np.flatnonzero(_is_pair(ends, first, second))
        if not len(rows):
            return None
        metadata = {key.decode(): value.decode() for key, value in (file.schema_arrow.metadata or {}).items()}
        return _read_answer(file.read(use_threads=False).slice(int(rows[0]), 1).to_pylist()[0], metadata)
    except (pa.ArrowException, OSError, ValueError, LookupError) as error:
        raise CorruptArtefact("The verdict file is damaged and cannot be read.", "Build the graph again.") from error


def answer_in_edges(data: bytes, first: str, second: str) -> PairAnswer | None:
    """The sign of the edge between two attribute ids, in either order, in a stored edges file."""
    ends = {first, second}
    for line in csv.reader(io.StringIO(data.decode("utf-8"), newline="")):
        if line[0] in ends and {line[0], line[1]} == ends:
            return PairAnswer(_SIGN_OF[line[3]], Basis.UPLOADED)
    return None


def _is_pair(table: Any, first: str, second: str) -> Any:
    source, target = table.column("source"), table.column("target")
    one_way = pc.and_(pc.equal(source, first), pc.equal(target, second))
    other_way = pc.and_(pc.equal(source, second), pc.equal(target, first))
    return pc.or_(one_way, other_way).to_numpy()


def _read_answer(row: dict[str, Any], metadata: dict[str, str]) -> PairAnswer:
    """Files that were written before how a pair was judged was recorded hold pairs that were all asked."""
    return PairAnswer(
        Outcome[row["outcome"].upper()],
        Basis[row.get("basis", Basis.ASKED.name).upper()],
        _known(row["strength"]),
        row["reason"],
        _numbered(row["call"]),
        metadata.get("judge", ""),
        _known(row.get("probability")),
        _known(row.get("stability")),
        tuple(row.get("evidence", ())),
        row.get("reply", ""),
    )


def _known(number: Any) -> float | None:
    return None if number is None or np.isnan(number) else float(number)


def _numbered(call: Any) -> int | None:
    return None if call < 0 else int(call) + 1
