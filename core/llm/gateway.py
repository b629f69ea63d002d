"""The one way to a paid answer: asked once, logged before it counts, within the budget, and again when it failed."""

from collections import Counter
from dataclasses import dataclass
from types import TracebackType
from typing import NamedTuple, Self

from core.errors import ValenceError
from core.llm.budget import Budget, BudgetReached
from core.llm.call_log import CallLog, OpenCall, Question
from core.llm.concurrency import AdaptiveLimit
from core.llm.ledger import Charge, Ledger, Usage
from core.llm.patience import Patience, Timing
from core.llm.prices import Price
from core.llm.protocol import ChatClient, ChatReply, ChatRequest, ErrorKind, ProviderError
from core.store.answer_log import AnswerLog

__all__ = ["BudgetReached", "Gateway", "GatewayClosed", "Usage"]

# Failures that come after the provider may have done the work, and so may charge for it; all others are refusals.
_MAY_BE_PAID = frozenset({ErrorKind.TIMEOUT, ErrorKind.SERVER, ErrorKind.GARBAGE})


class GatewayClosed(ValenceError):
    """The run ended, by cancelling or closing, before this request was answered."""


class _Turn(NamedTuple):
    """The right to make one call: its reservation, and the round of the concurrency limit it belongs to."""

    worst: Charge
    round: int


@dataclass(slots=True)
class _Outcome:
    """What came of a request that several threads may ask at once: nothing yet, a reply or an error."""

    reply: ChatReply | None = None
    error: BaseException | None = None


