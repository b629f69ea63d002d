"""Stage 3, first half: a card for every cluster that has none."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from core.graph.asking import ask_all
from core.graph.clusters.model import Cluster, ClusterCard
from core.graph.strategies.cluster.analyst import Analysis, Analyst, Member
from core.graph.strategies.cluster.calls import Stage
from core.graph.strategies.cluster.replies import LABEL_LENGTH, SENTENCE_LENGTH, clean_text
from core.graph.strategies.cluster.settings import ClusterStrategySettings
from core.graph.strategies.cluster.stages import Stages
from core.progress import Steps


def clusters_to_label(stages: Stages, settings: ClusterStrategySettings) -> tuple[Cluster, ...]:
    """The clusters without a card that a call must name; a cluster of one may go by its attribute."""
    return tuple(cluster for cluster in stages.unlabelled if len(cluster) > 1 or settings.label_singletons)


def label_clusters(
    stages: Stages, analyst: Analyst, settings: ClusterStrategySettings, n_workers: int
) -> Steps[Stages]:
    """Give every cluster a card; clusters the analyst leaves without one are listed."""
    clustering = stages.clustering
    assert clustering is not None  # the caller clusters first
    asked_for = clusters_to_label(stages, settings)
    named = {cluster.number for cluster in asked_for}
    cards: dict[int, ClusterCard | None] = {
        cluster.number: singleton_card(stages, cluster) for cluster in stages.unlabelled if cluster.number not in named
    }
    tasks: list[Callable[[], Analysis[ClusterCard]]] = [
        partial(analyst.label, cluster.modality, members_of(stages, cluster)) for cluster in asked_for
    ]
    asked = yield from ask_all(tasks, n_workers, "Naming clusters")
    calls, problems = stages.calls, list(stages.problems)
    for cluster, analysis in zip(asked_for, asked.answers, strict=True):
        if analysis is not None:
            calls = calls.plus(Stage.LABEL, analysis.n_calls)
            problems += analysis.problems
            cards[cluster.number] = analysis.answers[0]
    n_named = len(clustering.clusters) - sum(1 for cluster in asked_for if cards.get(cluster.number) is None)
    progress = f"Stopped after naming {n_named:,} of {len(clustering.clusters):,} clusters. {asked.stopped}"
    return replace(
        stages,
        clustering=clustering.with_cards(cards),
        calls=calls,
        problems=tuple(problems),
        made_by={**stages.made_by, Stage.LABEL: analyst.name} if asked_for else stages.made_by,
        stopped=progress if asked.stopped else "",
    )


def members_of(stages: Stages, cluster: Cluster) -> list[Member]:
    """The members of a cluster with their descriptions, the most typical first."""
    rest = [position for position in cluster.members if position not in cluster.exemplars]
    attributes = stages.catalogue.attributes
    return [Member(attributes[position], stages.descriptions[position]) for position in (*cluster.exemplars, *rest)]


def singleton_card(stages: Stages, cluster: Cluster) -> ClusterCard:
    """A card without a call: the attribute's own value, and the first sentence of its description."""
    position = cluster.members[0]
    sentence = stages.descriptions[position].split(". ")[0]
    return ClusterCard(
        clean_text(stages.catalogue.attributes[position].value, LABEL_LENGTH), clean_text(sentence, SENTENCE_LENGTH)
    )
