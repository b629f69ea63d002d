import os
import signal
from pathlib import Path

import pytest

from core.errors import WorkspaceBusy
from core.store.lock import LOCK_FILE, WorkspaceLock
from core.store.workspace import open_workspace


def test_second_process_is_refused_with_the_first_ones_id(children, tmp_path):
    root = tmp_path / "demo"
    holder = children.run("hold", root=str(root))
    assert holder.hear() == "holding demo"
    with pytest.raises(WorkspaceBusy) as refused:
        open_workspace(root)
    assert f"process with id {holder.pid}" in refused.value.message
    assert f"kill {holder.pid}" in refused.value.fix
    holder.kill()
    with open_workspace(root) as workspace:
        assert workspace.findings == ()


def test_first_process_keeps_the_second_out(children, workspace):
    [heard] = children.run("open_it", root=str(workspace.root)).hear_all()
    assert heard["kind"] == "WorkspaceBusy"
    assert str(os.getpid()) in heard["message"]
    workspace.close()
    assert children.run("open_it", root=str(workspace.root)).hear_all() == ["opened"]


def test_second_opening_in_one_process_is_refused(workspace):
    with pytest.raises(WorkspaceBusy, match=f"already open in this process .*{os.getpid()}"):
        open_workspace(workspace.root)
    workspace.database.write("CREATE TABLE still_mine (x INTEGER)")


def test_forked_child_does_not_inherit_the_lock(children, tmp_path):
    root = tmp_path / "demo"
    holder = children.run("hold_with_child", root=str(root))
    grandchild = holder.hear()["grandchild"]
    holder.kill()
    try:
        with open_workspace(root) as workspace:
            assert workspace.name == "demo"
    finally:
        os.kill(grandchild, signal.SIGKILL)


def test_lock_can_be_taken_again_after_release(tmp_path):
    for _ in range(3):
        lock = WorkspaceLock(tmp_path)
        lock.release()
        lock.release()
    assert (tmp_path / LOCK_FILE).read_text() == ""


def test_holder_that_has_not_signed_yet_is_still_respected(tmp_path):
    lock = WorkspaceLock(tmp_path)
    Path(tmp_path / LOCK_FILE).write_text("")
    with pytest.raises(WorkspaceBusy, match="being opened by another process"):
        WorkspaceLock(tmp_path)
    lock.release()
