"""The gateway: throughput, the price of failures, budgets and kills; the model is a fake that keeps its own books."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.table import Row
from core.llm.budget import Budget
from core.llm.gateway import Gateway
from core.store.answer_log import open_answer_log
from tests.fakes.killed_run import Order, runs
from tests.fakes.simulated_runs import FAILING_SHARE, budget_run, failing_run
from tests.fakes.unreliable_provider import UnreliableProvider, fast_log, question

_WORKERS, _CALLS, _CALL_S = 7, 70, 1.0
_FAILING_RUNS, _FAILING_CALLS = 10, 348  # the calls of 160 attributes, by brute force
_BUDGET_RUNS = 1_000
_KILLS, _KILLS_PER_RUN, _KILLED_QUESTIONS = 100, 20, 140


def run() -> list[Row]:
    """One row per promise; the note says what stands beside it."""
    return [_in_folder(work) for work in (_throughput, _failures, _budgets, _kills)]


def _in_folder(work: Callable[[Path], Row]) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        return work(Path(folder))


def _throughput(folder: Path) -> Row:
    """Real threads, a real clock and a log that waits for the disk."""
    log = open_answer_log(folder / "answers.sqlite")
    provider = UnreliableProvider(sleep=time.sleep, latency_s=lambda: _CALL_S)
    with Gateway(provider, log, run="r", budget=Budget(max_calls=_CALLS), n_workers=_WORKERS) as gateway:
        started = time.perf_counter()
        with ThreadPoolExecutor(_WORKERS) as pool:
            list(pool.map(lambda number: gateway.ask(question(number), "sign", str(number)), range(_CALLS)))
        seconds = time.perf_counter() - started
    log.close()
    ideal = _CALLS * _CALL_S / _WORKERS
    note = f"seconds of {_CALLS} calls, ideal ones beside; the ratio is the share of ideal throughput, >= .95 asked"
    return Row(f"gateway, {_WORKERS} workers, 1 s a call", seconds, ideal, ideal / seconds, "s", note)


def _failures(folder: Path) -> Row:
    log = fast_log(folder / "answers.sqlite")
    n_calls = n_billed = n_answered = n_named = 0
    for seed in range(_FAILING_RUNS):
        ended = failing_run(log, seed, range(seed * _FAILING_CALLS, (seed + 1) * _FAILING_CALLS))
        n_calls, n_billed = n_calls + ended.provider.n_calls, n_billed + ended.provider.n_billed
        n_answered, n_named = n_answered + len(ended.answered), n_named + len(ended.outcomes)
    log.close()
    n = _FAILING_RUNS * _FAILING_CALLS
    note = (
        f"<= 1.5 asked; {n_billed / n:.2f} may be charged, the others are refusals; {n_answered:,} answered, "
        f"{n_named - n_answered} listed as unresolved, {n - n_named} lost"
    )
    return Row(f"calls sent, {FAILING_SHARE:.0%} of them failing", n_calls, n, n_calls / n, "calls", note)


def _budgets(folder: Path) -> Row:
    log, overruns, n_stopped = fast_log(folder / "answers.sqlite"), Counter[str](), 0
    for seed in range(_BUDGET_RUNS):
        n_stopped += budget_run(log, seed, overruns).is_stopped
    log.close()
    note = f"0 asked; {_BUDGET_RUNS:,} seeded runs, each resumed once, {FAILING_SHARE:.0%} of calls failing; "
    note += f"{n_stopped} stopped at a limit"
    return Row("budget overruns", overruns.total(), 0, None, "overruns", note)


def _kills(folder: Path) -> Row:
    """Five runs, each killed 20 times; what a provider was asked twice is counted at the provider."""
    n_repeated = n_wrong = 0
    whole = {number: f"REQUEST {number}" for number in range(_KILLED_QUESTIONS)}
    with runs() as processes:
        for seed in range(_KILLS // _KILLS_PER_RUN):
            order = Order(str(folder / str(seed)), _KILLED_QUESTIONS, _WORKERS)
            killed = processes.kill_again_and_again(order, _KILLS_PER_RUN, random.Random(seed))
            n_repeated, n_wrong = n_repeated + killed.n_repeated, n_wrong + (killed.answers != whole)
    most = _WORKERS * _KILLS
    note = (
        f"at most one per worker and kill asked; {n_wrong} of {_KILLS // _KILLS_PER_RUN} runs ended with other answers"
    )
    return Row(f"paid calls repeated, {_KILLS} kills", n_repeated, most, n_repeated / most, "calls", note)
