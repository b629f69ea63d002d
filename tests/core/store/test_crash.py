"""Processes killed with `kill -9` while they write; what they leave must open, be whole, and go on."""

import importlib.util
import linecache
import random
import signal
from pathlib import Path

import pytest

from core.jobs import InlineJobRunner, JobState
from core.store.manifest import MANIFEST_FILE
from core.store.workspace import open_workspace

N_ARTEFACTS = 3
N_KILLS_ANYWHERE = 6


@pytest.fixture(scope="module")
def child_process():
    """The module of the child's commands, for the work that is resumed here."""
    spec = importlib.util.spec_from_file_location("child_process", Path(__file__).with_name("child_process.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.say = lambda message: None
    return module


# Where the disk is between two states that a later reader must tell apart.
STATEMENTS = {
    "database being made": "database = Database(draft)",
    "database made, not in place": "draft.rename(path)",
    "migration read, not applied": "database.transaction(work)",
    "manifest not written": "write_file(draft / MANIFEST_FILE, manifest_text(manifest).encode(",
    "artefact not in place": "draft.rename(folder)",
    "artefact in place, no row": "force_to_disk(folder.parent)",
    "row gone, folder there": "artefact.folder.rename(trash /",
    "folder in the trash": "force_to_disk(artefact.folder.parent)",
    "new title not in place": "(folder / path.name).replace(path)",
    "new title in place, old in the row": "force_to_disk(path.parent)",
    "transaction not committed": "tx.commit()",
    "job over, not written": "self._workspace.jobs.end(job.id, ending, reporter.latest)",
    "last checkpoint not made": 'connection.execute("CHECKPOINT")',
}


@pytest.fixture(scope="module")
def lines(children, tmp_path_factory):
    """The lines that change what is on disk, in the order they first run, and how often they run in one job."""
    child = children.run("run_job", root=str(tmp_path_factory.mktemp("whole") / "demo"), n_artefacts=N_ARTEFACTS)
    return child.hear_all()[-1]["n_runs_of_lines"]


def contents(workspace):
    store = workspace.artefacts
    return {
        artefact.id: (artefact.manifest.title, {name: store.read(artefact, name) for name in artefact.manifest.files})
        for artefact in store.list("rows")
    }


WHOLE = {
    f"r{number}": (f"Rows {number}", {"made.txt": b"made", "rows.csv": f"row {number}\n".encode() * 50})
    for number in range(N_ARTEFACTS)
}


def check_what_is_left(root, said, child_process):
    """Open after the kill: whole artefacts only, the job interrupted, everything acknowledged still there."""
    with open_workspace(root) as workspace:
        store, on_disk = workspace.artefacts, {path.name for path in root.glob("artefacts/*/*")}
        listed = {artefact.id for kind in ("rows", "scrap") for artefact in store.list(kind)}
        assert listed == on_disk
        for kind in ("rows", "scrap"):
            for artefact in store.list(kind):
                assert store.verify(kind, artefact.id) == ()
                assert store.get(kind, artefact.id) == artefact
        assert {line.split()[1] for line in said if line.startswith("saved")} <= listed
        for line in said:
            if line.startswith("retitled"):
                id = line.split()[1]
                assert store.get("rows", id).manifest.title == f"Rows {id[1:]}"
        assert not (root / ".drafts").exists()
        assert all((path / MANIFEST_FILE).is_file() for path in root.glob("artefacts/*/*"))

        jobs = workspace.jobs.list()
        submitted = [line.split()[1] for line in said if line.startswith("submitted")]
        assert len(jobs) <= 1
        assert set(submitted) <= {job.id for job in jobs}
        for job in jobs:
            assert job.state in (JobState.INTERRUPTED, JobState.DONE)
            if job.state is JobState.INTERRUPTED:
                resume(workspace, job.id, child_process)
                assert contents(workspace) == WHOLE
    with open_workspace(root) as workspace:
        assert workspace.findings == ()


def resume(workspace, job_id, child_process):
    runner = InlineJobRunner(workspace, {"grow": child_process.grow})
    runner.resume(job_id)
    job = runner.get(job_id)
    assert (job.state, job.attempt, job.error) == (JobState.DONE, 2, "")
    assert job.result == {"last": f"r{N_ARTEFACTS - 1}"}


@pytest.mark.parametrize("moment", STATEMENTS)
def test_killed_between_two_states_of_the_disk(children, child_process, lines, tmp_path, moment):
    store = Path(open_workspace.__code__.co_filename).parent
    paths = {file: next(p for folder in (store, store.parent) for p in folder.rglob(file)) for file, _, _ in lines}
    sources = {file: linecache.getlines(str(path)) for file, path in paths.items()}
    [(file, line, n_runs)] = [
        (file, line, n_runs) for file, line, n_runs in lines if STATEMENTS[moment] in sources[file][line - 1]
    ]
    # In the first half, because a waiting thread may look a little more or less often from one time to the next.
    kill_at = (file, line, random.Random(moment).randint(1, (n_runs + 1) // 2))
    child = children.run("run_job", root=str(tmp_path / "demo"), n_artefacts=N_ARTEFACTS, kill_at=kill_at)
    said = [heard for heard in child.hear_all() if isinstance(heard, str)]
    assert child.status == signal.SIGKILL
    check_what_is_left(tmp_path / "demo", said, child_process)


@pytest.mark.parametrize("n_heard", range(N_KILLS_ANYWHERE))
def test_killed_from_outside_in_the_middle_of_anything(children, child_process, tmp_path, n_heard):
    root = tmp_path / "demo"
    child = children.run("run_job", root=str(root), n_artefacts=N_ARTEFACTS)
    for _ in range(n_heard):
        child.hear()
    child.kill()
    check_what_is_left(root, [line for line in child.said if isinstance(line, str)], child_process)


def test_killed_again_and_again_in_one_workspace(children, child_process, tmp_path):
    root = tmp_path / "demo"
    for n_heard in (1, 2, 4):
        child = children.run("run_job", root=str(root), n_artefacts=N_ARTEFACTS)
        for _ in range(n_heard):
            child.hear()
        child.kill()
    with open_workspace(root) as workspace:
        jobs = workspace.jobs.list()
        assert [job.state for job in jobs] == [JobState.INTERRUPTED] * 3
        resume(workspace, jobs[-1].id, child_process)
        assert contents(workspace) == WHOLE
