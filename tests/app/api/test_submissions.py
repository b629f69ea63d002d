"""Submitting over HTTP: every form, every refusal, keys, quotas, and what is shown."""

import io
import json
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from httpx import Response
from sklearn.metrics import f1_score

from app.api.bodies import BodyLimits
from app.api.serving import ApiLimits
from core.workflows.board_versions import close_version, solution
from core.workflows.submission_records import submissions_of
from tests.app.api.conftest import Board, Serve
from tests.app.api.test_access import check_problem
from tests.fakes.board import guesses, open_board

PARQUET = "application/vnd.apache.parquet"


def answers(board: Board, seed: int = 0) -> list[dict[str, Any]]:
    return guesses(solution(board.workspace, board.version).row_ids, seed)


def body(board: Board, seed: int = 0) -> bytes:
    return json.dumps(answers(board, seed)).encode()


def check_headers(answer: Response, today: int, total: int) -> None:
    assert answer.headers["x-quota-remaining-today"] == str(today)
    assert answer.headers["x-quota-remaining-total"] == str(total)


def test_the_receipt_shows_the_public_score_at_three_decimals(board: Board) -> None:
    token, sent = board.token("scored"), answers(board)
    answer = board.submit(token, json.dumps(sent))
    assert answer.status_code == 201, answer.text
    receipt = answer.json()
    hidden = solution(board.workspace, board.version)
    truth = {
        i: hidden.labels[k] for i, k, p in zip(hidden.row_ids, hidden.label, hidden.is_private, strict=True) if not p
    }
    mine = {p["row_id"]: p["label"] for p in sent}
    expected = f1_score(list(truth.values()), [mine[i] for i in truth], average="macro")
    assert receipt["public_score"] == round(expected, 3)
    assert receipt["low"] <= receipt["public_score"] <= receipt["high"]
    assert receipt["improved"] and receipt["shown"] == receipt["id"]
    assert receipt["remaining"] == {"today": 4, "total": 99}
    check_headers(answer, 4, 99)
    assert "private" not in answer.text and "confusion" not in answer.text


def test_all_three_forms_score_the_same(board: Board) -> None:
    found = answers(board, 3)
    shuffled = [found[i] for i in np.random.default_rng(0).permutation(len(found))]
    held = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(shuffled), held)
    lines = "\n".join(["row_id,label", *(f"{p['row_id']},{p['label']}" for p in shuffled)])
    forms = {"application/json": json.dumps(found), "text/csv": lines, PARQUET: held.getvalue()}
    scores = set()
    for number, (media_type, data) in enumerate(forms.items()):
        answer = board.submit(board.token(f"form {number}"), data, media_type)
        assert answer.status_code == 201, answer.text
        scores.add(answer.json()["public_score"])
    assert len(scores) == 1


def test_what_was_sent_is_found_again_by_its_team_only(board: Board) -> None:
    mine, theirs = board.token("finder"), board.token("stranger")
    address = f"/versions/{board.version}/submissions?model=first&code_ref=abc&config=%7B%22depth%22%3A3%7D"
    receipt = board.post(address, mine, body(board, 4), "application/json").json()
    found = board.get(f"/submissions/{receipt['id']}", mine).json()
    assert (found["model"], found["code_ref"], found["config"]) == ("first", "abc", {"depth": 3})
    assert found["public"]["score"] == receipt["public_score"]
    assert found["private"] is None
    assert board.get("/results", mine).json()["submissions"] == [found]
    check_problem(board.get(f"/submissions/{receipt['id']}", theirs), 404, "not-found")
    assert board.get(f"/results?version={board.version}", theirs).json()["submissions"] == []


def test_the_same_file_or_key_is_scored_once(board: Board) -> None:
    token, data = board.token("twice"), body(board, 5)
    first = board.submit(token, data)
    again = board.submit(token, data)
    assert (again.status_code, again.json()["repeated"], again.json()["id"]) == (200, True, first.json()["id"])
    check_headers(again, 4, 99)
    keyed = board.submit(token, body(board, 6), Idempotency_Key="k1")
    assert keyed.status_code == 201
    same = board.submit(token, body(board, 6), Idempotency_Key="k1")
    assert same.json()["id"] == keyed.json()["id"]
    check_headers(same, 3, 98)
    assert board.submit(token, body(board, 8)).status_code == 201
    much_later = board.submit(token, body(board, 6), Idempotency_Key="k1")
    assert much_later.json() == keyed.json()
    check_headers(much_later, 2, 97)  # what is left now, beside the answer as it was
    check_problem(board.submit(token, body(board, 7), Idempotency_Key="k1"), 409, "conflict")
    left = {quota["version"]: quota["today"] for quota in board.get("/quota", token).json()["quotas"]}
    assert left[board.version] == 2


