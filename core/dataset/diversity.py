"""Rows of a label that are kept apart: no duplicates, and no attribute in more rows than its share allows.

The label's rows are drawn in their order, and the first that fit beside those taken before are taken; so a row is
replaced by a later one of the same stream, and the rows do not depend on workers or chunks. Rows taken late avoid the
attributes that are used up: order says something, so a dataset with caps must be shuffled before it is cut.
"""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import count

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Catalogue
from core.dataset.row_choice import RowChoice, caps_by_attribute
from core.errors import Infeasible
from core.progress import Progress, Steps
from core.sampler.chunks import in_order
from core.sampler.configuration import DiversitySettings, Duplicates, SearchMethod
from core.sampler.feasibility import Closest, UnmetLabel
from core.sampler.label_search import DrawnRows, LabelSearch
from core.sampler.recount import EdgeIndex, recount_rows

PATIENCE_ROWS = 20_000  # drawn beside twice as many as wanted, without one that could be taken
DRAWN_PER_ROW = 20  # rows drawn for each that is wanted, at most


class TooAlike(UnmetLabel):
    """A label whose rows repeat each other, or use up their attributes, before there are enough of them."""

    def __init__(self, label: str, choice: RowChoice, n_rows: int, closest: Closest) -> None:
        self.label, self.closest, self.missed, self.proven = label, closest, (), False
        n_drawn = choice.n_taken + choice.n_repeated + choice.n_over_cap
        reasons = [
            f"{n:,} {what}"
            for n, what in (
                (choice.n_repeated, "repeated an earlier row"),
                (choice.n_over_cap, "held an attribute that is in as many rows as allowed"),
            )
            if n
        ]
        Infeasible.__init__(
            self,
            f"Label {label!r} was not met: only {choice.n_taken:,} of its {n_rows:,} rows could be kept apart. Of "
            f"{n_drawn:,} rows that were drawn, {' and '.join(reasons)}.",
            "Ask for fewer rows, widen the label's ranges or type_ranges, or ask for less diversity.",
        )


@dataclass(frozen=True, eq=False)
class ChosenRows:
    """A label's rows that were drawn and chosen already, to be handed out like those of a search.

    `nodes`: int32 catalogue positions; `offsets`: int64 [R + 1]; the counts are of all rows drawn for them.
    """

    search: LabelSearch
    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    n_proposals: int
    n_retried: int

    @property
    def method(self) -> SearchMethod:
        """How the rows were drawn."""
        return self.search.method

    @property
    def random_share(self) -> float:
        """The share of random subgraphs that fit the label's ranges."""
        return self.search.random_share

    @property
    def mixing_proposals(self) -> int:
        """How many proposals each row walked inside its ranges."""
        return self.search.mixing_proposals

    def chunks(self, rows: range) -> Iterator[range]:
        """As `LabelSearch.chunks`: nothing is left to do, so one range is enough."""
        yield rows

    def draw(self, rows: range) -> DrawnRows:
        """Hand these rows out, each with its share of the work done for all."""
        offsets = self.offsets[rows.start : rows.stop + 1]
        nodes = self.nodes[offsets[0] : offsets[-1]]
        return DrawnRows(nodes, np.diff(offsets), self._part(self.n_proposals, rows), self._part(self.n_retried, rows))

    def _part(self, total: int, rows: range) -> int:
        n_rows = len(self.offsets) - 1
        return total * rows.stop // n_rows - total * rows.start // n_rows


def choose_rows(
    search: LabelSearch,
    diversity: DiversitySettings,
    catalogue: Catalogue,
    edges: EdgeIndex,
    n_workers: int = 1,
    n_rows: int | None = None,
) -> Steps[ChosenRows]:
    """Draw a label's rows, or its first `n_rows`, until enough differ; `UnmetLabel` when they cannot be found.

    Caps are shares of all the rows that the label is to have.
    """
    name, total = search.request.name, search.request.params.num_samples
    wanted = total if n_rows is None else min(n_rows, total)
    caps = caps_by_attribute(catalogue, diversity.max_exposure, total)
    choice = RowChoice(wanted, caps, is_distinct=diversity.duplicates is Duplicates.REFUSE)
    taken: list[DrawnRows] = []
    n_drawn = last_taken = n_proposals = n_retried = 0
    starts = (range(start, start + search.chunk_rows) for start in count(0, search.chunk_rows))
    with closing(in_order(search.draw, starts, n_workers)) as results:
        for chunk in results:
            offsets = np.concatenate(([0], np.cumsum(chunk.sizes))).astype(np.int64)
            rows = choice.take(chunk.nodes, offsets)
            taken.append(_those(chunk, rows))
            n_drawn += len(chunk.sizes)
            n_proposals, n_retried = n_proposals + chunk.n_proposals, n_retried + chunk.n_retried
            last_taken = n_drawn if len(rows) else last_taken
            if choice.is_complete:
                break
            if n_drawn - last_taken > PATIENCE_ROWS + 2 * wanted or n_drawn > PATIENCE_ROWS + DRAWN_PER_ROW * wanted:
                found = recount_rows(edges, chunk.nodes, offsets)
                first = found.fractions.pos_frac[0], found.fractions.neg_frac[0]
                raise TooAlike(name, choice, wanted, Closest(int(chunk.sizes[0]), *map(float, first)))
            yield Progress(0, total, f"{name}: {choice.n_taken:,} rows that differ of {n_drawn:,} drawn")
    nodes, sizes = np.concatenate([part.nodes for part in taken]), np.concatenate([part.sizes for part in taken])
    return ChosenRows(search, nodes, np.concatenate(([0], np.cumsum(sizes))).astype(np.int64), n_proposals, n_retried)


def _those(chunk: DrawnRows, rows: NDArray[np.int64]) -> DrawnRows:
    """The rows of a chunk that were taken."""
    is_taken = np.zeros(len(chunk.sizes), dtype=np.bool_)
    is_taken[rows] = True
    return DrawnRows(chunk.nodes[np.repeat(is_taken, chunk.sizes)], chunk.sizes[rows], 0, 0)
