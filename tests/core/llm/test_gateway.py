"""What the gateway promises, one promise at a time, on virtual time."""

import threading
from dataclasses import replace
from datetime import date

import pytest

from core.errors import ValenceError
from core.llm.budget import Budget, BudgetReached
from core.llm.gateway import Gateway, GatewayClosed
from core.llm.patience import Patience
from core.llm.prices import Price
from core.llm.protocol import ChatReply, ErrorKind, Finish, ProviderError
from core.llm.tokens import request_tokens
from tests.fakes.unreliable_provider import UnreliableProvider, fast_log, question
from tests.fakes.virtual_time import VirtualTime

PRICE = Price(model="m", input_per_million=1.0, output_per_million=10.0, currency="EUR", date=date(2026, 1, 1))


@pytest.fixture
def log(tmp_path):
    log = fast_log(tmp_path / "answers.sqlite")
    yield log
    log.close()


@pytest.fixture
def time():
    return VirtualTime()


class Client:
    """Says what it is told to, each call taking a second; remembers when it was called."""

    name = "told"

    def __init__(self, time, *says):
        self.time, self.says, self.called_at = time, list(says), []

    def complete(self, request):
        self.called_at.append(self.time.now())
        said = self.says.pop(0) if self.says else "fine"
        self.time.sleep(1.0)
        if isinstance(said, BaseException):
            raise said
        return ChatReply(said, Finish.COMPLETE, 3, 4) if isinstance(said, str) else said


def gateway_of(client, log, time, budget=None, **settings):
    return Gateway(client, log, run="r", budget=budget or Budget(), timing=time.timing(), **settings)


def ask(gateway, number=0, again=0):
    return gateway.ask(question(number), "sign", f"subject {number}", again)


def failure(kind, retry_after_s=None):
    return ProviderError(kind, f"It met {kind}.", "Do this.", retry_after_s)


def test_an_answer_is_paid_once_and_free_for_ever(log, time):
    client = Client(time, "first")
    gateway = gateway_of(client, log, time, price=PRICE)
    [reply] = time.run([lambda: ask(gateway)])
    assert reply == ChatReply("first", Finish.COMPLETE, 3, 4)
    assert ask(gateway) == reply
    usage = gateway.usage
    assert (usage.n_calls, usage.n_cached, usage.input_tokens, usage.output_tokens) == (1, 1, 3, 4)
    assert usage.cost == pytest.approx(43e-6)
    gateway.close()

    with Gateway(client, log, run="another", budget=Budget(max_calls=0), timing=time.timing()) as other:
        assert ask(other) == reply
        assert (other.usage.n_calls, other.usage.n_cached, other.usage.cost) == (0, 1, None)
    assert len(client.called_at) == 1
    assert [call.attempt.outcome for call in log.calls("r").calls] == ["cached", "answered"]


def test_again_has_answers_of_its_own(log, time):
    gateway = gateway_of(Client(time, "one", "two", "three"), log, time)
    replies = time.run([lambda: [ask(gateway, again=again).text for again in (0, 1, 2, 1, 0)]])
    assert replies == [["one", "two", "three", "two", "one"]]
    assert gateway.usage.n_calls == 3


def test_the_answer_is_in_the_log_before_it_counts(log, time):
    client = Client(time)
    gateway = gateway_of(client, log, time)
    seen = []
    record = log.record

    def recording(*arguments):
        seen.append(gateway.usage.n_calls)
        return record(*arguments)

    log.record = recording
    time.run([lambda: ask(gateway)])
    assert seen == [0]
    assert gateway.usage.n_calls == 1


@pytest.mark.parametrize("n_threads", [2, 16])
def test_threads_that_ask_the_same_pay_once(log, time, n_threads):
    client = Client(time, failure(ErrorKind.SERVER))
    gateway = gateway_of(client, log, time)
    replies = time.run([lambda: ask(gateway)] * n_threads)
    assert [reply.text for reply in replies] == ["fine"] * n_threads
    assert len(client.called_at) == 2  # one of them failed
    assert (gateway.usage.n_calls, gateway.usage.n_cached) == (2, n_threads - 1)


