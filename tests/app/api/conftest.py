"""The API over a workspace with an open version, called in process."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from app.api.application import PATH, create_api
from app.api.serving import ApiLimits
from core.models.protocol import Track
from core.store.workspace import Workspace, open_workspace
from core.workflows.tokens import Scope, TokenRequest, create_token
from tests.fakes.board import open_board


@dataclass
class Board:
    """A served workspace with one open version."""

    workspace: Workspace
    version: str
    client: TestClient
    others: dict[str, Workspace] = field(default_factory=dict)

    def token(self, team: str = "A", *, scopes: tuple[Scope, ...] = tuple(Scope), track: Track = Track.BLIND) -> str:
        return create_token(self.workspace, TokenRequest(team=team, scopes=scopes, track=track)).text

    def get(self, path: str, token: str = "", **headers: str) -> Response:
        return self.client.get(PATH + path, headers=self._headers(token, headers))

    def post(self, path: str, token: str, content: Any, media_type: str, **headers: str) -> Response:
        named = {**self._headers(token, headers), "Content-Type": media_type}
        return self.client.post(PATH + path, content=content, headers=named)

    def submit(self, token: str, content: Any, media_type: str = "application/json", **headers: str) -> Response:
        return self.post(f"/versions/{self.version}/submissions", token, content, media_type, **headers)

    @staticmethod
    def _headers(token: str, headers: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return named | ({"Authorization": f"Bearer {token}"} if token else {})


Serve = Callable[[ApiLimits], TestClient]


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, str]]:
    """One workspace with an open version, made once; tests give their teams names of their own."""
    with open_workspace(tmp_path_factory.mktemp("home") / "lab") as workspace:
        yield workspace, open_board(workspace)[0]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Workspace]:
    """A second workspace on the same server, without versions."""
    with open_workspace(tmp_path / "other") as workspace:
        yield workspace


@pytest.fixture
def serve(opened: tuple[Workspace, str], other: Workspace) -> Iterator[Serve]:
    """Makes clients of fresh servers over both workspaces."""
    held = {"lab": opened[0], "other": other}
    clients: list[TestClient] = []

    def serve_with(limits: ApiLimits) -> TestClient:
        app = Starlette(routes=[Mount(PATH, create_api(held.get, limits))])
        clients.append(TestClient(app, raise_server_exceptions=False).__enter__())
        return clients[-1]

    yield serve_with
    for client in clients:
        client.__exit__()


@pytest.fixture
def board(opened: tuple[Workspace, str], other: Workspace, serve: Serve) -> Board:
    return Board(*opened, serve(ApiLimits(rate=1_000)), {"other": other})
