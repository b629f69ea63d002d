"""No answer, file, log line, error or cache that a client can reach carries a hidden label.

Two ways of looking. A search for anything that joins a test row with its label; it is shown to find leaks first. And
two worlds that differ in nothing but the hidden labels: whatever a client sees, scores apart, is the same in both.
"""

import json
import logging
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.api.application import PATH, create_api
from app.api.serving import ApiLimits
from core.leaderboard.solution import Solution, solution_bytes
from core.models.protocol import Track
from core.store.hidden import HIDDEN_FOLDER
from core.store.workspace import Workspace, open_workspace
from core.workflows import submissions
from core.workflows.board_versions import solution
from core.workflows.splits import SPLIT, solution_name
from core.workflows.tokens import TokenRequest, create_token
from tests.fakes.board import open_board
from tests.fakes.leaks import LeakSearch, as_parquet

GUESS = "good"
BAD_BODIES = ("", "{", "row_id,label\n", "row_id,label\nnobody,good\n", "row_id,label\nROW,best\n", "row_id\nROW\n")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    (tmp_path / "temp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temp"))
    with open_workspace(tmp_path / "home" / "lab") as opened:
        yield opened


def search_of(workspace: Workspace, version: str) -> LeakSearch:
    hidden = solution(workspace, version)
    truth = {row_id: hidden.labels[k] for row_id, k in zip(hidden.row_ids, hidden.label, strict=True)}
    split = workspace.artefacts.get(SPLIT, version)
    lines = [json.loads(line) for line in workspace.artefacts.read(split, "test.jsonl").splitlines()]
    rows = {line["row_id"]: [v for k, vs in line.items() if k != "row_id" for v in vs] for line in lines}
    assert set(rows) == set(truth)
    return LeakSearch(truth, rows, GUESS)


def client_of(workspace: Workspace) -> TestClient:
    app = Starlette(routes=[Mount(PATH, create_api({"lab": workspace}.get, ApiLimits(rate=10_000)))])
    return TestClient(app, raise_server_exceptions=False)


class Visitor:
    """A team that tries everything, and keeps what it is answered: bodies with their headers, by what was asked."""

    def __init__(self, workspace: Workspace, version: str, client: TestClient, track: Track) -> None:
        self.token = create_token(workspace, TokenRequest(team=f"Team {track}", track=track)).text
        self.version, self.client, self.track = version, client, track
        self.seen: dict[str, bytes] = {}

    def get(self, path: str, name: str = "") -> Response:
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._kept(name or path, self.client.get(PATH + path, headers=headers))

    def post(self, name: str, body: str) -> Response:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "text/csv"}
        address = f"{PATH}/versions/{self.version}/submissions"
        return self._kept(name, self.client.post(address, content=body, headers=headers))

    def try_everything(self) -> dict[str, bytes]:
        card = self.get(f"/versions/{self.version}").json()
        for file in ["card.json", "solution.parquet", "..%2Fhidden", *card["files"]]:
            self.get(f"/versions/{self.version}/{file}")
        lines = self.get(f"/versions/{self.version}/test.jsonl").text.splitlines()
        row_ids = [json.loads(line)["row_id"] for line in lines]
        for body in BAD_BODIES:
            self.post(f"bad {body}", body.replace("ROW", row_ids[0]))
        self.post("scored", answer_sheet(row_ids))
        self.post("doubled", answer_sheet([*row_ids, row_ids[0]]))
        self.post("short", answer_sheet(row_ids[1:]))
        [sent] = self.get("/results").json()["submissions"]
        self.get(f"/submissions/{sent['id']}", "own submission")
        for path in ("/quota", "/versions", "/openapi.json", "/docs", f"/submissions/{row_ids[0]}"):
            self.get(path)
        return self.seen

    def _kept(self, name: str, answer: Response) -> Response:
        self.seen[f"{self.track} {name}"] = answer.content
        self.seen[f"{self.track} {name} (headers)"] = json.dumps(dict(answer.headers)).encode()
        return answer


def answer_sheet(row_ids: Iterable[str]) -> str:
    """A submission that calls every row by one label."""
    return "\n".join(["row_id,label", *(f"{row_id},{GUESS}" for row_id in row_ids)])


def session(workspace: Workspace, version: str, client: TestClient) -> dict[str, bytes]:
    """Everything that teams of both tracks are answered."""
    visitors = [Visitor(workspace, version, client, track) for track in Track]
    return {name: data for visitor in visitors for name, data in visitor.try_everything().items()}


def files_of(workspace: Workspace) -> dict[str, bytes]:
    """Every file of the workspace but the hidden ones, and the database's rows as text."""
    root = workspace.root
    paths = [path for path in root.rglob("*") if path.is_file() and HIDDEN_FOLDER not in path.relative_to(root).parts]
    found = {str(path.relative_to(root)): path.read_bytes() for path in paths if path.suffix not in (".duckdb", ".wal")}
    tables = workspace.database.read("SELECT table_name FROM duckdb_tables()")
    for table in tables:
        rows = workspace.database.read(f'SELECT * FROM "{table["table_name"]}"')
        found[f"table {table['table_name']}"] = "\n".join(json.dumps(row, default=str) for row in rows).encode()
    return found


