import shutil
import tempfile
from pathlib import Path

import pytest

from core.errors import InvalidInput, NotFound, ValenceError, WorkspaceBusy
from core.store.answer_rows import Answer, Attempt
from core.store.backup import back_up
from core.store.database import Database
from core.store.failures import CorruptDatabase
from core.store.job_table import Ending, JobState
from core.store.workspace import ANSWERS_FILE, DATABASE_FILE, check_workspace_name, open_workspace


def test_everything_survives_closing_and_opening(tmp_path):
    root = tmp_path / "deep" / "demo"
    with open_workspace(root) as workspace:
        assert (workspace.name, workspace.root, workspace.findings) == ("demo", root, ())
        artefact = workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"})
        job = workspace.jobs.add("sample", "Sample", {"n": 3})
    assert sorted(path.name for path in root.iterdir() if path.is_file()) == [".lock", ANSWERS_FILE, DATABASE_FILE]
    with open_workspace(root) as workspace:
        assert workspace.findings == ()
        assert workspace.artefacts.list("rows") == (artefact,)
        assert workspace.jobs.get(job.id).parameters == {"n": 3}


def test_closing_twice_is_fine_and_an_error_inside_closes(tmp_path):
    with pytest.raises(ZeroDivisionError), open_workspace(tmp_path / "demo") as workspace:
        raise ZeroDivisionError
    workspace.close()
    with open_workspace(tmp_path / "demo"):
        pass


def test_lock_is_released_when_the_last_checkpoint_fails(tmp_path, monkeypatch):
    workspace = open_workspace(tmp_path / "demo")
    close = workspace.database.close

    def fails():
        close()
        raise ValenceError("no checkpoint")

    monkeypatch.setattr(workspace.database, "close", fails)
    with pytest.raises(ValenceError, match="no checkpoint"):
        workspace.close()
    with open_workspace(tmp_path / "demo"):
        pass


def test_lock_is_released_when_opening_fails(tmp_path):
    root = tmp_path / "demo"
    open_workspace(root).close()
    good = (root / DATABASE_FILE).read_bytes()
    (root / DATABASE_FILE).write_bytes(b"no database")
    for _ in range(2):
        with pytest.raises(CorruptDatabase):
            open_workspace(root)
    (root / DATABASE_FILE).write_bytes(good)
    with open_workspace(root):
        pass


@pytest.mark.parametrize("name", ["demo", "Demo_2", "a", "a-b", "7", "x" * 64])
def test_good_names(name):
    assert check_workspace_name(name) == name


@pytest.mark.parametrize("name", ["", ".", "..", "-a", "_a", "a b", "a/b", "a.b", "é", "x" * 65, "a\n"])
def test_bad_names(name, tmp_path):
    with pytest.raises(InvalidInput, match="workspace name"):
        check_workspace_name(name)


def test_folder_with_a_bad_name_is_refused_before_it_is_made(tmp_path):
    with pytest.raises(InvalidInput, match="'my workspace' cannot be used"):
        open_workspace(tmp_path / "my workspace")
    assert list(tmp_path.iterdir()) == []


def test_quote_in_the_path_is_no_trouble(tmp_path):
    with open_workspace(tmp_path / "o'brien; DROP TABLE" / "demo") as workspace:
        assert back_up(workspace, workspace.backups_folder).is_dir()


def test_file_is_no_workspace(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValenceError, match="is a file"):
        open_workspace(tmp_path / "file")
    with pytest.raises(ValenceError, match="cannot be used as a workspace: Not a directory"):
        open_workspace(tmp_path / "file" / "below")


