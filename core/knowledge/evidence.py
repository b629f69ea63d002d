"""Grounding: the facts that a judge is given with a call, numbered so that its answer can cite them.

Facts come from sources (the trait table, a file of expert rules). Of each attribute the most telling ones are taken:
first those that mention the other end of a pair, then in the order of the sources and of the facts within one.
"""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field

from core.catalogue.model import Attribute
from core.fingerprint import content_id
from core.knowledge.mentions import mentions, words_of

RETRIEVAL_SCHEME = 1  # counts up when the same sources would yield other facts


class Fact(NamedTuple):
    """One thing known, in one sentence, and where it was written."""

    text: str
    source: str


class Evidence(NamedTuple):
    """A fact with the number (from 1) that it carries in one call."""

    number: int
    text: str
    source: str

    @property
    def citation(self) -> str:
        """The fact as an edge keeps it."""
        return f"{self.text} [{self.source}]"


class FactSource(Protocol):
    """Knows facts about attributes. Asked by several threads at once."""

    @property
    def fingerprint(self) -> str:
        """Content id of all that the source knows."""
        ...

    def facts_about(self, attribute: Attribute) -> Sequence[Fact]:
        """The facts about one attribute, the most telling first; none for an attribute it does not know."""
        ...


class EvidenceSettings(BaseModel):
    """How much a call may carry: facts of each attribute, and facts in all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_attribute: int = Field(default=5, ge=1, le=50)
    per_call: int = Field(default=100, ge=1, le=500)


class Retriever:
    """Chooses the evidence of a call from several sources; the same call always gets the same evidence."""

    def __init__(self, sources: Sequence[FactSource], settings: EvidenceSettings | None = None) -> None:
        self._sources = tuple(sources)
        self._settings = settings or EvidenceSettings()
        self.fingerprint = content_id(
            "evidence",
            [RETRIEVAL_SCHEME, [source.fingerprint for source in self._sources], self._settings.model_dump()],
        )

    def evidence(self, primary: Attribute, targets: Sequence[Attribute]) -> tuple[Evidence, ...]:
        """The numbered facts of a call: about the primary first, then about the targets in their order.

        Where they exceed `per_call`, every attribute gets its first fact before any gets its second. A fact that
        several attributes share is given once.
        """
        ends = [(primary, targets), *((target, [primary]) for target in targets)]
        chosen = [self._most_telling(attribute, others) for attribute, others in ends]
        kept = set(_first_in_turn(chosen, self._settings.per_call))
        texts = list(dict.fromkeys(fact for facts in chosen for fact in facts if fact in kept))
        return tuple(Evidence(number, *fact) for number, fact in enumerate(texts, start=1))

    def _most_telling(self, attribute: Attribute, others: Sequence[Attribute]) -> list[Fact]:
        facts = [fact for source in self._sources for fact in source.facts_about(attribute)]
        names = [other.value for other in others]
        facts.sort(key=lambda fact: not _mentions_any(fact.text, names))
        return facts[: self._settings.per_attribute]


def _first_in_turn(groups: Sequence[Sequence[Fact]], limit: int) -> list[Fact]:
    """The first `limit` different facts, one of each group in turn."""
    turns = (fact for turn in zip_longest(*groups) for fact in turn if fact is not None)
    return list(dict.fromkeys(turns))[:limit]


def _mentions_any(text: str, names: Iterable[str]) -> bool:
    words = words_of(text)
    return any(mentions(words, name) for name in names)
