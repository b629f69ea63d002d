"""What is known of a graph's pairs once reviews are taken into account; the judge's own verdicts stay as they were."""

import numpy as np
from numpy.typing import NDArray

from core.graph.model import Basis, Outcome, SignedGraph, VerdictTable
from core.graph.review.pair_rows import pair_keys, rows_of
from core.graph.review.resolution import Resolved
from core.graph.review.states import Resolution, ReviewState

NO_CALL = -1
_SHOWN_NAMES = 5


def reviewed_answers(judged: VerdictTable | SignedGraph, resolution: Resolution) -> VerdictTable:
    """The first answers with every settled pair replaced: basis `REVIEWED`, strength 1, and who decided as the reason.

    Pairs in conflict keep their first answer; pairs that had none are added. A replaced pair keeps the number of its
    call; an edge of an uploaded file has basis `UPLOADED` and strength NaN, since the file holds none.
    """
    first = _uploaded_answers(judged) if isinstance(judged, SignedGraph) else judged
    n_nodes = len(resolution.catalogue)
    rows = resolution.rows_in(ReviewState.CONFIRMED, ReviewState.CHANGED)
    keys, settled = pair_keys(first.source, first.target, n_nodes), resolution.keys[rows]
    call = _calls_at(keys, first.call, settled)
    kept = ~np.isin(keys, settled)
    order = np.argsort(np.concatenate([keys[kept], settled]), kind="stable")
    n_new = len(rows)
    unknown = np.full(n_new, np.nan, dtype=np.float32)
    kept_rows = np.flatnonzero(kept).tolist()
    reasons = [first.reason[row] for row in kept_rows] + [reason_of(resolution.reviews[row]) for row in rows]
    evidence = [first.evidence[row] for row in kept_rows] + [()] * n_new
    replies = [first.reply[row] for row in kept_rows] + [""] * n_new
    return VerdictTable(
        source=np.concatenate([first.source[kept], resolution.source[rows]])[order],
        target=np.concatenate([first.target[kept], resolution.target[rows]])[order],
        outcome=np.concatenate([first.outcome[kept], resolution.resolved[rows]])[order],
        strength=np.concatenate([first.strength[kept], np.ones(n_new, dtype=np.float32)])[order],
        call=np.concatenate([first.call[kept], call])[order],
        reason=tuple(reasons[row] for row in order),
        judge=first.judge,
        basis=np.concatenate([first.basis[kept], np.full(n_new, Basis.REVIEWED, dtype=np.int8)])[order],
        probability=np.concatenate([first.probability[kept], unknown])[order],
        stability=np.concatenate([first.stability[kept], unknown])[order],
        evidence=tuple(evidence[row] for row in order),
        reply=tuple(replies[row] for row in order),
    )


def reason_of(resolved: Resolved) -> str:
    """Who decided a settled pair, as its reason: `Reviewed as + by Ana, Bo`."""
    symbol = Outcome(resolved.outcome).symbol
    if resolved.adjudication is not None:
        return f"Settled as {symbol} by {resolved.adjudication.reviewer}"
    names = [review.reviewer for review in resolved.deciding]
    more = f" and {len(names) - _SHOWN_NAMES} more" if len(names) > _SHOWN_NAMES else ""
    return f"Reviewed as {symbol} by {', '.join(names[:_SHOWN_NAMES])}{more}"


def _uploaded_answers(graph: SignedGraph) -> VerdictTable:
    n_edges = graph.n_edges
    unknown = np.full(n_edges, np.nan, dtype=np.float32)
    return VerdictTable(
        source=graph.source,
        target=graph.target,
        outcome=graph.sign,
        strength=unknown,
        call=np.full(n_edges, NO_CALL, dtype=np.int32),
        reason=("",) * n_edges,
        judge="",
        basis=np.full(n_edges, Basis.UPLOADED, dtype=np.int8),
        probability=unknown,
        stability=unknown,
        evidence=((),) * n_edges,
        reply=("",) * n_edges,
    )


def _calls_at(keys: NDArray[np.int64], call: NDArray[np.int32], wanted: NDArray[np.int64]) -> NDArray[np.int32]:
    """The call that asked each wanted pair, `NO_CALL` where none did; `keys` ascending."""
    rows = rows_of(keys, wanted)
    found = np.full(len(wanted), NO_CALL, dtype=np.int32)
    found[rows >= 0] = call[rows[rows >= 0]]
    return found
