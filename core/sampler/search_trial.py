"""A label's search tried out on a few rows: where annealing should aim, how often it succeeds, how long to mix."""

from contextlib import closing
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.sampler import kernels
from core.sampler.chunks import in_order
from core.sampler.configuration import SamplerSettings
from core.sampler.encoding import label_box, stream_key
from core.sampler.search import LabelRequest, Search, n_proposals, not_found

TRIAL_ROWS = 128
CORE = 0.4  # the part of each range, about its middle, that annealing aims at first
# Accepted moves per attribute that mixing aims at: from the core, from a random place, from where the ranges are met.
MOVES_FROM_CORE, MOVES_FROM_DRAW, MOVES_FROM_BOUND = 3.5, 6, 8
MAX_MIXING = 20_000  # proposals that mixing is raised to at most
AIMED_ATTEMPTS = 28  # in the end nowhere but in the label's ranges


class Trial(NamedTuple):
    """Share of attempts that found a row; proposals per row found, mixing aside; share of those of mixing accepted."""

    success: float
    proposals_to_find: float
    mixing_acceptance: float


def try_out(search: Search, request: LabelRequest, n_workers: int) -> Steps[tuple[Search, Trial]]:
    """The search by its core if that is worth it, or else as it is, and its trial; `UnmetLabel` when no row was found.

    A walk that stops where it first meets the ranges is a random subgraph but for the few attributes that brought it
    there, and takes long to forget it: the core is worth as many proposals as it saves of mixing.
    """
    core = _core(search, request)
    if core is not None:
        inner = replace(search, core=core)
        facts = yield from _trial_rows(inner, request, n_workers, is_strict=True)
        if facts[-1, kernels.FOUND] == 1:
            trial = _trial_of(facts, request.settings)
            if trial.proposals_to_find <= wanted_mixing(search, trial) - wanted_mixing(inner, trial):
                return inner, trial
    # A row that millions of draws did not find is no use in 127 more of them.
    facts = yield from _trial_rows(search, request, n_workers, is_strict=not search.plan.max_iters)
    if not facts[:, kernels.FOUND].any():
        raise not_found(
            search, request, facts, f"was not met: no row was found after {n_proposals(facts):,} proposals."
        )
    return search, _trial_of(facts, request.settings)


def _core(search: Search, request: LabelRequest) -> NDArray[np.int64] | None:
    """The box of the middle of the ranges; None where the search does not go there, or where some size has no core."""
    plan = search.plan
    if not plan.max_iters or plan.through or plan.aimed or not request.settings.mixing_proposals:
        return None
    params = request.params
    middles = {
        name: (low + (1 - CORE) / 2 * (high - low), high - (1 - CORE) / 2 * (high - low))
        for name, (low, high) in (("pos_frac_range", params.pos_frac_range), ("neg_frac_range", params.neg_frac_range))
    }
    core = label_box(search.encoding.max_size, params.model_copy(update=middles))
    has_core = (core[kernels.POS_MIN] <= core[kernels.POS_MAX]) & (core[kernels.NEG_MIN] <= core[kernels.NEG_MAX])
    return core if has_core[search.encoding.min_size :].all() else None


def _trial_rows(search: Search, request: LabelRequest, n_workers: int, *, is_strict: bool) -> Steps[NDArray[np.int64]]:
    """The facts of rows of their own streams, one attempt each, to learn how hard the label is.

    A strict trial ends at the first row that was not found.
    """
    attempts = AIMED_ATTEMPTS if search.plan.aimed else 1
    plan = search.plan._replace(mixing=max(request.settings.mixing_proposals, 1), max_attempts=attempts)
    trial = replace(search, plan=plan, key=stream_key(request.seed, request.name, "trial"))
    rows = (range(row, row + 1) for row in range(TRIAL_ROWS))
    collected = []
    with closing(in_order(trial.chunk, rows, n_workers)) as results:
        for chunk in results:
            collected.append(chunk.facts)
            if is_strict and chunk.facts[-1, kernels.FOUND] == 0:
                break
            if len(collected) % 8 == 0:
                note = f"{request.name}: trial search {len(collected)} of {TRIAL_ROWS}"
                yield Progress(0, request.params.num_samples, note)
    return np.concatenate(collected)


def _trial_of(facts: NDArray[np.int64], settings: SamplerSettings) -> Trial:
    mixing = max(settings.mixing_proposals, 1)
    found = facts[:, kernels.FOUND] == 1
    n_mixed = int(found.sum()) * mixing
    return Trial(
        success=float(found.mean()),
        proposals_to_find=(n_proposals(facts) - n_mixed) / int(found.sum()),
        mixing_acceptance=int(facts[found, kernels.ACCEPTED].sum()) / n_mixed,
    )


def wanted_mixing(search: Search, trial: Trial) -> int:
    """How many proposals a row should be mixed by, so that each attribute has moved several times on average."""
    begins_at_bound = MOVES_FROM_BOUND if search.plan.max_iters else MOVES_FROM_DRAW
    moves = begins_at_bound if search.core is None else MOVES_FROM_CORE
    return int(min(moves * search.encoding.mean_size / max(trial.mixing_acceptance, 1e-9), MAX_MIXING))
