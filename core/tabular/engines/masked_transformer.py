"""One causal transformer over the columns of a row, trained on all prefixes and on random orders of the columns.

A causal mask makes every prefix of a row an example at once. Half of the training rows come with their columns in a
random order, so the network can start from any columns: those of a condition come first, and the others follow in the
table's order, with the target last. Numbers are bins of equal shares of the rows, with the training values' own places
within a bin. After training every column is tilted to its training frequencies.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from core.errors import ValenceError
from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.masked_transformer_settings import MaskedTransformerSettings
from core.tabular.engines.networks.arrays import set_weights, weights_of, with_prefix, without_prefix
from core.tabular.engines.networks.categorical import log_frequencies
from core.tabular.engines.networks.demands import Demand, demands_of
from core.tabular.engines.networks.encoding import EncodedRows, TableEncoding, fit_encoding, load_encoding
from core.tabular.engines.networks.even_draws import draw_evenly, marginal_tilt
from core.tabular.engines.networks.given import Given, draw_given
from core.tabular.engines.networks.passes import capped
from core.tabular.engines.networks.row_transformer import RowTransformer, TransformerSizes, random_orders
from core.tabular.engines.networks.training import TrainingPlan, build, repeatable, train_network
from core.tabular.engines.rejection import described
from core.tabular.engines.rows import stacked
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

MOST_PASSES: Final = 64  # over the training rows: a small table is not learnt by heart
_BATCH_ROWS: Final = 4096  # sampled at once: about a second, and many rows to spread draws over
_LEAST_CALIBRATION_ROWS: Final = 2048
_MOST_CALIBRATION_CELLS: Final = 300_000  # of rows times columns: a long or wide table takes fewer rows, for memory
_CALIBRATION_CELL_S: Final = 2e-5
_RAREST: Final = 20  # a condition is too rare if this many times the training rows would not hold one row


class MaskedTransformer:
    """A fitted transformer; `n_rows` of the training table say how rare a condition may be."""

    def __init__(
        self, settings: MaskedTransformerSettings, encoding: TableEncoding, network: RowTransformer, n_rows: int
    ) -> None:
        self.settings, self.encoding, self.network, self.n_rows = settings, encoding, network, n_rows

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """Rows whose demanded columns are drawn first, by their chance together, and the others given them."""
        demands = demands_of(self.encoding, where)
        batches: list[PlainTable] = []
        for start in range(0, n, _BATCH_ROWS):
            rows = min(_BATCH_ROWS, n - start)
            with repeatable(seed, start), torch.no_grad():
                given = draw_given(self.network, rows, demands, self.settings.temperature)
                self._check_chance(given, demands, where)
                codes = self._completed(given, [demand.column for demand in demands]).numpy()
            batches.append(self._table(codes, demands, seed, start))
            yield Progress(start + rows, n, f"{start + rows:,} rows")
        return stacked(self.encoding.columns, self.encoding.target, batches)

    def saved(self) -> SavedModel:
        """Settings, encoding and weights."""
        encoding = self.encoding.saved()
        arrays = weights_of(self.network) | with_prefix(encoding.arrays, "encoding.")
        settings = {"settings": self.settings.model_dump(mode="json"), "encoding": encoding.settings}
        return SavedModel(settings | {"n_rows": self.n_rows}, arrays)

    def _completed(self, given: Given, first: Sequence[int]) -> Tensor:
        """Codes [B, C] in table order: those given, and the other columns' drawn one after the other."""
        codes, seen, before = given.codes, given.seen, given.before
        for column in range(len(self.encoding.coded)):
            if column in first:
                continue
            logits = self.network.advance(seen, before, column) / self.settings.temperature
            codes[:, column] = draw_evenly(logits + self.network.tilt_of(column))
            before = self.network.value_numbers(codes[:, column], column)
        return codes

    def _table(self, codes: NDArray[np.int64], demands: Sequence[Demand], seed: int, start: int) -> PlainTable:
        no_scores = np.zeros((len(codes), 0), dtype=np.float32)
        table = self.encoding.decode(EncodedRows(codes, no_scores), seed + start)
        rng = np.random.default_rng([seed, start, 5])
        met = {d.name: d.numbers(codes[:, d.column], rng) for d in demands if d.bins}
        return PlainTable(table.columns, {**table.values, **met}, table.target)

    def _check_chance(self, given: Given, demands: Sequence[Demand], where: Sequence[Condition]) -> None:
        if not demands or given.chance * self.n_rows * _RAREST >= 1:
            return
        coded = {column.name for column in self.encoding.columns if column.is_coded}
        shares = {demand.name: share for demand, share in zip(demands, given.shares, strict=True)}
        each = ", ".join(f"{described(c, c.column in coded)} by {shares[c.column]:.2%}" for c in where)
        message = (
            f"Fewer than one row in {_RAREST * self.n_rows:,} meets the condition; met one after the other: {each}."
        )
        raise ValenceError(message, fix="Ask for a wider condition.")


