"""CTGAN's parts against what they should be, and the whole on planted tables."""

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp

from core.errors import ValenceError
from core.progress import finish
from core.tabular.budget import Budget
from core.tabular.engines import ctgan, ctgan_tomek
from core.tabular.engines.ctgan_settings import CtganSettings
from core.tabular.engines.gan.given import Given, GivenShares, shares_of
from core.tabular.engines.gan.networks import Critic, Generator
from core.tabular.engines.gan.pairs import PairShares, one_hot_rows
from core.tabular.engines.gan.training import GanRows, RowChooser, given_of
from core.tabular.engines.networks.modes import fit_modes, load_modes
from core.tabular.engines.networks.training import build
from core.tabular.plain import Condition, PlainTable
from tests.fakes.planted_table import planted


def test_modes_are_found_and_numbers_come_back_from_them() -> None:
    rng = np.random.default_rng(0)
    numbers = np.concatenate([rng.normal(-5, 0.2, 600), rng.normal(0, 1.0, 900), rng.normal(40, 3.0, 500)])
    modes = fit_modes(numbers, 8, 0)
    for centre, share in ((-5, 0.3), (0, 0.45), (40, 0.25)):
        near = np.abs(modes.means - centre) < 2
        assert modes.shares[near].sum() == pytest.approx(share, abs=0.03)
    parts = modes.split(numbers, rng)
    assert np.abs(parts.place).max() <= 1 and np.abs(modes.join(parts) - numbers).max() < 0.5
    again = load_modes(modes.saved("x"), "x")
    np.testing.assert_array_equal(again.join(parts), modes.join(parts))


def test_a_constant_column_has_one_mode() -> None:
    modes = fit_modes(np.full(50, 7.0), 10, 0)
    assert len(modes.means) == 1 and modes.join(
        modes.split(np.full(3, 7.0), np.random.default_rng(0))
    ) == pytest.approx(7)


CODES = np.array([[0, 0], [0, 1], [0, 1], [1, 1], [1, 0], [1, 1], [1, 1], [1, 1]])
CLASSES = np.array([0, 0, 0, 0, 0, 0, 1, 1])


def given_shares() -> GivenShares:
    return shares_of("y", ("a", "b"), (2, 2), CODES, CLASSES, 2)


def frequencies(given: Given, column: int) -> np.ndarray:
    rows = given.column == column
    return np.bincount(given.classes[rows] * 2 + given.code[rows], minlength=4) / rows.sum()


def test_classes_and_codes_are_given_as_often_as_rows_have_both() -> None:
    given = given_shares().draw(40_000, (), np.random.default_rng(0))
    for column in (0, 1):
        real = np.bincount(CLASSES * 2 + CODES[:, column], minlength=4) / len(CODES)
        assert np.abs(frequencies(given, column) - real).max() < 0.01
        assert (given.column == column).mean() == pytest.approx(0.5, abs=0.02)


def test_a_condition_is_given_jointly_with_the_class_it_goes_with() -> None:
    given = given_shares().draw(20_000, (Condition("b", frozenset({1})),), np.random.default_rng(0))
    assert (given.column == 1).all() and (given.code == 1).all()
    assert given.classes.mean() == pytest.approx(2 / 6, abs=0.02)
    where = (Condition("y", frozenset({1})), Condition("a", frozenset({0, 1})))
    given = given_shares().draw(100, where, np.random.default_rng(0))
    assert (given.classes == 1).all() and (given.column == 0).all() and (given.code == 1).all()


def test_what_no_row_has_is_left_to_rejection() -> None:
    where = (Condition("y", frozenset({1})), Condition("a", frozenset({0})))
    assert len(given_shares().draw(10, where, np.random.default_rng(0)).classes) == 10


def gan_rows() -> GanRows:
    places = torch.zeros(len(CODES), 0)
    return GanRows(torch.from_numpy(CODES), places, torch.from_numpy(CLASSES), (2, 2), (), 2, 2)


def test_a_row_is_given_its_class_and_its_code_in_the_chosen_column() -> None:
    batch = RowChooser(gan_rows(), 0.5, 0).choose(200)
    given = given_of(gan_rows(), batch).numpy()
    rows, column = batch.rows.numpy(), batch.column.numpy()
    wanted = np.zeros((200, 6))
    wanted[np.arange(200), 2 * column + CODES[rows, column]] = 1
    wanted[np.arange(200), 4 + CLASSES[rows]] = 1
    np.testing.assert_array_equal(given, wanted)


def test_half_of_the_rows_come_by_the_logarithm_of_their_codes_counts() -> None:
    chooser = RowChooser(gan_rows(), 1.0, 0)
    rows = np.concatenate([chooser.choose(1000).rows.numpy() for _ in range(20)])
    chances = np.zeros(len(CODES))
    for codes in (*CODES.T, CLASSES):
        counts = np.bincount(codes)
        weight = np.log1p(counts) / np.log1p(counts).sum()
        chances += weight[codes] / counts[codes] / 3
    assert np.abs(np.bincount(rows, minlength=8) / len(rows) - chances).max() < 0.01


