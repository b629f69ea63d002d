"""Boosted trees in stages: each parts one label from those that no earlier stage parted off."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from core.models.protocol import Training, TrainingStep

_ROUNDS_PER_STEP = 10


class StageSettings(BaseModel):
    """The trees of one stage, in LightGBM's words."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_leaves: int = Field(default=31, ge=2, le=1_024)
    n_estimators: int = Field(default=200, ge=1, le=5_000)
    learning_rate: float = Field(default=0.1, gt=0, le=1)
    min_data_in_leaf: int = Field(default=20, ge=1, le=10_000)


class Span(NamedTuple):
    """The part of a training that a fit takes: from `start` to `end` of `total` steps."""

    start: float
    end: float
    total: int

    def step(self, share: float, note: str) -> TrainingStep:
        """Where the training stands when a share (0..1) of this part is done."""
        return TrainingStep(int(self.start + share * (self.end - self.start)), self.total, note)

    def part(self, number: int, n_parts: int) -> "Span":
        """Part `number` of this one, cut into equal parts."""
        width = (self.end - self.start) / n_parts
        return Span(self.start + number * width, self.start + (number + 1) * width, self.total)


@dataclass(frozen=True, slots=True)
class TreeGrower:
    """Grows stages with one seed; bit-identical whatever the number of threads."""

    seed: int
    n_threads: int
    max_bin: int
    feature_fraction: float
    category_columns: tuple[int, ...]

    def prepare(self, table: NDArray[np.float32], label: NDArray[np.int32], order: Sequence[int]) -> tuple[Any, ...]:
        """A binned `lightgbm.Dataset` per label of `order` but the last, of the rows that earlier stages left.

        In the first, both sides weigh the same.
        """
        import lightgbm

        stages: list[Any] = []
        left = np.ones(len(label), dtype=np.bool_)
        for value in order[:-1]:
            is_own = label[left] == value
            data = lightgbm.Dataset(
                table[left],
                is_own,
                weight=None if stages else _balancing(is_own),
                categorical_feature=list(self.category_columns),
                params=self._parameters(),
            )
            stages.append(data.construct())
            left &= label != value
        return tuple(stages)

    def grow(self, prepared: Sequence[Any], settings: Sequence[StageSettings], span: Span) -> Training[tuple[Any, ...]]:
        """One booster per prepared stage, each with the settings of its place or the last of them."""
        stages: list[Any] = []
        for stage, data in enumerate(prepared):
            trees = settings[min(stage, len(settings) - 1)]
            grown = yield from self._grow(data, trees, f"Stage {stage + 1}", span.part(stage, len(prepared)))
            stages.append(grown)
        return tuple(stages)

    def _grow(self, data: Any, trees: StageSettings, name: str, span: Span) -> Training[Any]:
        import lightgbm

        chosen = trees.model_dump(exclude={"n_estimators"})
        booster = lightgbm.Booster(self._parameters() | chosen, data)
        for number in range(trees.n_estimators):
            if number % _ROUNDS_PER_STEP == 0:
                yield span.step(number / trees.n_estimators, f"{name}, tree {number} of {trees.n_estimators}")
            if booster.update():  # no leaf can be split any more
                break
        return booster.free_dataset()

    def _parameters(self) -> dict[str, Any]:
        return {
            "objective": "binary",
            "seed": self.seed % 2**31,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": self.n_threads,
            "max_bin": self.max_bin,
            "feature_fraction": self.feature_fraction,
            "feature_pre_filter": False,  # one binned table serves every min_data_in_leaf that a search tries
            "verbosity": -1,
        }


def _balancing(is_own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weights that give both sides the same sum, float64 [R]."""
    share = float(is_own.mean())
    return np.where(is_own, 0.5 / share, 0.5 / (1 - share))
