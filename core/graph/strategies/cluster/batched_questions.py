"""Putting a numbered question to a model: one call for a batch, and further calls only for what it left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, NamedTuple, TypeVar

from core.errors import Problem
from core.fingerprint import content_id
from core.graph.judges.llm import Asker
from core.graph.prompts import PromptParts
from core.graph.strategies.cluster.analyst import Analysis
from core.graph.strategies.cluster.replies import BATCH_KEY
from core.llm.protocol import ChatRequest, Finish, ProviderError
from core.llm.settings import ModelSettings

Item = TypeVar("Item")
T = TypeVar("T")

MAX_ATTEMPTS: Final = 3
MARK_LENGTH: Final = 8
_MARK_LETTERS: Final = str.maketrans("0123456789abcdef", "bcdfghjkmnpqrtvw")  # a mark is neither a number nor a word

_ENDED_EARLY: Final[Mapping[Finish, str]] = {
    Finish.TRUNCATED: "The reply was cut off at the output limit.",
    Finish.REFUSED: "The provider refused to answer.",
}


class Prompted(NamedTuple):
    """A prompt for some items, and the JSON schema of each property its answer must have."""

    parts: PromptParts
    properties: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Question(Generic[Item, T]):
    """One kind of question.

    `prompt`: items and mark to a prompt; `read`: reply, mark and number of items to answers by number (1-based);
    `problem`: what to say of an item that stays unanswered; `subject`: what the record says a call is about.
    """

    purpose: str
    prompt: Callable[[Sequence[Item], str], Prompted]
    read: Callable[[str, str, int], Mapping[int, T]]
    problem: Callable[[Item], Problem]
    subject: Callable[[Sequence[Item]], str]


class BatchedQuestions:
    """Asks questions of one model. With `again` above 0 logged replies are left aside and new ones asked for."""

    def __init__(self, asker: Asker, model: ModelSettings, again: int = 0) -> None:
        self._asker, self._model, self._again = asker, model, again

    def request(self, items: Sequence[Item], question: Question[Item, T], attempt: int = 1) -> ChatRequest:
        """The request of an attempt; the same for the same items, so that a resumed run finds its answer in the log."""
        return self._marked(items, question, attempt).request

    def answered(self, items: Sequence[Item], question: Question[Item, T]) -> Analysis[T]:
        """Ask for all items at once, then for what is missing: up to `MAX_ATTEMPTS` times where replies were complete.

        A reply that was cut off or refused would end the same way, so its rest is asked in two halves, down to single
        items. A `ProviderError` that ends the run passes through; any other leaves its items unanswered.
        """
        answers: list[T | None] = [None] * len(items)
        faults: dict[int, str] = {}
        waiting = [_Batch(tuple(range(len(items))), 1)] if items else []
        n_calls = 0
        while waiting:
            batch = waiting.pop()
            heard = self._hear([items[position] for position in batch.positions], question, batch.attempt)
            n_calls += 1
            for number, answer in heard.found.items():
                answers[batch.positions[number - 1]] = answer
            missing = tuple(position for position in batch.positions if answers[position] is None)
            faults |= dict.fromkeys(missing, heard.fault)
            waiting += _following(batch, missing, heard.finish)
        problems = [
            _with_cause(question.problem(items[position]), faults[position])
            for position, answer in enumerate(answers)
            if answer is None
        ]
        return Analysis(tuple(answers), n_calls, tuple(problems))

    def _hear(self, items: Sequence[Item], question: Question[Item, T], attempt: int) -> "_Heard[T]":
        request, mark = self._marked(items, question, attempt)
        try:
            reply = self._asker.ask(request, question.purpose, question.subject(items), again=self._again)
        except ProviderError as error:
            if error.ends_run:
                raise
            return _Heard({}, None, error.message)
        found = question.read(reply.text, mark, len(items))
        return _Heard(found, reply.finish, _ENDED_EARLY.get(reply.finish, ""))

    def _marked(self, items: Sequence[Item], question: Question[Item, T], attempt: int) -> "_Marked":
        """The request with a mark made from its prompt and the attempt alone."""
        unmarked = question.prompt(items, "").parts
        mark = content_id("cluster-mark", [*unmarked, attempt])[:MARK_LENGTH].translate(_MARK_LETTERS)
        prompted = question.prompt(items, mark)
        properties = {BATCH_KEY: {"type": "string"}, **prompted.properties}
        schema = {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
        request = ChatRequest(
            model=self._model.model,
            system=prompted.parts.system,
            prompt=prompted.parts.user,
            temperature=self._model.temperature,
            max_output_tokens=self._model.max_output_tokens,
            schema=schema,
            endpoint=self._model.endpoint,
        )
        return _Marked(request, mark)


class _Marked(NamedTuple):
    request: ChatRequest
    mark: str


class _Batch(NamedTuple):
    """Positions that are asked together; complete replies failed them `attempt` - 1 times before."""

    positions: tuple[int, ...]
    attempt: int


class _Heard(NamedTuple, Generic[T]):
    """What one request brought, by number; `finish` is None where no reply came; `fault` says why items are missing."""

    found: Mapping[int, T]
    finish: Finish | None
    fault: str


def _following(batch: _Batch, missing: tuple[int, ...], finish: Finish | None) -> list[_Batch]:
    """The calls to make next for the missing items, the last of the list first."""
    if not missing or finish is None:
        return []
    if finish is Finish.COMPLETE:
        return [_Batch(missing, batch.attempt + 1)] if batch.attempt < MAX_ATTEMPTS else []
    if len(batch.positions) == 1:
        return []
    half = (len(missing) + 1) // 2
    return [_Batch(part, batch.attempt) for part in (missing[half:], missing[:half]) if part]


def _with_cause(problem: Problem, fault: str) -> Problem:
    return Problem(f"{problem.message} {fault}".strip(), problem.fix, problem.row, problem.field)
