"""TVAE: a variational autoencoder of rows whose latent density is fitted after training, conditional on the target.

After L. Xu et al., Modeling Tabular Data using Conditional GAN, NeurIPS 2019, section 4.3, with three changes. Numbers
are bins of their ranks instead of Gaussian modes, so a column may have any shape. The target is given to both sides and
drawn by its shares, so a rare class keeps its rate and can be asked for. Latent numbers are drawn where real rows have
theirs. Boosted judges then accept draws (`core.tabular.engines.acceptance`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.progress import Progress, Steps
from core.tabular.budget import Budget
from core.tabular.engines.acceptance import Acceptance, Draw, learn_acceptance, load_acceptance
from core.tabular.engines.classes import Classes, classes_of
from core.tabular.engines.implied import ImpliedValues, find_implied, load_implied
from core.tabular.engines.networks.arrays import set_weights, weights_of
from core.tabular.engines.networks.autoencoder import AutoencoderShape, RowAutoencoder
from core.tabular.engines.networks.categorical import draw_codes
from core.tabular.engines.networks.encoding import EncodedRows, TableEncoding, fit_encoding, load_encoding
from core.tabular.engines.networks.latent_density import MOST_FITTED, LatentDensity, fit_density, load_density
from core.tabular.engines.networks.passes import capped
from core.tabular.engines.networks.training import TrainingPlan, build, repeatable, train_network
from core.tabular.engines.rare_codes import RareCodes, find_rare_codes, load_rare_codes
from core.tabular.engines.rejection import check_where, sample_by_rejection
from core.tabular.engines.tvae_settings import TvaeSettings
from core.tabular.plain import Condition, PlainTable
from core.tabular.synthesizer import SavedModel, Synthesizer

_BATCH_ROWS: Final = 4_096


@dataclass(frozen=True, slots=True)
class Tvae:
    """A fitted autoencoder: the codes of `encoding` are its own and the classes, the target last."""

    rare: RareCodes
    implied: ImpliedValues
    encoding: TableEncoding
    classes: Classes
    network: RowAutoencoder
    density: LatentDensity
    acceptance: Acceptance
    settings: TvaeSettings

    def sample(self, n: int, seed: int, where: Sequence[Condition] = ()) -> Steps[PlainTable]:
        """`n` rows; the target is drawn among what `where` allows, and rows that miss the rest are drawn again."""
        columns = self.rare.columns
        check_where(columns, where)
        draw = self.rare.parting(self.acceptance.accepting(self.drawing(self.classes.chances(where))))
        return (yield from sample_by_rejection(draw, columns, self.classes.name, n, seed, where))

    def drawing(self, chances: NDArray[np.float64]) -> Draw:
        """Draws of rows whose classes have these chances [Y], before any is accepted."""

        def draw(n: int, rng: np.random.Generator) -> PlainTable:
            classes = rng.choice(len(chances), n, p=chances)
            latent = torch.from_numpy(self.density.draw(classes, rng))
            with torch.inference_mode(), repeatable(int(rng.integers(2**62))):
                logits = self.network.decode(latent, torch.from_numpy(classes))
                codes = [draw_codes(part, torch.rand(n)) for part in logits]
            if self.classes.name:
                codes.append(torch.from_numpy(classes))
            rows = EncodedRows(torch.stack(codes, dim=1).numpy(), np.empty((n, 0), np.float32))
            return self.encoding.decode(rows, int(rng.integers(2**62)))

        return self.implied.keeping(draw)

    def saved(self) -> SavedModel:
        """Settings, scales, weights, the latent density and the judges."""
        encoding, acceptance = self.encoding.saved(), self.acceptance.saved()
        settings = {
            "settings": self.settings.model_dump(mode="json"),
            "encoding": dict(encoding.settings),
            "acceptance": dict(acceptance.settings),
        }
        arrays = {**encoding.arrays, **weights_of(self.network), **self.density.saved(), **acceptance.arrays}
        arrays |= self.rare.saved() | self.implied.saved()
        return SavedModel(settings, {**arrays, "class_shares": self.classes.shares})


def fit(table: PlainTable, settings: TvaeSettings, seed: int, budget_s: float) -> Steps[Synthesizer]:
    """Learn a plain table within `budget_s` CPU seconds; `ValenceError` where they are too few."""
    budget, rare = Budget(budget_s), find_rare_codes(table)
    table = rare.merged(table)
    implied = find_implied(table)
    encoding, classes = fit_encoding(table, settings.n_bins, all_binned=True), classes_of(table)
    yield Progress(0, settings.trainer.steps, "the rows are coded")
    codes = torch.from_numpy(encoding.encode(table, seed).codes)
    codes, given = (
        (codes[:, :-1], codes[:, -1]) if classes.name else (codes, torch.zeros(len(table), dtype=torch.int64))
    )
    network = build(lambda: RowAutoencoder(_shape(encoding, classes, settings)), seed)
    network.start_from_shares(codes)
    plan = TrainingPlan(
        capped(settings.trainer, settings.most_passes, len(table)), seed, budget, "the autoencoder's training"
    )

    def loss(batch: Tensor) -> Tensor:
        return network.loss(codes[batch], given[batch], settings.divergence_weight)

    yield from train_network(network, loss, len(table), plan)
    yield Progress(plan.trainer.steps, plan.trainer.steps, "fitting the latent density")
    density = _fit_density(network, codes, given, settings, seed)
    fitted = Tvae(rare, implied, encoding, classes, network, density, Acceptance(table.columns), settings)
    acceptance = yield from learn_acceptance(fitted.drawing(classes.shares), table, settings.n_judges, seed, budget)
    return Tvae(rare, implied, encoding, classes, network, density, acceptance, settings)


def load(saved: SavedModel) -> Synthesizer:
    """What `saved` gave, ready to sample."""
    settings = TvaeSettings.model_validate(saved.settings["settings"])
    encoding = load_encoding(saved.settings["encoding"], saved.arrays)
    classes = Classes(encoding.target, saved.arrays["class_shares"])
    network = build(lambda: RowAutoencoder(_shape(encoding, classes, settings)), 0)
    set_weights(network, saved.arrays)
    acceptance = load_acceptance(encoding.columns, saved.settings["acceptance"], saved.arrays)
    rare, implied = load_rare_codes(encoding.columns, saved.arrays), load_implied(encoding.columns, saved.arrays)
    return Tvae(rare, implied, encoding, classes, network, load_density(saved.arrays), acceptance, settings)


def _shape(encoding: TableEncoding, classes: Classes, settings: TvaeSettings) -> AutoencoderShape:
    sizes = encoding.n_codes[:-1] if classes.name else encoding.n_codes
    return AutoencoderShape(sizes, len(classes.shares), settings.hidden, settings.latent)


def _fit_density(
    network: RowAutoencoder, codes: Tensor, given: Tensor, settings: TvaeSettings, seed: int
) -> LatentDensity:
    some = torch.linspace(0, len(codes) - 1, min(len(codes), MOST_FITTED)).long()
    codes, given = codes[some], given[some]
    with torch.inference_mode(), repeatable(seed, 6):
        mean, log_variance = network.encode(codes, given)
        latent = mean + torch.randn_like(mean) * (log_variance / 2).exp()
    n_classes = network.shape.n_classes
    return fit_density(latent.double().numpy(), given.numpy(), n_classes, settings.n_components, seed)
