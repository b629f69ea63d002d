import json
import threading
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pytest

from core.errors import CorruptArtefact, ValenceError
from core.jobs import JobState
from core.store import backup as backup_module
from core.store.answer_rows import Answer
from core.store.backup import back_up
from core.store.failures import CorruptDatabase
from core.store.workspace import open_workspace


def fill(workspace):
    workspace.artefacts.save("graph", "g", "Graph", {"edges.csv": b"a,b\n" * 100}, {"n_edges": 100})
    workspace.artefacts.save("rows", "r", "Rows", {"rows.jsonl": b"{}\n", "empty": b""}, parents={"graph": "g"})
    workspace.database.write("CREATE TABLE verdicts (n BIGINT PRIMARY KEY, reason VARCHAR NOT NULL DEFAULT 'none')")
    workspace.database.write("INSERT INTO verdicts SELECT i, 'because ' || i FROM range(3000) AS t(i)")
    workspace.jobs.add("sample", "Sample", {"n": 3})


def everything(workspace):
    tables = ("artefacts", "artefact_parents", "verdicts", "schema_versions")
    rows = {table: workspace.database.read(f"SELECT * FROM {table} ORDER BY ALL") for table in tables}
    files = {str(p.relative_to(workspace.root)): p.read_bytes() for p in workspace.root.glob("artefacts/*/*/*")}
    return rows, files


def test_backup_is_a_workspace_that_holds_the_same(workspace, tmp_path):
    fill(workspace)
    (workspace.root / "answers").mkdir()
    (workspace.root / "answers" / "log.jsonl").write_text("{}\n")
    (workspace.root / "notes.txt").write_text("mine")
    folder = back_up(workspace, tmp_path / "other disk")
    assert folder.parent == tmp_path / "other disk"
    assert folder.name.startswith("demo-20")
    with open_workspace(folder) as copy:
        assert everything(copy) == everything(workspace)
        assert copy.findings == ()
        assert [job.state for job in copy.jobs.list()] == [JobState.INTERRUPTED]
        assert (folder / "answers" / "log.jsonl").read_text() == "{}\n"
        assert (folder / "notes.txt").read_text() == "mine"
        with pytest.raises(ValenceError, match="Duplicate key"):  # constraints came along
            copy.database.write("INSERT INTO verdicts VALUES (5, 'twice')")
        with pytest.raises(ValenceError, match="was used to make"):
            copy.artefacts.delete("graph", "g")
        copy.artefacts.delete("rows", "r")
    assert workspace.artefacts.exists("rows", "r")
    assert [job.state for job in workspace.jobs.list()] == [JobState.QUEUED]


def test_backup_holds_the_answers_that_were_in_the_log_alone(workspace, tmp_path):
    """Rows that SQLite has only in its `-wal` are in the copy, and no `-wal` is."""
    for number in range(20):
        workspace.answers.record(Answer(f"f{number}", {"prompt": "p"}, "provider", f"{number}", "complete", 1, 2))
    assert (workspace.root / "answers.sqlite-wal").stat().st_size > 0
    folder = back_up(workspace, tmp_path / "backups")
    assert sorted(path.name for path in folder.iterdir()) == ["answers.sqlite", "workspace.duckdb"]
    with open_workspace(folder) as copy:
        assert [copy.answers.find(f"f{number}").reply for number in range(20)] == [str(n) for n in range(20)]
        copy.answers.record(Answer("new", {}, "provider", "reply", "complete", 1, 2))
    assert workspace.answers.find("new") is None


