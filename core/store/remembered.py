"""What was read from tables that only this process writes, kept in memory until the next change."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """Answers by key, safe from any thread. A call that begins after a change has ended never sees what was before."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[K, V] = {}
        self._n_changes = 0

    def get(self, key: K, read: Callable[[], V]) -> V:
        """What `read` answers, or answered since the last change."""
        with self._guard:
            if key in self._known:
                return self._known[key]
            n_changes = self._n_changes
        found = read()
        with self._guard:
            if n_changes == self._n_changes:  # else it may have been read before the change
                self._known[key] = found
        return found

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Forget everything when the block ends, also where it failed: nobody knows then what was stored."""
        try:
            yield
        finally:
            with self._guard:
                self._n_changes += 1
                self._known.clear()
