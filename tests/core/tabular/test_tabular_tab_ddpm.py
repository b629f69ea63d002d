"""The diffusion synthesizer on a small table: what it learns, which classes it draws, how it is kept."""

import numpy as np
import pytest

from core.errors import ValenceError
from core.progress import finish
from core.tabular.engines import tab_ddpm
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.engines.tab_ddpm_settings import TabDdpmSettings
from core.tabular.plain import Condition, PlainColumn, PlainTable

TRAINER = TrainerSettings(steps=350, batch_rows=128, learning_rate=5e-3, averaging=0.95)
SETTINGS = TabDdpmSettings(trainer=TRAINER, width=32, n_layers=1, sampling_steps=15, most_values=30)


def table(n=1500):
    rng = np.random.default_rng(0)
    a = rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1]).astype(np.int32)
    b = np.where(rng.random(n) < 0.9, a, rng.choice(4, n)).astype(np.int32)
    amount = np.round(10.0 * a + rng.gamma(2.0, 2.0, n), 1)
    count = rng.poisson(1 + 3 * (b == 3)).astype(float)
    target = (rng.random(n) < np.where(a == 2, 0.4, 0.03)).astype(np.int32)
    columns = (
        PlainColumn("a", 4),
        PlainColumn("b", 4),
        PlainColumn("amount", 0, 0.0, float(amount.max()), 0.1),
        PlainColumn("count", 0, 0.0, float(count.max()), 1.0),
        PlainColumn("t", 3),  # the last of its codes never occurs
    )
    values = {"a": a, "b": b, "amount": amount, "count": count, "t": target}
    return PlainTable(columns, values, "t")


@pytest.fixture(scope="module")
def fitted():
    return finish(tab_ddpm.fit(table(), SETTINGS, 1, 60.0))


def test_few_values_get_multinomial_noise_and_many_gaussian(fitted):
    assert [scale.column.name for scale in fitted.encoding.scales] == ["amount"]
    assert list(fitted.encoding.bins) == ["count"]


def test_it_learns_how_columns_hang_together(fitted):
    made, real = finish(fitted.sample(2500, 5)), table()
    assert np.mean(made.codes("a") == made.codes("b")) == pytest.approx(
        np.mean(real.codes("a") == real.codes("b")), abs=0.1
    )
    for code in range(4):
        expected = np.median(real.numbers("amount")[real.codes("a") == code])
        assert np.median(made.numbers("amount")[made.codes("a") == code]) == pytest.approx(expected, abs=3.0)
    counts = [made.numbers("count")[made.codes("b") == code].mean() for code in (0, 3)]
    assert counts[0] < 1.6 < 3.0 < counts[1]
    assert made.codes("t").mean() == pytest.approx(real.codes("t").mean(), abs=0.02)


def test_the_target_is_drawn_for_the_finished_row(fitted):
    made = finish(fitted.sample(4000, 6))
    assert fitted.head is not None
    is_two, codes = made.codes("a") == 2, made.codes("t")
    assert codes[is_two].mean() == pytest.approx(0.4, abs=0.06)
    assert codes[~is_two].mean() == pytest.approx(0.03, abs=0.02)
    assert codes.max() == 1  # no training row has the last code


def test_rows_of_a_class_look_like_it_and_other_conditions_are_met_as_well(fitted):
    where = [Condition("t", frozenset({1})), Condition("amount", low=15.0)]
    made, real = finish(fitted.sample(600, 2, where)), table()
    met = (real.codes("t") == 1) & (real.numbers("amount") >= 15.0)
    assert (made.codes("t") == 1).all()
    assert (made.numbers("amount") >= 15.0).all()
    assert np.mean(made.codes("a") == 2) == pytest.approx(np.mean(real.codes("a")[met] == 2), abs=0.15)


def test_it_comes_back_from_its_arrays_and_draws_the_same(fitted):
    again = tab_ddpm.load(fitted.saved())
    first, second = (finish(one.sample(120, 9)) for one in (fitted, again))
    assert all(first.values[name].tobytes() == second.values[name].tobytes() for name in first.values)


def test_a_class_that_no_training_row_has_is_refused(fitted):
    with pytest.raises(ValenceError, match="No training row has a value of 't' that is asked for"):
        finish(fitted.sample(5, 0, [Condition("t", frozenset({2}))]))


@pytest.mark.parametrize("kept", [("a", "t"), ("amount", "t"), ("amount",), ("a", "count")])
def test_tables_of_codes_alone_of_numbers_alone_and_without_a_target_are_learnt(kept):
    whole = table(60)
    part = PlainTable(
        tuple(column for column in whole.columns if column.name in kept),
        {name: whole.values[name] for name in kept},
        "t" if "t" in kept else "",
    )
    few = SETTINGS.model_copy(update={"trainer": TrainerSettings(steps=3)})
    made = finish(finish(tab_ddpm.fit(part, few, 0, 60.0)).sample(7, 1))
    assert list(made.values) == list(kept)
    assert len(made) == 7
