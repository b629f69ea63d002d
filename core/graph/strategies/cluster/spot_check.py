"""Checking blocks before they inherit: a few pairs of each are asked, and blocks that fail are asked in full."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from core.graph.intervals import NOTHING_KNOWN, Interval, cluster_t, wilson
from core.graph.model import Outcome, Sign, VerdictTable
from core.graph.strategies.cluster.expansion import Expansion, Fate
from core.graph.strategies.cluster.scores import ClusterPairScores
from core.graph.strategies.cluster.settings import ClusterStrategySettings


@dataclass(frozen=True, slots=True)
class BlockCheck:
    """One checked block: `n_pairs` pairs of the clusters `a` and `b` (numbers) that would inherit `sign` for `score`.

    Of `n_asked` pairs, `n_answered` had a usable answer; `n_wrong` of those had another outcome than the sign,
    `n_opposite` the opposite sign. A block with no usable answer is not accepted.
    """

    a: int
    b: int
    score: float
    sign: Sign
    n_pairs: int
    n_asked: int
    n_answered: int
    n_wrong: int
    n_opposite: int
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class SpotCheckReport:
    """What the check of all blocks found.

    `error`: estimated share of wrong outcomes among all pairs of the checked blocks, had every one of them inherited,
    with its 95 % interval; `opposite`: the same for opposite signs alone. After the failed blocks are asked the share
    is lower; how much cannot be told from the pairs that chose them. `n_unchecked_blocks` are smaller than the settings
    ask for; their `n_unchecked_pairs` inherit unseen.
    """

    blocks: tuple[BlockCheck, ...]
    error: Interval
    opposite: Interval
    n_unchecked_blocks: int
    n_unchecked_pairs: int

    @property
    def n_asked(self) -> int:
        """Pairs asked for the check."""
        return sum(block.n_asked for block in self.blocks)

    @property
    def refused(self) -> tuple[BlockCheck, ...]:
        """The blocks that are asked instead of inheriting."""
        return tuple(block for block in self.blocks if not block.is_accepted)


def choose_probes(expansion: Expansion, settings: ClusterStrategySettings) -> NDArray[np.bool_]:
    """Which inherited pairs are asked for the check, bool [P]: k at random from every block, all of a smaller one."""
    chosen = np.zeros(len(expansion), dtype=np.bool_)
    inherited = np.flatnonzero(expansion.fate == Fate.INHERITED)
    if settings.spot_check_members == 0 or len(inherited) == 0:
        return chosen
    row = expansion.row[inherited]
    shuffled = np.random.default_rng(settings.spot_check_seed).permutation(len(inherited))
    order = shuffled[np.argsort(row[shuffled], kind="stable")]
    size = np.bincount(row)
    first_of_block = np.cumsum(size) - size
    rank = np.arange(len(order)) - first_of_block[row[order]]
    is_probe = (rank < settings.spot_check_members) & (size[row[order]] >= settings.spot_check_min_pairs)
    chosen[inherited[order[is_probe]]] = True
    return chosen


def check_blocks(
    expansion: Expansion,
    probes: NDArray[np.bool_],
    verdicts: VerdictTable,
    scores: ClusterPairScores,
    settings: ClusterStrategySettings,
) -> SpotCheckReport:
    """Hold the answers to the probes against the signs their blocks would inherit; unanswered probes tell nothing."""
    outcome = outcomes_of(expansion, verdicts)
    answered = probes & np.isin(outcome, (Outcome.NEGATIVE, Outcome.NEUTRAL, Outcome.POSITIVE))
    wrong = answered & (outcome != expansion.sign)
    opposite = answered & (outcome == -expansion.sign)
    n_rows = len(scores)
    n_pairs = np.bincount(expansion.row[expansion.fate == Fate.INHERITED], minlength=n_rows)
    per_row = {
        name: np.bincount(expansion.row[mask], minlength=n_rows)
        for name, mask in (("asked", probes), ("answered", answered), ("wrong", wrong), ("opposite", opposite))
    }
    sign = np.zeros(n_rows, dtype=np.int8)
    sign[expansion.row] = expansion.sign
    share = per_row["wrong"] / np.maximum(per_row["answered"], 1)
    accepted = (per_row["answered"] > 0) & (share <= settings.spot_check_max_error)
    blocks = tuple(
        BlockCheck(
            a=int(scores.a[row]),
            b=int(scores.b[row]),
            score=float(scores.value[row]),
            sign=Sign(int(sign[row])),
            n_pairs=int(n_pairs[row]),
            n_asked=int(per_row["asked"][row]),
            n_answered=int(per_row["answered"][row]),
            n_wrong=int(per_row["wrong"][row]),
            n_opposite=int(per_row["opposite"][row]),
            is_accepted=bool(accepted[row]),
        )
        for row in np.flatnonzero(per_row["asked"]).tolist()
    )
    weight = (n_pairs / np.maximum(per_row["answered"], 1))[expansion.row[answered]]
    ends = (scores.a[expansion.row[answered]], scores.b[expansion.row[answered]])
    unchecked = (n_pairs > 0) & (per_row["asked"] == 0)
    return SpotCheckReport(
        blocks=blocks,
        error=weighted_share(wrong[answered], weight, ends),
        opposite=weighted_share(opposite[answered], weight, ends),
        n_unchecked_blocks=int(np.count_nonzero(unchecked)),
        n_unchecked_pairs=int(n_pairs[unchecked].sum()),
    )


def outcomes_of(expansion: Expansion, verdicts: VerdictTable) -> NDArray[np.int8]:
    """The outcome of every pair of the expansion, int8 [P]; `UNJUDGED` where the verdicts do not have it."""
    outcome = np.full(len(expansion), Outcome.UNJUDGED, dtype=np.int8)
    if len(verdicts) == 0:
        return outcome
    width = int(max(expansion.target.max(initial=0), verdicts.target.max())) + 1
    keys = expansion.source.astype(np.int64) * width + expansion.target
    outcome[np.searchsorted(keys, verdicts.source.astype(np.int64) * width + verdicts.target)] = verdicts.outcome
    return outcome


def weighted_share(
    hits: NDArray[np.bool_], weight: NDArray[np.float64], clusters: tuple[ArrayLike, ...], confidence: float = 0.95
) -> Interval:
    """The share of hits, each standing for `weight` pairs, with an interval inside [0, 1].

    Pairs err together when they share a cluster at either end, so the interval is the widest of the cluster-robust ones
    over each entry of `clusters` and Wilson's. Where all hits are alike each cluster counts as one trial.
    """
    if len(hits) == 0:
        return NOTHING_KNOWN
    n_hits, n = int(hits.sum()), len(hits)
    if n_hits in (0, n):
        n_clusters = min(len(np.unique(ends)) for ends in clusters)
        return wilson(n_clusters if n_hits else 0, n_clusters, confidence)
    share = float((hits * weight).sum() / weight.sum())
    robust = [cluster_t(hits * weight, ends, confidence, weight) for ends in clusters]
    alone = wilson(share * n, n, confidence)
    low = min(alone.low, *(interval.low for interval in robust))
    high = max(alone.high, *(interval.high for interval in robust))
    return Interval(share, max(0.0, low), min(1.0, high))
