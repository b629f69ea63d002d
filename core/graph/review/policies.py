"""What makes a pair worth reviewing: each policy scores the pairs of a graph and says in a sentence why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.catalogue.model import Attribute, Catalogue
from core.graph.grouping import Grouping
from core.graph.known_pairs import Table, common_ground
from core.graph.model import Outcome, SignedGraph, VerdictTable
from core.graph.review.queue_settings import JUDGED
from core.graph.review.states import pair_keys
from core.graph.review.surprise import Surprise, measure_surprise
from core.knowledge.names import loose_key
from core.knowledge.traits import Traits, TraitTable

AUDIT_WHY: Final = "Drawn at random from all judged pairs, to measure how often the judge errs."
LISTED_WHY: Final = "Somebody picked this pair."

# A flipped sign misleads a dataset twice as much as an edge too many or too few.
_FLIP, _EDGE_OR_NOT = 2.0, 1.0


@dataclass(frozen=True, eq=False)
class JudgedPairs:
    """The pairs that a graph holds an answer of, as columns of length P, sorted by (source, target).

    `source`, `target`: int32 positions, `source < target`; `outcome`: int8 `Outcome`; `strength`, `stability`: float32
    in 0..1, NaN where unknown; `table`: where they come from, row by row.
    """

    catalogue: Catalogue
    table: VerdictTable | SignedGraph
    source: NDArray[np.int32]
    target: NDArray[np.int32]
    outcome: NDArray[np.int8]
    strength: NDArray[np.float32]
    stability: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.source)

    def ends(self, row: int) -> tuple[Attribute, Attribute]:
        """Both attributes of a pair."""
        attributes = self.catalogue.attributes
        return attributes[self.source[row]], attributes[self.target[row]]

    def sign(self, row: int) -> str:
        """The outcome of a pair as a person reads it."""
        return sign_word(Outcome(self.outcome[row]))


@dataclass(frozen=True, eq=False)
class Ranking:
    """What a policy says of P pairs. `score`: float64 [P], the higher the sooner, NaN for a pair that it does not want;
    `why`: the sentence for a row.
    """

    score: NDArray[np.float64]
    why: Callable[[int], str]

    @property
    def is_wanted(self) -> NDArray[np.bool_]:
        """bool [P]: the pairs that the policy would put into a queue."""
        return ~np.isnan(self.score)


def judged_pairs(catalogue: Catalogue, table: VerdictTable | SignedGraph) -> JudgedPairs:
    """Lay out verdicts, or the edges of a graph without any: of its other pairs nobody knows what was asked."""
    if isinstance(table, VerdictTable):
        return JudgedPairs(catalogue, table, table.source, table.target, table.outcome, table.strength, table.stability)
    unknown = np.full(table.n_edges, np.nan, dtype=np.float32)
    return JudgedPairs(catalogue, table, table.source, table.target, table.sign, unknown, unknown)


def sign_word(outcome: Outcome) -> str:
    """An outcome in a sentence: +, −, neutral, or no answer."""
    return {Outcome.POSITIVE: "+", Outcome.NEGATIVE: "−", Outcome.NEUTRAL: "neutral"}.get(outcome, "no answer")


def n_known_facts(catalogue: Catalogue, table: TraitTable) -> NDArray[np.int64]:
    """Facts known of each attribute, int64 [N]: those of the trait table and the catalogue's own, each name once."""
    counts = []
    for attribute in catalogue.attributes:
        resolved = table.resolve(attribute)
        known = resolved.facets if isinstance(resolved, Traits) else {}
        counts.append(len({loose_key(name) for name in (*known, *attribute.facts)}))
    return np.array(counts, dtype=np.int64)


def rank_by_disagreement(pairs: JudgedPairs, other: Table, other_catalogue: Catalogue, title: str) -> Ranking:
    """Pairs that both graphs answer and answer differently: flipped signs first, then edge against neutral.

    Within each the surer the judge of these pairs was, the sooner. A pair that one of them holds no answer of is no
    disagreement. `ValenceError` when the graphs' catalogues share no pair.
    """
    theirs = _answers_of(pairs, other, other_catalogue)
    ours = pairs.outcome
    differs = np.isin(ours, JUDGED) & np.isin(theirs, JUDGED) & (ours != theirs)
    weight = np.where((ours != 0) & (theirs != 0), _FLIP, _EDGE_OR_NOT)
    score = np.where(differs, weight + _sure(pairs.strength), np.nan)

    def why(row: int) -> str:
        strength = float(pairs.strength[row])
        told = "" if np.isnan(strength) else f" (strength {strength:.2f})"
        return f"This graph says {pairs.sign(row)}{told}, “{title}” says {sign_word(Outcome(theirs[row]))}."

    return Ranking(score, why)


