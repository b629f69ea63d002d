"""The hidden place and sealing: modes, whole files, and what is put right after a kill at any step."""

import stat
from pathlib import Path

import pytest

from core.errors import CorruptArtefact, InvalidInput, NotFound, ValenceError
from core.store.backup import back_up
from core.store.hidden import HiddenPlace
from core.store.sealing import release_files, seal_files, seal_of
from core.store.workspace import Workspace, open_workspace

ROWS, OTHER = b'{"label":"pos"}\n', b"noise"


class Killed(BaseException):
    """What stands for kill -9: nothing after it runs."""


def modes(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root.parent)): stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}


def saved(workspace: Workspace):
    files = {"rows.jsonl": ROWS, "noise.parquet": OTHER, "config.json": b"{}"}
    workspace.artefacts.save("split", "s1", "A split", {"card.json": b"{}"})
    workspace.artefacts.save("split", "s2", "Another", {"card.json": b"{}"})
    return workspace.artefacts.save("dataset", "d1", "Rows", files, {"n_rows": 1})


def seal(workspace, by="split/s1"):
    dataset = workspace.artefacts.get("dataset", "d1")
    seal_files(workspace.artefacts, workspace.hidden, dataset, ["rows.jsonl", "noise.parquet"], by)
    return workspace.artefacts.get("dataset", "d1")


def release(workspace, by="split/s1"):
    release_files(workspace.artefacts, workspace.hidden, workspace.artefacts.get("dataset", "d1"), by)
    return workspace.artefacts.get("dataset", "d1")


def places(workspace: Workspace) -> dict[str, list[str]]:
    """Where each file of rows lies, by its content, in the whole workspace."""
    found = {"rows.jsonl": [], "noise.parquet": []}
    for path in workspace.root.rglob("*"):
        if path.is_file() and path.name in found:
            found[path.name].append(path.relative_to(workspace.root).parts[0])
    return found


def test_what_is_written_is_read_and_is_its_owners_alone(tmp_path):
    hidden = HiddenPlace(tmp_path / "hidden")
    with pytest.raises(NotFound, match=r"a\.bin"):
        hidden.read("a.bin")
    hidden.write("a.bin", b"one")
    hidden.write("a.bin", b"two")
    assert hidden.read("a.bin") == b"two"
    moved = tmp_path / "rows.jsonl"
    moved.write_bytes(ROWS)
    hidden.take("dataset-d1", moved)
    assert not moved.exists() and hidden.read_held("dataset-d1", "rows.jsonl") == ROWS
    assert set(modes(hidden.root).values()) == {0o700, 0o600}
    assert {mode for name, mode in modes(hidden.root).items() if name.endswith(("hidden", "dataset-d1"))} == {0o700}
    hidden.give_back("dataset-d1", "rows.jsonl", moved)
    assert moved.read_bytes() == ROWS and stat.S_IMODE(moved.stat().st_mode) == 0o644
    secret = hidden.secret("salt")
    assert len(secret) == 32 and hidden.secret("salt") == secret != hidden.secret("another")
    for name in ("../a", "a/b", "", ".part", "manifest.json"):
        with pytest.raises(InvalidInput):
            hidden.write(name, b"")


