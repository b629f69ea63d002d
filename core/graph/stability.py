"""Stability probes: some pairs are asked once more, the other way round and at another place in their call.

A probe call takes an attribute that was a target and asks it as the primary against some of its former primaries. That
packs the pairs into few calls; the price is that pairs of one probe share an attribute, so the interval of the
self-agreement counts probe calls, not pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.catalogue.model import Catalogue
from core.graph.call_plan import DEFAULT_BATCH_SIZE, PlannedCall
from core.graph.intervals import Interval, clustered_share
from core.graph.judges.protocol import Judge
from core.graph.judging import ask_calls
from core.graph.model import Outcome, Verdict, VerdictTable
from core.progress import Steps

_ANSWERED = (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)


class ProbeSettings(BaseModel):
    """How much is asked again: `share` of the asked pairs (0 turns probes off), drawn with `seed`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float = Field(default=0.05, ge=0, le=1)
    seed: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class SelfAgreement:
    """How often a judge repeats itself. `n_pairs`: pairs answered both times; `n_lost`: those with an answer missing.

    `agreement`: share of `n_pairs` with the same outcome, with its 95 % interval over probe calls; `n_flipped`: from +
    to - or the reverse.
    """

    n_pairs: int
    n_lost: int
    n_flipped: int
    agreement: Interval


@dataclass(frozen=True, eq=False)
class Probed:
    """Verdicts with the stability of probed pairs filled in, and what the probes say of the whole run."""

    verdicts: VerdictTable
    self_agreement: SelfAgreement
    n_calls: int
    stopped: str


def plan_probes(
    calls: Sequence[PlannedCall], settings: ProbeSettings, batch_size: int = DEFAULT_BATCH_SIZE
) -> tuple[PlannedCall, ...]:
    """Choose pairs of calls that were made and plan them the other way round, numbered on from the last call.

    The former primaries of each attribute are cut at random into probe calls of at most `batch_size`, and random probe
    calls are taken until `share` of all pairs (rounded up) is planned, so every pair is as likely as any other. No pair
    keeps its old place in the call where another place is to be had.
    """
    pairs = _asked_pairs(calls)
    random = np.random.default_rng(settings.seed)
    groups = [
        rows[first : first + batch_size]
        for target in np.unique(pairs.target)
        for rows in [random.permutation(np.flatnonzero(pairs.target == target))]
        for first in range(0, len(rows), batch_size)
    ]
    wanted = int(np.ceil(settings.share * len(pairs.target)))
    number = 1 + max((call.number for call in calls), default=-1)
    probes: list[PlannedCall] = []
    for group in random.permutation(len(groups)):
        rows = _moved(groups[group][:wanted], pairs.place)
        if not len(rows):
            break
        probes.append(PlannedCall(number + len(probes), int(pairs.target[rows[0]]), pairs.primary[rows]))
        wanted -= len(rows)
    return tuple(probes)


def probe(
    catalogue: Catalogue, verdicts: VerdictTable, probes: Sequence[PlannedCall], judge: Judge, n_workers: int = 1
) -> Steps[Probed]:
    """Ask the probes and hold their answers against the verdicts; a reached budget ends it early, keeping the rest."""
    asked = yield from ask_calls(catalogue, probes, judge, n_workers)
    made = [(call, answer) for call, answer in zip(probes, asked.answers, strict=True) if answer is not None]
    probed = merge_probes(verdicts, made)
    return replace(probed, stopped=asked.stopped)


def merge_probes(verdicts: VerdictTable, made: Sequence[tuple[PlannedCall, Sequence[Verdict]]]) -> Probed:
    """Hold probes that were made against the verdicts. No outcome changes: a probe tells how far to trust it.

    A pair's stability is the share of its answered repetitions that agree with its outcome; it stays as it was where
    either side has no answer. Probes of pairs that are not in the table are counted as lost.
    """
    repeats = _repeats(verdicts, made)
    known = repeats[(repeats["row"] >= 0)]
    first = verdicts.outcome[known["row"]]
    both = np.isin(first, _ANSWERED) & np.isin(known["outcome"], _ANSWERED)
    answered, first = known[both], first[both]
    agrees = answered["outcome"] == first
    n_askings = np.bincount(answered["row"], minlength=len(verdicts))
    n_agreeing = np.bincount(answered["row"], weights=agrees, minlength=len(verdicts))
    with np.errstate(invalid="ignore"):
        measured = (n_agreeing / n_askings).astype(np.float32)
    stability = np.where(n_askings > 0, measured, verdicts.stability).astype(np.float32)
    agreement = SelfAgreement(
        n_pairs=len(answered),
        n_lost=len(repeats) - len(answered),
        n_flipped=int(np.count_nonzero(answered["outcome"] * first == -1)),
        agreement=clustered_share(agrees, answered["call"]),
    )
    return Probed(replace(verdicts, stability=stability), agreement, len(made), "")


class _Pairs(NamedTuple):
    """Pairs as they were asked, columns of length P: int32 `primary` and `target`, and `place` in the call from 0."""

    primary: NDArray[np.int32]
    target: NDArray[np.int32]
    place: NDArray[np.int64]


def _asked_pairs(calls: Sequence[PlannedCall]) -> _Pairs:
    if not calls:
        nothing = np.zeros(0, dtype=np.int32)
        return _Pairs(nothing, nothing, np.zeros(0, dtype=np.int64))
    sizes = [len(call.targets) for call in calls]
    return _Pairs(
        np.repeat(np.array([call.primary for call in calls], dtype=np.int32), sizes),
        np.concatenate([call.targets for call in calls]).astype(np.int32),
        np.concatenate([np.arange(size) for size in sizes]),
    )


def _moved(rows: NDArray[np.int64], place: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rows in an order in which none stands where it stood, if there is such an order."""
    rows = rows.copy()
    for at in range(len(rows)):
        if place[rows[at]] == at:
            # Whatever comes here must not have stood here; what leaves stood here, so any other place is new to it.
            free = np.flatnonzero(place[rows] != at)
            if len(free):
                rows[[at, free[0]]] = rows[[free[0], at]]
    return rows


_REPEAT = np.dtype([("row", np.int64), ("outcome", np.int8), ("call", np.int32)])


def _repeats(verdicts: VerdictTable, made: Sequence[tuple[PlannedCall, Sequence[Verdict]]]) -> NDArray[np.void]:
    """Every repeated asking: its row in the table (-1 where it has none), its outcome and its call."""
    ends = zip(verdicts.source.tolist(), verdicts.target.tolist(), strict=True)
    row_of = {pair: row for row, pair in enumerate(ends)}
    return np.array(
        [
            (row_of.get((min(call.primary, other), max(call.primary, other)), -1), verdict.outcome, call.number)
            for call, answer in made
            for other, verdict in zip(call.targets.tolist(), answer, strict=True)
        ],
        dtype=_REPEAT,
    )
