"""A run in another process that dies before a chosen line of code; for tests of what it leaves.

`python -m tests.fakes.killed_run` takes one order (JSON) per line, runs each in a fork, and says how it ended.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from core.llm.budget import Budget, BudgetReached
from core.llm.gateway import Gateway
from core.llm.protocol import ChatReply, ChatRequest, Finish
from core.store.answer_log import open_answer_log
from tests.fakes.unreliable_provider import answers, question

ROOT = Path(__file__).parents[2]
WATCHED = ("gateway.py", "call_log.py", "ledger.py", "answer_log.py", "sqlite_file.py", "killed_run.py")


@dataclass(frozen=True)
class Order:
    """Ask `n_questions` from `n_workers` threads; die before the `die_at`-th line of the watched files, 0 for never."""

    folder: str
    n_questions: int
    n_workers: int
    die_at: int = 0
    max_calls: int | None = None

    @property
    def log(self) -> Path:
        return Path(self.folder, "answers.sqlite")

    @property
    def paid(self) -> Path:
        """A line per call that reached the provider, written by the provider."""
        return Path(self.folder, "paid.txt")


@dataclass(frozen=True)
class Books:
    """What the kills of one run cost. `n_repeated`: calls for an answer that was paid for before."""

    n_kills: int
    n_calls: int
    n_repeated: int
    n_calls_in_log: int
    answers: dict[int, str]


class PaidProvider:
    """Writes down every call before it answers, as a bank would."""

    name = "paid"

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def complete(self, request: ChatRequest) -> ChatReply:
        os.write(self._file, f"{request.prompt}\n".encode())
        text = request.prompt.upper()
        return ChatReply(text, Finish.COMPLETE, 3, 4)


class LineCounter:
    def __init__(self, die_at: int) -> None:
        self.n_lines = 0
        self._die_at, self._guard = die_at, threading.Lock()

    def follow(self) -> None:
        sys.setswitchinterval(1e-5)  # so that many calls are in flight at any line
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._count if frame.f_code.co_filename.endswith(WATCHED) else None

    def _count(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            with self._guard:
                self.n_lines += 1
                if self.n_lines == self._die_at:
                    os.kill(os.getpid(), signal.SIGKILL)
        return self._count


def carry_out(order: Order) -> None:
    log = open_answer_log(order.log)
    numbers = iter(range(order.n_questions))
    budget = Budget(max_calls=order.max_calls)
    with Gateway(PaidProvider(order.paid), log, run="run", budget=budget, n_workers=order.n_workers) as gateway:

        def work() -> None:
            for number in numbers:  # a range's iterator gives each number once, to whatever thread
                try:
                    gateway.ask(question(number), "sign", str(number))
                except BudgetReached:
                    return

        threads = [threading.Thread(target=work) for _ in range(order.n_workers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    log.close()


class Runs:
    """The process that carries out orders."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def carry_out(self, order: Order) -> tuple[bool, int]:
        """Whether it was killed, and how many lines it ran if not."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(order)) + "\n")
        self._process.stdin.flush()
        said = json.loads(self._process.stdout.readline())
        if said["signal"] not in (0, signal.SIGKILL) or said["status"]:
            raise AssertionError(f"the run failed: {said}")
        return said["signal"] == signal.SIGKILL, said["n_lines"]

    def kill_again_and_again(self, order: Order, n_kills: int, chance: random.Random) -> Books:
        """Kill a run so often at random lines, let it end, and count what was paid."""
        folder = Path(order.folder)
        (folder / "whole").mkdir(parents=True)
        _, n_lines = self.carry_out(Order(str(folder / "whole"), order.n_questions, order.n_workers))
        killed = 0
        while killed < n_kills:
            # Early enough that questions are left for the next kill, late enough that some calls have been made.
            die_at = chance.randint(1, max(2, n_lines // (n_kills - killed + 1)))
            was_killed, _ = self.carry_out(Order(**{**asdict(order), "die_at": die_at}))
            killed += was_killed
        self.carry_out(order)
        return books(order, killed)


def books(order: Order, n_kills: int) -> Books:
    n_calls_by_prompt = Counter(order.paid.read_text().splitlines())
    log = open_answer_log(order.log)
    try:
        found = dict(answers(log, range(order.n_questions)))
        in_log = log.run_summary("run").n_calls
    finally:
        log.close()
    n_calls = n_calls_by_prompt.total()
    return Books(n_kills, n_calls, n_calls - len(n_calls_by_prompt), in_log, found)


@contextmanager
def runs() -> Iterator[Runs]:
    """Start the process, and end it."""
    command = [sys.executable, "-m", "tests.fakes.killed_run"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Runs(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()


def main() -> None:
    for line in sys.stdin:
        order = Order(**json.loads(line))
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            lines = LineCounter(order.die_at)
            status = 1
            try:
                lines.follow()
                carry_out(order)
                sys.settrace(None)
                os.write(writing, str(lines.n_lines).encode())
                status = 0
            finally:
                os._exit(status)
        os.close(writing)
        with os.fdopen(reading) as pipe:
            n_lines = int(pipe.read() or 0)
        _, ended = os.waitpid(pid, 0)
        status = os.WEXITSTATUS(ended) if os.WIFEXITED(ended) else 0
        killed_by = os.WTERMSIG(ended) if os.WIFSIGNALED(ended) else 0
        print(json.dumps({"status": status, "signal": killed_by, "n_lines": n_lines}), flush=True)


if __name__ == "__main__":
    main()
