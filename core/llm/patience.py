"""How long, and how often, a failing call is tried again."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from core.llm.protocol import ErrorKind, ProviderError

_RESUME = "Resume the run later: every answer so far is kept and not paid for again."


@dataclass(frozen=True, slots=True)
class Patience:
    """Waits double from `first_wait_s` to `longest_wait_s`; a provider's own wish beyond `longest_wish_s` ends the run.

    `n_tries` counts all tries of one request, `n_unreadable` those that brought an unreadable answer: they are paid.
    `n_given_up`: requests given up one after the other, with no answer between them, that end the run: the provider is
    down, and every further request would only take as long to fail.
    """

    n_tries: int = 8
    n_unreadable: int = 4
    first_wait_s: float = 1.0
    longest_wait_s: float = 60.0
    longest_wish_s: float = 600.0
    n_given_up: int = 5

    def is_over(self, n_failures: Counter[ErrorKind]) -> bool:
        """Whether a request that failed so often, by kind, is given up."""
        return n_failures.total() >= self.n_tries or n_failures[ErrorKind.GARBAGE] >= self.n_unreadable

    def wait_s(self, n_failures: int, random_01: float) -> float:
        """Seconds before the next try: any up to a bound that doubles with each failure (full jitter)."""
        return random_01 * min(self.longest_wait_s, self.first_wait_s * 2.0 ** (n_failures - 1))

    def wishes_too_much(self, error: ProviderError) -> bool:
        """Whether the provider asks to wait longer than a run should stand still."""
        return (error.retry_after_s or 0.0) > self.longest_wish_s

    def refusal(self, error: ProviderError) -> ProviderError:
        """The same failure, with the wish and what to do about it."""
        return ProviderError(
            error.kind,
            f"{error.message} The provider asks to wait {error.retry_after_s or 0.0:,.0f} s, and a run stands still "
            f"for {self.longest_wish_s:,.0f} s at most.",
            _RESUME,
            error.retry_after_s,
            ends_run=True,
        )

    def is_exhausted(self, n_given_up: int) -> bool:
        """Whether so many requests given up in a row end the run."""
        return n_given_up >= self.n_given_up

    def exhaustion(self, error: ProviderError) -> ProviderError:
        """The failure of the last request given up, with why the run ends and what to do about it."""
        message = f"{error.message} {self.n_given_up} requests in a row were given up, so the run ends here."
        return ProviderError(error.kind, message, _RESUME, ends_run=True)


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time and chance come from. `condition` makes the conditions on which threads wait for either."""

    now: Callable[[], float] = time.monotonic
    condition: Callable[[], threading.Condition] = threading.Condition
    random_01: Callable[[], float] = random.random