def test_loose_modes_and_leftovers_are_put_right_at_the_next_opening(tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        workspace.hidden.write("a.bin", b"one")
    root = tmp_path / "w" / "hidden"
    root.chmod(0o755)
    (root / "a.bin").chmod(0o644)
    (root / ".a.bin.00000000.part").write_bytes(b"half")
    with open_workspace(tmp_path / "w") as workspace:
        assert modes(root) == {"hidden": 0o700, "hidden/a.bin": 0o600}
        assert workspace.hidden.read("a.bin") == b"one"


def test_a_disk_that_refuses_is_told_of_and_leaves_nothing(tmp_path, monkeypatch):
    hidden = HiddenPlace(tmp_path / "hidden")
    hidden.write("a.bin", b"one")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.store.hidden.os.fsync", full)
    with pytest.raises(ValenceError, match="No space left") as caught:
        hidden.write("a.bin", b"SECRET")
    assert "SECRET" not in str(caught.value)
    assert hidden.read("a.bin") == b"one" and len(list(hidden.root.iterdir())) == 1


def test_sealed_files_are_in_the_hidden_place_alone_and_come_back_as_they_were(workspace):
    before = saved(workspace).manifest
    sealed = seal(workspace)
    assert places(workspace) == {"rows.jsonl": ["hidden"], "noise.parquet": ["hidden"]}
    assert list(sealed.manifest.files) == ["config.json"] and workspace.artefacts.verify("dataset", "d1") == ()
    with pytest.raises(NotFound, match=r"no file 'rows\.jsonl'"):
        workspace.artefacts.read(sealed, "rows.jsonl")
    assert seal_of(sealed.manifest).by == ("split/s1",)
    assert set(modes(workspace.hidden.root).values()) == {0o700, 0o600}
    with pytest.raises(CorruptArtefact):  # the same id with its rows in the open again
        workspace.artefacts.save(
            "dataset", "d1", "Rows", {"rows.jsonl": ROWS, "noise.parquet": OTHER, "config.json": b"{}"}
        )
    back = release(workspace)
    assert back.manifest == before and workspace.artefacts.read(back, "rows.jsonl") == ROWS
    assert places(workspace) == {"rows.jsonl": ["artefacts"], "noise.parquet": ["artefacts"]}
    assert release(workspace).manifest == before  # once more changes nothing


def test_files_stay_hidden_until_the_last_holder_lets_go(workspace):
    saved(workspace)
    seal(workspace)
    seal(workspace, "split/s2")
    seal(workspace, "split/s2")
    assert seal_of(release(workspace).manifest).by == ("split/s2",)
    assert places(workspace)["rows.jsonl"] == ["hidden"]
    release(workspace, "split/s2")
    assert places(workspace)["rows.jsonl"] == ["artefacts"]


@pytest.mark.parametrize("n_moved", [0, 1])
def test_killed_while_files_go_the_rest_goes_at_the_next_opening(tmp_path, monkeypatch, n_moved):
    with open_workspace(tmp_path / "w") as workspace:
        saved(workspace)
        take, calls = HiddenPlace.take, []

        def killed(self, folder, path):
            calls.append(path)
            if len(calls) > n_moved:
                raise Killed
            take(self, folder, path)

        with monkeypatch.context() as patched:
            patched.setattr(HiddenPlace, "take", killed)
            with pytest.raises(Killed):
                seal(workspace)
        with pytest.raises(NotFound):  # on its way, and no reader reaches it
            workspace.artefacts.read(workspace.artefacts.get("dataset", "d1"), "noise.parquet")
    with open_workspace(tmp_path / "w") as workspace:
        assert workspace.findings == ()
        assert places(workspace) == {"rows.jsonl": ["hidden"], "noise.parquet": ["hidden"]}
        assert workspace.artefacts.read(release(workspace), "rows.jsonl") == ROWS


def test_killed_while_files_come_back_they_are_hidden_again(tmp_path, monkeypatch):
    with open_workspace(tmp_path / "w") as workspace:
        saved(workspace)
        seal(workspace)
        monkeypatch.setattr(workspace.artefacts, "rewrite", lambda *_: (_ for _ in ()).throw(Killed()))
        with pytest.raises(Killed):
            release(workspace)
        assert places(workspace)["rows.jsonl"] == ["artefacts"]
    with open_workspace(tmp_path / "w") as workspace:
        assert places(workspace) == {"rows.jsonl": ["hidden"], "noise.parquet": ["hidden"]}
        assert workspace.artefacts.read(release(workspace), "rows.jsonl") == ROWS


def test_what_nobody_holds_any_more_comes_back_at_the_next_opening(tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        saved(workspace)
        seal(workspace, "split/never-finished")
        workspace.artefacts.save("dataset", "d2", "Rows", {"rows.jsonl": OTHER})
        second = workspace.artefacts.get("dataset", "d2")
        seal_files(workspace.artefacts, workspace.hidden, second, ["rows.jsonl"], "split/s1")
        workspace.artefacts.save("dataset", "d3", "Rows", {"rows.jsonl": OTHER})
        third = workspace.artefacts.get("dataset", "d3")
        seal_files(workspace.artefacts, workspace.hidden, third, ["rows.jsonl"], "split/s2")
        workspace.versions.open("s1", "d2", "open", "")
        workspace.versions.open("s2", "d3", "closed", "")
        workspace.versions.close("s2", "")
    with open_workspace(tmp_path / "w") as workspace:
        sealed = {id: seal_of(workspace.artefacts.get("dataset", id).manifest) is not None for id in ("d1", "d2", "d3")}
        assert sealed == {"d1": False, "d2": True, "d3": False}


def test_sealed_files_that_are_gone_are_reported_and_nothing_else_stops(tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        saved(workspace)
        seal(workspace)
        workspace.hidden.held_path("dataset-d1", "rows.jsonl").unlink()
    with open_workspace(tmp_path / "w") as workspace:
        assert len(workspace.findings) == 1 and "'rows.jsonl' is gone" in str(workspace.findings[0])


def test_a_backup_holds_what_is_hidden_for_its_owner_alone(tmp_path):
    with open_workspace(tmp_path / "w") as workspace:
        saved(workspace)
        seal(workspace)
        workspace.hidden.write("split-s1.parquet", b"CANARY-ANSWERS")
        copy = back_up(workspace, tmp_path / "backups")
        assert modes(copy / "hidden") == modes(workspace.hidden.root)
        assert set(modes(copy / "hidden").values()) == {0o700, 0o600}
        outside = b"".join(p.read_bytes() for p in copy.rglob("*") if p.is_file() and "hidden" not in p.parts)
        assert ROWS not in outside and b"CANARY-ANSWERS" not in outside
    restored = tmp_path / "restored"
    copy.rename(restored)
    with open_workspace(restored) as workspace:
        assert workspace.findings == ()
        assert workspace.hidden.read("split-s1.parquet") == b"CANARY-ANSWERS"
        assert workspace.artefacts.read(release(workspace), "rows.jsonl") == ROWS


def test_versions_are_opened_once_closed_once_and_remembered(workspace):
    table = workspace.versions
    first = table.open("s1", "d1", "V1", "Ana")
    assert table.open("s1", "d1", "other", "Bo") == first and first.is_open
    closed = table.close("s1", "Ana")
    assert not closed.is_open and table.close("s1", "Bo") == closed == table.get("s1")
    assert [(e.number, e.event.value, e.done_by) for e in table.events()] == [
        (1, "opened", "Ana"),
        (2, "closed", "Ana"),
    ]
    with pytest.raises(ValenceError, match="was closed on"):
        table.open("s1", "d1", "again", "Ana")
    with pytest.raises(NotFound, match="s1 \\(V1\\)"):
        table.get("s2")
    assert table.find("s2") is None and table.list() == (closed,) and table.events("s2") == ()
