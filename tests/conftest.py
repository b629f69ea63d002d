"""For all tests."""

import os
import sys

import pytest


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Keep the end of the output readable.

    Hypothesis keeps objects of DuckDB's bindings alive to the end of the process, and the bindings print a page of
    warnings about that after everything is over.
    """
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
