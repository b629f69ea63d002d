"""Work that ends with its budget."""

from typing import TypeVar

from core.progress import Steps
from core.tabular.budget import Budget

T = TypeVar("T")


def within(budget: Budget, steps: Steps[T], what: str) -> Steps[T]:
    """The same steps; `ValenceError` at the first progress after the budget's end."""
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        budget.check(0.0, what)
        yield progress
