from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, NotFound, ValenceError
from core.graph.clusters.edits import merge_clusters, move_members, rename_cluster
from core.graph.clusters.model import ClusterCard, Clustering
from core.graph.clusters.settings import ClusterSettings
from core.graph.strategies.cluster import enrichment
from core.graph.strategies.cluster.analyst import Score
from core.graph.strategies.cluster.calls import Stage, StageCalls
from core.graph.strategies.cluster.expansion import Fate, expand
from core.graph.strategies.cluster.preparation import prepare_stages
from core.graph.strategies.cluster.scores import ScoreState
from core.graph.strategies.cluster.settings import DEFAULT, ClusterStrategySettings
from core.graph.strategies.cluster.stages import (
    Stages,
    empty_stages,
    with_clustering,
    with_description,
    with_score,
)
from core.knowledge.traits import load_trait_table
from core.progress import Progress, finish
from tests.core.graph.strategies.cluster.planted import RuleAnalyst, catalogue_of, planted_world

GEOMETRY = ClusterSettings()


class TextEmbedder:
    """One dimension per text, so that a test can see what was embedded."""

    name = "text embedder"
    fingerprint = "text-embedder-1"

    def __init__(self, n_missing: int = 0) -> None:
        self.texts: list[str] = []
        self.n_missing = n_missing

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts = list(texts)
        return np.eye(len(texts), dtype=np.float32)[self.n_missing :]


@pytest.fixture(autouse=True)
def clusters(monkeypatch: pytest.MonkeyPatch) -> list[NDArray[np.float32]]:
    """The planted clusters instead of a geometry; gives back the vectors each clustering was asked for."""
    seen: list[NDArray[np.float32]] = []

    def planted(catalogue: Catalogue, vectors: NDArray[np.float32], _: ClusterSettings) -> Iterator[Progress]:
        seen.append(vectors)
        yield Progress(0, 1)
        return planted_world().clustering

    monkeypatch.setattr(enrichment, "cluster_attributes", planted)
    return seen


def prepare(
    analyst: RuleAnalyst,
    start: Stages | None = None,
    until: Stage = Stage.SCORE,
    settings: ClusterStrategySettings = DEFAULT,
    embedder: TextEmbedder | None = None,
) -> Stages:
    return finish(
        prepare_stages(
            planted_world().catalogue,
            analyst,
            embedder or TextEmbedder(),
            settings,
            GEOMETRY,
            start=start,
            until=until,
            n_workers=2,
        )
    )


def clustering_of(stages: Stages) -> Clustering:
    assert stages.clustering is not None
    return stages.clustering


def test_all_stages_are_done_in_as_many_calls_as_planned() -> None:
    analyst, embedder = RuleAnalyst(), TextEmbedder()
    stages = prepare(analyst, embedder=embedder)
    assert stages.calls == StageCalls(describe=26, label=6, score=1)
    assert analyst.n_calls == stages.calls.total
    assert sorted(analyst.described) == sorted(a.id for a in stages.catalogue.attributes)
    assert embedder.texts[0] == "Value 0.0: About m0-0. More."
    assert len(analyst.scored) == len(set(analyst.scored)) == len(stages.scores) == 3 * 3 + 2 * 3 * 2
    assert not stages.unlabelled
    assert clustering_of(stages)[6].card == ClusterCard("Value 2.0", "About m2-0"), "a cluster of one needs no call"
    assert stages.made_by == {
        Stage.DESCRIBE: "rule analyst",
        Stage.CLUSTER: "text embedder",
        Stage.LABEL: "rule analyst",
        Stage.SCORE: "rule analyst",
    }
    assert (stages.problems, stages.stopped) == ((), "")


def test_batches_hold_one_modality_and_the_settings_decide_their_size() -> None:
    settings = ClusterStrategySettings(enrich_batch_size=5, score_batch_size=4, label_singletons=True)
    stages = prepare(RuleAnalyst(), settings=settings)
    assert stages.calls == StageCalls(describe=3 + 3 + 1, label=8, score=6)


def test_facts_are_joined_to_the_texts_by_their_share(clusters: list[NDArray[np.float32]]) -> None:
    catalogue, table = planted_world().catalogue, load_trait_table()
    for share in (0.0, 0.5):
        settings = ClusterStrategySettings(trait_share=share)
        steps = prepare_stages(
            catalogue, RuleAnalyst(), TextEmbedder(), settings, GEOMETRY, facts=table, until=Stage.CLUSTER
        )
        finish(steps)
    assert (clusters[0] == np.eye(26, dtype=np.float32)).all()
    assert clusters[1].shape[0] == 26
    assert np.allclose(np.linalg.norm(clusters[1], axis=1), 1)


def test_a_run_can_halt_after_any_stage_and_go_on_without_repeating_it() -> None:
    analyst, stages = RuleAnalyst(), None
    for until in (Stage.DESCRIBE, Stage.CLUSTER, Stage.LABEL, Stage.SCORE, Stage.SCORE):
        stages = prepare(analyst, stages, until)
        assert (stages.clustering is None) == (until is Stage.DESCRIBE)
        assert (len(stages.scores) == 0) == (until is not Stage.SCORE)
    assert analyst.n_calls == 26 + 6 + 1


