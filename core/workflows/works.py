"""Every kind of background work, by the name its jobs carry."""

from collections.abc import Mapping
from typing import Final

from core.jobs import Work
from core.workflows.datasets import build_dataset, reproduce_dataset
from core.workflows.graphs import build_graph
from core.workflows.splits import split_dataset
from core.workflows.stages import prepare_clusters

WORKS: Final[Mapping[str, Work]] = {
    "build_graph": build_graph,
    "prepare_clusters": prepare_clusters,
    "build_dataset": build_dataset,
    "reproduce_dataset": reproduce_dataset,
    "split_dataset": split_dataset,
}