def fit(table: PlainTable, settings: MaskedTransformerSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Train on every column of every row; `ValenceError` where the budget does not suffice."""
    budget = Budget(budget_s)
    encoding = fit_encoding(table, settings.bins, all_binned=True)
    codes = torch.from_numpy(encoding.encode(table, seed).codes)
    network = build(lambda: _network(settings, encoding), seed)
    with torch.no_grad():
        network.logit.bias.copy_(log_frequencies(codes, encoding.n_codes))

    def loss_of(batch: Tensor) -> Tensor:
        orders = random_orders(len(batch), codes.shape[1], settings.shuffled)
        logits = network(codes[batch], orders)
        losses = [functional.cross_entropy(part, codes[batch, at]) for at, part in enumerate(logits)]
        return torch.stack(losses).sum()

    trainer = capped(settings.trainer, MOST_PASSES, len(table))
    n_cells = min(_MOST_CALIBRATION_CELLS, max(len(table), _LEAST_CALIBRATION_ROWS) * codes.shape[1])
    plan = TrainingPlan(trainer, seed, budget, "Training the transformer", n_cells * _CALIBRATION_CELL_S)
    yield from train_network(network, loss_of, len(table), plan)
    wanted = log_frequencies(codes, encoding.n_codes).exp()
    yield from _calibrate(network, wanted, n_cells // codes.shape[1], settings.temperature, seed)
    return MaskedTransformer(settings, encoding, network, len(table))


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = MaskedTransformerSettings.model_validate(saved.settings["settings"])
    encoding = load_encoding(saved.settings["encoding"], without_prefix(saved.arrays, "encoding."))
    network = build(lambda: _network(settings, encoding), 0)
    set_weights(network, saved.arrays)
    return MaskedTransformer(settings, encoding, network, int(saved.settings["n_rows"]))


def _calibrate(network: RowTransformer, wanted: Tensor, n_rows: int, temperature: float, seed: int) -> Steps[None]:
    """Tilt every column's logits so that `n_rows` drawn in the table's order have the `wanted` frequencies.

    The tilt is found on the chances of rows and not on their draws, column after column, each on rows that were drawn
    with the tilts before it.
    """
    seen, before = network.nothing_seen(), network.row_starts(n_rows)
    for column, of_column in enumerate(torch.split(wanted, list(network.n_codes))):
        with repeatable(seed, 7, column), torch.no_grad():
            logits = network.advance(seen, before, column) / temperature
            network.tilt_of(column).copy_(marginal_tilt(logits, of_column))
            before = network.value_numbers(draw_evenly(logits + network.tilt_of(column)), column)
        yield Progress(column + 1, len(network.n_codes), "calibrating")


def _network(settings: MaskedTransformerSettings, encoding: TableEncoding) -> RowTransformer:
    return RowTransformer(encoding.n_codes, TransformerSizes(settings.width, settings.n_heads, settings.n_layers))
