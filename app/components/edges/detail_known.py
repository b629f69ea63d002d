"""What the panel of a pair starts from: its two ends, what the graph says of it, and the reviews of today."""

from typing import NamedTuple

from app.services import current
from core.catalogue.model import Attribute
from core.graph.model import Outcome
from core.graph.pair_answer import PairAnswer, answer_in
from core.graph.pair_lookup import row_of
from core.graph.pair_table import PairTable
from core.graph.review.resolution import Resolved, resolve
from core.store.review_log import Review
from core.workflows.graphs import StoredGraph


class KnownPair(NamedTuple):
    """A pair in a graph. `positions`: of its ends in the catalogue, ascending; `first`: what the judge said, or the
    uploaded edge, whatever reviews made of it since; `answer`: what the graph holds; both None where it holds nothing.
    `row`: where `table` lists it. `reviews`: all of the pair, withdrawn ones too, in order of arrival; `resolved`: what
    they make of it today, None where none counts. `judge`: its name as people read it.
    """

    stored: StoredGraph
    table: PairTable
    source: Attribute
    target: Attribute
    positions: tuple[int, int]
    row: int | None
    answer: PairAnswer | None
    first: PairAnswer | None
    reviews: tuple[Review, ...]
    resolved: Resolved | None
    judge: str

    @property
    def graph_id(self) -> str:
        """The id of the graph."""
        return self.stored.artefact.id

    @property
    def outcome(self) -> Outcome:
        """What the graph holds."""
        return Outcome.UNJUDGED if self.answer is None else self.answer.outcome

    @property
    def now(self) -> Outcome:
        """What counts today: the reviews by the rule, else what the graph holds."""
        return self.outcome if self.resolved is None else Outcome(self.resolved.outcome)


def known_pair(graph_id: str, first: int, second: int, judge: str) -> KnownPair:
    """Look a pair of catalogue positions up in a graph of the current workspace."""
    held = current()
    stored, table = held.graph(graph_id), held.pairs(graph_id)
    low, high = sorted((first, second))
    source, target = table.catalogue.attributes[low], table.catalogue.attributes[high]
    said = answer_in(stored.judged, low, high)
    reviews = held.workspace.reviews.of_pair(table.catalogue.id, source.id, target.id)
    return KnownPair(
        stored,
        table,
        source,
        target,
        (low, high),
        row_of(table, low, high),
        answer_in(stored.answers, low, high),
        said,
        reviews,
        resolve(said.outcome if said else Outcome.UNJUDGED, reviews),
        judge,
    )
