"""The stages before expansion, one after the other, from wherever they stand."""

from dataclasses import replace

from core.catalogue.model import Catalogue
from core.errors import ValenceError
from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster.analyst import Analyst
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.enrichment import describe_attributes, embed_and_cluster
from core.graph.strategies.cluster.labelling import label_clusters
from core.graph.strategies.cluster.scoring import score_clusters
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages, empty_stages
from core.knowledge.traits import TraitTable
from core.llm.protocol import Embedder
from core.progress import Steps

_GO_ON = "What was answered is kept; raise the budget and continue, and nothing is asked twice."


def prepare_stages(
    catalogue: Catalogue,
    analyst: Analyst,
    embedder: Embedder,
    settings: ClusterStrategySettings,
    geometry: ClusterSettings,
    *,
    facts: TraitTable | None = None,
    start: Stages | None = None,
    until: Stage = Stage.SCORE,
    n_workers: int = 1,
) -> Steps[Stages]:
    """Do what `start` (nothing, if None) still lacks, up to and including the stage `until`.

    What is there, edited or not, is kept as it is. Given `facts`, clusters are found in descriptions and facts
    together, else in descriptions alone. A reached budget ends it early: the stages come back as far as they
    have come, and their `stopped` says where. `ValenceError` when `start` belongs to another catalogue.
    """
    stages = replace(start or empty_stages(catalogue), problems=(), stopped="")
    if stages.catalogue.id != catalogue.id:
        raise ValenceError("These stages belong to another catalogue.", "Start afresh for this catalogue.")
    if stages.clustering is None:
        stages = yield from describe_attributes(stages, analyst, settings, n_workers)
        if stages.stopped or until is Stage.DESCRIBE:
            return _told(stages)
        stages = yield from embed_and_cluster(stages, embedder, geometry, facts, settings.trait_share)
    if until in (Stage.DESCRIBE, Stage.CLUSTER):
        return stages
    stages = yield from label_clusters(stages, analyst, settings, n_workers)
    if stages.stopped or until is Stage.LABEL:
        return _told(stages)
    stages = yield from score_clusters(stages, analyst, settings, n_workers)
    return _told(stages)


def _told(stages: Stages) -> Stages:
    return replace(stages, stopped=f"{stages.stopped} {_GO_ON}") if stages.stopped else stages