def test_the_pair_distance_is_the_squared_difference_of_joint_shares_on_average() -> None:
    rng = np.random.default_rng(0)

    def rows(codes: np.ndarray) -> torch.Tensor:
        return one_hot_rows(torch.from_numpy(codes), (3, 3), torch.zeros(len(codes), 0))

    real, drawn = rows(rng.integers(3, size=(300, 2))), rows(np.repeat(rng.integers(3, size=(4000, 1)), 2, axis=1))
    pairs = PairShares(real, (3, 3))
    weight = real.mean(dim=0).rsqrt() * 3**-0.25
    error = (drawn.T @ drawn / 4000 - real.T @ real / 300) * weight * weight[:, None]
    exact = 2 * (error[:3, 3:] ** 2).sum().item()
    batches = [pairs.distance(drawn[torch.from_numpy(rng.integers(4000, size=40))]) for _ in range(400)]
    assert torch.stack(batches).mean().item() == pytest.approx(exact, rel=0.1)
    share = real.mean(dim=0)  # rows of chances, alike and independent, are apart by the dependence alone
    dependence = (real.T @ real / 300 - share * share[:, None]) * weight * weight[:, None]
    apart = pairs.distance(share.expand(40, -1)).item()
    assert apart == pytest.approx(2 * (dependence[:3, 3:] ** 2).sum().item(), rel=1e-3)
    same = [pairs.distance(real[torch.from_numpy(rng.integers(300, size=40))]) for _ in range(400)]
    assert abs(torch.stack(same).mean().item()) < 0.05 * exact


def test_a_row_does_not_depend_on_its_batch_and_packs_are_judged_together() -> None:
    generator = build(lambda: Generator(4, 2, 8, [3, 2], 1), 0)
    noise, given = torch.randn(6, 4, generator=torch.Generator().manual_seed(0)), torch.zeros(6, 2)
    whole, alone = generator(noise, given), generator(noise[2:3], given[2:3])
    torch.testing.assert_close(whole.logits[2:3], alone.logits)
    assert whole.logits.shape == (6, 5) and whole.places.shape == (6, 1)
    critic = build(lambda: Critic(6, 3, 8), 0)
    assert critic(generator.soft_rows(whole)).shape == (2,)
    soft = generator.soft_rows(whole)
    torch.testing.assert_close(soft[:, :3].sum(1), torch.ones(6))
    torch.testing.assert_close(soft[:, 3:5].sum(1), torch.ones(6))


SMALL = CtganSettings(steps=200, batch_rows=200, pack=4, noise=8, hidden=32, n_modes=4, learning_rate=3e-3, n_judges=1)


@pytest.fixture(scope="module")
def fitted() -> ctgan.Ctgan:
    model = finish(ctgan.fit(planted(1500), SMALL, 0, 100.0))
    assert isinstance(model, ctgan.Ctgan)
    return model


def test_it_learns_what_the_columns_say_of_each_other(fitted: ctgan.Ctgan) -> None:
    rows, real = finish(fitted.sample(2000, 1)), planted(2000, 9)
    assert (rows.codes("b") == 3 - rows.codes("a")).mean() > 0.9
    assert ((rows.numbers("x") > 6) == (rows.codes("a") % 2 == 1)).mean() > 0.9
    assert abs(rows.codes("y").mean() - real.codes("y").mean()) < 0.02
    assert ks_2samp(rows.numbers("x"), real.numbers("x")).statistic < 0.06


def test_conditions_on_target_and_code_are_given(fitted: ctgan.Ctgan) -> None:
    rows = finish(fitted.sample(300, 1, (Condition("y", frozenset({1})),)))
    assert (rows.codes("y") == 1).all() and (rows.codes("a") == 3).mean() > 0.85
    rows = finish(fitted.sample(300, 1, (Condition("a", frozenset({2})),)))
    assert (rows.codes("a") == 2).all() and (rows.codes("b") == 1).mean() > 0.85


def test_tomek_fills_up_the_rare_class_and_keeps_every_row() -> None:
    table = planted(800)
    filled = finish(ctgan_tomek.filled_up(table, 0, Budget(60.0)))
    counts = np.bincount(table.codes("y"))
    assert np.bincount(filled.codes("y")).tolist() == [counts[0], int(ctgan_tomek.FILLED_TO * counts[0])]
    for name, values in table.values.items():
        np.testing.assert_array_equal(filled.values[name][: len(table)], values)
    made = filled.take(np.arange(len(table), len(filled)))
    assert (made.codes("a") == 3).all()  # between positive rows there are only such


@pytest.mark.parametrize("target", ["", "y"])
def test_tomek_needs_two_classes(target: str) -> None:
    table = planted(100)
    values = {**table.values, "y": np.zeros(100, np.int32)}
    with pytest.raises(ValenceError, match="CTGAN alone"):
        finish(ctgan_tomek.fit(PlainTable(table.columns, values, target), SMALL, 0, 60.0))
