"""For all tests."""

import atexit
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

# The same examples in every run, so what passes here passes elsewhere; `--hypothesis-profile default` tries others.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

# What takes longest starts first: tests that start last run alone at the end.
_FIRST: Final = (
    "tests/browser/",
    "tests/core/models/test_every_family.py",
    "tests/app/api/",
    "tests/app/test_cli",
    "tests/core/dataset/test_dask_executor.py",
    "tests/core/sampler/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort stably, so that the order within a file stays."""
    items.sort(key=_turn)


@pytest.fixture(scope="session")
def put_demo(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], None]:
    """Puts the demo workspace into a home as a first visit would: made once, since drawing its rows takes a second."""
    made: list[Path] = []

    def put(home: Path) -> None:
        if not made:
            made.append(_demo_home(tmp_path_factory.mktemp("demo")))
        shutil.copytree(made[0], home, dirs_exist_ok=True)

    return put


def _demo_home(home: Path) -> Path:
    from app.workspaces_home import DEMO
    from core.store.workspace import open_workspace
    from core.workflows.demo import fill_demo_workspace

    with open_workspace(home / DEMO) as workspace:
        fill_demo_workspace(workspace)
    return home


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, start in enumerate(_FIRST) if item.nodeid.startswith(start)), len(_FIRST))


def _silence_stderr() -> None:
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


# Keeps the end of the output readable: Hypothesis holds objects of DuckDB's bindings to the end of the process, and the
# bindings print a page of warnings about that when everything is over.
atexit.register(_silence_stderr)
