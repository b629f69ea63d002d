"""Ten million rows of the published run to Parquet, in a process of its own: wall time, CPU, greatest memory."""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.example_graph import example_graph, published_config
from benchmarks.table import Row
from benchmarks.timing import peak_mb
from core.dataset.executors import ThreadExecutor
from core.dataset.files import PARQUET_FILE
from core.dataset.streaming import Making, stream_dataset
from core.progress import finish
from core.sampler.configuration import DatasetConfig

N_ROWS = 10_000_000
LIMIT_S, LIMIT_MB, N_CORES = 60.0, 1_000.0, 2


def run() -> list[Row]:
    """Wall seconds beside the limit for two free cores, CPU seconds (which other programs disturb less), memory."""
    command = [sys.executable, "-m", "benchmarks.shards"]
    figures = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    cpu, wall, memory = figures["cpu_s"], figures["wall_s"], figures["resident_mb"]
    per_core = cpu / N_CORES
    return [
        Row("10 million rows to Parquet", wall, LIMIT_S, LIMIT_S / wall, "s", "2 threads, whatever else runs here"),
        Row("  its CPU time on each of 2 cores", per_core, LIMIT_S, LIMIT_S / per_core, "CPU s", "parts and joining"),
        Row("  greatest resident memory", memory, LIMIT_MB, LIMIT_MB / memory, "MB", "times below the limit"),
        Row("  rows in range on recount", figures["in_range"], 1.0, figures["in_range"], "share", "at least"),
    ]


def ten_million() -> DatasetConfig:
    """The published run with its numbers of rows raised in proportion."""
    config = published_config()
    per_label = N_ROWS // len(config.label_params)
    rows = dict.fromkeys(config.label_params, per_label)
    rows[next(iter(rows))] += N_ROWS - per_label * len(rows)
    params = {name: p.model_copy(update={"num_samples": rows[name]}) for name, p in config.label_params.items()}
    return config.model_copy(update={"label_params": params})


def _measure() -> None:
    graph = example_graph()
    with tempfile.TemporaryDirectory(prefix="shards-") as folder:
        started, cpu = time.perf_counter(), time.process_time()
        made = finish(
            stream_dataset(
                graph, ten_million(), Path(folder), Making(ThreadExecutor(N_CORES), row_files=(PARQUET_FILE,))
            )
        )
        figures = {"wall_s": time.perf_counter() - started, "cpu_s": time.process_time() - cpu}
    labels = made.evaluation.labels.values()
    in_range = sum(label.in_range_rate * label.n for label in labels) / made.evaluation.n_rows
    print(json.dumps({**figures, "resident_mb": peak_mb(), "in_range": in_range}))


if __name__ == "__main__":
    _measure()
