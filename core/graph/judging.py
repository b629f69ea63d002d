"""Running planned calls past a judge, several at a time."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.call_plan import CallPlan, PlannedCall
from core.graph.judges.protocol import Judge
from core.graph.model import Verdict, VerdictTable, verdict_table
from core.llm.budget import BudgetReached
from core.progress import Progress, Steps

_HEARTBEAT_S = 0.25  # how often a run that waits for answers can be cancelled


class Asked(NamedTuple):
    """Answers in the order of the calls, None where a call was not made; `stopped`: why some were not, or empty."""

    answers: list[Sequence[Verdict] | None]
    stopped: str


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


def ask_calls(catalogue: Catalogue, calls: Sequence[PlannedCall], judge: Judge, n_workers: int = 1) -> Steps[Asked]:
    """Ask each call, at most `n_workers` at a time; yields after each, and while it waits.

    A reached budget makes no further calls and keeps the answers. Any other failure ends the run, as does closing the
    generator; calls in flight are then left to end by themselves. `ValenceError` when the judge answers with another
    number of verdicts than it was asked for.
    """
    answers: list[Sequence[Verdict] | None] = [None] * len(calls)
    done, n_pairs, n_all, stopped = 0, 0, sum(len(call.targets) for call in calls), ""
    for position, future in _answered(catalogue, calls, judge, n_workers):
        if future is not None:
            try:
                answers[position] = answer = future.result()
            except BudgetReached as reached:
                stopped = str(reached)
                continue
            done, n_pairs = done + 1, n_pairs + len(answer)
        yield Progress(done, len(calls), f"{n_pairs:,} of {n_all:,} pairs judged")
    return Asked(answers, stopped)


_Answer = Future[Sequence[Verdict]]


def _answered(
    catalogue: Catalogue, calls: Sequence[PlannedCall], judge: Judge, n_workers: int
) -> Iterator[tuple[int, _Answer | None]]:
    """Each call's position and its ended future, as they end; (-1, None) while all are waited for.

    After a budget was reached nothing more is started.
    """
    waiting, running = deque(enumerate(calls)), dict[_Answer, int]()
    with _pool(n_workers) as pool:
        while waiting or running:
            while waiting and len(running) < n_workers:
                position, call = waiting.popleft()
                running[pool.submit(_ask, catalogue, call, judge)] = position
            ended, _ = wait(running, timeout=_HEARTBEAT_S, return_when=FIRST_COMPLETED)
            if any(isinstance(future.exception(), BudgetReached) for future in ended):
                waiting.clear()
            if not ended:
                yield -1, None
            for future in sorted(ended, key=running.__getitem__):
                yield running.pop(future), future


@contextmanager
def _pool(n_workers: int) -> Iterator[ThreadPoolExecutor]:
    """Threads that nobody waits for when the run is broken off: a provider may take minutes to answer."""
    pool = ThreadPoolExecutor(n_workers, thread_name_prefix="judge")
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


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
