"""What every family of predictors is: a name, settings, and one function from training rows to a fitted model."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from core.models.tables import CampaignRows, TrainingSet

T = TypeVar("T")


class Track(StrEnum):
    """What a model may know: rows, texts and vectors alone, or the edges file too. The two are never ranked in one."""

    BLIND = "blind"
    GRAPH_AWARE = "graph-aware"


class TrainingStep(NamedTuple):
    """How far a training has come, and what was measured on the way: a point of the learning curves by name."""

    done: int
    total: int
    note: str = ""
    measures: Mapping[str, float] = {}


Training = Generator[TrainingStep, None, T]


class FittedModel(Protocol):
    """A trained predictor."""

    def probabilities(self, rows: CampaignRows) -> NDArray[np.float64]:
        """Chances of the training set's labels, in their order, for any rows of its attribute table: float64 [R, K]."""
        ...


@dataclass(frozen=True, slots=True)
class Family:
    """One kind of predictor. `needs`: modules that must be importable; `settings`: its frozen pydantic class.

    `fit` takes training rows, settings and a seed; the same three give the same model. It raises `ValenceError` for
    rows that nothing can be learnt from.
    """

    name: str
    title: str
    about: str
    track: Track
    needs: tuple[str, ...]
    settings: type[BaseModel]
    fit: Callable[[TrainingSet, Any, int], Training[FittedModel]]
