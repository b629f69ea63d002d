"""One label's search made ready, so that any range of its rows can be drawn on its own.

Where at least 2 % of random subgraphs qualify, subgraphs are drawn until one does, which is exact. Elsewhere each
row is annealed to its ranges and then mixed inside them, so that it does not hug the nearest bound. Soft pairs tilt the
law in that mixing phase, which then follows either method. Rows that are to be spread evenly are annealed each to a
target of its own. Full annealing, the published method, stays available; its rows do not follow the law.

A row depends on the graph, the configuration and its own number alone, so rows drawn range by range, in any order and
anywhere, are the same rows.
"""

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.sampler import kernels
from core.sampler.chunks import in_order
from core.sampler.configuration import LabelParams, SamplerSettings, SearchMethod, Spread
from core.sampler.density import draw_density, share_in_ranges
from core.sampler.encoding import Encoding, label_box, stream_key
from core.sampler.feasibility import UnmetLabel, closest_of, missed_bounds, proof_of_infeasibility
from core.sampler.kernels import ChainPlan
from core.sampler.reach import find_reach
from core.sampler.row_search import find_rows

PILOT_SUBGRAPHS = 4_000
REJECTION_SHARE = 0.02
MAX_DRAWS = 5_000_000  # where the pilot met none: about three seconds for one row
DRAWS_PER_HIT = 400  # e^-400: the chance that a row which can be drawn is not
TRIAL_ROWS = 128
MIN_ATTEMPTS = 100
ATTEMPTS_PER_SUCCESS = 20  # e^-20: the chance that a row which can be found is not
MOVES_PER_NODE = 4  # accepted moves per attribute that mixing aims at
MAX_MIXING = 20_000  # proposals that mixing is raised to at most
AIMED_ATTEMPTS = 28  # in the end nowhere but in the label's ranges
CHUNK_PROPOSALS = 150_000  # about 10 ms, so that a run stops at once
MAX_CHUNK_ROWS = 1_024


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """The label to sample and how hard to search."""

    name: str
    params: LabelParams
    settings: SamplerSettings
    seed: int


class _Chunk(NamedTuple):
    nodes: NDArray[np.int32]
    sizes: NDArray[np.int64]
    facts: NDArray[np.int64]


class _Trial(NamedTuple):
    success: float
    proposals_per_attempt: float
    mixing_acceptance: float


@dataclass(frozen=True)
class _Search:
    """One label's sampling: the encoded graph, the label's box, the chosen plan, the key of its streams."""

    encoding: Encoding
    box: NDArray[np.int64]
    plan: ChainPlan
    key: np.uint64

    def chunk(self, rows: range) -> _Chunk:
        """Sample these rows; ends early at one that was not found."""
        found = find_rows(self.encoding.arrays, self.box, self.plan, self.key, rows)
        taken = np.arange(found.nodes.shape[1]) < found.sizes[:, None]
        return _Chunk(self.encoding.position[found.nodes[taken]], found.sizes, found.facts)


@dataclass(frozen=True, eq=False)
class DrawnRows:
    """R rows of a label as catalogue positions, row after row; `sizes` int64 [R]."""

    nodes: NDArray[np.int32]
    sizes: NDArray[np.int64]
    n_proposals: int
    n_retried: int


@dataclass(frozen=True, eq=False)
class LabelSearch:
    """A label's method and schedule, as its pilot and trial chose them; drawing from it changes nothing in it."""

    request: LabelRequest
    method: SearchMethod  # never AUTO
    random_share: float
    chunk_rows: int  # how many rows take about 10 ms
    _search: _Search

    @property
    def mixing_proposals(self) -> int:
        """How many proposals each row walks inside its ranges."""
        return self._search.plan.mixing

    def chunks(self, rows: range, chunk_rows: int | None = None) -> Iterator[range]:
        """Cut a range of the label's rows into ranges after each of which a run can be stopped."""
        size = chunk_rows or self.chunk_rows
        return (range(start, min(start + size, rows.stop)) for start in range(rows.start, rows.stop, size))

    def draw(self, rows: range) -> DrawnRows:
        """Draw these rows; `UnmetLabel` for the first that was not found."""
        chunk = self._search.chunk(rows)
        _require_found(self._search, self.request, chunk.facts)
        n_retried = int(np.count_nonzero(chunk.facts[:, kernels.ATTEMPTS] > 1))
        return DrawnRows(chunk.nodes, chunk.sizes, _proposals(chunk.facts), n_retried)


