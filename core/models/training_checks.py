"""What every family refuses to learn from."""

import numpy as np

from core.errors import ValenceError
from core.models.tables import TrainingSet

_MORE = "Choose a dataset version with rows of at least two labels."


def check_training_set(training: TrainingSet) -> None:
    """`ValenceError` for no rows at all, and for rows of one label only."""
    if not len(training):
        raise ValenceError("There are no training rows.", _MORE)
    present = np.unique(training.label)
    if len(present) < 2:
        name = training.labels[present[0]]
        raise ValenceError(f"All {len(training):,} training rows carry the label {name!r}.", _MORE)
