"""A model that takes time, fails by chance, and keeps its own books, which are harsher than the gateway's."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from core.llm.tokens import request_tokens
from core.store.answer_log import AnswerLog
from core.store.answer_schema import APPLICATION_ID, MIGRATIONS
from core.store.sqlite_file import SqliteFile

T = TypeVar("T")

PASSING = (ErrorKind.RATE_LIMIT, ErrorKind.SERVER, ErrorKind.TIMEOUT, ErrorKind.GARBAGE)


class UnreliableProvider:
    """Answers every prompt in upper case; `fail` says which kind of failure a call meets, if any.

    `n_billed`, `billed_tokens`: whatever a provider could charge for, which is everything but a refusal. A failed call
    is billed for what the reply would have taken.
    """

    name = "unreliable"

    def __init__(
        self,
        fail: Callable[[int], ErrorKind | None] = lambda _: None,
        sleep: Callable[[float], None] = lambda _: None,
        latency_s: Callable[[], float] = lambda: 1.0,
        seed: int = 0,
        retry_after_s: float | None = None,
    ) -> None:
        self._fail, self._sleep, self._latency_s, self._retry_after_s = fail, sleep, latency_s, retry_after_s
        self._chance = random.Random(seed)
        self._guard = threading.Lock()
        self.n_calls, self.n_billed, self.n_in_flight, self.most_in_flight = 0, 0, 0, 0
        self.billed_input, self.billed_output = 0, 0
        self.n_answers_by_prompt = Counter[str]()
        self.on_call: Callable[[], None] = lambda: None

    def complete(self, request: ChatRequest) -> ChatReply:
        with self._guard:
            self.n_calls += 1
            kind = self._fail(self.n_calls)
            self.n_in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.n_in_flight)
            reply = self._reply(request)
            if kind is None or kind in PASSING[1:]:
                self.n_billed += 1
                self.billed_input += reply.input_tokens or 0
                self.billed_output += reply.output_tokens or 0
            latency_s = self._latency_s()
        self.on_call()
        try:
            self._sleep(latency_s)
        finally:
            with self._guard:
                self.n_in_flight -= 1
        if kind is not None:
            wish = self._retry_after_s if kind is ErrorKind.RATE_LIMIT else None
            raise ProviderError(kind, f"The fake provider met: {kind}.", "Try again.", wish)
        with self._guard:
            self.n_answers_by_prompt[request.prompt] += 1
        return reply

    def _reply(self, request: ChatRequest) -> ChatReply:
        n_input = self._chance.randint(1, request_tokens(request))
        n_output = self._chance.randint(1, request.max_output_tokens)
        return ChatReply(request.prompt.upper(), Finish.COMPLETE, n_input, n_output)


def failing(share: float, seed: int) -> Callable[[int], ErrorKind | None]:
    """A share of calls that fail at random, each kind that may pass as often as the others."""
    chance = random.Random(seed)
    return lambda _: chance.choice(PASSING) if chance.random() < share else None


def question(number: int, max_output_tokens: int = 100) -> ChatRequest:
    """A request like no other number's."""
    return ChatRequest("model", "Shout.", f"request {number}", 0.0, max_output_tokens)


class FastFile(SqliteFile):
    """Without waiting for the disk: a test does not lose power."""

    def write(self, work: Callable[[Any], T], *, is_durable: bool = True) -> T:
        return super().write(work, is_durable=False)


def fast_log(path: Path) -> AnswerLog:
    """An answer log that does not wait for the disk."""
    return AnswerLog(FastFile(path.resolve(), "answer log", APPLICATION_ID, MIGRATIONS))


def answers(log: AnswerLog, numbers: range) -> Mapping[int, str]:
    """What the log holds for these questions."""
    found = {number: log.find(question(number).fingerprint) for number in numbers}
    return {number: answer.reply for number, answer in found.items() if answer}
