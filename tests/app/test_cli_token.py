"""`valence token` as a script sees it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.cli import BAD_USAGE, FAILED, OK
from app.cli_token import DAYS, SCOPES, TRACKS
from core.models.protocol import Track
from core.store.workspace import open_workspace
from core.workflows.tokens import Scope, TokenRequest, authenticate

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VALENCE_HOME", str(tmp_path))
    monkeypatch.delenv("VALENCE_WORKSPACE", raising=False)
    open_workspace(tmp_path / "lab").close()
    return tmp_path / "lab"


def test_the_choices_are_the_programs_own() -> None:
    assert tuple(Scope) == SCOPES
    assert tuple(Track) == TRACKS
    assert TokenRequest(team="A").days == DAYS


def test_create_list_revoke(lab: Path, run: Run, run_json: Callable[..., dict[str, Any]]) -> None:
    made = run_json("token", "create", "--workspace", "lab", "--team", "A", "--scopes", "read", "--days", "7")
    with open_workspace(lab) as workspace:
        assert authenticate(workspace, made["token"]).scopes == {Scope.READ}
    code, out, _ = run("token", "list", "--workspace", "lab")
    assert code == OK
    assert f"{made['id']}  A: read, blind track, until {made['expires_at'][:10]}, active" in out
    assert made["token"] not in out
    assert run("token", "revoke", made["id"], "--workspace", lab)[0] == OK
    assert "revoked" in run("token", "list", "--workspace", "lab")[1]


def test_a_token_in_a_file_is_not_on_the_screen(lab: Path, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "token"
    code, out, _ = run("token", "create", "--workspace", "lab", "--team", "A", "--token-file", file)
    assert (code, "valence1." in out) == (OK, False)
    with open_workspace(lab) as workspace:
        assert authenticate(workspace, file.read_text().strip()).team == "A"


def test_what_goes_wrong(lab: Path, run: Run) -> None:
    assert run("token", "create", "--workspace", "lab", "--team", "A", "--track", "open")[0] == BAD_USAGE
    code, _, err = run("token", "create", "--workspace", "lab", "--team", "", "--days", "0")
    assert (code, "days" in err) == (FAILED, True)
    assert "There is no token 'x'" in run("token", "revoke", "x", "--workspace", "lab")[2]
    assert "There is no workspace" in run("token", "list", "--workspace", "nowhere")[2]
    with open_workspace(lab):
        assert "Settings page" in run("token", "list", "--workspace", "lab")[2]


def test_without_a_token_submit_says_where_it_goes(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VALENCE_TOKEN", raising=False)
    code, _, err = run("submit", "x.csv", "--version", "v")
    assert (code, "--token-file" in err) == (FAILED, True)
