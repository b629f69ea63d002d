"""One label's search made ready, so that any range of its rows can be drawn on its own.

Where at least 1 % of random subgraphs qualify, subgraphs are drawn until one does, which is exact. Elsewhere each
row is annealed, to the middle of its ranges if that is not far, and then mixed inside them, so that it does not hug the
nearest bound. Soft pairs tilt the law in that mixing phase, which then follows either method. Rows that are to be
spread evenly are annealed each to a target of its own. Full annealing, the published method, stays available; its rows
do not follow the law.

A row depends on the graph, the configuration and its own number alone, so rows drawn range by range, in any order and
anywhere, are the same rows.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.sampler import kernels
from core.sampler.configuration import SamplerSettings, SearchMethod, Spread
from core.sampler.density import Density, draw_density, share_in_ranges
from core.sampler.encoding import Encoding, label_box, stream_key
from core.sampler.feasibility import UnmetLabel, closest_of, missed_bounds, proof_of_infeasibility
from core.sampler.kernels import ChainPlan
from core.sampler.reach import find_reach
from core.sampler.search import LabelRequest, Search, n_proposals, not_found
from core.sampler.search_trial import Trial, try_out, wanted_mixing

PILOT_SUBGRAPHS = 4_000
REJECTION_SHARE = 0.01
MAX_DRAWS = 5_000_000  # where the pilot met none: about three seconds for one row
DRAWS_PER_HIT = 400  # e^-400: the chance that a row which can be drawn is not
MIN_ATTEMPTS = 100
ATTEMPTS_PER_SUCCESS = 20  # e^-20: the chance that a row which can be found is not
CHUNK_PROPOSALS = 150_000  # about 10 ms, so that a run stops at once
MAX_CHUNK_ROWS = 1_024
_PILOTS: WeakKeyDictionary[Encoding, Density] = WeakKeyDictionary()


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
    _search: Search

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
        return DrawnRows(chunk.nodes, chunk.sizes, n_proposals(chunk.facts), n_retried)


def prepare_label(encoding: Encoding, request: LabelRequest, n_workers: int = 1) -> Steps[LabelSearch]:
    """Try random subgraphs, and searches where they are needed; `UnmetLabel` when no row was found at all."""
    settings, name = request.settings, request.name
    yield Progress(0, request.params.num_samples, f"{name}: trying random subgraphs")
    box = label_box(encoding.max_size, request.params)
    share = _pilot_share(encoding, request, box)
    method = _method(settings, share)
    soft_strength = settings.soft_strength if encoding.is_soft else 0.0
    plan = _first_plan(settings, method, soft_strength)
    if not plan.max_iters:
        plan = plan._replace(max_draws=_most_draws(share))
    if settings.spread is Spread.UNIFORM:
        plan = _aimed(plan, encoding, request)
    search = Search(encoding, box, plan, stream_key(request.seed, name, "rows"))
    trial = None
    if plan.max_iters or soft_strength > 0.0:
        search, trial = yield from try_out(search, request, n_workers)
        search = replace(search, plan=_final_plan(search, settings, trial))
    return LabelSearch(request, method, share, _chunk_size(search, share, trial), search)


def _pilot_share(encoding: Encoding, request: LabelRequest, box: NDArray[np.int64]) -> float:
    """Share of random subgraphs inside the ranges; `UnmetLabel` where the quotas prove that none ever is."""
    density = _pilot(encoding, request.seed)
    share = share_in_ranges(density, {request.name: request.params})[request.name]
    proof = proof_of_infeasibility(encoding, box) if share == 0.0 else ""
    if proof:
        closest = closest_of(density.size, density.n_pos, density.n_neg, box)
        raise UnmetLabel(request.name, f"cannot be met: {proof}", closest, missed_bounds(closest, request.params), True)
    return share


def _pilot(encoding: Encoding, seed: int) -> Density:
    """The random subgraphs that every label of an encoding is tried on, drawn once."""
    drawn = _PILOTS.get(encoding)
    if drawn is None or drawn.seed != seed:
        drawn = draw_density(encoding, PILOT_SUBGRAPHS, stream_key(seed, "pilot"), seed)
        _PILOTS[encoding] = drawn
    return drawn


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
        max_draws=1,
        max_attempts=1,
        max_iters=0 if method is SearchMethod.REJECTION else settings.max_iters,
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


def _final_plan(search: Search, settings: SamplerSettings, trial: Trial) -> ChainPlan:
    """As many attempts as rare success needs, and mixing until each attribute has moved several times on average."""
    attempts = max(MIN_ATTEMPTS, math.ceil(ATTEMPTS_PER_SUCCESS / trial.success))
    least = 0 if search.plan.through else settings.mixing_proposals
    if search.plan.aimed:  # so near its target a row has little room to move in
        return search.plan._replace(max_attempts=attempts, mixing=least)
    mixing = max(least, wanted_mixing(search, trial)) if least else 0
    return search.plan._replace(max_attempts=attempts, mixing=mixing)


def _chunk_size(search: Search, share: float, trial: Trial | None) -> int:
    per_row = 1 / share if share > 0 else float(CHUNK_PROPOSALS)
    if trial is not None and search.plan.max_iters:
        per_row = trial.proposals_to_find
    return int(min(max(CHUNK_PROPOSALS / (per_row + search.plan.mixing), 1), MAX_CHUNK_ROWS))


def _require_found(search: Search, request: LabelRequest, facts: NDArray[np.int64]) -> None:
    """The kernel stops at a row that was not found, so only the last can be missing."""
    last = facts[-1:]
    if last[0, kernels.FOUND] == 0:
        attempts = int(last[0, kernels.ATTEMPTS])
        effort = f"{n_proposals(last):,} proposals in {attempts:,} searches"
        reason = f"was not met: one of its rows was not found after {effort}."
        raise not_found(search, request, last, reason)
