"""Batches end up in the answer log, once, whatever happens in between."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from core.llm.batch_delivery import MOST_PER_BATCH, deliver
from core.llm.batches import BatchState
from core.llm.budget import Budget, BudgetReached
from core.llm.call_log import Question
from core.llm.prices import Price
from core.llm.protocol import ChatReply, ChatRequest, ErrorKind, Finish, ProviderError
from core.progress import finish
from core.store.answer_log import AnswerLog, open_answer_log


class FakeBatches:
    """A provider that needs `n_polls` questions about a batch before it has ended; bad prompts fail."""

    name = "fake"

    def __init__(self, n_polls: int = 2) -> None:
        self.n_polls, self.polls = n_polls, dict[str, int]()
        self.batches = dict[str, Sequence[ChatRequest]]()
        self.final = BatchState.SUCCEEDED

    def submit(self, requests: Sequence[ChatRequest], display_name: str) -> str:
        name = f"batches/{len(self.batches)}"
        self.batches[name], self.polls[name] = requests, 0
        return name

    def state(self, name: str) -> BatchState:
        self.polls[name] += 1
        return self.final if self.polls[name] >= self.n_polls else BatchState.RUNNING

    def collect(self, name: str) -> Mapping[str, ChatReply | ProviderError]:
        return {
            request.fingerprint: ProviderError(ErrorKind.SERVER, "It failed.")
            if "bad" in request.prompt
            else ChatReply(f"answer to {request.prompt}", Finish.COMPLETE, 10, 5)
            for request in self.batches[name]
            if "lost" not in request.prompt
        }

    def cancel(self, name: str) -> None:
        raise AssertionError("nobody asked for this")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AnswerLog]:
    opened = open_answer_log(tmp_path / "answers.sqlite")
    yield opened
    opened.close()


def questions(*prompts: str) -> list[Question]:
    return [Question(ChatRequest("m", "", prompt, 0.0, 100), "sign", prompt, 0) for prompt in prompts]


def run(asked: list[Question], client: FakeBatches, log: AnswerLog, budget: Budget | None = None) -> object:
    return finish(deliver(asked, client, log, run="r", budget=budget or Budget(), poll_s=0.5, sleep=lambda _: None))


def test_answers_lie_in_the_log_and_are_charged_once(log: AnswerLog) -> None:
    asked = questions("a", "b", "bad", "lost")
    told = run(asked, FakeBatches(), log)
    assert (told.n_answered, told.n_failed, told.n_lost_batches) == (2, 2, 0)
    assert [getattr(log.find(q.request.fingerprint), "reply", None) for q in asked] == [
        "answer to a",
        "answer to b",
        None,
        None,
    ]
    summary = log.run_summary("r")
    assert (summary.n_calls, summary.input_tokens, summary.output_tokens) == (2, 20, 10)


def test_what_is_answered_is_not_handed_in_again(log: AnswerLog) -> None:
    client = FakeBatches()
    run(questions("a", "b"), client, log)
    run(questions("a", "b", "c"), client, log)
    assert [[request.prompt for request in batch] for batch in client.batches.values()] == [["a", "b"], ["c"]]


def test_a_program_that_stops_while_it_waits_collects_the_same_batch_later(log: AnswerLog) -> None:
    client = FakeBatches(n_polls=3)
    steps = deliver(questions("a", "b"), client, log, run="r", budget=Budget(), poll_s=0.5, sleep=lambda _: None)
    next(steps)
    next(steps)  # handed in, and waiting
    steps.close()
    told = run(questions("a", "b"), client, log)
    assert len(client.batches) == 1
    assert told.n_answered == 2


def test_a_hiccup_while_waiting_is_waited_out(log: AnswerLog) -> None:
    class Shaky(FakeBatches):
        n_hiccups = 3

        def state(self, name: str) -> BatchState:
            if self.n_hiccups:
                self.n_hiccups -= 1
                raise ProviderError(ErrorKind.SERVER, "Later.")
            return super().state(name)

    assert run(questions("a"), Shaky(), log).n_answered == 1

    class Refused(FakeBatches):
        def state(self, name: str) -> BatchState:
            raise ProviderError(ErrorKind.AUTH, "No.")

    with pytest.raises(ProviderError):
        run(questions("b"), Refused(), log)


def test_nothing_is_handed_in_beyond_the_budget(log: AnswerLog) -> None:
    client = FakeBatches()
    with pytest.raises(BudgetReached, match="none was handed in"):
        run(questions("a", "b", "c"), client, log, Budget(max_calls=2))
    assert client.batches == {}
    assert run(questions("a", "b"), client, log, Budget(max_calls=2)).n_answered == 2


def test_a_large_run_is_handed_in_by_parts(log: AnswerLog) -> None:
    client = FakeBatches(n_polls=1)
    told = run(questions(*(f"lost {n}" for n in range(MOST_PER_BATCH + 1))), client, log)
    assert [len(batch) for batch in client.batches.values()] == [MOST_PER_BATCH, 1]
    assert told.n_failed == MOST_PER_BATCH + 1


def test_an_expired_batch_is_told_and_its_answers_are_kept(log: AnswerLog) -> None:
    client = FakeBatches(n_polls=1)
    client.final = BatchState.EXPIRED
    told = run(questions("a", "lost"), client, log)
    assert (told.n_answered, told.n_failed, told.n_lost_batches) == (1, 1, 1)


def test_batches_are_charged_at_the_batch_price(log: AnswerLog) -> None:
    price = Price.model_validate(
        {
            "model": "m",
            "input_per_million": 1.0,
            "output_per_million": 2.0,
            "currency": "USD",
            "batch_factor": 0.5,
            "date": date(2025, 1, 1),
        }
    )
    finish(
        deliver(
            questions("a"), FakeBatches(), log, run="r", budget=Budget(), price=price, poll_s=0.5, sleep=lambda _: None
        )
    )
    assert log.run_summary("r").cost == pytest.approx(0.5 * (10 * 1.0 + 5 * 2.0) / 1e6)
