"""A table on a plane: the two directions in which the holdout's rows differ most."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.report.bins import Cut, coarse_cut
from core.tabular.report.drawing import drawn_rows
from core.tabular.report.encoding import EncodedTable, Encoder

_PARTS: Final = 5
_POINTS: Final = 400


@dataclass(frozen=True, eq=False)
class Plane:
    """Principal axes of the cut columns' parts; `axes` float64 [features, 2]."""

    cuts: tuple[Cut, ...]
    centre: NDArray[np.float64]
    axes: NDArray[np.float64]

    def points(self, table: EncodedTable, seed: int) -> tuple[tuple[float, float], ...]:
        """Where at most 400 rows, drawn by the seed, lie."""
        drawn = drawn_rows(len(table), _POINTS, seed, "points")
        placed = (_indicators(self.cuts, table.take(drawn)) - self.centre) @ self.axes
        return tuple((float(x), float(y)) for x, y in np.round(placed, 4))


def plane_of(holdout: EncodedTable, encoder: Encoder) -> Plane:
    """The plane of the holdout (multiple correspondence of at most five parts per learnt column)."""
    names = [column.name for column in encoder.schema.learnt]
    cuts = tuple(coarse_cut(name, holdout, encoder, _PARTS) for name in names)
    values = _indicators(cuts, holdout)
    centre = values.mean(axis=0)
    scale = 1 / np.sqrt(np.maximum(centre, 1 / len(values)))
    covariance = ((values - centre) * scale).T @ ((values - centre) * scale) / len(values)
    vectors = np.linalg.eigh(covariance)[1][:, ::-1][:, :2]
    if vectors.shape[1] < 2:
        vectors = np.column_stack([vectors, np.zeros((len(vectors), 2 - vectors.shape[1]))])
    signs = np.where(vectors[np.abs(vectors).argmax(axis=0), np.arange(2)] < 0, -1.0, 1.0)
    return Plane(cuts, centre, vectors * signs * scale[:, None])


def _indicators(cuts: tuple[Cut, ...], table: EncodedTable) -> NDArray[np.float64]:
    parts = [np.eye(cut.n_parts + 1)[cut.parts(table)] for cut in cuts]
    return np.hstack(parts)
