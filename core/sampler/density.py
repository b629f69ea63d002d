"""The density diagnostic: what fractions random subgraphs have, and which label ranges that suggests."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.fingerprint import canonical_json
from core.graph.model import SignedGraph
from core.sampler.configuration import MAX_SEED, LabelParams
from core.sampler.configuration_check import check_type_ranges
from core.sampler.encoding import Encoding, encode_graph, stream_key
from core.sampler.fractions import Fractions, fractions, inside
from core.sampler.kernels import HI, LO, draw_subgraphs, new_chain

N_SUBGRAPHS = 4_000
MAX_SUBGRAPHS = 1_000_000
PERCENTILES = (5, 25, 50, 75, 95)


@dataclass(frozen=True, slots=True)
class FractionSummary:
    """Mean and percentiles (linear interpolation, as numpy's) of one fraction over the subgraphs."""

    mean: float
    p5: float
    p25: float
    p50: float
    p75: float
    p95: float


@dataclass(frozen=True, eq=False)
class Density:
    """The fractions of R random subgraphs under the quotas alone: `size`, `n_pos`, `n_neg` int32 [R] each."""

    type_ranges: Mapping[str, tuple[int, int]]
    seed: int
    size: NDArray[np.int32]
    n_pos: NDArray[np.int32]
    n_neg: NDArray[np.int32]

    @property
    def n_subgraphs(self) -> int:
        """Number of subgraphs drawn."""
        return len(self.size)

    @cached_property
    def fractions(self) -> Fractions:
        """pos_frac, neg_frac and absent_frac of each subgraph, float64 [R]."""
        return fractions(self.size, self.n_pos, self.n_neg)

    @cached_property
    def pos_frac(self) -> FractionSummary:
        """Summary of pos_frac."""
        return _summary(self.fractions.pos_frac)

    @cached_property
    def neg_frac(self) -> FractionSummary:
        """Summary of neg_frac."""
        return _summary(self.fractions.neg_frac)

    @cached_property
    def absent_frac(self) -> FractionSummary:
        """Summary of absent_frac."""
        return _summary(self.fractions.absent_frac)


def measure_density(
    graph: SignedGraph, type_ranges: Mapping[str, tuple[int, int]], n_subgraphs: int = N_SUBGRAPHS, seed: int = 0
) -> Density:
    """Draw subgraphs that meet the quotas and nothing else; `InvalidInput` when the quotas do not fit the catalogue."""
    problems = [*check_type_ranges(type_ranges, graph.catalogue)]
    for name, value, low, high in (("n_subgraphs", n_subgraphs, 1, MAX_SUBGRAPHS), ("seed", seed, 0, MAX_SEED)):
        if not low <= value <= high:
            problems.append(Problem(f"{value} is not between {low} and {high:,}.", "Correct it.", field=name))
    if problems:
        raise InvalidInput("The density cannot be measured", problems)
    return draw_density(encode_graph(graph, type_ranges), n_subgraphs, stream_key(seed, "density"), seed)


def draw_density(encoding: Encoding, n_subgraphs: int, key: np.uint64, seed: int) -> Density:
    """Draw from an encoding with the streams of a given key; the sampler's pilot uses this too."""
    size, n_pos, n_neg = (np.zeros(n_subgraphs, dtype=np.int32) for _ in range(3))
    draw_subgraphs(encoding.arrays, key, new_chain(encoding.arrays), size, n_pos, n_neg)
    low, high = (encoding.arrays.types[:, column].tolist() for column in (LO, HI))
    type_ranges = dict(zip(encoding.types, zip(low, high, strict=True), strict=True))
    return Density(type_ranges, seed, size, n_pos, n_neg)


def suggested_label_params(density: Density, num_samples: int = 1_000) -> dict[str, LabelParams]:
    """Ranges from the percentiles: pos wants pos_frac [p50, 1] and neg_frac [0, p50], neg the reverse, avg both
    [p25, p75].
    """
    pos, neg = density.pos_frac, density.neg_frac
    return {
        "pos": _params((pos.p50, 1.0), (0.0, neg.p50), num_samples),
        "neg": _params((0.0, pos.p50), (neg.p50, 1.0), num_samples),
        "avg": _params((pos.p25, pos.p75), (neg.p25, neg.p75), num_samples),
    }


def share_in_ranges(density: Density, label_params: Mapping[str, LabelParams]) -> dict[str, float]:
    """Share (0..1) of the random subgraphs inside each label's ranges."""
    return {
        name: float(inside(density.fractions, params.pos_frac_range, params.neg_frac_range).mean())
        for name, params in label_params.items()
    }


def density_json(density: Density) -> str:
    """The report as canonical JSON: how it was measured, the summaries and the suggested ranges."""
    suggested = suggested_label_params(density)
    report: dict[str, Any] = {
        "n_subgraphs": density.n_subgraphs,
        "seed": density.seed,
        "type_ranges": {name: list(allowed) for name, allowed in density.type_ranges.items()},
        "suggested_label_params": {name: params.model_dump(mode="json") for name, params in suggested.items()},
    }
    for name in ("pos_frac", "neg_frac", "absent_frac"):
        summary: FractionSummary = getattr(density, name)
        report[name] = {part: getattr(summary, part) for part in FractionSummary.__slots__}
    return canonical_json(report)


def _params(pos: tuple[float, float], neg: tuple[float, float], num_samples: int) -> LabelParams:
    return LabelParams(pos_frac_range=pos, neg_frac_range=neg, num_samples=num_samples)


def _summary(values: NDArray[np.float64]) -> FractionSummary:
    return FractionSummary(float(values.mean()), *(float(p) for p in np.percentile(values, PERCENTILES)))
