"""One label's search: what is asked for, and rows found by a plan."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.sampler import kernels
from core.sampler.configuration import LabelParams, SamplerSettings
from core.sampler.encoding import Encoding
from core.sampler.feasibility import UnmetLabel, closest_of, missed_bounds
from core.sampler.kernels import ChainPlan
from core.sampler.row_search import find_rows


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """The label to sample and how hard to search."""

    name: str
    params: LabelParams
    settings: SamplerSettings
    seed: int


class Chunk(NamedTuple):
    """R rows, row after row, as catalogue positions: `nodes` int32, `sizes` int64 [R]; `facts` int64 [tried, 7]."""

    nodes: NDArray[np.int32]
    sizes: NDArray[np.int64]
    facts: NDArray[np.int64]


@dataclass(frozen=True)
class Search:
    """One label's sampling: the encoded graph, the label's box, the chosen plan, the key of its streams, and the part
    of the box that rows are annealed to, where it is not the whole.
    """

    encoding: Encoding
    box: NDArray[np.int64]
    plan: ChainPlan
    key: np.uint64
    core: NDArray[np.int64] | None = None

    def chunk(self, rows: range) -> Chunk:
        """Sample these rows; ends early at one that was not found."""
        found = find_rows(self.encoding.arrays, self.box, self.plan, self.key, rows, self.core)
        taken = np.arange(found.nodes.shape[1]) < found.sizes[:, None]
        return Chunk(self.encoding.position[found.nodes[taken]], found.sizes, found.facts)


def n_proposals(facts: NDArray[np.int64]) -> int:
    """How many proposals rows with these facts took, mixing included."""
    return int(facts[:, kernels.PROPOSALS].sum())


def not_found(search: Search, request: LabelRequest, facts: NDArray[np.int64], reason: str) -> UnmetLabel:
    """The failure of a label: the reason, the closest subgraph that the search met, and the bounds that it misses."""
    size, pos, neg = (facts[:, column] for column in (kernels.BEST_SIZE, kernels.BEST_POS, kernels.BEST_NEG))
    closest = closest_of(size, pos, neg, search.box)
    return UnmetLabel(request.name, reason, closest, missed_bounds(closest, request.params), False)
