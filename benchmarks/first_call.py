"""How long a first call waits for the compiler, how long a later one for its cache, and how soon a run stops.

The call is the one that a dataset's job makes: in a process that has imported the job, as the workbench and the command
line have when they come to it.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from time import perf_counter, process_time

from benchmarks.example_graph import example_graph, published_config
from benchmarks.table import Row
from core.graph.model import SignedGraph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, LabelParams
from core.sampler.encoding import encode_config
from core.sampler.example_graphs import example_named, make_example
from core.sampler.published import published_config as published
from core.sampler.sampling import sample_label
from core.sampler.search import LabelRequest

LIMIT_FIRST_S, LIMIT_CACHED_S, LIMIT_CANCEL_MS = 4.0, 0.4, 50.0
N_CANCELS, N_PAIRS = 20, 3


def run() -> list[Row]:
    """CPU seconds of the first sampled label in a new process, with an empty and with a filled compiler cache.

    The least of a few, because other programs on the machine only ever add time.
    """
    rows = []
    for what, name in (("drawing (V27)", "V27"), ("annealing (V28)", "V28")):
        first, cached = (min(calls) for calls in zip(*(_two_calls(name) for _ in range(N_PAIRS)), strict=True))
        for call, seconds, limit in (("first", first, LIMIT_FIRST_S), ("cached", cached, LIMIT_CACHED_S)):
            rows.append(Row(f"{call} call, {what}", seconds, limit, limit / seconds, "CPU s", "times below the limit"))
    cancel = 1e3 * _slowest_cancel()
    note = f"wall time, the slowest of {N_CANCELS}; times below the limit"
    rows.append(Row("cancel", cancel, LIMIT_CANCEL_MS, LIMIT_CANCEL_MS / cancel, "ms", note))
    return rows


def _two_calls(name: str) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="numba-") as cache:
        return _child(name, cache), _child(name, cache)


def _child(name: str, cache: str) -> float:
    command = [sys.executable, "-m", "benchmarks.first_call", name]
    environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
    out = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
    return float(json.loads(out))


def _graph_of(name: str) -> tuple[SignedGraph, DatasetConfig]:
    if name == "V27":
        return example_graph(), published_config()
    return make_example(example_named("1400")), published(name).config


def _few(params: LabelParams, n_rows: int) -> LabelParams:
    return params.model_copy(update={"num_samples": n_rows})


def _measure(name: str) -> None:
    import_module("core.workflows.datasets")
    graph, config = _graph_of(name)
    request = LabelRequest("pos", _few(config.label_params["pos"], 10), config.sampler, config.seed)
    started = process_time()
    finish(sample_label(encode_config(graph, config), request, n_workers=1))
    print(json.dumps(process_time() - started))


def _slowest_cancel() -> float:
    graph, config = _graph_of("V28")
    encoding = encode_config(graph, config)
    slowest = 0.0
    for number in range(N_CANCELS):
        request = LabelRequest("pos", _few(config.label_params["pos"], 1_000_000), config.sampler, number)
        steps = sample_label(encoding, request)
        while next(steps).done == 0:
            pass
        started = perf_counter()
        steps.close()
        slowest = max(slowest, perf_counter() - started)
    return slowest


if __name__ == "__main__":
    _measure(sys.argv[1])
