"""Whole runs on virtual time, with a provider that fails by chance and keeps its own books."""

from collections import Counter

import pytest

from core.llm.budget import Budget
from core.llm.gateway import Gateway
from core.llm.protocol import ErrorKind, ProviderError
from tests.fakes.simulated_runs import ask_all, budget_run, failing_run
from tests.fakes.unreliable_provider import UnreliableProvider, failing, fast_log
from tests.fakes.virtual_time import VirtualTime

N_BUDGET_RUNS = 1_000


@pytest.fixture
def log(tmp_path):
    log = fast_log(tmp_path / "answers.sqlite")
    yield log
    log.close()


@pytest.mark.parametrize("seed", range(3))
def test_30_percent_of_calls_fail_and_everything_is_answered_or_named(log, seed):
    n = 200
    ended = failing_run(log, seed, range(n))
    answered, provider, usage = ended.answered, ended.provider, ended.usage
    assert ended.outcomes.keys() == set(range(n))
    assert answered == {number: f"REQUEST {number}" for number in answered}
    assert all(isinstance(ended.outcomes[number], ProviderError) for number in set(range(n)) - answered.keys())
    assert len(answered) >= n - 2
    assert usage.n_calls == provider.n_billed
    summary = log.run_summary(f"failing {seed}")
    assert (summary.n_calls, summary.n_in_flight) == (provider.n_billed, 0)
    assert summary.n_errors == provider.n_calls - len(answered)
    assert set(summary.n_errors_by_kind) == {"rate limit", "server", "timeout", "unreadable answer"}
    assert (summary.input_tokens, summary.output_tokens) == (usage.input_tokens, usage.output_tokens)
    assert summary.cost == pytest.approx(usage.cost)


def test_over_many_runs_failures_cost_less_than_half_of_the_calls_again(log):
    n = 50
    ended = [failing_run(log, seed, range(n * seed, n * (seed + 1))).provider for seed in range(20)]
    n_calls = sum(provider.n_calls for provider in ended)
    assert sum(provider.n_billed for provider in ended) <= n_calls <= 1.5 * n * len(ended)


def test_no_budget_is_overrun_in_1000_runs(log):
    overruns, n_stopped, n_whole = Counter(), 0, 0
    for seed in range(N_BUDGET_RUNS):
        ended = budget_run(log, seed, overruns)
        n_stopped += ended.is_stopped
        n_whole += len(ended.answered) == 8
        assert ended.is_stopped or len(ended.outcomes) == 8
        assert ended.usage.n_calls == ended.provider.n_billed
    assert overruns == {}
    assert n_stopped > 300 and n_whole > 300  # both ends were tried


def test_a_budget_is_used_up_before_it_stops_the_run(log):
    """A reservation at the worst case must not stop a run that calls in flight leave room for when they end."""
    for seed in range(50):
        time = VirtualTime(seed)
        provider = UnreliableProvider(sleep=time.sleep, latency_s=time.chance.random, seed=seed)
        worst = 20 + 16 + 100
        budget = Budget(max_tokens=10 * worst)
        with Gateway(provider, log, run=f"r{seed}", budget=budget, timing=time.timing()) as gateway:
            ask_all(gateway, range(100 * seed, 100 * seed + 40), time, 7)
            left = budget.max_tokens - gateway.usage.input_tokens - gateway.usage.output_tokens
        assert 0 <= left < worst


def test_the_same_seed_makes_the_same_run(tmp_path):
    def calls(name):
        log = fast_log(tmp_path / name)
        failing_run(log, 3, range(60))
        found = log.calls("failing 3", limit=1_000).calls
        log.close()
        return [(call.attempt.subject, call.attempt.outcome, call.attempt.seconds) for call in found]

    assert calls("one") == calls("two")


def test_simulated_failures_are_what_they_claim():
    chances = failing(0.3, 1)
    kinds = Counter(chances(0) for _ in range(10_000))
    assert kinds[None] == pytest.approx(7_000, abs=200)
    assert set(kinds) == {None, ErrorKind.RATE_LIMIT, ErrorKind.SERVER, ErrorKind.TIMEOUT, ErrorKind.GARBAGE}
