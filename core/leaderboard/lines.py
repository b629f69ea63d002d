"""The lines a board is drawn with: what the labels allow, what knowing the graph is worth, and what guessing gives.

A *region* is a set of label boxes: the rows whose fractions lie in exactly these. Rows of one label follow one law, so
of a row's fractions nothing but its region speaks for or against a label. Where rows lie evenly in their ranges, the
same holds with other shares.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.leaderboard.metrics import confusion_of, score_of
from core.sampler.configuration import LabelParams
from core.sampler.fractions import Fractions, distance
from core.sampler.separability import best_macro_f1, best_whole_rule, boxes_hit


@dataclass(frozen=True, slots=True)
class Lines:
    """Macro F1 of reference, 0..1.

    `oracle`: what a model that knows every sign scores on the test rows, by the best rule that graph and configuration
    give. `majority`: of calling every row by the label that most training rows have. `ceiling`: what the labels' ranges
    allow any model to expect on clean rows of their law. `ceiling_on_rows`: the best that any rule over regions could
    reach on these very test rows, noise and chance included. None where it is not known.
    """

    oracle: float | None
    majority: float
    ceiling: float | None
    ceiling_on_rows: float


class RegionLaw(NamedTuple):
    """How each label's rows lie in regions: `boxes` bool [regions, K] says of which boxes each region is made, `shares`
    float64 [K, regions] is P(region | label), each row of it summing to 1.
    """

    boxes: NDArray[np.bool_]
    shares: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class OracleRule:
    """The best rule that calls each region by one label: `label` int64 [regions] for the regions `boxes` [regions, K].

    `fallback` int64 [K]: labels in the order in which they are taken in regions that the law does not have.
    """

    boxes: NDArray[np.bool_]
    label: NDArray[np.int64]
    fallback: NDArray[np.int64]

    def predict(self, found: Fractions, labels: Mapping[str, LabelParams]) -> NDArray[np.int8]:
        """The label of each row by its fractions, int8 [R]; a row outside every box counts as in the nearest one."""
        hits = boxes_hit(found, labels).T
        outside = ~hits.any(axis=1)
        hits[outside] = _nearest_box(Fractions(*(values[outside] for values in found)), labels)
        order = np.empty(len(self.fallback), dtype=np.int64)
        order[self.fallback] = np.arange(len(order))
        called = np.where(hits, order, len(order)).argmin(axis=1)
        for boxes, label in zip(self.boxes, self.label.tolist(), strict=True):
            called[(hits == boxes).all(axis=1)] = label
        return np.asarray(called, dtype=np.int8)


def region_law(samples: Mapping[str, Fractions], labels: Mapping[str, LabelParams]) -> RegionLaw:
    """The law of regions from sampled rows of every label; `samples` and `labels` have the same names in one order."""
    hits = [boxes_hit(samples[name], labels).T for name in labels]
    boxes, region = np.unique(np.concatenate(hits), axis=0, return_inverse=True)
    of = np.repeat(np.arange(len(hits)), [len(part) for part in hits])
    counts = np.bincount(of * len(boxes) + region.ravel(), minlength=len(hits) * len(boxes)).reshape(len(hits), -1)
    return RegionLaw(boxes, counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))


def oracle_rule(law: RegionLaw, n_rows: NDArray[np.int64]) -> OracleRule:
    """The rule of the highest expected macro F1, from the law of regions and the rows per label (int64 [K]) alone."""
    priors = n_rows / n_rows.sum()
    return OracleRule(law.boxes, best_whole_rule(law.shares, priors), np.argsort(-priors, kind="stable"))


def ceiling_by_law(law: RegionLaw, n_rows: NDArray[np.int64]) -> float:
    """The highest macro F1 any model could expect on clean rows of a law, with these rows per label (int64 [K])."""
    return best_macro_f1(law.shares, n_rows / n_rows.sum())


def ceiling_on_rows(found: Fractions, label: NDArray[np.int8], labels: Mapping[str, LabelParams]) -> float:
    """The highest macro F1 that a rule over the regions of these very rows could have, `label` int8 [R] being true."""
    boxes, region = np.unique(boxes_hit(found, labels).T, axis=0, return_inverse=True)
    cells = label.astype(np.int64) * len(boxes) + region.ravel()
    counts = np.bincount(cells, minlength=len(labels) * len(boxes)).reshape(len(labels), -1)
    n_rows = counts.sum(axis=1)
    return best_macro_f1(counts / np.maximum(n_rows[:, None], 1), n_rows / n_rows.sum())


def majority_score(train: NDArray[np.int8], test: NDArray[np.int8], n_labels: int) -> float:
    """Macro F1 on `test` of calling every row by the label most frequent in `train`, the first among equals."""
    most = int(np.bincount(train, minlength=n_labels).argmax())
    return macro_f1(test, np.full(len(test), most, dtype=np.int8), n_labels)


def macro_f1(true: NDArray[np.int8], called: NDArray[np.int8], n_labels: int) -> float:
    """Macro F1 of predictions, both int8 [R]."""
    return score_of(confusion_of(true, called, n_labels)).macro_f1


def _nearest_box(found: Fractions, labels: Mapping[str, LabelParams]) -> NDArray[np.bool_]:
    """bool [R, K]: true for the box with the least sum of distances in both fractions, the first among equals."""
    away = [
        distance(found.pos_frac, params.pos_frac_range) + distance(found.neg_frac, params.neg_frac_range)
        for params in labels.values()
    ]
    return np.asarray(np.eye(len(labels), dtype=np.bool_)[np.argmin(np.stack(away, axis=1), axis=1)])
