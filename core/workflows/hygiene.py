"""How varied the rows of a dataset are, of one in a workspace or in a file."""

from dataclasses import asdict
from pathlib import Path

from core.dataset.hygiene import Hygiene, measure_hygiene
from core.dataset.reading import read_rows
from core.dataset.stored_rows import stored_rows
from core.dataset.version import PARQUET_FILE
from core.errors import ValenceError
from core.store.workspace import Workspace
from core.workflows.datasets import DATASET, dataset_config
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.headless import Report, catalogue_file, read_config_file, read_file

MAX_ROWS = 2_000_000  # rows that are read at once


def dataset_hygiene(workspace: Workspace, dataset_id: str) -> Hygiene:
    """Of a stored dataset; `ValenceError` for one of more rows than are read at once."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    n_rows = dataset.manifest.facts["n_rows"]
    if n_rows > MAX_ROWS:
        raise ValenceError(
            f"This dataset has {n_rows:,} rows; up to {MAX_ROWS:,} are compared with each other.",
            "Draw a smaller dataset with the same settings to see how varied its rows are.",
        )
    config = dataset_config(workspace, dataset)
    catalogue = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph.catalogue
    data = workspace.artefacts.read(dataset, PARQUET_FILE)
    return measure_hygiene(stored_rows(data, catalogue, config.type_ranges, tuple(config.label_params)), catalogue)


def hygiene_of_file(dataset: Path, catalogue_path: Path, config_path: Path) -> Report:
    """Of a JSONL file of rows."""
    catalogue, config = catalogue_file(catalogue_path), read_config_file(config_path)
    rows = read_rows(read_file(dataset), catalogue, config.type_ranges, list(config.label_params))
    return asdict(measure_hygiene(rows, catalogue))
