"""Where the answers to check pairs come from: a judge asked now, or a graph that was made before."""

from collections.abc import Callable
from typing import Final

import numpy as np

from core.catalogue.model import Catalogue
from core.graph.judges.protocol import Judge
from core.graph.model import Outcome, SignedGraph, Verdict, VerdictTable

VerdictOf = Callable[[int, int], Verdict]  # two catalogue positions -> what was said of the pair

# What a graph says of a pair that it does not list: a run was not asked it; bare edges do not say whether anybody
# looked at it, unless someone who knows how they were made says so.
NOT_ASKED: Final = Verdict(Outcome.UNJUDGED, 0.0, "This pair was not asked.")
NO_EDGE: Final = Verdict(
    Outcome.UNJUDGED, float("nan"), "There is no edge here, and the file does not say whether anybody looked."
)
NO_EDGE_IS_NEUTRAL: Final = Verdict(
    Outcome.NEUTRAL, float("nan"), "There is no edge here, which was said to mean no signal."
)
NO_REASON: Final = "The file gives signs only, no reasons."


def verdicts_by_judge(judge: Judge, catalogue: Catalogue) -> VerdictOf:
    """A look-up that asks the judge about one pair at a time."""
    return lambda source, target: judge.verdicts(catalogue.attributes[source], [catalogue.attributes[target]])[0]


def verdicts_by_table(table: VerdictTable, absent: Verdict = NOT_ASKED) -> VerdictOf:
    """A look-up in a table of verdicts; `absent` is said of a pair that it does not list."""
    row_of = _row_look_up(table)

    def verdict_of(source: int, target: int) -> Verdict:
        row = row_of(source, target)
        if row is None:
            return absent
        outcome = Outcome(int(table.outcome[row]))
        return Verdict(outcome, float(table.strength[row]), table.reason[row] or NO_REASON)

    return verdict_of


def verdicts_by_edges(graph: SignedGraph, absent: Verdict = NO_EDGE) -> VerdictOf:
    """A look-up in bare edges, which have no strength (NaN); `absent` is said of a pair without an edge."""
    row_of = _row_look_up(graph)

    def verdict_of(source: int, target: int) -> Verdict:
        row = row_of(source, target)
        return absent if row is None else Verdict(Outcome(int(graph.sign[row])), float("nan"), NO_REASON)

    return verdict_of


def verdicts_by_answers(
    answers: VerdictTable | SignedGraph, *, is_bare: bool, absent_is_neutral: bool = False
) -> VerdictOf:
    """A look-up in what is known of a graph's pairs. `is_bare`: it came from a file of edges without verdicts, whether
    or not reviews were added since; `absent_is_neutral`: pairs that such a graph does not list count as no signal.
    """
    absent = NOT_ASKED if not is_bare else NO_EDGE_IS_NEUTRAL if absent_is_neutral else NO_EDGE
    if isinstance(answers, VerdictTable):
        return verdicts_by_table(answers, absent)
    return verdicts_by_edges(answers, absent)


def _row_look_up(table: VerdictTable | SignedGraph) -> Callable[[int, int], int | None]:
    """The row of a pair, in either order, by bisection: tables are sorted by (source, target)."""
    stride = int(table.target.max(initial=0)) + 1
    keys = table.source.astype(np.int64) * stride + table.target

    def row_of(source: int, target: int) -> int | None:
        low, high = min(source, target), max(source, target)
        if high >= stride:
            return None
        row = int(np.searchsorted(keys, low * stride + high))
        return row if row < len(keys) and keys[row] == low * stride + high else None

    return row_of
