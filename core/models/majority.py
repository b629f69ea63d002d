"""The floor: the share of every label in training, whatever the row."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from core.models.protocol import FittedModel, Training, TrainingStep
from core.models.tables import CampaignRows, TrainingSet
from core.models.training_checks import check_training_set


class MajoritySettings(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, eq=False)
class Majority:
    """`shares`, float64 [K]: of the training rows, by label."""

    shares: NDArray[np.float64]

    def probabilities(self, rows: CampaignRows) -> NDArray[np.float64]:
        """The same shares for every row, float64 [R, K]."""
        return np.tile(self.shares, (len(rows), 1))


def fit(training: TrainingSet, settings: MajoritySettings, seed: int) -> Training[FittedModel]:  # noqa: ARG001
    """Count the labels; `ValenceError` for rows that nothing can be learnt from."""
    check_training_set(training)
    shares = np.bincount(training.label, minlength=len(training.labels)) / len(training)
    yield TrainingStep(1, 1, "Labels counted")
    return Majority(shares)
