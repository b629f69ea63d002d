"""How a run's calls are written into the answer log."""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import NamedTuple

from core.llm.keys import redact
from core.llm.ledger import Charge
from core.llm.protocol import ChatReply, ChatRequest, Finish, ProviderError
from core.store.answer_log import AnswerLog
from core.store.answer_rows import ANSWERED, CACHED, IN_FLIGHT, Answer, Attempt
from core.store.clock import utc_now

FAULT = "program error"  # outcome of a call whose client failed in a way it should not


class Question(NamedTuple):
    """A request, what it is for, and which of its answers is wanted."""

    request: ChatRequest
    purpose: str
    subject: str
    again: int


class OpenCall(NamedTuple):
    """A call in flight, as it was written."""

    question: Question
    number: int
    attempt: Attempt


class CallLog:
    """The calls of one run in the answer log; `cost_of` prices what they are charged. Safe from any thread."""

    def __init__(self, log: AnswerLog, run: str, provider: str, cost_of: Callable[[Charge], float | None]) -> None:
        self._log, self._run, self._provider, self._cost_of = log, run, provider, cost_of

    def find(self, question: Question) -> ChatReply | None:
        """The answer that was paid for before, by whatever run; it is then written that it was used here."""
        found = self._log.find(question.request.fingerprint, question.again)
        if found is None:
            return None
        self.cached(question)
        return _reply(found)

    def cached(self, question: Question) -> None:
        """Write that a request was answered for nothing."""
        self._log.note_attempt(self._attempt(question, CACHED))

    def begin(self, question: Question, worst: Charge) -> OpenCall:
        """Write that a call is about to be made, charged at its worst case until it is known better."""
        attempt = replace(
            self._attempt(question, IN_FLIGHT),
            is_paid=True,
            charged_input_tokens=worst.input_tokens,
            charged_output_tokens=worst.output_tokens,
            cost=self._cost_of(worst),
            started_at=utc_now(),
        )
        return OpenCall(question, self._log.begin(attempt, asdict(question.request)), attempt)

    def answered(self, call: OpenCall, reply: ChatReply, charge: Charge, seconds: float) -> ChatReply:
        """Write an answer, on the disk, and return the one that stands: another run may have written one meanwhile."""
        request = call.question.request
        answer = Answer(
            fingerprint=request.fingerprint,
            request=asdict(request),
            provider=self._provider,
            reply=reply.text,
            finish=reply.finish,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            again=call.question.again,
        )
        attempt = replace(
            call.attempt,
            outcome=ANSWERED,
            seconds=seconds,
            input_tokens=reply.input_tokens,
            output_tokens=reply.output_tokens,
            charged_input_tokens=charge.input_tokens,
            charged_output_tokens=charge.output_tokens,
            cost=self._cost_of(charge),
            message="" if reply.finish is Finish.COMPLETE else f"The reply was {reply.finish}.",
        )
        return _reply(self._log.record(answer, attempt, call.number))

    def failed(self, call: OpenCall, error: ProviderError, charge: Charge | None, seconds: float) -> None:
        """Write how a call failed; `charge` is None where the provider refused it, so that it costs nothing."""
        failed = replace(call.attempt, outcome=error.kind, seconds=seconds, message=redact(str(error)))
        if charge is None:
            failed = replace(failed, is_paid=False, charged_input_tokens=0, charged_output_tokens=0, cost=None)
        self._log.note_attempt(failed, call.number)

    def broke(self, call: OpenCall, error: BaseException) -> None:
        """Write that the client failed in a way it should not; the call may have been paid for."""
        self._log.note_attempt(replace(call.attempt, outcome=FAULT, message=redact(repr(error))), call.number)

    def _attempt(self, question: Question, outcome: str) -> Attempt:
        return Attempt(
            run=self._run,
            purpose=question.purpose,
            subject=question.subject,
            fingerprint=question.request.fingerprint,
            outcome=outcome,
            again=question.again,
        )


def _reply(answer: Answer) -> ChatReply:
    return ChatReply(answer.reply, Finish(answer.finish), answer.input_tokens, answer.output_tokens)