@pytest.mark.parametrize("budget", range(0, 33, 3))
def test_a_budget_ends_the_preparation_in_good_order_and_it_goes_on_from_there(budget: int) -> None:
    analyst = RuleAnalyst(budget=budget)
    stages = prepare(analyst)
    assert stages.stopped.startswith("Stopped after")
    assert "The budget of the test is used up." in stages.stopped
    assert "raise the budget and continue" in stages.stopped
    assert stages.calls.total == budget
    analyst.budget = None
    complete = prepare(analyst, stages)
    assert complete.stopped == ""
    assert complete.calls.total == analyst.n_calls == 33, "no call is made twice"


def test_an_edited_description_is_kept_and_the_clusters_made_again(clusters: list[NDArray[np.float32]]) -> None:
    analyst, embedder = RuleAnalyst(), TextEmbedder()
    edited = with_description(prepare(analyst), "m0-3", " Written\nby hand. ")
    assert (edited.clustering, len(edited.scores), edited.edited) == (None, 0, frozenset({3}))
    stages = prepare(analyst, edited, embedder=embedder)
    assert stages.descriptions[3] == "Written by hand."
    assert embedder.texts[3] == "Value 0.3: Written by hand."
    assert len(clusters) == 2
    assert stages.calls.describe == 26, "no other description is asked again"


def test_edited_clusters_keep_the_scores_of_untouched_pairs() -> None:
    analyst = RuleAnalyst()
    stages = with_score(prepare(analyst), 1, 4, 6.5)
    moved = move_members(clustering_of(stages), [0], into=2)  # touches clusters 0 and 2 of the first modality
    edited = with_clustering(stages, moved)
    kept = {(int(a), int(b)) for a, b in zip(edited.scores.a, edited.scores.b, strict=True)}
    assert kept == {(1, 3), (1, 4), (1, 5), (1, 6), (1, 7), (3, 6), (3, 7), (4, 6), (4, 7), (5, 6), (5, 7)}
    analyst.scored.clear()
    again = prepare(analyst, edited)
    assert clustering_of(again).cluster[0] == 2
    assert set(analyst.scored) == {(0, b) for b in range(3, 8)} | {(2, b) for b in range(3, 8)}
    assert again.scores.score(again.scores.row(1, 4)) == Score(6.5), "the score written by hand stays"


def test_a_renamed_cluster_is_scored_again_and_a_merged_one_too() -> None:
    analyst = RuleAnalyst()
    stages = prepare(analyst)
    analyst.scored.clear()
    renamed = prepare(analyst, with_clustering(stages, rename_cluster(clustering_of(stages), 3, "New name")))
    assert len(analyst.scored) == 3 + 2
    assert all(3 in pair for pair in analyst.scored)
    assert len(renamed.scores) == len(stages.scores)
    merged = prepare(analyst, with_clustering(stages, merge_clusters(clustering_of(stages), [3, 4])))
    assert 4 not in set(merged.scores.b.tolist()) | set(merged.scores.a.tolist())
    assert (expand(clustering_of(merged), merged.scores, DEFAULT).row >= 0).all()


def test_what_the_analyst_leaves_out_is_asked_again_next_time_and_never_made_up() -> None:
    silent = RuleAnalyst(refuses=lambda name: name in ("m0-5", "modality 0 1"))
    embedder = TextEmbedder()
    stages = prepare(silent, embedder=embedder)
    assert stages.descriptions[5] == ""
    assert embedder.texts[5] == "Value 0.5", "an attribute without a description goes by its value"
    assert [cluster.number for cluster in stages.unlabelled] == [1]
    rows = (stages.scores.a == 1) | (stages.scores.b == 1)
    assert (stages.scores.state[rows] == ScoreState.UNSCORED).all()
    assert (stages.scores.state[~rows] == ScoreState.SCORED).all()
    expansion = expand(clustering_of(stages), stages.scores, DEFAULT)
    of_nameless = rows[expansion.row]
    assert (expansion.fate[of_nameless] == Fate.ASKED).all(), "its pairs go to the judge one by one"
    willing = RuleAnalyst()
    complete = prepare(willing, stages)
    assert willing.labelled == ["modality 0 1"]
    assert (complete.scores.state == ScoreState.SCORED).all()
    assert not willing.described, "clusters stand, so descriptions are not touched"


def test_an_embedder_that_leaves_texts_out_is_caught() -> None:
    with pytest.raises(ValenceError, match="gave 25 vectors for 26 texts"):
        prepare(RuleAnalyst(), embedder=TextEmbedder(n_missing=1))


def test_bad_edits_are_refused() -> None:
    stages = prepare(RuleAnalyst())
    for text in ("", " \u200b ", "x" * 1_501):
        with pytest.raises(InvalidInput):
            with_description(stages, "m0-0", text)
    with pytest.raises(NotFound):
        with_description(stages, "nobody", "A text.")
    with pytest.raises(InvalidInput):
        with_score(stages, 0, 3, 11.0)
    other = catalogue_of([2, 2])
    with pytest.raises(ValenceError, match="another catalogue"):
        with_clustering(empty_stages(other), clustering_of(stages))
    with pytest.raises(ValenceError, match="another catalogue"):
        prepare(RuleAnalyst(), empty_stages(other))
