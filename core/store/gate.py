"""A gate many threads pass at once, and one at a time may close to work behind it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Gate:
    """Callers pass together; `closed` waits until the last of them has left and keeps new ones out."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._is_closed = False
        self._depth = threading.local()

    @property
    def is_passed(self) -> bool:
        """Whether the calling thread is inside now."""
        return bool(getattr(self._depth, "value", 0))

    @contextmanager
    def passed(self) -> Iterator[None]:
        """Be inside; a thread that already is passes even while another waits to close, else both would wait."""
        depth: int = getattr(self._depth, "value", 0)
        with self._changed:
            while self._is_closed and depth == 0:
                self._changed.wait()
            self._inside += 1
        self._depth.value = depth + 1
        try:
            yield
        finally:
            self._depth.value = depth
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Be alone; never call it from inside `passed`."""
        with self._changed:
            while self._is_closed:
                self._changed.wait()
            self._is_closed = True
        try:
            with self._changed:
                while self._inside:
                    self._changed.wait()
            yield
        finally:
            with self._changed:
                self._is_closed = False
                self._changed.notify_all()
