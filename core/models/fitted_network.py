"""A trained network as a predictor, and training rows as the parts that a fit needs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel
from scipy.optimize import minimize_scalar
from scipy.special import logsumexp

from core.models.holdout import hold_out, thin
from core.models.network_settings import TrainerSettings
from core.models.row_bags import RowBags
from core.models.tables import CampaignRows, TrainingSet
from core.models.torch_trainer import LabelledBags, Parts, RowNetwork, network_logits, repeatable, softmax

BagsOf = Callable[[CampaignRows], RowBags]


@dataclass(frozen=True, eq=False)
class FittedNetwork:
    """`bags_of` cuts rows as the network reads them; `found`: the settings with what a search chose."""

    network: RowNetwork
    bags_of: BagsOf
    n_threads: int
    found: BaseModel
    temperature: float = 1.0  # logits are divided by it

    def probabilities(self, rows: CampaignRows) -> NDArray[np.float64]:
        """Softmax of the network's logits, float64 [R, K]; the same bytes at every call."""
        with repeatable((0,), self.n_threads):
            return softmax(network_logits(self.network, self.bags_of(rows)) / self.temperature)


def best_temperature(logits: NDArray[np.float64], label: NDArray[np.int32]) -> float:
    """What to divide logits [R, K] by, so that chances are likeliest for the labels (int32 [R]): 0.1 to 10.

    Guo et al. 2017, "On calibration of modern neural networks", section 4.2.
    """

    def cost(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[np.arange(len(label)), label]).mean())

    return float(np.exp(minimize_scalar(cost, bounds=(np.log(0.1), np.log(10.0)), method="bounded").x))


def fit_parts(training: TrainingSet, bags_of: BagsOf, trainer: TrainerSettings, seed: int) -> Parts:
    """Set the validation rows aside, stratified by label and whole groups at a time."""
    held = hold_out(training, trainer.validation, seed)
    bags = (bags_of(training.rows.take(rows)) for rows in held)
    labels = (training.label[rows] for rows in held)
    return Parts(*(LabelledBags(own, label) for own, label in zip(bags, labels, strict=True)))


def search_parts(training: TrainingSet, most_rows: int, bags_of: BagsOf, trainer: TrainerSettings, seed: int) -> Parts:
    """The same of at most about `most_rows` rows, for trying settings out; at least a fifth of them validate.

    A search compares scores that lie close together, so it needs more rows to judge by than early stopping does.
    """
    judged = trainer.model_copy(update={"validation": max(trainer.validation, 0.2)})
    return fit_parts(training.take(thin(training, most_rows, seed)), bags_of, judged, seed)
