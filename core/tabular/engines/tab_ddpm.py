"""TabDDPM: rows are made from noise, step by step; Gaussian noise on numbers and multinomial noise on codes.

After Kotelnikov et al., "TabDDPM: modelling tabular data with diffusion models" (2023): one network over both kinds of
columns, given the target. Ours in what surrounds it: numbers enter as normal scores, noise on codes follows the
training frequencies, time is continuous, and a code's own value is drawn before the step back, which makes the step
cheap and exact. The target is drawn first, by its training frequencies, so rows of one class cost no more than any;
where no class is asked for it is drawn anew for the finished row, by boosted chances, which know a rare class better.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.errors import ValenceError
from core.progress import Steps
from core.tabular.budget import Budget
from core.tabular.engines.budgeted import within
from core.tabular.engines.networks.arrays import set_weights, weights_of, with_prefix, without_prefix
from core.tabular.engines.networks.categorical import draw_codes, log_frequencies, side_by_side_loss
from core.tabular.engines.networks.denoiser import Denoiser, NetworkSizes, NoisyRows
from core.tabular.engines.networks.diffused_columns import DiffusedColumns, frequencies
from core.tabular.engines.networks.diffusion import (
    MOST_TIME,
    earlier_codes,
    earlier_scores,
    noisy_codes,
    noisy_scores,
    velocity,
)
from core.tabular.engines.networks.encoding import EncodedRows, TableEncoding, fit_encoding, load_encoding
from core.tabular.engines.networks.passes import capped
from core.tabular.engines.networks.training import TrainingPlan, build, repeatable, train_network
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.engines.tab_ddpm_settings import TabDdpmSettings
from core.tabular.engines.tree_sampler_settings import TreeSamplerSettings
from core.tabular.engines.trees.boosting import fit_head_of_target, is_boosted
from core.tabular.engines.trees.head import Head, draw_classes
from core.tabular.engines.trees.saving import head_of, with_head
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

MOST_PASSES: Final = 60  # over the training rows: a small table is not learnt by heart
SCORE_WEIGHT: Final = 3.0  # a squared error is small beside the cross-entropy of a column of many codes
_BATCH_ROWS: Final = 512  # sampled at once: about a second
_MOST_BOOSTED_ON: Final = 50_000  # rows
_WHAT: Final = "Training the diffusion network"


class TabDdpm:
    """A fitted diffusion synthesizer. `target_chances` float64 [K]: training frequencies, or [1.0] without a target."""

    def __init__(
        self,
        settings: TabDdpmSettings,
        encoding: TableEncoding,
        network: Denoiser,
        columns: DiffusedColumns,
        target_chances: NDArray[np.float64],
        head: Head | None,
    ) -> None:
        self.settings, self.encoding, self.network = settings, encoding, network
        self.columns, self.target_chances, self.head = columns, target_chances, head

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """Rows of the target's codes asked for, each as often as in training; other conditions keep what meets them."""
        check_where(self.encoding.columns, where)
        chances = self._target_chances(where)
        encoding = self.encoding
        is_class_given = any(condition.column == encoding.target for condition in where)
        head = None if is_class_given else self.head

        def draw(rows: int, rng: np.random.Generator) -> PlainTable:
            return self._draw(rows, rng, chances, head)

        steps = sample_by_rejection(draw, encoding.columns, encoding.target, n, seed, where, _BATCH_ROWS)
        table: PlainTable = yield from steps
        return table

    def saved(self) -> SavedModel:
        """Settings, encoding, frequencies, weights and head."""
        encoding = self.encoding.saved()
        arrays = weights_of(self.network) | with_prefix(encoding.arrays, "encoding.")
        arrays["target_chances"] = self.target_chances
        for at, chances in enumerate(self.columns.chances):
            arrays[f"chances{at}"] = chances.numpy().copy()
        settings = {"settings": self.settings.model_dump(mode="json"), "encoding": encoding.settings}
        return with_head(SavedModel(settings, arrays), self.head)

    def _target_chances(self, where: Sequence[Condition]) -> NDArray[np.float64]:
        """The target's frequencies among the codes asked for; `ValenceError` where training rows have none of them."""
        chances = self.target_chances.copy()
        for condition in where:
            if condition.column == self.encoding.target:
                chances[[code for code in range(len(chances)) if code not in condition.codes]] = 0.0
        if chances.sum() <= 0:
            message = f"No training row has a value of {self.encoding.target!r} that is asked for."
            raise ValenceError(message, fix="Ask for one that occurs.")
        return np.asarray(chances / chances.sum(), dtype=np.float64)

    def _draw(
        self, n: int, rng: np.random.Generator, target_chances: NDArray[np.float64], head: Head | None
    ) -> PlainTable:
        target = rng.choice(len(target_chances), size=n, p=target_chances)
        seed = int(rng.integers(2**31))
        with repeatable(seed), torch.no_grad():
            rows = self._without_noise(torch.from_numpy(target))
        codes = rows.codes.numpy()
        if self.encoding.target:
            codes = np.column_stack([codes, target])
        table = self.encoding.decode(EncodedRows(codes, rows.scores.numpy()), seed)
        if head is None:
            return table
        drawn = draw_classes(head.chances(table.values, n), np.flatnonzero(self.target_chances).tolist(), rng.random(n))
        return replace(table, values={**table.values, table.target: drawn})

    def _without_noise(self, target: Tensor) -> NoisyRows:
        """Rows of these targets [B], from noise alone down to time 0."""
        n, n_scores = len(target), len(self.encoding.scales)
        times = np.linspace(MOST_TIME, 0.0, self.settings.sampling_steps + 1).tolist()
        codes, scores = self.columns.drawn(n), torch.randn(n, n_scores)
        for now, then in pairwise(times):
            guess = self.network(NoisyRows(codes, scores, target, torch.full((n,), now)))
            parts = torch.split(guess.logits, list(self.columns.n_codes), dim=1) if self.columns.n_codes else ()
            places = torch.rand(len(parts), n)
            own = [draw_codes(part, places[at]) for at, part in enumerate(parts)]
            if own:
                codes = earlier_codes(
                    codes,
                    torch.stack(own, dim=1),
                    self.columns.drawn(n),
                    (then, now),
                    self.columns.chances_of(codes),
                    torch.rand(n, len(own)),
                )
            scores = earlier_scores(scores, guess.velocity, (then, now), torch.randn(n, n_scores))
        return NoisyRows(codes, scores, target, torch.zeros(n))


