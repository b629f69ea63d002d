"""Rows of one label: a pilot chooses the method, kernels find the rows, in chunks over threads.

Where at least 2 % of random subgraphs qualify, subgraphs are drawn until one does, which is exact. Elsewhere each
row is annealed to its ranges and then mixed inside them, so that it does not hug the nearest bound. Soft pairs tilt the
law in that mixing phase, which then follows either method.
"""

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.errors import InvalidInput, Problem
from core.progress import Progress, Steps
from core.sampler import kernels
from core.sampler.chunks import in_order
from core.sampler.configuration import LabelParams, SamplerSettings
from core.sampler.density import draw_density, share_in_ranges
from core.sampler.encoding import Encoding, label_box, stream_key
from core.sampler.feasibility import UnmetLabel, closest_of, missed_bounds, proof_of_infeasibility
from core.sampler.kernels import ChainPlan

SCHEME = 1  # raised whenever the same configuration would give other rows
PILOT_SUBGRAPHS = 4_000
REJECTION_SHARE = 0.02
MAX_DRAWS = 20_000  # a row misses 20,000 draws at a share of 2 % once in 10^175
TRIAL_ROWS = 128
MIN_ATTEMPTS = 100
ATTEMPTS_PER_SUCCESS = 20  # e^-20: the chance that a row which can be found is not
MOVES_PER_NODE = 8  # accepted moves per attribute that mixing aims at
MAX_MIXING = 20_000  # proposals that mixing is raised to at most
CHUNK_PROPOSALS = 500_000  # about 50 ms
MAX_CHUNK_ROWS = 1_024


class Method(StrEnum):
    """How a label's rows are found."""

    REJECTION = "rejection"
    ANNEALING = "annealing"


@dataclass(frozen=True, slots=True)
class LabelRequest:
    """What to sample; `method` None lets the pilot choose, and is what every dataset uses."""

    name: str
    params: LabelParams
    settings: SamplerSettings
    seed: int
    method: Method | None = None


@dataclass(frozen=True, eq=False)
class SampledLabel:
    """The R rows of a label, as catalogue positions: row r is `nodes[offsets[r]:offsets[r + 1]]`.

    `nodes` int32, within a row by attribute type in the order of the quotas and then by position; `offsets` int64
    [R + 1].
    """

    name: str
    nodes: NDArray[np.int32]
    offsets: NDArray[np.int64]
    method: Method
    random_share: float  # of random subgraphs that qualify, in the pilot
    mixing_proposals: int
    proposals_per_row: float
    n_retried: int  # rows that needed more than one annealing run


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
        nodes = np.zeros((len(rows), self.encoding.max_size), dtype=np.int32)
        sizes = np.zeros(len(rows), dtype=np.int64)
        facts = np.zeros((len(rows), kernels.ROW_FACTS), dtype=np.int64)
        tried = kernels.sample_rows(
            self.encoding.arrays, self.box, self.plan, self.key, rows.start, nodes, sizes, facts
        )
        taken = np.arange(nodes.shape[1]) < sizes[:, None]
        return _Chunk(self.encoding.position[nodes[taken]], sizes, facts[:tried])