def test_threads_of_the_real_clock_that_ask_the_same_pay_once(log):
    provider = UnreliableProvider()
    barrier = threading.Barrier(8)
    replies = []
    with Gateway(provider, log, run="r", budget=Budget()) as gateway:

        def work():
            for number in range(20):
                barrier.wait()
                replies.append((number, ask(gateway, number).text))

        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (gateway.usage.n_calls, gateway.usage.n_cached) == (20, 140)
    assert provider.n_calls == 20
    assert set(replies) == {(number, f"REQUEST {number}") for number in range(20)}


def test_threads_that_ask_the_same_share_its_failure(log, time):
    client = Client(time, *[failure(ErrorKind.GARBAGE)] * 4)
    gateway = gateway_of(client, log, time)
    outcomes = time.run([lambda: ask(gateway)] * 3)
    assert [outcome.kind for outcome in outcomes] == [ErrorKind.GARBAGE] * 3
    assert len(client.called_at) == 4
    assert "was tried 4 times" in outcomes[0].message
    assert time.run([lambda: ask(gateway)])[0].text == "fine"  # it may be asked again


@pytest.mark.parametrize(
    ("kind", "n_tries"),
    [(ErrorKind.SERVER, 8), (ErrorKind.TIMEOUT, 8), (ErrorKind.RATE_LIMIT, 8), (ErrorKind.GARBAGE, 4)],
)
def test_what_may_pass_is_tried_so_often_and_not_more(log, time, kind, n_tries):
    client = Client(time, *[failure(kind)] * 20)
    gateway = gateway_of(client, log, time)
    [error] = time.run([lambda: ask(gateway)])
    assert (error.kind, error.fix, len(client.called_at)) == (kind, "Do this.", n_tries)
    assert log.run_summary("r").n_errors_by_kind == {kind: n_tries}


def test_waits_double_up_to_the_longest_and_are_cut_by_chance(log, time):
    client = Client(time, *[failure(ErrorKind.SERVER)] * 8)
    timing = replace(time.timing(), random_01=lambda: 0.5)
    patience = Patience(first_wait_s=2.0, longest_wait_s=10.0)
    gateway = Gateway(client, log, run="r", budget=Budget(), timing=timing, patience=patience)
    time.run([lambda: ask(gateway)])
    waits = [later - earlier - 1.0 for earlier, later in zip(client.called_at, client.called_at[1:], strict=False)]
    assert waits == pytest.approx([1.0, 2.0, 4.0, 5.0, 5.0, 5.0, 5.0])


def test_the_provider_is_left_alone_as_long_as_it_asks_by_everyone(log, time):
    client = Client(time, failure(ErrorKind.RATE_LIMIT, 30.0))
    gateway = gateway_of(client, log, time)

    def late(number):
        time.sleep(1.5)
        return ask(gateway, number)

    replies = time.run([lambda: ask(gateway, 0), lambda: late(1), lambda: late(2)])
    assert [reply.text for reply in replies] == ["fine"] * 3
    assert client.called_at[0] == 0.0
    assert min(client.called_at[1:]) >= 31.0
    assert max(client.called_at) < 40.0


def test_a_wish_beyond_patience_ends_the_run_in_plain_words(log, time):
    client = Client(time, failure(ErrorKind.RATE_LIMIT, 7_200.0))
    gateway = gateway_of(client, log, time, n_workers=1)
    outcomes = time.run([lambda: ask(gateway, 0), lambda: ask(gateway, 1)])
    assert {str(outcome) for outcome in outcomes} == {
        "It met rate limit. The provider asks to wait 7,200 s, and a run stands still for 600 s at most. "
        "Resume the run later: every answer so far is kept and not paid for again."
    }
    assert all(outcome.ends_run for outcome in outcomes)  # or a judge would call its pairs unresolved and go on
    assert len(client.called_at) == 1


def test_a_provider_that_stays_down_ends_the_run_after_a_few_requests(log, time):
    client = Client(time, *[failure(ErrorKind.SERVER)] * 5_000)
    patience = Patience(n_tries=3, n_given_up=4)
    gateway = gateway_of(client, log, time, n_workers=2, patience=patience)
    numbers, outcomes = iter(range(50)), []

    def work():
        for number in numbers:
            try:
                outcomes.append(ask(gateway, number))
            except ProviderError as error:
                outcomes.append(error)

    time.run([work, work])
    assert len(client.called_at) <= 5 * 3  # four requests and what was in flight beside the last
    assert sum(not outcome.ends_run for outcome in outcomes) == 3
    final = {str(outcome) for outcome in outcomes if outcome.ends_run}
    assert final == {
        "It met server. The call was tried 3 times. 4 requests in a row were given up, so the run ends here. "
        "Resume the run later: every answer so far is kept and not paid for again."
    }


