"""Entries for a board: submissions that are right as often as they are told to be, and evaluation logs of them."""

import json
from typing import Any

import numpy as np

from core.leaderboard.prediction_files import submission_bytes
from core.leaderboard.predictions import Predictions
from core.leaderboard.receipts import Receipt
from core.models.protocol import Track
from core.progress import finish
from core.store.workspace import Workspace
from core.workflows.board_versions import open_version, solution
from core.workflows.splits import split_card, split_dataset
from core.workflows.submissions import SubmissionRequest, SubmissionSource, submit

PARQUET = "application/vnd.apache.parquet"


def open_cold(workspace: Workspace, version: str) -> str:
    """A cold version of the dataset of a random one."""
    card = split_card(workspace, version)
    dataset, settings = card["dataset"], {**card["settings"], "held_out_attributes": 0.1}
    split = finish(split_dataset(workspace, {"dataset": dataset, "settings": settings}))["split"]
    return open_version(workspace, split).id


def predictions_of(
    workspace: Workspace, version: str, accuracy: float, seed: int, *, with_chances: bool
) -> Predictions:
    """Right with a chance of `accuracy`, else another label; chances say so, with some doubt of their own."""
    answers = solution(workspace, version)
    rng, n_labels = np.random.default_rng(seed), len(answers.labels)
    wrong = (answers.label + rng.integers(1, n_labels, len(answers.label))) % n_labels
    label = np.where(rng.random(len(wrong)) < accuracy, answers.label, wrong).astype(np.int8)
    if not with_chances:
        return Predictions(label)
    sure = np.clip(rng.normal(accuracy, 0.1, len(label)), 1 / n_labels + 0.01, 0.999)
    chances = np.repeat(((1 - sure) / (n_labels - 1))[:, None], n_labels, axis=1)
    chances[np.arange(len(label)), label] = sure
    return Predictions(label, chances)


def enter(
    workspace: Workspace,
    version: str,
    accuracy: float,
    *,
    team: str = "Aurora",
    model: str = "model",
    family: str = "",
    track: Track = Track.BLIND,
    seed: int = 0,
    with_chances: bool = False,
    source: SubmissionSource = SubmissionSource.CLI,
) -> Receipt:
    """Submit such predictions."""
    answers = solution(workspace, version)
    made = predictions_of(workspace, version, accuracy, seed, with_chances=with_chances)
    config: dict[str, Any] = {"seed": seed} | ({"family": family} if family else {})
    return submit(
        workspace,
        SubmissionRequest(
            version=version,
            team=team,
            model=model,
            track=track,
            data=submission_bytes(answers.row_ids, answers.labels, made),
            media_type=PARQUET,
            source=source,
            code_ref=f"https://example.org/{team}@{seed:07x}",
            config=config,
        ),
    )


def log_of(
    dataset_version: str = "V25", *, model: str = "forest", team: str = "Borealis", right: int = 40, **changes: Any
) -> dict[str, Any]:
    """An evaluation log of 100 rows of two labels, `right` of each 50 being right."""
    wrong = 50 - right
    log: dict[str, Any] = {
        "model": model,
        "family": "trees",
        "team": team,
        "dataset_version": dataset_version,
        "split_kind": "random",
        "track": "blind",
        "n_rows": 100,
        "date": "2026-05-04T10:00:00Z",
        "confusion": {"labels": ["good", "poor"], "counts": [[right, wrong], [wrong, right]]},
        "code_ref": "git:0a1b2c3",
        "config": {"trees": 300},
    }
    return {**log, **changes}


def jsonl(*logs: dict[str, Any]) -> bytes:
    """Logs as a JSONL file."""
    return "".join(f"{json.dumps(log)}\n" for log in logs).encode()