def rank_by_instability(pairs: JudgedPairs) -> Ranking:
    """Pairs that the judge was asked more than once and did not always answer alike, the least stable first."""
    stability = pairs.stability.astype(np.float64)
    is_shaky = np.nan_to_num(stability, nan=1.0) < 1

    def why(row: int) -> str:
        return f"Asked again, the judge kept to its {pairs.sign(row)} in {stability[row]:.0%} of the repetitions."

    return Ranking(np.where(is_shaky, 1 - stability, np.nan), why)


def rank_by_surprise(pairs: JudgedPairs, grouping: Grouping) -> Ranking:
    """Pairs whose verdict the structure of the graph opposes, by the bits of `core.graph.review.surprise`."""
    judged = np.flatnonzero(np.isin(pairs.outcome, JUDGED))
    found = measure_surprise(grouping, pairs.source[judged], pairs.target[judged], pairs.outcome[judged])
    score = np.full(len(pairs), np.nan)
    score[judged] = np.where(found.is_against, found.bits, np.nan)
    place = np.full(len(pairs), -1, dtype=np.int64)
    place[judged] = np.arange(len(judged))

    def why(row: int) -> str:
        return _surprise_sentence(pairs, grouping, found, row, int(place[row]))

    return Ranking(score, why)


def rank_by_few_facts(pairs: JudgedPairs, n_facts: NDArray[np.int64]) -> Ranking:
    """All pairs, those first whose ends least is known of: 1 / (1 + facts) of both ends, added.

    `n_facts`: int64 [N], facts known of each attribute.
    """
    lack = 1 / (1 + n_facts.astype(np.float64))

    def why(row: int) -> str:
        counts = n_facts[[pairs.source[row], pairs.target[row]]].tolist()
        known = [
            f"{count or 'no'} fact{'s' * (count != 1)} of {end.value}"
            for count, end in zip(counts, pairs.ends(row), strict=True)
        ]
        return f"Little is known here: {known[0]} and {known[1]}."

    return Ranking(lack[pairs.source] + lack[pairs.target], why)


def rank_by_leverage(pairs: JudgedPairs, edges: SignedGraph, n_rows_out: NDArray[np.int64], of_what: str) -> Ranking:
    """Edges by how many rows their flipped sign would push out of their label's range; those that push none are left.

    `n_rows_out`: int64 [E], by edge of `edges`; `of_what` names the rows, as in "the dataset Spring".
    """
    n = len(pairs.catalogue)
    keys, edge_keys = pair_keys(pairs.source, pairs.target, n), pair_keys(edges.source, edges.target, n)
    n_out = np.zeros(len(pairs), dtype=np.int64)
    is_edge = np.isin(keys, edge_keys)
    n_out[is_edge] = n_rows_out[np.searchsorted(edge_keys, keys[is_edge])]

    def why(row: int) -> str:
        count = int(n_out[row])
        rows = "1 row" if count == 1 else f"{count:,} rows"
        return f"If its sign flipped, {rows} of {of_what} would leave the range of their label."

    return Ranking(np.where(n_out > 0, n_out.astype(np.float64), np.nan), why)


def _answers_of(pairs: JudgedPairs, other: Table, other_catalogue: Catalogue) -> NDArray[np.int8]:
    """What the other graph says of each pair, int8 [P]; UNJUDGED where it holds nothing."""
    ground = common_ground(pairs.catalogue, pairs.table, other_catalogue, other)
    n = len(ground.catalogue)
    keys, other_keys = ground.a.keys(n), ground.b.keys(n)
    both = np.isin(keys, other_keys)
    answers = np.full(len(pairs), Outcome.UNJUDGED, dtype=np.int8)
    answers[ground.a.row[both]] = ground.b.outcome[np.searchsorted(other_keys, keys[both])]
    return answers


def _sure(strength: NDArray[np.float32]) -> NDArray[np.float64]:
    """Strengths kept below 1, so that they order within a kind of disagreement; unknown ones count for half."""
    sure: NDArray[np.float64] = np.nan_to_num(strength.astype(np.float64), nan=0.5) * 0.999
    return sure


def _surprise_sentence(pairs: JudgedPairs, grouping: Grouping, found: Surprise, row: int, place: int) -> str:
    names = [grouping.names[grouping.group[end]] for end in (pairs.source[row], pairs.target[row])]
    negative, neutral, positive = found.siblings[place].tolist()
    told = ", ".join(
        f"{count} {'is' if count == 1 else 'are'} {word}"
        for count, word in ((positive, "+"), (negative, "−"), (neutral, "neutral"))
        if count
    )
    sentences = []
    if told:
        sentences.append(
            f"This one is {pairs.sign(row)}; of the other pairs between “{names[0]}” and “{names[1]}”, {told}."
        )
    n_triangles = int(found.balanced[place] + found.unbalanced[place])
    if n_triangles == 1:
        sentences.append(f"Its only triangle is {'out of' if found.unbalanced[place] else 'in'} balance.")
    elif n_triangles:
        verb = "is" if found.unbalanced[place] == 1 else "are"
        sentences.append(f"{found.unbalanced[place]} of its {n_triangles} triangles {verb} out of balance.")
    return " ".join(sentences)
