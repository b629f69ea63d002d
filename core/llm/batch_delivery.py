"""Answering many requests through a provider's batch service: submit, wait across restarts, collect into the log.

What a batch answers lies in the answer log afterwards, so that the run that follows finds it there for nothing and asks
live only for what failed.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.llm.batches import BatchClient, BatchState
from core.llm.budget import Budget, BudgetReached
from core.llm.call_log import CallLog, Question
from core.llm.ledger import Charge, Ledger
from core.llm.prices import Price
from core.llm.protocol import ChatReply, ProviderError
from core.progress import Progress, Steps
from core.store.answer_log import AnswerLog
from core.store.answer_rows import Batch

MOST_PER_BATCH = 10_000
POLL_S = 30.0
_HEARTBEAT_S = 0.5  # how often a run that waits for its batches can be cancelled


@dataclass(frozen=True, slots=True)
class Delivered:
    """What came of a batch run: answers collected, requests without one, and batches that did not wholly succeed."""

    n_answered: int
    n_failed: int
    n_lost_batches: int


def deliver(
    questions: Sequence[Question],
    client: BatchClient,
    log: AnswerLog,
    *,
    run: str,
    budget: Budget,
    price: Price | None = None,
    poll_s: float = POLL_S,
    sleep: Callable[[float], None] = time.sleep,
) -> Steps[Delivered]:
    """Have every question answered that the log does not answer yet; batches of an earlier start are waited for.

    Money is reserved at the full price and charged at the batch price. `BudgetReached` before anything is submitted
    when the worst case goes beyond the budget. Closing the generator leaves the batches to the provider: the next start
    of the same run collects them. A program that dies between a submission and the note of it, a moment only, is the
    one case in which a batch is forgotten.
    """
    by_fingerprint = {question.request.fingerprint: question for question in questions}
    waiting = [batch for batch in log.batches(run) if batch.collected_at is None]
    on_their_way = {fingerprint for batch in waiting for fingerprint in batch.fingerprints}
    fresh = [q for f, q in by_fingerprint.items() if f not in on_their_way and log.find(f, q.again) is None]
    ledger = _reserved(fresh, [by_fingerprint[f] for f in on_their_way if f in by_fingerprint], log, run, budget, price)
    yield Progress(0, len(questions), f"{len(fresh):,} requests to hand in")
    for part in _parts(fresh):
        name = client.submit([question.request for question in part], f"valence {run}")
        fingerprints = [question.request.fingerprint for question in part]
        waiting.append(log.add_batch(run, name, fingerprints, BatchState.PENDING))
    calls = CallLog(log, run, client.name, lambda charge: _batch_cost(price, charge))
    collector = _Collector(client, log, run, by_fingerprint, calls, ledger)
    while waiting:
        waiting = [batch for batch in waiting if not collector.collects(batch)]
        if waiting:
            n_done = collector.n_answered + collector.n_failed
            yield from _wait(poll_s, sleep, Progress(n_done, len(questions), _note(waiting)))
    return Delivered(collector.n_answered, collector.n_failed, collector.n_lost_batches)


@dataclass(slots=True)
class _Collector:
    """Takes the answers of batches that have ended into the log, and counts them."""

    client: BatchClient
    log: AnswerLog
    run: str
    questions: Mapping[str, Question]
    calls: CallLog
    ledger: Ledger
    n_answered: int = 0
    n_failed: int = 0
    n_lost_batches: int = 0

    def collects(self, batch: Batch) -> bool:
        """Whether the batch has ended and is collected; a provider's hiccup only means that it is asked later."""
        try:
            state = self.client.state(batch.name)
            self.log.update_batch(self.run, batch.name, state)
            if not state.has_ended:
                return False
            answers = self.client.collect(batch.name)
        except ProviderError as error:
            if not error.kind.may_pass:
                raise
            return False
        found = self._keep(batch, answers)
        self.log.update_batch(self.run, batch.name, state, is_collected=True)
        self.n_answered += found
        self.n_failed += len(batch.fingerprints) - found
        self.n_lost_batches += state is not BatchState.SUCCEEDED
        return True

    def _keep(self, batch: Batch, answers: Mapping[str, ChatReply | ProviderError]) -> int:
        """Write every answer into the log and count them; requests of another plan are left out."""
        n_answered = 0
        for fingerprint in batch.fingerprints:
            question, answer = self.questions.get(fingerprint), answers.get(fingerprint)
            if question is None or answer is None or self.log.find(fingerprint, question.again):
                continue
            call = self.calls.begin(question, self.ledger.worst_case(question.request))
            if isinstance(answer, ChatReply):
                self.calls.answered(call, answer, self.ledger.charge_of(question.request, answer), 0.0)
                n_answered += 1
            else:
                self.calls.failed(call, answer, None, 0.0)
        return n_answered


def _reserved(
    fresh: Sequence[Question],
    on_their_way: Sequence[Question],
    log: AnswerLog,
    run: str,
    budget: Budget,
    price: Price | None,
) -> Ledger:
    """A ledger with room kept for every request; `BudgetReached` where there is none."""
    ledger = Ledger(budget, price, log.spent(run))
    for question in on_their_way:
        ledger.reserve(ledger.worst_case(question.request))
    for question in fresh:
        worst = ledger.worst_case(question.request)
        if not ledger.has_room(worst):
            raise BudgetReached(
                f"The {len(fresh):,} requests of this batch could together exceed the budget, so none was handed in.",
                "Raise the budget, or ask live: then the run stops where the budget ends.",
            )
        ledger.reserve(worst)
    return ledger


def _parts(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for first in range(0, len(questions), MOST_PER_BATCH):
        yield questions[first : first + MOST_PER_BATCH]


def _batch_cost(price: Price | None, charge: Charge) -> float | None:
    return None if price is None else price.cost(*charge, batch=price.batch_factor is not None)


def _wait(seconds: float, sleep: Callable[[float], None], progress: Progress) -> Steps[None]:
    left = seconds
    while left > 0:
        yield progress
        sleep(min(left, _HEARTBEAT_S))
        left -= _HEARTBEAT_S


def _note(waiting: Sequence[Batch]) -> str:
    n_requests = sum(len(batch.fingerprints) for batch in waiting)
    return f"{n_requests:,} requests in {len(waiting)} batches are with the provider; this may take up to a day"
