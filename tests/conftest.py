"""For all tests."""

import atexit
import os
import sys
from typing import Final

import pytest

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


def _turn(item: pytest.Item) -> int:
    return next((turn for turn, start in enumerate(_FIRST) if item.nodeid.startswith(start)), len(_FIRST))


def _silence_stderr() -> None:
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


# Keeps the end of the output readable: Hypothesis holds objects of DuckDB's bindings to the end of the process, and the
# bindings print a page of warnings about that when everything is over.
atexit.register(_silence_stderr)