def prepare_label(encoding: Encoding, request: LabelRequest, n_workers: int = 1) -> Steps[LabelSearch]:
    """Try random subgraphs, and searches where they are needed; `UnmetLabel` when no row was found at all."""
    settings, name = request.settings, request.name
    yield Progress(0, request.params.num_samples, f"{name}: trying random subgraphs")
    box = label_box(encoding.max_size, request.params)
    share = _pilot_share(encoding, request, box)
    method = _method(settings, share)
    soft_strength = settings.soft_strength if encoding.is_soft else 0.0
    plan = _first_plan(settings, method, soft_strength)._replace(max_draws=_most_draws(share))
    if settings.spread is Spread.UNIFORM:
        plan = _aimed(plan, encoding, request)
    search = _Search(encoding, box, plan, stream_key(request.seed, name, "rows"))
    trial = None
    if plan.anneal or soft_strength > 0.0:
        trial = yield from _try_out(search, request, n_workers)
        search = _Search(encoding, box, _final_plan(search, settings, trial), search.key)
    return LabelSearch(request, method, share, _chunk_size(search, share, trial), search)


def _pilot_share(encoding: Encoding, request: LabelRequest, box: NDArray[np.int64]) -> float:
    """Share of random subgraphs inside the ranges; `UnmetLabel` where the quotas prove that none ever is."""
    key = stream_key(request.seed, request.name, "pilot")
    density = draw_density(encoding, PILOT_SUBGRAPHS, key, request.seed)
    share = share_in_ranges(density, {request.name: request.params})[request.name]
    proof = proof_of_infeasibility(encoding, box) if share == 0.0 else ""
    if proof:
        closest = closest_of(density.size, density.n_pos, density.n_neg, box)
        raise UnmetLabel(request.name, f"cannot be met: {proof}", closest, missed_bounds(closest, request.params), True)
    return share


def _method(settings: SamplerSettings, share: float) -> SearchMethod:
    if settings.method is not SearchMethod.AUTO:
        return settings.method
    is_common = share >= REJECTION_SHARE and settings.spread is Spread.NATURAL
    return SearchMethod.REJECTION if is_common else SearchMethod.ANNEALING


def _most_draws(share: float) -> int:
    return min(math.ceil(DRAWS_PER_HIT / share), MAX_DRAWS) if share else MAX_DRAWS


def _first_plan(settings: SamplerSettings, method: SearchMethod, soft_strength: float) -> ChainPlan:
    """One attempt per row and no mixing: what rejection without soft pairs needs, and where the trial begins."""
    # Decimal arithmetic, because pow of the C library may differ between machines in the last bit.
    steps = max(settings.max_iters - 1, 1)
    cooling = (Decimal(settings.end_temp) / Decimal(settings.start_temp)) ** (Decimal(1) / Decimal(steps))
    plan = ChainPlan(
        anneal=int(method is not SearchMethod.REJECTION),
        max_draws=0,
        max_attempts=1,
        max_iters=settings.max_iters,
        proposals_per_step=settings.proposals_per_step,
        patience=settings.patience,
        start_temp=settings.start_temp,
        cooling=float(cooling),
        soft_strength=soft_strength,
    )
    if method is SearchMethod.FULL_ANNEALING:
        # At the end temperature this weight tilts the law exactly as mixing does.
        return plan._replace(through=1, soft_weight=soft_strength * settings.end_temp, soft_strength=0.0)
    return plan


