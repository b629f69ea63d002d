"""How far labels can be told apart at all: where their boxes overlap, no model can know which label drew a row.

A row's label ranges are a box in the plane of (pos_frac, neg_frac). Inside its box a label's rows follow the law of
random subgraphs, so where boxes overlap, only the shares of the labels there tell which one is likelier.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.sampler.configuration import LabelParams
from core.sampler.density import Density
from core.sampler.fractions import Fractions, inside

_ENOUGH_HITS = 30  # subgraphs inside a box before its overlap with others is a figure and not chance
_MOST_ASSIGNMENTS = 20_000  # tried one by one; beyond, the likelier label of each region is the start
_STARTS = 8  # of the best whole-region rules, refined
_DIVISIONS = np.linspace(0.0, 1.0, 101)
_LEAST_GAIN = 1e-7


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two labels whose boxes meet: the share (0..1) of each one's rows that would fit the other's ranges too."""

    first: str
    second: str
    share_of_first: float
    share_of_second: float


@dataclass(frozen=True, slots=True)
class Separability:
    """Random subgraphs by the number of label boxes they lie in (shares 0..1), and what that allows a model.

    `ceiling`: the best macro F1 any model could expect on rows of these labels, 1.0 where no boxes overlap; None when
    some label (`unknown`) was met by too few subgraphs to tell.
    """

    n_subgraphs: int
    in_label: Mapping[str, float]
    in_none: float
    in_one: float
    in_several: float
    overlaps: tuple[Overlap, ...]
    ceiling: float | None
    unknown: tuple[str, ...]


def measure_separability(density: Density, label_params: Mapping[str, LabelParams]) -> Separability:
    """Count the density's random subgraphs in every box and bound what a model could score on the labels' rows."""
    hits = boxes_hit(density.fractions, label_params)
    n_boxes = hits.sum(axis=0)
    names = list(label_params)
    unknown = tuple(name for name, row in zip(names, hits, strict=True) if row.sum() < _ENOUGH_HITS)
    sizes = np.array([params.num_samples for params in label_params.values()], dtype=np.float64)
    ceiling = None if unknown else best_macro_f1(region_shares(hits), sizes / sizes.sum())
    return Separability(
        n_subgraphs=density.n_subgraphs,
        in_label={name: float(row.mean()) for name, row in zip(names, hits, strict=True)},
        in_none=float((n_boxes == 0).mean()),
        in_one=float((n_boxes == 1).mean()),
        in_several=float((n_boxes > 1).mean()),
        overlaps=tuple(_overlaps(names, hits)),
        ceiling=ceiling,
        unknown=unknown,
    )


def separability_record(measured: Separability) -> dict[str, Any]:
    """The figures as JSON data."""
    return {
        "n_subgraphs": measured.n_subgraphs,
        "in_label": dict(measured.in_label),
        "in_none": measured.in_none,
        "in_one": measured.in_one,
        "in_several": measured.in_several,
        "overlaps": [
            {
                "labels": [overlap.first, overlap.second],
                "share_of_first": overlap.share_of_first,
                "share_of_second": overlap.share_of_second,
            }
            for overlap in measured.overlaps
        ],
        "macro_f1_ceiling": measured.ceiling,
        "unknown": list(measured.unknown),
    }


def boxes_hit(found: Fractions, label_params: Mapping[str, LabelParams]) -> NDArray[np.bool_]:
    """Which of R subgraphs lie in which of K boxes, bool [K, R]."""
    return np.stack([inside(found, params.pos_frac_range, params.neg_frac_range) for params in label_params.values()])


def region_shares(hits: NDArray[np.bool_]) -> NDArray[np.float64]:
    """P(region | label), float64 [K, regions], of subgraphs [K, R] that follow the law; a region is a set of boxes.

    Every label's subgraphs are those in its box, so each row sums to 1; a label without any has a row of zeros.
    """
    regions, region_of = np.unique(hits.T, axis=0, return_inverse=True)
    counts = np.bincount(region_of.ravel(), minlength=len(regions)).astype(np.float64)
    shares = regions.T * counts
    return np.asarray(shares / np.maximum(shares.sum(axis=1, keepdims=True), 1.0), dtype=np.float64)


