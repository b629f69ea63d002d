"""The result of the stages before expansion: what a person can look at and edit before the run goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from core.catalogue.model import Catalogue
from core.errors import InvalidInput, Problem, ValenceError
from core.graph.clusters.model import Cluster, Clustering
from core.graph.strategies.cluster.calls import NO_CALLS, Stage, StageCalls
from core.graph.strategies.cluster.replies import DESCRIPTION_LENGTH, clean_text
from core.graph.strategies.cluster.scores import ClusterPairScores, no_scores


@dataclass(frozen=True, eq=False)
class Stages:
    """Descriptions, clusters with their cards, and scores, as far as they have come.

    `descriptions`: one per attribute, in the catalogue's order, empty where there is none; `edited`: positions of
    those a person wrote. `clustering` is None until the descriptions are embedded. `made_by`: stage to the name of
    what did its work. `problems`: what stayed without an answer in the latest run; `stopped`: why that run ended
    early, or empty.
    """

    catalogue: Catalogue
    descriptions: tuple[str, ...]
    edited: frozenset[int] = frozenset()
    clustering: Clustering | None = None
    scores: ClusterPairScores = field(default_factory=no_scores)
    made_by: Mapping[Stage, str] = field(default_factory=dict)
    calls: StageCalls = NO_CALLS
    problems: tuple[Problem, ...] = ()
    stopped: str = ""

    @property
    def n_described(self) -> int:
        """Attributes that have a description."""
        return sum(map(bool, self.descriptions))

    @property
    def unlabelled(self) -> tuple[Cluster, ...]:
        """The clusters without a card."""
        clusters = self.clustering.clusters if self.clustering else ()
        return tuple(cluster for cluster in clusters if cluster.card is None)


def empty_stages(catalogue: Catalogue) -> Stages:
    """Nothing described, nothing clustered."""
    return Stages(catalogue, ("",) * len(catalogue))


def with_description(stages: Stages, attribute_id: str, text: str) -> Stages:
    """Replace a description by hand; clusters and scores were made from the old one, so they go.

    `InvalidInput` for an empty or too long text, `NotFound` for an unknown attribute.
    """
    attribute = stages.catalogue[attribute_id]
    line = clean_text(text, len(text) + 1)
    if not line or len(line) > DESCRIPTION_LENGTH:
        message = f"The description has {len(line):,} characters; 1 to {DESCRIPTION_LENGTH:,} can be used."
        raise InvalidInput(
            f"The description of {attribute.value!r}",
            [Problem(message, "Shorten it or write one.", field=attribute_id)],
        )
    position = stages.catalogue.position_of[attribute_id]
    descriptions = (*stages.descriptions[:position], line, *stages.descriptions[position + 1 :])
    return replace(
        stages,
        descriptions=descriptions,
        edited=stages.edited | {position},
        clustering=None,
        scores=no_scores(),
    )


def with_clustering(stages: Stages, clustering: Clustering) -> Stages:
    """Take over edited clusters; scores stay for pairs of clusters that kept their members and their card."""
    if clustering.catalogue.id != stages.catalogue.id:
        raise ValenceError("These clusters belong to another catalogue.", "Choose clusters of this catalogue.")
    before = stages.clustering.by_number if stages.clustering else {}
    kept = [
        number
        for number, cluster in clustering.by_number.items()
        if number in before and _same_to_a_judge(before[number], cluster)
    ]
    rows = np.isin(stages.scores.a, kept) & np.isin(stages.scores.b, kept)
    return replace(stages, clustering=clustering, scores=stages.scores.only(rows))


def with_score(stages: Stages, a: int, b: int, value: float | None) -> Stages:
    """Replace the score of two clusters by hand, None for "not viable"; `InvalidInput` outside 0..10."""
    return replace(stages, scores=stages.scores.edited(a, b, value))


def _same_to_a_judge(before: Cluster, after: Cluster) -> bool:
    return (before.members, before.card) == (after.members, after.card)
