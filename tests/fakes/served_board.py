"""A real `valence serve` over a workspace with open versions, and tokens to talk to it."""

import json
from pathlib import Path

from core.store.workspace import open_workspace
from core.workflows.tokens import TokenRequest, create_token
from tests.browser.conftest import Server
from tests.fakes.board import open_board


class ServedBoard:
    """`versions` to submit to and a token per team; the server can be killed and started again."""

    def __init__(self, server: Server, workspace: Path, teams: int, n_rows: int) -> None:
        self.server = server
        self.workspace = workspace
        with open_workspace(workspace) as opened:
            self.versions = open_board(opened, n_rows)
            self.tokens = [create_token(opened, TokenRequest(team=f"Team {n}")).text for n in range(teams)]

    @property
    def api(self) -> str:
        return f"{self.server.url}/api/v1"

    @property
    def log(self) -> str:
        return self.server.log.read_text(errors="replace")

    def row_ids(self) -> list[str]:
        """The ids of the first version's test rows, read from its file."""
        [path] = self.workspace.glob(f"artefacts/split/{self.versions[0]}/test.jsonl")
        return [json.loads(line)["row_id"] for line in path.read_text().splitlines()]
