"""The chain of networks: mixtures against scipy's densities, columns that read those before them, what is learnt."""

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from core.progress import finish
from core.tabular.engines import autoregressive
from core.tabular.engines.autoregressive_settings import AutoregressiveSettings
from core.tabular.engines.networks.column_chain import ChainColumn, ChainSizes, ColumnChain, hats
from core.tabular.engines.networks.number_heads import (
    draw_units,
    first_guess,
    fit_head,
    mixture_loss,
    spread_over_cells,
)
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.engines.networks.training import build, repeatable
from core.tabular.plain import Condition, PlainColumn, PlainTable

SAID = torch.tensor([[0.3, -0.7, -1.0, 1.5, -0.2, -1.1]])  # two parts: logits, means, log spreads


def mixture(value):
    shares = np.exp(SAID[0, :2].numpy()) / np.exp(SAID[0, :2].numpy()).sum()
    parts = stats.norm.pdf(value, SAID[0, 2:4].numpy(), np.exp(SAID[0, 4:].numpy()))
    return float(shares @ parts)


def test_the_loss_is_the_negative_log_density_of_the_mixture():
    for value in (-2.0, 0.1, 1.4):
        assert float(mixture_loss(SAID, torch.tensor([value]))) == pytest.approx(-np.log(mixture(value)), abs=1e-5)


def test_draws_have_the_mixtures_moments():
    with repeatable(3):
        drawn = draw_units(SAID.expand(40_000, 6)).numpy()
    mean = integrate.quad(lambda x: x * mixture(x), -9, 9)[0]
    square = integrate.quad(lambda x: x * x * mixture(x), -9, 9)[0]
    assert drawn.mean() == pytest.approx(mean, abs=0.03)
    assert (drawn**2).mean() == pytest.approx(square, rel=0.03)


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        (np.random.default_rng(0).normal(50, 4, 2000), "normal"),
        (np.random.default_rng(0).lognormal(1, 1, 2000), "log-normal"),
    ],
)
def test_the_likelier_head_is_taken_unless_one_is_asked_for(numbers, name):
    column = PlainColumn("x", 0, float(numbers.min()), float(numbers.max()))
    assert fit_head(column, numbers, "auto").name == name
    assert {fit_head(column, numbers, asked).name for asked in ("normal", "log-normal")} == {"normal", "log-normal"}


@pytest.mark.parametrize("asked", ["normal", "log-normal"])
def test_numbers_come_back_from_their_units_and_never_leave_bounds_or_grid(asked):
    numbers = np.round(np.random.default_rng(1).gamma(2, 5, 500), 1)
    column = PlainColumn("x", 0, float(numbers.min()), float(numbers.max()), 0.1)
    jittered = spread_over_cells(numbers, column, np.random.default_rng(2).random(500))
    assert np.abs(jittered - numbers).max() <= 0.05
    head = fit_head(column, jittered, asked)
    assert np.array_equal(head.numbers(head.units(jittered)), numbers)
    wild = head.numbers(np.array([-1e6, 1e6, 0.0], dtype=np.float32))
    assert (wild[0], wild[1]) == (column.low, column.high)
    assert wild[2] == np.round(wild[2], 1)


def test_a_constant_column_has_a_head():
    column = PlainColumn("x", 0, 7.0, 7.0)
    head = fit_head(column, np.full(30, 7.0), "auto")
    assert np.array_equal(head.numbers(np.array([-2.0, 0.0, 2.0], dtype=np.float32)), np.full(3, 7.0))


def test_a_number_is_read_by_shares_of_the_knots_about_it():
    knots, units = torch.tensor([-2.0, -0.5, -0.5, 1.0]), torch.tensor([-3.0, -1.1, -0.5, 0.7, 9.0])
    shares = hats(units, knots)
    assert torch.allclose(shares.sum(1), torch.ones(5))
    assert torch.allclose(shares @ knots, units.clamp(-2.0, 1.0), atol=1e-6)


def test_a_network_reads_the_columns_before_its_own():
    columns = [ChainColumn(3, 3), ChainColumn(0, 6), ChainColumn(2, 2)]
    chain = build(lambda: ColumnChain(columns, torch.linspace(-2, 2, 4)[None], ChainSizes(8, 1, 4)), 1)
    read = chain.nothing_read(2)
    assert chain.say(0, read).shape == (2, 3)
    read = torch.cat([read, chain.reading(0, torch.tensor([0, 2]))], 1)
    said = chain.say(1, read)
    assert not torch.allclose(said[0], said[1])
    read = torch.cat([read, chain.reading(1, torch.tensor([0.3, 0.3]))], 1)
    assert chain.say(2, read).shape == (2, 2)
    assert first_guess(2).shape == (6,)


def table(n=1500):
    rng = np.random.default_rng(0)
    a = rng.choice(3, n, p=[0.5, 0.3, 0.2]).astype(np.int32)
    price = np.round(np.exp(1.0 + a + rng.normal(0, 0.3, n)), 2)
    count = rng.poisson(2.0 + 4 * (a == 1)).astype(float)
    target = (rng.random(n) < np.where(price > 20, 0.5, 0.05)).astype(np.int32)
    columns = (
        PlainColumn("a", 3),
        PlainColumn("price", 0, float(price.min()), float(price.max()), 0.01),
        PlainColumn("count", 0, 0.0, float(count.max()), 1.0),
        PlainColumn("t", 2),
    )
    return PlainTable(columns, {"a": a, "price": price, "count": count, "t": target}, "t")


@pytest.fixture(scope="module")
def fitted():
    trainer = TrainerSettings(steps=250, batch_rows=128, learning_rate=8e-3, averaging=0.95)
    return finish(autoregressive.fit(table(), AutoregressiveSettings(trainer=trainer, width=24, parts=3), 1, 60.0))


def test_it_learns_how_columns_hang_together(fitted):
    made, real = finish(fitted.sample(3000, 5)), table()
    assert fitted.heads[1].name == "log-normal"
    for code in range(3):
        for name in ("price", "count"):
            expected = np.median(real.numbers(name)[real.codes("a") == code])
            assert np.median(made.numbers(name)[made.codes("a") == code]) == pytest.approx(expected, rel=0.15, abs=1)
    rates = [made.codes("t")[(made.numbers("price") > 20) == dear].mean() for dear in (False, True)]
    assert rates[0] < 0.12 < 0.35 < rates[1]


def test_rows_of_one_class_are_those_it_draws(fitted):
    where = [Condition("t", frozenset({1})), Condition("price", low=20.0)]
    made = finish(fitted.sample(400, 2, where))
    assert (made.codes("t") == 1).all()
    assert (made.numbers("price") >= 20).all()
    again = finish(autoregressive.load(fitted.saved()).sample(400, 2, where))
    assert all(np.array_equal(made.values[name], again.values[name]) for name in made.values)
