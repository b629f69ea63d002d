"""Whole runs past the gateway on virtual time, each fixed by a seed."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.errors import ValenceError
from core.llm.budget import Budget, BudgetReached
from core.llm.gateway import Gateway, Usage
from core.llm.prices import Price
from core.llm.protocol import ChatReply
from core.store.answer_log import AnswerLog
from tests.fakes.unreliable_provider import UnreliableProvider, failing, question
from tests.fakes.virtual_time import VirtualTime

PRICE = Price(model="m", input_per_million=0.5, output_per_million=2.0, currency="USD", date=date(2026, 1, 1))
FAILING_SHARE = 0.3
_QUESTIONS_OF_A_SMALL_RUN, _WORKERS_OF_A_SMALL_RUN = 8, 4

Outcomes = dict[int, ChatReply | ValenceError]


@dataclass(frozen=True)
class Ended:
    """A run that is over: what came of each question that was asked, what it used, and the provider's books."""

    outcomes: Outcomes
    usage: Usage
    provider: UnreliableProvider

    @property
    def is_stopped(self) -> bool:
        return any(isinstance(outcome, BudgetReached) for outcome in self.outcomes.values())

    @property
    def answered(self) -> dict[int, str]:
        return {number: said.text for number, said in self.outcomes.items() if isinstance(said, ChatReply)}


def ask_all(gateway: Gateway, numbers: Sequence[int], time: VirtualTime, n_workers: int) -> Outcomes:
    """Ask as a run does: each worker takes the next question, and none does once the budget is reached."""
    left = list(reversed(numbers))
    outcomes: Outcomes = {}

    def work() -> None:
        while left:
            number = left.pop()
            try:
                outcomes[number] = gateway.ask(question(number), "sign", f"subject {number}")
            except ValenceError as error:
                outcomes[number] = error
                if isinstance(error, BudgetReached):
                    left.clear()

    for ended in time.run([work] * n_workers):
        if ended is not None:
            raise AssertionError("a worker failed") from ended
    return outcomes


def failing_run(log: AnswerLog, seed: int, numbers: Sequence[int], n_workers: int = 7) -> Ended:
    """A run of which 30 % of the calls fail, without a budget."""
    time = VirtualTime(seed)
    provider = UnreliableProvider(failing(FAILING_SHARE, seed), time.sleep, lambda: time.chance.uniform(0.5, 1.5), seed)
    run = f"failing {seed}"
    with Gateway(provider, log, run=run, budget=Budget(), price=PRICE, timing=time.timing()) as gateway:
        outcomes = ask_all(gateway, numbers, time, n_workers)
        return Ended(outcomes, gateway.usage, provider)


def budget_run(log: AnswerLog, seed: int, overruns: "Counter[str]") -> Ended:
    """A small run with limits that bite now and then, alone and together, and the same again to resume it.

    Whenever the provider could charge more than a limit, by its own books, `overruns` counts it.
    """
    chance, time, n = random.Random(seed), VirtualTime(seed), _QUESTIONS_OF_A_SMALL_RUN
    budget = Budget(
        max_calls=chance.choice([None, chance.randint(0, 4 * n)]),
        max_tokens=chance.choice([None, chance.randint(0, 400 * n)]),
        max_cost=chance.choice([None, chance.uniform(0, 600e-6 * n)]),
    )
    provider = UnreliableProvider(failing(FAILING_SHARE, seed), time.sleep, chance.random, seed)
    provider.on_call = lambda: overruns.update(_overrun(budget, provider))
    numbers = range(seed * n, (seed + 1) * n)

    def once() -> Ended:
        gateway = Gateway(
            provider,
            log,
            run=f"budget {seed}",
            budget=budget,
            price=PRICE,
            n_workers=_WORKERS_OF_A_SMALL_RUN,
            timing=time.timing(),
        )
        with gateway:
            outcomes = ask_all(gateway, numbers, time, _WORKERS_OF_A_SMALL_RUN)
            return Ended(outcomes, gateway.usage, provider)

    first = once()
    again = once()
    return Ended(again.outcomes if again.is_stopped else {**first.outcomes, **again.outcomes}, again.usage, provider)


def _overrun(budget: Budget, provider: UnreliableProvider) -> list[str]:
    tokens = provider.billed_input + provider.billed_output
    cost = PRICE.cost(provider.billed_input, provider.billed_output)
    limits = (
        ("calls", provider.n_billed, budget.max_calls),
        ("tokens", tokens, budget.max_tokens),
        ("cost", cost * (1 - 1e-8), budget.max_cost),
    )
    return [name for name, spent, most in limits if most is not None and spent > most]
