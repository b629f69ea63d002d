"""The contract of an analyst: who describes attributes, names clusters and scores pairs of clusters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from core.catalogue.model import Attribute
from core.errors import Problem
from core.graph.clusters.model import ClusterCard

T = TypeVar("T")


class Score(NamedTuple):
    """How well two clusters go together, 0..10; `value` None: not a viable combination, which is no low score."""

    value: float | None


class Member(NamedTuple):
    """An attribute of a cluster, with its description."""

    attribute: Attribute
    description: str


@dataclass(frozen=True, slots=True)
class ClusterProfile:
    """What an analyst is told of a cluster before it scores one; `exemplars` are its most typical members."""

    number: int
    modality: str
    card: ClusterCard
    exemplars: tuple[Attribute, ...]


class ProfilePair(NamedTuple):
    """Two clusters of different modalities."""

    a: ClusterProfile
    b: ClusterProfile


@dataclass(frozen=True, slots=True)
class Analysis(Generic[T]):
    """One answer per item asked about, in order; None where no usable one came, and then `problems` says so.

    `n_calls`: calls made to a model, or those a model would have taken.
    """

    answers: tuple[T | None, ...]
    n_calls: int
    problems: tuple[Problem, ...] = ()


class Analyst(Protocol):
    """Does the thinking of the first three stages; called from several threads at once, may raise `BudgetReached`."""

    @property
    def name(self) -> str:
        """Short stable name, recorded with the stages."""
        ...

    @property
    def fingerprint(self) -> str:
        """Content id of everything that shapes this analyst's answers (model, prompts, trait table)."""
        ...

    def describe(self, attributes: Sequence[Attribute]) -> Analysis[str]:
        """One description per attribute; all are of one modality."""
        ...

    def label(self, modality: str, members: Sequence[Member]) -> Analysis[ClusterCard]:
        """The card of one cluster: a single answer."""
        ...

    def score(self, pairs: Sequence[ProfilePair]) -> Analysis[Score]:
        """One score per pair."""
        ...
