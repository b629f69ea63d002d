import pytest

from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.estimate import ClusterEstimate, estimate_cluster
from core.graph.strategies.cluster.run import run_cluster
from core.graph.strategies.cluster.settings import DEFAULT, ClusterStrategySettings
from core.graph.strategies.cluster.stages import empty_stages, with_clustering
from core.progress import finish
from tests.core.graph.strategies.cluster.planted import (
    RuleJudge,
    catalogue_of,
    clustering_of,
    planted_stages,
    planted_world,
)

UNCHECKED = DEFAULT.model_copy(update={"spot_check_members": 0})


def by_stage(estimate: ClusterEstimate) -> dict[Stage, tuple[int, int, int]]:
    return {stage.stage: (stage.low, stage.expected, stage.high) for stage in estimate.stages}


@pytest.mark.parametrize("settings", [UNCHECKED, DEFAULT.model_copy(update={"auto_inherit": False})])
def test_with_scores_the_estimate_is_what_the_run_then_takes(settings: ClusterStrategySettings) -> None:
    stages = planted_stages()
    estimate = estimate_cluster(stages.catalogue, settings, stages)
    run = finish(run_cluster(stages.catalogue, stages, RuleJudge(), settings))
    assert all(stage.is_exact for stage in estimate.stages)
    assert estimate.low == estimate.expected == estimate.high == run.calls.expand


def test_with_the_spot_check_the_run_stays_between_low_and_high() -> None:
    stages = planted_stages()
    settings = DEFAULT.model_copy(update={"spot_check_min_pairs": 4})
    estimate = estimate_cluster(stages.catalogue, settings, stages)
    run = finish(run_cluster(stages.catalogue, stages, RuleJudge(), settings))
    assert estimate.low == run.calls.expand, "nothing failed its check"
    assert estimate.high > estimate.low


def test_labels_and_scores_are_exact_once_clusters_are_known() -> None:
    stages = planted_stages()
    bare = with_clustering(stages, planted_world().clustering)
    estimate = estimate_cluster(stages.catalogue, DEFAULT, bare)
    assert by_stage(estimate)[Stage.LABEL] == (6, 6, 6)
    assert by_stage(estimate)[Stage.SCORE] == (1, 1, 1)
    low, expected, high = by_stage(estimate)[Stage.EXPAND]
    assert low < expected < high


def test_before_clusters_are_known_the_range_holds_both_extremes() -> None:
    catalogue = catalogue_of([30, 16, 4])
    geometry = ClusterSettings(cluster_from=15)
    estimate = estimate_cluster(catalogue, DEFAULT, None, geometry)
    assert by_stage(estimate)[Stage.DESCRIBE] == (50, 50, 50)
    # One cluster for each of the two large modalities, or nothing but noise.
    fewest = clustering_of(catalogue, [0] * 30 + [1] * 16 + [2, 3, 4, 5])
    most = clustering_of(catalogue, list(range(50)))
    for clustering, place in ((fewest, 0), (most, 2)):
        bare = with_clustering(empty_stages(catalogue), clustering)
        known = by_stage(estimate_cluster(catalogue, DEFAULT, bare))
        assert known[Stage.SCORE][place] == by_stage(estimate)[Stage.SCORE][place]
    pairs_of_two = clustering_of(
        catalogue, [*(i // 2 for i in range(30)), *(20 + i // 2 for i in range(16)), *range(40, 44)]
    )
    bare = with_clustering(empty_stages(catalogue), pairs_of_two)
    assert by_stage(estimate_cluster(catalogue, DEFAULT, bare))[Stage.LABEL][0] == by_stage(estimate)[Stage.LABEL][2]
    assert all(low <= expected <= high for low, expected, high in by_stage(estimate).values())
    assert estimate.low <= estimate.expected <= estimate.high