def test_requests_given_up_between_answers_do_not_end_the_run(log, time):
    down = [failure(ErrorKind.SERVER)] * 2
    client = Client(time, *down, *down, "fine", *down, *down, "fine")
    gateway = gateway_of(client, log, time, n_workers=1, patience=Patience(n_tries=2, n_given_up=3))
    outcomes = [time.run([lambda number=number: ask(gateway, number)])[0] for number in range(6)]
    assert [isinstance(outcome, ProviderError) for outcome in outcomes] == [True, True, False] * 2
    assert not any(getattr(outcome, "ends_run", False) for outcome in outcomes)


@pytest.mark.parametrize("kind", [kind for kind in ErrorKind if not kind.may_pass])
def test_a_permanent_error_stops_everyone_at_once(log, time, kind):
    error = failure(kind)
    client = Client(time, *[error] * 100)
    gateway = gateway_of(client, log, time, n_workers=2)
    outcomes = time.run([lambda number=number: ask(gateway, number) for number in range(50)])
    assert all(outcome.kind is kind for outcome in outcomes)
    assert len(client.called_at) <= 2  # what was in flight together
    with pytest.raises(ProviderError, match=f"It met {kind}"):
        ask(gateway, 99)
    assert gateway.usage.n_calls == 0  # refusals are not charged


def test_those_who_wait_for_a_retry_hear_of_a_permanent_error_too(log, time):
    client = Client(time, failure(ErrorKind.RATE_LIMIT, 100.0), failure(ErrorKind.AUTH))
    gateway = gateway_of(client, log, time, n_workers=2)
    outcomes = time.run([lambda: ask(gateway, 0), lambda: ask(gateway, 1)])
    assert [outcome.kind for outcome in outcomes] == [ErrorKind.AUTH] * 2
    assert time.now() < 3.0


def test_concurrency_falls_once_for_refusals_of_one_round_and_grows_again(log, time):
    client = Client(time, *[failure(ErrorKind.RATE_LIMIT)] * 8)
    gateway = gateway_of(client, log, time, n_workers=8)
    limits = []

    def work(number):
        reply = ask(gateway, number)
        limits.append(gateway.concurrency)
        return reply

    assert gateway.concurrency == 8
    replies = time.run([lambda number=number: work(number) for number in range(60)])
    assert {reply.text for reply in replies} == {"fine"}
    assert min(limits) == 4  # eight refusals, one fall
    assert limits[-1] == 8


def test_no_more_than_n_workers_are_in_flight(log, time):
    provider = UnreliableProvider(sleep=time.sleep)
    gateway = Gateway(provider, log, run="r", budget=Budget(), n_workers=3, timing=time.timing())
    time.run([lambda number=number: ask(gateway, number) for number in range(20)])
    assert provider.most_in_flight == 3
    assert time.now() == pytest.approx(7.0)


def test_closing_wakes_who_waits_and_keeps_what_comes_late(log, time):
    """One call is in flight, one thread waits for its turn, one for a retry, and one for the same answer."""
    client = Client(time, failure(ErrorKind.SERVER), "late")
    gateway = gateway_of(client, log, time, n_workers=1, patience=Patience(first_wait_s=1e6, longest_wait_s=1e6))
    closed_at = []

    def close():
        time.sleep(1.5)
        gateway.close()
        closed_at.append(time.now())

    def later(number):
        time.sleep(1.1)
        return ask(gateway, number)

    outcomes = time.run([lambda: ask(gateway, 0), lambda: later(1), lambda: later(2), lambda: later(1), close])
    texts = [outcome.text if isinstance(outcome, ChatReply) else type(outcome) for outcome in outcomes[:4]]
    assert texts[0] is GatewayClosed
    asked_late = [text for text in texts[1:] if text == "late"]
    assert texts[1] == texts[3]
    assert len(asked_late) in (1, 2)
    assert closed_at == [pytest.approx(2.1)]
    assert time.now() < 10.0
    assert gateway.usage.n_calls == 2  # the failure, and the late answer
    assert log.run_summary("r").n_in_flight == 0
    number = 1 if texts[1] == "late" else 2
    assert log.find(question(number).fingerprint).reply == "late"
    with pytest.raises(GatewayClosed, match="Resume it"):
        ask(gateway, 3)
    gateway.close()


