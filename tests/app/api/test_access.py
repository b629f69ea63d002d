"""Tokens at the door: every way in which one may be wrong, in one shape, and never repeated or logged."""

import logging

import pytest

from app.api.application import PATH
from app.api.serving import ApiLimits
from core.models.protocol import Track
from core.store.workspace import Workspace
from core.workflows.tokens import Scope, TokenRequest, create_token, revoke_token
from tests.app.api.conftest import Board, Serve


def check_problem(answer, status: int, kind: str) -> dict:  # type: ignore[no-untyped-def, type-arg]
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["type"] == f"urn:valence:problem:{kind}"
    assert body["status"] == status
    assert body["title"] and body["detail"] and body["fix"]
    assert isinstance(body["problems"], list)
    assert answer.headers["cache-control"] == "no-store"
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
    return body


def test_no_token(board: Board) -> None:
    check_problem(board.get("/versions"), 401, "no-token")
    check_problem(board.get("/versions", Authorization="Basic YTpi"), 401, "no-token")
    check_problem(board.get("/versions", Authorization="Bearer"), 401, "no-token")


@pytest.mark.parametrize("text", ["x", "valence1.lab", "Bearer Bearer", "null", "valence1.lab.0123456789ab.short"])
def test_a_malformed_token(board: Board, text: str) -> None:
    check_problem(board.get("/versions", text), 401, "bad-token")


def test_one_character_changed(board: Board) -> None:
    token = board.token("changed")
    assert board.get("/versions", token).status_code == 200
    for place in range(len("valence1."), len(token)):
        wrong = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        body = check_problem(board.get("/versions", wrong), 401, "bad-token")
        assert wrong not in str(body)


def test_an_expired_token(board: Board) -> None:
    made = create_token(board.workspace, TokenRequest(team="late", days=1))
    past = "2020-01-01T00:00:00.000000Z"
    board.workspace.database.write("UPDATE tokens SET expires_at = ? WHERE id = ?", [past, made.facts.id])
    assert "2020-01-01" in check_problem(board.get("/versions", made.text), 401, "bad-token")["detail"]


def test_a_revoked_token_stops_at_once(board: Board) -> None:
    made = create_token(board.workspace, TokenRequest(team="gone"))
    assert board.get("/versions", made.text).status_code == 200
    revoke_token(board.workspace, made.facts.id)
    assert "revoked" in check_problem(board.get("/versions", made.text), 401, "bad-token")["detail"]


def test_a_token_of_another_workspace_sees_nothing_of_this_one(board: Board, other: Workspace) -> None:
    theirs = create_token(other, TokenRequest(team="A")).text
    assert board.get("/versions", theirs).json() == {"versions": []}
    for path in ("", "/train.jsonl", "/test.parquet"):
        check_problem(board.get(f"/versions/{board.version}{path}", theirs), 404, "not-found")
    check_problem(board.submit(theirs, b"{}"), 404, "not-found")
    check_problem(board.get(f"/results?version={board.version}", theirs), 404, "not-found")
    nowhere = theirs.replace(".other.", ".nowhere.")
    check_problem(board.get("/versions", nowhere), 401, "bad-token")


def test_a_reader_cannot_submit_and_a_submitter_cannot_read(board: Board) -> None:
    reader = board.token("reader", scopes=(Scope.READ,))
    sender = board.token("sender", scopes=(Scope.SUBMIT,))
    body = check_problem(board.submit(reader, b"{}"), 403, "not-allowed")
    assert "submit" in body["fix"]
    check_problem(board.get("/versions", sender), 403, "not-allowed")
    assert board.submit(sender, b"{}").status_code == 422


def test_edges_are_for_the_graph_aware_track(board: Board) -> None:
    blind, aware = board.token("blind one"), board.token("aware one", track=Track.GRAPH_AWARE)
    path = f"/versions/{board.version}/edges.csv"
    check_problem(board.get(path, blind), 403, "not-allowed")
    assert board.get(path, aware).text.startswith("source,target,rel,sign")
    assert "edges.csv" not in board.get(f"/versions/{board.version}", blind).json()["files"]
    assert "edges.csv" in board.get(f"/versions/{board.version}", aware).json()["files"]


@pytest.mark.parametrize(
    "address",
    [
        "/versions?token={token}",
        "/versions?access_token=anything",
        "/versions?x={token}",
        "/versions/{token}",
        "/{token}/versions",
        "/docs?t={token}",
    ],
)
def test_a_token_in_the_address_is_refused_as_compromised(
    board: Board, address: str, caplog: pytest.LogCaptureFixture
) -> None:
    token = board.token("careless")
    with caplog.at_level(logging.DEBUG):
        answer = board.get(address.format(token=token), token)
    body = check_problem(answer, 401, "token-in-address")
    assert "compromised" in body["detail"] and "revoked" in body["fix"]
    assert token not in answer.text
    assert not [record for record in caplog.records if "httpx" not in record.name and token in record.getMessage()]


def test_sixty_requests_a_minute_per_token(board: Board, serve: Serve) -> None:
    board.client = serve(ApiLimits())
    mine, theirs = board.token("quick"), board.token("calm")
    for left in range(59, -1, -1):
        answer = board.get("/quota", mine)
        assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (200, str(left))
    body = check_problem(answer := board.get("/quota", mine), 429, "rate")
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    assert answer.headers["retry-after"] in body["fix"]
    assert board.get("/quota", theirs).status_code == 200
    check_problem(board.get("/quota"), 401, "no-token")


def test_addresses_that_lead_nowhere(board: Board) -> None:
    token = board.token("lost")
    check_problem(board.get("/nothing", token), 404, "not-found")
    check_problem(board.get(f"/versions/{board.version}/solution.parquet", token), 404, "not-found")
    check_problem(board.get(f"/versions/{board.version}/card.json", token), 404, "not-found")
    check_problem(board.get("/submissions/none", token), 404, "not-found")
    answer = board.client.delete(f"{PATH}/versions", headers={"Authorization": f"Bearer {token}"})
    check_problem(answer, 405, "bad-request")
    assert answer.headers["allow"] == "GET"


def test_every_answer_keeps_browsers_and_caches_out(board: Board) -> None:
    token = board.token("careful")
    for answer in (board.get("/versions", token), board.get("/nothing"), board.get("/openapi.json")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "no-store" in answer.headers["cache-control"]
        assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert "set-cookie" not in answer.headers
