"""The CPU time that a fit may take."""

import time
from typing import Final

from core.errors import ValenceError

_FIX: Final = "Allow more time or choose a smaller table; of all families the tree sampler needs least."


class Budget:
    """`allowed_s` CPU seconds of this process from the moment it is made; threads count, waiting does not."""

    def __init__(self, allowed_s: float) -> None:
        self.allowed_s = allowed_s
        self._start_s = time.process_time()

    @property
    def used_s(self) -> float:
        """CPU seconds spent so far."""
        return time.process_time() - self._start_s

    @property
    def share(self) -> float:
        """How much of the budget is spent, 1.0 at its end and above after it."""
        return self.used_s / self.allowed_s if self.allowed_s > 0 else 1.0

    def check(self, least_s: float, what: str) -> None:
        """`ValenceError` unless `least_s` more seconds are left for `what`: half a model is not delivered."""
        left_s = self.allowed_s - self.used_s
        if left_s < least_s:
            raise ValenceError(f"{what} {self._lacking(least_s, left_s)}", fix=_FIX)

    def _lacking(self, least_s: float, left_s: float) -> str:
        if least_s <= 0:
            return f"is not done, and the {self.allowed_s:,g} s of computing time are used up."
        needed, left = (
            f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:,.1f}" for seconds in (max(least_s, 0.1), max(left_s, 0))
        )
        return f"needs about {needed} s of computing time, and {left} s of {self.allowed_s:,g} s are left."
