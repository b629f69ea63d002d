"""Putting one question to a model with any of the prompts: asked and read by the very classes that a run uses."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple, TypeVar

from core.catalogue.model import Attribute
from core.errors import InvalidInput, Problem
from core.graph.attribute_text import offline_description
from core.graph.clusters.model import ClusterCard
from core.graph.judges.llm import Asker, AskingSettings, LlmJudge
from core.graph.judges.sign_prompt import GROUNDED
from core.graph.model import Outcome, Verdict
from core.graph.prompts import PromptSet
from core.graph.strategies.cluster.analyst import Analysis, ClusterProfile, Member, ProfilePair, Score
from core.graph.strategies.cluster.llm_analyst import LABEL_PROMPT, SCORE_PROMPT, LlmAnalyst
from core.graph.strategies.cluster.offline_analyst import OfflineAnalyst, offline_analyst
from core.graph.strategies.cluster.prompt_texts import ENRICH_PREFIX, enrich_prompt_name
from core.knowledge.evidence import Retriever
from core.knowledge.fact_files import FactFile
from core.knowledge.trait_facts import TraitFacts
from core.knowledge.traits import TraitTable, load_trait_table
from core.llm.settings import ModelSettings

T = TypeVar("T")

MAX_ATTRIBUTES: Final = 25  # on either side of a question
NO_ANSWER: Final = ""

_ONCE: Final = AskingSettings(max_attempts=1, max_calls=1)


@dataclass(frozen=True, slots=True)
class TrialQuestion:
    """A prompt and what it is asked about.

    `first` and `second`: for a pair prompt one primary attribute and its targets; for cluster pairs two groups; for
    the other prompts the attributes of one modality and nothing. `facts` are given beside the trait table's where
    the prompt takes facts.
    """

    name: str
    prompts: PromptSet
    model: ModelSettings
    first: tuple[Attribute, ...]
    second: tuple[Attribute, ...] = ()
    facts: tuple[FactFile, ...] = ()


class TrialAnswer(NamedTuple):
    """What was made of the reply for one thing asked about; `answer` is empty, and `note` says why, for none."""

    subject: str
    answer: str
    note: str


def ask_once(question: TrialQuestion, asker: Asker, again: int = 0) -> tuple[TrialAnswer, ...]:
    """The answers of one asking, one per thing asked about; `InvalidInput` when the attributes do not suit the prompt.

    The asker may be asked more than once where the first reply left something out; it need not answer then.
    """
    problems = tuple(_problems(question))
    if problems:
        raise InvalidInput("The prompt cannot be tried on this", problems)
    return _READERS[prompt_kind(question.name)](question, asker, again)


def has_facts(question: TrialQuestion) -> bool:
    """Whether anything is known of the attributes of a pair question."""
    return bool(_retriever(question).evidence(question.first[0], question.second))


class PromptKind(StrEnum):
    """What a prompt asks for."""

    PAIR = "pair"
    DESCRIBE = "describe"
    LABEL = "label"
    SCORE = "score"


def prompt_kind(name: str) -> PromptKind:
    """What the prompt of that name asks for."""
    if name.startswith(ENRICH_PREFIX):
        return PromptKind.DESCRIBE
    return {LABEL_PROMPT: PromptKind.LABEL, SCORE_PROMPT: PromptKind.SCORE}.get(name, PromptKind.PAIR)


def _pair_answers(question: TrialQuestion, asker: Asker, again: int) -> tuple[TrialAnswer, ...]:
    evidence = _retriever(question) if question.name == GROUNDED else None
    judge = LlmJudge(asker, question.model, question.prompts, evidence, _ONCE, again)
    verdicts = judge.verdicts(question.first[0], question.second)
    return tuple(_pair_answer(target, verdict) for target, verdict in zip(question.second, verdicts, strict=True))


def _pair_answer(target: Attribute, verdict: Verdict) -> TrialAnswer:
    if verdict.outcome is Outcome.UNRESOLVED:
        return TrialAnswer(target.value, NO_ANSWER, verdict.reason)
    return TrialAnswer(target.value, verdict.outcome.symbol, "; ".join(verdict.evidence))


def _descriptions(question: TrialQuestion, asker: Asker, again: int) -> tuple[TrialAnswer, ...]:
    said = _analyst(question, asker, again).describe(question.first)
    return _analysed([a.value for a in question.first], said, str)


def _label(question: TrialQuestion, asker: Asker, again: int) -> tuple[TrialAnswer, ...]:
    modality = question.first[0].modality
    said = _analyst(question, asker, again).label(modality, _members(question.first))
    return _analysed([f"{len(question.first)} of {modality}"], said, _card_text)


def _scores(question: TrialQuestion, asker: Asker, again: int) -> tuple[TrialAnswer, ...]:
    a, b = _profile(1, question.first), _profile(2, question.second)
    said = _analyst(question, asker, again).score([ProfilePair(a, b)])
    return _analysed([f"{a.card.label} with {b.card.label}"], said, _score_text)


_READERS: Final[Mapping[PromptKind, Callable[[TrialQuestion, Asker, int], tuple[TrialAnswer, ...]]]] = {
    PromptKind.PAIR: _pair_answers,
    PromptKind.DESCRIBE: _descriptions,
    PromptKind.LABEL: _label,
    PromptKind.SCORE: _scores,
}


def _analysed(subjects: Sequence[str], said: Analysis[T], text: Callable[[T], str]) -> tuple[TrialAnswer, ...]:
    """Answers by subject; the problems come in the order of the subjects without one."""
    problems = iter(said.problems)
    return tuple(
        TrialAnswer(subject, NO_ANSWER, next(problems).message)
        if answer is None
        else TrialAnswer(subject, text(answer), "")
        for subject, answer in zip(subjects, said.answers, strict=True)
    )


def _analyst(question: TrialQuestion, asker: Asker, again: int) -> LlmAnalyst:
    return LlmAnalyst(asker, question.prompts, question.model, again)


def _card_text(card: ClusterCard) -> str:
    return f"{card.label}: {card.summary} ({', '.join(card.characteristics)})"


def _score_text(score: Score) -> str:
    return "not a viable combination" if score.value is None else f"{score.value:g} of 10"


def _members(attributes: Sequence[Attribute]) -> list[Member]:
    return [Member(a, offline_description(a, _trait_table())) for a in attributes]


def _profile(number: int, attributes: Sequence[Attribute]) -> ClusterProfile:
    """The attributes as if they were a cluster, named from the trait table."""
    modality = attributes[0].modality
    card = _offline_analyst().label(modality, _members(attributes)).answers[0]
    return ClusterProfile(number, modality, card or ClusterCard(modality), tuple(attributes))


def _retriever(question: TrialQuestion) -> Retriever:
    # An attribute's share of a call is soon full: what experts wrote goes before what the table knows.
    return Retriever([*question.facts, TraitFacts(_trait_table())])


@cache
def _trait_table() -> TraitTable:
    return load_trait_table()


@cache
def _offline_analyst() -> OfflineAnalyst:
    return offline_analyst()


def _problems(question: TrialQuestion) -> Iterator[Problem]:
    kind = prompt_kind(question.name)
    has_second = kind in (PromptKind.PAIR, PromptKind.SCORE)
    for side, group in (("first", question.first), ("second", question.second if has_second else ())):
        if len(group) > MAX_ATTRIBUTES:
            message = f"{len(group)} attributes are chosen; one call takes up to {MAX_ATTRIBUTES}."
            yield Problem(message, "Choose fewer.", field=side)
        if not group and (side == "first" or has_second):
            yield Problem("No attribute is chosen.", "Choose at least one.", field=side)
    modalities = {a.modality for a in question.first}
    if kind is PromptKind.PAIR and len(question.first) > 1:
        yield Problem("A pair prompt is asked about one primary attribute.", "Choose one.", field="first")
    if kind is not PromptKind.PAIR and len(modalities) > 1:
        yield Problem("The attributes are of several modalities.", "Choose those of one.", field="first")
    if has_second and modalities & {a.modality for a in question.second}:
        message = "Both sides hold attributes of one modality; pairs are made between modalities."
        yield Problem(message, "Choose others.", field="second")
    if kind is PromptKind.SCORE and len({a.modality for a in question.second}) > 1:
        yield Problem("The attributes are of several modalities.", "Choose those of one.", field="second")
    for modality in sorted(modalities) if kind is PromptKind.DESCRIBE else ():
        if (used := enrich_prompt_name(question.prompts, modality)) != question.name:
            message = f"Attributes of {modality} are described with the prompt {used!r}."
            yield Problem(message, "Choose attributes that this prompt is used for.", field="first")
