"""Work in a child process: progress, results, failures and cancelling, with modules written for each test."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from core.child_process import LAST_LINES, run_child
from core.errors import ValenceError
from core.progress import Progress, finish

HEAD = """
import os, signal, subprocess, sys
from core.child_process import child_main, report
from core.errors import ValenceError
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Write a module whose body is `work(folder)` and give its name."""
    code = tmp_path / "code"
    code.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(code))

    def write(body: str, name: str = "some_work") -> str:
        work = textwrap.indent(textwrap.dedent(body).strip(), "    ")
        text = f'{HEAD}\ndef work(folder):\n{work}\n\nif __name__ == "__main__":\n    child_main(work)\n'
        (code / f"{name}.py").write_text(text, encoding="utf-8")
        return name

    return write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "files"
    path.mkdir()
    return path


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def reading_pid(folder: Path, name: str = "pid") -> int:
    return int((folder / name).read_text())


def test_files_go_in_and_out_and_progress_is_passed_on(module, folder: Path) -> None:
    (folder / "in.txt").write_text("21")
    name = module("""
        report(1, 2, "Größe — half way")
        print("chatter of a library")
        (folder / "out.txt").write_text(str(2 * int((folder / "in.txt").read_text())))
        report(2, 2, "done")
    """)
    seen: list[Progress] = []
    assert finish(run_child(name, folder, "Doubling"), seen.append) is None
    assert (folder / "out.txt").read_text() == "42"
    told = [progress for progress in dict.fromkeys(seen) if progress.note != "Starting"]
    assert told == [Progress(1, 2, "Größe — half way"), Progress(2, 2, "done")]


def test_the_child_has_quiet_openmp_threads_and_its_own_interpreter(module, folder: Path) -> None:
    name = module("""
        facts = [sys.executable, os.environ["OMP_WAIT_POLICY"], os.environ["GOMP_SPINCOUNT"], str(os.getpid())]
        (folder / "facts").write_text("\\n".join(facts))
    """)
    finish(run_child(name, folder, "Looking"))
    executable, policy, spins, pid = (folder / "facts").read_text().split("\n")
    assert (executable, policy, spins) == (sys.executable, "passive", "0")
    assert int(pid) != os.getpid()


def test_an_explained_failure_comes_back_in_its_own_words(module, folder: Path) -> None:
    name = module('raise ValenceError("The vectors do not fit.", "Embed again.")')
    with pytest.raises(ValenceError) as caught:
        finish(run_child(name, folder, "The clustering"))
    assert (caught.value.message, caught.value.fix) == ("The vectors do not fit.", "Embed again.")


def test_any_other_failure_shows_the_last_lines(module, folder: Path) -> None:
    name = module("""
        for number in range(40):
            print("line", number, flush=True)
        raise KeyError("no such thing")
    """)
    with pytest.raises(ValenceError) as caught:
        finish(run_child(name, folder, "The clustering"))
    assert "The clustering failed: its process ended with status 1" in caught.value.message
    assert "KeyError: 'no such thing'" in caught.value.message
    assert "line 0 " not in caught.value.message
    assert caught.value.message.count(" | ") == LAST_LINES - 1


def test_a_child_that_is_killed_is_a_failure_that_names_the_signal(module, folder: Path) -> None:
    name = module("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(ValenceError, match=f"ended by signal {int(signal.SIGKILL)}"):
        finish(run_child(name, folder, "The clustering"))


def test_a_module_that_does_not_exist_is_a_failure(folder: Path) -> None:
    with pytest.raises(ValenceError, match="No module named"):
        finish(run_child("core.no_such_module", folder, "The clustering"))


def test_closing_the_steps_kills_the_child_and_its_children(module, folder: Path) -> None:
    name = module("""
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (folder / "grandchild").write_text(str(child.pid))
        (folder / "pid").write_text(str(os.getpid()))
        report(1, 2, "waiting")
        child.wait()
    """)
    steps = run_child(name, folder, "Waiting")
    while next(steps).note != "waiting":
        pass
    pids = [reading_pid(folder), reading_pid(folder, "grandchild")]
    assert all(is_running(pid) for pid in pids)
    steps.close()
    assert not is_running(pids[0])
    _wait_until_gone(pids[1])


def test_steps_keep_coming_while_the_child_is_silent(module, folder: Path) -> None:
    name = module("""
        report(3, 9, "silent")
        sys.stdout.flush()
        import threading; threading.Event().wait()
    """)
    steps = run_child(name, folder, "Waiting")
    while next(steps).note != "silent":
        pass
    assert [next(steps) for _ in range(2)] == [Progress(3, 9, "silent")] * 2
    steps.close()


def test_a_grandchild_that_holds_the_output_open_does_not_hold_the_work_up(module, folder: Path) -> None:
    name = module("""
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        (folder / "grandchild").write_text(str(child.pid))
    """)
    finish(run_child(name, folder, "Leaving"))
    _wait_until_gone(reading_pid(folder, "grandchild"))


def test_not_even_one_that_has_left_the_group(module, folder: Path) -> None:
    name = module("""
        code = "import time; time.sleep(600)"
        child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        (folder / "grandchild").write_text(str(child.pid))
    """)
    finish(run_child(name, folder, "Leaving"))
    os.kill(reading_pid(folder, "grandchild"), signal.SIGKILL)


def test_the_child_ends_when_its_parent_is_killed(module, folder: Path) -> None:
    name = module("""
        (folder / "pid").write_text(str(os.getpid()))
        report(1, 2, "waiting")
        import threading; threading.Event().wait()
    """)
    parent = textwrap.dedent(f"""
        import os, signal
        from pathlib import Path
        from core.child_process import run_child
        for progress in run_child({name!r}, Path({str(folder)!r}), "Waiting"):
            if progress.note == "waiting":
                os.kill(os.getpid(), signal.SIGKILL)
    """)
    ended = subprocess.run([sys.executable, "-c", parent], check=False, cwd=Path(__file__).parents[2])
    assert ended.returncode == -signal.SIGKILL
    _wait_until_gone(reading_pid(folder))


def _wait_until_gone(pid: int) -> None:
    """The test's own time limit ends a wait in vain."""
    while is_running(pid):
        os.sched_yield()
