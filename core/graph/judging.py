"""Running planned calls past a judge, several at a time."""

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.asking import Asked, ask_all
from core.graph.call_plan import CallPlan, PlannedCall
from core.graph.judges.protocol import Judge
from core.graph.model import Verdict, VerdictTable, verdict_table
from core.progress import Steps


class Judged(NamedTuple):
    """One verdict per pair of the calls that were made; `stopped`: why the others were not, or empty."""

    verdicts: VerdictTable
    n_calls: int
    stopped: str


def judge_plan(catalogue: Catalogue, plan: CallPlan, judge: Judge, n_workers: int = 1) -> Steps[Judged]:
    """Ask every planned call and collect one verdict per pair; a reached budget ends it early, with what there is."""
    calls = list(plan)
    asked = yield from ask_calls(catalogue, calls, judge, n_workers)
    made = [(call, answer) for call, answer in zip(calls, asked.answers, strict=True) if answer is not None]
    return Judged(table_of_calls(made, judge.name), len(made), asked.stopped)


def table_of_calls(made: Sequence[tuple[PlannedCall, Sequence[Verdict]]], judge_name: str) -> VerdictTable:
    """The verdicts of calls that were made, as columns; no pair may be in two of them."""
    sizes = [len(call.targets) for call, _ in made]
    return verdict_table(
        np.repeat(np.array([call.primary for call, _ in made], dtype=np.int32), sizes),
        np.concatenate([call.targets for call, _ in made]) if made else np.zeros(0, dtype=np.int32),
        [verdict for _, answer in made for verdict in answer],
        np.repeat(np.array([call.number for call, _ in made], dtype=np.int32), sizes),
        judge_name,
    )


def made_calls(verdicts: VerdictTable) -> tuple[PlannedCall, ...]:
    """The calls behind a table, read back from its call numbers: the attribute that all pairs of a call share asked.

    Of a call with one pair the first end counts as the one that asked; targets come in ascending order.
    """
    asked = np.flatnonzero(verdicts.call >= 0)
    order = asked[np.argsort(verdicts.call[asked], kind="stable")]
    parts = np.split(order, np.flatnonzero(np.diff(verdicts.call[order])) + 1) if len(order) else []
    return tuple(_made_call(verdicts, rows) for rows in parts)


def _made_call(verdicts: VerdictTable, rows: NDArray[np.int64]) -> PlannedCall:
    source, target = verdicts.source[rows], verdicts.target[rows]
    primary = source[0] if np.all((source == source[0]) | (target == source[0])) else target[0]
    targets = np.where(source == primary, target, source)
    return PlannedCall(int(verdicts.call[rows[0]]), int(primary), np.sort(targets).astype(np.int32))


def ask_calls(
    catalogue: Catalogue, calls: Sequence[PlannedCall], judge: Judge, n_workers: int = 1
) -> Steps[Asked[Sequence[Verdict]]]:
    """Ask each call, at most `n_workers` at a time; yields after each, and while it waits.

    A reached budget makes no further calls and keeps the answers. Any other failure ends the run, as does closing the
    generator; calls in flight are then left to end by themselves. `ValenceError` when the judge answers with another
    number of verdicts than it was asked for.
    """
    tasks = [partial(_ask, catalogue, call, judge) for call in calls]
    return (yield from ask_all(tasks, n_workers, "Judging pairs"))


def _ask(catalogue: Catalogue, call: PlannedCall, judge: Judge) -> Sequence[Verdict]:
    answer = judge.verdicts(
        catalogue.attributes[call.primary], [catalogue.attributes[target] for target in call.targets]
    )
    if len(answer) != len(call.targets):
        raise ValenceError(
            f"Judge {judge.name!r} gave {len(answer)} verdicts for the {len(call.targets)} pairs of "
            f"call {call.number + 1}.",
            "Nothing was saved; report this as a fault of the judge.",
        )
    return answer
