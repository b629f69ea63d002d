"""The demo table: ad impressions of an invented market, with the quirks of real click tables.

Nobody's data: the cities, devices and interests are made of syllables, and every row is drawn from the model below.
What makes it hard is what makes real tables hard: many categories, columns that others determine, lists, cells that
are missing for a reason, one rare class.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from core.tabular.demo_market import CAMPAIGNS, INTERESTS, SLOTS, Market, make_market
from core.tabular.schema import Column, ColumnKind, Dependency, Inequality, TableSchema
from core.tabular.table import RawTable

POSITIVE_SHARE: Final = 0.018
FIRST_DAY: Final = date(2024, 3, 1)
N_DAYS: Final = 28
LONGEST_LIST: Final = 5

DEMO_SCHEMA: Final = TableSchema(
    columns=(
        Column(name="row_id", kind=ColumnKind.IDENTIFIER),
        Column(name="day", kind=ColumnKind.DATE, date_format="%Y-%m-%d"),
        Column(name="hour", kind=ColumnKind.INTEGER),
        Column(name="city", kind=ColumnKind.CATEGORY),
        Column(name="city_rank", kind=ColumnKind.INTEGER),
        Column(name="device_model", kind=ColumnKind.CATEGORY),
        Column(name="screen_inches", kind=ColumnKind.NUMBER, decimals=1),
        Column(name="device_price", kind=ColumnKind.INTEGER),
        Column(name="connection", kind=ColumnKind.CATEGORY),
        Column(name="age", kind=ColumnKind.INTEGER),
        Column(name="interests", kind=ColumnKind.LIST, separator="^"),
        Column(name="slot", kind=ColumnKind.CATEGORY),
        Column(name="campaign", kind=ColumnKind.CATEGORY),
        Column(name="bid", kind=ColumnKind.NUMBER, decimals=2),
        Column(name="impressions", kind=ColumnKind.INTEGER),
        Column(name="clicks", kind=ColumnKind.INTEGER),
        Column(name="converted", kind=ColumnKind.CATEGORY),
    ),
    target="converted",
    dependencies=(
        Dependency(determinants=("city",), dependent="city_rank"),
        Dependency(determinants=("device_model",), dependent="screen_inches"),
        Dependency(determinants=("device_model",), dependent="device_price"),
    ),
    inequalities=(Inequality(smaller="clicks", larger="impressions"),),
)


def demo_table(n_rows: int = 20_000, seed: int = 0) -> RawTable:
    """`n_rows` x 17 cells of text that `DEMO_SCHEMA` describes, 1.8 % of them converted in expectation."""
    market = make_market()
    rng = np.random.default_rng(seed)
    people = _draw_people(market, n_rows, rng)
    visits = _draw_visits(market, people, rng)
    positive = rng.random(n_rows) < _chances(market, people, visits)
    return _as_table(market, people, visits, positive, rng)


@dataclass(frozen=True, slots=True)
class _People:
    """Who sees the ad: codes and numbers [R]; interests [R, 5], -1 beyond a list's end."""

    wealth: NDArray[np.float64]
    city: NDArray[np.int64]
    device: NDArray[np.int64]
    age: NDArray[np.float64]
    interests: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Visits:
    """When and where the ad is shown, and what happened between the person and the campaign before: [R] each."""

    day: NDArray[np.int64]
    hour: NDArray[np.int64]
    connection: NDArray[np.int64]
    slot: NDArray[np.int64]
    campaign: NDArray[np.int64]
    bid: NDArray[np.float64]
    impressions: NDArray[np.int64]
    clicks: NDArray[np.int64]


def _draw_people(market: Market, n: int, rng: np.random.Generator) -> _People:
    wealth = rng.normal(size=n)
    city = _pick(market.city_log_share[None, :] + 0.5 * wealth[:, None] * (3 - market.city_rank[None, :]) / 2, rng)
    price = np.log(market.device_price)
    distance = (price[None, :] - price.mean()) / price.std() - 0.9 * wealth[:, None]
    device = _pick(market.device_log_share[None, :] - 0.9 * distance**2, rng)
    age = np.clip(np.round(18 + rng.gamma(3.2 + 0.35 * np.clip(wealth, -2, 2), 6.0)), 18, 80)
    tastes = market.interest_log_share[None, :] + np.outer((age - 38) / 12, market.interest_age)
    tastes = tastes + np.outer(wealth, market.interest_wealth)
    ranked = np.argsort(-(tastes + rng.gumbel(size=tastes.shape)), axis=1)[:, :LONGEST_LIST]
    length = 1 + rng.binomial(LONGEST_LIST - 1, 0.42, size=n)
    interests = np.where(np.arange(LONGEST_LIST)[None, :] < length[:, None], ranked, -1)
    return _People(wealth, city, device, age, interests)


