"""A chain of networks, one per column: each reads the columns before it and says how its own is distributed.

Codes by a softmax, numbers by a mixture of normal or of log-normal distributions. Columns keep the table's order, with
the target last, so a condition is met by drawing rows and keeping those that meet it.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.progress import Steps
from core.tabular.budget import Budget
from core.tabular.engines.autoregressive_settings import AutoregressiveSettings
from core.tabular.engines.networks.arrays import set_weights, weights_of
from core.tabular.engines.networks.categorical import draw_codes, log_frequencies
from core.tabular.engines.networks.column_chain import ChainColumn, ChainSizes, ColumnChain
from core.tabular.engines.networks.number_heads import (
    NumberHead,
    draw_units,
    first_guess,
    fit_head,
    mixture_loss,
    spread_over_cells,
)
from core.tabular.engines.networks.passes import capped
from core.tabular.engines.networks.training import TrainingPlan, build, repeatable, train_network
from core.tabular.engines.rejection import sample_by_rejection
from core.tabular.plain import Condition, PlainColumn, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

MOST_PASSES: Final = 80  # over the training rows: a small table is not learnt by heart
_BATCH_ROWS: Final = 4096  # sampled at once: well under a second

Heads = dict[int, NumberHead]  # by the place of the column


class Autoregressive:
    """A fitted chain; `heads` of the number columns."""

    def __init__(
        self,
        settings: AutoregressiveSettings,
        columns: tuple[PlainColumn, ...],
        target: str,
        heads: Heads,
        chain: ColumnChain,
    ) -> None:
        self.settings, self.columns, self.target, self.heads, self.chain = settings, columns, target, heads, chain

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """Rows drawn column after column; of those drawn the ones that meet the conditions."""
        steps = sample_by_rejection(self._draw, self.columns, self.target, n, seed, where, _BATCH_ROWS)
        table: PlainTable = yield from steps
        return table

    def saved(self) -> SavedModel:
        """Settings, columns, heads and weights."""
        settings = {
            "settings": self.settings.model_dump(mode="json"),
            "columns": [asdict(column) for column in self.columns],
            "target": self.target,
            "heads": {str(at): _saved_head(head) for at, head in self.heads.items()},
        }
        return SavedModel(settings, weights_of(self.chain))

    def _draw(self, n: int, rng: np.random.Generator) -> PlainTable:
        values: dict[str, NDArray[np.int32] | NDArray[np.float64]] = {}
        with repeatable(int(rng.integers(2**31))), torch.no_grad():
            read = self.chain.nothing_read(n)
            for at, column in enumerate(self.columns):
                said = self.chain.say(at, read)
                drawn = draw_codes(said, torch.rand(n)) if column.is_coded else draw_units(said)
                head = self.heads.get(at)
                values[column.name] = head.numbers(drawn.numpy()) if head else drawn.numpy().astype(np.int32)
                read = torch.cat([read, self.chain.reading(at, drawn)], dim=1)
        return PlainTable(self.columns, values, self.target)


def fit(table: PlainTable, settings: AutoregressiveSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Train all networks together; `ValenceError` where the budget does not suffice."""
    budget, rng = Budget(budget_s), np.random.default_rng([seed, 6])
    heads, values = Heads(), list[Tensor]()
    for at, column in enumerate(table.columns):
        if column.is_coded:
            values.append(torch.from_numpy(table.codes(column.name).astype(np.int64)))
            continue
        numbers = spread_over_cells(table.numbers(column.name), column, rng.random(len(table)))
        heads[at] = fit_head(column, numbers, settings.head)
        values.append(torch.from_numpy(heads[at].units(numbers)))
    units = [value for column, value in zip(table.columns, values, strict=True) if not column.is_coded]
    chain = build(lambda: _chain(settings, table.columns, _knots(units, settings.embedding)), seed)
    _start_from_frequencies(chain, table.columns, values, settings.parts)

    def loss_of(batch: Tensor) -> Tensor:
        return _loss(chain, table.columns, [value[batch] for value in values])

    plan = TrainingPlan(capped(settings.trainer, MOST_PASSES, len(table)), seed, budget, "Training the networks")
    yield from train_network(chain, loss_of, len(table), plan)
    return Autoregressive(settings, table.columns, table.target, heads, chain)


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = AutoregressiveSettings.model_validate(saved.settings["settings"])
    columns = tuple(PlainColumn(**column) for column in saved.settings["columns"])
    heads = {int(at): NumberHead(columns[int(at)], **head) for at, head in saved.settings["heads"].items()}
    knots = torch.zeros(len(heads), settings.embedding)
    chain = build(lambda: _chain(settings, columns, knots), 0)
    set_weights(chain, saved.arrays)
    return Autoregressive(settings, columns, saved.settings["target"], heads, chain)


def _saved_head(head: NumberHead) -> dict[str, Any]:
    return {"name": head.name, "floor": head.floor, "mean": head.mean, "spread": head.spread}


def _knots(units: Sequence[Tensor], n_knots: int) -> Tensor:
    """Where numbers are read finely, float32 [N, K]: at equal shares of the training rows."""
    places = torch.linspace(0.0, 1.0, n_knots, dtype=torch.float64)
    found = [torch.from_numpy(np.quantile(unit.numpy(), places.numpy())).float() for unit in units]
    return torch.stack(found) if found else torch.zeros(0, n_knots)


def _chain(settings: AutoregressiveSettings, columns: Sequence[PlainColumn], knots: Tensor) -> ColumnChain:
    sizes = ChainSizes(settings.width, settings.n_layers, settings.embedding)
    return ColumnChain([ChainColumn(c.n_codes, c.n_codes or 3 * settings.parts) for c in columns], knots, sizes)


def _start_from_frequencies(
    chain: ColumnChain, columns: Sequence[PlainColumn], values: Sequence[Tensor], parts: int
) -> None:
    """Let every network begin at what its column is without the others."""
    for column, value, network in zip(columns, values, chain.networks, strict=True):
        last = list(network.children())[-1]
        assert isinstance(last, nn.Linear)
        with torch.no_grad():
            is_coded = column.is_coded
            last.bias.copy_(log_frequencies(value[:, None], [column.n_codes]) if is_coded else first_guess(parts))
            last.weight.mul_(0.1)


def _loss(chain: ColumnChain, columns: Sequence[PlainColumn], values: Sequence[Tensor]) -> Tensor:
    """What every network misses of its column, summed over columns, a scalar."""
    read, losses = chain.nothing_read(len(values[0])), []
    for at, (column, value) in enumerate(zip(columns, values, strict=True)):
        said = chain.say(at, read)
        losses.append(functional.cross_entropy(said, value) if column.is_coded else mixture_loss(said, value))
        read = torch.cat([read, chain.reading(at, value)], dim=1)
    return torch.stack(losses).sum()