def test_a_resumed_run_counts_what_was_spent_before(log, time):
    budget = Budget(max_calls=3)
    with gateway_of(Client(time), log, time, budget, price=PRICE) as gateway:
        time.run([lambda: [ask(gateway, number) for number in range(2)]])
        spent = gateway.usage
    with gateway_of(Client(time), log, time, budget, price=PRICE) as gateway:
        assert gateway.usage == spent
        [outcome] = time.run([lambda: [ask(gateway, number) for number in range(9)]])
        assert isinstance(outcome, BudgetReached)
        assert (gateway.usage.n_calls, gateway.usage.n_cached) == (3, 2)
    with gateway_of(Client(time), log, time, Budget(max_calls=4)) as gateway:
        [replies] = time.run([lambda: [ask(gateway, number) for number in range(4)]])
        assert len(replies) == 4


def test_calls_of_a_killed_program_count_at_their_worst_case(log, time):
    gateway = gateway_of(Client(time), log, time, price=PRICE)
    log.record = lambda *arguments: 1 / 0
    log.note_attempt = lambda *arguments: 1 / 0
    assert isinstance(time.run([lambda: ask(gateway)])[0], ZeroDivisionError)
    del log.record, log.note_attempt
    worst = request_tokens(question(0)), question(0).max_output_tokens
    with gateway_of(Client(time), log, time, price=PRICE) as resumed:
        usage = resumed.usage
    assert (usage.n_calls, usage.input_tokens, usage.output_tokens) == (1, *worst)
    assert usage.cost == pytest.approx(PRICE.cost(*worst))
    assert log.call("r", 1).call.attempt.outcome == "interrupted"


def test_calls_made_while_the_price_was_unknown_are_priced_when_it_is_known(log, time):
    with gateway_of(Client(time), log, time) as gateway:
        time.run([lambda: ask(gateway)])
        assert gateway.usage.cost is None
    assert log.run_summary("r").cost is None
    with gateway_of(Client(time), log, time, Budget(max_cost=1.0), price=PRICE) as gateway:
        assert gateway.usage.cost == pytest.approx(43e-6)


def test_a_money_limit_without_a_price_is_refused_before_any_call(log, time):
    with pytest.raises(ValenceError, match="price of the model is unknown") as refused:
        gateway_of(Client(time), log, time, Budget(max_cost=2.5))
    assert "limit the calls or tokens instead" in refused.value.fix


WORST = request_tokens(question(0)) + 100


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (Budget(max_calls=2), "The budget of 2 calls is reached: 2 are spent. Raise max_calls and resume the run"),
        (
            Budget(max_tokens=WORST + 7),
            f"budget of {WORST + 7} tokens is reached: 14 are spent by 2 calls, and the next call may take {WORST}. "
            "Raise max_tokens",
        ),
        (Budget(max_cost=0.0011), r"0.0011 EUR is reached: 0.000086 are spent by 2 calls, .* Raise max_cost"),
        (Budget(max_calls=9, max_tokens=5), "The budget of 5 tokens is reached: 0 are spent by 0 calls"),
    ],
)
def test_a_reached_budget_says_which_what_and_what_to_raise(log, time, budget, message):
    gateway = gateway_of(Client(time), log, time, budget, price=PRICE)
    [outcome] = time.run([lambda: [ask(gateway, number) for number in range(5)]])
    assert isinstance(outcome, BudgetReached)
    with pytest.raises(BudgetReached, match=message):
        raise outcome


def test_refusals_are_free_and_what_may_be_paid_counts_at_its_worst(log, time):
    says = [failure(kind) for kind in (ErrorKind.RATE_LIMIT, ErrorKind.SERVER, ErrorKind.TIMEOUT, ErrorKind.GARBAGE)]
    gateway = gateway_of(Client(time, *says), log, time, price=PRICE)
    time.run([lambda: ask(gateway)])
    n_input = request_tokens(question(0))
    usage = gateway.usage
    assert (usage.n_calls, usage.input_tokens, usage.output_tokens) == (4, 3 * n_input + 3, 3 * 100 + 4)
    summary = log.run_summary("r")
    assert (summary.n_calls, summary.n_unmeasured, summary.n_errors) == (4, 3, 4)
    assert summary.cost == pytest.approx(usage.cost)


