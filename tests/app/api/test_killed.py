"""Pull the plug during 200 submissions: what was acknowledged is there once, and sending again completes the rest."""

import json
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.browser.conftest import Server
from tests.fakes.board import guesses
from tests.fakes.served_board import ServedBoard

TEAMS, EACH, AT_ONCE = 40, 5, 8


class Sending(NamedTuple):
    """One submission: whose it is, and what is sent."""

    team: int
    key: str
    body: bytes


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServedBoard]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        server = Server(tmp_path / "home", probe.getsockname()[1])
    served = ServedBoard(server, tmp_path / "home" / "lab", TEAMS, n_rows=60)
    monkeypatch.setenv("VALENCE_WORKSPACE", str(served.workspace))
    yield served
    server.stop()


class Desk:
    """Sends submissions from several threads, and remembers the receipts it got, by key."""

    def __init__(self, board: ServedBoard) -> None:
        self.board = board
        self.client = httpx.Client(timeout=60)
        self.receipts: dict[str, dict[str, object]] = {}
        self.enough = threading.Event()

    def send(self, sendings: list[Sending], stop_after: int) -> None:
        def one(sending: Sending) -> None:
            try:
                answer = self.client.post(
                    f"{self.board.api}/versions/{self.board.versions[0]}/submissions",
                    content=sending.body,
                    headers=self.headers(sending.team)
                    | {"Content-Type": "application/json", "Idempotency-Key": sending.key},
                )
            except httpx.TransportError:
                return  # never acknowledged
            assert answer.status_code in (200, 201), answer.text
            self.receipts[sending.key] = answer.json()
            if len(self.receipts) >= stop_after:
                self.enough.set()

        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(threads.map(one, sendings))

    def headers(self, team: int) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.board.tokens[team]}"}

    def stored(self) -> dict[int, list[dict[str, object]]]:
        """What the server says each team submitted."""
        found = {}
        for team in range(TEAMS):
            answer = self.client.get(f"{self.board.api}/results", headers=self.headers(team))
            found[team] = answer.json()["submissions"]
        return found


def test_every_acknowledged_submission_is_there_once(board: ServedBoard) -> None:
    row_ids = board.row_ids()
    sendings = [
        Sending(team, f"{team}-{n}", json.dumps(guesses(row_ids, seed=team * EACH + n)).encode())
        for n in range(EACH)
        for team in range(TEAMS)
    ]
    board.server.start()
    desk = Desk(board)
    sender = threading.Thread(target=desk.send, args=(sendings, TEAMS * EACH // 2))
    sender.start()
    assert desk.enough.wait(120)
    board.server.kill()
    sender.join()
    acknowledged = dict(desk.receipts)
    assert TEAMS * EACH // 2 <= len(acknowledged) < TEAMS * EACH  # it was killed in the middle

    board.server.start()
    stored = desk.stored()
    ids = Counter(s["id"] for submissions in stored.values() for s in submissions)
    assert set(ids.values()) == {1}
    assert {receipt["id"] for receipt in acknowledged.values()} <= set(ids)
    for receipt in acknowledged.values():
        [found] = [s for s in stored[int(str(receipt["team"]).split()[1])] if s["id"] == receipt["id"]]
        assert found["submitted_at"] == receipt["submitted_at"]
        if receipt["improved"]:
            assert found["public"]["score"] == receipt["public_score"]  # type: ignore[index]

    desk.send(sendings, TEAMS * EACH + 1)
    assert len(desk.receipts) == TEAMS * EACH
    for key, receipt in acknowledged.items():
        assert desk.receipts[key] == receipt  # word for word
    again = desk.stored()
    assert {team: len(submissions) for team, submissions in again.items()} == dict.fromkeys(range(TEAMS), EACH)
    assert {s["id"] for submissions in again.values() for s in submissions} == {r["id"] for r in desk.receipts.values()}
    assert "Traceback" not in board.log