class Gateway:
    """The calls of one run, from any thread, until `close`.

    A request whose answer is in the log is free. Any other is paid for once, however many threads ask it, and only
    where the budget holds even if everything in flight takes the most it can. A failure that may pass is tried again;
    any other stops the gateway, and everyone who waits gets the same error. So does a provider that is down: when
    `Patience.n_given_up` requests in a row failed to the end of patience. The spending of earlier programs on the same
    run counts.
    """

    def __init__(
        self,
        client: ChatClient,
        log: AnswerLog,
        *,
        run: str,
        budget: Budget,
        price: Price | None = None,
        n_workers: int = 7,
        patience: Patience | None = None,
        timing: Timing | None = None,
    ) -> None:
        """`ValenceError` when the budget limits money and the price is unknown, for then it could not be held."""
        if budget.max_cost is not None and price is None:
            raise ValenceError(
                f"The budget is limited to a cost of {budget.max_cost:g}, but the price of the model is unknown.",
                "Add the model to the price table, or limit the calls or tokens instead of the cost.",
            )
        log.interrupt(run)  # calls of a program that was killed
        self._client, self._patience, self._timing = client, patience or Patience(), timing or Timing()
        self._ledger = Ledger(budget, price, log.spent(run))
        self._calls = CallLog(log, run, client.name, self._ledger.cost)
        self._limit = AdaptiveLimit(n_workers)
        self._changed = self._timing.condition()  # guards the ledger, the limit and what follows
        self._asking: dict[tuple[str, int], _Outcome] = {}
        self._held_until = -float("inf")
        self._n_given_up = 0  # requests since the last answer
        self._stopped_by: BaseException | None = None

    @property
    def usage(self) -> Usage:
        """What the run was charged so far, calls in flight left out."""
        with self._changed:
            return self._ledger.usage

    @property
    def concurrency(self) -> int:
        """How many calls may be in flight at the moment."""
        with self._changed:
            return self._limit.limit

    def ask(self, request: ChatRequest, purpose: str, subject: str, again: int = 0) -> ChatReply:
        """The answer to a request, waiting for it as long as it takes; `purpose` and `subject` are for the record.

        With `again` > 0 the request has an answer of its own for each number, instead of the first one.
        `BudgetReached` when the call could go beyond a limit, `ProviderError` when it failed for good or too often,
        `GatewayClosed` when the run ended first.
        """
        question = Question(request, purpose, subject, again)
        mine, key = _Outcome(), (request.fingerprint, again)
        with self._changed:
            self._refuse_when_stopped()
            shared = self._asking.setdefault(key, mine)
            while shared is not mine and shared.reply is None and shared.error is None:
                self._changed.wait()
        if shared is mine:
            return self._ask_for_all(key, mine, question)
        if shared.error is not None:
            raise shared.error
        assert shared.reply is not None
        self._calls.cached(question)
        self._count_cached()
        return shared.reply

    def close(self) -> None:
        """Send whoever waits away with `GatewayClosed`, and wait until every call in flight is answered and logged."""
        with self._changed:
            self._stopped_by = self._stopped_by or GatewayClosed(
                "The run was ended before this request was answered.",
                "Resume it: every answer so far is kept and not paid for again.",
            )
            self._changed.notify_all()
            while self._limit.n_in_flight:
                self._changed.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _ask_for_all(self, key: tuple[str, int], outcome: _Outcome, question: Question) -> ChatReply:
        """Answer a request, and let every other thread that asks it meanwhile have the outcome."""
        try:
            outcome.reply = self._calls.find(question)
            if outcome.reply is not None:
                self._count_cached()
                return outcome.reply
            outcome.reply = self._ask_until_answered(question)
            return outcome.reply
        except BaseException as error:
            outcome.error = error
            raise
        finally:
            with self._changed:
                del self._asking[key]
                self._changed.notify_all()

    def _ask_until_answered(self, question: Question) -> ChatReply:
        n_failures = Counter[ErrorKind]()
        while True:
            said = self._call(question, self._wait_for_turn(question.request))
            if isinstance(said, ChatReply):
                return said
            n_failures[said.kind] += 1
            self._give_up_or_wait(said, n_failures)

    def _give_up_or_wait(self, error: ProviderError, n_failures: Counter[ErrorKind]) -> None:
        """Raise a failure that is for good, or the last of too many; else wait before the next try."""
        if error.ends_run:
            raise error
        if self._patience.is_over(n_failures):
            tried = f"{error.message} The call was tried {n_failures.total()} times."
            raise self._given_up(ProviderError(error.kind, tried, error.fix, error.retry_after_s)) from error
        self._wait(self._patience.wait_s(n_failures.total(), self._timing.random_01()))

    def _given_up(self, error: ProviderError) -> ProviderError:
        """Count a request that is given up; the error to raise for it, which ends the run where it is one too many."""
        with self._changed:
            self._n_given_up += 1
            if not self._patience.is_exhausted(self._n_given_up):
                return error
            final = self._patience.exhaustion(error)
            self._stopped_by = self._stopped_by or final
            self._changed.notify_all()
            return final

    def _wait(self, seconds: float) -> None:
        until = self._timing.now() + seconds
        with self._changed:
            self._refuse_when_stopped()
            while (left := until - self._timing.now()) > 0:
                self._changed.wait(left)
                self._refuse_when_stopped()

    def _wait_for_turn(self, request: ChatRequest) -> _Turn:
        """Wait until the budget, the concurrency limit and the provider's wish to be left alone allow one more call."""
        with self._changed:
            while True:
                self._refuse_when_stopped()
                worst = self._ledger.worst_case(request)
                has_room = self._ledger.has_room(worst) and self._limit.has_room
                held_s = self._held_until - self._timing.now()
                if has_room and held_s <= 0:
                    self._ledger.reserve(worst)
                    return _Turn(worst, self._limit.enter())
                self._changed.wait(held_s if held_s > 0 else None)

    def _call(self, question: Question, turn: _Turn) -> ChatReply | ProviderError:
        """Make one call: in the log before it starts, and its answer in the log before it counts.

        Any failure but the provider's own, such as a log that cannot be written, stops the gateway: the next call
        would be paid for nothing.
        """
        charge: Charge | None = None
        said: ChatReply | ProviderError | None = None
        try:
            call = self._calls.begin(question, turn.worst)
            charge = turn.worst  # until it is known better
            started = self._timing.now()
            said = self._say(call)
            seconds = self._timing.now() - started
            if isinstance(said, ChatReply):
                charge = self._charge_of(question.request, said)
                said = self._calls.answered(call, said, charge, seconds)
            else:
                charge = turn.worst if said.kind in _MAY_BE_PAID else None
                self._calls.failed(call, said, charge, seconds)
            return said
        except BaseException as error:
            self._stop(error)
            raise
        finally:
            self._end_turn(turn, charge, said)

    def _say(self, call: OpenCall) -> ChatReply | ProviderError:
        try:
            return self._client.complete(call.question.request)
        except ProviderError as error:
            return error
        except BaseException as error:
            self._calls.broke(call, error)
            raise

    def _end_turn(self, turn: _Turn, charge: Charge | None, said: ChatReply | ProviderError | None) -> None:
        """Settle the reservation, and learn from what was said how fast to go on."""
        with self._changed:
            self._ledger.settle(turn.worst, charge)
            self._limit.leave()
            if isinstance(said, ChatReply):
                self._n_given_up = 0
                self._limit.speed_up()
            elif said is not None:
                self._heed(said, turn)
            self._changed.notify_all()

    def _heed(self, error: ProviderError, turn: _Turn) -> None:
        if error.kind is ErrorKind.RATE_LIMIT:
            self._limit.slow_down(turn.round)
        if error.retry_after_s is not None:
            self._held_until = max(self._held_until, self._timing.now() + error.retry_after_s)
        if error.ends_run:
            self._stopped_by = self._stopped_by or error
        elif self._patience.wishes_too_much(error):
            self._stopped_by = self._stopped_by or self._patience.refusal(error)

    def _charge_of(self, request: ChatRequest, reply: ChatReply) -> Charge:
        with self._changed:
            return self._ledger.charge_of(request, reply)

    def _count_cached(self) -> None:
        with self._changed:
            self._ledger.count_cached()

    def _stop(self, error: BaseException) -> None:
        with self._changed:
            self._stopped_by = self._stopped_by or error

    def _refuse_when_stopped(self) -> None:
        if self._stopped_by is not None:
            raise self._stopped_by
