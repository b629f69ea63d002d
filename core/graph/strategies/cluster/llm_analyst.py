"""The analyst that asks a language model."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from core.catalogue.model import Attribute
from core.errors import Problem
from core.fingerprint import content_id
from core.graph.clusters.model import ClusterCard
from core.graph.judges.llm import Asker
from core.graph.prompts import PromptSet
from core.graph.strategies.cluster.analyst import Analysis, Member, ProfilePair, Score
from core.graph.strategies.cluster.batched_questions import BatchedQuestions, Prompted, Question
from core.graph.strategies.cluster.prompt_texts import (
    ENRICH_PREFIX,
    attribute_line,
    clusters_text,
    enrich_prompt_name,
    marked,
    members_text,
    numbered,
    pairs_text,
    profiles_of,
)
from core.graph.strategies.cluster.replies import (
    DESCRIPTION_LENGTH,
    N_CHARACTERISTICS,
    read_card,
    read_descriptions,
    read_scores,
)
from core.graph.strategies.cluster.settings import HIGHEST_SCORE, LOWEST_SCORE
from core.llm.protocol import ChatRequest
from core.llm.settings import ModelSettings

LABEL_PROMPT: Final = "label"
SCORE_PROMPT: Final = "score"
RULES = 1  # counts up when the same replies would be read in another way

_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
_SCORE: Final[Mapping[str, Any]] = {
    "anyOf": [{"type": "number", "minimum": LOWEST_SCORE, "maximum": HIGHEST_SCORE}, {"type": "null"}]
}
_CARD: Final[Mapping[str, Any]] = {
    "label": _TEXT,
    "summary": _TEXT,
    "characteristics": {
        "type": "array",
        "items": _TEXT,
        "minItems": N_CHARACTERISTICS,
        "maxItems": N_CHARACTERISTICS,
    },
}
_GO_ON = "or ask again; its pairs go to the judge one by one until then."


class _Named(tuple[Member, ...]):
    """The members of one cluster: the single item of a label question."""

    __slots__ = ()


class LlmAnalyst:
    """An `Analyst` over a gateway; one prompt set, one model. Safe to call from several threads at once.

    Every item without a usable answer is asked again, then listed. With `again` above 0 logged replies are left aside:
    the way to ask once more for what stayed unanswered.
    """

    def __init__(self, asker: Asker, prompts: PromptSet, model: ModelSettings, again: int = 0) -> None:
        self._prompts = prompts
        self._questions = BatchedQuestions(asker, model, again)
        self.name = model.model
        enrich = sorted(name for name in prompts.templates if name.startswith(ENRICH_PREFIX))
        shape = [model.model, model.temperature, model.max_output_tokens, RULES]
        self.fingerprint = content_id("llm-analyst", [*shape, prompts.id_of(*enrich, LABEL_PROMPT, SCORE_PROMPT)])

    def describe(self, attributes: Sequence[Attribute]) -> Analysis[str]:
        """One description per attribute of one modality, in one call where the model answers well."""
        return self._questions.answered(attributes, self._describing())

    def label(self, modality: str, members: Sequence[Member]) -> Analysis[ClusterCard]:
        """The card of one cluster."""
        return self._questions.answered([_Named(members)], self._labelling(modality))

    def score(self, pairs: Sequence[ProfilePair]) -> Analysis[Score]:
        """One score per pair of clusters."""
        return self._questions.answered(pairs, self._scoring())

    def describe_request(self, attributes: Sequence[Attribute]) -> ChatRequest:
        """The first request that `describe` makes, for previews and estimates; nothing is asked."""
        return self._questions.request(attributes, self._describing())

    def label_request(self, modality: str, members: Sequence[Member]) -> ChatRequest:
        """The first request that `label` makes; nothing is asked."""
        return self._questions.request([_Named(members)], self._labelling(modality))

    def score_request(self, pairs: Sequence[ProfilePair]) -> ChatRequest:
        """The first request that `score` makes; nothing is asked."""
        return self._questions.request(pairs, self._scoring())

    def _describing(self) -> Question[Attribute, str]:
        def prompt(asked: Sequence[Attribute], mark: str) -> Prompted:
            listed = marked(mark, numbered(attribute_line(attribute) for attribute in asked))
            name = enrich_prompt_name(self._prompts, asked[0].modality)
            return Prompted(self._prompts.parts(name, attributes=listed), _one_each(_TEXT, len(asked)))

        def problem(attribute: Attribute) -> Problem:
            message = f"No usable description of {attribute.value!r} ({attribute.modality}) came back."
            fix = f"Write one by hand (at most {DESCRIPTION_LENGTH:,} characters), or ask again."
            return Problem(message, fix, field=attribute.id)

        return Question(
            "describe",
            prompt,
            read_descriptions,
            problem,
            lambda asked: _spoken(attribute.value for attribute in asked),
        )

    def _labelling(self, modality: str) -> Question[_Named, ClusterCard]:
        def prompt(asked: Sequence[_Named], mark: str) -> Prompted:
            return Prompted(self._prompts.parts(LABEL_PROMPT, members=members_text(mark, modality, asked[0])), _CARD)

        def read(reply: str, mark: str, _: int) -> dict[int, ClusterCard]:
            card = read_card(reply, mark)
            return {1: card} if card else {}

        def problem(members: _Named) -> Problem:
            message = f"No usable label came back for the {modality} cluster of {_spoken(_values(members))}."
            return Problem(message, f"Name it by hand, {_GO_ON}")

        return Question("label", prompt, read, problem, lambda asked: _spoken(_values(asked[0])))

    def _scoring(self) -> Question[ProfilePair, Score]:
        def prompt(asked: Sequence[ProfilePair], mark: str) -> Prompted:
            profiles = profiles_of(asked)
            texts = {"clusters": clusters_text(profiles), "pairs": pairs_text(mark, asked, profiles)}
            return Prompted(self._prompts.parts(SCORE_PROMPT, **texts), _one_each(_SCORE, len(asked)))

        def problem(pair: ProfilePair) -> Problem:
            return Problem(f"No usable score came back for {_pair_name(pair)}.", f"Score it by hand, {_GO_ON}")

        return Question(
            "score",
            prompt,
            read_scores,
            problem,
            lambda asked: f"{len(asked)} cluster pairs from {_pair_name(asked[0])}",
        )


def _one_each(schema: Mapping[str, Any], n_items: int) -> dict[str, Any]:
    return {str(number): schema for number in range(1, n_items + 1)}


def _values(members: Iterable[Member]) -> list[str]:
    return [member.attribute.value for member in members]


def _pair_name(pair: ProfilePair) -> str:
    return f"{pair.a.card.label!r} with {pair.b.card.label!r}"


def _spoken(values: Iterable[str], most: int = 3) -> str:
    """The first values of a list, and how many more there are."""
    named = list(values)
    shown = ", ".join(repr(value) for value in named[:most])
    return f"{shown} and {len(named) - most} more" if len(named) > most else shown
