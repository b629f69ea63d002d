"""Rows by the kernels: drawn or annealed, then mixed, then each in ascending order. Only the kernels used compile."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.sampler import kernels
from core.sampler.kernels import ChainPlan, EncodedGraph


class FoundRows(NamedTuple):
    """R rows: `nodes` int32 [R, capacity] ascending, `sizes` int64 [R], and `facts` int64 [tried, 7].

    The search stops at the first row that was not found, which is then the last of the facts.
    """

    nodes: NDArray[np.int32]
    sizes: NDArray[np.int64]
    facts: NDArray[np.int64]


def find_rows(
    g: EncodedGraph,
    box: NDArray[np.int64],
    plan: ChainPlan,
    key: np.uint64,
    numbers: range,
    core: NDArray[np.int64] | None = None,
) -> FoundRows:
    """Find the rows of these numbers inside a box, int64 [4, capacity + 1]: any cut into ranges gives the same rows.

    Where a smaller box, `core`, is given, rows are annealed to it and then mixed in the whole.
    """
    rows = _no_rows(box, len(numbers))
    chain = kernels.new_chain(g)
    if plan.max_iters or plan.mixing:
        cores, boxes, whole = (box if core is None else core)[None], box[None], np.zeros(0, dtype=np.int64)
        if plan.aimed:
            cores = boxes = np.zeros((len(numbers), *box.shape), dtype=np.int64)
            whole = box
        tried = kernels.walk_rows(g, cores, boxes, whole, plan, key, numbers.start, chain, rows)
    else:
        tried = kernels.draw_rows(g, box, plan, key, numbers.start, chain, rows)
    is_taken = np.arange(rows.nodes.shape[1]) < rows.sizes[:, None]
    nodes = np.sort(np.where(is_taken, rows.nodes.view(np.int32), np.iinfo(np.int32).max), axis=1)
    return FoundRows(nodes, rows.sizes, rows.facts[:tried])


def _no_rows(box: NDArray[np.int64], n_rows: int) -> kernels.Rows:
    return kernels.Rows(
        nodes=np.zeros((n_rows, box.shape[1] - 1), dtype=np.uint32),
        sizes=np.zeros(n_rows, dtype=np.int64),
        streams=np.zeros(n_rows, dtype=np.uint64),
        facts=np.zeros((n_rows, kernels.ROW_FACTS), dtype=np.int64),
    )
