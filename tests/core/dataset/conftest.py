"""A random graph, a configuration with a label that cannot be met, and the dataset made of them."""

import numpy as np
import pytest

from core.catalogue.model import Attribute, Catalogue
from core.dataset.generation import GeneratedDataset, generate_dataset
from core.graph.model import SignedGraph, signed_graph
from core.progress import finish
from core.sampler.configuration import DatasetConfig, parse_config

SIZES = {"brand": 12, "interest": 15, "país": 6}


@pytest.fixture(scope="session")
def graph() -> SignedGraph:
    catalogue = Catalogue(
        tuple(
            Attribute(f"{kind}-{i}", f'{kind} “{i}” ü\u2028, "x"\\', kind, kind)
            for kind, size in SIZES.items()
            for i in range(size)
        )
    )
    rng = np.random.default_rng(2)
    modality = np.repeat(np.arange(3), list(SIZES.values()))
    source, target = np.triu_indices(len(catalogue), k=1)
    cross = modality[source] != modality[target]
    sign = rng.choice([1, -1, 0], p=[0.45, 0.25, 0.3], size=int(cross.sum()))
    source, target = source[cross][sign != 0], target[cross][sign != 0]
    return signed_graph(catalogue, source.astype(np.int32), target.astype(np.int32), sign[sign != 0].astype(np.int8))


@pytest.fixture(scope="session")
def config() -> DatasetConfig:
    return parse_config(
        {
            "type_ranges": {"país": [0, 2], "brand": [1, 2], "interest": [1, 3]},
            "label_params": {
                "pos": {"pos_frac_range": [0.3, 1], "neg_frac_range": [0, 0.2], "num_samples": 150},
                "never": {"pos_frac_range": [0.96, 1], "neg_frac_range": [0.01, 1], "num_samples": 40},
                "“rest” 😀": {"pos_frac_range": [0, 0.4], "neg_frac_range": [0.1, 0.6], "num_samples": 90},
            },
            "seed": 3,
        }
    )


@pytest.fixture(scope="session")
def dataset(graph: SignedGraph, config: DatasetConfig) -> GeneratedDataset:
    return finish(generate_dataset(graph, config))
