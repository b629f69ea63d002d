"""Trying a prompt: what a model would be sent for a few attributes, and what comes of one real call.

A trial asks as a graph run does and reads the answer as a graph run does, once: what the answer leaves out is shown
as left out, and not asked again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final, NamedTuple
from uuid import uuid4

from core.graph.judges.sign_prompt import GROUNDED, PLAIN
from core.graph.prompts import suspicious
from core.llm.budget import Budget
from core.llm.clients import make_client
from core.llm.gateway import Gateway
from core.llm.keys import Keys
from core.llm.patience import Patience
from core.llm.prices import Price
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from core.llm.tokens import request_tokens
from core.store.answer_log import AnswerLog
from core.workflows.prompt_questions import NO_ANSWER, TrialAnswer, TrialQuestion, ask_once, has_facts

RUN_PREFIX: Final = "trial-"

_BUDGET: Final = Budget(max_calls=2)  # one, and once more where the first failed in a way that may pass
_PATIENCE: Final = Patience(n_tries=2, n_unreadable=2, first_wait_s=0.5, longest_wait_s=2.0, longest_wish_s=5.0)


class TrialPreview(NamedTuple):
    """What would be sent: the request, about how many tokens it takes, and the prompt it is made from.

    `prompt` differs from the one asked for where a run would take another one too: without facts, the plain one.
    """

    request: ChatRequest
    input_tokens: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A reply and what it was read as. `cost` is None where the price, or the count of tokens, is unknown.

    `n_answers`: how many replies to this very question the log holds; this is the latest of them.
    """

    reply: str
    finish: Finish
    answers: tuple[TrialAnswer, ...]
    input_tokens: int | None
    output_tokens: int | None
    cost: float | None
    answered_at: str
    n_answers: int

    @property
    def n_unanswered(self) -> int:
        """Things asked about that got no usable answer."""
        return sum(answer.answer == NO_ANSWER for answer in self.answers)


def preview(question: TrialQuestion) -> TrialPreview:
    """The exact request of a trial, without asking anything; `InvalidInput` when the attributes do not suit it."""
    asker = _AsksOnce(lambda _: ChatReply("", Finish.COMPLETE, None, None))
    ask_once(question, asker, 0)
    assert asker.request is not None  # every question is asked
    used = PLAIN if question.name == GROUNDED and not has_facts(question) else question.name
    return TrialPreview(asker.request, request_tokens(asker.request), used)


def suspicious_texts(question: TrialQuestion) -> tuple[str, ...]:
    """A sentence for each text of the attributes that reads like an attempt to steer a model."""
    attributes = (*question.first, *question.second)
    texts = [text for a in attributes for text in (a.value, a.modality, a.attribute_type, *a.facts.values())]
    return tuple(sentence for text in dict.fromkeys(texts) if (sentence := suspicious(text)))


def latest_trial(question: TrialQuestion, log: AnswerLog, price: Price | None) -> Trial | None:
    """What the log holds for exactly this question, read anew; None where it was never answered."""
    fingerprint = preview(question).request.fingerprint
    n_answers = _n_answers(log, fingerprint)
    found = log.find(fingerprint, n_answers - 1) if n_answers else None
    if found is None:
        return None
    reply = ChatReply(found.reply, Finish(found.finish), found.input_tokens, found.output_tokens)
    answers = ask_once(question, _AsksOnce(lambda _: reply), 0)
    tokens = (reply.input_tokens, reply.output_tokens)
    return Trial(reply.text, reply.finish, answers, *tokens, _cost(price, *tokens), found.answered_at, n_answers)


def try_prompt(question: TrialQuestion, log: AnswerLog, price: Price | None, keys: Keys | None = None) -> Trial:
    """Ask the model once, under a run of its own in the log, even where it answered the same question before.

    `ProviderError` when no answer came, `InvalidInput` for attributes or a base URL that cannot be used. Keys come from
    the environment unless given.
    """
    again = _n_answers(log, preview(question).request.fingerprint)
    run = f"{RUN_PREFIX}{uuid4().hex[:12]}"
    client = make_client(question.model, keys)
    with Gateway(client, log, run=run, budget=_BUDGET, price=price, n_workers=1, patience=_PATIENCE) as gateway:
        asker = _AsksOnce(lambda asked: gateway.ask(*asked))
        ask_once(question, asker, again)
    if asker.error is not None:
        raise asker.error
    trial = latest_trial(question, log, price)
    assert trial is not None  # the gateway logs an answer before it returns it
    return trial


class _Asked(NamedTuple):
    request: ChatRequest
    purpose: str
    subject: str
    again: int


class _AsksOnce:
    """An `Asker` for one question; remembers what was asked, and the error where no answer came."""

    def __init__(self, ask: Callable[[_Asked], ChatReply]) -> None:
        self._ask = ask
        self.request: ChatRequest | None = None
        self.error: ProviderError | None = None

    def ask(self, request: ChatRequest, purpose: str, subject: str, again: int = 0) -> ChatReply:
        """The reply to the first request; any further one is refused, as an error that leaves its items unanswered."""
        if self.request is not None:
            raise ProviderError(ErrorKind.GARBAGE, "A trial asks only once.")
        self.request = request
        try:
            return self._ask(_Asked(request, purpose, subject, again))
        except ProviderError as error:
            self.error = error
            raise


def _n_answers(log: AnswerLog, fingerprint: str) -> int:
    return next(number for number in count() if log.find(fingerprint, number) is None)


def _cost(price: Price | None, input_tokens: int | None, output_tokens: int | None) -> float | None:
    if price is None or input_tokens is None or output_tokens is None:
        return None
    return price.cost(input_tokens, output_tokens)