def test_no_backup_is_made_of_a_damaged_answer_log(workspace, tmp_path):
    for number in range(50):
        workspace.answers.record(Answer(f"f{number}", {"prompt": "p" * 4000}, "provider", "r", "complete", 1, 2))
    workspace.close()
    path = workspace.root / "answers.sqlite"
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + b"\xff" * 4096 + data[len(data) // 2 + 4096 :])
    with open_workspace(workspace.root) as again:
        with pytest.raises(CorruptDatabase, match="answer log"):
            back_up(again, tmp_path / "backups")
        assert list((tmp_path / "backups").iterdir()) == []


def test_backups_inside_the_workspace_do_not_hold_each_other(workspace):
    fill(workspace)
    first = back_up(workspace, workspace.backups_folder)
    second = back_up(workspace, workspace.root / "mine" / "deeper")
    third = back_up(workspace, workspace.backups_folder)
    assert sorted(path.name for path in third.iterdir()) == ["answers.sqlite", "artefacts", "mine", "workspace.duckdb"]
    assert sorted(path.name for path in second.iterdir()) == ["answers.sqlite", "artefacts", "workspace.duckdb"]
    logged = [json.loads(line)["folder"] for line in (workspace.root / "backups.jsonl").read_text().splitlines()]
    assert logged == [str(first), str(second), str(third)]
    assert list(workspace.database.staging.iterdir()) == []


def test_backup_while_others_write_is_one_consistent_moment(workspace, tmp_path):
    database = workspace.database
    database.write("CREATE TABLE left_side (n BIGINT)")
    database.write("CREATE TABLE right_side (n BIGINT)")
    is_over, has_begun = threading.Event(), threading.Barrier(4)

    def write(thread):
        has_begun.wait()
        number = 0
        while not is_over.is_set():

            def both(tx, number=number):
                tx.write("INSERT INTO left_side VALUES (?)", [number])
                tx.write("INSERT INTO right_side VALUES (?)", [number])

            database.transaction(both)
            workspace.artefacts.save("rows", f"t{thread}n{number}", "Rows", {"a": b"1"})
            number += 1

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, thread) for thread in range(3)]
        has_begun.wait()
        try:
            folders = [back_up(workspace, tmp_path / "backups") for _ in range(3)]
        finally:
            is_over.set()
        for writer in writers:
            writer.result()
    for folder in folders:
        with open_workspace(folder) as copy:
            left, right = (
                copy.database.read(f"SELECT n FROM {side} ORDER BY n") for side in ("left_side", "right_side")
            )
            assert left == right
            assert copy.findings == ()
            assert all(copy.artefacts.verify("rows", artefact.id) == () for artefact in copy.artefacts.list("rows"))


def test_damaged_artefacts_are_all_named_and_no_backup_is_left(workspace, tmp_path):
    fill(workspace)
    store = workspace.artefacts
    store.path(store.get("graph", "g"), "edges.csv").write_bytes(b"changed")
    store.path(store.get("rows", "r"), "empty").unlink()
    with pytest.raises(CorruptArtefact, match="2 files of this workspace are damaged") as refused:
        back_up(workspace, tmp_path / "backups")
    assert "graph 'Graph' (g), edges.csv was changed" in refused.value.message
    assert "rows 'Rows' (r), empty is missing" in refused.value.message
    assert list((tmp_path / "backups").iterdir()) == []
    assert not (workspace.root / "backups.jsonl").exists()


def test_copied_database_is_counted(workspace, tmp_path, monkeypatch):
    fill(workspace)
    copy_to_staging = workspace.database.copy_to_staging

    def loses_rows(name):
        path, counts = copy_to_staging(name)
        with duckdb.connect(str(path)) as connection:
            connection.execute("DELETE FROM verdicts WHERE n = 7")
        return path, counts

    monkeypatch.setattr(workspace.database, "copy_to_staging", loses_rows)
    with pytest.raises(CorruptDatabase, match="2999"):
        back_up(workspace, tmp_path / "backups")
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_killed_backup_left_is_removed_by_the_next(workspace, tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("core.store.backup._remove", lambda folder: None)
        patch.setattr("core.store.backup._copy_artefacts", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            back_up(workspace, tmp_path)
    [partial] = tmp_path.glob(".demo-*.partial")
    folder = back_up(workspace, tmp_path)
    assert not partial.exists()
    assert folder.is_dir()


def test_target_that_cannot_be_written_is_named(workspace, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ValenceError, match=r"could not be written: (Not a directory|File exists)") as refused:
        back_up(workspace, tmp_path / "file")
    assert "Choose a folder" in refused.value.fix


def test_nothing_is_deleted_while_a_backup_copies(workspace, tmp_path, monkeypatch):
    fill(workspace)
    order = []
    is_copying, may_go_on = threading.Event(), threading.Event()
    copy_artefacts = backup_module._copy_artefacts

    def slow(*arguments):
        is_copying.set()
        may_go_on.wait()
        copy_artefacts(*arguments)
        order.append("copied")

    def delete():
        workspace.artefacts.delete("rows", "r")
        order.append("deleted")

    monkeypatch.setattr("core.store.backup._copy_artefacts", slow)
    with ThreadPoolExecutor(2) as pool:
        backup = pool.submit(back_up, workspace, tmp_path)
        is_copying.wait()
        deletion = pool.submit(delete)
        workspace.artefacts.save("rows", "r2", "Saved meanwhile", {})
        may_go_on.set()
        deletion.result()
    assert order == ["copied", "deleted"]
    with open_workspace(backup.result()) as copy:
        assert [artefact.id for artefact in copy.artefacts.list("rows")] == ["r"]
