"""A made-up graph of the published size: 746 attributes, 36,420 + and 40,629 - edges, and the published quotas.

Sizes per type are chosen (they were not published); signs follow two hidden traits and a noise per pair, so that
attributes differ in how well they go with others, as in a judged graph.
"""

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.graph.model import SignedGraph, signed_graph
from core.sampler.configuration import DatasetConfig, parse_config

N_POSITIVE, N_NEGATIVE = 36_420, 40_629
# Attribute type: number of attributes, least and greatest number per row.
TYPES = {
    "brand": (100, 1, 1),
    "campaign-objective": (14, 1, 1),
    "device": (8, 1, 1),
    "gender-generation": (24, 3, 6),
    "geo": (150, 1, 3),
    "interest-and-other-attributes": (400, 1, 5),
    "media-buy-billing-event": (10, 0, 1),
    "brand-safety-content-filter-levels": (6, 0, 2),
    "campaign-buying-type": (5, 0, 1),
    "media-buy-cost-model": (9, 0, 1),
    "platform": (20, 1, 1),
}
TYPE_RANGES = {name: (low, high) for name, (_, low, high) in TYPES.items()}


def example_graph(seed: int = 746) -> SignedGraph:
    """The pairs with the highest scores are +, those with the lowest -, in the published numbers."""
    numbered = ((name, i) for name, (n, _, _) in TYPES.items() for i in range(n))
    catalogue = Catalogue(tuple(Attribute(f"{name}-{i}", f"{name} {i}", name, name) for name, i in numbered))
    rng = np.random.default_rng(seed)
    modality = np.repeat(np.arange(len(TYPES)), [n for n, _, _ in TYPES.values()])
    source, target = np.triu_indices(len(catalogue), k=1)
    cross = modality[source] != modality[target]
    source, target = source[cross], target[cross]
    trait, favour = rng.normal(size=(2, len(catalogue))), rng.normal(size=len(catalogue))
    score = (trait[:, source] * trait[:, target]).sum(axis=0) / 2 + 0.5 * (favour[source] + favour[target])
    order = np.argsort(score + rng.normal(size=len(score)), kind="stable")
    chosen = np.concatenate((order[-N_POSITIVE:], order[:N_NEGATIVE]))
    sign = np.repeat(np.array([1, -1], dtype=np.int8), [N_POSITIVE, N_NEGATIVE])
    return signed_graph(catalogue, source[chosen].astype(np.int32), target[chosen].astype(np.int32), sign)


def published_config() -> DatasetConfig:
    """The published run: 13,000 rows with its quotas, ranges and temperatures."""
    ranges = {
        "pos": ([0.2, 1], [0, 0.3], 4_300),
        "neg": ([0, 0.2], [0.2, 1], 4_300),
        "avg": ([0.1, 0.5], [0.1, 0.5], 4_400),
    }
    return parse_config(
        {
            "type_ranges": TYPE_RANGES,
            "label_params": {
                name: {"pos_frac_range": pos, "neg_frac_range": neg, "num_samples": n}
                for name, (pos, neg, n) in ranges.items()
            },
            "sampler": {"max_iters": 10_000, "start_temp": 1.0, "end_temp": 0.002, "patience": 5_000},
            "seed": 27,
        }
    )
