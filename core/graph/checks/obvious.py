"""A pair whose outcome is known beforehand, and how an answer compares with it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from core.graph.model import Outcome, Verdict

EXPECTED = {outcome.symbol: outcome for outcome in (Outcome.POSITIVE, Outcome.NEGATIVE, Outcome.NEUTRAL)}


class ObviousPair(Protocol):
    """A pair whose outcome is known beforehand."""

    @property
    def expected(self) -> Outcome:
        """What a good judge says of it."""
        ...


P = TypeVar("P", bound=ObviousPair)


@dataclass(frozen=True, slots=True)
class ObviousResult(Generic[P]):
    """An obvious pair and what was said of it."""

    pair: P
    verdict: Verdict

    @property
    def is_right(self) -> bool:
        """Whether the outcome is the expected one."""
        return self.verdict.outcome == self.pair.expected

    @property
    def is_flipped(self) -> bool:
        """Whether + was answered for - or the reverse."""
        return int(self.verdict.outcome) * int(self.pair.expected) == -1

    @property
    def is_unanswered(self) -> bool:
        """Whether there is no answer: the judge did not know, gave none that can be used, or was not asked."""
        return self.verdict.outcome in (Outcome.UNJUDGED, Outcome.UNRESOLVED)

    @property
    def is_missed(self) -> bool:
        """Whether there is a wrong answer that is no flip: a sign where none is, or none where one is."""
        return not (self.is_right or self.is_flipped or self.is_unanswered)


R = TypeVar("R", bound=ObviousResult[Any])


def misses_of(results: Iterable[R]) -> tuple[R, ...]:
    """Every result that is not as expected, flips first."""
    wrong = [result for result in results if not result.is_right]
    return tuple(sorted(wrong, key=lambda result: not result.is_flipped))
