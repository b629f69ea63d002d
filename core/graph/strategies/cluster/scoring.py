"""Stage 3, second half: a score for every pair of clusters of different modalities that has none."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import NamedTuple

from core.graph.asking import ask_all
from core.graph.clusters.model import Cluster, Clustering
from core.graph.strategies.cluster.analyst import Analyst, ClusterProfile, ProfilePair, Score
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.scores import ScoreState, joined, score_table
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.progress import Steps


class ClusterPair(NamedTuple):
    """The numbers of two clusters of different modalities, the smaller first."""

    a: int
    b: int


def cluster_pairs(clustering: Clustering) -> list[ClusterPair]:
    """Every pair of clusters of different modalities, sorted."""
    clusters = sorted(clustering.clusters, key=lambda cluster: cluster.number)
    return [ClusterPair(a.number, b.number) for a, b in combinations(clusters, 2) if a.modality != b.modality]


def pairs_without_score(stages: Stages) -> list[ClusterPair]:
    """The cluster pairs that have no usable score, sorted."""
    scores = stages.scores
    rows = zip(scores.a.tolist(), scores.b.tolist(), scores.state.tolist(), strict=True)
    known = {(a, b) for a, b, state in rows if state != ScoreState.UNSCORED}
    assert stages.clustering is not None  # the caller clusters first
    return [pair for pair in cluster_pairs(stages.clustering) if pair not in known]


def score_batches(pairs: Sequence[ClusterPair], batch_size: int) -> list[Sequence[ClusterPair]]:
    """The calls that score these pairs; neighbours share a cluster, so that a call describes few."""
    return [pairs[first : first + batch_size] for first in range(0, len(pairs), batch_size)]


def score_clusters(
    stages: Stages, analyst: Analyst, settings: ClusterStrategySettings, n_workers: int
) -> Steps[Stages]:
    """Score what has no score; pairs of a cluster without a card cannot be, and stay unscored."""
    clustering = stages.clustering
    assert clustering is not None  # the caller clusters first
    pairs = pairs_without_score(stages)
    nameless = {cluster.number for cluster in stages.unlabelled}
    batches = score_batches([pair for pair in pairs if not nameless & set(pair)], settings.score_batch_size)
    profile = {
        cluster.number: profile_of(clustering, cluster) for cluster in clustering.clusters if cluster.card is not None
    }
    tasks = [
        partial(analyst.score, [ProfilePair(profile[pair.a], profile[pair.b]) for pair in batch]) for batch in batches
    ]
    asked = yield from ask_all(tasks, n_workers, "Scoring cluster pairs")
    found: dict[ClusterPair, Score | None] = {pair: None for pair in pairs if nameless & set(pair)}
    calls, problems = stages.calls, list(stages.problems)
    for batch, analysis in zip(batches, asked.answers, strict=True):
        if analysis is not None:
            calls = calls.plus(Stage.SCORE, analysis.n_calls)
            problems += analysis.problems
            found |= dict(zip(batch, analysis.answers, strict=True))
    fresh = score_table([pair.a for pair in found], [pair.b for pair in found], list(found.values()))
    scores = joined(stages.scores, fresh)
    n_all = len(cluster_pairs(clustering))
    return replace(
        stages,
        scores=scores,
        calls=calls,
        problems=tuple(problems),
        made_by={**stages.made_by, Stage.SCORE: analyst.name} if batches else stages.made_by,
        stopped=f"Stopped after scoring {len(scores):,} of {n_all:,} cluster pairs. {asked.stopped}"
        if asked.stopped
        else "",
    )


def profile_of(clustering: Clustering, cluster: Cluster) -> ClusterProfile:
    """What an analyst is told of a cluster that has a card."""
    assert cluster.card is not None
    attributes = clustering.catalogue.attributes
    exemplars = tuple(attributes[position] for position in cluster.exemplars)
    return ClusterProfile(cluster.number, cluster.modality, cluster.card, exemplars)
