"""A board to submit to: a graph, rows drawn from it, and splits of them that are open for submissions."""

import json
from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.graph.edges_csv import write_edges
from core.graph.model import signed_graph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config
from core.store.workspace import Workspace
from core.workflows.board_versions import open_version
from core.workflows.catalogues import save_catalogue
from core.workflows.datasets import build_dataset
from core.workflows.graphs import save_uploaded_graph
from core.workflows.splits import split_dataset

TYPES = {"shop": 12, "interest": 16, "city": 10}


def catalogue_of_shops() -> Catalogue:
    """Attributes of three made-up modalities."""
    return Catalogue(tuple(Attribute(f"{t}-{i}", f"{t} {i}", t, t) for t, size in TYPES.items() for i in range(size)))


def save_graph(workspace: Workspace) -> str:
    """A graph of random signs on the made-up catalogue; its id."""
    catalogue = catalogue_of_shops()
    types = [a.attribute_type for a in catalogue.attributes]
    pairs = np.array([(i, j) for i, j in combinations(range(len(types)), 2) if types[i] != types[j]], dtype=np.int32)
    signs = np.random.default_rng(1).choice([1, -1, 0], p=[0.4, 0.3, 0.3], size=len(pairs)).astype(np.int8)
    graph = signed_graph(catalogue, pairs[signs != 0, 0], pairs[signs != 0, 1], signs[signs != 0])
    save_catalogue(workspace, catalogue, "Shops")
    return save_uploaded_graph(workspace, catalogue.id, write_edges(graph), "Shops").id


def config_of(n_rows: int, seed: int) -> DatasetConfig:
    """Two labels, `n_rows` rows of each."""
    return parse_config(
        {
            "type_ranges": {"interest": [1, 4], "shop": [1, 3], "city": [0, 3]},
            "label_params": {
                "good": {"pos_frac_range": [0.3, 1], "neg_frac_range": [0, 0.3], "num_samples": n_rows},
                "poor": {"pos_frac_range": [0, 0.3], "neg_frac_range": [0.15, 1], "num_samples": n_rows},
            },
            "seed": seed,
        }
    )


def open_board(workspace: Workspace, n_rows: int = 150, n_versions: int = 1) -> list[str]:
    """The ids of freshly opened versions, each of `2 * n_rows` rows."""
    graph = save_graph(workspace)
    opened = []
    for seed in range(1, n_versions + 1):
        config = config_of(n_rows, seed).model_dump(mode="json")
        made = finish(build_dataset(workspace, {"graph": graph, "config": config, "title": f"rows {seed}"}))
        settings = {"min_public_rows": min(2_000, n_rows // 4)}
        split = finish(split_dataset(workspace, {"dataset": made["dataset"], "settings": settings}))["split"]
        opened.append(open_version(workspace, split, f"Version {seed}").id)
    return opened


def ids_in(jsonl: str) -> list[str]:
    """The row ids of a downloaded file."""
    return [json.loads(line)["row_id"] for line in jsonl.splitlines()]


def guesses(row_ids: Sequence[str], seed: int = 0) -> list[dict[str, Any]]:
    """Predictions by chance, as the JSON body of a submission."""
    drawn = np.random.default_rng(seed).choice(["good", "poor"], size=len(row_ids))
    return [{"row_id": i, "label": str(label)} for i, label in zip(row_ids, drawn, strict=True)]