def fit(table: PlainTable, settings: TabDdpmSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Train the network for `settings.trainer.steps` steps; `ValenceError` where the budget does not suffice."""
    budget = Budget(budget_s)
    encoding = fit_encoding(table, settings.most_values)
    rows = encoding.encode(table, seed)
    codes, scores = torch.from_numpy(rows.codes), torch.from_numpy(rows.scores)
    target = codes[:, -1] if encoding.target else torch.zeros(len(table), dtype=torch.int64)
    if encoding.target:
        codes = codes[:, :-1]
    n_codes = encoding.n_codes[:-1] if encoding.target else encoding.n_codes
    columns = DiffusedColumns(n_codes, tuple(frequencies(codes[:, at], n) for at, n in enumerate(n_codes)))
    n_targets = encoding.n_codes[-1] if encoding.target else 1
    network = build(lambda: _network(settings, columns, len(encoding.scales), n_targets), seed)
    if network.logits is not None:
        with torch.no_grad():
            network.logits.bias.copy_(log_frequencies(codes, columns.n_codes))

    def loss_of(batch: Tensor) -> Tensor:
        return _loss(network, columns, NoisyRows(codes[batch], scores[batch], target[batch], _times(len(batch))))

    trainer = capped(settings.trainer, MOST_PASSES, len(table))
    yield from train_network(network, loss_of, len(table), TrainingPlan(trainer, seed, budget, _WHAT))
    chances = np.bincount(target.numpy(), minlength=n_targets) / len(table)
    head = None
    if is_boosted(table):
        rng = np.random.default_rng([seed, 4])
        steps = fit_head_of_target(
            table.take(rng.permutation(len(table))[:_MOST_BOOSTED_ON]), TreeSamplerSettings(), rng
        )
        head = yield from within(budget, steps, f"Boosting {table.target!r}")
    return TabDdpm(settings, encoding, network, columns, chances, head)


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = TabDdpmSettings.model_validate(saved.settings["settings"])
    encoding = load_encoding(saved.settings["encoding"], without_prefix(saved.arrays, "encoding."))
    n_codes = encoding.n_codes[:-1] if encoding.target else encoding.n_codes
    chances = tuple(torch.from_numpy(saved.arrays[f"chances{at}"]) for at in range(len(n_codes)))
    columns = DiffusedColumns(n_codes, chances)
    target_chances = saved.arrays["target_chances"]
    network = build(lambda: _network(settings, columns, len(encoding.scales), len(target_chances)), 0)
    set_weights(network, saved.arrays)
    return TabDdpm(settings, encoding, network, columns, target_chances, head_of(saved))


def _network(settings: TabDdpmSettings, columns: DiffusedColumns, n_scores: int, n_targets: int) -> Denoiser:
    sizes = NetworkSizes(settings.width, settings.inner, settings.n_layers, settings.dropout, settings.rank)
    return Denoiser(columns.n_codes, n_scores, n_targets, sizes)


def _times(n: int) -> Tensor:
    """Times spread evenly over (0, 1) and shifted together, in a random order: float32 [n]."""
    return ((torch.randperm(n) + torch.rand(1)) / n) * MOST_TIME


def _loss(network: Denoiser, columns: DiffusedColumns, rows: NoisyRows) -> Tensor:
    """Weighted squared error of the velocities plus the cross-entropies of the codes, both summed over columns."""
    noise = torch.randn_like(rows.scores)
    seen = noisy_codes(rows.codes, columns.drawn(len(rows.time)), rows.time, torch.rand(rows.codes.shape))
    found = network(rows._replace(codes=seen, scores=noisy_scores(rows.scores, noise, rows.time)))
    wanted = velocity(rows.scores, noise, rows.time)
    missed = (found.velocity - wanted).square().sum(dim=1).mean()
    total: Tensor = SCORE_WEIGHT * missed + side_by_side_loss(found.logits, rows.codes, columns.n_codes)
    return total