def test_the_search_finds_what_is_planted(workspace: Workspace) -> None:
    [version] = open_board(workspace, 100)
    search = search_of(workspace, version)
    pairs = list(search.truth.items())
    ids, labels = [i for i, _ in pairs], [label for _, label in pairs]
    codes = [int(label == "poor") for label in labels]
    attributes = {row_id: sorted(values) for values, row_id in search.held.items()}
    poor = next(row_id for row_id, label in pairs if label == "poor")
    planted: dict[str, bytes] = {
        "a log line": f"ERROR scoring {poor} failed: poor".encode(),
        "a header": json.dumps({"X-Debug": f"{poor}=poor"}).encode(),
        "columns": json.dumps({"debug": {"rows": ids, "truth": codes}}).encode(),
        "an object of codes": json.dumps(dict(zip(ids, codes, strict=True))).encode(),
        "lines of codes": "\n".join(json.dumps({"r": i, "c": c}) for i, c in zip(ids, codes, strict=True)).encode(),
        "Parquet of codes": as_parquet([{"r": i, "c": c} for i, c in zip(ids, codes, strict=True)]),
        "rows without ids": json.dumps({"shop": attributes[poor], "label": "poor"}).encode(),
        "Parquet without ids": as_parquet([{"a": attributes[i], "label": search.truth[i]} for i in ids]),
        "an order": "\n".join(json.dumps({"r": i}) for i, _ in sorted(pairs, key=lambda p: p[1])).encode(),
    }
    missed = [name for name, data in planted.items() if not search.leaks(name, data)]
    assert missed == []
    harmless = {
        "names of labels": b'{"labels": ["good", "poor"]}',
        "ids alone": "\n".join(json.dumps({"r": i}) for i in ids).encode(),
        "our guess": "\n".join(f"{i},{GUESS}" for i in ids).encode(),
    }
    assert [name for name, data in harmless.items() if search.leaks(name, data)] == []


def test_nothing_a_client_can_reach_holds_a_hidden_label(
    workspace: Workspace, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    [version] = open_board(workspace, 100)
    search = search_of(workspace, version)
    with caplog.at_level(logging.DEBUG), client_of(workspace) as client:
        seen = session(workspace, version, client)

        def fail(_: Any, label: Any, *__: Any) -> None:  # as a library would, with values in its text
            raise ValueError(f"{list(search.truth.items())} {np.asarray(label).tolist()}")

        monkeypatch.setattr(submissions, "figures_of", fail)
        other = Visitor(workspace, version, client, Track.BLIND)
        answer = other.post("failed", answer_sheet(reversed(search.truth)))
        assert answer.status_code == 500
    seen |= other.seen
    seen["log"] = caplog.text.encode()
    seen |= files_of(workspace)
    workspace.close()
    for path in [*workspace.root.glob("*.duckdb*"), *(tmp_path / "temp").rglob("*")]:
        if path.is_file():
            seen[path.name] = path.read_bytes()
    assert len(seen) > 60
    assert sum(row_id.encode() in data for data in seen.values() for row_id in [next(iter(search.truth))]) >= 4
    assert [leak for name, data in seen.items() for leak in search.leaks(name, data)] == []


def test_worlds_that_differ_in_hidden_labels_alone_look_the_same_but_for_scores(
    workspace: Workspace, tmp_path: Path
) -> None:
    [version] = open_board(workspace, 100)
    told = solution(workspace, version)
    workspace.close()
    other = tmp_path / "elsewhere" / "lab"
    shutil.copytree(workspace.root, other)
    turned = (len(told.labels) - 1 - told.label).astype(np.int8)
    views = []
    for root, label in ((workspace.root, told.label), (other, turned)):
        with open_workspace(root) as world:
            changed = Solution(told.row_ids, told.labels, label, told.is_private)
            world.hidden.write(solution_name(version), solution_bytes(changed))
            with client_of(world) as client:
                views.append({name: _without_scores(data) for name, data in session(world, version, client).items()})
    assert views[0].keys() == views[1].keys()
    assert [name for name in views[0] if views[0][name] != views[1][name]] == []


# What follows from scores, and what is different whenever it is asked.
_VARY = {"public_score", "score", "low", "high", "id", "shown", "note", "submitted_at", "ratelimit-reset"}


def _without_scores(data: bytes) -> Any:
    try:
        return _pruned(json.loads(data))
    except ValueError:
        return data


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _pruned(item) for name, item in value.items() if name not in _VARY}
    if isinstance(value, list):
        return [_pruned(item) for item in value]
    return value