def test_ten_at_once_at_the_edge_of_the_quota_are_exact(board: Board) -> None:
    token = board.token("rush")
    bodies = [body(board, 100 + number) for number in range(10)]
    with ThreadPoolExecutor(10) as threads:
        found = list(threads.map(lambda data: board.submit(token, data), bodies))
    assert sorted(answer.status_code for answer in found) == [201] * 5 + [429] * 5
    refused = next(answer for answer in found if answer.status_code == 429)
    check_headers(refused, 0, 95)
    check_problem(refused, 429, "quota")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    scored = {answer.json()["id"] for answer in found if answer.status_code == 201}
    assert {s.id for s in submissions_of(board.workspace) if s.team == "rush"} == scored
    assert len(scored) == 5
    check_headers(board.submit(token, body(board, 200)), 0, 95)


def test_every_row_that_is_wrong_is_named_and_no_quota_used(board: Board) -> None:
    token, rows = board.token("wrong"), answers(board)
    rows[1]["label"] = "Good"
    rows[2]["row_id"] = rows[3]["row_id"]
    rows.append({"row_id": "nobody", "label": "good"})
    answer = board.submit(token, json.dumps(rows))
    found = check_problem(answer, 422, "bad-submission")
    assert found["n_problems"] >= 3
    assert all(problem["message"] and problem["fix"] for problem in found["problems"])
    assert any("Good" in problem["message"] for problem in found["problems"])
    check_headers(answer, 5, 100)
    assert [s for s in submissions_of(board.workspace) if s.team == "wrong"] == []


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b"[" * 100_000, b"{}"])
def test_bodies_that_are_no_predictions(board: Board, data: bytes) -> None:
    check_problem(board.submit(board.token("noise"), data), 422, "bad-submission")


def test_the_list_of_problems_is_cut_and_counted(board: Board) -> None:
    sent = [{"row_id": f"x{number}", "label": "good"} for number in range(500)]
    found = check_problem(board.submit(board.token("many"), json.dumps(sent)), 422, "bad-submission")
    assert len(found["problems"]) <= 200


def test_files_that_would_run_code_are_never_opened(board: Board) -> None:
    class Bomb:
        def __reduce__(self) -> Any:
            return (pytest.fail, ("opened",))

    token, bomb = board.token("bomb"), pickle.dumps(Bomb())
    for media_type in ("application/octet-stream", "application/x-pickle", "application/zip"):
        check_problem(board.submit(token, bomb, media_type), 415, "bad-media-type")
    for media_type in ("application/json", "text/csv", PARQUET):
        check_problem(board.submit(token, bomb, media_type), 422, "bad-submission")


def test_a_compressed_or_too_large_body(board: Board, serve: Serve) -> None:
    token = board.token("large")
    check_problem(board.submit(token, b"\x1f\x8b", Content_Encoding="gzip"), 415, "bad-encoding")
    board.client = serve(ApiLimits(bodies=BodyLimits(max_bytes=1_000)))
    answer = board.submit(token, b"x" * 1_001)
    check_problem(answer, 413, "too-large")
    check_problem(board.submit(token, iter([b"x" * 600, b"x" * 600])), 413, "too-large")
    check_headers(answer, 5, 100)


@pytest.mark.parametrize(
    "query", ["config=x", "config=[]", "config=" + "[" * 5_000, "model=" + "m" * 101, "model=%20", "model=a%0Ab"]
)
def test_facts_that_cannot_be_kept(board: Board, query: str) -> None:
    answer = board.post(
        f"/versions/{board.version}/submissions?{query}", board.token("facts"), body(board), "application/json"
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"


def test_private_scores_appear_when_the_version_is_closed(board: Board) -> None:
    [version] = open_board(board.workspace, 90)
    board.version = version
    token = board.token("patient")
    receipt = board.submit(token, body(board, 1)).json()
    assert board.get(f"/submissions/{receipt['id']}", token).json()["private"] is None
    close_version(board.workspace, version)
    private = board.get(f"/submissions/{receipt['id']}", token).json()["private"]
    assert private["low"] <= private["score"] <= private["high"]
    check_problem(board.submit(token, body(board, 2)), 409, "closed")
    assert board.get(f"/versions/{version}", token).json()["state"] == "closed"
    assert version not in str(board.get("/quota", token).json())