def sample_label(
    encoding: Encoding, request: LabelRequest, n_workers: int = 2, chunk_rows: int | None = None
) -> Steps[SampledLabel]:
    """Yield progress in rows and return the label's rows, the same bytes for any number of workers and chunk size.

    Raises `UnmetLabel` when a row was not found. Closing the generator stops after the chunks now running.
    """
    if n_workers < 1 or (chunk_rows is not None and chunk_rows < 1):
        raise InvalidInput("Rows cannot be sampled", [Problem("n_workers and chunk_rows must be at least 1.")])
    name, params, total = request.name, request.params, request.params.num_samples
    yield Progress(0, total, f"{name}: trying random subgraphs")
    box = label_box(encoding.max_size, params)
    share = _pilot_share(encoding, request, box)
    method = request.method or (Method.REJECTION if share >= REJECTION_SHARE else Method.ANNEALING)
    soft_strength = request.settings.soft_strength if encoding.is_soft else 0.0
    plan = _first_plan(request.settings, method, soft_strength)
    search = _Search(encoding, box, plan, stream_key(request.seed, name, "rows"))
    trial = None
    if method is Method.ANNEALING or soft_strength > 0.0:
        trial = yield from _try_out(search, request, n_workers)
        search = _Search(encoding, box, _final_plan(search, request.settings, trial), search.key)
    size = chunk_rows or _chunk_size(search, share, trial)
    chunks: list[_Chunk] = []
    done = 0
    with closing(in_order(search.chunk, _ranges(total, size), n_workers)) as results:
        for chunk in results:
            _require_found(search, request, chunk.facts)
            chunks.append(chunk)
            done += len(chunk.sizes)
            yield Progress(done, total, f"{name}: {done:,} rows by {method}")
    return _collect(request, search, method, share, chunks)


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


def _first_plan(settings: SamplerSettings, method: Method, soft_strength: float) -> ChainPlan:
    """One attempt per row and no mixing: what rejection without soft pairs needs, and where the trial begins."""
    # Decimal arithmetic, because pow of the C library may differ between machines in the last bit.
    steps = max(settings.max_iters - 1, 1)
    cooling = (Decimal(settings.end_temp) / Decimal(settings.start_temp)) ** (Decimal(1) / Decimal(steps))
    return ChainPlan(
        anneal=int(method is Method.ANNEALING),
        max_draws=MAX_DRAWS,
        max_attempts=1,
        max_iters=settings.max_iters,
        proposals_per_step=settings.proposals_per_step,
        patience=settings.patience,
        start_temp=settings.start_temp,
        cooling=float(cooling),
        mixing=0,
        soft_strength=soft_strength,
    )


def _try_out(search: _Search, request: LabelRequest, n_workers: int) -> Steps[_Trial]:
    """Rows of their own streams, one attempt each, to learn how hard the label is; `UnmetLabel` when none succeeds."""
    plan = search.plan._replace(mixing=max(request.settings.mixing_proposals, 1))
    trial = _Search(search.encoding, search.box, plan, stream_key(request.seed, request.name, "trial"))
    rows = (range(row, row + 1) for row in range(TRIAL_ROWS))
    collected = []
    with closing(in_order(trial.chunk, rows, n_workers)) as results:
        for chunk in results:
            collected.append(chunk.facts)
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
    least = settings.mixing_proposals
    wanted = MOVES_PER_NODE * search.encoding.max_size / max(trial.mixing_acceptance, 1e-9)
    mixing = max(least, int(min(wanted, MAX_MIXING))) if least else 0
    return search.plan._replace(max_attempts=attempts, mixing=mixing)


def _chunk_size(search: _Search, share: float, trial: _Trial | None) -> int:
    per_row = 1 / share if share > 0 else float(MAX_DRAWS)
    if trial is not None and search.plan.anneal:
        per_row = trial.proposals_per_attempt / trial.success
    return int(min(max(CHUNK_PROPOSALS / (per_row + search.plan.mixing), 1), MAX_CHUNK_ROWS))


def _ranges(total: int, size: int) -> Iterator[range]:
    return (range(start, min(start + size, total)) for start in range(0, total, size))


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


def _collect(
    request: LabelRequest, search: _Search, method: Method, share: float, chunks: list[_Chunk]
) -> SampledLabel:
    sizes = np.concatenate([chunk.sizes for chunk in chunks])
    facts = np.concatenate([chunk.facts for chunk in chunks])
    return SampledLabel(
        name=request.name,
        nodes=np.concatenate([chunk.nodes for chunk in chunks]),
        offsets=np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
        method=method,
        random_share=share,
        mixing_proposals=search.plan.mixing,
        proposals_per_row=_proposals(facts) / len(facts),
        n_retried=int(np.count_nonzero(facts[:, kernels.ATTEMPTS] > 1)),
    )
