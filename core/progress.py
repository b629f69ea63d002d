"""Long work is a generator of `Progress` that returns its result."""

from collections.abc import Callable, Generator
from contextlib import closing
from typing import NamedTuple, TypeVar

T = TypeVar("T")
P = TypeVar("P")
Q = TypeVar("Q")


class Progress(NamedTuple):
    """How far a piece of work has come: `done` of `total` steps, and a note for the person waiting."""

    done: int
    total: int
    note: str = ""


Steps = Generator[Progress, None, T]


def finish(steps: Generator[P, None, T], report: Callable[[P], None] = lambda _: None) -> T:
    """Run the work to its end, handing each progress, of whatever kind, to `report`, and return the work's result."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        report(progress)


def retold(steps: Generator[P, None, T], tell: Callable[[P], Q]) -> Generator[Q, None, T]:
    """The same work with each progress told anew, as a part of longer work does; closing it closes the work."""
    with closing(steps):
        while True:
            try:
                progress = next(steps)
            except StopIteration as end:
                result: T = end.value
                return result
            yield tell(progress)
