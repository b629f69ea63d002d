"""A planted world: attributes belong to themes, and themes decide every sign."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from threading import Lock
from typing import NamedTuple

import numpy as np

from core.catalogue.model import Attribute, Catalogue
from core.graph.clusters.assemble import Columns, clustering_from_columns
from core.graph.clusters.model import ClusterCard, Clustering
from core.graph.clusters.settings import ClusterSettings
from core.graph.model import Outcome, Verdict
from core.graph.strategies.cluster.analyst import Analysis, Member, ProfilePair, Score
from core.graph.strategies.cluster.scores import score_table
from core.graph.strategies.cluster.scoring import cluster_pairs
from core.graph.strategies.cluster.stages import Stages, empty_stages
from core.llm.budget import BudgetReached

N_THEMES = 3


def theme(attribute: Attribute) -> int:
    return int(attribute.facts["theme"])


def planted_sign(a: Attribute, b: Attribute) -> int:
    """Equal themes fit, neighbouring ones conflict, the others say nothing."""
    apart = (theme(a) - theme(b)) % N_THEMES
    return {0: 1, 1: -1}.get(apart if theme(a) >= theme(b) else (theme(b) - theme(a)) % N_THEMES, 0)


class RuleJudge:
    """Answers by the planted rule; `overrides` replaces answers by unordered pair of ids; counts its calls."""

    name = "rule"
    fingerprint = "rule-1"

    def __init__(self, overrides: dict[frozenset[str], Outcome] | None = None, budget: int | None = None) -> None:
        self.overrides = overrides or {}
        self.budget = budget
        self.calls: list[tuple[str, tuple[str, ...]]] = []
        self._lock = Lock()

    def outcome(self, a: Attribute, b: Attribute) -> Outcome:
        return self.overrides.get(frozenset((a.id, b.id)), Outcome(planted_sign(a, b)))

    def verdicts(self, primary: Attribute, targets: Sequence[Attribute]) -> list[Verdict]:
        with self._lock:
            if self.budget is not None and len(self.calls) >= self.budget:
                raise BudgetReached("The budget of the test is used up.")
            self.calls.append((primary.id, tuple(target.id for target in targets)))
        return [Verdict(self.outcome(primary, target), 0.9, f"rule on {target.id}") for target in targets]


class RuleAnalyst:
    """Describes by id, labels by theme, scores 10, 0 or 5 by the planted rule; `budget` counts all its calls."""

    name = "rule analyst"
    fingerprint = "rule-analyst-1"

    def __init__(self, budget: int | None = None, refuses: Callable[[str], bool] = lambda _: False) -> None:
        self.budget, self.refuses = budget, refuses
        self.described: list[str] = []
        self.labelled: list[str] = []
        self.scored: list[tuple[int, int]] = []
        self.n_calls = 0
        self._lock = Lock()

    def _call(self) -> None:
        with self._lock:
            if self.budget is not None and self.n_calls >= self.budget:
                raise BudgetReached("The budget of the test is used up.")
            self.n_calls += 1

    def describe(self, attributes: Sequence[Attribute]) -> Analysis[str]:
        self._call()
        self.described += [attribute.id for attribute in attributes]
        assert len({attribute.modality for attribute in attributes}) == 1
        return Analysis(tuple(None if self.refuses(a.id) else f"About {a.id}. More." for a in attributes), 1)

    def label(self, modality: str, members: Sequence[Member]) -> Analysis[ClusterCard]:
        self._call()
        name = f"{modality} {theme(members[0].attribute)}"
        self.labelled.append(name)
        return Analysis((None if self.refuses(name) else ClusterCard(name, "All alike."),), 1)

    def score(self, pairs: Sequence[ProfilePair]) -> Analysis[Score]:
        self._call()
        self.scored += [(pair.a.number, pair.b.number) for pair in pairs]
        signs = [planted_sign(pair.a.exemplars[0], pair.b.exemplars[0]) for pair in pairs]
        return Analysis(tuple(Score(5.0 + 5.0 * sign) for sign in signs), 1)


class Planted(NamedTuple):
    """Two modalities of three clusters with four members, one modality of two attributes that are not clustered."""

    catalogue: Catalogue
    clustering: Clustering


def catalogue_of(sizes: Sequence[int]) -> Catalogue:
    return Catalogue(
        tuple(
            Attribute(f"m{m}-{i}", f"Value {m}.{i}", f"modality {m}", f"type {m}", {"theme": str(i % N_THEMES)})
            for m, size in enumerate(sizes)
            for i in range(size)
        )
    )


def clustering_of(catalogue: Catalogue, cluster: Sequence[int], noise: Sequence[int] = ()) -> Clustering:
    """Clusters by number, with no cards; members of one cluster lie on one spot of the map."""
    n = len(catalogue)
    numbers = np.array(cluster, dtype=np.int32)
    is_noise = np.zeros(n, dtype=np.bool_)
    is_noise[list(noise)] = True
    points = np.stack([numbers, np.zeros(n)], axis=1).astype(np.float32)
    columns = Columns(numbers, is_noise, np.ones(n, dtype=np.float32), points.copy(), points)
    return clustering_from_columns(catalogue, ClusterSettings(), columns)


def with_names(clustering: Clustering) -> Clustering:
    return clustering.with_cards({c.number: ClusterCard(f"cluster {c.number}") for c in clustering.clusters})


def scored_stages(clustering: Clustering, score: Callable[[int, int], Score | None]) -> Stages:
    """Complete stages with named clusters; `score` is asked with two cluster numbers, the smaller first."""
    named = with_names(clustering)
    pairs = cluster_pairs(named)
    table = score_table([p.a for p in pairs], [p.b for p in pairs], [score(p.a, p.b) for p in pairs])
    stages = empty_stages(named.catalogue)
    described = tuple(f"About {a.id}." for a in named.catalogue.attributes)
    return replace(stages, descriptions=described, clustering=named, scores=table)


def planted_world() -> Planted:
    catalogue = catalogue_of([12, 12, 2])
    numbers = [theme(a) + (0 if a.id.startswith("m0") else 3) for a in catalogue.attributes[:24]]
    return Planted(catalogue, clustering_of(catalogue, [*numbers, 6, 7]))


def planted_stages() -> Stages:
    """The planted clusters scored by the planted rule."""
    catalogue, clustering = planted_world()
    first = {c.number: catalogue.attributes[c.members[0]] for c in clustering.clusters}
    return scored_stages(clustering, lambda a, b: Score(5.0 + 5.0 * planted_sign(first[a], first[b])))
