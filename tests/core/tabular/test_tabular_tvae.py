"""The variational autoencoder: its bound, its latent density, and the whole on a planted table."""

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.nn import functional

from core.progress import finish
from core.tabular.engines import tvae
from core.tabular.engines.networks.autoencoder import AutoencoderShape, RowAutoencoder
from core.tabular.engines.networks.latent_density import fit_density, load_density
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.engines.networks.training import build, repeatable
from core.tabular.engines.tvae_settings import TvaeSettings
from core.tabular.plain import Condition, PlainTable
from tests.fakes.planted_table import planted


def test_the_loss_is_the_evidence_bound() -> None:
    network = build(lambda: RowAutoencoder(AutoencoderShape((3, 2), 2, 8, 4)), 0)
    codes, classes = torch.tensor([[0, 1], [2, 0], [1, 1]]), torch.tensor([0, 1, 0])
    mean, log_variance = network.encode(codes, classes)
    posterior = Normal(mean, (log_variance / 2).exp())
    with repeatable(7):
        latent = mean + torch.randn_like(mean) * posterior.stddev
    chances = [functional.log_softmax(part, dim=1) for part in network.decode(latent, classes)]
    likelihood = sum(part.gather(1, codes[:, [at]]) for at, part in enumerate(chances))
    bound = -likelihood.mean() + 0.3 * kl_divergence(posterior, Normal(0.0, 1.0)).sum(dim=1).mean()
    with repeatable(7):
        torch.testing.assert_close(network.loss(codes, classes, 0.3), bound)


def test_the_output_starts_at_the_shares_of_the_codes() -> None:
    network = build(lambda: RowAutoencoder(AutoencoderShape((3, 2), 1, 8, 4)), 0)
    codes = torch.tensor([[0, 1]] * 30 + [[2, 1]] * 10)
    network.start_from_shares(codes)
    torch.testing.assert_close(
        network.to_codes.bias[:3].exp(), torch.tensor([30.5, 0.5, 10.5]) / 41.5, rtol=1e-5, atol=0
    )


def test_the_density_has_the_moments_of_the_rows_and_of_their_classes() -> None:
    rng = np.random.default_rng(0)
    classes = (rng.random(4000) < 0.2).astype(np.int64)
    latent = rng.normal(0, 0.5, (4000, 2)) @ np.array([[1.0, 0.6], [0.0, 0.8]]) + 4.0 * classes[:, None]
    density = fit_density(latent, classes, 3, 4, 0)
    drawn = density.draw(classes, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), latent.mean(axis=0), atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T), np.cov(latent.T), atol=0.15)
    positive = density.draw(np.ones(2000, dtype=np.int64), rng)
    np.testing.assert_allclose(positive.mean(axis=0), [4.0, 4.0], atol=0.4)  # 20 rows' worth is borrowed
    nowhere = density.draw(np.full(4000, 2), rng)  # a class without rows has the shares of all
    np.testing.assert_allclose(nowhere.mean(axis=0), latent.mean(axis=0), atol=0.2)
    loaded = load_density(density.saved())
    one, other = (d.draw(classes, np.random.default_rng(5)) for d in (density, loaded))
    np.testing.assert_array_equal(one, other)


TRAINER = TrainerSettings(steps=250, batch_rows=128, learning_rate=1e-2, averaging=0.95)
SMALL = TvaeSettings(trainer=TRAINER, latent=4, hidden=32, n_bins=12, n_components=8, n_judges=1)


@pytest.fixture(scope="module")
def fitted() -> tvae.Tvae:
    model = finish(tvae.fit(planted(1500), SMALL, 0, 100.0))
    assert isinstance(model, tvae.Tvae)
    return model


def test_it_learns_what_the_columns_say_of_each_other(fitted: tvae.Tvae) -> None:
    rows, real = finish(fitted.sample(2000, 1)), planted(2000, 9)
    assert (rows.codes("b") == 3 - rows.codes("a")).mean() > 0.9
    assert ((rows.numbers("x") > 6) == (rows.codes("a") % 2 == 1)).mean() > 0.9
    assert abs(rows.codes("y").mean() - real.codes("y").mean()) < 0.02


def test_a_condition_on_the_target_is_given(fitted: tvae.Tvae) -> None:
    rows = finish(fitted.sample(300, 1, (Condition("y", frozenset({1})),)))
    assert (rows.codes("y") == 1).all() and (rows.codes("a") == 3).mean() > 0.8


def test_a_table_without_a_target_is_learnt_too() -> None:
    table = planted(200)
    quick = SMALL.model_copy(update={"trainer": TRAINER.model_copy(update={"steps": 5}), "n_judges": 0})
    model = finish(tvae.fit(PlainTable(table.columns, table.values, ""), quick, 0, 100.0))
    assert len(finish(model.sample(20, 1))) == 20
