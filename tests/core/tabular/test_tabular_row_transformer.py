"""The transformer over columns: causal in any order, one place at a time as all at once, conditions by enumeration."""

from itertools import product

import numpy as np
import pytest
import torch

from core.errors import InvalidInput, ValenceError
from core.progress import finish
from core.tabular.engines import masked_transformer
from core.tabular.engines.masked_transformer_settings import MaskedTransformerSettings
from core.tabular.engines.networks.demands import Demand, demands_of
from core.tabular.engines.networks.encoding import fit_encoding
from core.tabular.engines.networks.given import draw_given
from core.tabular.engines.networks.row_transformer import RowTransformer, TransformerSizes, random_orders
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.engines.networks.training import build, repeatable
from core.tabular.plain import Condition, PlainColumn, PlainTable
from core.tabular.synthesizer import rows_met

N_CODES = (3, 4, 2)


@pytest.fixture
def network():
    made = build(lambda: RowTransformer(N_CODES, TransformerSizes(8, 2, 2)), 3).eval()
    with torch.no_grad():
        made.logit.weight.mul_(4)  # far from even, so that what is tested shows
    return made


def log_chances(network, codes, orders):
    with torch.no_grad():
        logits = network(codes, orders)
    return torch.stack(
        [torch.log_softmax(part, 1).gather(1, codes[:, [at]])[:, 0] for at, part in enumerate(logits)], 1
    )


def test_a_column_is_predicted_from_those_before_it_alone(network):
    order = torch.tensor([[2, 0, 1]])
    with torch.no_grad():
        of_column = network(torch.tensor([[1, 2, 0]]), order)
        later_changed = network(torch.tensor([[1, 3, 0]]), order)
        earlier_changed = network(torch.tensor([[1, 2, 1]]), order)
    assert torch.equal(of_column[0], later_changed[0])
    assert torch.equal(of_column[1], later_changed[1])
    assert not torch.allclose(of_column[0], earlier_changed[0])
    assert torch.equal(of_column[2], earlier_changed[2])


def test_one_column_after_the_other_gives_the_same_chances_as_all_at_once(network):
    codes, order = torch.tensor([[1, 2, 0], [2, 0, 1]]), [1, 2, 0]
    with torch.no_grad():
        expected = network(codes, torch.tensor([order, order]))
        seen, before = network.nothing_seen(), network.row_starts(2)
        for column in order:
            found = network.advance(seen, before, column)
            assert torch.allclose(found, expected[column], atol=1e-5)
            before = network.value_numbers(codes[:, column], column)


def test_orders_are_the_tables_own_but_for_the_share_asked_for():
    with repeatable(1):
        orders = random_orders(400, 5, 0.25).numpy()
    assert (np.sort(orders, axis=1) == np.arange(5)).all()
    assert (orders[100:] == np.arange(5)).all()
    assert np.bincount(orders[:100, 0], minlength=5).min() > 5


def test_rows_drawn_under_conditions_follow_the_networks_own_distribution_given_them(network):
    shares = {0: np.array([1.0, 0.0, 1.0]), 1: np.array([0.0, 1.0, 0.4, 1.0])}
    demands = [Demand(column, "x", share) for column, share in shares.items()]
    rows = torch.tensor(list(product(*map(range, N_CODES))))
    chances = log_chances(network, rows, torch.arange(3).repeat(len(rows), 1)).sum(1).exp().numpy()
    assert chances.sum() == pytest.approx(1, abs=1e-5)
    met = chances * shares[0][rows[:, 0]] * shares[1][rows[:, 1]]
    expected = np.zeros((3, 4))
    np.add.at(expected, (rows[:, 0].numpy(), rows[:, 1].numpy()), met / met.sum())
    with repeatable(2), torch.no_grad():
        given = draw_given(network, 8_000, demands, 1.0)
    found = np.zeros((3, 4))
    np.add.at(found, (given.codes[:, 0].numpy(), given.codes[:, 1].numpy()), 1 / 8_000)
    assert np.abs(found - expected).max() < 0.015
    assert given.chance == pytest.approx(met.sum(), rel=0.03)
    with torch.no_grad():
        now = network.advance(given.seen, given.before, 2)
        expected_now = network(given.codes, torch.arange(3).repeat(8_000, 1))[2]
    assert torch.allclose(now, expected_now, atol=1e-4)


