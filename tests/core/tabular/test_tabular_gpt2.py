"""GPT-2's network against a plain reading of its formulas, and the tabular language model on a planted table."""

import numpy as np
import pytest
import torch

from core.errors import ValenceError
from core.progress import finish
from core.tabular.engines import gpt2_tabular
from core.tabular.engines.gpt2_tabular_settings import Gpt2TabularSettings
from core.tabular.engines.language.grammar import Grammar
from core.tabular.engines.networks.encoding import fit_encoding
from core.tabular.engines.networks.gpt2 import Gpt2, Gpt2Shape
from core.tabular.engines.networks.settings import TrainerSettings
from core.tabular.engines.networks.training import build
from core.tabular.plain import Condition, PlainColumn, PlainTable

SHAPE = Gpt2Shape(n_tokens=11, n_positions=7, width=8, n_layers=2, n_heads=2)


def planted(n: int, seed: int = 0) -> PlainTable:
    """`shade` follows from `colour`, `size` from its parity, and `sold` is rare and needs colour 5."""
    rng = np.random.default_rng(seed)
    colour = rng.choice(6, n, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.1])
    size = np.round(np.exp(rng.normal(0, 0.3, n)) + 5 * (colour % 2), 2)
    sold = (colour == 5) & (rng.random(n) < 0.5)
    columns = (
        PlainColumn("colour", n_codes=6),
        PlainColumn("shade", n_codes=3),
        PlainColumn("size", low=float(size.min()), high=float(size.max()), step=0.01),
        PlainColumn("sold", n_codes=2),
    )
    values = {
        "colour": colour.astype(np.int32),
        "shade": (colour // 2).astype(np.int32),
        "size": size,
        "sold": sold.astype(np.int32),
    }
    return PlainTable(columns, values, "sold")


def network() -> Gpt2:
    return build(lambda: Gpt2(SHAPE), 3).eval()


def test_reading_token_by_token_gives_what_reading_at_once_gives() -> None:
    gpt2, embedded = network(), torch.randn(4, 7, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        memory = gpt2.memory(4)
        one_by_one = torch.cat([gpt2(embedded[:, at : at + 1], memory) for at in range(7)], dim=1)
        torch.testing.assert_close(one_by_one, gpt2(embedded))


def test_no_token_sees_a_later_one() -> None:
    gpt2 = network()
    embedded = torch.randn(1, 7, 8, generator=torch.Generator().manual_seed(0)).requires_grad_()
    for at in range(7):
        (slope,) = torch.autograd.grad(gpt2(embedded)[0, at, 0], embedded)
        assert (slope[0, at + 1 :] == 0).all() and (slope[0, : at + 1] != 0).any(dim=1).all()


def test_the_training_reads_each_place_as_sampling_does() -> None:
    table = planted(50)
    grammar = Grammar(fit_encoding(table, 32, all_binned=True), 4)
    model = build(lambda: gpt2_tabular.RowLanguage(grammar, Gpt2TabularSettings(width=8, n_heads=2)), 0)
    values = torch.from_numpy(grammar.values_of(table))
    whole = model.embed_rows(values)
    for at, place in enumerate(grammar.places):
        torch.testing.assert_close(model.embed_place(values, at)[:, 0], whole[:, at])
        before = [] if at == 0 else [values[0, at - 1] + grammar.places[at - 1].offset]
        read = model.gpt2.token(torch.tensor([*before, *place.forced])).sum(dim=0)
        torch.testing.assert_close(whole[0, at], read)


@pytest.fixture(scope="module")
def fitted() -> gpt2_tabular.TabularGpt2:
    trainer = TrainerSettings(steps=150, batch_rows=96, learning_rate=1e-2, averaging=0.95)
    settings = Gpt2TabularSettings(trainer=trainer, width=16, n_layers=1, n_heads=2, n_levels=6)
    model = finish(gpt2_tabular.fit(planted(1500), settings, 0, 100.0))
    assert isinstance(model, gpt2_tabular.TabularGpt2)
    return model


def test_it_learns_what_the_columns_say_of_each_other(fitted: gpt2_tabular.TabularGpt2) -> None:
    rows, real = finish(fitted.sample(2000, 1)), planted(2000, 9)
    assert (rows.codes("shade") == rows.codes("colour") // 2).mean() > 0.97
    assert ((rows.numbers("size") > 3.5) == (rows.codes("colour") % 2 == 1)).mean() > 0.9
    assert (rows.codes("colour")[rows.codes("sold") == 1] == 5).mean() > 0.9
    assert abs(rows.codes("sold").mean() - real.codes("sold").mean()) < 0.02


def test_a_condition_on_the_target_is_met_and_leaves_the_rest_as_it_goes_with_it(
    fitted: gpt2_tabular.TabularGpt2,
) -> None:
    rows = finish(fitted.sample(100, 1, (Condition("sold", frozenset({1})),)))
    assert len(rows) == 100 and (rows.codes("sold") == 1).all() and (rows.codes("colour") == 5).mean() > 0.85


def test_a_low_temperature_keeps_to_the_likeliest_values(fitted: gpt2_tabular.TabularGpt2) -> None:
    cold = fitted.settings.model_copy(update={"temperature": 0.05})
    model = gpt2_tabular.TabularGpt2(fitted.rare, fitted.grammar, fitted.network, cold)
    assert (finish(model.sample(300, 1)).codes("colour") == 0).mean() > 0.99


def test_a_budget_that_is_too_small_delivers_nothing() -> None:
    with pytest.raises(ValenceError, match="training"):
        finish(gpt2_tabular.fit(planted(500), Gpt2TabularSettings(), 0, 0.5))


def test_heads_that_do_not_share_the_width_are_refused() -> None:
    with pytest.raises(ValenceError, match="evenly"):
        Gpt2TabularSettings(width=10, n_heads=4)
