"""Twenty teams submitting 13,000 rows each at once, while twenty people click through the workbench.

Server, teams and people share the cores of this machine, so the figures are lower bounds.
"""

import json
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from benchmarks.browser_sessions import Clicks, clicking
from benchmarks.example_graph import example_graph, published_config
from benchmarks.served import served
from benchmarks.table import Row
from core.graph.edges_csv import write_edges
from core.leaderboard.submission_files import CSV
from core.progress import finish
from core.sampler.configuration import DatasetConfig
from core.store.workspace import Workspace, open_workspace
from core.workflows.board_versions import open_version
from core.workflows.catalogues import save_catalogue
from core.workflows.datasets import build_dataset
from core.workflows.graphs import save_uploaded_graph
from core.workflows.splits import split_dataset
from core.workflows.tokens import TokenRequest, create_token

N_TEAMS, N_PEOPLE, PAUSE_S = 20, 20, 3.0
N_TEST_ROWS, N_VERSIONS, PER_DAY = 13_000, 3, 5
TEST_SHARE = 0.4
REACH_PER_S, LIMIT_S = 20.0, 2.0
WORKSPACE = "board"


@dataclass
class Team:
    """A team with its token, its open connection and what it was told."""

    token: str
    client: httpx.Client
    seconds: list[float] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)

    def submit(self, version: str, body: bytes) -> None:
        started = time.perf_counter()
        answer = self.client.post(f"/versions/{version}/submissions", content=body, headers={"Content-Type": CSV})
        self.seconds.append(time.perf_counter() - started)
        assert answer.status_code == 201, answer.text
        self.ids.append(answer.json()["id"])

    def stored(self) -> list[str]:
        return [found["id"] for found in self.client.get("/results").json()["submissions"]]


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / WORKSPACE
        with open_workspace(root) as workspace:
            versions = _versions(workspace)
            tokens = [create_token(workspace, TokenRequest(team=f"Team {n}")).text for n in range(N_TEAMS)]
        bodies = {version: _bodies(root, version) for version in versions}
        with served(root) as url:
            teams = [_team(url, token) for token in tokens]
            with clicking(url, WORKSPACE, N_PEOPLE, PAUSE_S) as clicks:
                seconds = _submit_all(teams, bodies)
            return _rows(teams, clicks, seconds)


def _rows(teams: list[Team], clicks: Clicks, seconds: float) -> list[Row]:
    told = [submission for team in teams for submission in team.ids]
    stored = Counter(submission for team in teams for submission in team.stored())
    rate, slowest = len(told) / seconds, float(np.quantile([s for team in teams for s in team.seconds], 0.95))
    lost, double = len(set(told) - set(stored)), sum(n > 1 for n in stored.values()) + len(told) - len(set(told))
    assert not clicks.failures, clicks.failures[:3]
    what = f"{N_TEAMS} teams, {N_TEST_ROWS:,} rows each"
    people = f"{N_PEOPLE} sessions, {len(clicks.seconds)} clicks"
    return [
        Row(f"{what}: scored submissions", rate, REACH_PER_S, rate / REACH_PER_S, "/s", f"at least; {len(told)} sent"),
        Row(f"{what}: 95 % answered within", slowest, LIMIT_S, slowest / LIMIT_S, "s", "at most"),
        Row(f"{what}: acknowledged and lost", lost, 0, None, "", "none"),
        Row(f"{what}: stored twice", double, 0, None, "", "none"),
        Row(f"{people}: median until the page is there", float(np.median(clicks.seconds)), None, None, "s"),
        Row(f"{people}: 95 % within", float(np.quantile(clicks.seconds, 0.95)), None, None, "s"),
    ]


def _versions(workspace: Workspace) -> list[str]:
    graph = example_graph()
    save_catalogue(workspace, graph.catalogue, "Example")
    graph_id = save_uploaded_graph(workspace, graph.catalogue.id, write_edges(graph), "Example").id
    opened = []
    for seed in range(1, N_VERSIONS + 1):
        config = _config(seed).model_dump(mode="json")
        dataset = finish(build_dataset(workspace, {"graph": graph_id, "config": config, "title": f"Rows {seed}"}))
        split = finish(split_dataset(workspace, dataset))["split"]
        opened.append(open_version(workspace, split).id)
    return opened


def _config(seed: int) -> DatasetConfig:
    """The published quotas and ranges, with as many rows as give 13,000 test rows."""
    published = published_config()
    share = N_TEST_ROWS / TEST_SHARE / sum(params.num_samples for params in published.label_params.values())
    labels = {
        name: params.model_copy(update={"num_samples": round(params.num_samples * share)})
        for name, params in published.label_params.items()
    }
    return published.model_copy(update={"label_params": labels, "seed": seed})


def _bodies(root: Path, version: str) -> list[bytes]:
    """A body for every submission to a version: labels by chance, in CSV."""
    [path] = root.glob(f"artefacts/split/{version}/test.jsonl")
    row_ids = [json.loads(line)["row_id"] for line in path.read_text(encoding="utf-8").splitlines()]
    rng = np.random.default_rng(7)
    labels = np.array(["pos", "neg", "avg"])
    drawn = [labels[rng.integers(0, 3, len(row_ids))] for _ in range(N_TEAMS * PER_DAY)]
    return ["\n".join(["row_id,label", *map(",".join, zip(row_ids, d, strict=True))]).encode() for d in drawn]


def _team(url: str, token: str) -> Team:
    headers = {"Authorization": f"Bearer {token}"}
    return Team(token, httpx.Client(base_url=f"{url}/api/v1", headers=headers, timeout=120))


def _submit_all(teams: list[Team], bodies: dict[str, list[bytes]]) -> float:
    """Every team sends one submission after the other, all teams at once; the seconds until the last is answered."""

    def work(number: int, team: Team) -> None:
        for version, sent in bodies.items():
            for body in sent[number * PER_DAY : (number + 1) * PER_DAY]:
                team.submit(version, body)

    threads = [threading.Thread(target=work, args=pair) for pair in enumerate(teams)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started
