"""Tokens over a real workspace: given, proven, ended, taken back; and never stored."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.errors import InvalidInput, NotFound, ValenceError
from core.leaderboard.quotas import HOUSE_TEAM
from core.models.protocol import Track
from core.store.workspace import Workspace, open_workspace
from core.workflows.headless_tokens import list_tokens, make_token, withdraw_token
from core.workflows.tokens import (
    Refusal,
    Scope,
    TokenRefused,
    TokenRequest,
    TokenState,
    authenticate,
    create_token,
    revoke_token,
    token_request,
    tokens_of,
)


def refusal(workspace: Workspace, text: str, now: str = "") -> Refusal:
    with pytest.raises(TokenRefused) as found:
        authenticate(workspace, text, now)
    assert text not in str(found.value) or not text
    return found.value.refusal


def test_a_token_proves_what_it_was_made_for(workspace: Workspace) -> None:
    made = create_token(workspace, TokenRequest(team="Team A", scopes=(Scope.READ,), track=Track.GRAPH_AWARE))
    grant = authenticate(workspace, made.text)
    assert (grant.team, grant.scopes, grant.track) == ("Team A", {Scope.READ}, Track.GRAPH_AWARE)
    assert made.text.startswith("valence1.lab.")


def test_the_token_is_stored_nowhere(workspace: Workspace) -> None:
    made = create_token(workspace, TokenRequest(team="A", note="for the demo"))
    secret = made.text.rpartition(".")[2]
    root = workspace.root
    workspace.close()
    assert [p for p in root.rglob("*") if p.is_file() and secret.encode() in p.read_bytes()] == []


def test_other_tokens_open_nothing(workspace: Workspace, tmp_path: Path) -> None:
    made = create_token(workspace, TokenRequest(team="A"))
    last = "A" if made.text[-1] != "A" else "B"
    assert refusal(workspace, "") is Refusal.MALFORMED
    assert refusal(workspace, "Bearer") is Refusal.MALFORMED
    assert refusal(workspace, made.text[:-1]) is Refusal.MALFORMED
    assert refusal(workspace, made.text[:-1] + last) is Refusal.UNKNOWN
    with open_workspace(tmp_path / "other") as other:
        assert refusal(other, made.text) is Refusal.UNKNOWN
        theirs = create_token(other, TokenRequest(team="A"))
    assert refusal(workspace, theirs.text) is Refusal.UNKNOWN
    assert refusal(workspace, theirs.text.replace(".other.", ".lab.")) is Refusal.UNKNOWN


def test_a_token_ends_at_its_moment(workspace: Workspace) -> None:
    made = create_token(workspace, TokenRequest(team="A", days=1))
    ends = made.facts.expires_at
    assert ends > made.facts.created_at
    just_before = (datetime.fromisoformat(ends) - timedelta(microseconds=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    assert authenticate(workspace, made.text, just_before).team == "A"
    assert refusal(workspace, made.text, ends) is Refusal.EXPIRED
    assert refusal(workspace, made.text, "2999-01-01T00:00:00.000000Z") is Refusal.EXPIRED


def test_a_revoked_token_opens_nothing_at_once_and_stays_listed(workspace: Workspace) -> None:
    kept = create_token(workspace, TokenRequest(team="A"))
    gone = create_token(workspace, TokenRequest(team="B"))
    first = revoke_token(workspace, gone.facts.id)
    assert revoke_token(workspace, gone.facts.id).revoked_at == first.revoked_at
    assert refusal(workspace, gone.text) is Refusal.REVOKED
    assert authenticate(workspace, kept.text).team == "A"
    assert [(t.team, t.state) for t in tokens_of(workspace)] == [("B", TokenState.REVOKED), ("A", TokenState.ACTIVE)]
    with pytest.raises(NotFound, match=kept.facts.id):
        revoke_token(workspace, "nobody")


def test_a_token_outlives_the_server(workspace: Workspace) -> None:
    made = create_token(workspace, TokenRequest(team="A"))
    workspace.close()
    with open_workspace(workspace.root) as again:
        assert authenticate(again, made.text).team == "A"


def test_a_team_has_one_track_for_good(workspace: Workspace) -> None:
    first = create_token(workspace, TokenRequest(team="A", track=Track.GRAPH_AWARE))
    revoke_token(workspace, first.facts.id)
    with pytest.raises(ValenceError, match="graph-aware track") as found:
        create_token(workspace, TokenRequest(team="A"))
    assert "another name" in found.value.fix
    assert len(tokens_of(workspace)) == 1
    create_token(workspace, TokenRequest(team="A", track=Track.GRAPH_AWARE))


def test_everything_wrong_with_a_request_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as found:
        token_request({"team": "A", "scopes": ["write"], "track": "open", "days": 0, "colour": "red"})
    assert {p.field for p in found.value.problems} == {"scopes.0", "track", "days", "colour"}


@pytest.mark.parametrize("team", ["", "  ", " A", "A\nB", "x" * 101, HOUSE_TEAM, HOUSE_TEAM.upper()])
def test_a_team_needs_a_name_of_its_own(workspace: Workspace, team: str) -> None:
    with pytest.raises(InvalidInput):
        create_token(workspace, TokenRequest(team=team, scopes=()))
    assert tokens_of(workspace) == ()


def test_from_a_terminal(tmp_path: Path) -> None:
    open_workspace(tmp_path / "lab").close()
    out = tmp_path / "token.txt"
    made = make_token(tmp_path / "lab", {"team": "A", "scopes": ["read"]}, out)
    text = out.read_text().strip()
    assert out.stat().st_mode & 0o777 == 0o600
    assert text not in str(made)
    assert list_tokens(tmp_path / "lab")["tokens"] == [{k: v for k, v in made.items() if k != "file"}]
    assert withdraw_token(tmp_path / "lab", made["id"])["state"] == "revoked"
    with pytest.raises(ValenceError, match="cannot be made"):
        make_token(tmp_path / "lab", {"team": "B"}, out)
    with pytest.raises(InvalidInput):
        make_token(tmp_path / "lab", {"team": HOUSE_TEAM}, tmp_path / "other.txt")
    assert not (tmp_path / "other.txt").exists()
    assert len(list_tokens(tmp_path / "lab")["tokens"]) == 1


def test_while_the_workbench_runs_the_terminal_says_where_to_go(workspace: Workspace) -> None:
    with pytest.raises(ValenceError, match="Settings page"):
        list_tokens(workspace.root)
