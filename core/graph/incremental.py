"""Runs that ask only what is new in a changed catalogue: the answers of an earlier run are carried over."""

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.attribute_match import match_attributes
from core.graph.call_plan import CallPlan
from core.graph.candidate_pairs import Pairs, all_pairs
from core.graph.model import Basis, Outcome, VerdictTable

ANSWERS = (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE)
NO_CALL = -1
_AND = " + "  # between the names of judges
MAX_CANDIDATES = 20_000_000  # pairs held at once: half a gigabyte


@dataclass(frozen=True, slots=True)
class CarryReport:
    """What became of an earlier run's verdicts; the first four count attributes, the others pairs.

    `n_again`: pairs to ask although both attributes are the same, because there is no answer to carry over.
    """

    n_new: int
    n_changed: int
    n_removed: int
    n_same: int
    n_carried: int
    n_to_ask: int
    n_again: int
    is_same_judge: bool


@dataclass(frozen=True, eq=False)
class CarryOver:
    """Verdicts over the new catalogue's positions that need not be asked, and the candidate pairs that are left."""

    verdicts: VerdictTable
    to_ask: Pairs
    report: CarryReport


def carry_over(
    parent: Catalogue,
    verdicts: VerdictTable,
    catalogue: Catalogue,
    *,
    is_same_judge: bool,
    bases: Collection[Basis] = (Basis.ASKED,),
) -> CarryOver:
    """Keep the answers on pairs whose attributes are both the same as in `parent` (see `match_attributes`).

    An answer is `+`, `-` or neutral, on one of the `bases`; what is unresolved or unjudged is asked again. Carried rows
    keep everything but their call number, which is -1: no call of the new run asked them. `is_same_judge`: whether the
    fingerprints of both runs' judges are equal; where they are not, nothing is carried. `ValenceError` when the
    verdicts are of another catalogue than `parent`, or the candidate pairs too many to list.
    """
    if len(verdicts) and max(int(verdicts.source.max()), int(verdicts.target.max())) >= len(parent):
        raise ValenceError("These verdicts are of another catalogue.", "Give the catalogue that they were made from.")
    if catalogue.n_pairs > MAX_CANDIDATES:
        raise ValenceError(
            f"This catalogue has {catalogue.n_pairs:,} candidate pairs; an earlier run can be continued with "
            f"{MAX_CANDIDATES:,} at most.",
            "Split the catalogue into smaller ones.",
        )
    match = match_attributes(parent, catalogue)
    new_position = np.full(len(parent), -1, dtype=np.int32)
    is_same = match.old_position >= 0
    new_position[match.old_position[is_same]] = np.flatnonzero(is_same)
    ends = np.stack([new_position[verdicts.source], new_position[verdicts.target]])
    is_carried = (ends >= 0).all(axis=0) & np.isin(verdicts.outcome, ANSWERS) & np.isin(verdicts.basis, list(bases))
    kept = np.flatnonzero(is_carried & is_same_judge)
    no_call = np.full(len(kept), NO_CALL, dtype=np.int32)
    carried = _sorted(replace(_rows(verdicts, kept), source=ends[0, kept], target=ends[1, kept], call=no_call))
    to_ask = _without(all_pairs(catalogue), carried, len(catalogue))
    n_again = int(np.count_nonzero(is_same[to_ask.source] & is_same[to_ask.target]))
    report = CarryReport(
        n_new=match.n_new,
        n_changed=match.n_changed,
        n_removed=match.n_removed,
        n_same=match.n_same,
        n_carried=len(carried),
        n_to_ask=len(to_ask.source),
        n_again=n_again,
        is_same_judge=is_same_judge,
    )
    return CarryOver(carried, to_ask, report)


