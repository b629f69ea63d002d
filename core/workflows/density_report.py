"""The whole density diagnostic of a graph: how far rows reach, how hard each label is, and what stands in its way.

The density page asks for its parts one at a time, as a slider moves; `valence density` prints them all.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from core.graph.model import SignedGraph
from core.sampler.blame import Blame, Bound, BoundValue, bounds_of, explain_label
from core.sampler.configuration import LabelParams
from core.sampler.density import Density, density_json, share_in_ranges
from core.sampler.encoding import Encoding, encode_graph
from core.sampler.label_verdict import N_STARTS, Ease, LabelVerdict, judge_label
from core.sampler.pair_density import pair_densities
from core.sampler.reach import FrontierPoint, Reach, find_frontier, find_reach
from core.sampler.separability import measure_separability, separability_record

_HARD = (Ease.NEARLY_INFEASIBLE, Ease.NOT_FOUND, Ease.IMPOSSIBLE)
_STEPS = 5  # of the frontier, from the least share of - pairs found to the greatest; narrow first, where it bends


@dataclass(frozen=True, slots=True)
class ReachReport:
    """The extremes of both fractions that searches found, and the most + pairs found under caps on the - pairs."""

    extremes: Reach
    frontier: tuple[FrontierPoint, ...]


@dataclass(frozen=True, slots=True)
class LabelReport:
    """The verdict on a label and, where it is hard to meet, what stands in its way.

    `blame`: of a label no row was found for; `tight`: of a label that hardly any search meets, the bounds each of
    which alone makes the label easy or rare when it is dropped.
    """

    verdict: LabelVerdict
    blame: Blame | None = None
    tight: tuple[BoundValue, ...] = ()


def report_reach(graph: SignedGraph, density: Density) -> ReachReport:
    """Search how far the fractions reach under the quotas of a density, from its seed."""
    encoding = encode_graph(graph, density.type_ranges)
    extremes = find_reach(encoding, density.seed)
    low, high = extremes.neg_min, extremes.neg_max
    caps = tuple(low + (high - low) * (step / (_STEPS - 1)) ** 2 for step in range(_STEPS))
    return ReachReport(extremes, find_frontier(encoding, tuple(dict.fromkeys(caps)), density.seed))


def report_label(graph: SignedGraph, density: Density, label: str, params: LabelParams) -> LabelReport:
    """Judge a label under the quotas of a density, and explain it where it is hard to meet."""
    encoding = encode_graph(graph, density.type_ranges)
    verdict = judge_label(encoding, density, label, params, density.seed)
    if verdict.ease not in _HARD:
        return LabelReport(verdict)
    blame = None
    if verdict.ease is not Ease.NEARLY_INFEASIBLE:
        blame = explain_label(graph, encoding, params, density.seed)
    if verdict.ease is Ease.NOT_FOUND and blame is None:  # the search that was to explain the failure found a row
        verdict = replace(verdict, ease=Ease.NEARLY_INFEASIBLE, closest=None, missed=())
    tight = _tight_bounds(encoding, density, params) if verdict.ease is Ease.NEARLY_INFEASIBLE else ()
    return LabelReport(verdict, blame, tight)


def density_record(graph: SignedGraph, density: Density, label_params: Mapping[str, LabelParams]) -> dict[str, Any]:
    """Everything above, with the percentiles and how far the labels can be told apart, as JSON data."""
    reach = report_reach(graph, density)
    reports = {name: report_label(graph, density, name, params) for name, params in label_params.items()}
    return {
        **json.loads(density_json(density)),
        "share_in_ranges": share_in_ranges(density, label_params),
        "reach": {
            "pos_frac": [reach.extremes.pos_min, reach.extremes.pos_max],
            "neg_frac": [reach.extremes.neg_min, reach.extremes.neg_max],
            "frontier": [
                {"neg_frac_at_most": point.neg_frac, "greatest_pos_frac": point.pos_frac} for point in reach.frontier
            ],
        },
        "labels": {name: _label_record(report) for name, report in reports.items()},
        "separability": separability_record(measure_separability(density, label_params)),
        "by_modality_pair": [
            {
                "modalities": [pair.modality_a, pair.modality_b],
                "share_of_row": pair.share_of_row,
                "positive": pair.positive,
                "negative": pair.negative,
            }
            for pair in pair_densities(graph, dict(density.type_ranges))
        ],
    }


def _tight_bounds(encoding: Encoding, density: Density, params: LabelParams) -> tuple[BoundValue, ...]:
    def without(bound: BoundValue) -> Ease:
        return judge_label(encoding, density, "", _opened(params, bound.bound), density.seed).ease

    return tuple(bound for bound in bounds_of(params) if without(bound) not in _HARD)


def _opened(params: LabelParams, bound: Bound) -> LabelParams:
    (pos_low, pos_high), (neg_low, neg_high) = params.pos_frac_range, params.neg_frac_range
    opened: dict[Bound, dict[str, tuple[float, float]]] = {
        Bound.POS_LEAST: {"pos_frac_range": (0.0, pos_high)},
        Bound.POS_MOST: {"pos_frac_range": (pos_low, 1.0)},
        Bound.NEG_LEAST: {"neg_frac_range": (0.0, neg_high)},
        Bound.NEG_MOST: {"neg_frac_range": (neg_low, 1.0)},
    }
    return params.model_copy(update=opened[bound])


def _label_record(report: LabelReport) -> dict[str, Any]:
    verdict = asdict(report.verdict)
    del verdict["label"]
    searches = {"n_searches": N_STARTS if report.verdict.found_share is not None else 0}
    blame = None if report.blame is None else asdict(report.blame)
    return {**verdict, **searches, "tight": [asdict(bound) for bound in report.tight], "blame": blame}