def table(n=1200):
    rng = np.random.default_rng(0)
    a = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])
    amount = np.round(10.0 * a + rng.gamma(2.0, 2.0, n), 1)
    target = (rng.random(n) < np.where(a == 2, 0.3, 0.02)).astype(np.int32)
    columns = (PlainColumn("a", 4), PlainColumn("amount", 0, 0.0, float(amount.max()), 0.1), PlainColumn("t", 2))
    return PlainTable(columns, {"a": a.astype(np.int32), "amount": amount, "t": target}, "t")


SETTINGS = MaskedTransformerSettings(
    trainer=TrainerSettings(steps=220, batch_rows=128, learning_rate=5e-3, averaging=0.95),
    width=16,
    n_layers=1,
    bins=20,
)


@pytest.fixture(scope="module")
def fitted():
    return finish(masked_transformer.fit(table(), SETTINGS, 1, 60.0))


def test_it_learns_how_columns_hang_together(fitted):
    made = finish(fitted.sample(3000, 5))
    amounts, real = made.numbers("amount"), table()
    for code in range(4):
        expected = real.numbers("amount")[real.codes("a") == code]
        assert amounts[made.codes("a") == code].mean() == pytest.approx(expected.mean(), abs=2.0)
    rates = [made.codes("t")[made.codes("a") == code].mean() for code in (0, 2)]
    assert rates[0] < 0.06 < 0.18 < rates[1] < 0.42


@pytest.mark.parametrize(
    "where",
    [
        [Condition("t", frozenset({1}))],
        [Condition("amount", low=21.04, high=25.0)],
        [Condition("amount", low=22.0), Condition("t", frozenset({1})), Condition("amount", high=28.0)],
        [Condition("a", frozenset({1, 2})), Condition("t", frozenset({0, 1}))],
    ],
)
def test_every_row_meets_what_is_asked_of_any_columns(fitted, where):
    made = finish(fitted.sample(300, 2, where))
    assert len(made) == 300
    assert rows_met(made, where).all()
    again = finish(masked_transformer.load(fitted.saved()).sample(300, 2, where))
    assert all(np.array_equal(made.values[name], again.values[name]) for name in made.values)


def test_rows_of_the_rare_class_look_like_it(fitted):
    made = finish(fitted.sample(1500, 3, [Condition("t", frozenset({1}))]))
    real = table()
    expected = np.bincount(real.codes("a")[real.codes("t") == 1], minlength=4) / real.codes("t").sum()
    assert np.abs(np.bincount(made.codes("a"), minlength=4) / 1500 - expected).max() < 0.15


def test_a_condition_that_hardly_any_row_meets_is_named_with_its_share(fitted):
    choosy = masked_transformer.load(fitted.saved()._replace(settings={**fitted.saved().settings, "n_rows": 10}))
    where = [Condition("a", frozenset({0})), Condition("amount", low=35.0)]
    with pytest.raises(ValenceError, match=r"Fewer than one row in 200 .* a in 1 chosen value by [345]\d\.\d\d%"):
        finish(choosy.sample(50, 1, where))


def test_conditions_that_leave_no_value_are_refused_all_at_once():
    encoding = fit_encoding(table(), 20, all_binned=True)
    where = [
        *(Condition("a", frozenset({code})) for code in (0, 1)),
        Condition("amount", low=25.0),
        Condition("amount", high=20.0),
    ]
    with pytest.raises(InvalidInput) as refused:
        demands_of(encoding, where)
    assert [problem.field for problem in refused.value.problems] == ["a", "amount"]


def test_a_part_of_a_bin_counts_by_its_share():
    numbers = np.repeat(np.arange(40.0), 5)
    one = PlainTable((PlainColumn("x", 0, 0.0, 39.0, 1.0),), {"x": numbers})
    (demand,) = demands_of(fit_encoding(one, 4, all_binned=True), [Condition("x", low=4.5, high=14.0)])
    assert demand.shares == pytest.approx([0.5, 0.5, 0, 0])
    assert (demand.low, demand.high) == (5.0, 14.0)
    drawn = demand.numbers(np.repeat([0, 1], 500), np.random.default_rng(0))
    assert set(drawn[:500]) == set(range(5, 10))
    assert set(drawn[500:]) == set(range(10, 15))


def test_settings_refuse_a_width_that_the_heads_cannot_share():
    with pytest.raises(ValueError, match="width 30 cannot be shared by 4 heads"):
        MaskedTransformerSettings(width=30, n_heads=4)
