"""Every kind of background work, by the name its jobs carry."""

from collections.abc import Mapping
from typing import Final

from core.jobs import Work
from core.workflows.datasets import build_dataset, reproduce_dataset
from core.workflows.graphs import build_graph
from core.workflows.splits import split_dataset
from core.workflows.stages import prepare_clusters
from core.workflows.tabular_reports import JUDGE_TABLES, RUN_TRAPS, judge_tables, run_traps
from core.workflows.tabular_synthesis import FIT_SYNTHESIZER, SAMPLE_SYNTHETIC, fit_synthesizer, sample_synthetic
from core.workflows.training import train_model
from core.workflows.vectors import make_vectors

WORKS: Final[Mapping[str, Work]] = {
    "build_graph": build_graph,
    "prepare_clusters": prepare_clusters,
    "build_dataset": build_dataset,
    "reproduce_dataset": reproduce_dataset,
    "split_dataset": split_dataset,
    "make_vectors": make_vectors,
    "train_model": train_model,
    FIT_SYNTHESIZER: fit_synthesizer,
    SAMPLE_SYNTHETIC: sample_synthetic,
    JUDGE_TABLES: judge_tables,
    RUN_TRAPS: run_traps,
}
