"""What a team downloads: the same rows in both forms, no label of a test row, and nothing that is not on the list."""

import io
import json

import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from core.dataset.split_files import TEST_JSONL
from core.models.protocol import Track
from core.workflows.board_versions import board_version, solution
from core.workflows.splits import SPLIT
from tests.app.api.conftest import Board
from tests.fakes.board import catalogue_of_shops, ids_in


def test_versions_and_their_card(board: Board) -> None:
    token = board.token("looking")
    [listed] = [v for v in board.get("/versions", token).json()["versions"] if v["id"] == board.version]
    card = board.get(f"/versions/{board.version}", token).json()
    known = board_version(board.workspace, board.version)
    assert {name: card[name] for name in listed} == listed
    assert listed["id"] == board.version
    assert (listed["state"], listed["kind"], listed["labels"]) == ("open", "random", ["good", "poor"])
    assert (listed["n_train"], listed["n_test"]) == (known.n_train, known.n_test)
    assert listed["closed_at"] is None
    assert listed["quota"] == {"version": board.version, "today": 5, "total": 100}
    assert set(card["lines"]) == {"oracle", "majority", "ceiling", "ceiling_on_rows"}
    assert listed["files"] == ["train.jsonl", "train.parquet", "test.jsonl", "test.parquet", "attributes.parquet"]


def test_every_answer_about_a_version_says_what_is_left(board: Board) -> None:
    token = board.token("counting")
    for path in ("", "/test.jsonl", "/vectors.parquet"):
        answer = board.get(f"/versions/{board.version}{path}", token)
        assert answer.headers["x-quota-remaining-today"] == "5"
        assert answer.headers["x-quota-remaining-total"] == "100"


def test_both_forms_hold_the_same_rows(board: Board) -> None:
    token = board.token("reading")
    for part in ("train", "test"):
        jsonl = board.get(f"/versions/{board.version}/{part}.jsonl", token)
        parquet = board.get(f"/versions/{board.version}/{part}.parquet", token)
        assert jsonl.headers["content-type"].startswith("application/x-ndjson")
        assert parquet.headers["content-type"] == "application/vnd.apache.parquet"
        rows = [json.loads(line) for line in jsonl.text.splitlines()]
        assert rows == pq.read_table(io.BytesIO(parquet.content)).to_pylist()
        assert all(("label" in row) == (part == "train") for row in rows)
        assert f"{part}.jsonl" in jsonl.headers["content-disposition"]


def test_training_and_test_rows_are_apart_and_test_rows_are_those_of_the_solution(board: Board) -> None:
    token = board.token("apart")
    train, test = (ids_in(board.get(f"/versions/{board.version}/{p}.jsonl", token).text) for p in ("train", "test"))
    assert not set(train) & set(test)
    assert tuple(test) == solution(board.workspace, board.version).row_ids


def test_attributes_explain_the_values(board: Board) -> None:
    data = board.get(f"/versions/{board.version}/attributes.parquet", board.token("words")).content
    table = pq.read_table(io.BytesIO(data)).to_pylist()
    assert [row["id"] for row in table] == [a.id for a in catalogue_of_shops().attributes]


def test_edges_are_those_of_the_graph(board: Board) -> None:
    token = board.token("edges", track=Track.GRAPH_AWARE)
    data = board.get(f"/versions/{board.version}/edges.csv", token).content
    table = pacsv.read_csv(io.BytesIO(data))
    assert set(table.column("sign").to_pylist()) == {"+", "-"}
    assert set(table.column("source").to_pylist()) <= {a.id for a in catalogue_of_shops().attributes}


def test_a_part_of_a_file(board: Board) -> None:
    token = board.token("parts")
    artefacts = board.workspace.artefacts
    whole = artefacts.read(artefacts.get(SPLIT, board.version), TEST_JSONL)
    answer = board.get(f"/versions/{board.version}/test.jsonl", token, Range="bytes=10-29")
    assert (answer.status_code, answer.content) == (206, whole[10:30])


def test_a_version_without_vectors_says_what_it_has(board: Board) -> None:
    answer = board.get(f"/versions/{board.version}/vectors.parquet", board.token("vectors"))
    assert answer.status_code == 404
    assert "attributes.parquet" in answer.json()["fix"]
