"""Random graphs and hand-made rows for the dataset tests."""

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config


def random_graph(sizes: dict[str, int], seed: int = 0, share: float = 0.6) -> SignedGraph:
    catalogue = Catalogue(
        tuple(Attribute(f"{m}{i}", f"{m} “{i}”, ümlaut", m, f"{m}-type") for m, n in sizes.items() for i in range(n))
    )
    rng = np.random.default_rng(seed)
    modality = [a.modality for a in catalogue.attributes]
    pairs = [(i, j) for i in range(len(catalogue)) for j in range(i + 1, len(catalogue)) if modality[i] != modality[j]]
    kept = [p for p in pairs if rng.random() < share]
    signs = rng.choice([-1, 1], size=len(kept), p=[0.35, 0.65])
    source, target = (np.array([p[k] for p in kept], dtype=np.int32) for k in (0, 1))
    return signed_graph(catalogue, source, target, signs.astype(np.int8))


@pytest.fixture(scope="session")
def graph() -> SignedGraph:
    return random_graph({"a": 9, "b": 8, "c": 6})


@pytest.fixture(scope="session")
def config() -> DatasetConfig:
    return parse_config(
        {
            "type_ranges": {"b-type": [1, 2], "a-type": [1, 3], "c-type": [0, 2]},
            "label_params": {
                "pos": {"pos_frac_range": [0.3, 1], "neg_frac_range": [0, 0.3], "num_samples": 150},
                "😀 rest": {"pos_frac_range": [0, 0.5], "neg_frac_range": [0.1, 1], "num_samples": 80},
            },
            "seed": 7,
        }
    )


@pytest.fixture(scope="session")
def generated(graph: SignedGraph, config: DatasetConfig) -> GeneratedDataset:
    return finish(generate_dataset(graph, config))
