"""What a submission must answer, and what it says once it is read."""

from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False, slots=True)
class Predictions:
    """R predicted labels in the order of the test form's rows.

    `label`, int8 [R]: places in the form's labels. `probabilities`, float64 [R, K]: as submitted, one column per label.
    """

    label: NDArray[np.int8]
    probabilities: NDArray[np.float64] | None = None


@dataclass(frozen=True, eq=False)
class TestForm:
    """The test rows to be answered, each once, and the labels to answer with; it knows no answer.

    `training_ids`: ids of the training rows, where they are known, so that a mixed-up file can be told what it holds.
    The arrays hold `row_ids` and `labels` once more, for columns that Arrow can look up whole.
    """

    row_ids: tuple[str, ...]
    labels: tuple[str, ...]
    training_ids: frozenset[str] = frozenset()
    place_of: dict[str, int] = field(init=False, repr=False)
    row_id_array: pa.Array = field(init=False, repr=False)
    label_array: pa.Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "place_of", {row_id: place for place, row_id in enumerate(self.row_ids)})
        object.__setattr__(self, "row_id_array", pa.array(self.row_ids, pa.string()))
        object.__setattr__(self, "label_array", pa.array(self.labels, pa.string()))

    def __len__(self) -> int:
        return len(self.row_ids)