def test_a_reply_without_token_counts_is_charged_by_estimate(log, time):
    gateway = gateway_of(Client(time, ChatReply('{"1": "+"}', Finish.COMPLETE, None, None)), log, time, price=PRICE)
    time.run([lambda: ask(gateway)])
    usage = gateway.usage
    assert usage.input_tokens == request_tokens(question(0))
    assert 0 < usage.output_tokens < 20
    assert log.run_summary("r").n_unmeasured == 1


def test_a_provider_that_counts_more_than_expected_is_expected_to_from_then_on(log, time):
    """Thoughts that are not shown, or a tokenizer that splits more finely: after the first surprise, none."""
    surprise = ChatReply("x", Finish.COMPLETE, 3 * request_tokens(question(0)), 500)
    most = 4 * (surprise.input_tokens + 500)
    gateway = gateway_of(Client(time, *[surprise] * 20), log, time, Budget(max_tokens=most + 100))
    [outcome] = time.run([lambda: [ask(gateway, number) for number in range(9)]])
    assert isinstance(outcome, BudgetReached)
    assert gateway.usage.n_calls == 4
    assert gateway.usage.input_tokens + gateway.usage.output_tokens == most


@pytest.mark.parametrize("finish", [Finish.TRUNCATED, Finish.REFUSED])
def test_a_truncated_or_refused_reply_is_an_answer(log, time, finish):
    client = Client(time, ChatReply('{"1":', finish, 3, 4))
    gateway = gateway_of(client, log, time)
    [reply] = time.run([lambda: ask(gateway)])
    assert reply.finish is finish
    assert ask(gateway) == reply
    assert log.call("r", 1).call.attempt.message == f"The reply was {finish}."


def test_keys_in_a_providers_message_are_not_stored(log, time, monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "very-secret-value")
    error = ProviderError(ErrorKind.SERVER, "https://x/?key=very-secret-value failed, Bearer sk-abcdefghijklmnopqrst.")
    gateway = gateway_of(Client(time, error), log, time)
    time.run([lambda: ask(gateway)])
    log.close()
    stored = b"".join(path.read_bytes() for path in log.path.parent.iterdir())
    assert b"The reply" not in stored and b"request 0" in stored
    assert b"secret" not in stored and b"sk-abc" not in stored


def test_a_log_that_cannot_be_written_stops_the_spending(log, time):
    client = Client(time)
    gateway = gateway_of(client, log, time, n_workers=1)

    def full(*arguments):
        raise ValenceError("The disk is full.")

    log.record = full
    outcomes = time.run([lambda number=number: ask(gateway, number) for number in range(10)])
    assert {str(outcome) for outcome in outcomes} == {"The disk is full."}
    assert len(client.called_at) == 1
    assert gateway.usage.n_calls == 1


def test_a_client_that_fails_as_it_should_not_stops_the_run_and_is_on_record(log, time):
    client = Client(time, KeyError("tokens"))
    gateway = gateway_of(client, log, time, n_workers=1)
    outcomes = time.run([lambda number=number: ask(gateway, number) for number in range(5)])
    assert {type(outcome) for outcome in outcomes} == {KeyError}
    [call] = log.calls("r").calls
    assert (call.attempt.outcome, call.attempt.message) == ("program error", "KeyError('tokens')")
    assert gateway.usage.n_calls == 1


def test_calls_are_on_record_with_their_seconds_and_subject(log, time):
    gateway = gateway_of(Client(time, failure(ErrorKind.TIMEOUT)), log, time, price=PRICE)
    time.run([lambda: ask(gateway, 7)])
    answered, failed = (call.attempt for call in log.calls("r").calls)
    assert (failed.outcome, failed.seconds, failed.message) == ("timeout", 1.0, "It met timeout. Do this.")
    assert (answered.outcome, answered.purpose, answered.subject) == ("answered", "sign", "subject 7")
    assert (answered.input_tokens, answered.output_tokens) == (3, 4)
    record = log.call("r", 2)
    assert record.request["prompt"] == "request 7"
    assert (record.answer.reply, record.answer.provider) == ("fine", "told")
