"""Executors that need what not every installation has."""

from core.dataset.executors import Executor
from core.errors import ValenceError


def dask_executor(scheduler: str) -> Executor:
    """An executor on a Dask scheduler; `ValenceError` where the library is not installed."""
    try:
        from core.dataset.dask_executor import DaskExecutor
    except ModuleNotFoundError as error:
        if error.name not in ("distributed", "dask"):
            raise
        raise ValenceError(
            "Sampling on a cluster needs the library 'distributed', which is not installed.",
            "Install the extra: pip install 'valence[cluster]'.",
        ) from error
    return DaskExecutor(scheduler)
