"""Commands the tests run in another process, to kill it, starve it of disk, or meet it at the lock.

One command per line on standard input; each runs in a fork, says JSON lines, and ends with its exit status.
"""

import itertools
import json
import logging
import os
import resource
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from core.errors import ValenceError
from core.jobs import JobRunner
from core.progress import Progress, Steps
from core.store.review_log import Decision, NewReview
from core.store.workspace import Workspace, open_workspace

_voice = threading.Lock()


def say(message: Any) -> None:
    with _voice:
        os.write(1, (json.dumps(message) + "\n").encode())


def grow(workspace: Workspace, parameters: Mapping[str, Any]) -> Steps[dict[str, Any]]:
    """Save a chain of artefacts, retitle each, and delete every third one: every kind of write the store has."""
    store, n_artefacts = workspace.artefacts, parameters["n_artefacts"]
    for number in range(n_artefacts):
        files = {"rows.csv": f"row {number}\n".encode() * 50, "made.txt": lambda path: path.write_text("made")}
        store.save("rows", f"r{number}", "Rows", files, {"n_rows": 50, "number": number})
        say(f"saved r{number}")
        store.save("scrap", f"s{number}", "Scrap", {"x": b"x"}, parents={"rows": f"r{number}"})
        store.delete("scrap", f"s{number}")
        store.retitle("rows", f"r{number}", f"Rows {number}")
        say(f"retitled r{number}")
        yield Progress(number + 1, n_artefacts, f"{number + 1} saved")
    return {"last": f"r{n_artefacts - 1}"}


def run_job(root: str, n_artefacts: int, kill_at: Sequence[Any] = ()) -> None:
    """Open, run one job to its end, close. With `kill_at` = (file, line, n), die before that line's n-th run."""
    lines = Lines(tuple(kill_at))
    lines.follow()
    with open_workspace(Path(root)) as workspace:
        runner = JobRunner(workspace, {"grow": grow}, n_workers=1, progress_interval_s=0.0)
        job_id = runner.submit("grow", {"n_artefacts": n_artefacts})
        say(f"submitted {job_id}")
        runner.wait(job_id)
        runner.close()
    sys.settrace(None)
    say({"n_runs_of_lines": [[*line, n_runs] for line, n_runs in lines.n_runs.items()]})


class Lines:
    """Counts how often each line runs of the functions that change what is on disk; a process can die before any."""

    FUNCTIONS = frozenset(
        ("_create_database", "_apply", "_put_right", "save", "_publish", "delete", "retitle", "replace_text")
    ) | {"_attempt", "commit", "_run", "_run_started", "close", "release"}

    def __init__(self, last: tuple[Any, ...]) -> None:
        self.n_runs: Counter[tuple[str, int]] = Counter()
        self._last = last
        self._guard = threading.Lock()

    def follow(self) -> None:
        threading.settrace(self._enter)
        sys.settrace(self._enter)

    def _enter(self, frame: Any, event: str, argument: Any) -> Any:
        code = frame.f_code
        is_watched = "/core/" in code.co_filename and code.co_name in self.FUNCTIONS
        return self._count if is_watched else None

    def _count(self, frame: Any, event: str, argument: Any) -> Any:
        if event == "line":
            line = (Path(frame.f_code.co_filename).name, frame.f_lineno)
            with self._guard:
                self.n_runs[line] += 1
                if (*line, self.n_runs[line]) == self._last:
                    os.kill(os.getpid(), signal.SIGKILL)
        return self._count


def review(root: str, reviewer: str, n_per_append: int = 1) -> None:
    """Record reviews until killed, and say after each `append` what it has returned."""
    with open_workspace(Path(root)) as workspace:
        for number in itertools.count():
            pairs = [f"{number}-{place}" for place in range(n_per_append)]
            new = [NewReview("c", pair, "t", "g", reviewer, Decision.POSITIVE, note=f"note {pair}") for pair in pairs]
            made = workspace.reviews.append(new, key=f"{reviewer} {number}")
            if number % 5 == 4:
                workspace.reviews.withdraw([made[0].id], reviewer)
                say({"withdrawn": made[0].id})
            say({"saved": [[one.number, one.id, one.source, one.note] for one in made]})


def hold(root: str) -> None:
    """Open a workspace and keep it until killed."""
    with open_workspace(Path(root)) as workspace:
        say(f"holding {workspace.name}")
        signal.pause()


def hold_file(path: str) -> None:
    """Open a database file without asking our lock, as another program would."""
    with duckdb.connect(path):
        say("holding")
        signal.pause()


def hold_with_child(root: str) -> None:
    """Open a workspace, and leave a forked child behind that outlives the kill."""
    with open_workspace(Path(root)):
        if os.fork() == 0:
            say({"grandchild": os.getpid()})
        signal.pause()


def open_it(root: str) -> None:
    """Open and close, and say the sentence when that is refused."""
    try:
        with open_workspace(Path(root)):
            say("opened")
    except ValenceError as error:
        say({"kind": type(error).__name__, "message": str(error)})


def open_as_nobody(root: str) -> None:
    """The same as a user who may not write there."""
    if os.geteuid() == 0:
        os.seteuid(65534)
    open_it(root)


def run_out_of_disk(root: str) -> None:
    """Let every write beyond a small size fail, as on a full disk, until DuckDB shuts the database down."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with open_workspace(Path(root)) as workspace:
        database = workspace.database
        database.write("CREATE TABLE numbers (n BIGINT, filler VARCHAR)")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
        say(
            _sentence(lambda: database.write("INSERT INTO numbers SELECT i, hash(i)::VARCHAR FROM range(9000) AS t(i)"))
        )
        say(_sentence(lambda: database.write("INSERT INTO numbers VALUES (1, 'kept')")))
        say(_sentence(lambda: database.write("CHECKPOINT")))
        say(_sentence(lambda: database.read("SELECT n, filler FROM numbers")))
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        say(_sentence(lambda: database.write("INSERT INTO numbers VALUES (2, 'after')", key="second")))
        say(_sentence(lambda: database.read("SELECT n, filler FROM numbers ORDER BY n")))


def _sentence(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except ValenceError as error:
        return str(error)


COMMANDS: dict[str, Callable[..., None]] = {
    "run_job": run_job,
    "review": review,
    "hold": hold,
    "hold_file": hold_file,
    "hold_with_child": hold_with_child,
    "open_it": open_it,
    "open_as_nobody": open_as_nobody,
    "run_out_of_disk": run_out_of_disk,
}


def main() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            say({"pid": os.getpid()})
            status = 1
            try:
                COMMANDS[order.pop("command")](**order)
                status = 0
            except Exception:
                logging.exception("The child process failed")
            finally:
                os._exit(status)
        _, status = os.waitpid(pid, 0)
        say({"exit_status": status})


if __name__ == "__main__":
    main()
