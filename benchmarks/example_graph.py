"""The example graph of the published size and the published run on it."""

from core.graph.model import SignedGraph
from core.sampler.configuration import DatasetConfig
from core.sampler.example_graphs import example_named, make_example
from core.sampler.published import published_config as published

TYPE_RANGES = example_named("746").type_ranges


def example_graph() -> SignedGraph:
    """746 attributes, 36,420 + and 40,629 - edges."""
    return make_example(example_named("746"))


def published_config() -> DatasetConfig:
    """The published run: 13,000 rows with its quotas, ranges and temperatures."""
    return published("V27").config
