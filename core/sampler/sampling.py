"""Rows of one label, in chunks over threads: `core/sampler/label_search.py` says how they are found."""

from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.progress import Progress, Steps
from core.sampler.chunks import in_order
from core.sampler.configuration import SearchMethod
from core.sampler.encoding import Encoding
from core.sampler.label_search import DrawnRows, LabelSearch, prepare_label
from core.sampler.search import LabelRequest

SCHEME = 4  # raised whenever the same configuration would give other rows


@dataclass(frozen=True, eq=False)
class SampledLabel:
    """The R rows of a label, as catalogue positions: row r is `nodes[offsets[r]:offsets[r + 1]]`.

    `nodes` int32, within a row by attribute type in the order of the quotas and then by position; `offsets` int64
    [R + 1].
    """

    name: str
    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    method: SearchMethod  # never AUTO
    random_share: float  # of random subgraphs that qualify, in the pilot
    mixing_proposals: int
    proposals_per_row: float
    n_retried: int  # rows that needed more than one annealing run


def sample_label(
    encoding: Encoding, request: LabelRequest, n_workers: int = 2, chunk_rows: int | None = None
) -> Steps[SampledLabel]:
    """Yield progress in rows and return the label's rows, the same bytes for any number of workers and chunk size.

    Raises `UnmetLabel` when a row was not found. Closing the generator stops after the chunks now running.
    """
    if n_workers < 1 or (chunk_rows is not None and chunk_rows < 1):
        raise InvalidInput("Rows cannot be sampled", [Problem("n_workers and chunk_rows must be at least 1.")])
    total = request.params.num_samples
    search = yield from prepare_label(encoding, request, n_workers)
    drawn: list[DrawnRows] = []
    done = 0
    with closing(in_order(search.draw, search.chunks(range(total), chunk_rows), n_workers)) as results:
        for rows in results:
            drawn.append(rows)
            done += len(rows.sizes)
            yield Progress(done, total, f"{request.name}: {done:,} rows by {search.method}")
    return _collect(search, drawn)


def _collect(search: LabelSearch, drawn: list[DrawnRows]) -> SampledLabel:
    sizes = np.concatenate([rows.sizes for rows in drawn])
    return SampledLabel(
        name=search.request.name,
        nodes=np.concatenate([rows.nodes for rows in drawn]),
        offsets=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        method=search.method,
        random_share=search.random_share,
        mixing_proposals=search.mixing_proposals,
        proposals_per_row=sum(rows.n_proposals for rows in drawn) / len(sizes),
        n_retried=sum(rows.n_retried for rows in drawn),
    )