def best_macro_f1(shares: NDArray[np.float64], priors: NDArray[np.float64]) -> float:
    """The highest expected macro F1 of any rule that knows each row's region: `shares` [K, regions], `priors` [K].

    A rule gives each region's rows to the labels in some proportions. F1 of a label is 2 TP / (its rows + rows called
    by its name). All rules that call a whole region by one name are tried, and the best are refined by letting
    regions be divided, which can only help.
    """
    mass = shares * priors[:, None]
    shared = mass[:, mass.sum(axis=0) > 0]
    starts = sorted(_whole_regions(shared), key=lambda rule: -_macro_f1(rule, shared))[:_STARTS]
    best = _macro_f1(starts[0], shared)
    if best > 1 - 1e-12:
        return 1.0
    return max(_refined(start, shared) for start in starts)


def best_whole_rule(shares: NDArray[np.float64], priors: NDArray[np.float64]) -> NDArray[np.int64]:
    """The label that each region is called by under the best rule that divides none, int64 [regions].

    Inputs as in `best_macro_f1`; a region that no label's rows lie in goes to the first label.
    """
    mass = shares * priors[:, None]
    shared = mass.sum(axis=0) > 0
    best = max(_whole_regions(mass[:, shared]), key=lambda rule: _macro_f1(rule, mass[:, shared]))
    called = np.zeros(mass.shape[1], dtype=np.int64)
    called[shared] = best.argmax(axis=0)
    return called


def _refined(rule: NDArray[np.float64], mass: NDArray[np.float64]) -> float:
    """The macro F1 after moving parts of regions from one label to another as long as that helps."""
    rule, best, before = rule.copy(), _macro_f1(rule, mass), -1.0
    while best - before > _LEAST_GAIN:
        before = best
        for region, (giver, taker) in product(range(mass.shape[1]), permutations(range(len(mass)), 2)):
            if rule[giver, region] > 0:
                scores = _scores_after(rule, mass, region, giver, taker)
                chosen = int(np.argmax(scores))
                if scores[chosen] > best:
                    moved = _DIVISIONS[chosen] * rule[giver, region]
                    rule[taker, region] += moved
                    rule[giver, region] -= moved
                    best = float(scores[chosen])
    return best


def _scores_after(
    rule: NDArray[np.float64], mass: NDArray[np.float64], region: int, giver: int, taker: int
) -> NDArray[np.float64]:
    """Macro F1 after each division of what `giver` has of a region, part of it going to `taker`; the rest is as is."""
    moved = _DIVISIONS * rule[giver, region]
    right = np.repeat((rule * mass).sum(axis=1)[:, None], len(moved), axis=1)
    called = np.repeat((rule * mass.sum(axis=0)).sum(axis=1)[:, None], len(moved), axis=1)
    for label, change in ((giver, -moved), (taker, moved)):
        right[label] += change * mass[label, region]
        called[label] += change * mass[:, region].sum()
    f1 = 2 * right / np.maximum(mass.sum(axis=1)[:, None] + called, 1e-300)
    return np.asarray(f1.mean(axis=0), dtype=np.float64)


def _whole_regions(mass: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Rules [K, regions] that call every region by one of its labels: all of them, or only the likeliest."""
    candidates = [np.flatnonzero(column).tolist() for column in mass.T]
    if np.prod([len(labels) for labels in candidates], dtype=np.float64) > _MOST_ASSIGNMENTS:
        candidates = [[int(column.argmax())] for column in mass.T]
    return [_rule(names, len(mass)) for names in product(*candidates)]


def _rule(names: Sequence[int], n_labels: int) -> NDArray[np.float64]:
    rule = np.zeros((n_labels, len(names)))
    rule[list(names), np.arange(len(names))] = 1.0
    return rule


def _macro_f1(rule: NDArray[np.float64], mass: NDArray[np.float64]) -> float:
    right = (rule * mass).sum(axis=1)
    called = (rule * mass.sum(axis=0)).sum(axis=1)
    return float(np.mean(2 * right / np.maximum(mass.sum(axis=1) + called, 1e-300)))


def _overlaps(names: Sequence[str], hits: NDArray[np.bool_]) -> list[Overlap]:
    n_hits = hits.sum(axis=1)
    found = []
    for a, b in combinations(range(len(names)), 2):
        both = int((hits[a] & hits[b]).sum())
        if both:
            found.append(Overlap(names[a], names[b], both / int(n_hits[a]), both / int(n_hits[b])))
    return found
