"""Chunks of rows over a thread pool, their results in order, stopped as soon as nobody asks for more."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
A = TypeVar("A")


def in_order(work: Callable[[A], T], arguments: Iterable[A], n_workers: int) -> Generator[T, None, None]:
    """Yield work(argument) for each argument in order; one worker is the caller's own thread.

    Closing the generator starts no further chunk and waits for those running: kernels of a fraction of a second.
    """
    if n_workers == 1:
        yield from map(work, arguments)
        return
    ahead: deque[Future[T]] = deque()
    pool = ThreadPoolExecutor(n_workers, thread_name_prefix="sampler")
    try:
        for argument in arguments:
            ahead.append(pool.submit(work, argument))
            if len(ahead) > 2 * n_workers:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
