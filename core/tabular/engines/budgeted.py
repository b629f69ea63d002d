"""Work that ends with its budget."""

from typing import TypeVar

from core.progress import Progress, Steps, retold
from core.tabular.budget import Budget

T = TypeVar("T")


def within(budget: Budget, steps: Steps[T], what: str) -> Steps[T]:
    """The same steps; `ValenceError` at the first progress after the budget's end."""

    def checked(progress: Progress) -> Progress:
        budget.check(0.0, what)
        return progress

    return retold(steps, checked)
