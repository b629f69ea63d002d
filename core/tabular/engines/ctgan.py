"""CTGAN: a generator that is given the target and a code of one other column, against a critic of packed rows.

L. Xu et al., Modeling Tabular Data using Conditional GAN, NeurIPS 2019: conditional vector, training by sampling,
packing and mode-specific normalisation. Added here: the target is always given and drawn by its shares, so a rare class
keeps its rate and can be asked for; the generator also learns every two columns' joint shares; numbers are moved to the
training rows' quantiles; boosted judges accept draws (`core.tabular.engines.acceptance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.acceptance import Acceptance, Draw, learn_acceptance, load_acceptance
from core.tabular.engines.ctgan_settings import CtganSettings
from core.tabular.engines.gan.given import GivenShares, shares_of
from core.tabular.engines.gan.layout import Layout, fit_layout, load_layout
from core.tabular.engines.gan.networks import Generator
from core.tabular.engines.gan.training import GanRows, given_codes, train_gan
from core.tabular.engines.implied import ImpliedValues, find_implied, load_implied
from core.tabular.engines.networks.arrays import set_weights, weights_of
from core.tabular.engines.networks.categorical import draw_codes
from core.tabular.engines.networks.training import build, repeatable
from core.tabular.engines.rare_codes import RareCodes, find_rare_codes, load_rare_codes
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_CALIBRATED_BY: Final = 8_192  # draws


@dataclass(frozen=True, slots=True)
class RawDraws:
    """Codes of every softmax [B, S], places within modes [B, N] and classes [B], as the generator drew them."""

    codes: NDArray[np.int64]
    places: NDArray[np.float32]
    classes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ctgan:
    """A fitted generator, what it is given, and how its draws become rows."""

    rare: RareCodes
    implied: ImpliedValues
    layout: Layout
    shares: GivenShares
    generator: Generator
    acceptance: Acceptance
    settings: CtganSettings

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows; what `where` asks of the target and of one coded column is given, the rest is rejected."""
        columns = self.rare.columns
        check_where(columns, where)
        draw = self.rare.parting(self.acceptance.accepting(self.drawing(self.rare.understood(where))))
        return (yield from sample_by_rejection(draw, columns, self.shares.target, n, seed, where))

    def drawing(self, where: Sequence[Condition] = ()) -> Draw:
        """Draws of rows for a condition, before any is accepted."""

        def draw(n: int, rng: np.random.Generator) -> PlainTable:
            raw = self.raw_draws(n, rng, where)
            return self.layout.table_of(raw.codes, raw.places, raw.classes, int(rng.integers(2**62)))

        return self.implied.keeping(draw)

    def raw_draws(self, n: int, rng: np.random.Generator, where: Sequence[Condition] = ()) -> RawDraws:
        """`n` draws; a given code stands in its row, whatever the generator makes of it."""
        given, shares = self.shares.draw(n, where, rng), self.shares
        column, code = torch.from_numpy(given.column), torch.from_numpy(given.code)
        classes = torch.from_numpy(given.classes)
        with torch.inference_mode(), repeatable(int(rng.integers(2**62))):
            asked = given_codes(shares.sizes, len(shares.class_shares), column, code, classes)
            drawn = self.generator(torch.randn(n, self.generator.n_noise), asked)
            parts = drawn.logits.split_with_sizes(self.generator.sizes, dim=1)
            codes = [draw_codes(part, torch.rand(n)) for part in parts]
        found = torch.stack(codes, dim=1).numpy() if codes else np.zeros((n, 0), dtype=np.int64)
        rows = np.flatnonzero(given.column >= 0)
        found[rows, given.column[rows]] = given.code[rows]
        return RawDraws(found, drawn.places.numpy(), given.classes)

    def saved(self) -> SavedModel:
        """Settings, scales, modes, shares, weights and the judges."""
        encoding, acceptance = self.layout.encoding.saved(), self.acceptance.saved()
        settings = {
            "settings": self.settings.model_dump(mode="json"),
            "encoding": dict(encoding.settings),
            "acceptance": dict(acceptance.settings),
        }
        shares = {"joint": self.shares.joint, "class_shares": self.shares.class_shares}
        arrays = {
            **encoding.arrays,
            **self.rare.saved(),
            **self.implied.saved(),
            **self.layout.saved(),
            **shares,
            **weights_of(self.generator),
        }
        return SavedModel(settings, {**arrays, **acceptance.arrays})


def fit(table: PlainTable, settings: CtganSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Learn a plain table within `budget_s` CPU seconds; `ValenceError` where they are too few."""
    return (yield from fit_on(table, table, settings, seed, Budget(budget_s)))


def fit_on(
    training: PlainTable, table: PlainTable, settings: CtganSettings, seed: int, budget: Budget
) -> Steps[Synthesizer]:
    """Train the networks on `training` rows; shares, quantiles and judges come from `table`, of the same columns."""
    yield Progress(0, settings.steps, "finding the modes of the numbers")
    rare = find_rare_codes(table)
    table, training = rare.merged(table), rare.merged(training)
    implied = find_implied(table)
    layout = fit_layout(table, settings.n_modes, seed)
    rows = _gan_rows(layout, training, seed)
    n_steps = min(settings.steps, -(-settings.most_passes * len(table) // min(settings.batch_rows, len(table))))
    generator = yield from train_gan(rows, settings, n_steps, seed, budget)
    real = _gan_rows(layout, table, seed)
    names, sizes = tuple(column.name for column in layout.coded), layout.sizes[: len(layout.coded)]
    shares = shares_of(table.target, names, sizes, real.codes.numpy(), real.classes.numpy(), real.n_classes)
    fitted = Ctgan(rare, implied, layout, shares, generator, Acceptance(table.columns), settings)
    raw = fitted.raw_draws(_CALIBRATED_BY, np.random.default_rng([seed, 10]))
    fitted = replace(fitted, layout=layout.calibrated(raw.codes, raw.places))
    acceptance = yield from learn_acceptance(fitted.drawing(), table, settings.n_judges, seed, budget)
    return replace(fitted, acceptance=acceptance)


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = CtganSettings.model_validate(saved.settings["settings"])
    layout = load_layout(saved.settings["encoding"], saved.arrays)
    encoding, sizes = layout.encoding, layout.sizes[: len(layout.coded)]
    names, joint = tuple(column.name for column in layout.coded), saved.arrays["joint"]
    shares = GivenShares(encoding.target, names, sizes, joint, saved.arrays["class_shares"])
    n_given = sum(sizes) + len(shares.class_shares)
    generator = build(lambda: Generator(settings.noise, n_given, settings.hidden, layout.sizes, layout.n_numbers), 0)
    set_weights(generator, saved.arrays)
    acceptance = load_acceptance(encoding.columns, saved.settings["acceptance"], saved.arrays)
    rare, implied = load_rare_codes(encoding.columns, saved.arrays), load_implied(encoding.columns, saved.arrays)
    return Ctgan(rare, implied, layout, shares, generator, acceptance, settings)


def _gan_rows(layout: Layout, table: PlainTable, seed: int) -> GanRows:
    codes, places = layout.split(table, seed)
    classes, n_classes = np.zeros(len(table), dtype=np.int64), 1
    if table.target:
        classes = table.codes(table.target).astype(np.int64)
        n_classes = next(column.n_codes for column in table.columns if column.name == table.target)
    return GanRows(
        torch.from_numpy(codes),
        torch.from_numpy(places),
        torch.from_numpy(classes),
        layout.sizes,
        layout.levels,
        len(layout.coded),
        n_classes,
    )
