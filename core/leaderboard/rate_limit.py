"""At most so many requests in any window of time, per key."""

import threading
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

Clock = Callable[[], float]


class Admission(NamedTuple):
    """Whether a request is admitted, how many more are now, and the seconds until the oldest one stops counting."""

    is_admitted: bool
    remaining: int
    reset_s: float


class RateLimiter:
    """Admits `limit` requests per key in every window of `window_s` seconds, counted exactly; safe from any thread.

    A refused request does not count, so that waiting as long as told is enough. `clock` gives seconds that never run
    backwards.
    """

    def __init__(self, limit: int, window_s: float, clock: Clock) -> None:
        self.limit = limit
        self._window_s = window_s
        self._clock = clock
        self._guard = threading.Lock()
        self._admitted: dict[str, deque[float]] = {}
        self._swept_at = clock()

    def admit(self, key: str) -> Admission:
        """Count one request of this key, or refuse it."""
        with self._guard:
            now = self._clock()
            self._sweep(now)
            times = self._admitted.setdefault(key, deque())
            while times and times[0] <= now - self._window_s:
                times.popleft()
            is_admitted = len(times) < self.limit
            if is_admitted:
                times.append(now)
            return Admission(is_admitted, self.limit - len(times), times[0] + self._window_s - now)

    def _sweep(self, now: float) -> None:
        """Forget keys that have been quiet for a window, once per window: memory follows who is active."""
        if now - self._swept_at < self._window_s:
            return
        self._swept_at = now
        quiet = [key for key, times in self._admitted.items() if times[-1] <= now - self._window_s]
        for key in quiet:
            del self._admitted[key]