def test_folder_without_permission_is_refused(children):
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "demo").mkdir()
        (folder / "demo").chmod(0o555)
        folder.chmod(0o555)
        for name in ("demo", "new"):
            [heard] = children.run("open_as_nobody", root=str(folder / name)).hear_all()
            assert "cannot be used as a workspace: Permission denied." in heard["message"]
            assert "Choose a folder you may write to" in heard["message"]
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_orphaned_jobs_are_interrupted_and_others_left_alone(tmp_path):
    with open_workspace(tmp_path / "demo") as workspace:
        table = workspace.jobs
        queued, running = table.add("a", "", {}), table.add("a", "", {})
        cancelled = table.add("a", "", {})
        table.start(running.id)
        table.end(cancelled.id, Ending(JobState.CANCELLED))
    with open_workspace(tmp_path / "demo") as workspace:
        states = {job.id: job.state for job in workspace.jobs.list()}
        assert states == {
            queued.id: JobState.INTERRUPTED,
            running.id: JobState.INTERRUPTED,
            cancelled.id: JobState.CANCELLED,
        }
        job = workspace.jobs.get(running.id)
        assert "program stopped" in job.error
        assert "Resume" in job.fix
        assert job.finished_at > job.started_at


def test_what_a_killed_writer_leaves_is_cleaned(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"})
    for leftover in (".drafts/draft-x/a", ".staging/backup.duckdb", "artefacts/rows/half/a", "artefacts/rows/.x/a"):
        path = root / leftover
        path.parent.mkdir(parents=True)
        path.write_bytes(b"half")
    with open_workspace(root) as workspace:
        assert not (root / ".drafts").exists()
        assert not (root / ".staging").exists()
        assert [path.name for path in root.glob("artefacts/*/*")] == ["r"]
        assert not workspace.artefacts.exists("rows", "half")
        assert [problem.message.endswith("was no complete artefact.") for problem in workspace.findings] == [True] * 2
        assert len(list(root.glob("set-aside/rows-*/a"))) == 2
        workspace.artefacts.save("rows", "half", "Rows", {"a": b"whole"})
    with open_workspace(root) as workspace:
        assert workspace.findings == ()


def test_artefact_missing_in_the_database_is_registered_again(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        parent = workspace.artefacts.save("graph", "g", "Graph", {}, {"n": 1})
        child = workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"}, parents={"graph": "g"})
        workspace.database.write("DELETE FROM artefacts")
        workspace.database.write("DELETE FROM artefact_parents")
    with open_workspace(root) as workspace:
        assert len(workspace.findings) == 2
        assert "rows 'Rows' (r) was on disk but not listed" in str(workspace.findings)
        assert workspace.artefacts.list("graph") == (parent,)
        assert workspace.artefacts.list("rows") == (child,)
        with pytest.raises(ValenceError, match="was used to make rows"):
            workspace.artefacts.delete("graph", "g")


def test_artefact_removed_by_hand_is_reported_and_comes_back_with_its_files(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"})
    shutil.move(root / "artefacts/rows/r", tmp_path / "elsewhere")
    with open_workspace(root) as workspace:
        assert "The files of the rows 'Rows' (r) are gone" in workspace.findings[0].message
        assert workspace.artefacts.list("rows") == ()
        with pytest.raises(NotFound):
            workspace.artefacts.get("rows", "r")
    shutil.move(tmp_path / "elsewhere", root / "artefacts/rows/r")
    with open_workspace(root) as workspace:
        assert [artefact.id for artefact in workspace.artefacts.list("rows")] == ["r"]


def test_title_on_disk_wins_over_the_row(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.artefacts.save("rows", "r", "Rows", {})
        workspace.database.write("UPDATE artefacts SET title = 'stale', manifest = replace(manifest, 'Rows', 'stale')")
        assert workspace.artefacts.list("rows")[0].manifest.title == "stale"
    with open_workspace(root) as workspace:
        assert workspace.artefacts.list("rows")[0].manifest.title == "Rows"


def test_damaged_manifest_does_not_keep_the_workspace_shut(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.artefacts.save("rows", "r", "Rows", {})
    (root / "artefacts/rows/r/manifest.json").write_text("{")
    with open_workspace(root) as workspace:
        assert "manifest.json cannot be read" in workspace.findings[0].message
        assert [artefact.id for artefact in workspace.artefacts.list("rows")] == ["r"]


def damaged(data: bytes) -> list[bytes]:
    middle = len(data) // 2
    return [b"", data[:100], data[:middle], b"text" * 99, data[:4100] + b"XXXX" + data[4104:]]


@pytest.mark.parametrize("damage", range(5))
def test_corrupt_database_says_so_and_names_the_backups(tmp_path, damage):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"})
        first = back_up(workspace, workspace.backups_folder)
        second = back_up(workspace, tmp_path / "other disk")
        gone = back_up(workspace, tmp_path / "gone")
    shutil.rmtree(gone)
    path = root / DATABASE_FILE
    path.write_bytes(damaged(path.read_bytes())[damage])
    with pytest.raises(CorruptDatabase, match=r"workspace\.duckdb cannot be read") as refused:
        open_workspace(root)
    assert f"newest first: {second}, {first}." in refused.value.fix
    with open_workspace(second) as restored:
        assert [artefact.id for artefact in restored.artefacts.list("rows")] == ["r"]


def test_corrupt_database_without_backup_tells_how_to_keep_the_artefacts(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.artefacts.save("rows", "r", "Rows", {"a": b"1"})
    path = root / DATABASE_FILE
    path.write_bytes(b"broken")
    with pytest.raises(CorruptDatabase, match="No backup of it is known"):
        open_workspace(root)
    path.rename(tmp_path / "broken.duckdb")
    with open_workspace(root) as workspace:
        assert [artefact.id for artefact in workspace.artefacts.list("rows")] == ["r"]


def test_log_without_its_database_is_not_replayed_into_a_new_one(tmp_path):
    root = tmp_path / "demo"
    root.mkdir()
    (root / f"{DATABASE_FILE}.wal").write_bytes(b"left over")
    with pytest.raises(CorruptDatabase, match="is gone, but its log"):
        open_workspace(root)


def test_answers_survive_and_calls_in_flight_are_interrupted(tmp_path):
    root = tmp_path / "demo"
    attempt = Attempt("run", "sign", "a", "f", "in flight", is_paid=True)
    with open_workspace(root) as workspace:
        workspace.answers.record(Answer("f", {"prompt": "p"}, "provider", "reply", "complete", 1, 2))
        workspace.answers.begin(attempt, {"prompt": "p"})
    with pytest.raises(ValenceError, match="is closed"):
        workspace.answers.find("f")
    with open_workspace(root) as workspace:
        assert workspace.answers.find("f").reply == "reply"
        assert workspace.answers.call("run", 1).call.attempt.outcome == "interrupted"


def test_corrupt_answer_log_says_so_and_names_the_backups(tmp_path):
    root = tmp_path / "demo"
    with open_workspace(root) as workspace:
        workspace.answers.record(Answer("f", {"prompt": "p"}, "provider", "reply", "complete", 1, 2))
        backup = back_up(workspace, workspace.backups_folder)
    path = root / ANSWERS_FILE
    path.write_bytes(b"")
    with pytest.raises(CorruptDatabase, match=r"answers\.sqlite is no answer log") as refused:
        open_workspace(root)
    assert f"Backups that have one, newest first: {backup}." in refused.value.fix
    shutil.copyfile(backup / ANSWERS_FILE, path)
    with open_workspace(root) as workspace:
        assert workspace.answers.find("f").reply == "reply"
        shutil.rmtree(backup)
    path.write_bytes(b"broken" * 100)
    with pytest.raises(CorruptDatabase, match=r"No backup is known\."):
        open_workspace(root)


def test_half_made_database_is_made_again(tmp_path):
    root = tmp_path / "demo"
    root.mkdir()
    (root / ".new.duckdb").write_bytes(b"half")
    (root / ".new.duckdb.wal").write_bytes(b"half")
    with open_workspace(root) as workspace:
        assert workspace.jobs.list() == ()
    assert not list(root.glob(".new*"))


def test_database_file_is_of_the_workspace_only(workspace):
    with pytest.raises(WorkspaceBusy):
        Database(workspace.root / DATABASE_FILE)
