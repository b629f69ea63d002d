"""What a call costs: dated prices that the user can replace. A model that is not listed has no price, never a guess."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from core.errors import InvalidInput, Problem

SHIPPED_PRICES = Path(__file__).resolve().parents[2] / "data" / "prices" / "prices.toml"
PRICE_UNKNOWN = "price unknown"

_PER_PRICE = 1_000_000  # prices are per million tokens, as providers print them
_PREFIX = "models/"  # Gemini's long form of a model's name

Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]

_FIXES: Final[Mapping[str, str]] = {
    "missing": "Add it.",
    "extra_forbidden": "Remove it, or correct its spelling.",
    "date_type": "Write it without quotes, like 2025-08-01.",
    "float_type": "Write a number without quotes.",
}


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Price(_Written):
    """What one model costs, in `currency` per million tokens, as known on `date`.

    `batch_factor`: what a batch costs as a share of that; None where the model has no batches or the share is unknown.
    """

    model: Name
    input_per_million: Amount
    output_per_million: Amount
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
    batch_factor: Annotated[float, Field(gt=0, le=1)] | None = None
    date: date
    note: str = ""

    def cost(self, input_tokens: int, output_tokens: int, batch: bool = False) -> float:
        """Money in `currency`; `InvalidInput` for a batch of a model without a known batch price."""
        if batch and self.batch_factor is None:
            problem = Problem(
                f"The price of {self.model} in batches is not known.",
                "Add its batch_factor to the price table, or ask call by call.",
                field="batch_factor",
            )
            raise InvalidInput("The cost of a batch", [problem])
        factor = self.batch_factor if batch and self.batch_factor is not None else 1.0
        full = input_tokens * self.input_per_million + output_tokens * self.output_per_million
        return factor * full / _PER_PRICE


class PriceTable(_Written):
    """Prices by model, each model once, all in one currency."""

    prices: tuple[Price, ...]

    @property
    def currency(self) -> str:
        """The currency of every price; "" in an empty table."""
        return self.prices[0].currency if self.prices else ""


def read_prices(text: str) -> PriceTable:
    """Read a TOML text of `[[price]]` entries; `InvalidInput` lists every fault with its entry and field.

    A `currency` before the first entry holds for all of them.
    """
    try:
        written = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem(f"It is not valid TOML: {error}.", "Correct the line it names.")
        raise InvalidInput("The price table", [problem]) from None
    problems = [
        Problem(f"The key {key!r} is not known.", "A table holds `currency` and [[price]] entries.", field=key)
        for key in written
        if key not in ("currency", "price")
    ]
    prices: list[Price] = []
    for number, entry in enumerate(_entries(written, problems), start=1):
        _read_entry(entry, written.get("currency"), f"price {number}", prices, problems)
    problems += _contradictions(prices)
    if problems:
        raise InvalidInput("The price table", problems)
    return PriceTable(prices=tuple(prices))


@cache
def shipped_prices() -> PriceTable:
    """The table shipped with Valence: list prices as known on each entry's date, to be checked by the user."""
    return read_prices(SHIPPED_PRICES.read_text(encoding="utf-8"))


def price_of(model: str, table: PriceTable) -> Price | None:
    """The price of exactly this model (`models/x` is `x`), or None: its price is then unknown."""
    wanted = model.removeprefix(_PREFIX)
    return next((price for price in table.prices if price.model.removeprefix(_PREFIX) == wanted), None)


def _entries(written: Mapping[str, Any], problems: list[Problem]) -> list[dict[str, Any]]:
    entries = written.get("price", [])
    if isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries):
        return entries
    problems.append(Problem("`price` is no list of entries.", "Begin each entry with [[price]].", field="price"))
    return []


def _read_entry(entry: dict[str, Any], currency: Any, place: str, prices: list[Price], problems: list[Problem]) -> None:
    given = entry if currency is None or "currency" in entry else {**entry, "currency": currency}
    try:
        prices.append(Price.model_validate(given))
    except ValidationError as error:
        name = entry.get("model")
        shown = f"{place} ({name})" if isinstance(name, str) and name else place
        problems.extend(_problem(fault, shown) for fault in error.errors())


def _problem(fault: Mapping[str, Any], place: str) -> Problem:
    field = ".".join(str(part) for part in fault["loc"])
    found = "" if fault["type"] == "missing" else f" (found {fault['input']!r:.80})"
    return Problem(f"{fault['msg']}{found}.", _FIXES.get(fault["type"], "Correct it."), field=f"{place}: {field}")


def _contradictions(prices: list[Price]) -> Iterator[Problem]:
    names = [price.model.removeprefix(_PREFIX) for price in prices]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem(f"{name} has {names.count(name)} prices.", "Keep one entry per model.", field="model")
    currencies = sorted({price.currency for price in prices})
    if len(currencies) > 1:
        message = f"The prices are in {len(currencies)} currencies: {', '.join(currencies)}."
        yield Problem(message, "Use one currency; a budget is held in it.", field="currency")
