"""What a version of clusters lacks, after edits or an early end."""

from typing import NamedTuple

from core.graph.strategies.cluster.scoring import pairs_without_score
from core.graph.strategies.cluster.stages import Stages


class Gap(NamedTuple):
    """What is missing, as a sentence, and what the button says that has it made."""

    what: str
    button: str


def gap_of(stages: Stages) -> Gap | None:
    """What is missing; None where a graph can go on from the version as it is."""
    if stages.clustering is None:
        n = len(stages.catalogue) - stages.n_described
        without = f" {_have(n, 'attribute')} no description." if n else ""
        return Gap(f"Clusters have to be found anew, since descriptions are new.{without}", "Find the clusters")
    n_nameless, n_unscored = len(stages.unlabelled), len(pairs_without_score(stages))
    parts = [f"{_have(n_nameless, 'cluster')} no name"] if n_nameless else []
    parts += [f"{_have(n_unscored, 'cluster pair')} no score"] if n_unscored else []
    return Gap(f"{' and '.join(parts)}.", "Name and score what is missing") if parts else None


def _have(n: int, noun: str) -> str:
    return f"{n:,} {noun}{' has' if n == 1 else 's have'}"
