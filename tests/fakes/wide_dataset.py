"""A dataset that can be split: a catalogue wide enough that few of its rows are near-duplicates of each other."""

from itertools import combinations

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.graph.edges_csv import write_edges
from core.graph.model import signed_graph
from core.progress import finish
from core.store.artefacts import Artefact
from core.store.workspace import Workspace
from core.workflows.catalogues import save_catalogue
from core.workflows.datasets import DATASET, build_dataset
from core.workflows.graphs import save_uploaded_graph

TYPES = {"interest": 70, "brand": 50, "city": 30}
LABELS = ("pos", "neg", "avg")
N_ROWS = 900


def make_dataset(workspace: Workspace, noise: float = 0.0, seed: int = 5) -> Artefact:
    """900 rows of three labels, 240, 240 and 420; one attribute is of a type that no row holds."""
    named = [Attribute(f"{t}-{i}", f"{t} {i}", t, t) for t, n in TYPES.items() for i in range(n)]
    catalogue = Catalogue((*named, Attribute("z", "z", "z", "z")))
    types = [a.attribute_type for a in catalogue.attributes]
    pairs = np.array([(i, j) for i, j in combinations(range(len(types)), 2) if types[i] != types[j]], dtype=np.int32)
    signs = np.random.default_rng(1).choice([1, -1, 0], p=[0.4, 0.3, 0.3], size=len(pairs)).astype(np.int8)
    graph = signed_graph(catalogue, pairs[signs != 0, 0], pairs[signs != 0, 1], signs[signs != 0])
    save_catalogue(workspace, catalogue, "Attributes")
    graph_id = save_uploaded_graph(workspace, catalogue.id, write_edges(graph), "graph").id
    config = {
        "type_ranges": {"interest": [2, 4], "brand": [1, 2], "city": [1, 2]},
        "label_params": {
            "pos": {"pos_frac_range": [0.3, 1], "neg_frac_range": [0, 0.2], "num_samples": 240},
            "neg": {"pos_frac_range": [0, 0.2], "neg_frac_range": [0.2, 1], "num_samples": 240},
            "avg": {"pos_frac_range": [0.15, 0.4], "neg_frac_range": [0.1, 0.4], "num_samples": 420},
        },
        "seed": seed,
        "noise": {"label": noise},
    }
    parameters = {"graph": graph_id, "config": config, "title": f"rows {seed}"}
    return workspace.artefacts.get(DATASET, finish(build_dataset(workspace, parameters))[DATASET])
