"""The columns that conditions ask for, drawn first and by their chance together.

Column after column, a code is drawn among those asked for, and a row's weight is the chance that it had one of them.
Rows drawn again by their weights then follow the network's own distribution given all conditions (sampling importance
resampling; Rubin, 1987), exactly where every condition leaves one code.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor

from core.tabular.engines.networks.categorical import draw_codes
from core.tabular.engines.networks.demands import Demand
from core.tabular.engines.networks.row_transformer import RowTransformer, Seen

_POOL_PER_ROW: Final = 4
_LEAST_POOL: Final = 1024
_LEAST_CHANCE: Final = 1e-30  # what a softmax rounds to nothing still has a logarithm


class Given(NamedTuple):
    """B rows with their demanded columns drawn: `codes` int64 [B, C], 0 elsewhere; what the network has `seen`.

    `before`: the value numbers [B] of the column drawn last. `chance`: of meeting all demands; `shares`: of meeting
    each one, given those before it.
    """

    codes: Tensor
    seen: Seen
    before: Tensor
    chance: float
    shares: tuple[float, ...]


def draw_given(network: RowTransformer, n_rows: int, demands: Sequence[Demand], temperature: float) -> Given:
    """`n_rows` rows that meet all demands, by the network's chances; without demands rows of which nothing is seen."""
    pool = max(_POOL_PER_ROW * n_rows, _LEAST_POOL) if len(demands) > 1 else n_rows
    codes = torch.zeros(pool, len(network.n_codes), dtype=torch.int64)
    seen, before, log_weight, shares = network.nothing_seen(), network.row_starts(pool), torch.zeros(pool), []
    for demand in demands:
        chances = torch.softmax(network.advance(seen, before, demand.column) / temperature, dim=1)
        met = chances.clamp(min=_LEAST_CHANCE) * torch.from_numpy(demand.shares).float()
        mass = met.sum(dim=1)
        shares.append(float((mass * torch.softmax(log_weight, dim=0)).sum()))
        log_weight = log_weight + mass.log()
        codes[:, demand.column] = draw_codes(met.log(), torch.rand(pool))
        before = network.value_numbers(codes[:, demand.column], demand.column)
    chance = float(log_weight.double().exp().mean())
    if len(demands) > 1:
        rows = _drawn_again(log_weight, n_rows)
        codes, seen, before = codes[rows], seen.take(rows), before[rows]
    return Given(codes, seen, before, chance, tuple(shares))


def _drawn_again(log_weight: Tensor, n_rows: int) -> Tensor:
    """Row numbers [n_rows] by their weights, each as often as its weight asks up to one more or less."""
    heaped = torch.softmax(log_weight.double(), dim=0).cumsum(dim=0)
    places = (torch.arange(n_rows) + torch.rand(1, dtype=torch.float64)) / n_rows * heaped[-1]
    rows = torch.searchsorted(heaped, places).clamp(max=len(log_weight) - 1)
    return rows[torch.randperm(n_rows)]