def _draw_visits(market: Market, people: _People, rng: np.random.Generator) -> _Visits:
    n = len(people.age)
    day = _pick(np.tile(0.25 * (np.arange(N_DAYS) % 7 >= 5) + 0.01 * np.arange(N_DAYS), (n, 1)), rng)
    weekend = day % 7 >= 5
    evening = rng.random(n) < np.where(people.age < 35, 0.62, 0.38) + 0.1 * weekend
    hour = np.clip(np.round(np.where(evening, rng.normal(20.3, 1.7, n), rng.normal(12.4, 2.9, n))), 0, 23)
    at_home = np.where(evening, 1.0, -0.6) + 0.5 * weekend
    connection = _pick(np.stack([at_home, 0.3 + 0.7 * people.wealth, 0.1 - 0.3 * people.wealth], axis=1), rng)
    slot = _pick(market.slot_log_share[None, :] + np.outer(evening - 0.5, market.slot_evening), rng)
    taste = market.campaign_taste[:, people.interests[:, 0]].T
    flight = -0.5 * ((day[:, None] - market.campaign_mid_day[None, :]) / 9.0) ** 2
    campaign = _pick(market.campaign_log_share[None, :] + 1.1 * taste + flight, rng)
    bid = np.exp(market.campaign_log_bid[campaign] + market.slot_log_bid[slot] + rng.normal(0, 0.22, n))
    mean = np.exp(1.35 + 0.5 * evening + 0.4 * (connection == 0) - 0.012 * (people.age - 38))
    impressions = 1 + rng.poisson(mean * rng.gamma(1.6, 1 / 1.6, n))
    appeal = -2.3 + 0.9 * market.campaign_taste[campaign, people.interests[:, 0]] + market.slot_appeal[slot]
    clicks = rng.binomial(impressions, _logistic(appeal + rng.normal(0, 0.5, n)))
    return _Visits(day, hour.astype(np.int64), connection, slot, campaign, bid, impressions, clicks)


def _chances(market: Market, people: _People, visits: _Visits) -> NDArray[np.float64]:
    """Chance of converting, [R]; mostly main effects, with one interaction a linear model cannot see."""
    logit = 0.62 * np.minimum(visits.clicks, 4) - 0.06 * np.minimum(visits.impressions, 20)
    logit = logit + 0.9 * market.slot_appeal[visits.slot] + 0.7 * market.campaign_pull[visits.campaign]
    logit = logit + 0.035 * (people.age - 38) + 0.35 * np.log(visits.bid)
    logit = logit + 0.5 * ((people.age < 30) & (market.device_price[people.device] > 600))
    logit = 0.92 * logit
    return _logistic(logit + _offset(logit, POSITIVE_SHARE))


def _offset(logit: NDArray[np.float64], share: float) -> float:
    """What to add to the logits so that the mean chance is `share`: bisection, the mean grows with it."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        if _logistic(logit + middle).mean() > share:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def _as_table(
    market: Market, people: _People, visits: _Visits, positive: NDArray[np.bool_], rng: np.random.Generator
) -> RawTable:
    n = len(positive)
    young_at_night = _logistic(-2.6 + 1.3 * (visits.hour >= 20) + 1.2 * (people.age < 30))
    no_age = rng.random(n) < young_at_night
    no_city = rng.random(n) < np.where(visits.connection == 0, 0.06, 0.015)
    no_connection = rng.random(n) < np.where(market.device_price[people.device] < 200, 0.18, 0.02)
    no_interests = rng.random(n) < np.where(no_age, 0.35, 0.05)
    days = [(FIRST_DAY + timedelta(days=d)).isoformat() for d in range(N_DAYS)]
    ranks = [str(rank) for rank in market.city_rank]
    screens = [f"{inches:.1f}" for inches in market.device_inches]
    prices = [str(price) for price in market.device_price]
    lists = ["^".join(INTERESTS[i] for i in row if i >= 0) for row in people.interests.tolist()]
    return RawTable.of(
        {
            "row_id": [f"r{i:07d}" for i in rng.permutation(n)],
            "day": _texts(days, visits.day),
            "hour": [str(hour) for hour in visits.hour],
            "city": _texts(market.cities, visits_city := np.where(no_city, -1, people.city)),
            "city_rank": _texts(ranks, visits_city),
            "device_model": _texts(market.devices, people.device),
            "screen_inches": _texts(screens, people.device),
            "device_price": _texts(prices, people.device),
            "connection": _texts(("wifi", "5g", "4g"), np.where(no_connection, -1, visits.connection)),
            "age": [None if gone else f"{age:.0f}" for age, gone in zip(people.age, no_age, strict=True)],
            "interests": [None if gone else text for text, gone in zip(lists, no_interests, strict=True)],
            "slot": _texts(SLOTS, visits.slot),
            "campaign": _texts(CAMPAIGNS, visits.campaign),
            "bid": [f"{bid:.2f}" for bid in visits.bid],
            "impressions": [str(count) for count in visits.impressions],
            "clicks": [str(count) for count in visits.clicks],
            "converted": _texts(("0", "1"), positive.astype(np.int64)),
        }
    )


def _pick(logits: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int64]:
    """One column number per row, by chances proportional to exp(logits [R, K]) (the Gumbel trick)."""
    picked: NDArray[np.int64] = np.argmax(logits + rng.gumbel(size=logits.shape), axis=1)
    return picked


def _logistic(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1.0 / (1.0 + np.exp(-logit))


def _texts(names: "tuple[str, ...] | list[str]", codes: NDArray[np.int64]) -> list[str | None]:
    return [names[code] if code >= 0 else None for code in codes.tolist()]
