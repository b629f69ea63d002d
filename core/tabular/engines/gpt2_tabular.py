"""Tabular GPT-2: a language model from scratch over row, column and type tokens, decoded by the grammar.

Every run of tokens that the grammar forces is read as one place, the sum of their embeddings with that of the free
token before them: they say nothing that the place does not. So a row of C codes takes C steps, not 5 C + 2, and no
row that cannot be read is ever drawn.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.gpt2_tabular_settings import Gpt2TabularSettings
from core.tabular.engines.language.grammar import Grammar
from core.tabular.engines.networks.arrays import set_weights, weights_of
from core.tabular.engines.networks.categorical import draw_codes
from core.tabular.engines.networks.demands import Demand, demands_of
from core.tabular.engines.networks.encoding import fit_encoding, load_encoding
from core.tabular.engines.networks.gpt2 import Gpt2, Gpt2Shape
from core.tabular.engines.networks.passes import capped
from core.tabular.engines.networks.training import TrainingPlan, build, repeatable, train_network
from core.tabular.engines.rare_codes import RareCodes, find_rare_codes, load_rare_codes
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_DRAWN_AT_ONCE: Final = 512  # rows: their memory stays within a core's cache


def fit(table: PlainTable, settings: Gpt2TabularSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Learn to continue rows of a plain table within `budget_s` CPU seconds; `ValenceError` where they are too few."""
    budget, rare = Budget(budget_s), find_rare_codes(table)
    table = rare.merged(table)
    grammar = Grammar(fit_encoding(table, settings.n_levels**2 // 2, all_binned=True), settings.n_levels)
    yield Progress(0, settings.trainer.steps, "the rows are written as tokens")
    values = torch.from_numpy(grammar.values_of(table))
    network = build(lambda: RowLanguage(grammar, settings), seed)
    network.start_from_shares(values)
    weights = [settings.target_weight if _is_target(grammar, at) else 1.0 for at in range(len(grammar.places))]
    plan = TrainingPlan(
        capped(settings.trainer, settings.most_passes, len(table)),
        seed,
        budget,
        "the tabular language model's training",
    )
    yield from train_network(network, lambda rows: network.loss(values[rows], weights), len(table), plan)
    return TabularGpt2(rare, grammar, network, settings)


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = Gpt2TabularSettings.model_validate(saved.settings["settings"])
    grammar = Grammar(load_encoding(saved.settings["encoding"], saved.arrays), settings.n_levels)
    network = build(lambda: RowLanguage(grammar, settings), 0)
    set_weights(network, saved.arrays)
    rare = load_rare_codes(grammar.encoding.columns, saved.arrays)
    return TabularGpt2(rare, grammar, network, settings)


class RowLanguage(nn.Module):
    """GPT-2 with an output of its own size at every place: its softmax is over what the grammar allows there."""

    def __init__(self, grammar: Grammar, settings: Gpt2TabularSettings) -> None:
        super().__init__()
        self.places = grammar.places
        self.offsets: Tensor
        self.forced: Tensor
        self.starts: Tensor
        shape = Gpt2Shape(
            grammar.n_tokens,
            len(self.places),
            settings.width,
            settings.n_layers,
            settings.n_heads,
            settings.dropout,
        )
        self.gpt2 = Gpt2(shape)
        self.bias = nn.Parameter(torch.zeros(grammar.n_tokens))
        lengths = [0, *(len(place.forced) for place in self.places)]
        forced = [token for place in self.places for token in place.forced]
        self.register_buffer("offsets", torch.tensor([place.offset for place in self.places]), persistent=False)
        self.register_buffer("forced", torch.tensor(forced), persistent=False)
        self.register_buffer("starts", torch.tensor(lengths[:-1]).cumsum(0), persistent=False)

    def start_from_shares(self, values: Tensor) -> None:
        """Set the output's bias to the logarithm of every value's share of the rows, [R, P]."""
        with torch.no_grad():
            for at, place in enumerate(self.places):
                counts = torch.bincount(values[:, at], minlength=place.n_values) + 0.5
                self.bias[place.offset : place.offset + place.n_values] = (counts / counts.sum()).log()

    def embed_rows(self, values: Tensor) -> Tensor:
        """What is read at every place of rows of values [B, P], float [B, P, W]: forced tokens, and the one before."""
        token = self.gpt2.token
        before = token(values[:, :-1] + self.offsets[:-1])
        return functional.pad(before, (0, 0, 1, 0)) + self._forced()

    def embed_place(self, values: Tensor, at: int) -> Tensor:
        """The same at one place, [B, 1, W], after values [B, >= `at`]."""
        forced = self._forced()[at].expand(len(values), 1, -1)
        return forced + self.gpt2.token(values[:, at - 1 : at] + self.offsets[at - 1]) if at else forced

    def _forced(self) -> Tensor:
        """The sum of the forced tokens' embeddings at every place, [P, W]."""
        return functional.embedding_bag(self.forced, self.gpt2.token.weight, self.starts, mode="sum")

    def logits(self, hidden: Tensor, at: int) -> Tensor:
        """Logits of a place's values, [B, n_values], from the hidden states [B, W] there."""
        place = self.places[at]
        part = slice(place.offset, place.offset + place.n_values)
        return functional.linear(hidden, self.gpt2.token.weight[part], self.bias[part])

    def loss(self, values: Tensor, weights: Sequence[float]) -> Tensor:
        """Nats per row of values [B, P], each place weighted."""
        hidden = self.gpt2(self.embed_rows(values))
        parts = [
            weight * functional.cross_entropy(self.logits(hidden[:, at], at), values[:, at])
            for at, weight in enumerate(weights)
        ]
        return torch.stack(parts).sum()


class Weighted(NamedTuple):
    """Rows, and the logarithm of the chance of their demanded values [R]."""

    table: PlainTable
    log_chance: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class TabularGpt2:
    """A fitted tabular language model."""

    rare: RareCodes
    grammar: Grammar
    network: RowLanguage
    settings: Gpt2TabularSettings

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows written token by token, only with values that meet `where`.

        A row is then kept by the chance that its demanded values had before they were demanded: what comes earlier in
        the row goes with them as it does among all rows.
        """
        check_where(self.rare.columns, where)
        demands = demands_of(self.grammar.encoding, self.rare.understood(where))
        draw = self.rare.parting(_Thinned(self, demands) if demands else self._drawn_rows)
        target = self.grammar.encoding.target
        return (yield from sample_by_rejection(draw, self.rare.columns, target, n, seed, where, _DRAWN_AT_ONCE))

    def saved(self) -> SavedModel:
        """Settings, scales of the numbers and weights."""
        encoding = self.grammar.encoding.saved()
        settings = {"settings": self.settings.model_dump(mode="json"), "encoding": dict(encoding.settings)}
        return SavedModel(settings, {**encoding.arrays, **self.rare.saved(), **weights_of(self.network)})

    def _drawn_rows(self, n: int, rng: np.random.Generator) -> PlainTable:
        return self.draw(n, (), rng).table

    def draw(self, n: int, demands: Sequence[Demand], rng: np.random.Generator) -> Weighted:
        """`n` rows that meet the demands, and the chances of the demanded values."""
        asked = {demand.column: demand for demand in demands}
        values, log_chance = torch.zeros(n, len(self.grammar.places), dtype=torch.int64), torch.zeros(n)
        with torch.inference_mode(), repeatable(int(rng.integers(2**62))):
            memory = self.network.gpt2.memory(n)
            for at, place in enumerate(self.grammar.places):
                hidden = self.network.gpt2(self.network.embed_place(values, at), memory)[:, -1]
                logits = self.network.logits(hidden, at) / self.settings.temperature
                demand = asked.get(place.column)
                shares = torch.from_numpy(self.grammar.shares(at, values.numpy(), demand)).float()
                met = logits.log_softmax(dim=1) + shares.log()
                values[:, at] = draw_codes(met, torch.rand(n))
                if demand:
                    log_chance += met.logsumexp(dim=1)
        table = self.grammar.table_of(values.numpy(), int(rng.integers(2**62)), demands)
        return Weighted(table, log_chance.double().numpy())


class _Thinned:
    """Draws of rows that meet demands, each kept by its chance over the greatest one met so far."""

    def __init__(self, model: TabularGpt2, demands: Sequence[Demand]) -> None:
        self._model, self._demands = model, demands
        self._greatest, self._rate = -np.inf, 1.0

    def __call__(self, n: int, rng: np.random.Generator) -> PlainTable:
        n_drawn = int(np.clip(n / self._rate, _DRAWN_AT_ONCE, 4 * _DRAWN_AT_ONCE))
        drawn = self._model.draw(n_drawn, self._demands, rng)
        self._greatest = max(self._greatest, float(drawn.log_chance.max()))
        chances = np.exp(drawn.log_chance - self._greatest)
        self._rate = float(chances.mean())
        return drawn.table.take(np.flatnonzero(rng.random(n_drawn) < chances))


def _is_target(grammar: Grammar, at: int) -> bool:
    return grammar.encoding.columns[grammar.places[at].column].name == grammar.encoding.target
