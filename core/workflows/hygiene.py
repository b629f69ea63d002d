"""How varied the rows of a dataset are, of one in a workspace or in a file."""

from dataclasses import asdict
from pathlib import Path

from core.dataset.hygiene import Hygiene, measure_hygiene
from core.dataset.reading import read_rows
from core.errors import ValenceError
from core.store.workspace import Workspace
from core.workflows.dataset_rows import rows_for_figures
from core.workflows.datasets import DATASET
from core.workflows.graphs import GRAPH, load_graph
from core.workflows.headless import Report, catalogue_file, read_config_file, read_file

MAX_ROWS = 2_000_000  # rows that are read at once


def dataset_hygiene(workspace: Workspace, dataset_id: str) -> Hygiene:
    """Of a stored dataset, sealed or not; `ValenceError` for one of more rows than are read at once."""
    dataset = workspace.artefacts.get(DATASET, dataset_id)
    n_rows = dataset.manifest.facts["n_rows"]
    if n_rows > MAX_ROWS:
        raise ValenceError(
            f"This dataset has {n_rows:,} rows; up to {MAX_ROWS:,} are compared with each other.",
            "Draw a smaller dataset with the same settings to see how varied its rows are.",
        )
    catalogue = load_graph(workspace, dataset.manifest.parents[GRAPH]).graph.catalogue
    return measure_hygiene(rows_for_figures(workspace, dataset, catalogue), catalogue)


def hygiene_of_file(dataset: Path, catalogue_path: Path, config_path: Path) -> Report:
    """Of a JSONL file of rows."""
    catalogue, config = catalogue_file(catalogue_path), read_config_file(config_path)
    rows = read_rows(read_file(dataset), catalogue, config.type_ranges, list(config.label_params))
    return asdict(measure_hygiene(rows, catalogue))