def incremental_text(report: CarryReport, plan: CallPlan) -> str:
    """What a run will cost and why, such as `+12 attributes: +31 calls`; `plan` asks the pairs that are left."""
    changes = [
        f"+{_counted(report.n_new, 'attribute')}" if report.n_new else "",
        f"{report.n_changed:,} changed" if report.n_changed else "",
        f"{report.n_removed:,} removed" if report.n_removed else "",
        f"{_counted(report.n_again, 'pair')} without an answer" if report.n_again and report.is_same_judge else "",
        "" if report.is_same_judge else "another judge, nothing is carried over",
    ]
    why = ", ".join(change for change in changes if change) or "nothing changed"
    return f"{why}: +{_counted(plan.n_calls, 'call')}"


def unresolved_pairs(verdicts: VerdictTable) -> Pairs:
    """The pairs that were asked without a usable answer: what "ask again" asks."""
    is_unresolved = verdicts.outcome == Outcome.UNRESOLVED
    return Pairs(verdicts.source[is_unresolved], verdicts.target[is_unresolved])


def merge_verdicts(carried: VerdictTable, judged: VerdictTable) -> VerdictTable:
    """Both tables in one, over the same catalogue.

    Of a pair in both the judged row stays, unless only the carried one has an answer. Calls of `judged` are numbered on
    after those of `carried`; rows that no call asked keep -1. Where the judges differ both are named.
    """
    after = int(carried.call.max(initial=NO_CALL)) + 1
    judged = replace(judged, call=np.where(judged.call == NO_CALL, NO_CALL, judged.call + after).astype(np.int32))
    width = 1 + max((int(table.target.max(initial=-1)) for table in (carried, judged)), default=0)
    _, of_carried, of_judged = np.intersect1d(
        _keys(carried.source, carried.target, width), _keys(judged.source, judged.target, width), return_indices=True
    )
    is_lost = np.isin(carried.outcome[of_carried], ANSWERS) & ~np.isin(judged.outcome[of_judged], ANSWERS)
    both = _joined(
        _rows(carried, np.delete(np.arange(len(carried)), of_carried[~is_lost])),
        _rows(judged, np.delete(np.arange(len(judged)), of_judged[is_lost])),
    )
    return _sorted(both)


def _keys(source: NDArray[np.int32], target: NDArray[np.int32], width: int) -> NDArray[np.int64]:
    return source.astype(np.int64) * width + target


def _without(pairs: Pairs, known: VerdictTable, width: int) -> Pairs:
    is_left = ~np.isin(
        _keys(pairs.source, pairs.target, width), _keys(known.source, known.target, width), assume_unique=True
    )
    return Pairs(pairs.source[is_left], pairs.target[is_left])


def _sorted(table: VerdictTable) -> VerdictTable:
    low, high = np.minimum(table.source, table.target), np.maximum(table.source, table.target)
    return _rows(replace(table, source=low, target=high), np.lexsort((high, low)))


def _rows(table: VerdictTable, rows: NDArray[np.int64]) -> VerdictTable:
    numbers = rows.tolist()
    return VerdictTable(
        source=table.source[rows],
        target=table.target[rows],
        outcome=table.outcome[rows],
        strength=table.strength[rows],
        call=table.call[rows],
        reason=tuple(table.reason[row] for row in numbers),
        judge=table.judge,
        basis=table.basis[rows],
        probability=table.probability[rows],
        stability=table.stability[rows],
        evidence=tuple(table.evidence[row] for row in numbers),
        reply=tuple(table.reply[row] for row in numbers),
    )


def _joined(first: VerdictTable, second: VerdictTable) -> VerdictTable:
    judges = dict.fromkeys(name for table in (first, second) if len(table) for name in table.judge.split(_AND))
    return VerdictTable(
        source=np.concatenate([first.source, second.source]),
        target=np.concatenate([first.target, second.target]),
        outcome=np.concatenate([first.outcome, second.outcome]),
        strength=np.concatenate([first.strength, second.strength]),
        call=np.concatenate([first.call, second.call]),
        reason=first.reason + second.reason,
        judge=_AND.join(judges) or second.judge,
        basis=np.concatenate([first.basis, second.basis]),
        probability=np.concatenate([first.probability, second.probability]),
        stability=np.concatenate([first.stability, second.stability]),
        evidence=first.evidence + second.evidence,
        reply=first.reply + second.reply,
    )


def _counted(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"
