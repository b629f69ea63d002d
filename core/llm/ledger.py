"""A run's money: what is spent, what calls in flight may still take, and whether one more call fits the budget."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from core.llm.budget import Budget, BudgetReached
from core.llm.prices import Price
from core.llm.protocol import ChatReply, ChatRequest
from core.llm.tokens import estimate_tokens, request_tokens
from core.store.answer_rows import Spent

_ROUNDING = 1e-9  # of the money limit: sums of prices are not exact


class Charge(NamedTuple):
    """The tokens one call is charged for."""

    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Usage:
    """What a run has been charged, by every program that worked on it. `cost` is None while the price is unknown."""

    n_calls: int
    n_cached: int
    input_tokens: int
    output_tokens: int
    cost: float | None


class _Limit(NamedTuple):
    """One limit of the budget, with what counts against it."""

    field: str
    most: float
    spent: float
    reserved: float
    next_call: float
    unit: str


class Ledger:
    """Spending and reservations of one run. It is a plain value: whoever shares it among threads guards it."""

    def __init__(self, budget: Budget, price: Price | None, spent: Spent) -> None:
        self._budget, self._price = budget, price
        self._n_calls, self._n_cached = spent.n_calls, spent.n_cached
        self._input, self._output = spent.input_tokens, spent.output_tokens
        unpriced = Charge(spent.unpriced_input_tokens, spent.unpriced_output_tokens)
        self._cost = spent.cost + (self.cost(unpriced) or 0.0)
        self._reserved: list[Charge] = []
        self._input_factor, self._output_excess = 1.0, 0

    @property
    def usage(self) -> Usage:
        """What was charged so far, calls in flight left out."""
        cost = None if self._price is None else self._cost
        return Usage(self._n_calls, self._n_cached, self._input, self._output, cost)

    def cost(self, charge: Charge) -> float | None:
        """The price of a charge, or None while the price is unknown."""
        return None if self._price is None else self._price.cost(*charge)

    def worst_case(self, request: ChatRequest) -> Charge:
        """The most a request may take: its estimated input and its whole output limit.

        Where the provider counted more than that before, as some do for thoughts that are not shown, so much more is
        expected from then on.
        """
        expected = ceil(request_tokens(request) * self._input_factor)
        return Charge(expected, request.max_output_tokens + self._output_excess)

    def charge_of(self, request: ChatRequest, reply: ChatReply) -> Charge:
        """What a reply is charged: the provider's count, or our estimate where it gave none."""
        expected_input = request_tokens(request)
        if reply.input_tokens is not None:
            self._input_factor = max(self._input_factor, reply.input_tokens / expected_input)
        if reply.output_tokens is not None:
            self._output_excess = max(self._output_excess, reply.output_tokens - request.max_output_tokens)
        return Charge(
            expected_input if reply.input_tokens is None else reply.input_tokens,
            estimate_tokens(reply.text) if reply.output_tokens is None else reply.output_tokens,
        )

    def has_room(self, worst: Charge) -> bool:
        """Whether a call fits beside those in flight; False where it may once they have ended.

        `BudgetReached`, with what is spent and what to raise, where it cannot fit even then.
        """
        limits = tuple(self._limits(worst))
        for limit in limits:
            if limit.spent + limit.next_call > limit.most * (1 + _ROUNDING):
                raise _reached(limit, self._n_calls)
        return all(one.spent + one.reserved + one.next_call <= one.most * (1 + _ROUNDING) for one in limits)

    def reserve(self, worst: Charge) -> None:
        """Keep room for a call that is about to be made."""
        self._reserved.append(worst)

    def settle(self, worst: Charge, charge: Charge | None) -> None:
        """Exchange a reservation for what the call is charged; None for a call that costs nothing."""
        self._reserved.remove(worst)
        if charge is not None:
            self._n_calls += 1
            self._input += charge.input_tokens
            self._output += charge.output_tokens
            self._cost += self.cost(charge) or 0.0

    def count_cached(self) -> None:
        """Count an answer that was free."""
        self._n_cached += 1

    def _limits(self, worst: Charge) -> Iterator[_Limit]:
        reserved = self._reserved
        if (calls := self._budget.max_calls) is not None:
            yield _Limit("max_calls", calls, self._n_calls, len(reserved), 1, "calls")
        if (tokens := self._budget.max_tokens) is not None:
            spent, in_flight = self._input + self._output, sum(map(sum, reserved))
            yield _Limit("max_tokens", tokens, spent, in_flight, sum(worst), "tokens")
        if (money := self._budget.max_cost) is not None and self._price is not None:
            costs = sum(self._price.cost(*charge) for charge in reserved)
            yield _Limit("max_cost", money, self._cost, costs, self._price.cost(*worst), self._price.currency)


def _reached(limit: _Limit, n_calls: int) -> BudgetReached:
    spent, most, next_call = map(_amount, (limit.spent, limit.most, limit.next_call))
    calls = f"{n_calls:,} call{'' if n_calls == 1 else 's'}"
    detail = "" if limit.field == "max_calls" else f" by {calls}, and the next call may take {next_call}"
    return BudgetReached(
        f"The budget of {most} {limit.unit} is reached: {spent} are spent{detail}.",
        f"Raise {limit.field} and resume the run: every answer so far is kept and not paid for again.",
    )


def _amount(value: float) -> str:
    """A count, or money to a millionth."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")
