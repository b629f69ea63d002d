"""What the cluster strategy counts: calls, stage by stage."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """The steps of the strategy in their order. `CLUSTER` makes no calls of a model that writes."""

    DESCRIBE = "describe"
    CLUSTER = "cluster"
    LABEL = "label"
    SCORE = "score"
    EXPAND = "expand"


@dataclass(frozen=True, slots=True)
class StageCalls:
    """Calls made by stage; embeddings are not among them."""

    describe: int = 0
    label: int = 0
    score: int = 0
    expand: int = 0

    @property
    def total(self) -> int:
        """Calls of all stages."""
        return self.describe + self.label + self.score + self.expand

    def plus(self, stage: Stage, n_calls: int) -> "StageCalls":
        """With that many calls more in one stage."""
        return replace(self, **{stage.value: getattr(self, stage.value) + n_calls})


NO_CALLS: Final = StageCalls()