def _aimed(plan: ChainPlan, encoding: Encoding, request: LabelRequest) -> ChainPlan:
    """Targets uniform in the label's ranges, as far as searches found subgraphs there at all."""
    reach = find_reach(encoding, request.seed)
    (pos_low, pos_high), (neg_low, neg_high) = request.params.pos_frac_range, request.params.neg_frac_range
    return plan._replace(
        aimed=1,
        pos_from=max(pos_low, min(reach.pos_min, pos_high)),
        pos_to=min(pos_high, max(reach.pos_max, pos_low)),
        neg_from=max(neg_low, min(reach.neg_min, neg_high)),
        neg_to=min(neg_high, max(reach.neg_max, neg_low)),
    )


def _try_out(search: _Search, request: LabelRequest, n_workers: int) -> Steps[_Trial]:
    """Rows of their own streams, one attempt each, to learn how hard the label is; `UnmetLabel` when none succeeds."""
    attempts = AIMED_ATTEMPTS if search.plan.aimed else 1
    plan = search.plan._replace(mixing=max(request.settings.mixing_proposals, 1), max_attempts=attempts)
    trial = _Search(search.encoding, search.box, plan, stream_key(request.seed, request.name, "trial"))
    rows = (range(row, row + 1) for row in range(TRIAL_ROWS))
    collected = []
    with closing(in_order(trial.chunk, rows, n_workers)) as results:
        for chunk in results:
            collected.append(chunk.facts)
            if not plan.anneal and chunk.facts[-1, kernels.FOUND] == 0:
                break  # a row that millions of draws did not find: no use in 127 more of them
            if len(collected) % 8 == 0:
                note = f"{request.name}: trial search {len(collected)} of {TRIAL_ROWS}"
                yield Progress(0, request.params.num_samples, note)
    facts = np.concatenate(collected)
    found = facts[:, kernels.FOUND] == 1
    if not found.any():
        raise _not_found(
            search, request, facts, f"was not met: no row was found after {_proposals(facts):,} proposals."
        )
    accepted = int(facts[found, kernels.ACCEPTED].sum())
    return _Trial(float(found.mean()), _proposals(facts) / len(facts), accepted / (int(found.sum()) * plan.mixing))


def _final_plan(search: _Search, settings: SamplerSettings, trial: _Trial) -> ChainPlan:
    """As many attempts as rare success needs, and mixing until each attribute has moved several times on average."""
    attempts = max(MIN_ATTEMPTS, math.ceil(ATTEMPTS_PER_SUCCESS / trial.success))
    least = 0 if search.plan.through else settings.mixing_proposals
    if search.plan.aimed:  # so near its target a row has little room to move in
        return search.plan._replace(max_attempts=attempts, mixing=least)
    wanted = MOVES_PER_NODE * search.encoding.max_size / max(trial.mixing_acceptance, 1e-9)
    mixing = max(least, int(min(wanted, MAX_MIXING))) if least else 0
    return search.plan._replace(max_attempts=attempts, mixing=mixing)


def _chunk_size(search: _Search, share: float, trial: _Trial | None) -> int:
    per_row = 1 / share if share > 0 else float(CHUNK_PROPOSALS)
    if trial is not None and search.plan.anneal:
        per_row = trial.proposals_per_attempt / trial.success
    return int(min(max(CHUNK_PROPOSALS / (per_row + search.plan.mixing), 1), MAX_CHUNK_ROWS))


def _proposals(facts: NDArray[np.int64]) -> int:
    return int(facts[:, kernels.PROPOSALS].sum())


def _require_found(search: _Search, request: LabelRequest, facts: NDArray[np.int64]) -> None:
    """The kernel stops at a row that was not found, so only the last can be missing."""
    last = facts[-1:]
    if last[0, kernels.FOUND] == 0:
        attempts = int(last[0, kernels.ATTEMPTS])
        reason = (
            f"was not met: one of its rows was not found after {_proposals(last):,} proposals in {attempts:,} searches."
        )
        raise _not_found(search, request, last, reason)


def _not_found(search: _Search, request: LabelRequest, facts: NDArray[np.int64], reason: str) -> UnmetLabel:
    size, pos, neg = (facts[:, column] for column in (kernels.BEST_SIZE, kernels.BEST_POS, kernels.BEST_NEG))
    closest = closest_of(size, pos, neg, search.box)
    return UnmetLabel(request.name, reason, closest, missed_bounds(closest, request.params), False)
