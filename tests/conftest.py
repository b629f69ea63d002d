"""For all tests."""

import atexit
import os
import sys


def _silence_stderr() -> None:
    sys.stderr.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


# Keeps the end of the output readable: Hypothesis holds objects of DuckDB's bindings to the end of the process, and the
# bindings print a page of warnings about that when everything is over.
atexit.register(_silence_stderr)
