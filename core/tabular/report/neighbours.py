"""Balls around rows: how much of the synthetic table lies near real rows, and how much of the real near synthetic.

Precision and recall as in Kynkaanniemi et al. (NeurIPS 2019), density and coverage as in Naeem et al. (ICML 2020).
"""

from typing import Final

import numpy as np

from core.progress import Progress, Steps
from core.tabular.report.fidelity_model import Neighbours
from core.tabular.report.frozen import ShareCurvePoint
from core.tabular.report.row_space import RowSpace, balls_holding, nearest_rows

BALL_K: Final = 5
MOST_ROWS: Final = 4_000
_CURVE: Final = (1, 2, 3, 5, 8, 12)


def neighbours(real: RowSpace, synthetic: RowSpace) -> Steps[Neighbours]:
    """Both tables have as many rows, more than 12. A ball reaches to its centre's k-th neighbour of the same table."""
    ks = np.array(_CURVE)
    yield Progress(0, 4, "Balls around real rows")
    real_radii = nearest_rows(real, real, _CURVE[-1], leave_self_out=True).distances[:, ks - 1]
    yield Progress(1, 4, "Balls around synthetic rows")
    made_radii = nearest_rows(synthetic, synthetic, _CURVE[-1], leave_self_out=True).distances[:, ks - 1]
    yield Progress(2, 4, "Synthetic rows near real ones")
    balls = balls_holding(synthetic, real, real_radii)
    precisions = (balls > 0).mean(axis=0)
    recalls = (balls_holding(real, synthetic, made_radii) > 0).mean(axis=0)
    yield Progress(3, 4, "Real rows near synthetic ones")
    at = _CURVE.index(BALL_K)
    nearest = nearest_rows(real, synthetic, 1).distances[:, 0]
    precision, recall = float(precisions[at]), float(recalls[at])
    return Neighbours(
        k=BALL_K,
        precision=precision,
        recall=recall,
        prd=2 * precision * recall / (precision + recall) if precision + recall else 0.0,
        density=float(balls[:, at].mean() / BALL_K),
        coverage=float((nearest <= real_radii[:, at]).mean()),
        curve=tuple(
            ShareCurvePoint(k=k, precision=float(p), recall=float(r))
            for k, p, r in zip(_CURVE, precisions, recalls, strict=True)
        ),
    )
