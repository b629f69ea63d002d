"""A fresh workspace with inline jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.jobs import InlineJobRunner
from core.store.workspace import Workspace, open_workspace
from core.workflows.works import WORKS


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    with open_workspace(tmp_path / "lab") as opened:
        yield opened


@pytest.fixture
def jobs(workspace: Workspace) -> Iterator[InlineJobRunner]:
    runner = InlineJobRunner(workspace, WORKS)
    yield runner
    runner.close()
