"""Prices are read strictly, looked up exactly, and never guessed."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInput
from core.llm.prices import Price, price_of, read_prices, shipped_prices
from core.llm.settings import DEFAULT_MODEL

OWN = """
currency = "EUR"
[[price]]
model = "mine"
input_per_million = 2
output_per_million = 8.5
batch_factor = 0.5
date = 2025-01-31
[[price]]
model = "models/other"
input_per_million = 0.0
output_per_million = 0.0
date = 2025-01-31
note = "runs in our cellar"
"""


def test_a_table_of_ones_own_is_read() -> None:
    table = read_prices(OWN)
    assert table.currency == "EUR"
    assert price_of("mine", table) == Price(
        model="mine",
        input_per_million=2.0,
        output_per_million=8.5,
        currency="EUR",
        batch_factor=0.5,
        date=date(2025, 1, 31),
    )


@pytest.mark.parametrize("name", ["other", "models/other"])
def test_the_long_form_of_a_name_is_the_same_model(name: str) -> None:
    found = price_of(name, read_prices(OWN))
    assert found is not None and found.note == "runs in our cellar"


@pytest.mark.parametrize("name", ["min", "mine-2", "MINE", "", DEFAULT_MODEL])
def test_a_model_that_is_not_listed_has_no_price(name: str) -> None:
    assert price_of(name, read_prices(OWN)) is None
    assert price_of(name, shipped_prices()) is None


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.booleans())
def test_cost_is_tokens_times_price(n_input: int, n_output: int, batch: bool) -> None:
    price = price_of("mine", read_prices(OWN))
    assert price is not None
    exact = (Decimal(2) * n_input + Decimal("8.5") * n_output) / 10**6 * (Decimal("0.5") if batch else 1)
    assert price.cost(n_input, n_output, batch) == pytest.approx(float(exact))


def test_a_batch_without_a_known_price_is_not_guessed() -> None:
    price = price_of("other", read_prices(OWN))
    assert price is not None
    with pytest.raises(InvalidInput, match="batch_factor"):
        price.cost(1, 1, batch=True)


def test_every_fault_is_listed_with_its_entry() -> None:
    text = """
    colour = "red"
    currency = "USD"
    [[price]]
    model = "a"
    input_per_million = -1
    output_per_million = "8"
    date = 2025-01-31
    [[price]]
    model = "b"
    input_per_million = nan
    output_per_million = 1.0
    batch_factor = 0
    date = "yesterday"
    price = 3
    [[price]]
    model = "c"
    input_per_million = 1.0
    output_per_million = 1.0
    date = 2025-01-31
    [[price]]
    model = "models/c"
    input_per_million = 1.0
    output_per_million = 1.0
    date = 2025-01-31
    currency = "EUR"
    """
    with pytest.raises(InvalidInput) as caught:
        read_prices(text)
    assert [problem.field for problem in caught.value.problems] == [
        "colour",
        "price 1 (a): input_per_million",
        "price 1 (a): output_per_million",
        "price 2 (b): input_per_million",
        "price 2 (b): batch_factor",
        "price 2 (b): date",
        "price 2 (b): price",
        "model",
        "currency",
    ]
    assert all(problem.fix for problem in caught.value.problems)


@pytest.mark.parametrize("text", ["= 3", 'price = "cheap"', "price = [1, 2]"])
def test_what_is_no_table_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_prices(text)


def test_an_empty_table_knows_no_price() -> None:
    table = read_prices("")
    assert (table.currency, table.prices) == ("", ())


def test_the_shipped_table_is_dated_and_says_that_it_must_be_checked() -> None:
    table = shipped_prices()
    assert table.currency == "USD"
    assert all("Check before relying" in price.note for price in table.prices)
    assert all(price.date < date(2026, 1, 1) for price in table.prices)
